package ambassify

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// PersonID identifies a member: a UUID of version 4, or Anonymous.
//
// Source: https://ambassify.github.io/webhook-docs/
type PersonID string

// Anonymous stands where a visitor is not a member. The brackets are part of it.
const Anonymous PersonID = "[anonymous]"

// IsAnonymous reports whether id stands for a visitor who is not a member.
func (id PersonID) IsAnonymous() bool { return id == Anonymous }

// UUID is the id as a UUID. It is not ok for Anonymous, and for any other text
// that is no UUID of version 4.
func (id PersonID) UUID() (uuid string, ok bool) {
	if !isUUID4(string(id)) {
		return "", false
	}
	return string(id), true
}

// Valid reports whether id has the documented format.
func (id PersonID) Valid() bool { return id.IsAnonymous() || isUUID4(string(id)) }

func isUUID4(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20 // Letters in lower case, digits unchanged.
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		case 14:
			if s[i] != '4' {
				return false
			}
		case 19:
			if c != '8' && c != '9' && c != 'a' && c != 'b' {
				return false
			}
		default:
			if (s[i] < '0' || '9' < s[i]) && (c < 'a' || 'f' < c) {
				return false
			}
		}
	}
	return true
}

// Person is a member of the community, or a contact who has never signed in.
//
// Source: https://ambassify.github.io/webhook-docs/
type Person struct {
	ID                   PersonID           `json:"id,omitzero" validate:"omitempty,format"` // unique in the account
	OrgID                envelope.Int       `json:"orgId,omitzero"`                          // account of the company, the same as Meta.OrganizationID
	Created              envelope.UnixMilli `json:"created,omitzero"`                        // when the member was made
	Points               envelope.Decimal   `json:"points,omitzero"`                         // earned
	Groups               []string           `json:"groups,omitzero"`                         // that the member belongs to
	Role                 Role               `json:"role,omitzero"`                           // what the member may do
	Hidden               bool               `json:"hidden,omitzero"`                         // others in the community do not see the member
	FirstCommunityAccess envelope.UnixMilli `json:"firstCommunityAccess,omitzero"`           // first visit to the community; absent, null or 0 if there was none
	Profile              PersonProfile      `json:"profile,omitzero"`                        // the primary properties at a glance; read-only
	OptIn                PersonOptIn        `json:"optIn,omitzero"`                          // consent; see PersonOptIn.OptedOut
	Properties           []PersonProperty   `json:"properties,omitzero"`                     // all that was collected; see Property
}

// Property follows keys downwards, one a level, and gives the property there. It
// is not ok if there is none.
func (p Person) Property(keys ...string) (property PersonProperty, ok bool) {
	return PersonProperty{Properties: p.Properties}.Property(keys...)
}

// Role is what a member may do. The product has gained a role for people who make
// content since it was documented; the name of that is not published.
//
// Source: https://ambassify.github.io/webhook-docs/
type Role string

// The documented roles, from least to most.
const (
	RoleContact       Role = "contact" // can't sign in
	RoleAdvocate      Role = "advocate"
	RoleManager       Role = "manager"
	RoleAdministrator Role = "administrator"
)

// Known reports whether r is one of the constants.
func (r Role) Known() bool {
	switch r {
	case RoleContact, RoleAdvocate, RoleManager, RoleAdministrator:
		return true
	}
	return false
}

// PersonProfile is the primary properties of a member at a glance. Names of its
// members are those of a Person of schema.org; any value may be a text, a list, or
// other JSON.
//
// Source: https://ambassify.github.io/webhook-docs/
type PersonProfile struct {
	GivenName       envelope.Value            `json:"givenName,omitzero"`       // Observed: first name, as text
	FamilyName      envelope.Value            `json:"familyName,omitzero"`      // Inferred: last name
	Name            envelope.Value            `json:"name,omitzero"`            // Inferred: full name
	Nickname        envelope.Value            `json:"nickname,omitzero"`        // Inferred: name on screen
	Email           envelope.Value            `json:"email,omitzero"`           // Inferred: unique; a member has this or a telephone
	Telephone       envelope.Value            `json:"telephone,omitzero"`       // Inferred: unique; a member has this or an email
	Language        envelope.Value            `json:"language,omitzero"`        // Inferred: a code, often in upper case
	BirthDate       envelope.Value            `json:"birthDate,omitzero"`       // Inferred: YYYY-MM-DD where it could be made so
	Gender          envelope.Value            `json:"gender,omitzero"`          // Inferred: male or female
	Image           envelope.Value            `json:"image,omitzero"`           // Inferred: URL of a picture
	WorksFor        envelope.Value            `json:"worksFor,omitzero"`        // Inferred: company
	StreetAddress   envelope.Value            `json:"streetAddress,omitzero"`   // Inferred: street and number
	PostalCode      envelope.Value            `json:"postalCode,omitzero"`      // Inferred: postal code
	AddressLocality envelope.Value            `json:"addressLocality,omitzero"` // Inferred: city
	AddressRegion   envelope.Value            `json:"addressRegion,omitzero"`   // Inferred: province
	FacebookID      envelope.Value            `json:"facebookId,omitzero"`      // Inferred: the member's id at Facebook
	TwitterID       envelope.Value            `json:"twitterId,omitzero"`       // Inferred: the member's id at Twitter
	Extra           map[string]envelope.Value `json:"-" wire:"extra"`           // members with no field here
}

func (p *PersonProfile) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, p) }
func (p PersonProfile) MarshalJSON() ([]byte, error)  { return wire.Marshal(&p) }

// PersonOptIn is what a member agreed to: an object whose names are not
// documented, or one value for everything.
//
// Source: https://ambassify.github.io/webhook-docs/
type PersonOptIn struct{ envelope.Value }

// OptedOut reports whether the member refused, which only an explicit false says, in
// one of the spellings of envelope.Bool ("False", "no", "off", 0): one for everything, or
// one on the way to where the names lead. Where nothing was sent, nobody opted out.
//
//	d.Payload.OptIn.OptedOut("newsletter")
func (o PersonOptIn) OptedOut(names ...string) bool {
	for i := range len(names) + 1 {
		if agreed, ok := o.Get(names[:i]...).Bool(); ok && !agreed {
			return true
		}
	}
	return false
}

// PersonProperty is one property of a member. It has a value, or properties of
// its own.
//
// Source: https://ambassify.github.io/webhook-docs/
type PersonProperty struct {
	Key        string           `json:"key,omitzero"`        // name of the property
	Primary    envelope.Value   `json:"primary,omitzero"`    // see IsPrimary; documented as text
	Value      envelope.Value   `json:"value,omitzero"`      // of any type, always text in a form
	Properties []PersonProperty `json:"properties,omitzero"` // only where Value is empty
}

// IsPrimary reports whether the property is in the profile of the member.
func (p PersonProperty) IsPrimary() bool {
	primary, _ := p.Primary.Bool()
	return primary
}

// Property follows keys downwards, one a level, and gives the property there. It
// is not ok if there is none.
func (p PersonProperty) Property(keys ...string) (property PersonProperty, ok bool) {
	for _, key := range keys {
		if p, ok = p.child(key); !ok {
			return PersonProperty{}, false
		}
	}
	return p, len(keys) > 0
}

func (p PersonProperty) child(key string) (PersonProperty, bool) {
	for _, child := range p.Properties {
		if child.Key == key {
			return child, true
		}
	}
	return PersonProperty{}, false
}
