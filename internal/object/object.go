// Package object decodes and encodes JSON objects whose Go type needs more than
// struct tags: objects with one shape a kind, and objects that keep the members
// they have no field for.
//
// Decoding is streaming, so that nesting costs no more than a look ahead for the
// kind; a method that is handed the text of its object would read the innermost
// bytes once a level.
package object

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Info is what the tags of a struct say. The tag `wire` knows:
//
//	wire:"kind"            the member that chooses the variant
//	wire:"variant=NAME"    pointer to the struct for the kind NAME
//	wire:"other"           json.RawMessage, the whole object of an unknown kind
//	wire:"extra"           map from name to value, members without a field
//	wire:"text"            string, the value where a JSON string stands for the object
type Info struct {
	texts    map[string]string       // names by their JSON text
	Members  map[string][]int        // JSON name to the field's index, as reflect.VisibleFields gives it
	Types    map[string]reflect.Type // JSON name to the type of the field
	Names    []string                // JSON names in the order of the fields
	Kind     string                  // JSON name of the discriminator, or ""
	Variants map[string]int          // kind to field index
	Other    int                     // field index, or -1
	Extra    int                     // field index, or -1
	Text     int                     // field index, or -1
}

var infos sync.Map // reflect.Type to *Info

// Describe reads the tags of a struct type, once a type.
func Describe(t reflect.Type) *Info {
	if info, ok := infos.Load(t); ok {
		return info.(*Info)
	}
	info := &Info{Members: map[string][]int{}, Types: map[string]reflect.Type{}, Variants: map[string]int{}, Other: -1, Extra: -1, Text: -1}
	info.describeMembers(t, nil)
	for i := range t.NumField() {
		f := t.Field(i)
		switch tag := f.Tag.Get("wire"); {
		case tag == "other":
			info.Other = i
		case tag == "extra":
			info.Extra = i
		case tag == "text":
			info.Text = i
		case strings.HasPrefix(tag, "variant="):
			info.Variants[strings.TrimPrefix(tag, "variant=")] = i
		}
	}
	info.texts = make(map[string]string, len(info.Names))
	for _, name := range info.Names {
		if text, err := jsontext.AppendQuote(nil, name); err == nil {
			info.texts[string(text)] = name
		}
	}
	actual, _ := infos.LoadOrStore(t, info)
	return actual.(*Info)
}

// describeMembers finds the fields that JSON knows, also those of embedded structs.
func (i *Info) describeMembers(t reflect.Type, path []int, outer ...reflect.Type) {
	for index := range t.NumField() {
		f := t.Field(index)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		here := append(slices.Clone(path), index)
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
		case name == "" && f.Anonymous && structOf(f.Type) != nil:
			if !slices.Contains(outer, structOf(f.Type)) {
				i.describeMembers(structOf(f.Type), here, append(outer, t)...)
			}
		case f.IsExported():
			if name == "" {
				name = f.Name
			}
			if known, ok := i.Members[name]; ok && len(known) <= len(here) {
				continue // The outer one counts.
			} else if !ok {
				i.Names = append(i.Names, name)
			}
			i.Members[name], i.Types[name] = here, f.Type
			if f.Tag.Get("wire") == "kind" {
				i.Kind = name
			}
		}
	}
}

// structOf is a struct type, or the one that a pointer type points to, or nil.
func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		return t
	}
	return nil
}

// Field gives the field at an index of Info.Members, and makes the embedded
// structs on the way where there are none.
func Field(v reflect.Value, index []int) reflect.Value {
	for i, at := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(at)
	}
	return v
}

// Streams reports whether a struct type has a tag that only this package serves.
func (i *Info) Streams() bool { return len(i.Variants) > 0 || i.Extra >= 0 || i.Text >= 0 }

var errNotObject = errors.New("not an object")

// Unmarshal is Decode for the text of one object.
func Unmarshal(data []byte, target any) error {
	return jsonv2.Unmarshal(data, target) // Comes back through UnmarshalJSONFrom.
}

// Decode reads the next value of dec, an object or null, into the struct that
// target points to.
func Decode(dec *jsontext.Decoder, target any) error {
	v := reflect.ValueOf(target).Elem()
	v.SetZero()
	info := Describe(v.Type())
	switch kind := dec.PeekKind(); {
	case kind == '"' && info.Text >= 0:
		return jsonv2.UnmarshalDecode(dec, v.Field(info.Text).Addr().Interface())
	case kind == 'n':
		return dec.SkipValue()
	case kind == 0:
		return dec.SkipValue() // Gives the syntax error.
	case kind != '{':
		return errNotObject
	}
	into := []reflect.Value{v}
	if info.Kind != "" {
		kind, err := peekKind(dec, info.Kind)
		if err != nil { // Bad syntax, or a decoder that has not buffered the whole object.
			raw, err := dec.ReadValue()
			if err != nil {
				return err
			}
			return jsonv2.Unmarshal(raw, target, dec.Options())
		}
		if i, ok := info.Variants[kind]; ok {
			variant := reflect.New(v.Field(i).Type().Elem())
			v.Field(i).Set(variant)
			into = append(into, variant.Elem())
		} else if info.Other >= 0 {
			return decodeOther(dec, v, info)
		}
	}
	return decodeMembers(dec, into)
}

// peekKind finds the text of the discriminator in the object that comes next,
// wherever it stands there, without consuming anything.
func peekKind(dec *jsontext.Decoder, kind string) (string, error) {
	// The check for duplicate names can wait: the object is read again.
	ahead := Borrow(Unread(dec), jsontext.AllowDuplicateNames(true))
	defer ahead.Return()
	if _, err := ahead.ReadToken(); err != nil {
		return "", err
	}
	for ahead.PeekKind() == '"' {
		name, err := ahead.ReadToken()
		if err != nil {
			return "", err
		}
		if name.String() != kind {
			if err := ahead.SkipValue(); err != nil {
				return "", err
			}
			continue
		}
		value, err := ahead.ReadToken()
		if err != nil || value.Kind() != '"' {
			return "", err
		}
		return value.String(), nil
	}
	if ahead.PeekKind() != '}' { // The text ends here, the object does not.
		return "", io.ErrUnexpectedEOF
	}
	return "", nil
}

// Unread is the text from the next value on. What the decoder has peeked at may
// still be preceded by a comma or a colon.
func Unread(dec *jsontext.Decoder) []byte {
	return bytes.TrimLeft(dec.UnreadBuffer(), " \t\r\n,:")
}

// Decoder reads a text in place. It is used again for others.
type Decoder struct {
	jsontext.Decoder
	buf bytes.Buffer
}

var decoders = sync.Pool{New: func() any { return new(Decoder) }}

// Borrow gives a decoder for the text until Return.
func Borrow(text []byte, options ...jsontext.Options) *Decoder {
	d := decoders.Get().(*Decoder)
	d.buf = *bytes.NewBuffer(text)
	d.Reset(&d.buf, options...)
	return d
}

// Return gives the decoder back.
func (d *Decoder) Return() {
	d.buf = bytes.Buffer{} // Keeps nobody's text alive.
	d.Reset(&d.buf)
	decoders.Put(d)
}

// decodeMembers reads an object into every struct that has a field of a member's
// name. The first struct is the holder, which also keeps the extra members.
func decodeMembers(dec *jsontext.Decoder, into []reflect.Value) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		raw, err := dec.ReadValue()
		if err != nil {
			return err
		}
		name, err := nameOf(raw, into)
		if err != nil {
			return err
		}
		if err := decodeMember(dec, name, into); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// nameOf gives the text of a name; that of a field without an allocation, and ""
// for one that nobody asks for.
func nameOf(raw jsontext.Value, into []reflect.Value) (string, error) {
	for _, v := range into {
		if name, ok := Describe(v.Type()).texts[string(raw)]; ok {
			return name, nil
		}
	}
	if Describe(into[0].Type()).Extra < 0 && bytes.IndexByte(raw, '\\') < 0 {
		return "", nil
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	return string(text), err
}

func decodeMember(dec *jsontext.Decoder, name string, into []reflect.Value) error {
	var first reflect.Value
	for i := len(into) - 1; i >= 0; i-- { // The variant's type is the more exact one.
		index, ok := Describe(into[i].Type()).Members[name]
		if !ok {
			continue
		}
		field := Field(into[i], index)
		if first.IsValid() {
			if first.Kind() == field.Kind() && first.CanConvert(field.Type()) {
				field.Set(first.Convert(field.Type()))
			}
			continue
		}
		if err := jsonv2.UnmarshalDecode(dec, field.Addr().Interface()); err != nil {
			return err
		}
		first = field
	}
	if first.IsValid() {
		return nil
	}
	extra := Describe(into[0].Type()).Extra
	if extra < 0 {
		return dec.SkipValue()
	}
	members := into[0].Field(extra)
	if members.IsNil() {
		members.Set(reflect.MakeMap(members.Type()))
	}
	value := reflect.New(members.Type().Elem())
	if err := jsonv2.UnmarshalDecode(dec, value.Interface()); err != nil {
		return err
	}
	members.SetMapIndex(reflect.ValueOf(name), value.Elem())
	return nil
}

// decodeOther keeps the text of an object of an unknown kind, and reads what it
// has in common with the known ones as far as it fits.
func decodeOther(dec *jsontext.Decoder, v reflect.Value, info *Info) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if raw = raw.Clone(); len(bytes.Trim(raw, "{} \t\r\n")) == 0 {
		return nil
	}
	if err := raw.Compact(); err != nil { // So that equal objects are equal text.
		return err
	}
	v.Field(info.Other).SetBytes(raw)
	members := Borrow(raw, jsontext.AllowDuplicateNames(true))
	defer members.Return()
	_, err = members.ReadToken()
	for err == nil && members.PeekKind() == '"' {
		err = decodeCommon(&members.Decoder, v, info)
	}
	return err
}

// decodeCommon reads a member, as far as it fits.
func decodeCommon(dec *jsontext.Decoder, v reflect.Value, info *Info) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	name, err := nameOf(raw, []reflect.Value{v})
	if err != nil {
		return err
	}
	index, known := info.Members[name]
	if !known {
		return dec.SkipValue()
	}
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	field := Field(v, index)
	if field.Kind() == reflect.String && value.Kind() != '"' {
		return nil // An error costs more than a look.
	}
	if jsonv2.Unmarshal(value, field.Addr().Interface()) != nil {
		field.SetZero()
	}
	return nil
}

// Marshal encodes the struct that source points to: the variant that is set, the
// text of an unknown kind, or the members that are not zero with the extra ones.
func Marshal(source any) ([]byte, error) {
	v := reflect.ValueOf(source).Elem()
	info := Describe(v.Type())
	if info.Text >= 0 && v.Field(info.Text).Len() > 0 {
		return jsonv2.Marshal(v.Field(info.Text).String())
	}
	for kind, i := range info.Variants {
		if v.Field(i).IsNil() {
			continue
		}
		variant := reflect.New(v.Field(i).Type().Elem())
		variant.Elem().Set(v.Field(i).Elem())
		if index, ok := Describe(variant.Elem().Type()).Members[info.Kind]; ok {
			Field(variant.Elem(), index).SetString(kind)
		}
		return marshalMembers(v, info, variant.Elem())
	}
	if info.Other >= 0 && v.Field(info.Other).Len() > 0 {
		return v.Field(info.Other).Bytes(), nil
	}
	return marshalMembers(v, info)
}

// marshalMembers encodes the members of a struct, behind those of its variant.
func marshalMembers(v reflect.Value, info *Info, variants ...reflect.Value) ([]byte, error) {
	var buf bytes.Buffer
	enc := jsontext.NewEncoder(&buf)
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, variant := range variants {
		described := Describe(variant.Type())
		for _, name := range described.Names {
			taken[name] = true
			if field, err := variant.FieldByIndexErr(described.Members[name]); err == nil && !field.IsZero() {
				if err := marshalMember(enc, name, field); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, name := range info.Names {
		if taken[name] {
			continue
		}
		taken[name] = true
		if field, err := v.FieldByIndexErr(info.Members[name]); err == nil && !field.IsZero() {
			if err := marshalMember(enc, name, field); err != nil {
				return nil, err
			}
		}
	}
	if info.Extra >= 0 {
		extra := v.Field(info.Extra)
		names := extra.MapKeys()
		slices.SortFunc(names, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, name := range names {
			if taken[name.String()] {
				continue
			}
			if err := marshalMember(enc, name.String(), extra.MapIndex(name)); err != nil {
				return nil, err
			}
		}
	}
	if err := enc.WriteToken(jsontext.EndObject); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(buf.Bytes()), nil
}

func marshalMember(enc *jsontext.Encoder, name string, value reflect.Value) error {
	if err := enc.WriteToken(jsontext.String(name)); err != nil {
		return err
	}
	return jsonv2.MarshalEncode(enc, value.Interface())
}

// PeekKind finds the discriminator of the object that comes next without
// consuming anything; ok is false where that is no valid object.
func PeekKind(dec *jsontext.Decoder, member string) (kind string, ok bool) {
	dec.PeekKind()
	kind, err := peekKind(dec, member)
	return kind, err == nil
}
