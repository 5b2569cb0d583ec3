package ambassify

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Meta is what a delivery carries beside its payload. Ambassify's body is one
// object with up to four resources: the one that the event is about, which is the
// payload too, and those that belong to it. A resource may be missing although
// its id is there, after a removal for example.
//
// Source: https://ambassify.github.io/webhook-docs/
type Meta struct {
	Event          EventDescriptor `json:"event,omitzero"`           // what happened, and to what
	OrganizationID envelope.Int    `json:"organization_id,omitzero"` // account of the company

	CampaignID    envelope.Int `json:"campaign_id,omitzero"`                           // absent if no campaign is concerned
	Campaign      *Campaign    `json:"campaign,omitzero"`                              // the event's own, or the one that its resource belongs to
	InteractionID envelope.Int `json:"interaction_id,omitzero"`                        // absent if no interaction is concerned
	Interaction   *Interaction `json:"interaction,omitzero"`                           // the event's own, or one that its resource belongs to
	ConversionID  envelope.Int `json:"conversion_id,omitzero"`                         // absent if no conversion is concerned
	Conversion    *Conversion  `json:"conversion,omitzero"`                            // the event's own, or one that its resource belongs to
	PersonID      PersonID     `json:"person_id,omitzero" validate:"omitempty,format"` // absent if no member is concerned
	Person        *Person      `json:"person,omitzero"`                                // nil for Anonymous
}

// EventDescriptor is the event's name: what happened, and to what. The name of an
// event in this package is both, as in person.created.
//
// Source: https://ambassify.github.io/webhook-docs/
type EventDescriptor struct {
	Name     Verb     `json:"name,omitzero" validate:"required"`     // what happened
	Resource Resource `json:"resource,omitzero" validate:"required"` // what it happened to; also the name of the member that has it
}

// Verb is what happened.
//
// Source: https://ambassify.github.io/webhook-docs/
type Verb string

// The documented verbs.
const (
	VerbCreated            Verb = "created"
	VerbChanged            Verb = "changed"
	VerbRemoved            Verb = "removed"
	VerbPublishedCommunity Verb = "published_community" // of a campaign
	VerbPublishedLanding   Verb = "published_landing"   // of a campaign
)

// Known reports whether v is one of the constants.
func (v Verb) Known() bool {
	switch v {
	case VerbCreated, VerbChanged, VerbRemoved, VerbPublishedCommunity, VerbPublishedLanding:
		return true
	}
	return false
}

// Resource is a kind of object that events are about.
//
// Source: https://ambassify.github.io/webhook-docs/
type Resource string

// The documented resources.
const (
	ResourceCampaign    Resource = "campaign"
	ResourceInteraction Resource = "interaction"
	ResourceConversion  Resource = "conversion"
	ResourcePerson      Resource = "person"
)

// Known reports whether r is one of the constants.
func (r Resource) Known() bool {
	switch r {
	case ResourceCampaign, ResourceInteraction, ResourceConversion, ResourcePerson:
		return true
	}
	return false
}

// RuleWithoutID is the rule of a resource that came without its id, which the
// documentation rules out. It is reported as a violation.
const RuleWithoutID = "without_id"

// embedded is one of the four places of a body.
type embedded struct {
	resource Resource
	sent     bool // the object is there
	id       bool // its id in the envelope is there
	ownID    bool // the id within the object is there
}

func (m *Meta) embedded() [4]embedded {
	return [4]embedded{
		{ResourceCampaign, m.Campaign != nil, m.CampaignID.Sent(), m.Campaign != nil && m.Campaign.ID.Sent()},
		{ResourceInteraction, m.Interaction != nil, m.InteractionID.Sent(), m.Interaction != nil && m.Interaction.ID.Sent()},
		{ResourceConversion, m.Conversion != nil, m.ConversionID.Sent(), m.Conversion != nil && m.Conversion.ID.Sent()},
		{ResourcePerson, m.Person != nil, m.PersonID != "", m.Person != nil && m.Person.ID != ""},
	}
}

// check reports what tags can't say: the id of the event's own resource is an
// identity, and no resource comes without its id.
func check(m *Meta, _ any) []envelope.Violation {
	var found []envelope.Violation
	for _, e := range m.embedded() {
		pointer := "/" + string(e.resource)
		switch {
		case e.resource == m.Event.Resource && !e.id && !e.ownID:
			found = append(found, envelope.Violation{Pointer: pointer + "_id", Rule: envelope.RuleRequired})
		case e.sent && !e.id:
			found = append(found, envelope.Violation{Pointer: pointer, Rule: RuleWithoutID})
		}
	}
	return found
}
