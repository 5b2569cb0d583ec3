package envelope

import (
	"context"
	"reflect"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
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
	DriftUnknownEvent    DriftKind = "unknown_event"                 // the package does not know the event
	DriftUnknownMember             = DriftKind(wire.UnknownMember)   // no typed field holds the member
	DriftUnknownValue              = DriftKind(wire.UnknownValue)    // a value that an enumeration does not list
	DriftWrongType                 = DriftKind(wire.WrongType)       // the JSON type does not fit; the field may be zero
	DriftInvalidText               = DriftKind(wire.InvalidText)     // text that is not Unicode; U+FFFD replaces what is not
	DriftDuplicateMember           = DriftKind(wire.DuplicateMember) // a member sent twice; the last one counts
)

// reportDrift reports what reading has noted.
func (c *call[M]) reportDrift(ctx context.Context, o *Observation) {
	if c.open.Body != nil && !c.open.whole {
		c.compare()
	}
	notes := &c.reader.Notes
	var list []Drift
	o.Drift = notes.Others.Total + notes.Misfits.Total
	if c.open.Event != "" && !c.known {
		list = append(list, Drift{DriftUnknownEvent, c.eventAt})
		o.Drift++
	}
	for _, notes := range [][]wire.Note{notes.Others.List, notes.Misfits.List} {
		for _, n := range notes {
			list = append(list, Drift{DriftKind(n.Kind), n.Pointer})
		}
	}
	o.drift = list
	if hook := c.handler.options.Drift; hook != nil && o.Drift > 0 {
		hook(ctx, DriftReport{
			Provider: c.handler.provider,
			Event:    c.open.Event,
			Known:    c.known,
			Drift:    list,
			Total:    o.Drift,
		})
	}
}

// compare looks for what the type of the whole body does not know, in JSON that an
// Open function has made of it. What does not fit has been noted before.
func (c *call[M]) compare() {
	text := c.message.Body
	if c.open.JSON != nil {
		text = c.open.JSON
	}
	misfits := c.reader.Misfits
	_ = c.reader.Decode(text, "", reflect.New(c.open.Body).Interface(), false)
	c.reader.Misfits = misfits
}
