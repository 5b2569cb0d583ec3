package hostile_test

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// container is a list or map of a body.
type container struct {
	pointer string
	raw     jsontext.Value
	extra   *wire.Plan // an object whose members without a field are its entries
}

// containers finds the lists and maps of a JSON text. Of what no type describes, every
// object is a map.
func containers(p *wire.Plan, raw jsontext.Value, pointer string, yield func(container)) {
	for p != nil && p.Kind == wire.Pointer {
		p = p.Elem
	}
	kind := raw.Kind()
	if kind != '{' && kind != '[' {
		return
	}
	c := container{pointer: pointer, raw: raw}
	isStruct := p != nil && p.Kind == wire.Object && kind == '{'
	if isStruct {
		c.extra = p
	}
	if !isStruct || p.Extra >= 0 {
		yield(c)
	}
	for name, member := range children(raw) {
		containers(inner(p, raw, name), member, string(jsontext.Pointer(pointer).AppendToken(name)), yield)
	}
}

// inner is the plan of a member or element; nil if there is none.
func inner(p *wire.Plan, raw jsontext.Value, name string) *wire.Plan {
	switch {
	case p == nil:
		return nil
	case p.Kind == wire.Object:
		if kind, ok := wire.Find(raw, string(jsontext.Pointer("").AppendToken(p.Kinds))); ok && p.Kinds != "" {
			text, _, _ := wire.Unquote(kind)
			if variant := p.Variants[text]; variant != nil {
				if f, ok := variant.Plan.Member(name); ok {
					return f.Plan
				}
			}
		}
		if f, ok := p.Member(name); ok {
			return f.Plan
		}
		return nil
	case p.Kind == wire.List && raw.Kind() == '{' && wire.Digits(name) < len(name):
		return nil // The name is in the element.
	}
	return p.Elem
}

// children are the members of an object or the elements of a list.
func children(raw jsontext.Value) func(yield func(name string, value jsontext.Value) bool) {
	return func(yield func(string, jsontext.Value) bool) {
		dec := jsontext.NewDecoder(bytes.NewReader(raw))
		_, _ = dec.ReadToken()
		for i := 0; dec.PeekKind() != '}' && dec.PeekKind() != ']'; i++ {
			name := strconv.Itoa(i)
			if raw.Kind() == '{' {
				token, err := dec.ReadToken()
				if err != nil {
					return
				}
				name = token.String()
			}
			value, err := dec.ReadValue()
			if err != nil || !yield(name, value.Clone()) {
				return
			}
		}
	}
}

// repeat is the container with its elements over and over, as many as fit into so
// many bytes, and how many there are. Names stay different; those that are numbers
// go on.
func (c container) repeat(room int) (grown []byte, n int) {
	type entry struct {
		name  string
		value jsontext.Value
	}
	var entries []entry
	var b bytes.Buffer
	b.WriteByte(c.raw[0])
	for name, value := range children(c.raw) {
		if c.extra != nil && inner(c.extra, c.raw, name) != nil { // It has a field.
			fmt.Fprintf(&b, "%s:%s,", wire.Quote(name), value)
			continue
		}
		entries = append(entries, entry{name, value})
	}
	if len(entries) == 0 {
		return nil, 0
	}
	for ; ; n++ {
		e := entries[n%len(entries)]
		text := string(e.value)
		if c.raw.Kind() == '{' {
			name := e.name
			switch {
			case name != "" && wire.Digits(name) == len(name):
				name = strconv.Itoa(n)
			case n >= len(entries):
				name += "-" + strconv.Itoa(n)
			}
			text = string(wire.Quote(name)) + ":" + text
		}
		if n >= len(entries) && b.Len()+len(text)+2 > room {
			break
		}
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString(text)
	}
	b.WriteByte(c.raw[0] + 2)
	return b.Bytes(), n
}

// offsetOf is where the value of a pointer begins.
func offsetOf(body []byte, pointer string) int {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		kind := dec.PeekKind()
		if _, err := dec.ReadToken(); err != nil {
			panic(err)
		}
		if (kind == '{' || kind == '[') && string(dec.StackPointer()) == pointer {
			return int(dec.InputOffset()) - 1
		}
	}
}
