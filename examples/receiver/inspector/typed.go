package inspector

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// typedListing shows what a function got, field by field: Go name, Go type and
// value, and the place in the body that it came from. Fields that were not sent
// are left out, unless a finding is about them.
func typedListing(d *Delivery, findings []finding) listing {
	l := newListing()
	if d.Payload == nil {
		return l
	}
	t := typedWriter{listing: &l, wanted: map[string]bool{}}
	for _, f := range findings {
		t.wanted[f.Pointer] = true
	}
	if meta := reflect.ValueOf(d.Meta); meta.IsValid() && !meta.IsZero() {
		t.value(meta, line{Name: "Meta", Path: "d.Meta"})
	}
	t.value(reflect.ValueOf(d.Payload), line{Name: "Payload", Path: "d.Payload", Pointer: d.PayloadAt})
	return l
}

type typedWriter struct {
	listing *listing
	wanted  map[string]bool // pointers to fields that are shown even if they are zero
}

// value writes what v holds below the name and path that n has already.
func (t typedWriter) value(v reflect.Value, n line) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	n.Type = v.Type().String()
	if text, kind, ok := scalar(v); ok {
		n.Text, n.Kind = text, kind
		t.listing.add(n)
		return
	}
	n.Kind = kindOpen
	if !t.listing.add(n) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		t.fields(v, n)
	case reflect.Map:
		t.members(v, n)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			index := strconv.Itoa(i)
			t.value(v.Index(i), line{
				Depth:   n.Depth + 1,
				Name:    "[" + index + "]",
				Path:    extended(n.Path, "["+index+"]"),
				Pointer: below(n.Pointer, index),
			})
		}
	}
}

func (t typedWriter) fields(v reflect.Value, n line) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		below := line{
			Depth:   n.Depth + 1,
			Name:    field.Name,
			Path:    extended(n.Path, "."+field.Name),
			Pointer: pointerOf(field, n.Pointer),
		}
		if !v.Field(i).IsZero() || t.wanted[below.Pointer] && below.Pointer != n.Pointer {
			t.value(v.Field(i), below)
		}
	}
}

// pointerOf is the place of a field in the body. A field without a name of its own
// holds members of the object around it.
func pointerOf(field reflect.StructField, pointer string) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	switch {
	case name == "-", name == "" && field.Anonymous:
		return pointer
	case name == "":
		name = field.Name
	}
	return below(pointer, name)
}

func (t typedWriter) members(v reflect.Value, n line) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		name := strconv.Quote(fmt.Sprint(key))
		t.value(v.MapIndex(key), line{
			Depth:   n.Depth + 1,
			Name:    "[" + name + "]",
			Path:    extended(n.Path, "["+name+"]"),
			Pointer: below(n.Pointer, fmt.Sprint(key)),
		})
	}
}

// scalar gives the text of a value that is not taken apart.
func scalar(v reflect.Value) (text string, k kind, ok bool) {
	if raw, ok := v.Interface().(json.RawMessage); ok {
		return string(raw), kindPlain, true
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		return string(text), kindOfScalar(v.Type()), err == nil
	}
	switch v.Kind() {
	case reflect.String:
		return strconv.Quote(v.String()), kindString, true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), kindWord, true
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array:
		return "", "", false
	default:
		return fmt.Sprint(v), kindNumber, true
	}
}

// kindOfScalar is the colour of the library's scalars.
func kindOfScalar(t reflect.Type) kind {
	switch t.Name() {
	case "Decimal", "Int", "UnixTime", "UnixMilli":
		return kindNumber
	case "Bool":
		return kindWord
	}
	return kindString
}
