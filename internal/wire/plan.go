// Package wire is where JSON meets Go types. A type is compiled once into a Plan;
// a Reader decodes along it in one pass, and yields the value, what differs from
// the type, and what a body may cost.
//
// Reading is tolerant: a value that does not fit leaves its field zero and is
// noted. Plans also serve validation, forms, encoding, and the tests that compare
// types with a catalogue.
package wire

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
)

// Kind is what JSON a Go type takes.
type Kind uint8

// The kinds. A type of the first three decodes itself, or is left to json/v2.
const (
	Leaf    Kind = iota // has UnmarshalJSON
	Textual             // has UnmarshalText only
	Whole               // left to json/v2: has UnmarshalJSONFrom, tags of json/v2, or is an array or a map by numbers
	None                // nothing that JSON can fill
	Bytes               // bytes in base64
	Raw                 // json.RawMessage
	Any                 // an interface without methods
	Text
	Bool
	Int
	Uint
	Float
	Pointer
	List
	Map
	Object // a struct
)

// Plan is what the package knows of a Go type. It does not change once it is made.
type Plan struct {
	Type  reflect.Type
	Kind  Kind
	Elem  *Plan // what a pointer leads to, or what a list or map holds
	Lists bool  // the type has a method Known that reports whether a value is listed
	Ruled bool  // the type, or one that it contains, has validation rules

	// Of an Object.
	Fields   []Field
	Kinds    string              // name of the member that chooses the variant, or ""
	Variants map[string]*Variant // by the text of that member
	Other    int                 // index of the field that keeps an object of an unknown kind, or -1
	Extra    int                 // index of the field that keeps members without a field, or -1
	Text     int                 // index of the field for a text that is sent in place of the object, or -1
	extra    *Plan               // of what Extra holds

	members
	quotedVariants map[string]*Variant // by the JSON of the member
	keyed          *keyed              // of a List that may be sent as an object
	identity       bool                // a member is an identity, or leads to one
	entry          int                 // bytes that an entry of a Map takes
}

// Field is a member of an object with the Go field that holds it.
type Field struct {
	Name  string // as in JSON
	Tag   string // the tag json of the field
	Index []int  // path to the field, through embedded structs
	Plan  *Plan
	Rule  *Rule // nil if there is none

	Checked bool // the field, or something in it, has a rule

	quoted    string
	strict    *Rule // Rule for a member of an envelope
	inVariant bool  // the field is one of the variant
	repeated  []int // path to the holder's field of the same name
}

// Variant is a struct that an object is decoded into if its kind is the variant's.
type Variant struct {
	Index int   // of the pointer's field in the holder
	Plan  *Plan // of the struct
	members
}

// members finds fields by the JSON text of a name.
type members struct {
	list     []Field
	byQuoted map[string]int
	byName   map[string]int
	untagged map[string]int // fields without a name in a tag, which match in any case
}

// keyed says how an object is read as a list: each member is an element, its name
// and value are two of the element's fields.
type keyed struct {
	name, value, flag int // field indices
	plan              *Plan
}

// Member returns the field of a name.
func (p *Plan) Member(name string) (*Field, bool) {
	if i, ok := p.byName[name]; ok {
		return &p.list[i], true
	}
	return nil, false
}

var plans sync.Map // reflect.Type to *Plan

// PlanOf returns the plan of a type.
func PlanOf(t reflect.Type) *Plan {
	if p, ok := plans.Load(t); ok {
		return p.(*Plan)
	}
	c := compiler{}
	p := c.plan(t)
	for _, made := range c {
		made.identity = made.hasField(false, (*Rule).isIdentity, map[*Plan]bool{})
		made.Ruled = made.hasField(true, (*Rule).says, map[*Plan]bool{})
	}
	for t, made := range c {
		made.finish()
		plans.LoadOrStore(t, made)
	}
	return p
}

// compiler makes plans. That of a type that contains itself contains itself.
type compiler map[reflect.Type]*Plan

func (c compiler) plan(t reflect.Type) *Plan {
	if p, ok := plans.Load(t); ok {
		return p.(*Plan)
	}
	if p, ok := c[t]; ok {
		return p
	}
	p := &Plan{Type: t, Kind: kindOf(t), Other: -1, Extra: -1, Text: -1}
	c[t] = p
	p.Lists = t.Kind() == reflect.String && t.PkgPath() != "" && reflect.PointerTo(t).Implements(reflect.TypeFor[enum]())
	switch t.Kind() {
	case reflect.Struct:
		if p.Kind == Object {
			c.object(p)
		}
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		if p.Kind == Leaf || p.Kind == Textual {
			break
		}
		p.Elem = c.plan(t.Elem())
		if p.Kind == Map {
			p.entry = entrySize(t)
		}
		if t.Elem().Kind() == reflect.Struct {
			p.keyed = c.keyed(t.Elem())
		}
	}
	return p
}

// enum is a text whose type lists its values.
type enum interface{ Known() bool }

func kindOf(t reflect.Type) Kind {
	pointer := reflect.PointerTo(t)
	switch {
	case t.Kind() == reflect.Pointer:
		return Pointer
	case t == reflect.TypeFor[json.RawMessage]():
		return Raw
	case t.Kind() == reflect.Struct && isTagged(t):
		return Object // Its methods are for others than this package.
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct && isTagged(t.Elem()) && hasKey(t.Elem()):
		return List
	case pointer.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return Leaf
	case pointer.Implements(reflect.TypeFor[jsonv2.UnmarshalerFrom]()):
		return Whole
	case pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return Textual
	}
	return plainKind(t)
}

func plainKind(t reflect.Type) Kind {
	switch t.Kind() {
	case reflect.String:
		return Text
	case reflect.Bool:
		return Bool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Int
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return Uint
	case reflect.Float32, reflect.Float64:
		return Float
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return Bytes
		}
		return List
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !reflect.PointerTo(t.Key()).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
			return Map
		}
	case reflect.Struct:
		if hasForeignTags(t) {
			return Whole
		}
		return Object
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return Any
		}
		return None
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return None
	}
	return Whole
}

// Check returns an error for a type that JSON can't fill.
func Check(t reflect.Type) error { return check(PlanOf(t), map[*Plan]bool{}) }

func check(p *Plan, seen map[*Plan]bool) error {
	if p == nil || seen[p] {
		return nil
	}
	seen[p] = true
	switch p.Kind {
	case None:
		return fmt.Errorf("JSON can't fill a %s", p.Type)
	case Object, Whole:
		decodesItself := reflect.PointerTo(p.Type).Implements(reflect.TypeFor[jsonv2.UnmarshalerFrom]())
		if err := jsonv2.Unmarshal([]byte("{}"), reflect.New(p.Type).Interface()); err != nil && p.Type.Kind() == reflect.Struct && !decodesItself {
			return fmt.Errorf("JSON can't fill %s: %w", p.Type, err)
		}
	}
	for i := 0; p.Kind == Object && i < p.Type.NumField(); i++ {
		if f := p.Type.Field(i); f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Pointer && f.Tag.Get("json") != "-" {
			return fmt.Errorf("JSON can't fill the embedded %s of %s", f.Name, p.Type)
		}
	}
	for _, f := range p.Fields {
		if err := check(f.Plan, seen); err != nil {
			return err
		}
	}
	for _, v := range p.Variants {
		if err := check(v.Plan, seen); err != nil {
			return err
		}
	}
	return check(p.Elem, seen)
}

// entrySize is what an entry takes in a map, with its name, spare room, and the
// smaller tables on the way.
func entrySize(t reflect.Type) int {
	const pointer, inline = 8, 128
	key, size := int(t.Key().Size()), int(t.Elem().Size())
	if size > inline { // It is kept elsewhere.
		return 4*(key+pointer) + size
	}
	return 4 * (key + size)
}
