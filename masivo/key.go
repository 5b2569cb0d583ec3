package masivo

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/keys"
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
// bytes for a repetition, see envelope.DigestKey and its warning. Nor is there a key if
// one of its parts is not Unicode.
func NaturalKey(k envelope.Keyed) string {
	switch p := k.Payload.(type) {
	case *BehaviorEventData:
		if p.Event.ID != "" {
			return keys.Join(k.Event, p.Event.ID, string(p.Event.Status))
		}
	case *TierChangeData:
		if p.TriggerEventID != "" {
			return keys.Join(k.Event, p.TriggerEventID, p.FromTierID, p.ToTierID, p.CustomerID)
		}
	}
	return ""
}
