package envelope

import (
	"cmp"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// decode opens the envelope and decodes the payload.
func (c *call[M]) decode() *Error {
	var err error
	switch {
	case c.provider.Open != nil:
		err = c.openCustom()
	case c.provider.Layout.Payload != "":
		err = c.openLayout()
	default:
		c.tell(c.open.Event)
		err = c.decodePart(c.message.Body)
	}
	if err != nil {
		return c.asMalformed(err)
	}
	return nil
}

// asMalformed keeps the place and the reason of a refusal.
func (c *call[M]) asMalformed(err error) *Error {
	var own *Error
	var refusal *wire.RefusedError
	switch {
	case errors.As(err, &own):
		return own
	case !errors.As(err, &refusal) || refusal.Reason == nil:
		refusal = cmp.Or(refusal, &wire.RefusedError{})
		return malformed(refusal.Offset+c.skipped(), ErrMalformed)
	}
	why := refusal.Reason.Error()
	if refusal.Pointer != "" {
		pointer := c.safe(refusal.Pointer)
		if len(pointer) > maxPointerText {
			pointer = pointer[:maxPointerText] + " ..."
		}
		why += " at " + pointer
	}
	return malformed(refusal.Offset+c.skipped(), reason.New(ErrMalformed, why))
}

// skipped is the length of a byte order mark in front of the body.
func (c *call[M]) skipped() int64 { return int64(len(c.raw) - len(c.message.Body)) }

// maxPointerText bounds the bytes of a pointer in the text of an error.
const maxPointerText = 100

// safe is a pointer without names that the sender chose.
func (c *call[M]) safe(pointer string) string {
	rest, inside := strings.CutPrefix(pointer, c.open.Pointer)
	switch {
	case slices.Contains(c.pointers, pointer) || pointer == c.pointer:
		return pointer
	case inside && (rest == "" || rest[0] == '/') && c.job != nil && !c.open.isWhole():
		payload := reflect.TypeOf(c.job.target()).Elem()
		return c.open.Pointer + wire.PlanOf(payload).Safe(rest)
	}
	return c.meta.Safe(pointer)
}

// openLayout reads the envelope member by member, in one pass: if the event's
// name comes before the payload, that is decoded where it is.
func (c *call[M]) openLayout() error {
	r := &c.reader
	r.Begin(c.message.Body, "")
	if r.Kind() != '{' {
		if err := r.Skip(); err != nil {
			return err
		}
		return Malformed("not an object")
	}
	if err := r.Enter(); err != nil {
		return err
	}
	c.open.Pointer = c.pointer
	rank := len(c.provider.Layout.Event) // of the member that the name was taken from
	if c.open.Event != "" {
		rank = -1
		c.tell(c.open.Event)
	}
	var waiting jsontext.Value // the payload, if it comes before the event's name
	for r.Kind() != '}' {
		name, err := r.Name()
		if err != nil {
			return err
		}
		if err := c.openMember(name, &rank, &waiting); err != nil {
			return err
		}
	}
	if err := r.Leave(); err != nil {
		return err
	}
	if err := r.End(); err != nil {
		return err
	}
	c.tell(c.open.Event)
	if waiting == nil {
		return nil
	}
	return c.decodePart(waiting)
}

// openMember reads one member of the envelope.
func (c *call[M]) openMember(name jsontext.Value, rank *int, waiting *jsontext.Value) (err error) {
	m, ok := c.members[string(name)]
	if !ok {
		m, ok = c.members[string(wire.Canonical(name))]
	}
	switch {
	case !ok:
		return c.reader.Unknown()
	case c.sent[m.index]:
		return c.reader.Twice()
	}
	c.sent[m.index] = true
	switch {
	case m.event >= 0:
		return c.openEvent(m.event, rank)
	case m.meta != nil:
		return c.reader.Member(reflect.ValueOf(&c.open.Meta).Elem(), m.meta)
	}
	c.payload = c.reader.Kind() != 'n'
	if *rank <= 0 { // Only the name that goes before all others is sure to stay.
		c.tell(c.open.Event)
		return c.decodePayload()
	}
	raw, err := c.reader.Raw()
	if c.payload {
		*waiting = raw
	}
	return err
}

// openEvent reads the event's name from a member. A member named earlier in the
// layout goes before one named later, whatever their order in the body.
func (c *call[M]) openEvent(at int, rank *int) error {
	raw, err := c.reader.Raw()
	switch {
	case err != nil:
		return err
	case raw[0] == 'n':
		return nil
	case raw[0] != '"':
		c.reader.Misfit(c.pointers[at])
		return nil
	}
	if err := c.reader.Unicode(raw); err != nil || at > *rank {
		return err
	}
	*rank, c.eventAt = at, c.pointers[at]
	if name, ok := c.texts[string(raw)]; ok { // No allocation for one that we know.
		c.open.Event = name
		return nil
	}
	c.open.Event, _, err = wire.Unquote(raw)
	return err
}

// openCustom lets the provider open the body.
func (c *call[M]) openCustom() error {
	if err := c.provider.Open(&c.open); err != nil {
		return err
	}
	c.tell(c.open.Event)
	text := c.message.Body
	if c.open.JSON != nil {
		text = c.open.JSON
	}
	decoded := c.job != nil && c.open.Value != nil && c.job.setValue(c.open.Value)
	c.payload = decoded
	switch {
	case c.open.isWhole() && !decoded && c.job != nil:
		raw, ok := wire.Find(text, c.open.Pointer)
		if c.payload = ok; ok {
			return c.decodePart(raw)
		}
		return nil
	case c.open.isWhole():
		return nil
	}
	c.reader.Begin(text, "")
	if err := c.follow(c.open.Pointer, decoded, true); err != nil {
		return err
	}
	return c.reader.End()
}

// follow reads along a pointer to the payload and decodes it, unless that was done.
// Around it the outermost members are known to M or to the Open function; what is
// next to the rest of the way is not described by anything.
func (c *call[M]) follow(pointer string, decoded, outermost bool) error {
	r := &c.reader
	if pointer == "" {
		if decoded {
			return r.Skip()
		}
		c.payload = true
		return c.decodePayload()
	}
	first, rest := pointer, ""
	if end := strings.IndexByte(pointer[1:], '/'); end >= 0 {
		first, rest = pointer[:1+end], pointer[1+end:]
	}
	token := jsontext.Pointer(first).LastToken()
	kind := r.Kind()
	if kind != '{' && kind != '[' {
		return r.Skip()
	}
	if err := r.Enter(); err != nil {
		return err
	}
	found := false
	for i := 0; r.Kind() != '}' && r.Kind() != ']'; i++ {
		name := strconv.Itoa(i)
		if kind == '{' {
			raw, err := r.Name()
			if err != nil {
				return err
			}
			name, _, _ = wire.Unquote(raw)
		}
		if err := c.step(name, token, rest, &found, decoded, outermost && kind == '{'); err != nil {
			return err
		}
	}
	return r.Leave()
}

// step reads one member or element on the way to the payload.
func (c *call[M]) step(name, token, rest string, found *bool, decoded, outermost bool) error {
	switch _, meta := c.meta.Member(name); {
	case name == token && *found:
		return c.reader.Twice()
	case name == token:
		*found = true
		return c.follow(rest, decoded, false)
	case !outermost || meta || slices.Contains(c.open.Members, name):
		return c.reader.Skip()
	}
	return c.reader.Unknown()
}

// tell settles the event and begins the delivery to whom it concerns.
func (c *call[M]) tell(event string) {
	if c.told {
		return
	}
	c.told = true
	c.open.Event = event
	_, c.known = c.payloads[event]
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
	if c.job == nil {
		return c.reader.Skip()
	}
	target := c.job.target()
	if part, ok := target.(*json.RawMessage); ok {
		raw, err := c.reader.Raw()
		*part = json.RawMessage(raw[:len(raw):len(raw)])
		return err
	}
	v := reflect.ValueOf(target).Elem()
	return c.reader.Value(wire.PlanOf(v.Type()), v, nil)
}

// decodePart decodes the payload from the part of the body that it is.
func (c *call[M]) decodePart(text jsontext.Value) error {
	c.reader.Begin(text, c.open.Pointer)
	if err := c.decodePayload(); err != nil {
		return err
	}
	return c.reader.End()
}
