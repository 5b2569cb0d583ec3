package form

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/gorilla/schema"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Decoder fills structs with the values of forms. Fields go by their json tags.
// It is safe for concurrent use.
//
// The work is shared: the tree is rewritten to the dotted keys that gorilla/schema
// knows, with members that exist and indices that have been checked. gorilla/schema
// then converts and stores. Open values are stored here, as JSON text, which is
// copied less often on this way.
type Decoder struct {
	schema *schema.Decoder
	open   map[reflect.Type]bool
}

// NewDecoder makes a decoder. Fields of the types of the values in open, and
// of pointers to them, are decoded from JSON text: those that have no fixed
// members, such as maps. Names in them are free; maps and structs are objects even
// if all names are indices.
func NewDecoder(open ...any) *Decoder {
	d := &Decoder{
		schema: schema.NewDecoder(),
		open:   make(map[reflect.Type]bool, len(open)),
	}
	d.schema.SetAliasTag("json")
	d.schema.ZeroEmpty(true)      // An empty item of a list keeps its place.
	d.schema.MaxSize(math.MaxInt) // Limits and the rule against gaps bound lists.
	d.schema.RegisterConverter(false, convertBool)
	for _, value := range open {
		d.open[reflect.TypeOf(value)] = true
		d.schema.RegisterConverter(value, convertNothing)
	}
	return d
}

// convertBool accepts what the encoders make of a boolean, and how people spell it.
// An empty text may be a null.
func convertBool(text string) reflect.Value {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "y", "on":
		return reflect.ValueOf(true)
	case "false", "0", "no", "n", "off", "":
		return reflect.ValueOf(false)
	}
	return reflect.Value{}
}

// convertNothing keeps gorilla/schema from looking into the types of open values.
func convertNothing(string) reflect.Value { return reflect.Value{} }

// Options are what one call of Decode needs next to its Decoder.
type Options struct {
	// Mistyped is told where a value does not fit its field, which stays zero: a
	// JSON Pointer from the node that is decoded. Members that no field has are
	// left out without a word. It may be nil.
	Mistyped func(pointer string)

	// Salvage decodes the JSON text of an open value that does not fit its type
	// as a whole, and keeps what does fit. It may be nil.
	Salvage func(text []byte, pointer string, target any) error
}

// Decode stores what is at n in the struct that target points to. A form that can
// be read in two ways is an *Error.
func (d *Decoder) Decode(n Node, target any, options Options) error {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("form: can't decode into %T", target)
	}
	if n.tree == nil {
		return nil
	}
	r := rewriters.Get().(*rewriter)
	defer r.free()
	r.decoder, r.mistyped = d, options.Mistyped
	if err := r.members(n, wire.PlanOf(v.Type().Elem()), ""); err != nil {
		return err
	}
	failed, err := d.fill(target, r.values)
	if err != nil {
		return err
	}
	for _, path := range failed {
		r.misfit(path)
	}
	for _, value := range r.open {
		if err := r.store(v.Elem(), value, options.Salvage); err != nil {
			return err
		}
	}
	return nil
}

// fill runs gorilla/schema and returns the paths whose value does not fit. It should
// not panic on keys that have been checked, but a delivery must not depend on that.
func (d *Decoder) fill(target any, values map[string][]string) (failed []string, err error) {
	defer func() {
		if recover() != nil {
			err = errFill
		}
	}()
	err = d.schema.Decode(target, values)
	if err == nil {
		return nil, nil
	}
	var several schema.MultiError // Its text quotes keys and values.
	if !errors.As(err, &several) {
		return nil, errFill
	}
	return slices.Sorted(maps.Keys(several)), nil
}

var errFill = errors.New("form: gorilla/schema failed")

// store decodes an open value into its field, or as much of it as fits.
func (r *rewriter) store(target reflect.Value, value openValue, salvage func([]byte, string, any) error) error {
	field := place(target, value.path)
	made := field.Addr().Interface()
	if jsonv2.Unmarshal(value.text, made) == nil {
		return nil
	}
	field.SetZero()
	if salvage == nil {
		r.misfit(value.path)
		return nil
	}
	return salvage(value.text, pointerTo(value.path), made)
}

// place is the field that a path leads to. It makes what is missing on the way.
func place(v reflect.Value, path string) reflect.Value {
	for path != "" {
		var name string
		name, path, _ = strings.Cut(path, ".")
		v = pointedTo(v)
		if v.Kind() == reflect.Slice { // Of a length that has been checked.
			i, _ := parseIndex(name)
			if i >= v.Len() {
				v.Grow(i + 1 - v.Len())
				v.SetLen(i + 1)
			}
			v = v.Index(i)
			continue
		}
		f, _ := wire.PlanOf(v.Type()).Member(name)
		for _, i := range f.Index {
			v = pointedTo(v).Field(i)
		}
	}
	return pointedTo(v)
}

// pointedTo is what a pointer leads to, made if it is missing, or any other value
// itself.
func pointedTo(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return v.Elem()
}

// shape is how a form spells the values of a type.
type shape uint8

const (
	single     shape = iota // a basic type, or one that unmarshals text
	free                    // an open type
	freeObject              // an open type that can only be an object
	object                  // a struct
	texts                   // a list of basic values
	singles                 // a list of structs that unmarshal text
	objects                 // a list of structs
)

// shapeOf returns the shape of a plan's type, and the plan that belongs to it: of
// the type that a pointer leads to, or of the elements of a list.
func (d *Decoder) shapeOf(p *wire.Plan) (shape, *wire.Plan) {
	for p.Kind == wire.Pointer {
		p = p.Elem
	}
	if d.open[p.Type] {
		if p.Kind == wire.Object || p.Kind == wire.Map {
			return freeObject, p
		}
		return free, p
	}
	switch p.Kind {
	case wire.Object:
		return object, p
	case wire.Map, wire.Any:
		panic(fmt.Sprintf("form: type %v is not in the list of open types", p.Type))
	case wire.List:
		return d.shapeOfList(p.Elem)
	}
	return single, p
}

func (d *Decoder) shapeOfList(p *wire.Plan) (shape, *wire.Plan) {
	item, elem := d.shapeOf(p)
	switch {
	case item == object:
		return objects, elem
	case item != single:
		panic(fmt.Sprintf("form: lists of %v are not supported", p.Type))
	case elem.Type.Kind() == reflect.Struct:
		return singles, elem
	}
	return texts, elem
}
