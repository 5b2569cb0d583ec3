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
		for name, r := range map[string]*http.Request{"first": envelopetest.Again(t, r), "again": r} {
			if result := envelopetest.Deliver(t, h, r); result.Status != http.StatusOK {
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
		"stale":     {mambotest.NewRequestWith(t, mambotest.Options{At: time.Now().Add(-time.Hour)}, event), http.StatusUnauthorized, envelope.ErrSignatureTooOld},
		"too large": {envelopetest.TooLarge(t, mambotest.NewRequest(t, event)), http.StatusRequestEntityTooLarge, envelope.ErrTooLarge},
		"altered":   {envelopetest.Altered(t, mambotest.NewRequest(t, event)), http.StatusUnauthorized, envelope.ErrSignatureMismatch},
		"from the future": {
			mambotest.NewRequestWith(t, mambotest.Options{At: time.Now().Add(time.Hour)}, event),
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
	var routes []mambo.Route
	for _, event := range mambo.Events() {
		routes = append(routes, event.Handle(func(context.Context, *mambo.Delivery[any]) error { return nil }))
	}
	h, err := mambo.NewHandler(mambo.Config{Secrets: []string{mambotest.Secret}, EventHeader: mambotest.EventHeader}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	for event, golden := range envelopetest.Goldens(mambo.Name) {
		r, err := mambotest.Request(golden, mambotest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if result := envelopetest.Deliver(t, h, r); result.Status != http.StatusOK || result.Event != event {
			t.Errorf("%s/%s: %d %v as %q", event, golden.Situation, result.Status, result.Err, result.Event)
		}
	}
}

// A user of the catalogue can tell what is inferred.
func TestCatalog(t *testing.T) {
	catalog, err := envelopetest.ReadCatalog(mambo.Name)
	if err != nil {
		t.Fatal(err)
	}
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

// TestNewRequestFor: a handler accepts the requests that are made for its own Config.
func TestNewRequestFor(t *testing.T) {
	clock := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		name   string
		config mambo.Config
	}{
		{"secret of its own", mambo.Config{Secrets: []string{"another"}, EventHeader: mambotest.EventHeader}},
		{"separator", mambo.Config{Secrets: []string{"another"}, Separators: []string{"\n"}, EventHeader: mambotest.EventHeader}},
		{"header of the signature", mambo.Config{Secrets: []string{"another"}, SignatureHeader: "X-Signed", EventHeader: "X-Event"}},
		{"clock", mambo.Config{Secrets: []string{"another"}, EventHeader: "X-Event", Options: envelope.Options{Now: clock}}},
		{"path value", mambo.Config{Secrets: []string{"another"}, EventPathValue: "which"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got *userUpdated
			h, err := mambo.NewHandler(test.config, mambo.UserUpdated.Handle(func(_ context.Context, d *userUpdated) error { got = d; return nil }))
			if err != nil {
				t.Fatal(err)
			}
			result := envelopetest.Deliver(t, h, mambotest.NewRequestFor(t, test.config, mambo.UserUpdated))
			if result.Status != http.StatusOK || got == nil || got.Meta.EventFrom.Guessed() {
				t.Errorf("%d %v, delivery %v", result.Status, result.Err, got)
			}
			forged := mambotest.NewRequestWith(t, mambotest.Options{Config: test.config, Secret: "forged"}, mambo.UserUpdated)
			if result := envelopetest.Deliver(t, h, forged); result.Status != http.StatusUnauthorized {
				t.Errorf("another secret: %d %v", result.Status, result.Err)
			}
		})
	}
}

// TestPattern: requests reach a handler behind the pattern of the guide.
func TestPattern(t *testing.T) {
	var got *userUpdated
	config := mambo.Config{EventPathValue: "event"}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/mambo/{event}", newHandler(t, config, func(_ context.Context, d *userUpdated) error { got = d; return nil }))
	options := mambotest.Options{Config: config, URL: "https://example.com/webhooks/mambo/{event}"}
	r := mambotest.NewRequestWith(t, options, mambo.UserUpdated)
	if result := envelopetest.Deliver(t, mux, r); result.Status != http.StatusOK || got == nil || got.Event != "UserUpdated" {
		t.Errorf("%s: %d %v", r.URL, result.Status, result.Err)
	}
}

// TestTenant: Options.Secret is that of a tenant, PathValues say which.
func TestTenant(t *testing.T) {
	config := mambo.Config{EventHeader: mambotest.EventHeader, Options: envelope.Options{
		Tenant: func(r *http.Request) (envelope.Tenant, error) {
			return envelope.Tenant{Name: r.PathValue("tenant"), Secrets: []string{"secret of " + r.PathValue("tenant")}}, nil
		},
	}}
	var tenant string
	h, err := mambo.NewHandler(config, mambo.UserUpdated.Handle(func(_ context.Context, d *userUpdated) error { tenant = d.Tenant; return nil }))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /{tenant}/mambo", h)
	options := mambotest.Options{Config: config, URL: "https://example.com/{tenant}/mambo", PathValues: map[string]string{"tenant": "shop"}}
	for secret, status := range map[string]int{"secret of shop": http.StatusOK, "secret of bank": http.StatusUnauthorized} {
		options.Secret = secret
		if result := envelopetest.Deliver(t, mux, mambotest.NewRequestWith(t, options, mambo.UserUpdated)); result.Status != status {
			t.Errorf("%s: %d %v", secret, result.Status, result.Err)
		}
	}
	if tenant != "shop" {
		t.Errorf("tenant %q", tenant)
	}
}
