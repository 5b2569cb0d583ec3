package envelope

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// A text is looked at before it is decoded: how deep it is nested, how many names
// an object has, and how much memory its elements will take as Go values. The
// decoder tells nothing of that until it is too late.

// What an object may have. The decoder's check for duplicate names costs a few
// hundred bytes for each of many, however short they are, and several times the
// length of long ones.
const (
	maxMembers = 1024
	maxName    = 1024 // bytes of one name, as it stands in the text
	fewNames   = 1024 // bytes of all names, up to which they cost nothing
)

var errNesting = Malformed("nested too deep, or with too many or too long names")

// small is the size up to which a text need not be scanned if it has few brackets
// and commas.
const small = 32 << 10

// isLight reports whether a text is within all limits, as a few counts tell.
func isLight(text []byte, maxDepth int) bool {
	return len(text) <= small && bytes.Count(text, []byte(",")) < maxMembers &&
		bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("[")) <= maxDepth
}

// scanner reads the value at the beginning of a text. It takes all that is JSON for
// what it is, stops somewhere in what is not, and always ends.
type scanner struct {
	text     []byte
	pos      int
	depth    int
	maxDepth int
	open     []level // of values without a plan
	bulk     bulk
	name     []byte // one that has escapes
	refused  bool   // nested too deep, or an object has too much of names
	ended    bool   // by that, or because the text is no JSON
}

// level is an object or list that is open.
type level struct {
	list           bool
	members, names int
}

// add notes a name of an object; false says that it is too long, or one too many.
func (l *level) add(length int, b *bulk) bool {
	l.members++
	switch before := l.names; {
	case before > fewNames:
		b.add(nameFactor * length)
	case before+length > fewNames:
		b.add(nameFactor * (before + length))
	}
	l.names += length
	return l.members <= maxMembers && length <= maxName
}

// value reads the next value along its plan; nil is for one of which only the
// nesting and the names count.
func (s *scanner) value(p *plan) {
	c := s.next()
	for ; p != nil && p.pointer; p = p.target {
		if c != 'n' {
			s.bulk.add(p.behind)
		}
	}
	switch {
	case p != nil && c == '{':
		if variant, ok := p.variants[s.kindOf(p)]; ok {
			p = variant
		}
		s.bulk.add(p.behind)
		s.object(p)
	case p != nil && c == '[':
		s.list(p)
	default:
		s.skip()
	}
}

// next gives the next character that is no white space; 0 at the end.
func (s *scanner) next() byte {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	s.ended = true
	return 0
}

func (s *scanner) object(p *plan) {
	var l level
	if !s.enter() {
		return
	}
	for open := true; open && !s.ended; {
		switch s.next() {
		case '}':
			s.leave()
			open = false
		case ',':
			s.pos++
		case '"':
			s.member(p, &l)
		default:
			s.ended = true
		}
	}
	s.bulk.addList(p, l.members, true)
}

// kindOf looks ahead for what chooses the variant of the object that comes next.
func (s *scanner) kindOf(p *plan) string {
	if p.variants == nil {
		return ""
	}
	var ignored level
	ahead := scanner{text: s.text, pos: s.pos + 1, maxDepth: s.maxDepth, open: s.open}
	for !ahead.ended {
		switch ahead.next() {
		case ',':
			ahead.pos++
		case '"':
			found := string(ahead.readName(&ignored)) == p.kind
			if ahead.next() != ':' {
				return ""
			}
			ahead.pos++
			if c := ahead.next(); found && c == '"' {
				return string(ahead.readName(&ignored))
			} else if found {
				return ""
			}
			ahead.skip()
		default:
			return ""
		}
	}
	return ""
}

func (s *scanner) member(p *plan, l *level) {
	member, size := p.member(s.readName(l))
	s.bulk.add(size)
	if s.next() != ':' || s.ended {
		s.ended = true
		return
	}
	s.pos++
	s.value(member)
}

func (s *scanner) list(p *plan) {
	n := 0
	if !s.enter() {
		return
	}
	for open := true; open && !s.ended; {
		switch s.next() {
		case ']':
			s.leave()
			open = false
		case ',':
			s.pos++
		default:
			n++
			s.value(p.element)
		}
	}
	s.bulk.addList(p, n, false)
}

func (s *scanner) enter() bool {
	s.pos++
	if s.depth++; s.depth > s.maxDepth {
		s.refuse()
	}
	return !s.ended
}

func (s *scanner) leave() {
	s.pos++
	s.depth--
}

func (s *scanner) refuse() { s.refused, s.ended = true, true }

// readName reads a name, which is valid until the next one.
func (s *scanner) readName(l *level) []byte {
	start := s.pos + 1
	end := stringEnd(s.text, start)
	s.pos = min(end+1, len(s.text))
	if !l.add(end-start, &s.bulk) {
		s.refuse()
	}
	if end == len(s.text) { // Not closed.
		s.ended = true
		return nil
	}
	return nameOf(s.text[start-1:s.pos], &s.name)
}

// nameOf gives the text of a JSON string: a part of it, or what is in buf then if it
// has escapes.
func nameOf(raw []byte, buf *[]byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	*buf, _ = jsontext.AppendUnquote((*buf)[:0], raw)
	return *buf
}

// skip reads a value of any type.
func (s *scanner) skip() {
	open := s.open[:0]
	name := false // whether a string would be a name
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case '{', '[':
			name = c == '{'
			open = append(open, level{list: !name})
			if s.depth+len(open) > s.maxDepth {
				s.refuse()
				return
			}
		case '}', ']':
			if len(open) == 0 {
				s.ended = true
				return
			}
			name = false
			open = open[:len(open)-1]
		case ',':
			name = len(open) > 0 && !open[len(open)-1].list
		case ' ', '\t', '\r', '\n', ':':
			s.pos++
			continue
		case '"':
			end := stringEnd(s.text, s.pos+1)
			if name {
				if !open[len(open)-1].add(end-s.pos-1, &s.bulk) {
					s.refuse()
					return
				}
				name = false
			}
			s.pos = min(end, len(s.text)-1)
		default: // A number or a word.
			for s.pos+1 < len(s.text) && inWord(s.text[s.pos+1]) {
				s.pos++
			}
		}
		s.pos++
		if len(open) == 0 {
			s.open = open
			return
		}
	}
	s.ended = true
}

// inWord reports whether a character can go on with a number or a word.
func inWord(c byte) bool {
	switch c {
	case ',', ']', '}', ' ', '\t', '\r', '\n', ':', '{', '[', '"':
		return false
	}
	return true
}

// stringEnd is the index of the quote that closes the string whose first
// character is at i.
func stringEnd(text []byte, i int) int {
	for {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			return len(text)
		}
		i += n
		escapes := 0
		for i-escapes > 0 && text[i-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
		i++
	}
}

// countElements is the number of elements of the list, or members of the object,
// at whose bracket the text begins, and how much of the text was looked at.
func countElements(text []byte) (n, looked int) {
	depth := 0
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case ' ', '\t', '\r', '\n':
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return n, i + 1
			}
		case ',':
			if depth == 0 {
				n++
			}
		case '"':
			i = stringEnd(text, i+1)
		}
		n = max(n, 1) // There is something.
	}
	return n, len(text)
}
