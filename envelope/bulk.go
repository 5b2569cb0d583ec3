package envelope

import (
	"bytes"
	"reflect"
	"sync"

	"github.com/loyaltyhooks/loyaltyhooks/internal/object"
)

// A list of empty objects is three bytes an element as text and hundreds as Go
// structs, and more while the decoder looks for room for the next one. What a text
// can grow to is told before it is decoded. Deliveries of real objects are far from
// the limit.

// The memory that the elements and the names of a body may take: so many bytes, and
// so many for each byte of text.
const (
	exactFloor  = 96 << 10 // as Go values
	exactFactor = 3
	grownFloor  = 104 << 10 // with what is left behind; beyond that room is made beforehand
	grownFactor = 4
)

// nameFactor is how many times its length a name takes in the check for duplicates,
// where there are many.
const nameFactor = 7

// bulk is what the elements and names of a text take.
type bulk struct {
	exact int // as Go values
	grown int // with what the decoder leaves behind, because it does not know how many elements come
}

func (b *bulk) add(size int) {
	b.exact += size
	b.grown += size
}

// grownCap is how many elements a slice of n has had room for in all the arrays
// on its way.
func grownCap(n int) int {
	sum := 0
	for size := 1; n > 0; {
		sum += size
		if size >= n {
			break
		}
		if size < 256 { // As append does.
			size *= 2
		} else {
			size += (size + 3*256) / 4
		}
	}
	return sum
}

// entrySize is what an element takes in a map, with its name, spare room, and the
// smaller tables on the way.
func entrySize(element reflect.Type) int {
	const name, pointer, inline = 16, 8, 128
	size := int(element.Size())
	if size > inline { // It stands elsewhere.
		return 4*(name+pointer) + size
	}
	return 4 * (name + size)
}

// plan says what the values of a Go type take besides themselves. A type of which
// nothing is to be said has none.
type plan struct {
	behind   int // size of what a pointer leads to, or of a variant
	pointer  bool
	target   *plan            // of what a pointer leads to
	list     int              // size of an element of a list, in either spelling
	entry    int              // size of an entry of a map
	element  *plan            // of an element or entry
	members  map[string]*plan // of a struct, by name
	extras   int              // size of a member without a field, if they are kept
	extra    *plan
	kind     string           // name of the member that chooses the variant
	variants map[string]*plan // with the members of the holder
}

// member is the plan for a member, and what it takes itself.
func (p *plan) member(name []byte) (member *plan, size int) {
	if p.members == nil {
		return p.element, 0
	}
	if known, ok := p.members[string(name)]; ok {
		return known, 0
	}
	return p.extra, p.extras
}

// addList adds the elements of a list, or the members of an object.
func (b *bulk) addList(p *plan, n int, isObject bool) {
	if isObject && p.entry > 0 {
		b.add(p.entry * n)
	} else if p.list > 0 {
		b.exact += p.list * n
		b.grown += p.list * grownCap(n)
	}
}

var plans sync.Map // reflect.Type to *plan

func planOf(t reflect.Type) *plan {
	if known, ok := plans.Load(t); ok {
		return known.(*plan)
	}
	p := planner{}.plan(t)
	plans.Store(t, p)
	return p
}

// planner makes plans. That of a type that contains itself contains itself.
type planner map[reflect.Type]*plan

func (made planner) plan(t reflect.Type) *plan {
	if p, ok := made[t]; ok {
		return p
	}
	p := new(plan)
	made[t] = p
	made.fill(p, t)
	if p.behind+p.list+p.entry+p.extras == 0 && len(p.members)+len(p.variants) == 0 {
		made[t] = nil
	}
	return made[t]
}

func (made planner) fill(p *plan, t reflect.Type) {
	shape := shapeOf(t)
	switch {
	case t.Kind() == reflect.Pointer:
		p.pointer, p.behind, p.target = true, int(t.Elem().Size()), made.plan(t.Elem())
	case t.Kind() == reflect.Interface:
		const box, table = 16, 48
		p.behind, p.list, p.entry, p.element = table, int(t.Size())+box, entrySize(t)+box, p
	case t.Kind() == reflect.Slice && (shape == shapeList || shape == shapeCustom):
		p.list, p.element = int(t.Elem().Size()), made.plan(t.Elem())
	case shape == shapeMap:
		p.entry, p.element = entrySize(t.Elem()), made.plan(t.Elem())
	case t.Kind() == reflect.Struct && (shape == shapeStruct || shape == shapeCustom):
		made.fillStruct(p, t)
	}
}

func (made planner) fillStruct(p *plan, t reflect.Type) {
	info := object.Describe(t)
	if info.Extra >= 0 {
		extra := t.Field(info.Extra).Type.Elem()
		p.extras, p.extra = entrySize(extra), made.plan(extra)
	}
	p.members = made.members(p.extras > 0, info)
	if len(info.Variants) > 0 {
		p.kind, p.variants = info.Kind, map[string]*plan{}
	}
	for kind, index := range info.Variants {
		variant := t.Field(index).Type.Elem()
		p.variants[kind] = &plan{
			behind: int(variant.Size()), extras: p.extras, extra: p.extra,
			members: made.members(p.extras > 0, info, object.Describe(variant)),
		}
	}
}

// members are the plans of members, and nil for those without one if all are to be
// there. The later of two types that know a name counts.
func (made planner) members(all bool, types ...*object.Info) map[string]*plan {
	members := map[string]*plan{}
	for _, info := range types {
		for name, t := range info.Types {
			if members[name] = made.plan(t); members[name] == nil && !all {
				delete(members, name)
			}
		}
	}
	return members
}

// fitsSurely reports whether a text fits as a Go type whatever its elements are, as
// a few counts tell.
func fitsSurely(text []byte, t reflect.Type) bool {
	size, limit := sizesOf(t), grownFloor+grownFactor*len(text)
	if len(text)/len("0,")*max(size.object, size.other, size.behind) <= limit {
		return true
	}
	// If all objects were of the largest type.
	objects, nulls := bytes.Count(text, []byte("{")), bytes.Count(text, []byte("null"))
	commas := bytes.Count(text, []byte(","))
	return (objects+nulls)*size.object+(objects+commas)*size.other+objects*size.behind <= limit
}

// elementSizes are the sizes of the largest elements that a type can hold, with
// what is left behind for each as long as there are not very many.
type elementSizes struct {
	object int // structs in lists and maps
	other  int // anything else in lists and maps, or behind pointers
	behind int // structs behind pointers
}

var sizes sync.Map // reflect.Type to elementSizes

func sizesOf(t reflect.Type) elementSizes {
	if known, ok := sizes.Load(t); ok {
		return known.(elementSizes)
	}
	var found elementSizes
	found.add(t, map[reflect.Type]bool{})
	sizes.Store(t, found)
	return found
}

func (s *elementSizes) add(t reflect.Type, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		s.other = max(s.other, entrySize(t))
	case reflect.Slice, reflect.Map, reflect.Pointer:
		size := int(t.Elem().Size())
		switch t.Kind() {
		case reflect.Slice:
			size *= 4
		case reflect.Map:
			size = entrySize(t.Elem())
		}
		switch isObject := t.Elem().Kind() == reflect.Struct && t.Elem().NumField() > 1; {
		case isObject && t.Kind() == reflect.Pointer:
			s.behind = max(s.behind, size)
		case isObject:
			s.object = max(s.object, size)
		default:
			s.other = max(s.other, size)
		}
		s.add(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			s.add(t.Field(i).Type, seen)
		}
	}
}
