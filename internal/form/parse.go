package form

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Tree is a parsed form.
type Tree struct {
	// Invalid are JSON Pointers to the first values that are not text in the charset of
	// the form: U+FFFD stands for what can't be told.
	Invalid []string

	charset Charset
	limits  Limits
	pairs   int
	nodes   []node // The root is the first.
	index   map[edge]int32
}

// node is a name in a key. Children form a chain in the order of the body.
type node struct {
	name        string
	text        string // of a scalar
	kind        kind
	offset      int32
	first, last int32 // children
	next        int32 // sibling; 0 ends the chain, because the root is nobody's
	size        int32 // number of children
}

type kind uint8

const (
	fresh    kind = iota
	scalar        // a=1
	named         // a[b]=1 or a[0]=1: an object or a list, which only the model knows
	appended      // a[]=1
	repeated      // a=1&a=2
)

// edge finds a child by its name.
type edge struct {
	parent int32
	name   string
}

// fewChildren is how many children are searched one by one. More than that are
// in Tree.index.
const fewChildren = 8

// nodesPerPair and fewNodes bound the names that a body may nest. A real body has
// fewer than two for each pair.
const (
	nodesPerPair = 4
	fewNodes     = 256
)

// Parse reads a body of the media type application/x-www-form-urlencoded. A line feed
// at its end is none of it. Its errors are of type *Error.
func Parse(body []byte, charset Charset, limits Limits) (*Tree, error) {
	limits = limits.withDefaults()
	body = bytes.TrimRight(body, "\r\n")
	pairs := bytes.Count(body, []byte{'&'}) + 1
	if pairs > limits.MaxPairs {
		return nil, &Error{ErrPairs, 0}
	}
	t := &Tree{charset: charset, limits: limits, pairs: pairs, nodes: make([]node, 1, 2*pairs+8)}
	t.nodes[0].kind = named

	// All unescaped text goes into one buffer that never grows.
	var text strings.Builder
	text.Grow(roomFor(body))
	for start := 0; start < len(body); {
		pair := body[start:]
		if end := bytes.IndexByte(pair, '&'); end >= 0 {
			pair = pair[:end]
		}
		if len(pair) > 0 {
			if err := t.addPair(&text, pair, int32(start)); err != nil {
				return nil, &Error{err, start}
			}
		}
		start += len(pair) + 1
	}
	return t, nil
}

func (t *Tree) addPair(text *strings.Builder, pair []byte, offset int32) error {
	rawKey, rawValue, _ := bytes.Cut(pair, []byte{'='})
	if len(rawKey) > t.limits.MaxKey {
		return ErrKey
	}
	key, ok := t.charset.unescape(text, rawKey)
	if !ok || !utf8.ValidString(key) {
		return ErrSyntax
	}
	value, ok := t.charset.unescape(text, rawValue)
	if !ok {
		return ErrSyntax
	}
	clean := utf8.ValidString(value)
	if !clean {
		value = replaceInvalid(text, value)
	}
	err := t.add(key, value, offset)
	if err == nil && !clean && len(t.Invalid) < maxInvalid {
		t.Invalid = append(t.Invalid, t.pointerTo(key))
	}
	return err
}

// maxInvalid bounds the pointers of Invalid.
const maxInvalid = 100

// pointerTo is the JSON Pointer to the value that was added last for a key.
func (t *Tree) pointerTo(key string) string {
	name, _, _ := strings.Cut(key, "[")
	pointer, at := jsontext.Pointer("").AppendToken(name), t.find(0, name)
	for rest := strings.TrimPrefix(key, name); rest != ""; {
		name, rest, _ = cutBrackets(rest)
		if name == "" {
			name = strconv.Itoa(int(t.nodes[at].size) - 1)
		} else {
			at = t.find(at, name)
		}
		pointer = pointer.AppendToken(name)
	}
	return string(pointer)
}

// hex is the value of a hexadecimal digit, and more than 15 for anything else.
func hex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// add puts one pair into the tree.
func (t *Tree) add(key, value string, offset int32) error {
	name, rest := key, ""
	if i := strings.IndexByte(key, '['); i >= 0 {
		name, rest = key[:i], key[i:]
	}
	if name == "" {
		return ErrSyntax
	}
	parent := int32(0)
	for depth := 1; ; depth++ {
		if depth > t.limits.MaxDepth {
			return ErrDepth
		}
		if len(t.nodes) > nodesPerPair*t.pairs+fewNodes {
			return ErrNodes
		}
		at := t.child(parent, name, offset)
		if rest == "" {
			return t.setValue(at, value, offset)
		}
		inner, after, ok := cutBrackets(rest)
		if !ok {
			return ErrSyntax
		}
		if inner == "" {
			// Objects under a[] can't be told apart: a[][x]=1&a[][y]=2.
			if after != "" {
				return ErrSyntax
			}
			return t.appendValue(at, value, offset)
		}
		if !t.become(at, named) {
			return ErrConflict
		}
		parent, name, rest = at, inner, after
	}
}

// cutBrackets takes [inner] from the front of s. Brackets in a name are part of
// it if they are in pairs, as in [[anonymous]].
func cutBrackets(s string) (inner, after string, ok bool) {
	if s[0] != '[' {
		return "", "", false
	}
	open := 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			open++
		case ']':
			if open--; open == 0 {
				return s[1:i], s[i+1:], true
			}
		}
	}
	return "", "", false
}

func (t *Tree) setValue(at int32, value string, offset int32) error {
	n := &t.nodes[at]
	switch n.kind {
	case fresh:
		n.kind, n.text = scalar, value
	case scalar:
		first := node{kind: scalar, text: n.text, offset: n.offset}
		n.kind, n.text = repeated, ""
		t.addNode(at, first)
		t.addText(at, value, offset)
	case repeated:
		t.addText(at, value, offset)
	default:
		return ErrConflict
	}
	return nil
}

func (t *Tree) appendValue(at int32, value string, offset int32) error {
	if !t.become(at, appended) {
		return ErrConflict
	}
	t.addText(at, value, offset)
	return nil
}

// become makes a fresh node one of kind k, and reports whether it is one now.
func (t *Tree) become(at int32, k kind) bool {
	n := &t.nodes[at]
	if n.kind == fresh {
		n.kind = k
	}
	return n.kind == k
}

// child finds the child of that name, or makes one.
func (t *Tree) child(parent int32, name string, offset int32) int32 {
	p := &t.nodes[parent]
	if p.size > 0 && t.nodes[p.last].name == name { // Encoders write members together.
		return p.last
	}
	if at := t.find(parent, name); at > 0 {
		return at
	}
	if p.size == fewChildren {
		if t.index == nil {
			t.index = make(map[edge]int32)
		}
		for i := p.first; i > 0; i = t.nodes[i].next {
			t.index[edge{parent, t.nodes[i].name}] = i
		}
	}
	at := t.addNode(parent, node{name: name, offset: offset})
	if t.nodes[parent].size > fewChildren {
		t.index[edge{parent, name}] = at
	}
	return at
}

// find gives the child of that name, or 0.
func (t *Tree) find(parent int32, name string) int32 {
	if t.nodes[parent].size > fewChildren {
		return t.index[edge{parent, name}]
	}
	for i := t.nodes[parent].first; i > 0; i = t.nodes[i].next {
		if t.nodes[i].name == name {
			return i
		}
	}
	return 0
}

func (t *Tree) addText(parent int32, text string, offset int32) {
	t.addNode(parent, node{kind: scalar, text: text, offset: offset})
}

func (t *Tree) addNode(parent int32, n node) int32 {
	if len(t.nodes) == cap(t.nodes) { // Rare enough to make all the room there can be.
		t.nodes = append(make([]node, 0, nodesPerPair*t.pairs+fewNodes+4), t.nodes...)
	}
	at := int32(len(t.nodes)) //nolint:gosec // few, because Parse limits pairs
	t.nodes = append(t.nodes, n)
	p := &t.nodes[parent]
	if p.size == 0 {
		p.first = at
	} else {
		t.nodes[p.last].next = at
	}
	p.last = at
	p.size++
	return at
}
