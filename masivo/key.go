package masivo

import (
	"net/url"
	"unicode/utf8"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
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
// one of its parts is longer than 1,024 bytes, or is not Unicode.
func NaturalKey(m *envelope.Message) string {
	switch m.Event {
	case BehaviorEventFulfilled.Name(), BehaviorEventFailed.Name():
		return keyOf(m, "/data/event", "/id", "/status")
	case TierUpgrade.Name(), TierDowngrade.Name():
		return keyOf(m, "/data", "/trigger_event_id", "/from_tier_id", "/to_tier_id", "/customer_id")
	}
	return ""
}

// maxKeyPart bounds the parts of a key, in bytes. A longer one is no id.
const maxKeyPart = 1024

// keyOf makes a key of members of an object. Without the first of them there is none.
func keyOf(m *envelope.Message, object string, members ...string) string {
	within, _ := wire.Find(m.Body, object)
	key := m.Event
	for i, member := range members {
		raw, ok := wire.Find(within, member)
		text, err := "", error(nil)
		if ok && raw.Kind() != 'n' {
			text, _, err = wire.Unquote(raw)
		}
		if err != nil || i == 0 && text == "" || len(text) > maxKeyPart || !utf8.ValidString(text) {
			return ""
		}
		key += "/" + url.PathEscape(text) // It keeps parts apart that contain a slash.
	}
	return key
}
