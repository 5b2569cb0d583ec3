package bench

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A sender does not send the same customer over and over. One body again and again
// flatters a decoder that keeps texts for the next delivery, so every contestant gets
// the same variants of a body in turn: other ids, names, addresses and paths of URLs,
// of the same length and shape.
const (
	variants     = 64
	variantBytes = 4 << 20 // of all variants of one body; a large one has fewer
	minVariants  = 4
)

// variantsOf makes the variants of a body, the body itself first.
func variantsOf(text []byte) [][]byte {
	list := make([][]byte, min(variants, max(minVariants, variantBytes/len(text))))
	for n := range list {
		list[n] = variantOf(text, n)
	}
	return list
}

// variantOf makes one variant of a body, which is JSON or a form.
func variantOf(text []byte, n int) []byte {
	text = bytes.Clone(text)
	change := changeJSON
	if text[0] != '{' && text[0] != '[' {
		change = changeForm
	}
	if err := change(text, n); err != nil {
		panic(err) // Bodies are constants.
	}
	return text
}

// changeJSON changes texts in place.
func changeJSON(text []byte, n int) error {
	// The decoder reads from a copy, so that it never meets what was changed.
	d := jsontext.NewDecoder(bytes.NewReader(bytes.Clone(text)))
	for {
		start := d.InputOffset()
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case token.Kind() != '"':
			continue
		}
		parent, length := d.StackIndex(d.StackDepth())
		if parent == '{' && length%2 == 1 { // a name
			continue
		}
		pointer := d.StackPointer()
		if parent == '[' {
			pointer = pointer.Parent()
		}
		start += int64(bytes.IndexByte(text[start:], '"')) + 1
		if pointer != "/event/name" && pointer != "/eventName" {
			changeValue(pointer.LastToken(), text[start:d.InputOffset()-1], n)
		}
	}
}

// changeForm does the same to the values of a form. Its numbers stay: nothing
// shows whether one is a text.
func changeForm(text []byte, n int) error {
	for pair := range bytes.SplitSeq(text, []byte("&")) {
		key, value, _ := bytes.Cut(pair, []byte("="))
		name, err := url.QueryUnescape(string(key))
		if err != nil {
			return err
		}
		if name == "event[name]" || len(bytes.Trim(value, "0123456789")) == 0 {
			continue
		}
		name = strings.TrimSuffix(name, "]")
		changeValue(name[strings.LastIndexByte(name, '[')+1:], value, n)
	}
	return nil
}

// changeValue changes the text of a member if nothing but its length matters to
// anybody. Enumerations, dates and numbers stay.
func changeValue(name string, value []byte, n int) {
	scheme := bytes.Index(value, []byte("://"))
	switch {
	case bytes.IndexByte(value, '\\') >= 0:
	case scheme >= 0:
		if path := bytes.IndexByte(value[scheme+3:], '/'); path >= 0 {
			shift(value[scheme+3+path:], n)
		}
	case isUUID(value):
		version, variant := value[14], value[19]
		shift(value, n)
		value[14], value[19] = version, variant
	case isPersonal(name), bytes.IndexByte(value, '@') >= 0, bytes.Contains(value, []byte("%40")):
		shift(value, n)
	}
}

func isUUID(value []byte) bool {
	return len(value) == 36 && value[8] == '-' && value[13] == '-' && value[18] == '-' && value[23] == '-'
}

// isPersonal reports whether a member has an id, a name or an address.
func isPersonal(name string) bool {
	name = strings.TrimSuffix(name, "s")
	for _, end := range []string{"Id", "ID", "_id", "name", "Name", "login", "email", "Email"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return name == "id"
}

// shift moves every letter and digit of a text by a number below 64, of which
// characters at even places take one half and those at odd places the other.
// Hexadecimal digits stay such, and percent-encoded bytes stay the same.
func shift(text []byte, n int) {
	skip := 0
	for i, c := range text {
		by := byte(n & 7)
		if i%2 == 1 {
			by = byte(n >> 3 & 7)
		}
		switch {
		case c == '%':
			skip = 2
		case skip > 0:
			skip--
		default:
			text[i] = moved(c, by)
		}
	}
}

func moved(c, by byte) byte {
	for _, r := range []struct{ first, last byte }{{'0', '9'}, {'a', 'f'}, {'g', 'z'}, {'A', 'F'}, {'G', 'Z'}} {
		if r.first <= c && c <= r.last {
			return r.first + (c-r.first+by)%(r.last-r.first+1)
		}
	}
	return c
}
