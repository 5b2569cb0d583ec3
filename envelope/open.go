package envelope

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/internal/object"
)

// engineOf is the part of a Handler that knows its provider's types.
type engineOf[M any] struct {
	handler  *Handler
	provider Provider[M]
	routes   map[string]Route[M]
	fallback *Route[M]
	names    map[string]bool   // of the events that the package knows
	meta     *object.Info      // the members of M, where M is a struct
	texts    map[string]string // by their JSON: names of members and events we know
	checker  checker
	pointer  string   // to the payload, where Layout says so
	pointers []string // to the members that may hold the event's name
	calls    sync.Pool
}

func (e *engineOf[M]) start(h *Handler) {
	e.handler = h
	e.meta = &object.Info{}
	if t := reflect.TypeFor[M](); t.Kind() == reflect.Struct {
		e.meta = object.Describe(t)
	}
	if e.provider.Layout.Payload != "" {
		e.pointer = "/" + escape(e.provider.Layout.Payload)
	}
	for _, name := range e.provider.Layout.Event {
		e.pointers = append(e.pointers, "/"+escape(name))
	}
	e.texts = map[string]string{}
	known := slices.Concat(e.provider.Layout.Event, []string{e.provider.Layout.Payload}, e.meta.Names,
		slices.Collect(maps.Keys(e.names)), slices.Collect(maps.Keys(e.routes)))
	for _, name := range known {
		e.texts[string(quote(name))] = name
	}
	e.calls.New = func() any {
		c := &call[M]{engineOf: e, misfits: newMisfits(h.config.MaxDepth), rules: ruleWalk{checker: &e.checker}}
		c.open.misfits = c.misfits
		return c
	}
}

// call is the state of one delivery on its way to its function. It is used again
// for others; nothing of it reaches the function.
type call[M any] struct {
	*engineOf[M]
	dec     jsontext.Decoder
	buf     bytes.Buffer
	misfits *misfits
	rules   ruleWalk
	message Message
	open    Opening[M]
	state[M]
}

// state is what one reading of a delivery has found.
type state[M any] struct {
	known      bool
	opened     bool   // the event is told, and job is what runs
	job        job[M] // nil if nobody wants the event
	payload    bool   // the payload was there
	decoded    bool   // the payload was decoded where it was found
	from, to   int64  // the payload's place in the body
	tolerant   bool   // this is the second pass
	eventAt    string // pointer to the event's name; "" if it came from elsewhere
	key        string
	violations []Violation
}

// reset begins a reading of the message.
func (c *call[M]) reset(m Message) {
	c.message = m
	c.misfits.reset(len(m.Body))
	c.open = Opening[M]{Message: &c.message, Event: m.Event, misfits: c.misfits}
	c.state = state[M]{}
}

// process is the way of a delivery after its verification.
func (e *engineOf[M]) process(ctx context.Context, m Message) (o Observation, err *Error) {
	c := e.calls.Get().(*call[M])
	defer e.put(c)
	c.reset(m)
	err = c.decode()
	if err == nil {
		err = c.check()
	}
	o.Event, o.Known, o.Violations = c.open.Event, c.known, len(c.violations)
	o.violations = c.violations
	if err == nil || err.Kind == KindValidation {
		c.reportDrift(ctx, &o)
	}
	if err == nil {
		err = c.run(ctx, &o)
	}
	return o, err
}

// put keeps the call for another delivery, without anything of this one.
func (e *engineOf[M]) put(c *call[M]) {
	c.reset(Message{})
	c.buf = bytes.Buffer{}
	c.dec.Reset(&c.buf)
	e.calls.Put(c)
}

// decode opens the envelope and decodes the payload: strictly, and once more
// with tolerance where a type does not fit.
func (c *call[M]) decode() *Error {
	err := c.decodeOnce(nil)
	if err != nil && wantsTolerance(err) {
		c.reset(c.message)
		err = c.decodeOnce(c.misfits.lenient)
	}
	if err != nil {
		return asMalformed(err)
	}
	return nil
}

func (c *call[M]) decodeOnce(lenient *jsonv2.Unmarshalers) error {
	c.tolerant = lenient != nil
	if c.provider.Open != nil {
		return c.openCustom(lenient)
	}
	c.misfits.light = isLight(c.message.Body, c.misfits.maxDepth)
	c.read(c.message.Body, lenient)
	if c.provider.Layout.Payload == "" {
		c.tell(c.open.Event)
		if err := c.decodePayload(); err != nil {
			return err
		}
	} else if err := c.openLayout(); err != nil {
		return err
	}
	return atEnd(&c.dec)
}

// read points the decoder at a text, which it reads in place.
func (c *call[M]) read(text []byte, lenient *jsonv2.Unmarshalers) {
	c.buf = *bytes.NewBuffer(text)
	if lenient == nil {
		c.dec.Reset(&c.buf)
		return
	}
	c.dec.Reset(&c.buf, jsonv2.WithUnmarshalers(lenient))
}

// atEnd refuses anything behind the value.
func atEnd(dec *jsontext.Decoder) error {
	if dec.PeekKind() != 0 || len(bytes.TrimLeft(dec.UnreadBuffer(), " \t\r\n")) > 0 {
		return malformed(dec.InputOffset())
	}
	return nil
}

// openLayout reads the envelope member by member, in one pass: if the event's
// name comes before the payload, that is decoded where it stands.
func (c *call[M]) openLayout() error {
	if c.dec.PeekKind() != '{' {
		if err := c.skip(); err != nil {
			return err
		}
		return Malformed("not an object")
	}
	if _, err := c.dec.ReadToken(); err != nil {
		return err
	}
	c.open.Pointer = c.pointer
	rank := len(c.provider.Layout.Event) // of the member that the name was taken from
	if c.open.Event != "" {
		rank = -1
		c.tell(c.open.Event)
	}
	var names level
	for c.dec.PeekKind() != '}' {
		name, err := c.readName(&names)
		if err != nil {
			return err
		}
		switch r := slices.Index(c.provider.Layout.Event, name); {
		case r >= 0:
			err = c.openEvent(r, &rank)
		case name == c.provider.Layout.Payload:
			err = c.openPayload(rank)
		default:
			err = c.openMeta(name)
		}
		if err != nil {
			return err
		}
	}
	if _, err := c.dec.ReadToken(); err != nil {
		return err
	}
	c.tell(c.open.Event)
	if c.payload && !c.decoded {
		return c.decodeSpan(c.message.Body)
	}
	return nil
}

// readName reads a member's name; "" stands for one that means nothing to us.
func (c *call[M]) readName(names *level) (string, error) {
	raw, err := c.dec.ReadValue()
	switch {
	case err != nil:
		return "", err
	case !names.add(len(raw)-len(`""`), &c.misfits.spent):
		return "", errNesting
	}
	if name, ok := c.texts[string(raw)]; ok || bytes.IndexByte(raw, '\\') < 0 {
		return name, nil
	}
	name, _, err := unquote(raw)
	return name, err
}

// intern gives the text of a JSON string; that of an event we know without an
// allocation.
func (c *call[M]) intern(raw jsontext.Value) (string, error) {
	if name, ok := c.texts[string(raw)]; ok {
		return name, nil
	}
	text, _, err := unquote(raw)
	return text, err
}

// openEvent reads the event's name from a member. A member named earlier in the
// layout goes before one named later, whatever their order in the body.
func (c *call[M]) openEvent(r int, rank *int) error {
	switch kind := c.dec.PeekKind(); {
	case kind != '"':
		if err := c.skip(); err != nil {
			return err
		}
		if kind != 'n' {
			c.misfits.note(&c.dec)
		}
		return nil
	case r > *rank:
		return c.skip()
	}
	raw, err := c.dec.ReadValue()
	if err != nil {
		return err
	}
	c.open.Event, err = c.intern(raw)
	*rank = r
	c.eventAt = c.pointers[r]
	return err
}

// openPayload decodes the payload if its event is told, and notes its place
// otherwise. Only the name that goes before all others is sure to stay.
func (c *call[M]) openPayload(rank int) error {
	c.payload = c.dec.PeekKind() != 'n'
	if rank <= 0 {
		c.tell(c.open.Event)
		return c.decodePayload()
	}
	spent := c.misfits.spent
	if err := c.makeRoom(nil); err != nil {
		return err
	}
	c.misfits.spent = spent // The payload is looked at again.
	raw, err := c.dec.ReadValue()
	c.to = c.dec.InputOffset()
	c.from = c.to - int64(len(raw))
	return err
}

// openMeta decodes a member into the field of M that has its name.
func (c *call[M]) openMeta(name string) error {
	index, ok := c.meta.Members[name]
	if !ok {
		return c.skip()
	}
	field := object.Field(reflect.ValueOf(&c.open.Meta).Elem(), index)
	if err := c.makeRoom(field.Type()); err != nil {
		return err
	}
	return jsonv2.UnmarshalDecode(&c.dec, field.Addr().Interface())
}

// openCustom lets the provider open the body.
func (c *call[M]) openCustom(lenient *jsonv2.Unmarshalers) error {
	if err := c.provider.Open(&c.open); err != nil {
		return err
	}
	c.tell(c.open.Event)
	if c.job == nil {
		if c.open.JSON != nil {
			return nil
		}
		return c.wellFormed(c.message.Body)
	}
	if c.open.Value != nil && c.job.setValue(c.open.Value) {
		c.payload = true
		return nil
	}
	text := c.open.JSON
	if text == nil {
		text = c.message.Body
	}
	if c.open.Pointer != "" {
		if err := c.wellFormed(text); err != nil {
			return err
		}
		raw, ok := find(text, c.open.Pointer)
		if !ok {
			return nil
		}
		c.payload = true
		if c.job.target() == nil {
			c.job.setRaw(json.RawMessage(raw))
			return nil
		}
		return c.misfits.decode(raw, c.open.Pointer, c.job.target())
	}
	c.payload = true
	c.misfits.light = isLight(text, c.misfits.maxDepth)
	c.read(text, lenient)
	if err := c.decodePayload(); err != nil {
		return err
	}
	return atEnd(&c.dec)
}

// wellFormed refuses a text that is not one JSON value from end to end.
func (c *call[M]) wellFormed(text []byte) error {
	c.misfits.light = isLight(text, c.misfits.maxDepth)
	c.read(text, nil)
	if err := c.skip(); err != nil {
		return err
	}
	return atEnd(&c.dec)
}

// tell settles the event and begins the delivery to whom it concerns.
func (c *call[M]) tell(event string) {
	if c.opened {
		return
	}
	c.opened = true
	c.open.Event = event
	c.known = c.names[event]
	if route, ok := c.routes[event]; ok {
		c.known = true
		c.open.Event = route.event // A string of our own, wherever the sender's text is.
		c.job = route.begin()
	} else if c.fallback != nil {
		c.job = c.fallback.begin()
	}
}

// decodePayload decodes the value that comes next.
func (c *call[M]) decodePayload() error {
	dec := &c.dec
	c.decoded = true
	if c.job == nil {
		return c.skip()
	}
	if target := c.job.target(); target != nil {
		if err := c.makeRoom(reflect.TypeOf(target).Elem()); err != nil {
			return err
		}
		return jsonv2.UnmarshalDecode(dec, target)
	}
	if err := c.makeRoom(nil); err != nil {
		return err
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	end := dec.InputOffset()
	body := c.message.Body
	if c.open.JSON != nil {
		body = c.open.JSON
	}
	c.job.setRaw(json.RawMessage(body[end-int64(len(raw)) : end : end]))
	return nil
}

// makeRoom looks at the value that comes next, see there.
func (c *call[M]) makeRoom(t reflect.Type) error {
	c.dec.PeekKind()
	return c.misfits.makeRoom(object.Unread(&c.dec), t, c.dec.StackDepth(), c.tolerant)
}

func (c *call[M]) skip() error {
	if err := c.makeRoom(nil); err != nil {
		return err
	}
	return c.dec.SkipValue()
}

// decodeSpan decodes a payload that came before its event's name.
func (c *call[M]) decodeSpan(body []byte) error {
	if c.job == nil {
		return nil
	}
	raw := body[c.from:c.to:c.to]
	if target := c.job.target(); target != nil {
		return c.misfits.decode(raw, c.open.Pointer, target)
	}
	c.job.setRaw(json.RawMessage(raw))
	return nil
}

// run names the delivery and calls its function, at most once a key.
func (c *call[M]) run(ctx context.Context, o *Observation) *Error {
	if c.job == nil {
		o.Outcome = OutcomeIgnored
		if c.open.Event == "" {
			return &Error{Kind: KindNoEvent, Status: http.StatusInternalServerError, Retryable: true, Err: ErrNoEvent}
		}
		return nil
	}
	o.Outcome = OutcomeHandled
	if _, registered := c.routes[c.open.Event]; !registered {
		o.Outcome = OutcomeFallback
	}
	c.key = c.name()
	c.job.fill(c)
	idempotency := c.handler.config.Idempotency
	if idempotency == nil || c.key == "" {
		return c.invoke(ctx)
	}
	claim, err := idempotency.claim(ctx, c.key)
	switch {
	case err != nil:
		return unavailable(KindStore, c.handler.config.RetryAfter, &causeError{ErrStore, err})
	case claim.State == StateRunning:
		return unavailable(KindRunning, c.handler.config.RetryAfter, ErrRunning)
	case claim.State == StateDone:
		o.Outcome = OutcomeDuplicate
		return nil
	case claim.State != StateClaimed:
		return unavailable(KindStore, c.handler.config.RetryAfter, ErrStore)
	}
	// Also when the function panics with http.ErrAbortHandler.
	end := idempotency.Store.Release
	defer func() { o.StoreErr = idempotency.end(ctx, end, c.key, claim.Token) }()
	failure := c.invoke(ctx)
	if failure == nil || failure.Kind == KindDropped {
		end = idempotency.Store.Finish
	}
	return failure
}

// causeError is one of the errors of this package with the cause behind it, whose
// text is not ours to show.
type causeError struct{ err, cause error }

func (e *causeError) Error() string   { return e.err.Error() }
func (e *causeError) Unwrap() []error { return []error{e.err, e.cause} }

// name is the delivery's key behind the names of provider and handler.
func (c *call[M]) name() string {
	var key string
	switch {
	case c.handler.config.Key != nil:
		m := c.message
		m.Event = c.open.Event
		key = c.handler.config.Key(&m)
	case c.provider.Key != nil:
		key = c.provider.Key(&c.open.Meta)
	}
	if key == "" {
		return ""
	}
	if c.handler.config.Name != "" {
		key = c.handler.config.Name + "/" + key
	}
	return c.handler.provider + "/" + key
}

// invoke calls the function with a context that outlives the sender's
// connection.
func (c *call[M]) invoke(parent context.Context) (failure *Error) {
	ctx := c.job.context()
	ctx.start(parent, c.handler.config.Timeout)
	defer ctx.end()
	returned := false
	defer func() {
		if returned {
			return
		}
		thrown := recover()
		if err, ok := thrown.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(thrown)
		}
		if thrown != nil { // It is nil when the function ended its goroutine.
			failure = newPanicError(thrown)
		}
	}()
	err := c.job.run(ctx)
	returned = true
	return classify(err)
}
