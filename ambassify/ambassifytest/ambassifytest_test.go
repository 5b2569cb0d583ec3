package ambassifytest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/ambassify/ambassifytest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/form"
)

// newHandler takes changed members and keeps the last one.
func newHandler(t *testing.T, got *ambassify.Person) *envelope.Handler {
	t.Helper()
	h, err := ambassify.NewHandler(
		ambassify.Config{Secrets: []string{ambassifytest.Secret}},
		ambassify.PersonChanged.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Person]) error {
			*got = d.Payload
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Changes come through in every encoding.
func TestNewRequest(t *testing.T) {
	for _, encoder := range []string{"", ambassifytest.QS, ambassifytest.PHP} {
		t.Run(encoder, func(t *testing.T) {
			var got ambassify.Person
			h := newHandler(t, &got)
			r := ambassifytest.NewRequestWith(t, ambassifytest.Options{Encoder: encoder}, ambassify.PersonChanged, func(p *ambassify.Person) {
				p.Role = ambassify.RoleAdministrator
				p.Hidden = true
				p.Groups = append(p.Groups, "R&D + [x]")
			})
			for range 2 { // A request can be sent again.
				got = ambassify.Person{}
				result := envelopetest.Deliver(t, h, envelopetest.Again(t, r))
				if result.Status != http.StatusOK || result.Event != "person.changed" || result.Outcome != envelope.OutcomeHandled {
					t.Fatalf("got %+v", result)
				}
				if got.Role != ambassify.RoleAdministrator || !got.Hidden || got.Groups[len(got.Groups)-1] != "R&D + [x]" {
					t.Errorf("the changes are not there: %+v", got)
				}
				if !got.Profile.GivenName.Sent() || len(got.Properties) == 0 {
					t.Errorf("the rest of the basic delivery is not there: %+v", got)
				}
			}
		})
	}
}

func TestNewRequestWith(t *testing.T) {
	var got ambassify.Person
	r := ambassifytest.NewRequestWith(t, ambassifytest.Options{
		Situation: "opted-out",
		Encoder:   ambassifytest.PHP,
		URL:       "https://shop.example.com/webhooks/ambassify?account=7",
	}, ambassify.PersonChanged)
	if r.URL.Query().Get("account") != "7" || r.Header.Get("Content-Type") != envelopetest.Form {
		t.Errorf("URL %s, header %v", r.URL, r.Header)
	}
	if result := envelopetest.Deliver(t, newHandler(t, &got), r); result.Status != http.StatusOK || !got.OptIn.OptedOut("email") || got.OptIn.OptedOut("sms") {
		t.Errorf("got %+v, %+v", result, got.OptIn)
	}
}

func TestAttacks(t *testing.T) {
	tests := map[string]struct {
		request *http.Request
		status  int
		err     error
	}{
		"forged":    {ambassifytest.Forged(t, ambassify.PersonChanged), http.StatusUnauthorized, envelope.ErrSignatureMismatch},
		"too large": {envelopetest.TooLarge(t, ambassifytest.NewRequest(t, ambassify.PersonChanged)), http.StatusRequestEntityTooLarge, envelope.ErrTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got ambassify.Person
			result := envelopetest.Deliver(t, newHandler(t, &got), test.request)
			if result.Status != test.status || !errors.Is(result.Err, test.err) {
				t.Errorf("got status %d, %v", result.Status, result.Err)
			}
			if got.ID != "" {
				t.Error("the function ran")
			}
		})
	}
}

// Every bundled delivery reaches the function of its event, and only those that
// say so differ from the types.
func TestGoldens(t *testing.T) {
	events := map[string]bool{}
	for event, golden := range envelopetest.Goldens(ambassify.Name) {
		events[event] = true
		t.Run(event+"/"+golden.Situation+golden.Encoder, func(t *testing.T) {
			drifted := false
			config := ambassify.Config{Secrets: []string{ambassifytest.Secret}}
			config.Drift = func(context.Context, envelope.DriftReport) { drifted = true }
			var routes []ambassify.Route
			for _, e := range ambassify.Events() {
				routes = append(routes, e.Handle(func(_ context.Context, d *ambassify.Delivery[any]) error {
					if d.Event != event {
						t.Errorf("reached the function of %s", d.Event)
					}
					return nil
				}))
			}
			h, err := ambassify.NewHandler(config, routes...)
			if err != nil {
				t.Fatal(err)
			}
			r, err := ambassifytest.Request(golden, ambassifytest.Options{})
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
	for _, event := range ambassify.Events() {
		if !events[event.Name()] {
			t.Errorf("%s has no delivery", event.Name())
		}
	}
}

// The forms that this package makes are those of the encoders themselves.
func TestEncoders(t *testing.T) {
	styles := map[string]form.Style{ambassifytest.QS: form.QS, ambassifytest.PHP: form.PHP}
	for event, golden := range envelopetest.Goldens(ambassify.Name) {
		if golden.Encoder == "" {
			continue
		}
		twin, err := envelopetest.Find(ambassify.Name, event, golden.Situation, "")
		if err != nil {
			t.Fatal(err)
		}
		made, err := form.Encode(twin.Body, styles[golden.Encoder])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(golden.Body), "&"), strings.Split(string(made), "&")); diff != "" {
			t.Errorf("%s/%s.%s: -encoder +made:\n%s", event, golden.Situation, golden.Encoder, diff)
		}
	}
}

func TestCatalog(t *testing.T) {
	catalog, err := envelopetest.ReadCatalog(ambassify.Name)
	if err != nil {
		t.Fatal(err)
	}
	if catalog.Provider != ambassify.Name || len(catalog.Events) != len(ambassify.Events()) || len(catalog.Models) != 21 {
		t.Errorf("%s: %d events, %d models", catalog.Provider, len(catalog.Events), len(catalog.Models))
	}
}
