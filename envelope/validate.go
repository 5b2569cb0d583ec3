package envelope

import (
	"slices"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
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
	if _, registered := c.routes[c.open.Event]; !registered || c.handler.options.Validation == ValidateOff {
		return nil
	}
	payload := c.job.target()
	switch {
	case layout.Payload != "" && !c.payload:
		c.violations = append(c.violations, Violation{Pointer: c.open.Pointer, Rule: RuleRequired})
	case c.misfits(c.open.Pointer):
		c.violations = append(c.violations, Violation{Pointer: c.open.Pointer, Rule: RuleType})
	case !c.open.isWhole(): // Else the payload is part of Meta.
		c.violations = c.rules.check(c.violations, payload, c.open.Pointer)
	}
	c.violations = c.rules.check(c.violations, &c.open.Meta, "")
	c.mistyped()
	if c.provider.Check != nil {
		c.violations = append(c.violations, c.provider.Check(&c.open.Meta, payload)...)
	}
	var refusing []Violation
	for i, v := range c.violations {
		v = c.retype(v)
		c.violations[i] = v
		if v.refuses() || c.handler.options.Validation == ValidateAll {
			refusing = append(refusing, v)
		}
	}
	if refusing != nil {
		return c.invalid(refusing)
	}
	return nil
}

func (c *call[M]) invalid(violations []Violation) *Error {
	return refusal(KindValidation, &ValidationError{violations})
}

// mistyped adds the identities whose text could be told although their type did
// not fit: the sender means something else than we do.
func (c *call[M]) mistyped() {
	for _, misfit := range c.reader.Misfits.List {
		if !misfit.Identity {
			continue
		}
		here := func(v Violation) bool { return v.Pointer == misfit.Pointer }
		c.violations = slices.DeleteFunc(c.violations, here) // Its type says it all.
		violation := Violation{Pointer: misfit.Pointer, Rule: RuleType}
		if safe := c.safe(misfit.Pointer); safe != misfit.Pointer {
			violation.safe = safe
		}
		c.violations = append(c.violations, violation)
	}
}

// misfits reports whether the value at a pointer does not fit its type.
func (c *call[M]) misfits(pointer string) bool {
	return slices.ContainsFunc(c.reader.Misfits.List, func(n wire.Note) bool { return n.Pointer == pointer })
}

// retype tells a mistyped identity from a missing one.
func (c *call[M]) retype(v Violation) Violation {
	if v.Rule == RuleRequired && c.misfits(v.Pointer) {
		v.Rule = RuleType
	}
	return v
}
