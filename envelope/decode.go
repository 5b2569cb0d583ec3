package envelope

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/internal/object"
)

// Decoding has a fast path, a plain decode. When a member's type does not fit,
// the body is decoded once more, with functions that skip what does not fit and
// note where: the field stays zero, the rest is there.

// misfits collects the members whose type does not fit.
type misfits struct {
	lenient  *jsonv2.Unmarshalers
	prefix   string // where in the body the text stands that is being decoded
	pointers []string
	bytes    int // of the pointers
	total    int
	maxDepth int
	size     int  // of the body
	light    bool // the body is, as isLight tells
	spent    bulk // by what was decoded before, or is about to be
	ahead    int  // bytes that may still be looked at to count elements
}

func newMisfits(maxDepth int) *misfits {
	m := &misfits{maxDepth: maxDepth}
	m.lenient = jsonv2.UnmarshalFromFunc(m.unmarshal)
	return m
}

// reset begins a reading of a body of that size.
func (m *misfits) reset(size int) {
	*m = misfits{lenient: m.lenient, maxDepth: m.maxDepth, size: size}
}

// add notes a misfit at a pointer relative to the body.
func (m *misfits) add(pointer string) {
	m.total++
	if m.lists() {
		m.pointers = append(m.pointers, pointer)
		m.bytes += len(pointer)
	}
}

// lists reports whether there is room for another pointer.
func (m *misfits) lists() bool { return len(m.pointers) < maxListed && m.bytes <= maxPointers }

// note notes a misfit at the value that was just read. It reports whether the
// misfit is listed.
func (m *misfits) note(dec *jsontext.Decoder) bool {
	if !m.lists() {
		m.total++
		return false
	}
	m.add(m.prefix + string(dec.StackPointer()))
	return true
}

// decode is the two passes for a text of its own. The first pass may leave parts
// of a value behind, so that the second one starts with a fresh one.
func (m *misfits) decode(text []byte, pointer string, target any) error {
	m.light = isLight(text, m.maxDepth)
	t, spent := reflect.TypeOf(target).Elem(), m.spent
	err := m.makeRoom(text, t, 0, false)
	if err == nil {
		err = jsonv2.Unmarshal(text, target)
	}
	switch {
	case err == nil:
		return nil
	case !wantsTolerance(err):
		return asMalformed(err)
	}
	m.spent = spent
	if err := m.makeRoom(text, t, 0, true); err != nil {
		return err
	}
	defer func(prefix string) { m.prefix = prefix }(m.prefix)
	m.prefix = pointer
	reflect.ValueOf(target).Elem().SetZero()
	if err := jsonv2.Unmarshal(text, target, jsonv2.WithUnmarshalers(m.lenient)); err != nil {
		return asMalformed(err)
	}
	return nil
}

// aheadFactor bounds the looks ahead at nested lists. DefaultMaxDepth does not let
// more lists of objects be nested.
const aheadFactor = DefaultMaxDepth / 2

// makeRoom refuses the value at the beginning of a text if it is nested too deep or
// would take too much memory: errOnce if that is so in the first pass only. A nil
// type is for one that is not decoded.
func (m *misfits) makeRoom(text []byte, t reflect.Type, depth int, tolerant bool) error {
	m.ahead = max(m.ahead, aheadFactor*len(text))
	if m.light && !tolerant && (t == nil || fitsSurely(text, t)) {
		return nil
	}
	s := scanner{text: text, depth: depth, maxDepth: m.maxDepth, bulk: m.spent}
	if t == nil {
		s.value(nil)
	} else {
		s.value(planOf(t))
	}
	m.spent = s.bulk
	size := max(m.size, len(text))
	switch {
	case s.refused:
		return errNesting
	case m.spent.exact > exactFloor+exactFactor*size:
		return errBulky
	case m.spent.grown > grownFloor+grownFactor*size && !tolerant:
		return errOnce
	}
	return nil
}

var (
	errBulky = Malformed("too many elements or names for its size")
	errOnce  = errors.New("to be decoded in one pass")
)

// wantsTolerance tells well-formed JSON of the wrong type, and such that only the
// second pass can take, from bad JSON.
func wantsTolerance(err error) bool {
	var syntactic *jsontext.SyntacticError
	var semantic *jsonv2.SemanticError
	return errors.Is(err, errOnce) || !errors.As(err, &syntactic) && errors.As(err, &semantic)
}

// asMalformed keeps the offset of an error of package json and drops its text,
// which quotes the body.
func asMalformed(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	return malformed(offsetOf(err))
}

func offsetOf(err error) int64 {
	var syntactic *jsontext.SyntacticError
	var semantic *jsonv2.SemanticError
	switch {
	case errors.As(err, &syntactic):
		return syntactic.ByteOffset
	case errors.As(err, &semantic):
		return semantic.ByteOffset
	}
	return 0
}

// shape is what JSON a Go type takes.
type shape int

const (
	shapeOpen   shape = iota // takes anything, or leaves it to its elements
	shapeString              // text
	shapeBool
	shapeInt
	shapeUint
	shapeFloat
	shapeList   // slices
	shapeMap    // maps
	shapeStruct // structs, also those that package object decodes
	shapeText   // has UnmarshalText only
	shapeScalar // has UnmarshalJSON
	shapeCustom // has UnmarshalJSONFrom and takes several kinds of JSON
	shapeWhole  // fits or does not, as a whole
)

var shapes sync.Map // reflect.Type to shape

func shapeOf(t reflect.Type) shape {
	if s, ok := shapes.Load(t); ok {
		return s.(shape)
	}
	s := findShape(t)
	shapes.Store(t, s)
	return s
}

func findShape(t reflect.Type) shape {
	pointer := reflect.PointerTo(t)
	switch {
	case t.Kind() == reflect.Pointer, t == reflect.TypeFor[Value](), t == reflect.TypeFor[json.RawMessage]():
		return shapeOpen
	case pointer.Implements(reflect.TypeFor[jsonv2.UnmarshalerFrom]()):
		if t.Kind() == reflect.Struct && object.Describe(t).Streams() {
			return shapeStruct
		}
		return shapeCustom
	case pointer.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return shapeScalar
	case pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return shapeText
	}
	switch t.Kind() {
	case reflect.String:
		return shapeString
	case reflect.Bool:
		return shapeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return shapeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return shapeUint
	case reflect.Float32, reflect.Float64:
		return shapeFloat
	case reflect.Array:
		return shapeWhole
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 { // base64
			return shapeWhole
		}
		return shapeList
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return shapeWhole
		}
		return shapeMap
	case reflect.Struct:
		return shapeStruct
	}
	return shapeOpen
}

// unmarshal is called for every value of the second pass. It leaves what fits to
// the decoder by returning ErrUnsupported.
func (m *misfits) unmarshal(dec *jsontext.Decoder, target any) error {
	v := reflect.ValueOf(target).Elem()
	shape, kind := shapeOf(v.Type()), dec.PeekKind()
	if shape == shapeOpen || kind == 'n' || kind == 0 {
		return errors.ErrUnsupported
	}
	fits := false
	switch shape {
	case shapeString, shapeBool, shapeInt, shapeUint, shapeFloat:
		return m.plain(dec, v, shape, kind)
	case shapeText, shapeWhole:
		return m.whole(dec, target, v)
	case shapeScalar:
		return m.scalar(dec, target, v)
	case shapeCustom:
		return m.custom(dec, v)
	case shapeList:
		switch kind {
		case '{':
			return m.numbered(dec, v)
		case '[':
			return m.list(dec, v)
		}
	case shapeMap:
		fits = kind == '{'
	case shapeStruct:
		fits = kind == '{' || kind == '"' && object.Describe(v.Type()).Text >= 0
	}
	if fits {
		return errors.ErrUnsupported
	}
	return m.skip(dec, v, shape)
}

// skip leaves the field zero. An empty list for an object is how PHP spells an
// empty object: no misfit.
func (m *misfits) skip(dec *jsontext.Decoder, v reflect.Value, shape shape) error {
	v.SetZero()
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if shape == shapeMap || shape == shapeStruct {
		if raw[0] == '[' && len(bytes.TrimLeft(raw[1:], " \t\r\n")) == 1 {
			return nil
		}
	}
	m.note(dec)
	return nil
}

// list leaves a list to the decoder, with room for its elements.
func (m *misfits) list(dec *jsontext.Decoder, v reflect.Value) error {
	n, err := m.count(dec)
	if err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, n))
	return errors.ErrUnsupported
}

// count gives the number of elements of the list or object that comes next.
func (m *misfits) count(dec *jsontext.Decoder) (int, error) {
	n, looked := countElements(object.Unread(dec))
	if m.ahead -= looked; m.ahead < 0 {
		return 0, errBulky
	}
	return n, nil
}

// plain decodes into a Go string, boolean or number. A value of another type that
// can be told without loss is kept, and is a misfit all the same.
func (m *misfits) plain(dec *jsontext.Decoder, v reflect.Value, shape shape, kind jsontext.Kind) error {
	switch {
	case shape == shapeString && kind == '"',
		shape == shapeBool && (kind == 't' || kind == 'f'):
		return errors.ErrUnsupported
	}
	v.SetZero()
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if kind == '{' || kind == '[' {
		m.note(dec)
		return nil
	}
	text, _, err := unquote(raw)
	if err != nil {
		return err
	}
	switch shape {
	case shapeString:
		v.SetString(text)
	case shapeBool:
		value, _ := parseBool(text)
		v.SetBool(value)
	case shapeInt:
		n, ok := parseInt(text)
		if ok = ok && !v.OverflowInt(n); ok {
			v.SetInt(n)
		}
		if ok && kind == '0' { // 5.0 is a spelling of 5.
			return nil
		}
	case shapeUint:
		n, ok := parseUint(text)
		if ok = ok && !v.OverflowUint(n); ok {
			v.SetUint(n)
		}
		if ok && kind == '0' {
			return nil
		}
	case shapeFloat:
		f, ok := parseFloat(text, v.Type().Bits())
		if ok {
			v.SetFloat(f)
		}
		if ok && kind == '0' {
			return nil
		}
	}
	if !m.note(dec) {
		v.SetZero() // An identity must not pass for one that fits.
	}
	return nil
}

func parseUint(text string) (uint64, bool) {
	if n, ok := parseInt(text); ok {
		return uint64(max(n, 0)), n >= 0
	}
	if text == "" || digits(text) < len(text) {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

func parseFloat(text string, bits int) (float64, bool) {
	if !isNumber(text, true) {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, bits)
	return f, err == nil
}

// whole decodes a type whose parts are not looked at: it fits or it does not.
func (m *misfits) whole(dec *jsontext.Decoder, target any, v reflect.Value) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if jsonv2.Unmarshal(raw, target) != nil {
		v.SetZero()
		m.note(dec)
	}
	return nil
}

func (m *misfits) scalar(dec *jsontext.Decoder, target any, v reflect.Value) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if target.(json.Unmarshaler).UnmarshalJSON(raw) != nil {
		v.SetZero()
		m.note(dec)
	}
	return nil
}

// custom decodes a type that takes several kinds of JSON and refuses others.
func (m *misfits) custom(dec *jsontext.Decoder, v reflect.Value) error {
	fresh := reflect.New(v.Type())
	if v.Kind() == reflect.Slice && dec.PeekKind() == '{' {
		n, err := m.count(dec)
		if err != nil {
			return err
		}
		if n > 0 {
			fresh.Elem().Set(reflect.MakeSlice(v.Type(), 0, n))
		}
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	defer func(prefix string) { m.prefix = prefix }(m.prefix)
	m.prefix += string(dec.StackPointer())
	before := *m
	inner := object.Borrow(raw, jsonv2.WithUnmarshalers(m.lenient))
	defer inner.Return()
	// Called on the method, because the decoder would come back to this function.
	if err := fresh.Interface().(jsonv2.UnmarshalerFrom).UnmarshalJSONFrom(&inner.Decoder); err != nil {
		v.SetZero()
		m.total, m.pointers, m.bytes = before.total, before.pointers, before.bytes
		m.add(m.prefix)
		return nil
	}
	v.Set(fresh.Elem())
	return nil
}

// numbered decodes an object whose names are numbers into a list: how PHP spells
// a list with gaps. An empty object is an empty list.
func (m *misfits) numbered(dec *jsontext.Decoder, v reflect.Value) error {
	n, err := m.count(dec)
	if err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, n))
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if number := name[1 : len(name)-1]; len(number) == 0 || digits(string(number)) != len(number) {
			m.note(dec)
			if err := dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		v.SetLen(v.Len() + 1)
		if err := jsonv2.UnmarshalDecode(dec, v.Index(v.Len()-1).Addr().Interface()); err != nil {
			return err
		}
	}
	if v.Len() == 0 {
		v.SetZero()
	}
	_, err = dec.ReadToken()
	return err
}

// verifyType finds a type that JSON can't fill before a delivery does.
func verifyType(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	switch shapeOf(t) {
	case shapeText, shapeScalar:
		return nil
	}
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return fmt.Errorf("JSON can't fill a %s", t)
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return verifyType(t.Elem(), seen)
	case reflect.Struct:
		if err := jsonv2.Unmarshal([]byte("{}"), reflect.New(t).Interface()); err != nil {
			return fmt.Errorf("JSON can't fill %s: %w", t, err)
		}
		for i := range t.NumField() {
			f := t.Field(i)
			switch {
			case f.Tag.Get("json") == "-" && f.Tag.Get("wire") == "", !f.IsExported() && !f.Anonymous:
			case f.Anonymous && f.Type.Kind() == reflect.Pointer && !f.IsExported():
				return fmt.Errorf("JSON can't fill the embedded %s of %s", f.Name, t)
			default:
				if err := verifyType(f.Type, seen); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
