package wire

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Find returns the part of a JSON text that a pointer (RFC 6901) leads to. Of a
// member that is sent twice the last one counts.
func Find(text []byte, pointer string) (jsontext.Value, bool) {
	if pointer != "" && !strings.HasPrefix(pointer, "/") {
		return nil, false
	}
	dec := borrow(text)
	defer dec.free()
	value, err := dec.ReadValue()
	if err != nil {
		return nil, false
	}
	for token := range jsontext.Pointer(pointer).Tokens() {
		var ok bool
		if value, ok = child(value, token); !ok {
			return nil, false
		}
	}
	return value, true
}

// child is a member or element of a value.
func child(text jsontext.Value, token string) (found jsontext.Value, ok bool) {
	kind := text.Kind()
	if kind != '{' && kind != '[' {
		return nil, false
	}
	dec := borrow(text)
	defer dec.free()
	if _, err := dec.ReadToken(); err != nil {
		return nil, false
	}
	quoted := string(Quote(token))
	for i := 0; dec.PeekKind() != '}' && dec.PeekKind() != ']'; i++ {
		here := kind == '[' && strconv.Itoa(i) == token
		if kind == '{' {
			name, err := dec.ReadValue()
			if err != nil {
				return nil, false
			}
			here = string(Canonical(name)) == quoted
		}
		value, err := dec.ReadValue()
		if err != nil {
			return nil, false
		}
		if here {
			found, ok = value, true
		}
	}
	return found, ok
}

// Safe is a pointer from a value of the type without names that the sender chose:
// those of maps, and those that no type has, become an asterisk.
func (p *Plan) Safe(pointer string) string {
	var safe jsontext.Pointer
	for token := range jsontext.Pointer(pointer).Tokens() {
		for p != nil && p.Kind == Pointer {
			p = p.Elem
		}
		kind := Leaf
		if p != nil {
			kind = p.Kind
		}
		switch kind {
		case List:
			if Digits(token) < len(token) {
				token = "*"
			}
			p = p.Elem
		case Object:
			next := p.anyMember(token)
			if next == nil {
				token = "*"
			}
			p = next
		default:
			token = "*"
			if p != nil {
				p = p.Elem
			}
		}
		safe = safe.AppendToken(token)
	}
	return string(safe)
}

// anyMember is the plan of a member of an object or of one of its variants, or nil.
func (p *Plan) anyMember(name string) *Plan {
	if f, ok := p.Member(name); ok {
		return f.Plan
	}
	for _, v := range p.Variants {
		if f, ok := v.Plan.Member(name); ok {
			return f.Plan
		}
	}
	return nil
}
