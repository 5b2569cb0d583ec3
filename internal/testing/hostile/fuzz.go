// Package hostile attacks the providers' handlers the way the open internet does.
// Its tests forge signatures, feed foreign parsing corpora, misbehave as clients,
// flood a server, search everything that is written for secrets, and weigh what a
// body can cost. The package itself holds what the fuzz targets of the provider
// packages have in common.
//
// Two environment variables make the tests longer than a normal run can be:
// LOYALTYHOOKS_FORGERIES is the number of forgeries to try, LOYALTYHOOKS_SOAK the
// time (5m) to keep a server under load.
package hostile

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/reencode"
)

// Target is a provider whose handler is fuzzed.
type Target[M any] struct {
	Provider string
	Events   []envelope.AnyEvent[M]

	// NewHandler makes a handler that verifies nothing.
	NewHandler func(envelope.Options, ...envelope.Route[M]) (*envelope.Handler, error)

	// Named says that the event's name is not in the body.
	Named bool

	// Ignore leaves out what two deliveries of the same content may differ in.
	Ignore cmp.Options
}

// FuzzDispatch sends any body through the handler. It is refused with a documented
// kind of error, or its typed values survive being written and read again; and
// what it costs is in proportion to its size.
func (s Target[M]) FuzzDispatch(f *testing.F, bodies ...string) {
	n := 0
	for event, golden := range envelopetest.Goldens(s.Provider) {
		if !s.Named {
			event = ""
		}
		f.Add(event, golden.ContentType, golden.Body)
		f.Add(event, golden.ContentType, withOdd(golden.Body, n))
		n++
	}
	f.Add("", envelopetest.JSON, []byte("\uFEFF{}"))
	for _, body := range bodies {
		f.Add("", "", []byte(body))
	}
	fuzzed := s.newHandler(f)
	f.Fuzz(func(t *testing.T, event, mediaType string, body []byte) {
		m := envelope.Message{Body: body, Event: event, Header: http.Header{"Content-Type": {mediaType}}}
		var first *delivery[M]
		allocated := Allocated(func() { first = fuzzed.dispatch(t, m) })
		if limit := AllocationLimit(len(body), fuzzMemory); allocated > limit {
			t.Errorf("%d bytes of body cost %d bytes of memory, more than %d", len(body), allocated, limit)
		}
		if first == nil {
			return
		}
		if first.raw {
			if payload, ok := first.payload.(json.RawMessage); !ok || payload != nil && !json.Valid(payload) {
				t.Errorf("the fallback got what is not JSON: %q", first.payload)
			}
			return
		}
		text, err := reencode.Delivery(s.Provider, first.event, first.meta, first.payload)
		if err != nil {
			t.Fatalf("what was accepted can't be written: %v", err)
		}
		again := envelope.Message{Body: text, Header: http.Header{"Content-Type": {envelopetest.JSON}}}
		if s.Named {
			again.Event = first.event
		}
		second := fuzzed.dispatch(t, again)
		if second == nil {
			t.Fatalf("what was accepted is refused when it is written again: %s", text)
		}
		if diff := cmp.Diff(first.content(), second.content(), s.Ignore); diff != "" {
			t.Errorf("the second reading differs (-first +second):\n%s\nwritten: %s", diff, text)
		}
	})
}

// fuzzMemory is enough for all that a fuzzer makes, and little enough to notice what
// is not counted.
const fuzzMemory = 1 << 20

// fuzzed is a handler that keeps what its functions got.
type fuzzed[M any] struct {
	handler *envelope.Handler
	last    *delivery[M]
	drift   []envelope.Drift
}

// delivery is what a function got.
type delivery[M any] struct {
	event   string
	meta    M
	payload any
	raw     bool // the fallback got it
	has     func(pointer string) bool
}

func (d *delivery[M]) content() map[string]any {
	return map[string]any{"event": d.event, "meta": d.meta, "payload": d.payload}
}

func (s Target[M]) newHandler(tb testing.TB) *fuzzed[M] {
	tb.Helper()
	z := new(fuzzed[M])
	routes := []envelope.Route[M]{envelope.Fallback(func(_ context.Context, d *envelope.Delivery[M, json.RawMessage]) error {
		z.last = &delivery[M]{event: d.Event, meta: d.Meta, payload: d.Payload, raw: true, has: d.Has}
		return nil
	})}
	for _, event := range s.Events {
		routes = append(routes, event.Handle(func(_ context.Context, d *envelope.Delivery[M, any]) error {
			z.last = &delivery[M]{event: d.Event, meta: d.Meta, payload: d.Payload, has: d.Has}
			return nil
		}))
	}
	var err error
	z.handler, err = s.NewHandler(envelope.Options{
		Unverified: true,
		MaxMemory:  fuzzMemory,
		Drift:      func(_ context.Context, report envelope.DriftReport) { z.drift = report.Drift },
	}, routes...)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

// dispatch returns what the function of the message's event got; nil if the message
// was refused.
func (z *fuzzed[M]) dispatch(tb testing.TB, m envelope.Message) *delivery[M] {
	tb.Helper()
	z.last, z.drift = nil, nil
	err := z.handler.Dispatch(tb.Context(), m)
	if err == nil {
		if z.last == nil {
			tb.Fatal("no error, and no function was called")
		}
		z.checkDrift(tb)
		return z.last
	}
	var failure *envelope.Error
	if !errors.As(err, &failure) {
		tb.Fatalf("not an *envelope.Error: %v", err)
	}
	switch failure.Kind {
	case envelope.KindMalformed, envelope.KindValidation, envelope.KindTooLarge:
	default:
		tb.Fatalf("kind %s of error for a body: %v", failure.Kind, err)
	}
	if failure.Offset < 0 || failure.Offset > int64(len(m.Body)) {
		tb.Errorf("offset %d in a body of %d bytes", failure.Offset, len(m.Body))
	}
	return nil
}

// checkDrift looks whether drift points to what was sent. The first ones do for
// all: each look reads the body.
func (z *fuzzed[M]) checkDrift(tb testing.TB) {
	tb.Helper()
	for _, drift := range z.drift[:min(3, len(z.drift))] {
		if drift.Kind == envelope.DriftUnknownEvent && drift.Pointer == "" {
			continue
		}
		if !z.last.has(drift.Pointer) {
			tb.Errorf("drift %s points to %q, which was not sent", drift.Kind, drift.Pointer)
		}
	}
}
