package openloyaltytest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

type levelChanged = openloyalty.Delivery[openloyalty.CustomerLevelChangedData]

func newHandler(t *testing.T, fn func(context.Context, *levelChanged) error) http.Handler {
	t.Helper()
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{openloyaltytest.Secret}},
		openloyalty.CustomerLevelChanged.Handle(fn),
	)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestNewRequest(t *testing.T) {
	var got *levelChanged
	h := newHandler(t, func(_ context.Context, d *levelChanged) error {
		got = d
		return nil
	})
	r := openloyaltytest.NewRequest(t, openloyalty.CustomerLevelChanged, func(d *openloyalty.CustomerLevelChangedData) {
		d.Level.Name = "Diamond"
	})
	for name, r := range map[string]*http.Request{"first": envelopetest.Again(t, r), "again": r} {
		if result := envelopetest.Deliver(t, h, r); result.Status != http.StatusOK {
			t.Fatalf("%s: %d %v", name, result.Status, result.Err)
		}
		if got.Payload.Level.Name != "Diamond" || got.Payload.Customer.CustomerID == "" || got.Meta.MessageID == "" {
			t.Errorf("%s: the change is lost, or something else is: %+v", name, got.Payload)
		}
		if id := got.Header().Get(openloyalty.RequestIDHeader); id != got.Meta.RequestID {
			t.Errorf("%s: signed for request %s, sent as %s", name, id, got.Meta.RequestID)
		}
	}
}

func TestRefused(t *testing.T) {
	h := newHandler(t, func(context.Context, *levelChanged) error { return nil })
	event := openloyalty.CustomerLevelChanged
	tests := map[string]struct {
		request *http.Request
		status  int
		err     error
	}{
		"forged":    {openloyaltytest.Forged(t, event), http.StatusUnauthorized, envelope.ErrSignatureMismatch},
		"stale":     {openloyaltytest.NewRequestWith(t, openloyaltytest.Options{At: time.Now().Add(-time.Hour)}, event), http.StatusUnauthorized, envelope.ErrSignatureTooOld},
		"too large": {envelopetest.TooLarge(t, openloyaltytest.NewRequest(t, event)), http.StatusRequestEntityTooLarge, envelope.ErrTooLarge},
		"altered":   {envelopetest.Altered(t, openloyaltytest.NewRequest(t, event)), http.StatusUnauthorized, envelope.ErrSignatureMismatch},
		"from the future": {
			openloyaltytest.NewRequestWith(t, openloyaltytest.Options{At: time.Now().Add(time.Hour)}, event),
			http.StatusUnauthorized, envelope.ErrSignatureTooNew,
		},
	}
	for name, test := range tests {
		result := envelopetest.Deliver(t, h, test.request)
		if result.Status != test.status || !errors.Is(result.Err, test.err) {
			t.Errorf("%s: %d %v, want %d %v", name, result.Status, result.Err, test.status, test.err)
		}
	}
}

func TestEveryGoldenIsAccepted(t *testing.T) {
	var routes []openloyalty.Route
	for _, event := range openloyalty.Events() {
		routes = append(routes, event.Handle(func(context.Context, *openloyalty.Delivery[any]) error { return nil }))
	}
	h, err := openloyalty.NewHandler(openloyalty.Config{Secrets: []string{openloyaltytest.Secret}}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	for event, golden := range envelopetest.Goldens(openloyalty.Name) {
		r, err := openloyaltytest.Request(golden, openloyaltytest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if result := envelopetest.Deliver(t, h, r); result.Status != http.StatusOK || result.Event != event {
			t.Errorf("%s/%s: %d %v as %q", event, golden.Situation, result.Status, result.Err, result.Event)
		}
	}
	catalog, err := envelopetest.ReadCatalog(openloyalty.Name)
	if err != nil || len(catalog.Events) != len(routes) {
		t.Errorf("%d events in the package, catalogue: %v", len(routes), err)
	}
}

// TestNewRequestFor: a handler accepts the requests that are made for its own Config, and
// refuses those of the default one where the two differ.
func TestNewRequestFor(t *testing.T) {
	const hexSecret = "whsec_00ff1122334455667788990011223344556677889900112233445566778899aa"
	clock := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		name   string
		config openloyalty.Config
	}{
		{"secret of its own", openloyalty.Config{Secrets: []string{hexSecret}}},
		{"key as text", openloyalty.Config{Secrets: []string{hexSecret}, KeyEncoding: openloyalty.KeyText}},
		{"key as bytes", openloyalty.Config{Secrets: []string{openloyaltytest.Secret}, KeyEncoding: openloyalty.KeyHex}},
		{"secret in a header", openloyalty.Config{Secrets: []string{"made up"}, SecretFrom: envelope.FromHeader("X-Webhook-Secret")}},
		{"public URL", openloyalty.Config{Secrets: []string{openloyaltytest.Secret}, PublicURL: "https://hooks.example.net/in"}},
		{"clock", openloyalty.Config{Secrets: []string{openloyaltytest.Secret}, Options: envelope.Options{Now: clock}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			event := openloyalty.CustomerLevelChanged
			ran := 0
			h, err := openloyalty.NewHandler(test.config, event.Handle(func(context.Context, *levelChanged) error { ran++; return nil }))
			if err != nil {
				t.Fatal(err)
			}
			if result := envelopetest.Deliver(t, h, openloyaltytest.NewRequestFor(t, test.config, event)); result.Status != http.StatusOK || ran != 1 {
				t.Errorf("%d %v, %d runs", result.Status, result.Err, ran)
			}
			other := openloyaltytest.NewRequestWith(t, openloyaltytest.Options{Secret: "whsec_" + strings.Repeat("0", 64), Config: test.config}, event)
			if result := envelopetest.Deliver(t, h, other); result.Status != http.StatusUnauthorized {
				t.Errorf("another secret: %d %v", result.Status, result.Err)
			}
		})
	}
	for name, config := range map[string]openloyalty.Config{
		"key as bytes":       {Secrets: []string{openloyaltytest.Secret}, KeyEncoding: openloyalty.KeyHex},
		"secret in a header": {Secrets: []string{openloyaltytest.Secret}, SecretFrom: envelope.FromHeader("X-Webhook-Secret")},
		"public URL":         {Secrets: []string{openloyaltytest.Secret}, PublicURL: "https://hooks.example.net/in"},
	} {
		h, err := openloyalty.NewHandler(config, openloyalty.CustomerLevelChanged.Handle(func(context.Context, *levelChanged) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
		if result := envelopetest.Deliver(t, h, openloyaltytest.NewRequest(t, openloyalty.CustomerLevelChanged)); result.Status != http.StatusUnauthorized {
			t.Errorf("%s accepts a request of the default: %d", name, result.Status)
		}
	}
}
