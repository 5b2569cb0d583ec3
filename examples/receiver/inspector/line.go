package inspector

import (
	"strings"
	"unicode/utf8"
)

// Bounds of what the page shows of one body. The rest can be downloaded.
const (
	maxLines = 3000
	maxText  = 300     // of a value
	maxPlain = 8 << 10 // of a line of a body that is not JSON
	maxPlace = 1 << 10 // of a pointer, or of a Go expression
)

// line is one line of a body, or of what was made of it. The page turns it into
// text nodes; nothing here is HTML.
type line struct {
	Depth    int    `json:"depth"`
	Pointer  string `json:"pointer"` // JSON Pointer in the body
	Name     string `json:"name,omitzero"`
	Type     string `json:"type,omitzero"` // Go type
	Path     string `json:"path,omitzero"` // Go expression
	Kind     kind   `json:"kind"`
	Text     string `json:"text"`
	Length   int    `json:"length,omitzero"` // in bytes, if Text is only the start
	Comma    bool   `json:"comma,omitzero"`
	Findings []int  `json:"findings,omitzero"` // indices
}

// kind is what a line's text is, for its colour.
type kind string

const (
	kindString kind = "string"
	kindNumber kind = "number"
	kindWord   kind = "word" // true, false, null
	kindOpen   kind = "open"
	kindClose  kind = "close"
	kindPlain  kind = "plain"
)

// listing is a number of lines, bounded.
type listing struct {
	Lines []line `json:"lines"`
	More  bool   `json:"more,omitzero"` // whether some were left out
}

func newListing() listing { return listing{Lines: []line{}} }

// add reports whether there is room for more.
func (l *listing) add(n line) bool {
	if len(l.Lines) >= maxLines {
		l.More = true
		return false
	}
	limit := maxText
	if n.Kind == kindPlain {
		limit = maxPlain
	}
	if len(n.Text) > limit {
		n.Length = len(n.Text)
		for !utf8.RuneStart(n.Text[limit]) && limit > 0 {
			limit--
		}
		n.Text = n.Text[:limit]
	}
	n.Text = strings.ToValidUTF8(n.Text, "\uFFFD")
	n.Name = shorten(n.Name)
	l.Lines = append(l.Lines, n)
	return true
}

// shorten bounds a name, which the sender may have chosen.
func shorten(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if utf8.RuneCountInString(name) <= maxText {
		return name
	}
	return string([]rune(name)[:maxText]) + "…"
}

// mark puts each finding on the line it is about, or on the nearest one around it.
func (l *listing) mark(findings []finding) {
	at := map[string]int{}
	for i, n := range l.Lines {
		if _, taken := at[n.Pointer]; !taken && n.Kind != kindClose {
			at[n.Pointer] = i
		}
	}
	for f, finding := range findings {
		for pointer := finding.Pointer; ; pointer = pointer[:strings.LastIndexByte(pointer, '/')] {
			if i, ok := at[pointer]; ok {
				l.Lines[i].Findings = append(l.Lines[i].Findings, f)
				break
			}
			if !strings.Contains(pointer, "/") {
				break
			}
		}
	}
}

// below adds a name to a JSON Pointer. What is below a name that is too long has the
// pointer of what is around it.
func below(pointer, name string) string {
	return extended(pointer, "/"+escaper.Replace(name))
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

func extended(place, by string) string {
	if len(place)+len(by) > maxPlace {
		return place
	}
	return place + by
}
