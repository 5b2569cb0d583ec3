package wire

import (
	"bytes"
	"errors"
	"math/big"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrNotJSON is the error of Unquote.
var ErrNotJSON = errors.New("not JSON")

// maxNumberLen bounds the text of one number: arithmetic on the exact value
// costs more than linear time in it.
const maxNumberLen = 128

// maxExponent bounds the power of ten of one number for the same reason.
const maxExponent = 400

// Unquote returns the text of a JSON string, or the JSON text of any other value
// as it is.
func Unquote(data []byte) (text string, quoted bool, err error) {
	if len(data) == 0 || data[0] != '"' {
		return string(data), false, nil
	}
	if len(data) >= 2 && bytes.IndexByte(data, '\\') < 0 {
		return string(data[1 : len(data)-1]), true, nil
	}
	b, err := jsontext.AppendUnquote(nil, data)
	if err != nil {
		return string(b), true, ErrNotJSON
	}
	return string(b), true, nil
}

// Quote returns the JSON string of text, in which U+FFFD replaces what is not UTF-8.
func Quote(text string) []byte {
	b, _ := jsontext.AppendQuote(nil, text)
	return b
}

// IsNumber reports whether text is a number in the grammar of JSON, within the
// bounds of this package. Senders that quote their numbers also write a leading
// plus sign or zeros, which lenient allows.
func IsNumber(text string, lenient bool) bool {
	if text == "" || len(text) > maxNumberLen {
		return false
	}
	rest := text
	if rest[0] == '-' || lenient && rest[0] == '+' {
		rest = rest[1:]
	}
	whole := Digits(rest)
	if whole == 0 || whole > 1 && rest[0] == '0' && !lenient {
		return false
	}
	rest = rest[whole:]
	if strings.HasPrefix(rest, ".") {
		fraction := Digits(rest[1:])
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

// Digits is the number of decimal digits that a text begins with.
func Digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// Rat is the exact value of a number.
func Rat(text string) (*big.Rat, bool) {
	if !IsNumber(text, true) { // SetString alone accepts fractions and other bases.
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// ParseInt reads an integer in any spelling of a number: 5, 5.0, 5e3.
func ParseInt(text string) (int64, bool) {
	unsigned := strings.TrimLeft(text, "+-")
	if Digits(unsigned) < len(unsigned) { // strconv would make an error of it.
		r, ok := Rat(text)
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

func parseUint(text string) (uint64, bool) {
	if n, ok := ParseInt(text); ok {
		return uint64(max(n, 0)), n >= 0
	}
	if text == "" || Digits(text) < len(text) {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// ParseBool reads a boolean as people spell it.
func ParseBool(text string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1", "yes", "y", "on", "t":
		return true, true
	case "false", "0", "no", "n", "off", "f":
		return false, true
	}
	return false, false
}
