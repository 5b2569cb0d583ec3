package mambo

import (
	"github.com/go-json-experiment/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// NaturalKey is an envelope.KeyFunc for events that happen to a thing once: what
// is created, and a coupon that is awarded. Their key is the event and the ID in
// the body. Mambo sends no delivery id, so that a repeated delivery can be told by
// its content only.
//
// All other deliveries have no key and always run: the same activity comes several
// times as ActivityAwardedAdded, and a user is updated, joins and leaves more than
// once. So do deliveries without an ID; that the bodies of KPIs and coupon states
// have one is inferred. Where you would rather take equal bytes for a repetition,
// see envelope.DigestKey and its warning.
func NaturalKey(m *envelope.Message) string {
	switch m.Event {
	case ActivityCreated.Name(), NotificationCreated.Name(), PointCreated.Name(), BehaviourCreated.Name(),
		RewardCreated.Name(), KPICreated.Name(), LeaderboardCreated.Name(), CouponCreated.Name(),
		CouponStateAdded.Name(), TagCreated.Name(), UserCreated.Name():
	default:
		return ""
	}
	var body struct {
		ID envelope.Value `json:"id"`
	}
	if json.Unmarshal(m.Body, &body) != nil || body.ID.String() == "" {
		return ""
	}
	return m.Event + "/" + body.ID.String()
}
