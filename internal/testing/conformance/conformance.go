// Package conformance tests a provider's package against its catalogue and its
// golden deliveries, by reflection, so that no event, model, field or listed value
// can be forgotten.
package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/reencode"
)

// Suite is a provider under test. Its tests run in the folder of the provider's
// package.
type Suite[M any] struct {
	Provider string
	Events   []envelope.AnyEvent[M]

	// NewHandler makes a handler that verifies nothing.
	NewHandler func(envelope.Options, ...envelope.Route[M]) (*envelope.Handler, error)

	// Key is the NaturalKey of the package; nil if the provider sends an id.
	Key envelope.KeyFunc

	// EnvelopeModel names the model of the catalogue that M stands for, if there
	// is one.
	EnvelopeModel string

	// Header is what a delivery of an event is sent with; nil for none.
	Header func(envelopetest.Golden) map[string]string
}

// Run runs all tests.
func Run[M any](t *testing.T, s Suite[M]) {
	catalog, err := envelopetest.ReadCatalog(s.Provider)
	if err != nil {
		t.Fatal(err)
	}
	source := parseSource(t)
	t.Run("events", func(t *testing.T) { s.testEvents(t, catalog, source) })
	t.Run("models", func(t *testing.T) { s.testModels(t, catalog, source) })
	t.Run("goldens cover the catalogue", func(t *testing.T) { s.testCoverage(t, catalog) })
	t.Run("goldens", s.testGoldens)
	t.Run("holes", s.testHoles)
	t.Run("keys", s.testKeys)
}

// testEvents compares the lists of events.
func (s Suite[M]) testEvents(t *testing.T, catalog *envelopetest.Catalog, source *source) {
	payloads := map[string]reflect.Type{}
	for _, event := range s.Events {
		if payloads[event.Name()] != nil {
			t.Errorf("event %s is listed twice", event.Name())
		}
		payloads[event.Name()] = event.Payload()
	}
	for _, event := range catalog.Events {
		payload := payloads[event.Name]
		if payload == nil {
			t.Errorf("event %s has no descriptor", event.Name)
			continue
		}
		delete(payloads, event.Name)
		name := payload.Name()
		if event.Array && name == "" {
			name = payload.Elem().Name()
		}
		if want := event.Payload; !sameName(name, want) && !(event.Array && payload.Kind() == reflect.Slice && sameName(payload.Elem().Name(), want)) {
			t.Errorf("event %s has payload %s, want %s", event.Name, payload, want)
		}
		doc := source.eventDocs[event.Name]
		if len(doc) < 40 || !strings.Contains(doc, "Source:") {
			t.Errorf("event %s has no comment that says when it fires and where that is documented", event.Name)
		}
		trigger := event.TriggerConfidence
		if trigger == "" {
			trigger = event.Confidence
		}
		if inferred := trigger == envelopetest.Inferred; strings.Contains(doc, "Inferred:") != inferred {
			t.Errorf("that the trigger of %s is inferred is %t in the catalogue, and its comment is %q", event.Name, inferred, doc)
		}
	}
	for name := range payloads {
		t.Errorf("event %s is not in the catalogue", name)
	}
}

// testGoldens delivers each golden delivery and compares what comes out with
// what went in.
func (s Suite[M]) testGoldens(t *testing.T) {
	count := 0
	for event, golden := range envelopetest.Goldens(s.Provider) {
		count++
		t.Run(strings.TrimSuffix(event+"/"+golden.Situation+"."+golden.Encoder, "."), func(t *testing.T) {
			s.testGolden(t, golden)
		})
	}
	if count < len(s.Events) {
		t.Errorf("%d golden deliveries for %d events", count, len(s.Events))
	}
}

func (s Suite[M]) testGolden(t *testing.T, golden envelopetest.Golden) {
	drifting := strings.HasPrefix(golden.Situation, "drift-")
	var delivered *envelope.Delivery[M, any]
	h := s.handler(t, func(_ context.Context, d *envelope.Delivery[M, any]) error {
		delivered = d
		return nil
	}, func(_ context.Context, r envelope.DriftReport) {
		if !drifting {
			t.Errorf("drift: %v", r.Drift)
		}
	})
	if err := h.Dispatch(t.Context(), s.message(golden, golden.Body)); err != nil {
		t.Fatal(err)
	}
	switch {
	case delivered == nil:
		t.Fatalf("no function ran")
	case delivered.Event != golden.Event:
		t.Fatalf("delivered as %s", delivered.Event)
	case !bytes.Equal(delivered.Raw, golden.Body):
		t.Errorf("Raw is not the body")
	case drifting:
		return
	case len(delivered.Violations) > 0:
		t.Errorf("violations: %v", delivered.Violations)
	}
	payload := reflect.ValueOf(delivered.Payload)
	if golden.Encoder == "" {
		s.testRoundTrip(t, golden, delivered)
	}
	testStandard(t, payload)
}

// testRoundTrip encodes the whole delivery from its typed values alone.
func (s Suite[M]) testRoundTrip(t *testing.T, golden envelopetest.Golden, d *envelope.Delivery[M, any]) {
	encoded, err := reencode.Delivery(d.Provider, d.Event, d.Meta, d.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reencode.Normal(golden.Body), reencode.Normal(encoded)); diff != "" {
		t.Errorf("encode(decode(x)) differs from x (-x +encoded):\n%s", diff)
	}
}

// testStandard compares encoding/json with the library, both ways.
func testStandard(t *testing.T, payload reflect.Value) {
	v2, err := jsonv2.Marshal(payload.Interface())
	if err != nil {
		t.Fatal(err)
	}
	v1, err := json.Marshal(payload.Interface())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reencode.Normal(v2), reencode.Normal(v1)); diff != "" {
		t.Errorf("encoding/json encodes differently (-library +encoding/json):\n%s", diff)
	}
	for name, unmarshal := range map[string]func([]byte, any) error{
		"encoding/json": json.Unmarshal,
		"the library":   func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) },
	} {
		again := reflect.New(payload.Type().Elem())
		if err := unmarshal(v2, again.Interface()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(payload.Interface(), again.Interface()); diff != "" {
			t.Errorf("decode(encode(v)) differs from v with %s (-v +decoded):\n%s", name, diff)
		}
	}
}

// testHoles replaces each object and list of each delivery by nothing, null, []
// and {}. None may fail otherwise than for an identity.
func (s Suite[M]) testHoles(t *testing.T) {
	h := s.handler(t, func(context.Context, *envelope.Delivery[M, any]) error { return nil }, nil)
	for event, golden := range envelopetest.Goldens(s.Provider) {
		if golden.ContentType != envelopetest.JSON {
			continue
		}
		var body any
		if err := json.Unmarshal(golden.Body, &body); err != nil {
			t.Fatal(err)
		}
		forEachContainer(body, func(set func(any), remove func()) {
			for _, hole := range []any{nil, []any{}, map[string]any{}} {
				set(hole)
				s.mustCope(t, h, golden, body)
			}
			remove()
			s.mustCope(t, h, golden, body)
		})
		_ = event
	}
}

func (s Suite[M]) mustCope(t *testing.T, h *envelope.Handler, golden envelopetest.Golden, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	err = h.Dispatch(t.Context(), s.message(golden, text))
	if err == nil {
		return
	}
	var failure *envelope.Error
	if !errors.As(err, &failure) || failure.Kind != envelope.KindValidation {
		t.Errorf("%s/%s: %v for %s", golden.Event, golden.Situation, err, text)
	}
}

// forEachContainer calls visit for each object and list below the root, with
// functions that replace and remove it. It is put back afterwards.
func forEachContainer(v any, visit func(set func(any), remove func())) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			forEachContainer(value, visit)
			if isContainer(value) {
				visit(func(x any) { v[key] = x }, func() { delete(v, key) })
				v[key] = value
			}
		}
	case []any:
		for i, value := range v {
			forEachContainer(value, visit)
			if isContainer(value) {
				visit(func(x any) { v[i] = x }, func() { v[i] = nil })
				v[i] = value
			}
		}
	}
}

func isContainer(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

func (s Suite[M]) handler(t *testing.T, fn envelope.Func[M, any], drift func(context.Context, envelope.DriftReport)) *envelope.Handler {
	t.Helper()
	routes := make([]envelope.Route[M], len(s.Events))
	for i, event := range s.Events {
		routes[i] = event.Handle(fn)
	}
	h, err := s.NewHandler(envelope.Options{Unverified: true, Drift: drift}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (s Suite[M]) message(golden envelopetest.Golden, body []byte) envelope.Message {
	m := envelope.Message{Body: body, Header: map[string][]string{"Content-Type": {golden.ContentType}}}
	if s.Header != nil {
		for name, value := range s.Header(golden) {
			m.Header.Set(name, value)
		}
	}
	return m
}
