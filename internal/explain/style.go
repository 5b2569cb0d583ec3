package explain

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// style is how a program writes JSON. The order of members and the digits of numbers stay
// as they came: what a program has changed of them can't be undone.
type style struct {
	indent string // of each level; "" for one line
	space  bool   // after : and ,
	html   bool   // escapes <, > and &
	slash  bool   // escapes /
	ascii  bool   // escapes all that is not ASCII
	upper  bool   // digits of escapes are capitals
	also   string // escapes these, too
}

// formats are bodies in the styles that escape nothing, which others are made of.
type formats map[style]jsontext.Value

// write returns a body in the style, or nil if it is no JSON.
func (s style) write(body []byte, made formats) []byte {
	plain := style{indent: s.indent, space: s.space, html: s.html}
	value, ok := made[plain]
	if !ok {
		value = plain.format(body)
		made[plain] = value
	}
	if len(value) > 0 && (s.ascii || s.slash || s.also != "") {
		return s.escape(value)
	}
	return value
}

func (s style) format(body []byte) jsontext.Value {
	value := jsontext.Value(bytes.TrimSpace(withoutMark(body)))
	if len(value) == 0 || value[0] != '{' && value[0] != '[' {
		return nil
	}
	options := []jsontext.Options{
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true),
		jsontext.EscapeForHTML(s.html), jsontext.EscapeForJS(s.html),
		jsontext.PreserveRawStrings(false), jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false),
	}
	switch {
	case s.indent != "":
		options = append(options, jsontext.WithIndent(s.indent))
	case s.space:
		options = append(options, jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true))
	}
	value = bytes.Clone(value)
	if value.Format(options...) != nil {
		return nil
	}
	return value
}

// escape escapes what is in texts; outside of them there is nothing to escape.
func (s style) escape(text []byte) []byte {
	var isPlain [256]bool
	for c := range isPlain {
		isPlain[c] = c != '\\' && (c != '/' || !s.slash) && (c < utf8.RuneSelf || !s.ascii) &&
			(c == '"' || c >= utf8.RuneSelf || strings.IndexByte(s.also, byte(c)) < 0)
	}
	escaped := make([]byte, 0, len(text)+len(text)/8)
	for {
		n := 0
		for n < len(text) && isPlain[text[n]] {
			n++
		}
		escaped, text = append(escaped, text[:n]...), text[n:]
		if len(text) == 0 {
			return escaped
		}
		escaped, text = s.escapeNext(escaped, text)
	}
}

// escapeNext escapes what a text begins with, and returns the rest of it.
func (s style) escapeNext(escaped, text []byte) (longer, rest []byte) {
	c := text[0]
	switch {
	case c >= utf8.RuneSelf:
		r, size := utf8.DecodeRune(text)
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			return s.appendUnit(s.appendUnit(escaped, high), low), text[size:]
		}
		return s.appendUnit(escaped, r), text[size:]
	case c == '/':
		return append(escaped, `\/`...), text[1:]
	case c != '\\':
		return s.appendUnit(escaped, rune(c)), text[1:]
	case len(text) == 1:
		return append(escaped, c), nil
	case text[1] == '"' && strings.Contains(s.also, `"`):
		return s.appendUnit(escaped, '"'), text[2:]
	}
	return append(escaped, c, text[1]), text[2:]
}

func (s style) appendUnit(text []byte, unit rune) []byte {
	digits := "0123456789abcdef"
	if s.upper {
		digits = "0123456789ABCDEF"
	}
	text = append(text, `\u`...)
	for shift := 12; shift >= 0; shift -= 4 {
		text = append(text, digits[unit>>shift&0xf])
	}
	return text
}

// isSorted reports whether an object has several members, all in the order of their names,
// and so have the objects in it: programs that parse into maps write so, providers do not.
func isSorted(body []byte) bool {
	decoder := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var last []string // name before, of each level
	members := 0
	for range maxTokens {
		kind := decoder.PeekKind()
		token, err := decoder.ReadToken()
		if err != nil {
			break
		}
		switch kind {
		case '{', '[':
			last = append(last, "")
		case '}', ']':
			last = last[:len(last)-1]
		case '"':
			if container, length := decoder.StackIndex(decoder.StackDepth()); container == '{' && length%2 == 1 {
				name := token.String()
				if strings.Compare(last[len(last)-1], name) > 0 {
					return false
				}
				last[len(last)-1] = name
				members++
			}
		}
	}
	return members >= minSorted
}

const (
	maxTokens = 2000 // that are looked at
	minSorted = 6    // members: fewer are sorted by chance
)
