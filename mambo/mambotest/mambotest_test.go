package mambotest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/mambo/mambotest"
)

type userUpdated = mambo.Delivery[mambo.User]

func newHandler(t *testing.T, config mambo.Config, fn func(context.Context, *userUpdated) error) http.Handler {
	t.Helper()
	config.Secrets = []string{mambotest.Secret}
	h, err := mambo.NewHandler(config, mambo.UserUpdated.Handle(fn))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestNewRequest(t *testing.T) {
	for from, config := range map[mambo.EventFrom]mambo.Config{
		mambo.EventFromHeader:  {EventHeader: mambotest.EventHeader},
		mambo.EventFromMessage: {EventPathValue: "event"},
		mambo.EventFromGuess:   {EventHeader: "X-Not-Sent"},
	} {
		var got *userUpdated
		h := newHandler(t, config, func(_ context.Context, d *userUpdated) error {
			got = d
			return nil
		})
		r := mambotest.NewRequest(t, mambo.UserUpdated, func(u *mambo.User) { u.Details.Email = "new@example.com" })
		for name, r := range map[string]*http.Request{"first": mambotest.Again(t, r), "again": r} {
			if result := mambotest.Deliver(t, h, r); result.Status != http.StatusOK {
				t.Fatalf("%s %s: %d %v", from, name, result.Status, result.Err)
			}
			if got.Payload.Details.Email != "new@example.com" || got.Payload.UUID == "" || got.Meta.EventFrom != from {
				t.Errorf("%s %s: %+v by %s", from, name, got.Payload, got.Meta.EventFrom)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	h := newHandler(t, mambo.Config{EventHeader: mambotest.EventHeader}, func(context.Context, *userUpdated) error { return nil })
	event := mambo.UserUpdated
	tests := map[string]struct {
		request *http.Request
		status  int
		err     error
	}{
		"forged":    {mambotest.Forged(t, event), http.StatusUnauthorized, envelope.ErrSignatureMismatch},
		"stale":     {mambotest.Stale(t, event), http.StatusUnauthorized, envelope.ErrSignatureTooOld},
		"too large": {mambotest.TooLarge(t, event), http.StatusRequestEntityTooLarge, envelope.ErrTooLarge},
		"altered":   {envelopetest.Altered(t, mambotest.NewRequest(t, event)), http.StatusUnauthorized, envelope.ErrSignatureMismatch},
		"from the future": {
			mambotest.NewRequestWith(t, envelopetest.Options{At: time.Now().Add(time.Hour)}, event),
			http.StatusUnauthorized, envelope.ErrSignatureTooNew,
		},
	}
	for name, test := range tests {
		result := mambotest.Deliver(t, h, test.request)
		if result.Status != test.status || !errors.Is(result.Err, test.err) {
			t.Errorf("%s: %d %v, want %d %v", name, result.Status, result.Err, test.status, test.err)
		}
	}
}

func TestEveryGoldenIsAccepted(t *testing.T) {
	var routes []mambo.Route
	for _, event := range mambo.Events() {
		routes = append(routes, event.Handle(func(context.Context, *mambo.Delivery[any]) error { return nil }))
	}
	h, err := mambo.NewHandler(mambo.Config{Secrets: []string{mambotest.Secret}, EventHeader: mambotest.EventHeader}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	for event, golden := range mambotest.Goldens() {
		r, err := mambotest.Request(golden, envelopetest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if result := mambotest.Deliver(t, h, r); result.Status != http.StatusOK || result.Event != event {
			t.Errorf("%s/%s: %d %v as %q", event, golden.Situation, result.Status, result.Err, result.Event)
		}
	}
}

// A user of the catalogue can tell what is inferred.
func TestCatalog(t *testing.T) {
	catalog := mambotest.Catalog()
	if got, want := len(catalog.Events), len(mambo.Events()); got != want {
		t.Errorf("%d events in the catalogue, %d in the package", got, want)
	}
	degrees := map[string]envelopetest.Confidence{}
	for name, model := range catalog.Models {
		for _, field := range model.Fields {
			degrees[name+"."+field.Name] = field.Confidence
		}
	}
	for field, want := range map[string]envelopetest.Confidence{
		"Ping.message":        envelopetest.Documented,
		"Awarded.awardedType": envelopetest.Observed,
		"PointWallet.balance": envelopetest.Inferred,
	} {
		if degrees[field] != want {
			t.Errorf("%s is %q, want %q", field, degrees[field], want)
		}
	}
}
