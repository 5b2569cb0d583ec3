package envelope

import (
	"bytes"
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
	Drift    []Drift // the first ones, at most 200
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
	d := newDiffer(text)
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
		d.members(func(member string) {
			index, meta := c.meta.Members[member]
			switch {
			case member == name:
				d.inside(next, payload)
			case meta:
				d.value(reflect.TypeFor[M]().FieldByIndex(index).Type)
			default:
				known := slices.Contains(c.provider.Layout.Event, member) || slices.Contains(c.open.Members, member)
				d.unknown(known)
			}
		})
	default:
		_ = d.dec.SkipValue()
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
		d.members(func(member string) {
			if member == name {
				d.inside(next, payload)
				return
			}
			_ = d.dec.SkipValue()
		})
	case kind == '[':
		i := 0
		d.each(func() {
			if strconv.Itoa(i) == name {
				d.inside(next, payload)
			} else {
				_ = d.dec.SkipValue()
			}
			i++
		})
	default:
		_ = d.dec.SkipValue()
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
	names map[string]string // by their JSON text, those that came before
	bulk  int               // bytes that the elements of lists and maps take as Go values
}

// newDiffer does not look for duplicate names: the text has been decoded, or will
// be.
func newDiffer(text []byte) *differ {
	return &differ{dec: jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true))}
}

func (d *differ) add(kind DriftKind, pointer string) {
	if d.total++; d.total <= maxDrift {
		d.list = append(d.list, Drift{kind, pointer})
	}
}

// note adds a difference at the value that was just read.
func (d *differ) note(kind DriftKind) {
	if d.total >= maxDrift { // The pointer costs something.
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
		_ = d.dec.SkipValue()
		return
	}
	switch shape := shapeOf(t); {
	case kind == '"' && t.Kind() == reflect.String:
		d.text(t)
	case kind == '{' && t.Kind() == reflect.Struct && (shape == shapeStruct || shape == shapeCustom):
		d.structure(t)
	case kind == '{' && (shape == shapeMap || shape == shapeList): // PHP spells a list with gaps as an object.
		d.members(func(string) {
			d.bulk += int(t.Elem().Size())
			d.value(t.Elem())
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
	d.each(func() {
		d.bulk += int(t.Size())
		d.value(t)
	})
}

// each calls visit at every element of the list that comes next.
func (d *differ) each(visit func()) {
	if _, err := d.dec.ReadToken(); err != nil {
		return
	}
	for kind := d.dec.PeekKind(); kind != ']' && kind != 0; kind = d.dec.PeekKind() {
		visit()
	}
	_, _ = d.dec.ReadToken()
}

// members calls visit at the value of every member of the object that comes next.
func (d *differ) members(visit func(name string)) {
	if _, err := d.dec.ReadToken(); err != nil {
		return
	}
	for d.dec.PeekKind() == '"' {
		raw, err := d.dec.ReadValue()
		if err != nil {
			return
		}
		visit(d.name(raw))
	}
	_, _ = d.dec.ReadToken()
}

// maxNames and maxNameLen bound the names that are remembered.
const (
	maxNames   = 256
	maxNameLen = 64
)

// name gives the text of a name. Those of the elements of a list come again and
// again.
func (d *differ) name(raw jsontext.Value) string {
	if name, ok := d.names[string(raw)]; ok {
		return name
	}
	name, _, err := unquote(raw)
	if err == nil && len(d.names) < maxNames && len(raw) <= maxNameLen {
		if d.names == nil {
			d.names = map[string]string{}
		}
		d.names[string(raw)] = name
	}
	return name
}

// unknown passes over a member without a type.
func (d *differ) unknown(known bool) {
	if !known {
		d.note(DriftUnknownMember)
	}
	_ = d.dec.SkipValue()
}

func (d *differ) structure(t reflect.Type) {
	info := object.Describe(t)
	if len(info.Members) == 0 && !info.Streams() { // Its own decoder knows better.
		_ = d.dec.SkipValue()
		return
	}
	var variant reflect.Type
	known := info.Extra >= 0
	if len(info.Variants) > 0 {
		kind, ok := object.PeekKind(d.dec, info.Kind)
		if index, listed := info.Variants[kind]; listed {
			variant = t.Field(index).Type.Elem()
			d.bulk += int(variant.Size())
		} else if ok && kind != "" { // Kept as it is; only the new kind is news.
			known = true
		}
	}
	d.members(func(name string) {
		if info.Kind != "" && name == info.Kind && d.dec.PeekKind() != '"' && d.dec.PeekKind() != 'n' {
			d.note(DriftWrongType) // The decoder takes it for an unknown kind.
		}
		if variant != nil {
			if index, ok := object.Describe(variant).Members[name]; ok {
				d.value(variant.FieldByIndex(index).Type)
				return
			}
		}
		if index, ok := info.Members[name]; ok {
			d.value(t.FieldByIndex(index).Type)
			return
		}
		if info.Extra >= 0 {
			d.bulk += int(t.Field(info.Extra).Type.Elem().Size())
		}
		d.unknown(known)
	})
}
