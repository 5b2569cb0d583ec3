package form

import (
	"iter"
	"strconv"
	"strings"
	"unicode"
)

// Node is a place in a Tree. The zero Node means that nothing was sent there.
type Node struct {
	tree *Tree
	at   int32
}

// Root is the whole form.
func (t *Tree) Root() Node { return Node{t, 0} }

// Sent reports whether there is anything at this place, an empty text included.
func (n Node) Sent() bool { return n.tree != nil }

// Get follows names downwards. The items of a list have the names "0", "1" and
// so on.
func (n Node) Get(names ...string) Node {
	for _, name := range names {
		if n.tree == nil {
			return Node{}
		}
		at := n.child(name)
		if at == 0 {
			return Node{}
		}
		n.at = at
	}
	return n
}

func (n Node) child(name string) int32 {
	switch n.node().kind {
	case named:
		return n.tree.find(n.at, name)
	case appended, repeated:
		index, is := parseIndex(name)
		if is != goodIndex {
			return 0
		}
		for child := range n.children() {
			if index--; index < 0 {
				return child.at
			}
		}
	}
	return 0
}

// Text is the value at this place. It is not ok for a list or an object.
func (n Node) Text() (text string, ok bool) {
	if n.tree == nil || n.node().kind != scalar {
		return "", false
	}
	return n.node().text, true
}

func (n Node) node() *node { return &n.tree.nodes[n.at] }

func (n Node) children() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for i := n.node().first; i > 0; i = n.tree.nodes[i].next {
			if !yield(Node{n.tree, i}) {
				return
			}
		}
	}
}

func (n Node) refuse(kind error) error { return &Error{kind, int(n.node().offset)} }

type indexKind uint8

const (
	noIndex  indexKind = iota // not an integer at all
	badIndex                  // an integer that is no index: -1, 007, 99999999999999999999
	goodIndex
)

func parseIndex(name string) (index int, is indexKind) {
	if name == "" || name[0] > '9' {
		return 0, noIndex
	}
	digits := strings.TrimLeft(name, "+-")
	if digits == "" || len(name)-len(digits) > 1 {
		return 0, noIndex
	}
	for _, c := range []byte(digits) {
		if c < '0' || '9' < c {
			return 0, noIndex
		}
	}
	if len(digits) < len(name) || len(digits) > 9 || digits[0] == '0' && len(digits) > 1 {
		return 0, badIndex
	}
	index, _ = strconv.Atoi(digits)
	return index, goodIndex
}

// isList reports whether items is ok.
func (n Node) isList() bool {
	if n.node().kind != named {
		return true
	}
	for at := n.node().first; at > 0; at = n.tree.nodes[at].next {
		// Names differ, so that size of them below size leave no gap.
		index, is := parseIndex(n.tree.nodes[at].name)
		if is != goodIndex || index >= int(n.node().size) {
			return false
		}
	}
	return true
}

// items returns the children of a list in the order of their indices. It is not ok
// for an object.
func (n Node) items() (items []Node, ok bool) {
	if !n.isList() {
		return nil, false
	}
	if n.node().size == 0 {
		return nil, true
	}
	items = make([]Node, n.node().size)
	next := 0
	for at := n.node().first; at > 0; at = n.tree.nodes[at].next {
		index := next
		if n.node().kind == named {
			index, _ = parseIndex(n.tree.nodes[at].name)
		}
		items[index] = Node{n.tree, at}
		next++
	}
	return items, true
}

// list returns the items of a container where the model has a list. It is not ok for
// an object.
func (n Node) list() (items []Node, ok bool, err error) {
	items, ok = n.items()
	if !ok {
		return nil, false, n.checkMembers()
	}
	if len(items)-1 > n.tree.limits.MaxIndex {
		return nil, false, n.refuse(ErrIndex)
	}
	return items, true, nil
}

// checkMembers refuses names that two readers could understand in two ways.
func (n Node) checkMembers() error {
	if err := n.checkIndices(); err != nil {
		return err
	}
	return n.checkNames()
}

// checkIndices refuses integers among the names that are no index, and gaps if
// all names are integers.
func (n Node) checkIndices() error {
	size, integers, highest := int(n.node().size), 0, 0
	for child := range n.children() {
		index, is := parseIndex(child.node().name)
		if is == badIndex || is == goodIndex && index > n.tree.limits.MaxIndex {
			return child.refuse(ErrIndex)
		}
		if is == goodIndex {
			integers++
			highest = max(highest, index)
		}
	}
	if integers == size && highest >= size {
		return n.refuse(ErrIndex)
	}
	return nil
}

// checkNames refuses names that differ only in case.
func (n Node) checkNames() error {
	if n.node().size <= fewChildren {
		for child := range n.children() {
			for i := child.node().next; i > 0; i = n.tree.nodes[i].next {
				if strings.EqualFold(child.node().name, n.tree.nodes[i].name) {
					return Node{n.tree, i}.refuse(ErrCase)
				}
			}
		}
		return nil
	}
	seen := make(map[string]struct{}, n.node().size)
	for child := range n.children() {
		name := foldCase(child.node().name)
		if _, ok := seen[name]; ok {
			return child.refuse(ErrCase)
		}
		seen[name] = struct{}{}
	}
	return nil
}

// foldCase maps names that strings.EqualFold holds equal to one name.
func foldCase(s string) string {
	return strings.Map(func(r rune) rune {
		lowest := r
		if r > unicode.MaxASCII {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				lowest = min(lowest, f)
			}
		}
		if 'A' <= lowest && lowest <= 'Z' {
			return lowest - 'A' + 'a'
		}
		return lowest
	}, s)
}

// checkUnknown reads a place that the model does not have as strictly as any
// other: two readers must not differ on it.
func (n Node) checkUnknown() error {
	switch n.node().kind {
	case repeated:
		return n.refuse(ErrRepeated)
	case named:
		if err := n.checkMembers(); err != nil {
			return err
		}
	}
	for child := range n.children() {
		if err := child.checkUnknown(); err != nil {
			return err
		}
	}
	return nil
}
