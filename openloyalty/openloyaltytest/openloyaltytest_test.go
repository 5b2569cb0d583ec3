package openloyaltytest_test

import (
	"context"
	"errors"
	"net/http"
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
	for name, r := range map[string]*http.Request{"first": openloyaltytest.Again(t, r), "again": r} {
		if result := openloyaltytest.Deliver(t, h, r); result.Status != http.StatusOK {
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
		"stale":     {openloyaltytest.Stale(t, event), http.StatusUnauthorized, envelope.ErrSignatureTooOld},
		"too large": {openloyaltytest.TooLarge(t, event), http.StatusRequestEntityTooLarge, envelope.ErrTooLarge},
		"altered":   {envelopetest.Altered(t, openloyaltytest.NewRequest(t, event)), http.StatusUnauthorized, envelope.ErrSignatureMismatch},
		"from the future": {
			openloyaltytest.NewRequestWith(t, envelopetest.Options{At: time.Now().Add(time.Hour)}, event),
			http.StatusUnauthorized, envelope.ErrSignatureTooNew,
		},
	}
	for name, test := range tests {
		result := openloyaltytest.Deliver(t, h, test.request)
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
	for event, golden := range openloyaltytest.Goldens() {
		r, err := openloyaltytest.Request(golden, envelopetest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if result := openloyaltytest.Deliver(t, h, r); result.Status != http.StatusOK || result.Event != event {
			t.Errorf("%s/%s: %d %v as %q", event, golden.Situation, result.Status, result.Err, result.Event)
		}
	}
	if events := openloyaltytest.Catalog().Events; len(events) != len(routes) {
		t.Errorf("%d events in the catalogue, %d in the package", len(events), len(routes))
	}
}
