package masivotest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
)

// newHandler takes tier upgrades and keeps the last one.
func newHandler(t *testing.T, got *masivo.TierChangeData) *envelope.Handler {
	t.Helper()
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{masivotest.Secret}},
		masivo.TierUpgrade.Handle(func(_ context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
			*got = d.Payload
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestNewRequest(t *testing.T) {
	var got masivo.TierChangeData
	h := newHandler(t, &got)
	r := masivotest.NewRequest(t, masivo.TierUpgrade, func(d *masivo.TierChangeData) {
		d.ToTierName = "Diamond"
		d.ToTierLevel = envelope.NewInt(9)
	})
	for range 2 { // A request can be sent again.
		got = masivo.TierChangeData{}
		result := envelopetest.Deliver(t, h, envelopetest.Again(t, r))
		if result.Status != http.StatusOK || result.Event != "TIER_UPGRADE" || result.Outcome != envelope.OutcomeHandled {
			t.Fatalf("got %+v", result)
		}
		if got.ToTierName != "Diamond" || got.ToTierLevel.Int64() != 9 {
			t.Errorf("the changes are not there: %+v", got)
		}
		if got.FromTierName == "" || got.TriggerEventID == "" {
			t.Errorf("the rest of the basic delivery is not there: %+v", got)
		}
	}
}

func TestNewRequestWith(t *testing.T) {
	var got masivo.TierChangeData
	r := masivotest.NewRequestWith(t, masivotest.Options{
		Situation: "two-levels",
		URL:       "https://shop.example.com/webhooks/masivo?account=7",
	}, masivo.TierUpgrade)
	if r.URL.Query().Get("account") != "7" {
		t.Errorf("URL %s", r.URL)
	}
	if result := envelopetest.Deliver(t, newHandler(t, &got), r); result.Status != http.StatusOK || got.ToTierLevel.Int64()-got.FromTierLevel.Int64() != 2 {
		t.Errorf("got %+v, %+v", result, got)
	}
}

func TestAttacks(t *testing.T) {
	tests := map[string]struct {
		request *http.Request
		status  int
		err     error
	}{
		"forged":    {masivotest.Forged(t, masivo.TierUpgrade), http.StatusUnauthorized, envelope.ErrSignatureMismatch},
		"too large": {envelopetest.TooLarge(t, masivotest.NewRequest(t, masivo.TierUpgrade)), http.StatusRequestEntityTooLarge, envelope.ErrTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got masivo.TierChangeData
			result := envelopetest.Deliver(t, newHandler(t, &got), test.request)
			if result.Status != test.status || !errors.Is(result.Err, test.err) {
				t.Errorf("got status %d, %v", result.Status, result.Err)
			}
			if got.CustomerID != "" {
				t.Error("the function ran")
			}
		})
	}
}

// Every bundled delivery reaches the function of its event, and only those that
// say so differ from the types.
func TestGoldens(t *testing.T) {
	events := map[string]bool{}
	for event, golden := range envelopetest.Goldens(masivo.Name) {
		events[event] = true
		t.Run(event+"/"+golden.Situation, func(t *testing.T) {
			drifted := false
			config := masivo.Config{Secrets: []string{masivotest.Secret}}
			config.Drift = func(context.Context, envelope.DriftReport) { drifted = true }
			var routes []masivo.Route
			for _, e := range masivo.Events() {
				routes = append(routes, e.Handle(func(_ context.Context, d *masivo.Delivery[any]) error {
					if d.Event != event {
						t.Errorf("reached the function of %s", d.Event)
					}
					return nil
				}))
			}
			h, err := masivo.NewHandler(config, routes...)
			if err != nil {
				t.Fatal(err)
			}
			r, err := masivotest.Request(golden, masivotest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if result := envelopetest.Deliver(t, h, r); result.Outcome != envelope.OutcomeHandled {
				t.Errorf("got %+v", result)
			}
			if want := strings.HasPrefix(golden.Situation, "drift-"); drifted != want {
				t.Errorf("drifted: %t, want %t", drifted, want)
			}
		})
	}
	for _, event := range masivo.Events() {
		if !events[event.Name()] {
			t.Errorf("%s has no delivery", event.Name())
		}
	}
}

func TestCatalog(t *testing.T) {
	catalog, err := envelopetest.ReadCatalog(masivo.Name)
	if err != nil {
		t.Fatal(err)
	}
	if catalog.Provider != masivo.Name || len(catalog.Events) != len(masivo.Events()) || len(catalog.Models) != 29 {
		t.Errorf("%s: %d events, %d models", catalog.Provider, len(catalog.Events), len(catalog.Models))
	}
}

// TestNewRequestFor: a handler accepts the requests that are made for its own Config, and
// no others.
func TestNewRequestFor(t *testing.T) {
	for _, from := range []envelope.SecretSource{
		{}, envelope.FromQuery("key"), envelope.FromHeader("X-Key"), envelope.FromBasicAuth("masivo"), envelope.FromPathValue("secret"),
	} {
		t.Run(from.String(), func(t *testing.T) {
			config := masivo.Config{Secrets: []string{"a+b/c %"}, SecretFrom: from}
			ran := 0
			h, err := masivo.NewHandler(config, masivo.TierUpgrade.Handle(func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error {
				ran++
				return nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			mux.Handle("POST /masivo", h)
			mux.Handle("POST /masivo/{secret}", h)
			options := masivotest.Options{Config: config, URL: "https://example.com/masivo"}
			if from == envelope.FromPathValue("secret") {
				options.URL += "/{secret}"
			}
			if result := envelopetest.Deliver(t, mux, masivotest.NewRequestWith(t, options, masivo.TierUpgrade)); result.Status != http.StatusOK || ran != 1 {
				t.Errorf("%d %v, %d runs", result.Status, result.Err, ran)
			}
			if result := envelopetest.Deliver(t, h, masivotest.NewRequestFor(t, config, masivo.TierUpgrade)); result.Status != http.StatusOK || ran != 2 {
				t.Errorf("without a mux: %d %v, %d runs", result.Status, result.Err, ran)
			}
			options.Secret = "another"
			if result := envelopetest.Deliver(t, mux, masivotest.NewRequestWith(t, options, masivo.TierUpgrade)); result.Status != http.StatusUnauthorized {
				t.Errorf("another secret: %d %v", result.Status, result.Err)
			}
		})
	}
}
