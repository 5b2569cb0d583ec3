package hostile_test

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/hostile"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

// TestSituations: what real senders do to bytes and headers costs no delivery, of any
// provider, through either entrance, and Raw is what was sent.
func TestSituations(t *testing.T) {
	const unknown = `,"somethingNew":`
	inside := func(member string) func(string) string {
		return func(body string) string { return strings.TrimSuffix(body, "}") + unknown + member + "}" }
	}
	for _, situation := range []struct {
		name   string
		body   func(string) string
		header http.Header
	}{
		{name: "byte order mark", body: func(body string) string { return "\uFEFF" + body }},
		{name: "byte order mark and no media type", body: func(body string) string { return "\uFEFF" + body }, header: http.Header{"Content-Type": nil}},
		{name: "line feed in front", body: func(body string) string { return "\r\n " + body }},
		{name: "line feed at the end", body: func(body string) string { return body + "\r\n" }},
		{name: "half of an emoji in a new member", body: inside(`"Eva \ud83d"`)},
		{name: "other half in a new member", body: inside(`["\ude00 Eva",{"\uDC00":1}]`)},
		{name: "latin 1 in a new member", body: inside("\"Andr\xe9\"")},
		{name: "name twice in a new member", body: inside(`{"a":1,"a":2}`)},
		{name: "deep new member", body: inside(strings.Repeat("[", 200) + strings.Repeat("]", 200))},
		{name: "huge number in a new member", body: inside(`1e400`)},
		{name: "Content-Encoding UTF-8", header: http.Header{"Content-Encoding": {"UTF-8"}}},
		{name: "Content-Encoding none", header: http.Header{"Content-Encoding": {"none"}}},
		{name: "Content-Encoding 8bit", header: http.Header{"Content-Encoding": {"8bit"}}},
		{name: "Content-Encoding identity twice", header: http.Header{"Content-Encoding": {"identity", "Identity"}}},
		{name: "Content-Type twice", header: http.Header{"Content-Type": {"application/json", "application/json"}}},
		{name: "Content-Type twice in one header", header: http.Header{"Content-Type": {"application/json, application/json; charset=utf-8"}}},
		{name: "media type of a form", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}},
		{name: "media type with a charset", header: http.Header{"Content-Type": {"application/json;charset=ISO-8859-1"}}},
		{name: "no media type", header: http.Header{"Content-Type": nil}},
	} {
		for _, p := range providers() {
			t.Run(p.name+"/"+situation.name, func(t *testing.T) {
				var raw []byte
				h := p.newHandler(t, envelope.Options{Observer: nil}, accept)
				for _, golden := range p.goldens() {
					if golden.Situation != "basic" || golden.Encoder != "" {
						continue
					}
					body := strings.TrimSpace(string(golden.Body))
					if situation.body != nil {
						body = situation.body(body)
					}
					raw = []byte(body)
					r := p.request(t, golden, raw)
					for name, values := range situation.header {
						r.Header[name] = values
					}
					if result := envelopetest.Deliver(t, h, r); result.Status != http.StatusOK || result.Event != golden.Event {
						t.Errorf("%s: %d %v", golden.Event, result.Status, result.Err)
					}
					m := p.message(golden, raw)
					for name, values := range situation.header {
						m.Header[name] = values
					}
					if err := h.Dispatch(t.Context(), m); err != nil {
						t.Errorf("Dispatch of %s: %v", golden.Event, err)
					}
				}
			})
		}
	}
}

// TestMutatedGoldens: a member of a payload that is something else costs the delivery
// only where it is an identity, and never anything but 422, or 400 for one that is not
// Unicode. With LOYALTYHOOKS_SOAK all are tried.
func TestMutatedGoldens(t *testing.T) {
	step := 11
	if os.Getenv("LOYALTYHOOKS_SOAK") != "" {
		step = 1
	}
	for _, p := range providers() {
		t.Run(p.name, func(t *testing.T) {
			h := p.newHandler(t, envelope.Options{}, accept)
			tried, refused := 0, 0 // Ambassify's payloads have no identities.
			for _, golden := range p.goldens() {
				if golden.Encoder != "" {
					continue
				}
				m := mutator{t: t, h: h, p: p, golden: golden}
				for i, pointer := range pointersOf(golden.Body, "") {
					for j, value := range hostile.OddValues {
						if (i*len(hostile.OddValues)+j+len(golden.Body))%step > 0 || !m.isPayload(pointer) {
							continue
						}
						tried++
						if m.deliver(pointer, value) {
							refused++
						}
					}
				}
			}
			t.Logf("%d mutations, %d refused for an identity", tried, refused)
			if tried < 5000 {
				t.Error("too few")
			}
		})
	}
}

type mutator struct {
	t      *testing.T
	h      *envelope.Handler
	p      provider
	golden envelopetest.Golden
}

// isPayload reports whether a member is in the payload.
func (m mutator) isPayload(pointer string) bool {
	switch m.p.name {
	case mambo.Name:
		return pointer != ""
	case ambassify.Name:
		resource, _, _ := strings.Cut(m.golden.Event, ".")
		return strings.HasPrefix(pointer, "/"+resource+"/")
	}
	return strings.HasPrefix(pointer, "/data/")
}

// deliver reports whether a mutation is refused, and checks why.
func (m mutator) deliver(pointer, value string) (refused bool) {
	err := m.dispatch(pointer, value)
	if err == nil {
		return false
	}
	var validation *envelope.ValidationError
	switch {
	case errors.As(err, &validation):
		elsewhere := func(v envelope.Violation) bool {
			return v.Pointer != pointer && !strings.HasPrefix(v.Pointer, pointer+"/") && !strings.HasPrefix(pointer, v.Pointer+"/")
		}
		if slices.ContainsFunc(validation.Violations, elsewhere) {
			m.t.Errorf("%s/%s: %s as %s: %+v", m.golden.Event, m.golden.Situation, pointer, value, validation.Violations)
		}
	case errors.Is(err, envelope.ErrMalformed) && strings.Contains(err.Error(), "not Unicode") && errors.As(m.dispatch(pointer, "null"), &validation):
	default:
		m.t.Errorf("%s/%s: %s as %s: %v", m.golden.Event, m.golden.Situation, pointer, value, err)
	}
	return true
}

func (m mutator) dispatch(pointer, value string) error {
	member, ok := wire.Find(m.golden.Body, pointer)
	if !ok {
		m.t.Fatalf("%s: no %s", m.golden.Event, pointer)
	}
	at := 0 // The member is a part of the body.
	for &m.golden.Body[at] != &member[0] {
		at++
	}
	body := slices.Concat(m.golden.Body[:at], []byte(value), m.golden.Body[at+len(member):])
	return m.h.Dispatch(m.t.Context(), m.p.message(m.golden, body))
}

// pointersOf lists the members and elements of a JSON text.
func pointersOf(raw jsontext.Value, pointer string) (pointers []string) {
	pointers = append(pointers, pointer)
	if kind := raw.Kind(); kind == '{' || kind == '[' {
		for name, member := range children(raw) {
			pointers = append(pointers, pointersOf(member, string(jsontext.Pointer(pointer).AppendToken(name)))...)
		}
	}
	return pointers
}
