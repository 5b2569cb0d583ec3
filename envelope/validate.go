package envelope

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-playground/validator/v10"
)

// Validation says what happens to deliveries that break documented rules.
type Validation int

const (
	// ValidateIdentities refuses a delivery (422) if one of its identities is
	// missing or mistyped: the few members without which it means nothing, which
	// the provider's package lists. All other rules are checked and reported as
	// Delivery.Violations. This is the default.
	ValidateIdentities Validation = iota
	// ValidateAll refuses a delivery that breaks any documented rule.
	ValidateAll
	// ValidateOff checks nothing but that the event's name is there.
	ValidateOff
)

// Violation is one documented rule that a delivery breaks.
type Violation struct {
	// Pointer (RFC 6901) leads to the member, relative to the whole body. It may
	// contain names that the sender chose; keep it out of logs.
	Pointer string
	// Rule names the rule: RuleRequired, RuleType, or the name of a format such
	// as "uuid4".
	Rule string

	safe string // Pointer without names that the sender chose, if that differs
}

// The rules of identities.
const (
	RuleRequired = "required" // an identity is missing, null or empty
	RuleType     = "type"     // an identity has the wrong JSON type
)

func (v Violation) refuses() bool { return v.Rule == RuleRequired || v.Rule == RuleType }

func (v Violation) safePointer() string {
	switch {
	case v.safe != "":
		return v.safe
	case v.Pointer == "":
		return "the body"
	}
	return v.Pointer
}

// check validates the delivery. Nothing is validated that nobody wants.
func (c *call[M]) check() *Error {
	layout := c.provider.Layout
	if c.open.Event == "" && len(layout.Event) > 0 {
		return c.invalid([]Violation{c.retype(Violation{Pointer: "/" + layout.Event[0], Rule: RuleRequired})})
	}
	if c.job == nil || c.handler.config.Validation == ValidateOff {
		return nil
	}
	payload := c.job.target()
	if payload == nil {
		return nil
	}
	switch {
	case layout.Payload != "" && !c.payload:
		c.violations = append(c.violations, Violation{Pointer: c.open.Pointer, Rule: RuleRequired})
	case layout.Payload != "" && slices.Contains(c.misfits.pointers, c.open.Pointer):
		c.violations = append(c.violations, Violation{Pointer: c.open.Pointer, Rule: RuleType})
	case c.open.Body == nil: // Else the payload is part of Meta.
		c.violations = c.rules.check(c.violations, payload, c.open.Pointer)
	}
	c.violations = c.rules.check(c.violations, &c.open.Meta, "")
	if c.open.Body == nil {
		c.mistyped(reflect.ValueOf(payload), c.open.Pointer)
	}
	c.mistyped(reflect.ValueOf(&c.open.Meta), "")
	if c.provider.Check != nil {
		c.violations = append(c.violations, c.provider.Check(&c.open.Meta, payload)...)
	}
	var refusing []Violation
	for i, v := range c.violations {
		v = c.retype(v)
		c.violations[i] = v
		if v.refuses() || c.handler.config.Validation == ValidateAll {
			refusing = append(refusing, v)
		}
	}
	if refusing != nil {
		return c.invalid(refusing)
	}
	return nil
}

func (c *call[M]) invalid(violations []Violation) *Error {
	return refusal(KindValidation, http.StatusUnprocessableEntity, &ValidationError{violations})
}

// mistyped adds the identities whose text could be told although their type did
// not fit: the sender means something else than we do.
func (c *call[M]) mistyped(v reflect.Value, base string) {
	for _, pointer := range c.misfits.pointers {
		rest, ok := strings.CutPrefix(pointer, base)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		safe, identity := c.checker.identity(v, rest)
		if !identity {
			continue
		}
		here := func(v Violation) bool { return v.Pointer == pointer }
		c.violations = slices.DeleteFunc(c.violations, here) // Its type says it all.
		violation := Violation{Pointer: pointer, Rule: RuleType}
		if safe != rest {
			violation.safe = base + safe
		}
		c.violations = append(c.violations, violation)
	}
}

// identity reports whether a pointer leads to a member, or an element, that is
// required, and gives the pointer without names that the sender chose.
func (c *checker) identity(v reflect.Value, pointer string) (safe string, required bool) {
	var r rule
	for name := range jsontext.Pointer(pointer).Tokens() {
		v = pointee(v)
		switch v.Kind() {
		case reflect.Slice, reflect.Map:
			if v.Kind() == reflect.Map {
				name = "*"
			}
			// One element has the rules of the other. It is not looked for:
			// a list with gaps has other numbers in the body.
			v = reflect.Zero(v.Type().Elem())
			if r.each == nil {
				r.each = new(rule)
			}
			r = *r.each
		case reflect.Struct:
			var ok bool
			if r, v, ok = c.memberRule(v, name); !ok {
				return "", false
			}
		default:
			return "", false
		}
		safe += "/" + escape(name)
	}
	return safe, r.required
}

// pointee follows pointers; a nil one leads to a zero value.
func pointee(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v = reflect.Zero(v.Type().Elem())
			continue
		}
		v = v.Elem()
	}
	return v
}

// memberRule finds the rule of a member of a struct, of its variant, or of an
// embedded struct.
func (c *checker) memberRule(v reflect.Value, name string) (r rule, member reflect.Value, ok bool) {
	for _, r := range c.plan(v.Type()) {
		field := v.Field(r.index)
		if r.name == name {
			return r, field, true
		}
		variant := field.Kind() == reflect.Pointer && !field.IsNil() || field.Kind() == reflect.Struct
		if r.name == "" && variant && pointee(field).Kind() == reflect.Struct {
			if found, member, ok := c.memberRule(pointee(field), name); ok {
				return found, member, true
			}
		}
	}
	return rule{}, reflect.Value{}, false
}

// retype tells a mistyped identity from a missing one.
func (c *call[M]) retype(v Violation) Violation {
	if v.Rule == RuleRequired && slices.Contains(c.misfits.pointers, v.Pointer) {
		v.Rule = RuleType
	}
	return v
}

// checker checks the `validate` tags of values. It walks only to members that have
// rules, so that a type without any costs nothing, and knows where it is; what the
// rules mean is the validator's business.
type checker struct {
	plans sync.Map // reflect.Type of a struct to []rule
}

// rule is what a checker does with one field of a struct.
type rule struct {
	index    int
	name     string // of the member; "" for a variant or embedded struct: the same object
	required bool
	optional bool   // no rule holds for the zero value
	tag      string // the other rules
	inside   bool   // the field's type has rules of its own
	each     *rule  // for the elements of a list or map
}

// step is one part of the way to a member.
type step struct {
	name  string
	index int  // of an element, if name is empty
	key   bool // name is the key of a map, which the sender chose
}

// ruleWalk is one walk along the rules of a value. It is used again, with its
// path, for the next delivery.
type ruleWalk struct {
	*checker
	path     []step
	base     string // pointer to the value
	found    []Violation
	refusing int // of the found ones
	bytes    int // of their pointers
}

var validate = newValidate()

func newValidate() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	// The tag "format" is for types that know their own format.
	err := v.RegisterValidation("format", func(level validator.FieldLevel) bool {
		f, ok := level.Field().Interface().(interface{ Valid() bool })
		return !ok || f.Valid()
	})
	if err != nil {
		panic("envelope: " + err.Error())
	}
	return v
}

// check appends the rules that the value behind the pointer breaks: the first
// ones of each sort, with which one is enough.
func (w *ruleWalk) check(found []Violation, target any, base string) []Violation {
	v := reflect.ValueOf(target).Elem()
	if !w.hasRules(v.Type()) {
		return found
	}
	w.path, w.found, w.base = w.path[:0], found, base
	w.refusing, w.bytes = 0, 0
	w.walk(v)
	found, w.found = w.found, nil
	return found
}

func (w *ruleWalk) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			w.walk(v.Elem())
		}
	case reflect.Slice, reflect.Map:
		w.elements(v, w.walk)
	case reflect.Struct:
		for i, plan := 0, w.plan(v.Type()); i < len(plan); i++ {
			w.member(&plan[i], v.Field(plan[i].index))
		}
	}
}

// elements visits the elements of a list or map.
func (w *ruleWalk) elements(v reflect.Value, visit func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			w.path = append(w.path, step{index: i})
			visit(v.Index(i))
			w.path = w.path[:len(w.path)-1]
		}
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		for entry := v.MapRange(); entry.Next(); {
			value.SetIterValue(entry)
			w.path = append(w.path, step{name: fmt.Sprint(entry.Key()), key: true})
			visit(value)
			w.path = w.path[:len(w.path)-1]
		}
	}
}

func (w *ruleWalk) member(r *rule, v reflect.Value) {
	depth := len(w.path)
	if r.name != "" {
		w.path = append(w.path, step{name: r.name})
	}
	w.apply(r, v)
	w.path = w.path[:depth]
}

func (w *ruleWalk) apply(r *rule, v reflect.Value) {
	zero := (r.required || r.optional) && v.IsZero()
	switch {
	case zero && r.required:
		w.violation(RuleRequired)
		return
	case zero:
		return
	case r.tag != "" && w.lists(false):
		if err := validate.Var(v.Interface(), r.tag); err != nil {
			w.broken(err)
		}
	}
	if r.each != nil {
		w.elements(v, func(v reflect.Value) { w.apply(r.each, v) })
	}
	if r.inside {
		w.walk(v)
	}
}

func (w *ruleWalk) broken(err error) {
	var broken validator.ValidationErrors
	if errors.As(err, &broken) {
		for _, b := range broken {
			w.violation(b.Tag())
		}
	}
}

// lists reports whether there is room for another violation, of the sort that
// refuses a delivery or of the other. There is for the first one that refuses.
func (w *ruleWalk) lists(refuses bool) bool {
	if refuses {
		return w.refusing == 0 || w.refusing < maxListed && w.bytes <= maxPointers
	}
	return len(w.found)-w.refusing < maxListed && w.bytes <= maxPointers
}

func (w *ruleWalk) violation(rule string) {
	v := Violation{Rule: rule}
	if !w.lists(v.refuses()) {
		return
	}
	if v.refuses() {
		w.refusing++
	}
	pointer, safe, chosen := []byte(w.base), []byte(w.base), false
	for _, s := range w.path {
		text := escape(s.name)
		if s.name == "" && !s.key {
			text = strconv.Itoa(s.index)
		}
		pointer = append(append(pointer, '/'), text...)
		if s.key {
			text, chosen = "*", true
		}
		safe = append(append(safe, '/'), text...)
	}
	if v.Pointer = string(pointer); chosen {
		v.safe = string(safe)
	}
	w.bytes += len(pointer)
	w.found = append(w.found, v)
}

// verifyTags finds a tag that the validator does not understand before a delivery
// does: it panics then.
func (c *checker) verifyTags(t reflect.Type, seen map[reflect.Type]bool) (err error) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if seen[t] || t.Kind() != reflect.Struct {
		return nil
	}
	seen[t] = true
	var tag string
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("the tag %q of %s is no rule", tag, t)
		}
	}()
	for _, r := range c.plan(t) {
		field := t.Field(r.index).Type
		for rule := &r; rule != nil; rule = rule.each {
			if tag = rule.tag; tag != "" {
				_ = validate.Var(reflect.Zero(field).Interface(), tag)
			}
			if rule.each != nil {
				field = field.Elem()
			}
		}
		if err := c.verifyTags(t.Field(r.index).Type, seen); err != nil {
			return err
		}
	}
	return nil
}

// plan reads the tags of a struct, once a type.
func (c *checker) plan(t reflect.Type) []rule {
	if plan, ok := c.plans.Load(t); ok {
		return plan.([]rule)
	}
	var plan []rule
	for i := range t.NumField() {
		if r, ok := readRule(t.Field(i), i); ok {
			plan = append(plan, r)
		}
	}
	c.plans.Store(t, plan)
	return plan
}

// readRule reads the tag of a field.
func readRule(f reflect.StructField, index int) (r rule, ok bool) {
	tag := f.Tag.Get("validate")
	if tag == "-" || !f.IsExported() && !f.Anonymous {
		return rule{}, false
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	r, _ = parseRule(strings.Split(tag, ","))
	r.index, r.name = index, strings.TrimPrefix(name, "-")
	if name == "" && !f.Anonymous {
		r.name = f.Name
	}
	r.inside = findRules(f.Type, map[reflect.Type]bool{})
	return r, r.required || r.tag != "" || r.inside || r.each != nil
}

// parseRule takes out of a tag what the checker itself looks after. What follows
// a "dive" is for the elements.
func parseRule(parts []string) (r rule, says bool) {
	var rest []string
	for i, part := range parts {
		switch part {
		case "":
		case "omitempty", "omitzero":
			r.optional = true
		case RuleRequired:
			r.required = true
		case "dive":
			if each, says := parseRule(parts[i+1:]); says {
				r.each = &each
			}
			r.tag = strings.Join(rest, ",")
			return r, r.required || r.tag != "" || r.each != nil
		default:
			rest = append(rest, part)
		}
	}
	r.tag = strings.Join(rest, ",")
	return r, r.required || r.tag != ""
}

// hasRules reports whether a type, or a type that it contains, has a tag.
func (c *checker) hasRules(t reflect.Type) bool {
	if t.Kind() == reflect.Struct {
		return len(c.plan(t)) > 0
	}
	return findRules(t, map[reflect.Type]bool{})
}

func findRules(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return findRules(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			tag := f.Tag.Get("validate")
			if tag != "-" && (f.IsExported() || f.Anonymous) && (tag != "" || findRules(f.Type, seen)) {
				return true
			}
		}
	}
	return false
}

// escape spells a name as a part of a JSON Pointer.
func escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
