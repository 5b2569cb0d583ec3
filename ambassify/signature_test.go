package ambassify_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

const removed = `{"event":{"name":"removed","resource":"campaign"},"campaign_id":7}`

func TestSharedSecret(t *testing.T) {
	sources := map[string]envelope.SecretSource{
		"default": {},
		"query":   envelope.FromQuery("token"),
		"path":    envelope.FromPathValue("secret"),
		"header":  envelope.FromHeader("X-Proxy-Secret"),
		"basic":   envelope.FromBasicAuth("ambassify"),
	}
	for name, from := range sources {
		t.Run(name, func(t *testing.T) {
			h, err := ambassify.NewHandler(
				ambassify.Config{Secrets: []string{"new", "old"}, SecretFrom: from},
				ambassify.CampaignRemoved.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Campaign]) error {
					for name := range d.Header() {
						if name == "X-Proxy-Secret" || name == "Authorization" {
							t.Errorf("the delivery shows %s", name)
						}
					}
					return nil
				}))
			if err != nil {
				t.Fatal(err)
			}
			for secret, want := range map[string]error{
				"new": nil, "old": nil,
				"older": envelope.ErrSignatureMismatch, "ne": envelope.ErrSignatureMismatch, "neW": envelope.ErrSignatureMismatch,
			} {
				r := request(typeJSON, removed)
				if err := ambassify.Sign(ambassify.Config{Secrets: []string{secret}, SecretFrom: from}, r, nil); err != nil {
					t.Fatal(err)
				}
				result := envelopetest.Deliver(t, h, r)
				if !errors.Is(result.Err, want) || want == nil && result.Status != http.StatusOK || want != nil && result.Status != http.StatusUnauthorized {
					t.Errorf("%q: got %d, %v", secret, result.Status, result.Err)
				}
			}
			result := envelopetest.Deliver(t, h, request(typeJSON, removed))
			if result.Status != http.StatusUnauthorized || !errors.Is(result.Err, envelope.ErrSignatureMissing) {
				t.Errorf("no secret: got %d, %v", result.Status, result.Err)
			}
		})
	}
}

func TestNewHandlerRefuses(t *testing.T) {
	accept := func(*http.Request) (func([]byte) error, error) { return nil, nil }
	rsaKey := publicPEM(t, newRSA(t))
	tests := map[string]ambassify.Config{
		"nothing":                {},
		"blank secret":           {Secrets: []string{" "}},
		"one blank secret":       {Secrets: []string{"good", ""}},
		"secret and verifier":    {Secrets: []string{"s"}, Options: envelope.Options{Verifier: accept}},
		"secret and unverified":  {Secrets: []string{"s"}, Options: envelope.Options{Unverified: true}},
		"keys and unverified":    {EventBusKeys: []string{rsaKey}, Options: envelope.Options{Unverified: true}},
		"secret and keys":        {Secrets: []string{"s"}, EventBusKeys: []string{rsaKey}},
		"key that is none":       {EventBusKeys: []string{"hello"}},
		"one key that is none":   {EventBusKeys: []string{rsaKey, ""}},
		"negative tolerance":     {EventBusKeys: []string{rsaKey}, Options: envelope.Options{Tolerance: -1}},
		"secret without a place": {Secrets: []string{"s"}, SecretFrom: envelope.FromQuery("")},
	}
	for name, config := range tests {
		if _, err := ambassify.NewHandler(config); err == nil || !strings.HasPrefix(err.Error(), "ambassify: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
