package form

import (
	"strconv"
	"strings"
	"sync"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// openValue is the JSON text of an open value.
type openValue struct {
	path string
	text []byte
}

// rewriter makes dotted keys of a tree.
type rewriter struct {
	decoder  *Decoder
	values   map[string][]string
	texts    []string        // what values holds; most paths have one
	paths    strings.Builder // of the names of values
	open     []openValue
	mistyped func(pointer string)
}

var rewriters = sync.Pool{New: func() any {
	return &rewriter{values: make(map[string][]string)}
}}

// maxKept is how many values a rewriter may have had that is used again.
const maxKept = 512

// free keeps the rewriter for another form, without anything of this one.
func (r *rewriter) free() {
	if len(r.values)+len(r.open) > maxKept {
		return
	}
	clear(r.values)
	clear(r.texts)
	clear(r.open)
	*r = rewriter{values: r.values, texts: r.texts[:0], open: r.open[:0]}
	rewriters.Put(r)
}

// put stores one text at a path.
func (r *rewriter) put(path, text string) {
	r.texts = append(r.texts, text)
	end := len(r.texts)
	r.values[path] = r.texts[end-1 : end : end]
}

// join makes a path one name longer.
func (r *rewriter) join(path, name string) string {
	if path == "" {
		return name
	}
	start := r.paths.Len()
	r.paths.WriteString(path)
	r.paths.WriteByte('.')
	r.paths.WriteString(name)
	return r.paths.String()[start:]
}

func (r *rewriter) misfit(path string) {
	if r.mistyped != nil {
		r.mistyped(pointerTo(path))
	}
}

// pointerTo makes a JSON Pointer of a path. Names of fields need no escaping.
func pointerTo(path string) string { return "/" + strings.ReplaceAll(path, ".", "/") }

func (r *rewriter) members(n Node, p *wire.Plan, path string) error {
	checked := false
	for at := n.node().first; at > 0; at = n.tree.nodes[at].next {
		child := Node{n.tree, at}
		name := child.node().name
		if f, ok := p.Member(name); ok {
			if err := r.member(child, f.Plan, r.join(path, name)); err != nil {
				return err
			}
			continue
		}
		// Only a name that no field has can be an index, or differ in case.
		if !checked {
			if err := n.checkMembers(); err != nil {
				return err
			}
			checked = true
		}
		if err := child.checkUnknown(); err != nil {
			return err
		}
	}
	return nil
}

func (r *rewriter) member(n Node, p *wire.Plan, path string) error {
	shape, p := r.decoder.shapeOf(p)
	if text, ok := n.Text(); ok {
		r.text(text, shape, path)
		return nil
	}
	switch shape {
	case free, freeObject:
		r.open = append(r.open, openValue{path, n.json(shape == freeObject)})
		return nil
	case single:
		r.misfit(path)
		return n.checkUnknown()
	case object:
		if n.node().kind == named {
			return r.members(n, p, path)
		}
		r.misfit(path)
		return n.checkUnknown()
	}
	items, ok, err := n.list()
	if err != nil {
		return err
	}
	if !ok {
		r.misfit(path)
		return nil
	}
	return r.items(items, shape, p, path)
}

// text rewrites a single value. An empty one may be a null, and leaves all but
// text alone.
func (r *rewriter) text(text string, shape shape, path string) {
	switch shape {
	case single:
		r.put(path, text)
	case texts:
		if text != "" {
			r.put(path, text)
		}
	case free:
		if text != "" {
			r.open = append(r.open, openValue{path, appendQuote(make([]byte, 0, quotedLen(text)), text)})
		}
	case singles:
		if text != "" {
			r.put(r.join(path, "0"), text)
		}
	default:
		if text != "" {
			r.misfit(path)
		}
	}
}

func (r *rewriter) items(items []Node, shape shape, p *wire.Plan, path string) error {
	if shape == texts {
		return r.listOfTexts(items, path)
	}
	for i, item := range items {
		itemPath := r.join(path, strconv.Itoa(i))
		text, isText := item.Text()
		var err error
		switch {
		case isText && shape == singles:
			r.put(itemPath, text)
		case shape == objects && item.node().kind == named:
			err = r.members(item, p, itemPath)
		case text != "" || !isText:
			r.misfit(itemPath)
			err = item.checkUnknown()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// listOfTexts puts all items of a list at one path, as gorilla/schema wants it.
func (r *rewriter) listOfTexts(items []Node, path string) error {
	values := make([]string, len(items))
	for i, item := range items {
		text, ok := item.Text()
		if !ok {
			r.misfit(r.join(path, strconv.Itoa(i)))
			if err := item.checkUnknown(); err != nil {
				return err
			}
		}
		values[i] = text
	}
	r.values[path] = values
	return nil
}
