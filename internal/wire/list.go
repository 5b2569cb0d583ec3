package wire

import (
	"bytes"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
)

// list reads a list into a slice. One that reaches its fifth element is counted
// once, and gets room for all.
func (r *Reader) list(p *Plan, v reflect.Value, rule *Rule) error {
	if err := r.Enter(); err != nil {
		return err
	}
	n := 0
	for ; r.dec.PeekKind() != ']'; n++ {
		if err := r.grow(p, v, n); err != nil {
			return err
		}
		if err := r.Value(p.Elem, v.Index(n), rule.each()); err != nil {
			return err
		}
	}
	if n == 0 {
		v.Set(reflect.MakeSlice(p.Type, 0, 0))
	}
	return r.Leave()
}

func (r *Rule) each() *Rule {
	if r == nil {
		return nil
	}
	return r.Each
}

// grow makes a list of n elements one longer.
func (r *Reader) grow(p *Plan, v reflect.Value, n int) error {
	if n == v.Cap() {
		room := max(1, n)
		if n == 4 && r.ahead > 0 {
			text := unread(&r.dec)
			more, looked := countElements(text)
			r.ahead -= looked
			room = max(1, more)
		}
		room = max(room, n) // Grow doubles short slices.
		if err := r.Charge((n + room) * int(p.Type.Elem().Size())); err != nil {
			return err
		}
		v.Grow(room)
	}
	v.SetLen(n + 1)
	return nil
}

// countElements is the number of elements that are left of the list, or object, in
// which the text begins, and how much of the text was looked at.
func countElements(text []byte) (n, looked int) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return n + 1, i + 1
			}
		case ',':
			if depth == 0 {
				n++
			}
		case '"':
			i = stringEnd(text, i+1)
		}
	}
	return n + 1, len(text)
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
		for text[i-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
		i++
	}
}

// objectList reads an object into a list. Names are numbers: how PHP spells a list
// with gaps; or the type says which fields of an element have name and value. An
// empty object is an empty list.
func (r *Reader) objectList(p *Plan, v reflect.Value, rule *Rule) error {
	if err := r.Enter(); err != nil {
		return err
	}
	seen := map[string]int{} // the index of each name
	early := 0               // members that are no elements, before the first that is one
	for r.dec.PeekKind() != '}' {
		raw, err := r.Name()
		if err == nil {
			raw, err = r.clean(raw, nil)
		}
		if err != nil {
			return err
		}
		name, _, _ := Unquote(raw)
		switch isElement := p.keyed != nil || name != "" && Digits(name) == len(name); {
		case isElement:
			err = r.namedElement(p, v, name, seen, rule)
		case len(seen) == 0:
			early++
			err = r.Skip()
		default:
			r.misfit(rule.each())
			err = r.Skip()
		}
		if err != nil {
			return err
		}
	}
	if err := r.Leave(); err != nil || early == 0 {
		return err
	}
	if len(seen) == 0 { // It is no list at all.
		r.misfit(rule)
	} else {
		r.Misfits.Total += early
	}
	return nil
}

// namedElement reads a member of an object that stands for a list.
func (r *Reader) namedElement(p *Plan, v reflect.Value, name string, seen map[string]int, rule *Rule) error {
	at, twice := seen[name]
	if twice {
		r.differs(DuplicateMember)
		v.Index(at).SetZero()
	} else {
		const entry = 4 * (16 + 8) // as entrySize has it
		if err := r.Charge(entry + len(name)); err != nil {
			return err
		}
		at = v.Len()
		seen[name] = at
		if err := r.grow(p, v, at); err != nil {
			return err
		}
	}
	element := v.Index(at)
	if k := p.keyed; k != nil {
		element.Field(k.name).SetString(name)
		element.Field(k.flag).SetBool(true)
		return r.Value(k.plan, element.Field(k.value), nil)
	}
	return r.Value(p.Elem, element, rule.each())
}

// mapping reads an object into a map.
func (r *Reader) mapping(p *Plan, v reflect.Value, rule *Rule) error {
	if err := r.makeMap(p, v); err != nil {
		return err
	}
	if err := r.Enter(); err != nil {
		return err
	}
	e := newEntry(p)
	for r.dec.PeekKind() != '}' {
		name, err := r.Name()
		if err != nil {
			return err
		}
		if err := r.entry(p, v, e, name, rule.each()); err != nil {
			return err
		}
	}
	return r.Leave()
}

// entry is room for the key and the value of one entry of a map, used again for the
// next.
type entry struct{ key, value reflect.Value }

func newEntry(p *Plan) entry {
	return entry{reflect.New(p.Type.Key()).Elem(), reflect.New(p.Type.Elem()).Elem()}
}

func (r *Reader) makeMap(p *Plan, v reflect.Value) error {
	if !v.IsNil() {
		return nil
	}
	const empty = 48
	if err := r.Charge(empty); err != nil {
		return err
	}
	v.Set(reflect.MakeMap(p.Type))
	return nil
}

// firstEntries is how many entries a map makes room for at once.
const firstEntries = 8

// entry reads a member into a map.
func (r *Reader) entry(p *Plan, v reflect.Value, e entry, name jsontext.Value, rule *Rule) error {
	name, err := r.clean(name, nil)
	if err != nil {
		return err
	}
	text, _, _ := Unquote(name)
	e.key.SetString(text)
	e.value.SetZero()
	if err := r.Value(p.Elem, e.value, rule); err != nil {
		return err
	}
	size := p.entry
	if v.Len() == 0 {
		size *= firstEntries
	} else if v.Len() < firstEntries {
		size = 0
	}
	if err := r.Charge(size + len(name)); err != nil {
		return err
	}
	before := v.Len()
	v.SetMapIndex(e.key, e.value)
	if v.Len() == before {
		r.differs(DuplicateMember)
	}
	return nil
}
