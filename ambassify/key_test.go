package ambassify_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

func TestNaturalKey(t *testing.T) {
	tests := []struct{ name, contentType, body, want string }{
		{"created", typeJSON, `{"event":{"name":"created","resource":"interaction"},"organization_id":12,"interaction_id":7}`, "12/interaction.created/7"},
		{"removed, as a form", form, "event[name]=removed&event[resource]=person&organization_id=12&person_id=" + uuid, "12/person.removed/" + uuid},
		{"the same as JSON and as a form", form, "event[name]=created&event[resource]=interaction&organization_id=12&interaction_id=7", "12/interaction.created/7"},
		{"id in the resource", typeJSON, `{"event":{"name":"created","resource":"campaign"},"campaign":{"id":7}}`, "/campaign.created/7"},
		{"unknown resource", typeJSON, `{"event":{"name":"created","resource":"a/b"},"a/b_id":"c/d"}`, ""},
		{"changed", typeJSON, `{"event":{"name":"changed","resource":"campaign"},"campaign_id":7}`, ""},
		{"published", typeJSON, `{"event":{"name":"published_landing","resource":"campaign"},"campaign_id":7}`, ""},
		{"anonymous", typeJSON, `{"event":{"name":"created","resource":"person"},"person_id":"[anonymous]"}`, ""},
		{"no id", typeJSON, `{"event":{"name":"created","resource":"campaign"}}`, ""},
		{"an id of the envelope sent twice", typeJSON, `{"event":{"name":"created","resource":"campaign"},"campaign_id":7,"campaign_id":8}`, ""},
		{"an id of the resource sent twice: the last one counts", typeJSON, `{"event":{"name":"created","resource":"campaign"},"campaign":{"id":7,"id":8}}`, "/campaign.created/8"},
		{"an id that is not Unicode", typeJSON, `{"event":{"name":"created","resource":"person"},"person_id":"\ud800"}`, ""},
		{"an id in the resource that is not Unicode", typeJSON, `{"event":{"name":"created","resource":"person"},"person":{"id":"\ud800"}}`, ""},
		{"an id that is not UTF-8", typeJSON, "{\"event\":{\"name\":\"created\",\"resource\":\"person\"},\"person_id\":\"\xff\"}", ""},
		{"an organization that is no number", form, "event[name]=created&event[resource]=person&person_id=1&organization_id=x", "/person.created/1"},
		{"no event", typeJSON, `{}`, ""},
		{"no object", typeJSON, `[]`, ""},
		{"no JSON", typeJSON, `{`, ""},
		{"no form", form, "a=1&a[b]=2", ""},
	}
	for _, tt := range tests {
		got := ""
		h := newHandler(t, envelope.Options{Key: ambassify.NaturalKey}, ambassify.Fallback(func(_ context.Context, d *ambassify.Delivery[json.RawMessage]) error {
			got = strings.TrimPrefix(d.Key, "1/ambassify///")
			return nil
		}))
		_ = h.Dispatch(t.Context(), message(tt.contentType, tt.body))
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A repeated delivery runs once, also in the other encoding.
func TestNaturalKeyOnce(t *testing.T) {
	runs := 0
	h := newHandler(t, envelope.Options{
		Key:         ambassify.NaturalKey,
		Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(10, time.Hour)},
	}, ambassify.CampaignRemoved.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Campaign]) error {
		runs++
		if d.Key != "1/ambassify////campaign.removed/7" {
			t.Errorf("key %q", d.Key)
		}
		return nil
	}))
	for _, m := range []envelope.Message{message(typeJSON, removed), message(typeJSON, removed), message(form, "event[name]=removed&event[resource]=campaign&campaign_id=7")} {
		if err := h.Dispatch(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if runs != 1 {
		t.Errorf("ran %d times", runs)
	}
}
