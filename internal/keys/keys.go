// Package keys makes the parts of idempotency keys.
package keys

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
)

// maxPart bounds a part as it was sent, in bytes.
const maxPart = 256

// Part escapes a text, so that it has no slash. A long one is replaced by its digest:
// whoever chooses it does not choose what the key takes.
func Part(text string) string {
	if len(text) <= maxPart {
		return url.PathEscape(text)
	}
	sum := sha256.Sum256([]byte(text))
	return "#" + hex.EncodeToString(sum[:]) // A text that begins so is escaped.
}
