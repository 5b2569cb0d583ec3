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

// checker checks the `validate` tags of values. Types without any are skipped.
type checker struct {
	rules sync.Map // reflect.Type to bool: whether a type has rules
}

var validate = newValidate()

func newValidate() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" { // A variant: the same object under another type.
			return f.Name
		}
		return name
	})
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
	v := reflect.ValueOf(target).Elem()
	if !c.hasRules(v.Type()) {
		return found
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			found = c.check(found, v.Index(i).Addr().Interface(), base+"/"+strconv.Itoa(i))
		}
		return found
	}
	err := validate.Struct(target)
	if err == nil {
		return found
	}
	var broken validator.ValidationErrors
	if !errors.As(err, &broken) {
		return found
	}
	for _, b := range broken {
		_, namespace, _ := strings.Cut(b.Namespace(), ".")
		pointer, safe := pointerTo(v, namespace)
		violation := Violation{Pointer: base + pointer, Rule: b.Tag()}
		if safe != pointer {
			violation.safe = base + safe
		}
		found = append(found, violation)
	}
	return found
}

// hasRules reports whether a type, or a type that it contains, has a tag.
func (c *checker) hasRules(t reflect.Type) bool {
	if has, ok := c.rules.Load(t); ok {
		return has.(bool)
	}
	has := t.Kind() != reflect.Interface && findRules(t, map[reflect.Type]bool{})
	c.rules.Store(t, has)
	return has
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
			if f := t.Field(i); f.Tag.Get("validate") != "" || f.IsExported() && findRules(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// pointerTo turns the validator's name of a field ("lines[0].reward_id") into a
// JSON Pointer. It walks the value along, because names of members and keys of
// maps may contain dots and brackets. The second result has a * for keys.
func pointerTo(v reflect.Value, namespace string) (pointer, safe string) {
	for namespace != "" {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		var step, shown string
		switch v.Kind() {
		case reflect.Struct:
			if name, variant := variantOf(v, namespace); variant.IsValid() {
				v, namespace = variant, strings.TrimPrefix(namespace, name+".")
				continue
			}
			step, v = longestMember(v, namespace)
			shown = step
			namespace = strings.TrimPrefix(namespace[len(step):], ".")
		case reflect.Slice:
			step, _, _ = strings.Cut(strings.TrimPrefix(namespace, "["), "]")
			i, err := strconv.Atoi(step)
			if err != nil || i >= v.Len() {
				return pointer + "/" + namespace, safe + "/*"
			}
			shown, v = step, v.Index(i)
			namespace = strings.TrimPrefix(namespace[len(step)+2:], ".")
		case reflect.Map:
			step, v = longestKey(v, namespace)
			shown = "*"
			namespace = strings.TrimPrefix(strings.TrimPrefix(namespace, "["+step+"]"), ".")
		}
		if !v.IsValid() || step == "" {
			return pointer + "/" + escape(namespace), safe + "/*"
		}
		pointer += "/" + escape(step)
		safe += "/" + escape(shown)
	}
	return pointer, safe
}

// variantOf gives the variant of a struct that the name begins with.
func variantOf(v reflect.Value, namespace string) (name string, variant reflect.Value) {
	for _, i := range object.Describe(v.Type()).Variants {
		if name := v.Type().Field(i).Name; strings.HasPrefix(namespace, name+".") {
			return name, v.Field(i)
		}
	}
	return "", reflect.Value{}
}

func longestMember(v reflect.Value, namespace string) (name string, field reflect.Value) {
	for n, i := range object.Describe(v.Type()).Members {
		rest, ok := strings.CutPrefix(namespace, n)
		if ok && len(n) > len(name) && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			name, field = n, v.Field(i)
		}
	}
	return name, field
}

func longestKey(v reflect.Value, namespace string) (key string, value reflect.Value) {
	for _, k := range v.MapKeys() {
		if strings.HasPrefix(namespace, "["+k.String()+"]") && len(k.String()) >= len(key) {
			key, value = k.String(), v.MapIndex(k)
		}
	}
	return key, value
}

// escape spells a name as a part of a JSON Pointer.
func escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
