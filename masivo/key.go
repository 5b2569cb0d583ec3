package masivo

import (
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// NaturalKey is an envelope.KeyFunc for deliveries that name their cause. Masivo
// sends no delivery id, so that a repeated delivery can be told by its content
// only:
//
//   - BehaviorEventFulfilled and BehaviorEventFailed: the id of the behavior event
//     and its status. Masivo tries failed events again; each further failure has
//     the same key and counts as a repetition.
//   - TierUpgrade and TierDowngrade: the behavior event behind the change, the
//     tiers and the customer. Without a behavior event there is no key: a customer
//     can fall from the same tier more than once.
//
// Other deliveries have no key and always run. Where you would rather take equal
// bytes for a repetition, see envelope.DigestKey and its warning.
func NaturalKey(m *envelope.Message) string {
	switch m.Event {
	case BehaviorEventFulfilled.Name(), BehaviorEventFailed.Name():
		return behaviorKey(m)
	case TierUpgrade.Name(), TierDowngrade.Name():
		return tierKey(m)
	}
	return ""
}

func behaviorKey(m *envelope.Message) string {
	var body struct {
		Data struct {
			Event struct {
				ID     envelope.Value `json:"id"`
				Status envelope.Value `json:"status"`
			} `json:"event"`
		} `json:"data"`
	}
	if json.Unmarshal(m.Body, &body) != nil || body.Data.Event.ID.String() == "" {
		return ""
	}
	event := body.Data.Event
	return joinKey(m.Event, event.ID.String(), event.Status.String())
}

func tierKey(m *envelope.Message) string {
	var body struct {
		Data struct {
			TriggerEventID envelope.Value `json:"trigger_event_id"`
			FromTierID     envelope.Value `json:"from_tier_id"`
			ToTierID       envelope.Value `json:"to_tier_id"`
			CustomerID     envelope.Value `json:"customer_id"`
		} `json:"data"`
	}
	if json.Unmarshal(m.Body, &body) != nil || body.Data.TriggerEventID.String() == "" {
		return ""
	}
	data := body.Data
	return joinKey(m.Event, data.TriggerEventID.String(), data.FromTierID.String(), data.ToTierID.String(), data.CustomerID.String())
}

// joinKey keeps parts apart that contain the separator.
func joinKey(parts ...string) string {
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}
