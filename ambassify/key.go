package ambassify

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/keys"
)

// NaturalKey is an envelope.KeyFunc for events that a resource has once in its
// life. Ambassify sends no delivery id, but an id is created and removed once
// only: a second person.created for the same member is a repetition.
//
// Other verbs have no key and always run: a campaign can be changed, and
// published, more than once. Where you would rather take equal bytes for a
// repetition, see envelope.DigestKey and its warning. Nor is there a key without an id,
// for one that is not Unicode, or for Anonymous.
func NaturalKey(k envelope.Keyed) string {
	m, ok := k.Meta.(*Meta)
	if !ok || m.Event.Name != VerbCreated && m.Event.Name != VerbRemoved {
		return ""
	}
	id := m.resourceID()
	if id == "" || PersonID(id).IsAnonymous() {
		return ""
	}
	return keys.Join(m.OrganizationID.String(), k.Event, id)
}

// resourceID is the id of what happened; "" if it was not sent.
func (m *Meta) resourceID() string {
	switch m.Event.Resource {
	case ResourceCampaign:
		return idText(m.CampaignID, orNew(m.Campaign).ID)
	case ResourceInteraction:
		return idText(m.InteractionID, orNew(m.Interaction).ID)
	case ResourceConversion:
		return idText(m.ConversionID, orNew(m.Conversion).ID)
	case ResourcePerson:
		if m.PersonID != "" {
			return string(m.PersonID)
		}
		return string(orNew(m.Person).ID)
	}
	return ""
}

func idText(ids ...envelope.Int) string {
	for _, id := range ids {
		if id.Sent() {
			return id.String()
		}
	}
	return ""
}
