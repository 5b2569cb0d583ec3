package inspector

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// wireListing lays out a body as it came: JSON a member a line, a form a pair a
// line, anything else as text.
func wireListing(body []byte, form bool) listing {
	if form {
		return formListing(string(body))
	}
	if l, ok := jsonListing(body); ok {
		return l
	}
	return textListing(string(body))
}

// jsonListing shows each value in the sender's own spelling: digits and escapes
// are part of what came.
func jsonListing(body []byte) (listing, bool) {
	l := newListing()
	r := &jsonReader{dec: json.NewDecoder(bytes.NewReader(body)), body: body, listing: &l}
	if _, err := r.token(); err != nil {
		return listing{}, false
	}
	r.value("", "", 0)
	if r.err == nil {
		_, err := r.token() // There must be nothing behind the value.
		return l, errors.Is(err, io.EOF)
	}
	return l, errors.Is(r.err, errEnough)
}

// maxNesting bounds the stack: a body that was refused can be nested as deep as it
// is long.
const maxNesting = 100

var (
	errEnough  = errors.New("more lines than are shown")
	errNesting = errors.New("nested too deep to be laid out")
)

// jsonReader reads one token ahead.
type jsonReader struct {
	dec     *json.Decoder
	body    []byte
	listing *listing

	next json.Token
	text string // of next, as it stands in the body
	err  error
}

func (r *jsonReader) token() (json.Token, error) {
	start := r.dec.InputOffset()
	r.next, r.err = r.dec.Token()
	r.text = strings.TrimLeft(string(r.body[start:r.dec.InputOffset()]), " \t\r\n,:")
	return r.next, r.err
}

// value lists the value that starts with the present token. The decoder has
// checked the grammar as far as it has read.
func (r *jsonReader) value(pointer, name string, depth int) {
	n := line{Depth: depth, Pointer: pointer, Name: name, Text: r.text}
	switch token := r.next.(type) {
	case json.Delim:
		r.container(n, token)
		return
	case string:
		n.Kind = kindString
	case float64:
		n.Kind = kindNumber
	default:
		n.Kind = kindWord
	}
	r.add(n)
}

func (r *jsonReader) add(n line) {
	if !r.listing.add(n) {
		r.err = errEnough
	}
}

func (r *jsonReader) container(open line, delim json.Delim) {
	open.Kind = kindOpen
	at := len(r.listing.Lines)
	if r.add(open); open.Depth > maxNesting {
		r.err = errNesting
	}
	for i := 0; r.err == nil; i++ {
		token, err := r.token()
		if err != nil {
			return
		}
		if end, ok := token.(json.Delim); ok && (end == '}' || end == ']') {
			r.close(at, open)
			return
		}
		if i > 0 {
			r.listing.Lines[len(r.listing.Lines)-1].Comma = true
		}
		name, pointer := "", below(open.Pointer, strconv.Itoa(i))
		if delim == '{' {
			member, _ := token.(string) // Names are strings.
			name, pointer = r.text, below(open.Pointer, member)
			if _, err := r.token(); err != nil {
				return
			}
		}
		r.value(pointer, name, open.Depth+1)
	}
}

// close ends a container; an empty one on the line where it began.
func (r *jsonReader) close(at int, open line) {
	if at == len(r.listing.Lines)-1 {
		r.listing.Lines[at].Text += r.text
		return
	}
	r.add(line{Depth: open.Depth, Pointer: open.Pointer, Kind: kindClose, Text: r.text})
}

// formListing shows the pairs of a form; campaign[title][en] is at
// /campaign/title/en.
func formListing(body string) listing {
	l := newListing()
	for pair := range strings.SplitSeq(body, "&") {
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil {
			name = key
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			text = value
		}
		pointer := ""
		for segment := range strings.SplitSeq(strings.ReplaceAll(name, "]", ""), "[") {
			pointer = below(pointer, segment)
		}
		if !l.add(line{Pointer: pointer, Name: name, Kind: kindPlain, Text: text}) {
			return l
		}
	}
	return l
}

func textListing(body string) listing {
	l := newListing()
	for text := range strings.Lines(body) {
		if !l.add(line{Kind: kindPlain, Text: strings.TrimRight(text, "\r\n")}) {
			return l
		}
	}
	return l
}
