package envelope

import (
	"errors"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// The scalars of this package accept the spellings that senders use for one
// meaning, keep the text that was sent and encode it again unchanged. They
// share a few rules:
//
//   - The zero value means "not sent"; null and, but for Value, an empty string
//     decode to it. Sent tells it from a value that was sent.
//   - Equal compares meanings, not spellings, so that go-cmp does too.
//   - Text that does not fit is an error for the decoder, which turns it into
//     drift: the field stays zero and the delivery goes on.

var (
	errNotNumber = errors.New("not a number")
	errNotBool   = errors.New("not a boolean")
	errNotTime   = errors.New("not a timestamp")
)

const null = "null"

// parseNumber takes a JSON number, or a JSON string that holds one, and gives
// the text to keep. A null or an empty string gives "".
func parseNumber(data []byte) (kept string, err error) {
	text, quoted, err := wire.Unquote(data)
	switch {
	case err != nil:
		return "", err
	case !quoted && text == null, quoted && text == "":
		return "", nil
	case !wire.IsNumber(text, quoted):
		return "", errNotNumber
	}
	return string(data), nil
}

// parseNumberText is parseNumber for text that has no JSON type, as in a form.
// Text that is a number in JSON too is kept as one.
func parseNumberText(text []byte) (kept string, err error) {
	s := string(text)
	switch {
	case s == "":
		return "", nil
	case wire.IsNumber(s, false):
		return s, nil
	case wire.IsNumber(s, true):
		return string(wire.Quote(s)), nil
	}
	return "", errNotNumber
}

// wireText strips the quotes from the kept text of a number.
func wireText(kept string) string {
	if len(kept) >= 2 && kept[0] == '"' {
		text, _, _ := wire.Unquote([]byte(kept))
		return text
	}
	return kept
}

// isUnusual reports whether a scalar was understood, although it is spelled as another
// type than the documented one.
func isUnusual(target any) bool {
	s, ok := target.(interface{ isUnusual() bool })
	return ok && s.isUnusual()
}

// marshalWire is what a scalar encodes to: its kept text, or null.
func marshalWire(kept string) ([]byte, error) {
	if kept == "" {
		return []byte(null), nil
	}
	return []byte(kept), nil
}
