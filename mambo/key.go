package mambo

import (
	"unicode/utf8"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// NaturalKey is an envelope.KeyFunc for events that happen to a thing once: what
// is created, and a coupon that is awarded. Their key is the event and the ID in
// the body. Mambo sends no delivery id, so that a repeated delivery can be told by
// its content only.
//
// All other deliveries have no key and always run: the same activity comes several
// times as ActivityAwardedAdded, and a user is updated, joins and leaves more than
// once. So do deliveries without an ID; that the bodies of KPIs and coupon states
// have one is inferred. An ID of more than 1,024 bytes, or that is not Unicode, is
// none. Where you would rather take equal bytes for a repetition, see
// envelope.DigestKey and its warning.
func NaturalKey(m *envelope.Message) string {
	switch m.Event {
	case ActivityCreated.Name(), NotificationCreated.Name(), PointCreated.Name(), BehaviourCreated.Name(),
		RewardCreated.Name(), KPICreated.Name(), LeaderboardCreated.Name(), CouponCreated.Name(),
		CouponStateAdded.Name(), TagCreated.Name(), UserCreated.Name():
	default:
		return ""
	}
	raw, ok := wire.Find(m.Body, "/id")
	if !ok || raw.Kind() == 'n' {
		return ""
	}
	id, _, err := wire.Unquote(raw)
	if err != nil || id == "" || len(id) > maxID || !utf8.ValidString(id) {
		return ""
	}
	return m.Event + "/" + id
}

// maxID bounds the ID in a key, in bytes.
const maxID = 1024
