package envelope

import (
	"github.com/go-json-experiment/json/jsontext"

	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/go-playground/validator/v10"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// ruleWalk checks the `validate` tags of a value. It walks along the plan of its
// type, only to members that have rules, so that a type without any costs nothing,
// and knows where it is; what the rules mean is the validator's business. It is used
// again, with its path, for the next delivery.
type ruleWalk struct {
	path     []step
	base     string // pointer to the value
	found    []Violation
	refusing int // of the found ones
	bytes    int // of their pointers
}

// maxListed bounds the violations that are listed of each sort, and maxPointers the
// bytes of their pointers until the last one.
const (
	maxListed   = 100
	maxPointers = 8 << 10
)

// step is one part of the way to a member.
type step struct {
	name  string
	index int  // of an element, if name is empty
	key   bool // name is the key of a map, which the sender chose
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
	p := wire.PlanOf(v.Type())
	if !p.Ruled {
		return found
	}
	w.path, w.found, w.base = w.path[:0], found, base
	w.refusing, w.bytes = 0, 0
	w.walk(p, v)
	found, w.found = w.found, nil
	return found
}

func (w *ruleWalk) walk(p *wire.Plan, v reflect.Value) {
	switch {
	case !p.Ruled:
	case p.Kind == wire.Pointer:
		if !v.IsNil() {
			w.walk(p.Elem, v.Elem())
		}
	case p.Elem != nil:
		w.elements(v, func(v reflect.Value) { w.walk(p.Elem, v) })
	default:
		for i := range p.Fields {
			w.member(&p.Fields[i], v)
		}
		for _, variant := range p.Variants {
			if field := v.Field(variant.Index); !field.IsNil() {
				w.walk(variant.Plan, field.Elem())
			}
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

func (w *ruleWalk) member(f *wire.Field, v reflect.Value) {
	if !f.Checked {
		return
	}
	field, err := v.FieldByIndexErr(f.Index)
	if err != nil { // In an embedded struct that was not sent.
		return
	}
	w.path = append(w.path, step{name: f.Name})
	if f.Rule == nil || w.apply(f.Rule, field) {
		w.walk(f.Plan, field)
	}
	w.path = w.path[:len(w.path)-1]
}

// apply checks a value's own rule, and reports whether to look inside.
func (w *ruleWalk) apply(r *wire.Rule, v reflect.Value) (inside bool) {
	zero := (r.Required || r.Optional) && v.IsZero()
	switch {
	case zero && r.Required:
		w.violation(RuleRequired)
		return false
	case zero:
		return false
	case r.Tag != "" && w.lists(false):
		if err := validate.Var(v.Interface(), r.Tag); err != nil {
			w.broken(err)
		}
	}
	if r.Each != nil {
		w.elements(v, func(v reflect.Value) { w.apply(r.Each, v) })
	}
	return true
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
	pointer, safe, chosen := jsontext.Pointer(w.base), jsontext.Pointer(w.base), false
	for _, s := range w.path {
		token := s.name
		if s.name == "" && !s.key {
			token = strconv.Itoa(s.index)
		}
		pointer = pointer.AppendToken(token)
		if s.key {
			token, chosen = "*", true
		}
		safe = safe.AppendToken(token)
	}
	if v.Pointer = string(pointer); chosen {
		v.safe = string(safe)
	}
	w.bytes += len(pointer)
	w.found = append(w.found, v)
}

// verifyRules finds a tag that the validator does not understand before a delivery
// does: it panics then.
func verifyRules(p *wire.Plan, seen map[*wire.Plan]bool) error {
	if p == nil || seen[p] {
		return nil
	}
	seen[p] = true
	for _, f := range p.Fields {
		if err := verifyRule(f.Rule, f.Plan.Type); err != nil {
			return fmt.Errorf("%w of %s", err, p.Type)
		}
		if err := verifyRules(f.Plan, seen); err != nil {
			return err
		}
	}
	for _, v := range p.Variants {
		if err := verifyRules(v.Plan, seen); err != nil {
			return err
		}
	}
	return verifyRules(p.Elem, seen)
}

func verifyRule(r *wire.Rule, t reflect.Type) (err error) {
	if r == nil {
		return nil
	}
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("the tag %q is no rule", r.Tag)
		}
	}()
	if r.Tag != "" {
		_ = validate.Var(reflect.Zero(t).Interface(), r.Tag)
	}
	if r.Each != nil {
		return verifyRule(r.Each, t.Elem())
	}
	return nil
}
