package envelope

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
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
	errNotNumber  = errors.New("not a number")
	errNotInteger = errors.New("not an integer in the range of 64 bits")
	errNotBool    = errors.New("not a boolean")
	errNotTime    = errors.New("not a timestamp")
	errNotJSON    = errors.New("not JSON")
)

// maxNumberLen bounds the text of one number: arithmetic on the exact value
// costs more than linear time in it.
const maxNumberLen = 128

// maxExponent bounds the power of ten of one number for the same reason.
const maxExponent = 400

const null = "null"

// unquote gives the text of a JSON string, or the JSON text of any other value
// as it stands.
func unquote(data []byte) (text string, quoted bool, err error) {
	if len(data) == 0 || data[0] != '"' {
		return string(data), false, nil
	}
	if len(data) >= 2 && bytes.IndexByte(data, '\\') < 0 {
		return string(data[1 : len(data)-1]), true, nil
	}
	b, err := jsontext.AppendUnquote(nil, data)
	if err != nil {
		return "", true, errNotJSON
	}
	return string(b), true, nil
}

// quote is the JSON string of text.
func quote(text string) []byte {
	b, err := jsontext.AppendQuote(nil, text)
	if err != nil { // Invalid UTF-8, which AppendQuote has replaced.
		return b
	}
	return b
}

// isNumber reports whether text is a number in the grammar of JSON, within the
// bounds of this package. Senders that quote their numbers also write a leading
// plus sign or zeros, which lenient allows.
func isNumber(text string, lenient bool) bool {
	if text == "" || len(text) > maxNumberLen {
		return false
	}
	rest := text
	if rest[0] == '-' || lenient && rest[0] == '+' {
		rest = rest[1:]
	}
	whole := digits(rest)
	if whole == 0 || whole > 1 && rest[0] == '0' && !lenient {
		return false
	}
	rest = rest[whole:]
	if strings.HasPrefix(rest, ".") {
		fraction := digits(rest[1:])
		if fraction == 0 {
			return false
		}
		rest = rest[1+fraction:]
	}
	if rest == "" {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	exponent, err := strconv.Atoi(rest[1:])
	return err == nil && -maxExponent <= exponent && exponent <= maxExponent
}

func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// parseNumber takes a JSON number, or a JSON string that holds one, and gives
// the text to keep. A null or an empty string gives "".
func parseNumber(data []byte) (wire string, err error) {
	text, quoted, err := unquote(data)
	switch {
	case err != nil:
		return "", err
	case !quoted && text == null, quoted && text == "":
		return "", nil
	case !isNumber(text, quoted):
		return "", errNotNumber
	}
	return string(data), nil
}

// parseNumberText is parseNumber for text that has no JSON type, as in a form.
// Text that is a number in JSON too is kept as one.
func parseNumberText(text []byte) (wire string, err error) {
	s := string(text)
	switch {
	case s == "":
		return "", nil
	case isNumber(s, false):
		return s, nil
	case isNumber(s, true):
		return string(quote(s)), nil
	}
	return "", errNotNumber
}

// wireText strips the quotes from the kept text of a number.
func wireText(wire string) string {
	if len(wire) >= 2 && wire[0] == '"' {
		text, _, _ := unquote([]byte(wire))
		return text
	}
	return wire
}

// marshalWire is what a scalar encodes to: its kept text, or null.
func marshalWire(wire string) ([]byte, error) {
	if wire == "" {
		return []byte(null), nil
	}
	return []byte(wire), nil
}

// parseInt reads an integer in any spelling of parseNumber: 5, 5.0, 5e3.
func parseInt(text string) (int64, bool) {
	unsigned := strings.TrimLeft(text, "+-")
	if digits(unsigned) < len(unsigned) { // ParseInt would make an error of it.
		r, ok := ratOf(text)
		if !ok || !r.IsInt() || !r.Num().IsInt64() {
			return 0, false
		}
		return r.Num().Int64(), true
	}
	if unsigned == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil { // Out of range: n is the nearest one then.
		return 0, false
	}
	return n, true
}
