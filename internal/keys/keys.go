// Package keys makes idempotency keys of what identifies a delivery.
package keys

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxPart bounds a part as it was sent, in bytes.
const maxPart = 256

// Join makes a key of parts, so that no other parts have the same. It is "" if one of
// them was not Unicode: several texts have become the same one then.
func Join(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		if strings.ContainsRune(part, utf8.RuneError) {
			return ""
		}
		escaped[i] = escape(part)
	}
	return strings.Join(escaped, "/")
}

// escape returns a part without a slash. A long one is replaced by its digest: whoever
// chooses it does not choose what the key takes.
func escape(part string) string {
	if len(part) <= maxPart {
		return url.PathEscape(part)
	}
	sum := sha256.Sum256([]byte(part))
	return "#" + hex.EncodeToString(sum[:]) // A part that begins so is escaped.
}
