package form

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gorilla/schema"
)

// Decoder fills structs with the values of forms. Fields go by their json tags.
// It is safe for concurrent use.
//
// The work is shared: the tree is rewritten to the dotted keys that gorilla/schema
// knows, with members that exist, indices that have been checked, and every open
// value as the JSON text of its subtree. gorilla/schema then converts and stores.
type Decoder struct {
	schema *schema.Decoder
	open   map[reflect.Type]bool
	mu     sync.RWMutex
	plans  map[reflect.Type]*plan
}

// NewDecoder makes a decoder. Fields of the types of the values in open, and
// of pointers to them, are decoded from JSON text: those that have no fixed
// members, such as maps. Names in them are free; maps and types of package object
// are objects even if all names are indices.
func NewDecoder(open ...any) *Decoder {
	d := &Decoder{
		schema: schema.NewDecoder(),
		open:   make(map[reflect.Type]bool),
		plans:  make(map[reflect.Type]*plan),
	}
	d.schema.SetAliasTag("json")
	d.schema.ZeroEmpty(true)      // An empty item of a list keeps its place.
	d.schema.MaxSize(math.MaxInt) // Limits and the rule against gaps bound lists.
	d.schema.RegisterConverter(false, convertBool)
	for _, value := range open {
		t := reflect.TypeOf(value)
		d.open[t] = true
		d.schema.RegisterConverter(value, convertJSON(t))
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

func convertJSON(t reflect.Type) schema.Converter {
	return func(text string) reflect.Value {
		v := reflect.New(t)
		if jsonv2.Unmarshal([]byte(text), v.Interface()) != nil {
			return reflect.Value{}
		}
		return v.Elem()
	}
}

// Options are what one call of Decode needs beside its Decoder.
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
	r.mistyped = options.Mistyped
	if err := r.members(n, d.plan(v.Type().Elem()), ""); err != nil {
		return err
	}
	failed, err := d.fill(target, r.values)
	if err != nil || len(failed) == 0 {
		return err
	}
	return d.mend(target, failed, r, options)
}

// fill runs gorilla/schema and gives the paths whose value does not fit. It should
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

// mend tells what does not fit, and fills open values once more with as much of
// them as fits.
func (d *Decoder) mend(target any, failed []string, r *rewriter, options Options) error {
	again := make(map[string][]string)
	for _, path := range failed {
		t := r.open[path]
		if t == nil || options.Salvage == nil {
			r.misfit(path)
			continue
		}
		v := reflect.New(t)
		if err := options.Salvage([]byte(r.values[path][0]), pointerTo(path), v.Interface()); err != nil {
			return err
		}
		text, err := jsonv2.Marshal(v.Interface())
		if err != nil {
			return errFill
		}
		again[path] = []string{string(text)}
	}
	_, err := d.fill(target, again)
	return err
}

// plan is what the fields of a struct take.
type plan struct {
	fields map[string]*field
}

type field struct {
	shape   shape
	open    reflect.Type // of an open type
	members *plan        // of a struct, or of the items of a list
}

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

func (d *Decoder) plan(t reflect.Type) *plan {
	d.mu.RLock()
	p := d.plans[t]
	d.mu.RUnlock()
	if p != nil {
		return p
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.makePlan(t)
}

func (d *Decoder) makePlan(t reflect.Type) *plan {
	if p := d.plans[t]; p != nil {
		return p
	}
	p := &plan{fields: make(map[string]*field, t.NumField())}
	d.plans[t] = p // First, because types are recursive.
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "" && name != "-" {
			p.fields[name] = d.makeField(f.Type)
		}
	}
	return p
}

var (
	textUnmarshaler   = reflect.TypeFor[encoding.TextUnmarshaler]()
	objectUnmarshaler = reflect.TypeFor[jsonv2.UnmarshalerFrom]() // of package object
)

func (d *Decoder) makeField(t reflect.Type) *field {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	pointer := reflect.PointerTo(t)
	switch {
	case d.open[t] && (t.Kind() == reflect.Map || pointer.Implements(objectUnmarshaler)):
		return &field{shape: freeObject, open: t}
	case d.open[t]:
		return &field{shape: free, open: t}
	case pointer.Implements(textUnmarshaler):
		return &field{shape: single}
	case t.Kind() == reflect.Struct:
		return &field{shape: object, members: d.makePlan(t)}
	case t.Kind() == reflect.Slice:
		return d.makeList(t.Elem())
	case t.Kind() == reflect.Map, t.Kind() == reflect.Interface:
		panic(fmt.Sprintf("form: type %v is not in the list of open types", t))
	}
	return &field{shape: single}
}

func (d *Decoder) makeList(t reflect.Type) *field {
	item := d.makeField(t)
	switch {
	case item.shape == object:
		return &field{shape: objects, members: item.members}
	case item.shape != single:
		panic(fmt.Sprintf("form: lists of %v are not supported", t))
	case t.Kind() == reflect.Struct:
		return &field{shape: singles}
	}
	return &field{shape: texts}
}

// rewriter makes dotted keys of a tree.
type rewriter struct {
	values   map[string][]string
	texts    []string        // what values holds; most paths have one
	paths    strings.Builder // of the names of values
	open     map[string]reflect.Type
	mistyped func(pointer string)
}

var rewriters = sync.Pool{New: func() any {
	return &rewriter{values: make(map[string][]string), open: make(map[string]reflect.Type)}
}}

// maxKept is how many values a rewriter may have had that is used again.
const maxKept = 512

// free keeps the rewriter for another form, without anything of this one.
func (r *rewriter) free() {
	if len(r.values) > maxKept {
		return
	}
	clear(r.values)
	clear(r.texts)
	clear(r.open)
	*r = rewriter{values: r.values, texts: r.texts[:0], open: r.open}
	rewriters.Put(r)
}

// put stores one text at a path.
func (r *rewriter) put(path, text string) {
	r.texts = append(r.texts, text)
	end := len(r.texts)
	r.values[path] = r.texts[end-1 : end : end]
}

// putOpen stores the JSON text of an open value.
func (r *rewriter) putOpen(path string, text []byte, t reflect.Type) {
	r.open[path] = t
	r.put(path, string(text))
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

func (r *rewriter) members(n Node, p *plan, path string) error {
	checked := false
	for at := n.node().first; at > 0; at = n.tree.nodes[at].next {
		child := Node{n.tree, at}
		name := child.node().name
		if f, ok := p.fields[name]; ok {
			if err := r.member(child, f, r.join(path, name)); err != nil {
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

func (r *rewriter) member(n Node, f *field, path string) error {
	if text, ok := n.Text(); ok {
		r.text(text, f, path)
		return nil
	}
	switch f.shape {
	case free, freeObject:
		r.putOpen(path, n.appendJSON(nil, f.shape == freeObject), f.open)
		return nil
	case single:
		r.misfit(path)
		return n.checkUnknown()
	case object:
		if n.node().kind == named {
			return r.members(n, f.members, path)
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
	return r.items(items, f, path)
}

// text rewrites a single value. An empty one may be a null, and leaves all but
// text alone.
func (r *rewriter) text(text string, f *field, path string) {
	switch f.shape {
	case single:
		r.put(path, text)
	case texts:
		if text != "" {
			r.put(path, text)
		}
	case free:
		if text != "" {
			quoted, _ := jsontext.AppendQuote(nil, text)
			r.putOpen(path, quoted, f.open)
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

func (r *rewriter) items(items []Node, f *field, path string) error {
	if f.shape == texts {
		return r.listOfTexts(items, path)
	}
	for i, item := range items {
		itemPath := r.join(path, strconv.Itoa(i))
		text, isText := item.Text()
		var err error
		switch {
		case isText && f.shape == singles:
			r.put(itemPath, text)
		case f.shape == objects && item.node().kind == named:
			err = r.members(item, f.members, itemPath)
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
