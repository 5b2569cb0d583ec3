package wire

import (
	"bytes"
	"reflect"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Marshal encodes the struct that source points to: the variant that is set, the
// text of an unknown kind, or the members that are not zero with the extra ones.
func Marshal(source any) ([]byte, error) {
	v := reflect.ValueOf(source).Elem()
	p := PlanOf(v.Type())
	if p.Text >= 0 && v.Field(p.Text).Len() > 0 {
		return Quote(v.Field(p.Text).String()), nil
	}
	for kind, variant := range p.Variants {
		if v.Field(variant.Index).IsNil() {
			continue
		}
		copied := reflect.New(variant.Plan.Type).Elem()
		copied.Set(v.Field(variant.Index).Elem())
		if f, ok := variant.Plan.Member(p.Kinds); ok {
			copied.FieldByIndex(f.Index).SetString(kind)
		}
		return marshalMembers(v, p, variant.list, copied)
	}
	if p.Other >= 0 && v.Field(p.Other).Len() > 0 {
		return v.Field(p.Other).Bytes(), nil
	}
	return marshalMembers(v, p, p.list, reflect.Value{})
}

// marshalMembers encodes the members of a holder and of its variant.
func marshalMembers(v reflect.Value, p *Plan, fields []Field, variant reflect.Value) ([]byte, error) {
	var buf bytes.Buffer
	enc := jsontext.NewEncoder(&buf, jsontext.AllowDuplicateNames(true)) // In open values; taken sees to ours.
	err := enc.WriteToken(jsontext.BeginObject)
	taken := make(map[string]bool, len(fields))
	for _, f := range fields {
		holder := v
		if f.inVariant {
			holder = variant
		}
		taken[f.Name] = true
		if field, missing := holder.FieldByIndexErr(f.Index); err == nil && missing == nil && !field.IsZero() {
			err = marshalMember(enc, f.Name, field)
		}
	}
	if err == nil && p.Extra >= 0 {
		err = marshalExtra(enc, v.Field(p.Extra), taken)
	}
	if err == nil {
		err = enc.WriteToken(jsontext.EndObject)
	}
	return bytes.TrimSpace(buf.Bytes()), err
}

func marshalExtra(enc *jsontext.Encoder, extra reflect.Value, taken map[string]bool) error {
	names := extra.MapKeys()
	slices.SortFunc(names, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, name := range names {
		if taken[name.String()] {
			continue
		}
		if err := marshalMember(enc, name.String(), extra.MapIndex(name)); err != nil {
			return err
		}
	}
	return nil
}

func marshalMember(enc *jsontext.Encoder, name string, value reflect.Value) error {
	if err := enc.WriteToken(jsontext.String(name)); err != nil {
		return err
	}
	return jsonv2.MarshalEncode(enc, value.Interface())
}
