package envelope

import (
	"context"
	"iter"
	"reflect"
	"slices"
	"strconv"

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
	Drift    []Drift // the first ones: at most 200, fewer if their pointers are very long
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
	text := c.message.Body
	if c.open.JSON != nil {
		text = c.open.JSON
	}
	d := &differ{dec: object.Borrow(text, jsontext.AllowDuplicateNames(true))}
	defer d.dec.Return()
	if c.open.Event != "" && !c.known {
		d.add(DriftUnknownEvent, c.eventAt)
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

// compare walks the whole body along the types that describe it.
func (c *call[M]) compare(d *differ) {
	var payload reflect.Type
	if c.job != nil {
		if target := c.job.target(); target != nil {
			payload = reflect.TypeOf(target).Elem()
		}
	}
	if c.open.Body != nil {
		d.value(c.open.Body)
		return
	}
	next, stop := iter.Pull(jsontext.Pointer(c.open.Pointer).Tokens())
	defer stop()
	c.compareAround(d, next, payload)
}

// compareAround compares what stands around the payload, level by level: the
// members of the first one are known to the layout, M, or the Open function.
func (c *call[M]) compareAround(d *differ, next func() (string, bool), payload reflect.Type) {
	name, ok := next()
	switch {
	case !ok:
		d.value(payload)
	case d.dec.PeekKind() == '{':
		d.members(func(member []byte) {
			described, meta := c.meta.Types[string(member)]
			switch {
			case string(member) == name:
				d.inside(next, payload)
			case meta:
				d.value(described)
			default:
				known := slices.Contains(c.provider.Layout.Event, string(member)) || slices.Contains(c.open.Members, string(member))
				d.unknown(known)
			}
		})
	default:
		d.skip()
	}
}

// inside follows the rest of a pointer to the payload. What stands beside it on
// the way is not described by anything.
func (d *differ) inside(next func() (string, bool), payload reflect.Type) {
	name, ok := next()
	switch kind := d.dec.PeekKind(); {
	case !ok:
		d.value(payload)
	case kind == '{':
		d.members(func(member []byte) {
			if string(member) == name {
				d.inside(next, payload)
				return
			}
			d.skip()
		})
	case kind == '[':
		i := 0
		d.each(func() {
			if strconv.Itoa(i) == name {
				d.inside(next, payload)
			} else {
				d.skip()
			}
			i++
		})
	default:
		d.skip()
	}
}

// maxListed bounds the differences of one kind that are listed of one delivery, and
// maxPointers the bytes of their pointers until the last one.
const (
	maxListed   = 100
	maxPointers = 8 << 10
)

// differ walks JSON along Go types. The text has been decoded before; if an error of
// the decoder occurs all the same, the walk ends.
type differ struct {
	dec   *object.Decoder
	ended bool
	list  []Drift
	total int
	bytes int    // of the pointers in list
	name  []byte // of a member, where its text has escapes
	enums map[reflect.Type]enum
}

func (d *differ) add(kind DriftKind, pointer string) {
	d.total++
	d.bytes += len(pointer)
	d.list = append(d.list, Drift{kind, pointer})
}

// note adds a difference at the value that was just read.
func (d *differ) note(kind DriftKind) {
	if len(d.list) >= maxListed || d.bytes > maxPointers { // The pointer costs something.
		d.total++
		return
	}
	d.add(kind, string(d.dec.StackPointer()))
}

// value compares the next value with a type. A nil type takes anything.
func (d *differ) value(t reflect.Type) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	kind := d.dec.PeekKind()
	if t == nil || kind != '{' && kind != '[' && kind != '"' {
		d.skip()
		return
	}
	switch shape := shapeOf(t); {
	case kind == '"' && t.Kind() == reflect.String:
		d.text(t)
	case kind == '{' && t.Kind() == reflect.Struct && (shape == shapeStruct || shape == shapeCustom):
		d.structure(t)
	case kind == '{' && (shape == shapeMap || shape == shapeList): // PHP spells a list with gaps as an object.
		d.members(func([]byte) { d.value(t.Elem()) })
	case kind == '[' && t.Kind() == reflect.Slice && (shape == shapeList || shape == shapeCustom):
		d.each(func() { d.value(t.Elem()) })
	default:
		d.skip()
	}
}

// text compares a string with the listed values of its type.
func (d *differ) text(t reflect.Type) {
	enum := d.enumOf(t)
	if enum == nil {
		d.skip()
		return
	}
	raw := d.read()
	if len(raw) <= len(`""`) {
		return
	}
	text, _, _ := unquote(raw)
	reflect.ValueOf(enum).Elem().SetString(text)
	if !enum.Known() {
		d.note(DriftUnknownValue)
	}
}

// enum is a pointer to a string whose type lists its values.
type enum interface{ Known() bool }

// enumOf gives an enum to compare with, nil for a type that lists nothing.
func (d *differ) enumOf(t reflect.Type) enum {
	if found, ok := d.enums[t]; ok || t.PkgPath() == "" {
		return found
	}
	if d.enums == nil {
		d.enums = map[reflect.Type]enum{}
	}
	d.enums[t], _ = reflect.New(t).Interface().(enum)
	return d.enums[t]
}

// each calls visit at every element of the list that comes next.
func (d *differ) each(visit func()) {
	d.token()
	for !d.ended && d.dec.PeekKind() != ']' {
		visit()
	}
	d.token()
}

// members calls visit at the value of every member of the object that comes next,
// with its name, which is valid until another one is read.
func (d *differ) members(visit func(name []byte)) {
	d.token()
	for !d.ended && d.dec.PeekKind() != '}' {
		if name := d.read(); !d.ended {
			visit(nameOf(name, &d.name))
		}
	}
	d.token()
}

func (d *differ) token() {
	_, err := d.dec.ReadToken()
	d.ended = d.ended || err != nil
}

func (d *differ) read() jsontext.Value {
	raw, err := d.dec.ReadValue()
	d.ended = d.ended || err != nil
	return raw
}

func (d *differ) skip() { d.ended = d.dec.SkipValue() != nil || d.ended }

// unknown passes over a member without a type.
func (d *differ) unknown(known bool) {
	if !known {
		d.note(DriftUnknownMember)
	}
	d.skip()
}

func (d *differ) structure(t reflect.Type) {
	info := object.Describe(t)
	if len(info.Members) == 0 && !info.Streams() { // Its own decoder knows better.
		d.skip()
		return
	}
	var variant reflect.Type
	known := info.Extra >= 0
	if len(info.Variants) > 0 {
		kind, ok := object.PeekKind(&d.dec.Decoder, info.Kind)
		if index, listed := info.Variants[kind]; listed {
			variant = t.Field(index).Type.Elem()
		} else if ok && kind != "" { // Kept as it is; only the new kind is news.
			known = true
		}
	}
	d.members(func(name []byte) {
		if info.Kind != "" && string(name) == info.Kind && d.dec.PeekKind() != '"' && d.dec.PeekKind() != 'n' {
			d.note(DriftWrongType) // The decoder takes it for an unknown kind.
		}
		if variant != nil {
			if member, ok := object.Describe(variant).Types[string(name)]; ok {
				d.value(member)
				return
			}
		}
		if member, ok := info.Types[string(name)]; ok {
			d.value(member)
			return
		}
		d.unknown(known)
	})
}
