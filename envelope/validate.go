package envelope

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-playground/validator/v10"

	"github.com/loyaltyhooks/loyaltyhooks/internal/object"
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
		c.mistyped(reflect.TypeOf(payload).Elem(), c.open.Pointer)
	}
	c.mistyped(reflect.TypeFor[M](), "")
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
func (c *call[M]) mistyped(t reflect.Type, base string) {
	for _, pointer := range c.misfits.pointers {
		rest, ok := strings.CutPrefix(pointer, base)
		listed := func(v Violation) bool { return v.Pointer == pointer }
		if ok && isIdentity(t, rest) && !slices.ContainsFunc(c.violations, listed) {
			c.violations = append(c.violations, Violation{Pointer: pointer, Rule: RuleType})
		}
	}
}

// isIdentity reports whether a pointer leads to a member that is required.
func isIdentity(t reflect.Type, pointer string) bool {
	required := false
	for name := range jsontext.Pointer(pointer).Tokens() {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		required = false
		switch t.Kind() {
		case reflect.Slice, reflect.Map:
			t = t.Elem()
		case reflect.Struct:
			index, ok := object.Describe(t).Members[name]
			if !ok {
				return false
			}
			field := t.Field(index)
			required = field.Tag.Get("validate") == RuleRequired
			t = field.Type
		default:
			return false
		}
	}
	return required
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
	name     string // of the member; "" for a variant, which is the same object
	required bool
	optional bool   // no rule holds for the zero value
	tag      string // the other rules
	inside   bool   // the field's type has rules of its own
	each     *rule  // for the elements of a list or map
}

// step is one part of the way to a member.
type step struct {
	parent *step
	name   string
	index  int  // of an element, if name is empty
	key    bool // name is the key of a map, which the sender chose
}

func (s *step) pointer(safe bool) string {
	switch {
	case s == nil:
		return ""
	case s.key && safe:
		return s.parent.pointer(safe) + "/*"
	case s.name == "" && !s.key:
		return s.parent.pointer(safe) + "/" + strconv.Itoa(s.index)
	}
	return s.parent.pointer(safe) + "/" + escape(s.name)
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

// check appends the rules that the value behind the pointer breaks.
func (c *checker) check(found []Violation, target any, base string) []Violation {
	first := len(found)
	v := reflect.ValueOf(target).Elem()
	if !c.hasRules(v.Type()) {
		return found
	}
	found = c.walk(found, v, nil)
	for i := first; base != "" && i < len(found); i++ {
		found[i].Pointer = base + found[i].Pointer
		if found[i].safe != "" {
			found[i].safe = base + found[i].safe
		}
	}
	return found
}

func (c *checker) walk(found []Violation, v reflect.Value, at *step) []Violation {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			found = c.walk(found, v.Elem(), at)
		}
	case reflect.Slice:
		for i := range v.Len() {
			found = c.walk(found, v.Index(i), &step{parent: at, index: i})
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			found = c.walk(found, entry.Value(), &step{parent: at, name: entry.Key().String(), key: true})
		}
	case reflect.Struct:
		for _, r := range c.plan(v.Type()) {
			found = c.apply(found, r, v.Field(r.index), at)
		}
	}
	return found
}

func (c *checker) apply(found []Violation, r rule, v reflect.Value, at *step) []Violation {
	if r.name != "" {
		at = &step{parent: at, name: r.name}
	}
	zero := (r.required || r.optional) && v.IsZero()
	switch {
	case zero && r.required:
		return append(found, violationAt(at, RuleRequired))
	case zero:
		return found
	case r.tag != "":
		var broken validator.ValidationErrors
		if errors.As(validate.Var(v.Interface(), r.tag), &broken) {
			for _, b := range broken {
				found = append(found, violationAt(at, b.Tag()))
			}
		}
	}
	if r.each != nil {
		found = c.applyEach(found, *r.each, v, at)
	}
	if r.inside {
		found = c.walk(found, v, at)
	}
	return found
}

func (c *checker) applyEach(found []Violation, r rule, v reflect.Value, at *step) []Violation {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			found = c.apply(found, r, v.Index(i), &step{parent: at, index: i})
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			found = c.apply(found, r, entry.Value(), &step{parent: at, name: entry.Key().String(), key: true})
		}
	}
	return found
}

func violationAt(at *step, rule string) Violation {
	v := Violation{Pointer: at.pointer(false), Rule: rule}
	if safe := at.pointer(true); safe != v.Pointer {
		v.safe = safe
	}
	return v
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
	if tag == "-" || !f.IsExported() {
		return rule{}, false
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	own, elements, dives := strings.Cut(tag, "dive")
	r = parseRule(own)
	r.index, r.name = index, strings.TrimPrefix(name, "-")
	r.inside = findRules(f.Type, map[reflect.Type]bool{})
	if each := parseRule(elements); dives && (each.required || each.tag != "") {
		r.each = &each
	}
	return r, r.required || r.tag != "" || r.inside || r.each != nil
}

// parseRule takes out of a tag what the checker itself looks after.
func parseRule(tag string) rule {
	var r rule
	var rest []string
	for part := range strings.SplitSeq(tag, ",") {
		switch part {
		case "":
		case "omitempty", "omitzero":
			r.optional = true
		case RuleRequired:
			r.required = true
		default:
			rest = append(rest, part)
		}
	}
	r.tag = strings.Join(rest, ",")
	return r
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
			if tag != "-" && f.IsExported() && (tag != "" || findRules(f.Type, seen)) {
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
