package masivo_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

func TestNaturalKey(t *testing.T) {
	tests := map[string]struct{ event, data, want string }{
		"behavior event":     {"BEHAVIOR_EVENT_FULFILLED", `{"event":{"id":"e1","status":"RESOLVED"}}`, "BEHAVIOR_EVENT_FULFILLED/e1/RESOLVED"},
		"failed":             {"BEHAVIOR_EVENT_FAILED", `{"event":{"status":"FAILED","id":"e1"}}`, "BEHAVIOR_EVENT_FAILED/e1/FAILED"},
		"mistyped id":        {"BEHAVIOR_EVENT_FAILED", `{"event":{"id":17}}`, "BEHAVIOR_EVENT_FAILED/17/"},
		"no id":              {"BEHAVIOR_EVENT_FAILED", `{"event":{"id":null,"status":"FAILED"}}`, ""},
		"no behavior event":  {"BEHAVIOR_EVENT_FAILED", `{"event":"e1"}`, ""},
		"upgrade":            {"TIER_UPGRADE", `{"customer_id":"c 1","from_tier_id":"a","to_tier_id":"b","trigger_event_id":"e1"}`, "TIER_UPGRADE/e1/a/b/c%201"},
		"downgrade":          {"TIER_DOWNGRADE", `{"customer_id":"c/1","from_tier_id":"b","to_tier_id":"a","trigger_event_id":"e1"}`, "TIER_DOWNGRADE/e1/b/a/c%2F1"},
		"cron":               {"TIER_DOWNGRADE", `{"customer_id":"c1","from_tier_id":"b","to_tier_id":"a"}`, ""},
		"cron, null trigger": {"TIER_DOWNGRADE", `{"customer_id":"c1","from_tier_id":"b","to_tier_id":"a","trigger_event_id":null}`, ""},
		"status sent twice":  {"BEHAVIOR_EVENT_FAILED", `{"event":{"id":"e1","status":"FAILED","status":"RESOLVED"}}`, "BEHAVIOR_EVENT_FAILED/e1/RESOLVED"},
		"not Unicode":        {"BEHAVIOR_EVENT_FAILED", `{"event":{"id":"e1","status":"\ud800"}}`, ""},
		"no object":          {"TIER_DOWNGRADE", `[]`, ""},
		"coupon":             {"COUPON_REDEMPTION", `{"customer_id":"c1","campaign_id":"p","code":"X"}`, ""},
		"unknown event":      {"GIFT_CARD_EXPIRED", `{"event":{"id":"e1"}}`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got string
			config := unverified()
			config.Key = masivo.NaturalKey
			h := newHandler(t, config, masivo.Fallback(func(_ context.Context, d *masivo.Delivery[json.RawMessage]) error {
				got = strings.TrimPrefix(d.Key, "1/masivo///")
				return nil
			}))
			body := `{"data":` + test.data + `,"event":"` + test.event + `"}`
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
