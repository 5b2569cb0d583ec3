package form

import (
	"strings"
	"unicode/utf8"
)

// Charset is what the bytes of a form's texts stand for.
type Charset uint8

// The charsets of forms.
const (
	UTF8        Charset = iota
	Windows1252         // also what browsers take ISO-8859-1 and ASCII for
)

// CharsetOf returns the charset of a name, as a media type has it.
func CharsetOf(name string) Charset {
	switch strings.ToLower(name) {
	case "windows-1252", "cp1252", "x-cp1252", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "l1", "us-ascii", "ascii":
		return Windows1252
	}
	return UTF8
}

// high are the characters that windows-1252 has in place of the control characters of
// ISO-8859-1; the five that it leaves out stay those.
var high = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}

// unescape appends the text that raw stands for, and returns it. In UTF8 it may not be
// valid.
func (c Charset) unescape(to *strings.Builder, raw []byte) (text string, ok bool) {
	start := to.Len()
	plain := 0 // where text begins that stands for itself
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '+':
			c.write(to, raw[plain:i])
			to.WriteByte(' ')
			plain = i + 1
		case '%':
			if i+2 >= len(raw) {
				return "", false
			}
			high, low := hex(raw[i+1]), hex(raw[i+2])
			if high > 15 || low > 15 {
				return "", false
			}
			c.write(to, raw[plain:i])
			c.write(to, []byte{high<<4 | low})
			i += 2
			plain = i + 1
		}
	}
	c.write(to, raw[plain:])
	return to.String()[start:], true
}

// write appends the characters of a text.
func (c Charset) write(to *strings.Builder, text []byte) {
	if c == UTF8 {
		to.Write(text)
		return
	}
	for _, b := range text {
		r := rune(b)
		if 0x80 <= b && b < 0xa0 {
			r = high[b-0x80]
		}
		to.WriteRune(r)
	}
}

// replaceInvalid appends a text with U+FFFD for each run of bytes that is not UTF-8, and
// returns it.
func replaceInvalid(to *strings.Builder, text string) string {
	start := to.Len()
	inRun := false
	for i, r := range text {
		invalid := false
		if r == utf8.RuneError {
			_, size := utf8.DecodeRuneInString(text[i:])
			invalid = size == 1
		}
		if !invalid || !inRun {
			to.WriteRune(r)
		}
		inRun = invalid
	}
	return to.String()[start:]
}

// roomFor is what the texts of a body take, also where characters are decoded or
// replaced.
func roomFor(body []byte) int {
	room := len(body)
	for _, b := range body {
		if b >= utf8.RuneSelf {
			room += 2
		}
	}
	return room
}
