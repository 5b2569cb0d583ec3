package envelope

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/internal/object"
	"github.com/loyaltyhooks/loyaltyhooks/internal/probe"
)

// DriftReport lists where one delivery differs from the types of the package:
// how you learn that the provider has changed something before it matters.
type DriftReport struct {
	Provider string
	Event    string
	Known    bool
	Drift    []Drift // at most 100 of each kind
	Total    int     // how many there are
}

// Drift is one difference.
type Drift struct {
	Kind DriftKind
	// Pointer (RFC 6901) leads to the member, relative to the whole body. It
	// contains names that the sender chose; keep it out of public logs.
	Pointer string
}

// DriftKind says how a delivery differs.
type DriftKind string

// The kinds of drift.
const (
	DriftUnknownEvent  DriftKind = "unknown_event"  // the package does not know the event
	DriftUnknownMember DriftKind = "unknown_member" // no typed field holds the member
	DriftUnknownValue  DriftKind = "unknown_value"  // a value that an enumeration does not list
	DriftWrongType     DriftKind = "wrong_type"     // the JSON type does not fit; the field may be zero
)

// reportDrift compares the delivery with its types, if somebody listens.
func (c *call[M]) reportDrift(ctx context.Context, o *Observation) {
	hook := c.handler.config.Drift
	if hook == nil && probe.From(ctx) == nil {
		return
	}
	d := &differ{}
	if c.open.Event != "" && !c.known {
		d.add(DriftUnknownEvent, c.eventPointer())
	}
	c.compare(d)
	for _, pointer := range c.misfits.pointers {
		d.list = append(d.list, Drift{DriftWrongType, pointer})
	}
	d.total += c.misfits.total
	o.drift, o.Drift = d.list, d.total
	if hook != nil && d.total > 0 {
		hook(ctx, DriftReport{
			Provider: c.handler.provider,
			Event:    c.open.Event,
			Known:    c.known,
			Drift:    d.list,
			Total:    d.total,
		})
	}
}

// eventPointer leads to the member that holds the event's name, if one does.
func (c *call[M]) eventPointer() string {
	for _, name := range c.provider.Layout.Event {
		if _, ok := find(c.message.Body, "/"+name); ok {
			return "/" + name
		}
	}
	return ""
}

// compare walks the whole body along the types that describe it.
func (c *call[M]) compare(d *differ) {
	text := c.message.Body
	if c.open.JSON != nil {
		text = c.open.JSON
	}
	d.dec = jsontext.NewDecoder(bytes.NewBuffer(text))
	var payload reflect.Type
	if c.job != nil {
		if target := c.job.target(); target != nil {
			payload = reflect.TypeOf(target).Elem()
		}
	}
	switch name := strings.TrimPrefix(c.open.Pointer, "/"); {
	case c.open.Body != nil:
		d.value(c.open.Body)
	case c.open.Pointer == "":
		d.value(payload)
	default:
		d.members(func(member string) (reflect.Type, bool) {
			index, meta := c.meta.Members[member]
			switch {
			case member == name:
				return payload, true
			case meta:
				return reflect.TypeFor[M]().Field(index).Type, true
			}
			return nil, slices.Contains(c.provider.Layout.Event, member) || slices.Contains(c.open.Members, member)
		})
	}
}

// maxDrift bounds the differences of one delivery that are listed.
const maxDrift = 100

// differ walks JSON along Go types. Errors of the decoder end the walk: the text
// has been decoded before, so that they don't occur.
type differ struct {
	dec   *jsontext.Decoder
	list  []Drift
	total int
	bulk  int // bytes that the elements of lists and maps take as Go values
}

func (d *differ) add(kind DriftKind, pointer string) {
	if d.total++; d.total <= maxDrift {
		d.list = append(d.list, Drift{kind, pointer})
	}
}

func (d *differ) note(kind DriftKind) {
	d.add(kind, string(d.dec.StackPointer()))
}

// value compares the next value with a type. A nil type takes anything.
func (d *differ) value(t reflect.Type) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	kind := d.dec.PeekKind()
	if t == nil || kind != '{' && kind != '[' && kind != '"' {
		_ = d.dec.SkipValue()
		return
	}
	switch shape := shapeOf(t); {
	case kind == '"' && t.Kind() == reflect.String:
		d.text(t)
	case kind == '{' && t.Kind() == reflect.Struct && (shape == shapeStruct || shape == shapeCustom):
		d.structure(t)
	case kind == '{' && (shape == shapeMap || shape == shapeList): // PHP spells a list with gaps as an object.
		d.members(func(string) (reflect.Type, bool) {
			d.bulk += int(t.Elem().Size())
			return t.Elem(), true
		})
	case kind == '[' && t.Kind() == reflect.Slice && (shape == shapeList || shape == shapeCustom):
		d.elements(t.Elem())
	default:
		_ = d.dec.SkipValue()
	}
}

// text compares a string with the listed values of its type.
func (d *differ) text(t reflect.Type) {
	token, err := d.dec.ReadToken()
	if err != nil {
		return
	}
	v := reflect.New(t).Elem()
	v.SetString(token.String())
	if enum, ok := v.Interface().(interface{ Known() bool }); ok && !enum.Known() && v.Len() > 0 {
		d.note(DriftUnknownValue)
	}
}

func (d *differ) elements(t reflect.Type) {
	if _, err := d.dec.ReadToken(); err != nil {
		return
	}
	for kind := d.dec.PeekKind(); kind != ']' && kind != 0; kind = d.dec.PeekKind() {
		d.bulk += int(t.Size())
		d.value(t)
	}
	_, _ = d.dec.ReadToken()
}

// members compares each member with the type that typeOf has for its name.
func (d *differ) members(typeOf func(name string) (t reflect.Type, known bool)) {
	if d.dec.PeekKind() != '{' {
		_ = d.dec.SkipValue()
		return
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return
	}
	for d.dec.PeekKind() == '"' {
		token, err := d.dec.ReadToken()
		if err != nil {
			return
		}
		t, known := typeOf(token.String())
		if !known {
			d.note(DriftUnknownMember)
		}
		d.value(t)
	}
	_, _ = d.dec.ReadToken()
}

func (d *differ) structure(t reflect.Type) {
	info := object.Describe(t)
	var variant reflect.Type
	if len(info.Variants) > 0 {
		kind, ok := object.PeekKind(d.dec, info.Kind)
		if index, known := info.Variants[kind]; known {
			variant = t.Field(index).Type.Elem()
			d.bulk += int(variant.Size())
		} else if ok && kind != "" { // Kept as it is; only the new kind is news.
			d.members(func(name string) (reflect.Type, bool) {
				if name != info.Kind {
					return nil, true
				}
				return t.Field(info.Members[name]).Type, true
			})
			return
		}
	}
	d.members(func(name string) (reflect.Type, bool) {
		if variant != nil {
			if index, ok := object.Describe(variant).Members[name]; ok {
				return variant.Field(index).Type, true
			}
		}
		if index, ok := info.Members[name]; ok {
			return t.Field(index).Type, true
		}
		if info.Extra >= 0 {
			d.bulk += int(t.Field(info.Extra).Type.Elem().Size())
		}
		return nil, info.Extra >= 0
	})
}
