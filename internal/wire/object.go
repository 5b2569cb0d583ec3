package wire

import (
	"bytes"
	"reflect"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// object reads an object into a struct, and into the variant that its kind chooses.
// The members of an envelope are read strictly.
func (r *Reader) object(p *Plan, v reflect.Value, isEnvelope bool) error {
	o := objectReader{Reader: r, plan: p, members: &p.members, holder: v, isEnvelope: isEnvelope, open: p.Extra >= 0}
	if p.Kinds != "" {
		if err := o.chooseVariant(); err != nil {
			return err
		}
	}
	if len(o.members.list) > len(o.few)*64 {
		o.seen = make([]uint64, len(o.members.list)/64+1)
	}
	if err := r.Enter(); err != nil {
		return err
	}
	count := 0
	for ; r.dec.PeekKind() != '}'; count++ {
		if err := o.member(); err != nil {
			return err
		}
	}
	if err := r.Leave(); err != nil {
		return err
	}
	if p.Other >= 0 && count > 0 && !o.variant.IsValid() {
		return o.keepOther()
	}
	return nil
}

// objectReader is the state of one object.
type objectReader struct {
	*Reader
	plan       *Plan
	members    *members
	holder     reflect.Value
	variant    reflect.Value
	start      int64     // of an object whose text may be kept
	next       int       // the field that is likely to come next
	few        [2]uint64 // the fields that were sent, a bit each
	seen       []uint64  // in place of few, where there are more fields
	isEnvelope bool
	open       bool // members without a field are no news
	extra      entry
}

// chooseVariant looks ahead for the kind of the object that comes next.
func (o *objectReader) chooseVariant() error {
	text := unread(&o.dec)
	o.start = int64(len(o.text) - len(text))
	variant, told := o.plan.variantOf(text)
	if variant == nil {
		o.open = o.open || told // Kept as it is; only the new kind is news.
		return nil
	}
	if err := o.Charge(int(variant.Plan.Type.Size())); err != nil {
		return err
	}
	made := reflect.New(variant.Plan.Type)
	o.holder.Field(variant.Index).Set(made)
	o.variant, o.members = made.Elem(), &variant.members
	return nil
}

// variantOf finds the variant of the object at which a text begins, wherever its kind
// is there. It reports whether a kind is told, listed or not.
func (p *Plan) variantOf(text []byte) (variant *Variant, told bool) {
	ahead := borrow(text)
	defer ahead.free()
	if _, err := ahead.ReadToken(); err != nil {
		return nil, false
	}
	kind := p.list[p.byName[p.Kinds]].quoted
	for ahead.PeekKind() == '"' {
		name, err := ahead.ReadValue()
		if err != nil {
			return nil, false
		}
		if string(name) != kind && string(Canonical(name)) != kind {
			if ahead.SkipValue() != nil {
				return nil, false
			}
			continue
		}
		if ahead.PeekKind() != '"' {
			return nil, false
		}
		value, err := ahead.ReadValue()
		if err != nil {
			return nil, false
		}
		value = Canonical(value)
		return p.quotedVariants[string(value)], len(value) > len(`""`)
	}
	return nil, false
}

// Canonical spells the JSON of a text as Quote does.
func Canonical(raw jsontext.Value) jsontext.Value {
	if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return raw
	}
	text, _ := jsontext.AppendUnquote(nil, raw)
	return Quote(string(text))
}

// find returns the index of the field of a name, or -1.
func (o *objectReader) find(raw jsontext.Value) int {
	if o.next < len(o.members.list) && o.members.list[o.next].quoted == string(raw) {
		o.next++
		return o.next - 1
	}
	i, ok := o.members.byQuoted[string(raw)]
	if !ok && bytes.IndexByte(raw, '\\') >= 0 {
		i, ok = o.members.byQuoted[string(Canonical(raw))]
	}
	if !ok && o.members.untagged != nil {
		name, _, _ := Unquote(raw)
		i, ok = o.members.untagged[fold(name)]
	}
	if !ok {
		return -1
	}
	o.next = i + 1
	return i
}

// member reads one member.
func (o *objectReader) member() error {
	raw, err := o.Name()
	if err != nil {
		return err
	}
	i := o.find(raw)
	if i < 0 {
		return o.unknown(raw)
	}
	f := &o.members.list[i]
	rule := f.Rule
	if o.isEnvelope {
		rule = f.strict
	}
	holder := o.holder
	if f.inVariant {
		holder = o.variant
	}
	field, err := o.field(holder, f)
	if err != nil {
		return err
	}
	if o.sent(i) {
		if rule != nil && (rule.once || rule.strict) {
			return o.Twice()
		}
		o.differs(DuplicateMember)
		field.SetZero()
	}
	if err := o.Value(f.Plan, field, rule); err != nil {
		return err
	}
	if f.repeated != nil {
		repeated := o.holder.FieldByIndex(f.repeated)
		repeated.Set(field.Convert(repeated.Type()))
	}
	return nil
}

// sent reports whether a field was sent before, and remembers it. The bits are no
// slice of the objectReader itself, which would be on the heap then.
func (o *objectReader) sent(i int) bool {
	bits := &o.few[i/64%len(o.few)]
	if o.seen != nil {
		bits = &o.seen[i/64]
	}
	bit := uint64(1) << (i % 64)
	was := *bits&bit != 0
	*bits |= bit
	return was
}

// field is the Go field of a member. It makes the embedded structs on the way where
// there are none.
func (r *Reader) field(v reflect.Value, f *Field) (reflect.Value, error) {
	for i, at := range f.Index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if err := r.Charge(int(v.Type().Elem().Size())); err != nil {
					return v, err
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(at)
	}
	return v, nil
}

// unknown keeps a member that has no field, if the holder keeps such.
func (o *objectReader) unknown(name jsontext.Value) error {
	isKept := o.plan.Other >= 0 && !o.variant.IsValid() // The whole object is.
	if o.plan.Extra < 0 || isKept {
		if o.open {
			return o.Skip()
		}
		return o.Unknown()
	}
	p, v := o.plan.extra, o.holder.Field(o.plan.Extra)
	if err := o.makeMap(p, v); err != nil {
		return err
	}
	if !o.extra.key.IsValid() {
		o.extra = newEntry(p)
	}
	return o.entry(p, v, o.extra, name, nil)
}

// keepOther keeps the text of an object of an unknown kind, without white space, so
// that equal objects are equal text.
func (o *objectReader) keepOther() error {
	raw := jsontext.Value(o.text[o.start:o.dec.InputOffset()])
	if err := o.Charge(len(raw)); err != nil {
		return err
	}
	raw, err := o.clean(raw, nil)
	if err != nil {
		return err
	}
	raw = raw.Clone()
	if err := raw.Compact(options); err != nil {
		return o.syntax(err)
	}
	o.holder.Field(o.plan.Other).SetBytes(raw)
	return nil
}

// Member reads the next value into a field of an envelope: it is refused if it is
// not Unicode.
func (r *Reader) Member(v reflect.Value, f *Field) error {
	field, err := r.field(v, f)
	if err != nil {
		return err
	}
	return r.Value(f.Plan, field, f.strict)
}
