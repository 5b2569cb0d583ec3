package wire

import (
	"reflect"
	"slices"
	"strings"
)

// The tags of a struct's fields. The tag `json` names the member. The tag `wire` is
// known to this package alone:
//
//	wire:"kind"            the member that chooses the variant
//	wire:"variant=NAME"    pointer to the struct for the kind NAME
//	wire:"other"           json.RawMessage, the whole object of an unknown kind
//	wire:"extra"           map from name to value, members without a field
//	wire:"text"            string, the value where a JSON string is sent for the object
//	wire:"key"             string, the name where a list of the struct is sent as an object
//	wire:"value"           the value where a list of the struct is sent as an object
//	wire:"keyed"           bool, true if it was sent so

// Rule is what the tag `validate` says of a field, or of its elements.
type Rule struct {
	Off      bool   // nothing in the field is looked at
	Required bool   // it is an identity: a delivery means nothing without it
	Optional bool   // no rule holds for the zero value
	Tag      string // the other rules
	Each     *Rule  // for the elements of a list or map; nil if there is none

	once   bool // refused if it is sent twice
	strict bool // refused if it is sent twice, or is not Unicode
}

// parseRule takes out of a tag what this package itself looks after. What follows
// a "dive" is for the elements. It returns nil if there is no rule.
func parseRule(parts []string) *Rule {
	var r Rule
	var rest []string
	for i, part := range parts {
		if part == "dive" {
			r.Each = parseRule(parts[i+1:])
			break
		}
		switch part {
		case "":
		case "omitempty", "omitzero":
			r.Optional = true
		case "required":
			r.Required, r.strict = true, true
		default:
			rest = append(rest, part)
		}
	}
	r.Tag = strings.Join(rest, ",")
	if r == (Rule{}) {
		return nil
	}
	return &r
}

// jsonName is a field's name in JSON; "" for an embedded struct without a name of
// its own, and ok is false for a field that JSON does not know.
func jsonName(f reflect.StructField) (name string, ok bool) {
	tag := f.Tag.Get("json")
	if tag == "-" {
		return "", false
	}
	name, _, _ = strings.Cut(tag, ",")
	switch {
	case name == "" && f.Anonymous && structOf(f.Type) != nil:
		return "", f.IsExported() || f.Type.Kind() == reflect.Struct
	case !f.IsExported():
		return "", false
	case name == "":
		return f.Name, true
	}
	return name, true
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

func isTagged(t reflect.Type) bool {
	for i := range t.NumField() {
		if _, ok := t.Field(i).Tag.Lookup("wire"); ok {
			return true
		}
	}
	return false
}

func hasKey(t reflect.Type) bool { return tagged(t, "key") >= 0 }

// tagged is the index of the field with a tag `wire`, or -1.
func tagged(t reflect.Type, tag string) int {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("wire") == tag {
			return i
		}
	}
	return -1
}

// hasForeignTags reports whether a field has an option that only json/v2 knows.
func hasForeignTags(t reflect.Type) bool {
	for i := range t.NumField() {
		tag := t.Field(i).Tag.Get("json")
		if tag == "-" {
			continue
		}
		for j, option := range strings.Split(tag, ",") {
			if j > 0 && option != "" && option != "omitempty" && option != "omitzero" || j == 0 && strings.HasPrefix(option, "'") {
				return true
			}
		}
	}
	return false
}

// object fills in the plan of a struct.
func (c compiler) object(p *Plan) {
	p.Other, p.Extra, p.Text = tagged(p.Type, "other"), tagged(p.Type, "extra"), tagged(p.Type, "text")
	if p.Extra >= 0 {
		p.extra = c.plan(p.Type.Field(p.Extra).Type)
	}
	c.fields(p, p.Type, nil)
	for i := range p.Type.NumField() {
		f := p.Type.Field(i)
		if kind, ok := strings.CutPrefix(f.Tag.Get("wire"), "variant="); ok {
			if p.Variants == nil {
				p.Variants = map[string]*Variant{}
			}
			p.Variants[kind] = &Variant{Index: i, Plan: c.plan(f.Type.Elem())}
		}
	}
}

// fields finds the members of a struct, also those of embedded ones. Of two with
// one name the outer one counts, then the first.
func (c compiler) fields(p *Plan, t reflect.Type, path []int, outer ...reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		here := append(slices.Clone(path), i)
		name, ok := jsonName(f)
		switch {
		case !ok:
		case name == "":
			if inner := structOf(f.Type); inner != t && !slices.Contains(outer, inner) {
				c.fields(p, inner, here, append(outer, t)...)
			}
		default:
			if f.Tag.Get("wire") == "kind" {
				p.Kinds = name
			}
			field := Field{Name: name, Tag: f.Tag.Get("json"), Index: here, Plan: c.plan(f.Type)}
			if tag := f.Tag.Get("validate"); tag == "-" {
				field.Rule = &Rule{Off: true}
			} else {
				field.Rule = parseRule(strings.Split(tag, ","))
			}
			known := slices.IndexFunc(p.Fields, func(f Field) bool { return f.Name == name })
			if known < 0 {
				p.Fields = append(p.Fields, field)
			} else if len(p.Fields[known].Index) > len(here) {
				p.Fields[known] = field
			}
		}
	}
}

// keyed describes the elements of a list that may be sent as an object, or is nil.
func (c compiler) keyed(t reflect.Type) *keyed {
	k := keyed{name: tagged(t, "key"), value: tagged(t, "value"), flag: tagged(t, "keyed")}
	if k.name < 0 {
		return nil
	}
	k.plan = c.plan(t.Field(k.value).Type)
	return &k
}

// finish makes what is derived from the fields of an object and of its variants.
func (p *Plan) finish() {
	if p.Kind != Object || p.byQuoted != nil {
		return
	}
	for i := range p.Fields {
		f := &p.Fields[i]
		f.quoted = string(Quote(f.Name))
		if f.Plan.leads() {
			f.Rule = f.Rule.asStrict()
		}
		if f.Name == p.Kinds {
			f.Rule = f.Rule.asOnce()
		}
		f.strict = f.Rule.asStrict()
		f.Checked = !f.Rule.isOff() && (f.Rule.says() || f.Plan.Ruled)
	}
	p.members = membersOf(p.Fields)
	for kind, v := range p.Variants {
		v.Plan.finish()
		v.members = membersOf(merge(p.Fields, v.Plan.Fields))
		if p.quotedVariants == nil {
			p.quotedVariants = map[string]*Variant{}
		}
		p.quotedVariants[string(Quote(kind))] = v
	}
}

func (r *Rule) asStrict() *Rule {
	rule := r.orNone()
	rule.strict = true
	return &rule
}

// asOnce is for the member that chooses the variant: two could choose two.
func (r *Rule) asOnce() *Rule {
	rule := r.orNone()
	rule.once = true
	return &rule
}

func (r *Rule) orNone() Rule {
	if r == nil {
		return Rule{}
	}
	return *r
}

func membersOf(fields []Field) members {
	m := members{list: fields, byQuoted: make(map[string]int, len(fields)), byName: make(map[string]int, len(fields))}
	for i, f := range fields {
		m.byQuoted[f.quoted], m.byName[f.Name] = i, i
		if name, _, _ := strings.Cut(f.Tag, ","); name == "" {
			if m.untagged == nil {
				m.untagged = map[string]int{}
			}
			m.untagged[fold(f.Name)] = i
		}
	}
	return m
}

// fold maps names that differ only in case to one.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// merge makes one list of the fields of a holder and of its variant. The variant's
// type is the more exact one where both know a member; the holder repeats the value
// if it can.
func merge(holder, variant []Field) []Field {
	merged := slices.Clone(variant)
	for i := range merged {
		merged[i].inVariant = true
	}
	for _, f := range holder {
		i := slices.IndexFunc(variant, func(v Field) bool { return v.Name == f.Name })
		if i < 0 {
			merged = append(merged, f)
			continue
		}
		t := merged[i].Plan.Type
		if t.Kind() == f.Plan.Type.Kind() && t.ConvertibleTo(f.Plan.Type) {
			merged[i].repeated = f.Index
		}
		if f.Rule != nil && f.Rule.strict {
			merged[i].Rule = merged[i].Rule.asStrict()
		}
		if f.Rule != nil && f.Rule.once {
			merged[i].Rule = merged[i].Rule.asOnce()
		}
	}
	return merged
}

// leads reports whether a member of the type is an identity, or leads to one.
func (p *Plan) leads() bool { return p.identity && (p.Kind == Object || p.Kind == Pointer) }

// hasField reports whether a member is as asked for, of the object itself or of what
// it contains: everything, or only the objects that are there once.
func (p *Plan) hasField(everything bool, is func(*Rule) bool, seen map[*Plan]bool) bool {
	if p == nil || seen[p] {
		return false
	}
	seen[p] = true
	for _, f := range p.Fields {
		if is(f.Rule) || !f.Rule.isOff() && f.Plan.hasField(everything, is, seen) {
			return true
		}
	}
	for _, v := range p.Variants {
		if everything && v.Plan.hasField(everything, is, seen) {
			return true
		}
	}
	return (everything || p.Kind == Pointer) && p.Elem.hasField(everything, is, seen)
}

func (r *Rule) isIdentity() bool { return r != nil && r.Required }

func (r *Rule) says() bool { return r != nil && (r.Required || r.Tag != "" || r.Each.says()) }

func (r *Rule) isOff() bool { return r != nil && r.Off }
