package mambo

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/keys"
)

// NaturalKey is an envelope.KeyFunc for events that happen to a thing once: what
// is created, and a coupon that is awarded. Their key is the event and the ID in
// the body. Mambo sends no delivery id, so that a repeated delivery can be told by
// its content only.
//
// All other deliveries have no key and always run: the same activity comes several
// times as ActivityAwardedAdded, and a user is updated, joins and leaves more than
// once. So do deliveries without an ID; that the bodies of KPIs and coupon states
// have one is inferred. An ID that is not Unicode is none. Where you would rather take equal bytes for a repetition, see
// envelope.DigestKey and its warning.
func NaturalKey(k envelope.Keyed) string {
	switch k.Event {
	case ActivityCreated.Name(), NotificationCreated.Name(), PointCreated.Name(), BehaviourCreated.Name(),
		RewardCreated.Name(), KPICreated.Name(), LeaderboardCreated.Name(), CouponCreated.Name(),
		CouponStateAdded.Name(), TagCreated.Name(), UserCreated.Name():
		if id := idOf(k.Payload); id != "" {
			return keys.Join(k.Event, id)
		}
	}
	return ""
}

func idOf(payload any) string {
	switch p := payload.(type) {
	case *Activity:
		return p.ID
	case *Notification:
		return p.ID
	case *Point:
		return p.ID
	case *Behaviour:
		return p.ID
	case *Reward:
		return p.ID
	case *KPI:
		return p.ID
	case *Leaderboard:
		return p.ID
	case *Coupon:
		return p.ID
	case *CouponState:
		return p.ID
	case *Tag:
		return p.ID
	case *User:
		return p.ID
	}
	return ""
}
