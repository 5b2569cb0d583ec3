package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// provider is one of the four, with all that its tests need.
type provider struct {
	name string

	// newHandler makes a handler with a function for every event and a fallback.
	// It verifies by the provider's secret unless config says otherwise.
	newHandler func(testing.TB, envelope.Options, receive) *envelope.Handler

	// sign proves the origin of a request.
	sign func(r *http.Request, body []byte, at time.Time) error

	// payloads gives an empty payload of each event.
	payloads func() map[string]any

	// wrap makes a body of a payload's JSON text.
	wrap func(event, payload string) string
}

// keys are what may name the deliveries of the provider.
func (p provider) keys() map[string]envelope.KeyFunc {
	keys := map[string]envelope.KeyFunc{"digest key": envelope.DigestKey(time.Hour)}
	switch p.name {
	case masivo.Name:
		keys["natural key"] = masivo.NaturalKey
	case mambo.Name:
		keys["natural key"] = mambo.NaturalKey
	case ambassify.Name:
		keys["natural key"] = ambassify.NaturalKey
	}
	return keys
}

// receive gets a delivery, as a value that fmt and slog know, and its payload.
type receive func(ctx context.Context, event string, delivery, payload any) error

func accept(context.Context, string, any, any) error { return nil }

// The secrets of the handlers under test. Each has digits, letters and signs, so
// that every kind of change finds something.
const (
	masivoSecret      = "masivo/S3cret+42=%"
	ambassifySecret   = "ambassify_S3cret~7-7"
	mamboSecret       = "whk_S3cret.of:mambo"
	openloyaltySecret = "whsec_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

const mamboEvent = "X-Mambo-Event"

func providers() []provider {
	return []provider{
		newProvider(masivo.Name, masivo.Events(),
			func(config envelope.Options, routes ...masivo.Route) (*envelope.Handler, error) {
				return masivo.NewHandler(masivo.Config{Secrets: secretUnless(config, masivoSecret), Options: config}, routes...)
			},
			func(r *http.Request, _ []byte, _ time.Time) error {
				return masivo.Sign(masivo.Config{Secrets: []string{masivoSecret}}, r, nil)
			},
			func(event, payload string) string { return `{"event":"` + event + `","data":` + payload + `}` },
		),
		newProvider(openloyalty.Name, openloyalty.Events(),
			func(config envelope.Options, routes ...openloyalty.Route) (*envelope.Handler, error) {
				return openloyalty.NewHandler(openloyalty.Config{Secrets: secretUnless(config, openloyaltySecret), Options: config}, routes...)
			},
			func(r *http.Request, body []byte, at time.Time) error {
				return openloyalty.Sign(openloyalty.Config{Secrets: []string{openloyaltySecret}, Options: clock(at)}, r, body)
			},
			func(event, payload string) string { return `{"eventName":"` + event + `","data":` + payload + `}` },
		),
		newProvider(mambo.Name, mambo.Events(),
			func(config envelope.Options, routes ...mambo.Route) (*envelope.Handler, error) {
				return mambo.NewHandler(mambo.Config{Secrets: secretUnless(config, mamboSecret), EventHeader: mamboEvent, Options: config}, routes...)
			},
			func(r *http.Request, body []byte, at time.Time) error {
				return mambo.Sign(mambo.Config{Secrets: []string{mamboSecret}, Options: clock(at)}, r, body)
			},
			func(_, payload string) string { return payload },
		),
		newProvider(ambassify.Name, ambassify.Events(),
			func(config envelope.Options, routes ...ambassify.Route) (*envelope.Handler, error) {
				return ambassify.NewHandler(ambassify.Config{Secrets: secretUnless(config, ambassifySecret), Options: config}, routes...)
			},
			func(r *http.Request, _ []byte, _ time.Time) error {
				return ambassify.Sign(ambassify.Config{Secrets: []string{ambassifySecret}}, r, nil)
			},
			wrapAmbassify,
		),
	}
}

func secretUnless(config envelope.Options, secret string) []string {
	if config.Unverified || config.Verifier != nil {
		return nil
	}
	return []string{secret}
}

func clock(at time.Time) envelope.Options {
	return envelope.Options{Now: func() time.Time { return at }}
}

func wrapAmbassify(event, payload string) string {
	resource, verb, _ := bytes.Cut([]byte(event), []byte("."))
	id := "1"
	if string(resource) == "person" {
		id = `"1"`
	}
	return `{"event":{"name":"` + string(verb) + `","resource":"` + string(resource) + `"},"` +
		string(resource) + `_id":` + id + `,"` + string(resource) + `":` + payload + `}`
}

func newProvider[M any](
	name string, events []envelope.AnyEvent[M],
	newHandler func(envelope.Options, ...envelope.Route[M]) (*envelope.Handler, error),
	sign func(*http.Request, []byte, time.Time) error,
	wrap func(event, payload string) string,
) provider {
	return provider{
		name: name,
		newHandler: func(tb testing.TB, config envelope.Options, fn receive) *envelope.Handler {
			tb.Helper()
			routes := []envelope.Route[M]{envelope.Fallback(func(ctx context.Context, d *envelope.Delivery[M, json.RawMessage]) error {
				return fn(ctx, d.Event, d, d.Payload)
			})}
			for _, event := range events {
				routes = append(routes, event.Handle(func(ctx context.Context, d *envelope.Delivery[M, any]) error {
					return fn(ctx, d.Event, d, d.Payload)
				}))
			}
			h, err := newHandler(config, routes...)
			if err != nil {
				tb.Fatal(err)
			}
			return h
		},
		sign: sign,
		payloads: func() map[string]any {
			payloads := map[string]any{}
			for _, event := range events {
				payloads[event.Name()] = newOf(event.Payload())
			}
			return payloads
		},
		wrap: wrap,
	}
}

// goldens are the bundled deliveries of the provider.
func (p provider) goldens() []envelopetest.Golden {
	var goldens []envelopetest.Golden
	for _, golden := range envelopetest.Goldens(p.name) {
		goldens = append(goldens, golden)
	}
	return goldens
}

// basic is one golden delivery of the provider.
// request makes a request that the provider could have sent now.
func (p provider) request(tb testing.TB, golden envelopetest.Golden, body []byte) *http.Request {
	tb.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://example.com/webhooks/"+p.name, nil)
	setBody(r, body)
	p.prepare(tb, r, golden, body)
	return r
}

func (p provider) prepare(tb testing.TB, r *http.Request, golden envelopetest.Golden, body []byte) {
	tb.Helper()
	r.Header.Set("Content-Type", golden.ContentType)
	if p.name == mambo.Name {
		r.Header.Set(mamboEvent, golden.Event)
	}
	if err := p.sign(r, body, time.Now()); err != nil {
		tb.Fatal(err)
	}
}

// message is the same for Dispatch.
func (p provider) message(golden envelopetest.Golden, body []byte) envelope.Message {
	m := envelope.Message{Body: body, Header: http.Header{"Content-Type": {golden.ContentType}}}
	if p.name == mambo.Name {
		m.Event = golden.Event
	}
	return m
}

func setBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
}

// each runs a test for each provider.
func each(t *testing.T, test func(t *testing.T, p provider)) {
	t.Helper()
	for _, p := range providers() {
		t.Run(p.name, func(t *testing.T) { test(t, p) })
	}
}

func newOf(t reflect.Type) any { return reflect.New(t).Interface() }

type rawMessage = json.RawMessage
