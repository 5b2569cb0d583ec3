package envelope

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"time"
)

// KeyFunc names a delivery for idempotency: equal keys mean the same delivery. An
// empty key means that this delivery has none and always runs.
type KeyFunc func(Keyed) string

// Keyed is what a KeyFunc looks at: the message, with its Event filled in, and what has
// been decoded of it.
type Keyed struct {
	*Message
	Meta    any // pointer to the Meta of the provider's package, such as *openloyalty.Meta
	Payload any // pointer to the event's payload, such as *masivo.TierChangeData; nil for an event that nobody knows
}

// DigestKey names a delivery by its event, the SHA-256 of its body, and the window
// of time it arrived in. Be warned: equal bytes can be two genuine events, such as the
// same purchase made twice in a minute by a provider that sends neither an id
// nor a time, and the second one would be taken for a repetition. A repetition on
// the other side of a window's edge is not recognised.
func DigestKey(window time.Duration) KeyFunc {
	if window <= 0 {
		panic("envelope.DigestKey: window is not positive")
	}
	return func(k Keyed) string {
		sum := sha256.Sum256(k.Body)
		return k.Event + "/" + hex.EncodeToString(sum[:]) + "@" + strconv.FormatInt(k.Received.UnixNano()/int64(window), 36)
	}
}

// keyVersion changes with the form of keys: whatever a store remembers under keys of
// another form would run again.
const keyVersion = "1"

// maxKey bounds a key, in bytes. A longer one is replaced by its digest, so that a store
// holds little whatever is sent.
const maxKey = 512

// joinKey puts the parts of a key together, so that no other parts have the same key:
// what comes before the last one has no slash of its own.
func joinKey(provider, handler, tenant, rest string) string {
	provider = url.PathEscape(provider)
	key := keyVersion + "/" + provider + "/" + url.PathEscape(handler) + "/" + url.PathEscape(tenant) + "/" + rest
	if len(key) <= maxKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return keyVersion + "h/" + provider + "/" + hex.EncodeToString(sum[:])
}

// digestOfKey replaces a key in logs: a key may hold a customer's id.
func digestOfKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}
