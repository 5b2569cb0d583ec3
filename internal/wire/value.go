package wire

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Value reads the next value into v. What does not fit leaves v zero and is noted.
// Null does not change v.
func (r *Reader) Value(p *Plan, v reflect.Value, rule *Rule) error {
	kind := r.dec.PeekKind()
	if kind == 'n' && p.Kind != Leaf && p.Kind != Raw && p.Kind != Whole {
		return r.Skip()
	}
	switch p.Kind {
	case Pointer:
		if err := r.Charge(int(p.Type.Elem().Size())); err != nil {
			return err
		}
		v.Set(reflect.New(p.Type.Elem()))
		return r.Value(p.Elem, v.Elem(), rule)
	case Object:
		switch {
		case kind == '{':
			return r.object(p, v, false)
		case kind == '"' && p.Text >= 0:
			return r.plain(Text, v.Field(p.Text), rule, kind)
		}
	case List:
		switch kind {
		case '[':
			return r.list(p, v, rule)
		case '{':
			return r.objectList(p, v, rule)
		}
	case Map:
		if kind == '{' {
			return r.mapping(p, v, rule)
		}
	case Text, Bool, Int, Uint, Float:
		if err := r.plain(p.Kind, v, rule, kind); err != nil || kind != '"' || !p.Lists {
			return err
		}
		r.lookUp(v)
		return nil
	case Any:
		return r.anything(v, kind)
	default:
		return r.leaf(p, v, rule)
	}
	return r.skipMisfit(p, rule)
}

// skipMisfit passes over a value that can't be told. An empty list for an object is
// how PHP spells an empty object: no misfit.
func (r *Reader) skipMisfit(p *Plan, rule *Rule) error {
	raw, err := r.Raw()
	if err != nil {
		return err
	}
	isEmpty := raw[0] == '[' && len(bytes.TrimLeft(raw[1:], " \t\r\n")) == 1
	if !isEmpty || p.Kind != Map && p.Kind != Object {
		r.misfit(rule)
	}
	return nil
}

// lookUp notes a text that its type does not list.
func (r *Reader) lookUp(v reflect.Value) {
	if r.Listening && v.Len() > 0 && !v.Addr().Interface().(enum).Known() {
		r.differs(UnknownValue)
	}
}

// plain reads a Go string, boolean or number. A value of another type that can be
// told without loss is kept, and is a misfit all the same.
func (r *Reader) plain(p Kind, v reflect.Value, rule *Rule, kind jsontext.Kind) error {
	raw, err := r.Raw()
	if err != nil {
		return err
	}
	fits := false
	switch kind {
	case '{', '[':
		r.misfit(rule)
		return nil
	case '"':
		if raw, err = r.clean(raw, rule); err != nil {
			return err
		}
	}
	switch p {
	case Text:
		fits = setText(v, raw)
		if !fits && kind == '0' && v.Len() > 0 {
			r.misfit(nil) // The text of a number says all of it: an identity as well.
			return nil
		}
	case Bool:
		fits = setBool(v, raw)
	case Int:
		fits = setInt(v, raw)
	case Uint:
		fits = setUint(v, raw)
	case Float:
		fits = setFloat(v, raw)
	}
	if !fits && !r.misfit(rule) {
		v.SetZero() // An identity must not pass for one that fits.
	}
	return nil
}

// setText keeps the text of any value but for false, which is how PHP spells that there
// is none.
func setText(v reflect.Value, raw jsontext.Value) (fits bool) {
	text, quoted, _ := Unquote(raw)
	isNumber := raw[0] != 't' && raw[0] != 'f' && (!quoted || isNumberText(text))
	if v.Type() == reflect.TypeFor[json.Number]() {
		if isNumber {
			v.SetString(text)
		}
		return isNumber
	}
	if raw[0] != 'f' {
		v.SetString(text)
	}
	return quoted
}

// isNumberText reports whether a text is a number in JSON.
func isNumberText(text string) bool {
	return jsontext.Value(text).Kind() == '0' && jsontext.Value(text).IsValid()
}

func setBool(v reflect.Value, raw jsontext.Value) (fits bool) {
	switch raw[0] {
	case 't', 'f':
		v.SetBool(raw[0] == 't')
		return true
	}
	text, _, _ := Unquote(raw)
	value, _ := ParseBool(text)
	v.SetBool(value)
	return false
}

func setInt(v reflect.Value, raw jsontext.Value) (fits bool) {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil && !v.OverflowInt(n) {
		v.SetInt(n)
		return true
	}
	text, quoted, _ := Unquote(raw)
	n, ok := ParseInt(text)
	if !ok || v.OverflowInt(n) {
		return false
	}
	v.SetInt(n)
	return !quoted // 5.0 is a spelling of 5.
}

func setUint(v reflect.Value, raw jsontext.Value) (fits bool) {
	text, quoted, _ := Unquote(raw)
	n, ok := parseUint(text)
	if !ok || v.OverflowUint(n) {
		return false
	}
	v.SetUint(n)
	return !quoted
}

func setFloat(v reflect.Value, raw jsontext.Value) (fits bool) {
	text, quoted, _ := Unquote(raw)
	if quoted && !IsNumber(text, true) { // ParseFloat alone accepts hexadecimal, Inf and NaN.
		return false
	}
	f, err := strconv.ParseFloat(text, v.Type().Bits())
	if err != nil {
		return false
	}
	v.SetFloat(f)
	return !quoted
}

// wholeFactor is what a value that is left to json/v2 is charged for each byte of
// its text: nobody can tell what it will take.
const wholeFactor = 8

// leaf reads a type that decodes itself, or that json/v2 decodes. It fits or it does
// not.
func (r *Reader) leaf(p *Plan, v reflect.Value, rule *Rule) error {
	raw, err := r.Raw()
	if err != nil {
		return err
	}
	if raw, err = r.clean(raw, rule); err != nil {
		return err
	}
	switch target := v.Addr().Interface(); p.Kind {
	case Raw:
		err = r.Charge(len(raw))
		v.SetBytes(raw.Clone())
		return err
	case Leaf:
		err = target.(json.Unmarshaler).UnmarshalJSON(raw)
	case Textual:
		text, quoted, _ := Unquote(raw)
		if err = errMisfit; quoted {
			err = target.(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
		}
	case Whole:
		if err := r.Charge(wholeFactor * len(raw)); err != nil {
			return err
		}
		err = jsonv2.Unmarshal(raw, target, options)
	case Bytes:
		err = jsonv2.Unmarshal(raw, target)
	}
	switch {
	case err != nil:
		v.SetZero()
		r.misfit(rule)
	case r.Listening && r.Unusual != nil && r.Unusual(v.Addr().Interface()):
		r.differs(WrongType)
	}
	return nil
}

// anything reads a value into an empty interface: a map, a list, a text, a boolean or
// a float.
func (r *Reader) anything(v reflect.Value, kind jsontext.Kind) error {
	var t reflect.Type
	switch kind {
	case '{':
		t = reflect.TypeFor[map[string]any]()
	case '[':
		t = reflect.TypeFor[[]any]()
	case '"':
		t = reflect.TypeFor[string]()
	case 't', 'f':
		t = reflect.TypeFor[bool]()
	default:
		t = reflect.TypeFor[float64]()
	}
	if err := r.Charge(int(t.Size())); err != nil {
		return err
	}
	made, before := reflect.New(t).Elem(), r.Misfits.Total
	if err := r.Value(PlanOf(t), made, nil); err != nil {
		return err
	}
	if kind != '0' || r.Misfits.Total == before { // A float that is too large is nothing.
		v.Set(made)
	}
	return nil
}
