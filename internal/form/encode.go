package form

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotObject = errors.New("form: not the JSON text of an object")

// Style is a way to write a form.
type Style int

// The styles. Both write indices in brackets, and nothing for an empty list or
// object.
const (
	QS  Style = iota // qs.stringify by default: true and false, null as an empty text, a space as %20
	PHP              // http_build_query by default: 1 and 0, nothing for null, a space as +
)

// Encode writes the members of a JSON object as a form.
func Encode(object []byte, style Style) ([]byte, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(object))
	if dec.PeekKind() != '{' {
		return nil, errNotObject
	}
	e := encoder{dec: dec, style: style}
	if err := e.members(nil); err != nil {
		return nil, errNotObject
	}
	return e.out, nil
}

type encoder struct {
	dec   *jsontext.Decoder
	style Style
	out   []byte
}

// members writes the object that comes next, each key after prefix.
func (e *encoder) members(prefix []byte) error {
	if _, err := e.dec.ReadToken(); err != nil {
		return err
	}
	for e.dec.PeekKind() != '}' {
		name, err := e.dec.ReadToken()
		if err != nil {
			return err
		}
		if err := e.value(e.appendName(prefix, name.String())); err != nil {
			return err
		}
	}
	_, err := e.dec.ReadToken()
	return err
}

func (e *encoder) items(prefix []byte) error {
	if _, err := e.dec.ReadToken(); err != nil {
		return err
	}
	for i := 0; e.dec.PeekKind() != ']'; i++ {
		if err := e.value(e.appendName(prefix, strconv.Itoa(i))); err != nil {
			return err
		}
	}
	_, err := e.dec.ReadToken()
	return err
}

func (e *encoder) value(key []byte) error {
	switch e.dec.PeekKind() {
	case '{':
		return e.members(key)
	case '[':
		return e.items(key)
	}
	token, err := e.dec.ReadToken()
	if err != nil {
		return err
	}
	text, ok := e.text(token)
	if !ok {
		return nil
	}
	if len(e.out) > 0 {
		e.out = append(e.out, '&')
	}
	e.out = append(append(e.out, key...), '=')
	e.out = e.appendEscaped(e.out, text)
	return nil
}

// text spells a value that is no container. It is not ok if it is left out.
func (e *encoder) text(token jsontext.Token) (text string, ok bool) {
	switch kind := token.Kind(); {
	case kind == 'n':
		return "", e.style == QS
	case kind == 't' && e.style == PHP:
		return "1", true
	case kind == 'f' && e.style == PHP:
		return "0", true
	}
	return token.String(), true
}

// appendName gives the key of a member. Siblings share the prefix, so it is copied.
func (e *encoder) appendName(prefix []byte, name string) []byte {
	if len(prefix) == 0 {
		return e.appendEscaped(nil, name)
	}
	key := slices.Concat(prefix, []byte("%5B"))
	return append(e.appendEscaped(key, name), "%5D"...)
}

// appendEscaped escapes all but letters, digits and a few signs.
func (e *encoder) appendEscaped(b []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '.', c == '_', c == '~' && e.style == QS:
			b = append(b, c)
		case c == ' ' && e.style == PHP:
			b = append(b, '+')
		default:
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}
