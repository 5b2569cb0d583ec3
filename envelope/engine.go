package envelope

import (
	"github.com/go-json-experiment/json/jsontext"

	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/loyaltyhooks/loyaltyhooks/internal/probe"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// engine is the seam between the Handler, which knows no types, and engineOf, which
// knows those of its provider: there is one engineOf[M] to each Handler. Everything
// else between them is a plain call.
type engine interface {
	process(v *visit, m Message) *Error
}

// engineOf is the other side of the seam.
type engineOf[M any] struct {
	handler  *Handler
	provider Provider[M]
	routes   map[string]Route[M]
	fallback *Route[M]
	payloads map[string]reflect.Type // of the events that the package knows
	meta     *wire.Plan
	members  map[string]member // of the envelope, by the JSON of their names
	texts    map[string]string // names of events that we know, by their JSON
	pointer  string            // to the payload, where Layout says so
	pointers []string          // to the members that may hold the event's name
	calls    sync.Pool
}

// member is a member of the envelope that means something to us.
type member struct {
	index int         // among them
	event int         // rank among those that may hold the event's name, or -1
	meta  *wire.Field // of M, or nil: then it is the event's name or the payload
}

func (e *engineOf[M]) start(h *Handler) {
	e.handler = h
	e.meta = wire.PlanOf(reflect.TypeFor[M]())
	e.members, e.texts = map[string]member{}, map[string]string{}
	add := func(name string, m member) {
		m.index = len(e.members)
		e.members[string(wire.Quote(name))] = m
	}
	for i := range e.meta.Fields {
		add(e.meta.Fields[i].Name, member{event: -1, meta: &e.meta.Fields[i]})
	}
	if name := e.provider.Layout.Payload; name != "" {
		e.pointer = string(jsontext.Pointer("").AppendToken(name))
		add(name, member{event: -1})
	}
	for i, name := range e.provider.Layout.Event {
		e.pointers = append(e.pointers, string(jsontext.Pointer("").AppendToken(name)))
		add(name, member{event: i})
	}
	for _, name := range slices.AppendSeq(slices.Collect(maps.Keys(e.payloads)), maps.Keys(e.routes)) {
		e.texts[string(wire.Quote(name))] = name
	}
	e.calls.New = func() any {
		return &call[M]{engineOf: e, sent: make([]bool, len(e.members))}
	}
}

// verify finds types that would fail at every delivery.
func (e *engineOf[M]) verify(t reflect.Type) error {
	if err := wire.Check(t); err != nil {
		return err
	}
	return verifyRules(wire.PlanOf(t), map[*wire.Plan]bool{})
}

func (e *engineOf[M]) register(route Route[M]) error {
	_, twice := e.routes[route.event]
	switch {
	case route.begin == nil:
		return errors.New("a route is empty")
	case route.event == "" && !route.fallback:
		return errors.New("an event has no name")
	case route.isNil:
		return fmt.Errorf("the function of %s is nil", cmp.Or(route.event, "the fallback"))
	case route.fallback && e.fallback != nil:
		return errors.New("there are two fallbacks")
	case route.fallback:
		e.fallback = &route
		return nil
	case twice:
		return fmt.Errorf("event %s is registered twice", route.event)
	}
	e.routes[route.event] = route
	return nil
}

// call is the state of one delivery on its way to its function. It is used again
// for others; nothing of it reaches the function.
type call[M any] struct {
	*engineOf[M]
	reader  wire.Reader
	rules   ruleWalk
	sent    []bool // the members of the envelope that were sent
	message Message
	open    Contents[M]
	// detached deliveries outlive the context that they come with: the sender may hang
	// up.
	detached bool
	state[M]
}

// state is what reading a delivery has found.
type state[M any] struct {
	raw        []byte // the body as it was sent
	known      bool
	told       bool   // the event is told, and job is what runs
	job        job[M] // nil if nobody wants the event
	payload    bool   // the payload was there
	eventAt    string // pointer to the event's name; "" if it came from elsewhere
	key        string
	violations []Violation
}

// byteOrderMark is what some senders write before JSON. It is signed, and belongs to Raw.
var byteOrderMark = []byte("\uFEFF")

// begin begins a delivery.
func (c *call[M]) begin(ctx context.Context, m Message) {
	c.message, c.raw = m, m.Body
	c.message.Body = bytes.TrimPrefix(m.Body, byteOrderMark)
	c.reader.Reset(wire.Limits{Depth: c.handler.options.MaxDepth, Memory: c.handler.options.MaxMemory})
	c.reader.Unusual = isUnusual
	c.reader.Listening = c.handler.options.Drift != nil || probe.From(ctx) != nil
	clear(c.sent)
	c.open.Message, c.open.Event, c.open.reader = &c.message, m.Event, &c.reader
}

// process is the way of a delivery after its verification.
func (e *engineOf[M]) process(v *visit, m Message) *Error {
	c := e.calls.Get().(*call[M])
	defer e.put(c)
	c.begin(v.ctx, m)
	c.detached = v.detached
	o := &v.o
	err := c.decode()
	if err == nil {
		err = c.check()
	}
	o.Event, o.Known, o.Violations = c.open.Event, c.known, len(c.violations)
	o.violations = c.violations
	if c.reader.Listening && (err == nil || err.Kind == KindValidation) {
		c.reportDrift(v.ctx, o)
	}
	if err == nil {
		err = c.run(v.ctx, o)
	}
	return err
}

// put keeps the call for another delivery, without anything of this one.
func (e *engineOf[M]) put(c *call[M]) {
	c.reader.Release()
	c.message, c.open, c.state = Message{}, Contents[M]{}, state[M]{}
	e.calls.Put(c)
}
