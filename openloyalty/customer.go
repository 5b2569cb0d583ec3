package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// WebhookCustomer is the short form of a member that most events carry, under
// the key customer or member.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCustomer.yaml
type WebhookCustomer struct {
	CustomerID        string `json:"customerId,omitzero" validate:"omitempty,uuid"` // id that Open Loyalty gave the member
	Email             string `json:"email,omitzero"`                                // empty in a program that does not identify members by it
	Phone             string `json:"phone,omitzero"`                                // empty in a program that does not identify members by it
	LoyaltyCardNumber string `json:"loyaltyCardNumber,omitzero"`                    // one of its kind within a tenant, case-sensitive; often your own id of the member
}

// CustomerAddress is a postal address.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/CustomerAddressFormType.yaml
type CustomerAddress struct {
	Street   string `json:"street,omitzero"`   // name of the street
	Address1 string `json:"address1,omitzero"` // first additional line, such as the building
	Address2 string `json:"address2,omitzero"` // second additional line, such as the flat
	Postal   string `json:"postal,omitzero"`   // postal code
	City     string `json:"city,omitzero"`     // name of the city
	Province string `json:"province,omitzero"` // state or province
	Country  string `json:"country,omitzero"`  // two capital letters of ISO 3166-1
}

// Company is the company a member belongs to.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type Company struct {
	Name string `json:"name,omitzero"` // name of the company
	NIP  string `json:"nip,omitzero"`  // tax number of any country, under its Polish name
}

// KeyValue is one custom attribute of a member, or one label of a transaction's
// line. Its value is text, a number or a boolean.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type KeyValue struct {
	Key   string         `json:"key,omitzero"`   // name of the attribute or label
	Value envelope.Value `json:"value,omitzero"` // as it was sent
}

// StringLabel is a label whose value is always text.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookReward.yaml
type StringLabel struct {
	Key   string `json:"key,omitzero"`   // name of the label
	Value string `json:"value,omitzero"` // text of the label
}

// CustomerOnlyData is the payload of CustomerUpdated and CustomerDeactivated. It
// says who, and neither what changed nor why.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type CustomerOnlyData struct {
	Customer WebhookCustomer `json:"customer,omitzero" validate:"omitzero"` // the member
}

func (d CustomerOnlyData) member() MemberRef { return d.Customer.member() }

// CustomerRegisteredData is the payload of CustomerRegistered.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type CustomerRegisteredData struct {
	CustomerID   string             `json:"customerId,omitzero" validate:"omitempty,uuid"` // id of the new member
	CustomerData RegisteredCustomer `json:"customerData,omitzero"`                         // the profile given at registration
}

func (d CustomerRegisteredData) member() MemberRef {
	c := d.CustomerData
	return MemberRef{CustomerID: d.CustomerID, Email: c.Email, Phone: c.Phone, LoyaltyCardNumber: c.LoyaltyCardNumber}
}

// RegisteredCustomer is the profile of a new member. Which members of it are
// filled depends on the registration.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type RegisteredCustomer struct {
	ReferralToken     string          `json:"referralToken,omitzero"`     // token with which the member refers others
	FirstName         string          `json:"firstName,omitzero"`         // given name
	LastName          string          `json:"lastName,omitzero"`          // family name
	Email             string          `json:"email,omitzero"`             // may be empty, as in WebhookCustomer
	Phone             string          `json:"phone,omitzero"`             // may be empty, as in WebhookCustomer
	Gender            Gender          `json:"gender,omitzero"`            // may be null
	BirthDate         envelope.Time   `json:"birthDate,omitzero"`         // a day, sent with a time of day
	RegisteredAt      envelope.Time   `json:"registeredAt,omitzero"`      // when the member was created
	Address           CustomerAddress `json:"address,omitzero"`           // zero if none was given
	Company           Company         `json:"company,omitzero"`           // zero for a private person
	LoyaltyCardNumber string          `json:"loyaltyCardNumber,omitzero"` // as in WebhookCustomer
	CustomAttributes  []KeyValue      `json:"customAttributes,omitzero"`  // the API of Open Loyalty calls them labels
	Agreement1        bool            `json:"agreement1,omitzero"`        // consent to the terms
	Agreement2        bool            `json:"agreement2,omitzero"`        // second consent, of the tenant's own meaning
	Agreement3        bool            `json:"agreement3,omitzero"`        // third consent, of the tenant's own meaning
}

// Gender is the gender that a member has stated.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type Gender string

// The genders that the API knows.
const (
	GenderMale         Gender = "male"
	GenderFemale       Gender = "female"
	GenderNotDisclosed Gender = "not_disclosed"
)

// Known reports whether g is one of the constants.
func (g Gender) Known() bool {
	switch g {
	case GenderMale, GenderFemale, GenderNotDisclosed:
		return true
	}
	return false
}
