package masivo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/testdata"
)

func newHandler(t *testing.T, config masivo.Config, routes ...masivo.Route) *envelope.Handler {
	t.Helper()
	h, err := masivo.NewHandler(config, routes...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// unverified is a Config whose handler takes bodies from anybody.
func unverified() masivo.Config {
	return masivo.Config{Options: envelope.Options{Unverified: true}}
}

// golden is a bundled delivery, such as "TIER_UPGRADE/basic".
func golden(t *testing.T, name string) []byte {
	t.Helper()
	body, err := testdata.FS.ReadFile("masivo/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// receive decodes a body as the handler does, and reports its drift.
func receive[T any](t *testing.T, event envelope.Event[masivo.Meta, T], body []byte) (*masivo.Delivery[T], []envelope.Drift) {
	t.Helper()
	var got *masivo.Delivery[T]
	var drift []envelope.Drift
	config := unverified()
	config.Drift = func(_ context.Context, r envelope.DriftReport) { drift = r.Drift }
	h := newHandler(t, config, event.Handle(func(_ context.Context, d *masivo.Delivery[T]) error {
		got = d
		return nil
	}))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: body}); err != nil {
		t.Fatal(err)
	}
	return got, drift
}

func TestEvents(t *testing.T) {
	want := []string{
		"CUSTOMER_REGISTRATION",
		"CUSTOMER_ANONYMOUS_TO_REGISTERED",
		"CUSTOMER_ACCUMULATION",
		"CUSTOMER_REDEMPTION",
		"REWARDS_RESERVATION",
		"REWARDS_RESERVATION_CANCELLED",
		"BEHAVIOR_EVENT_FULFILLED",
		"BEHAVIOR_EVENT_FAILED",
		"COUPON_REDEMPTION",
		"TIER_UPGRADE",
		"TIER_DOWNGRADE",
	}
	var got []string
	for _, event := range masivo.Events() {
		got = append(got, event.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	masivo.Events()[0] = masivo.TierUpgrade.Any()
	if masivo.Events()[0].Name() != want[0] {
		t.Error("the list is not the caller's own")
	}
}

func TestFallback(t *testing.T) {
	tests := map[string]struct {
		body    string
		event   string
		known   bool
		payload string
	}{
		"known":         {`{"event":"TIER_UPGRADE","data":{"customer_id":"7"}}`, "TIER_UPGRADE", true, `{"customer_id":"7"}`},
		"unknown":       {`{"event":"GIFT_CARD_EXPIRED","data":{"code":"x"}}`, "GIFT_CARD_EXPIRED", false, `{"code":"x"}`},
		"payload first": {`{"data": [1, 2] ,"event":"PUNCH_CARD_FILLED"}`, "PUNCH_CARD_FILLED", false, `[1, 2]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			called := false
			h := newHandler(t, unverified(), masivo.Fallback(func(_ context.Context, d *masivo.Delivery[json.RawMessage]) error {
				called = true
				if d.Event != test.event || d.Known != test.known || string(d.Payload) != test.payload {
					t.Errorf("got %s, known %t, %s", d.Event, d.Known, d.Payload)
				}
				return nil
			}))
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(test.body)}); err != nil {
				t.Fatal(err)
			}
			if !called {
				t.Error("the fallback was not called")
			}
		})
	}
}

// The function of an event must not find the credentials that prove it.
func TestHeaderHidesSecret(t *testing.T) {
	for name, from := range sources {
		t.Run(name, func(t *testing.T) {
			h := newHandler(t, masivo.Config{Secrets: []string{secret}, SecretFrom: from},
				masivo.CouponRedemption.Handle(func(_ context.Context, d *masivo.Delivery[masivo.CouponRedemptionData]) error {
					header := d.Header()
					if header.Get("X-Request-Id") != "r-1" {
						t.Error("an ordinary header is missing")
					}
					if text := fmt.Sprint(header); strings.Contains(text, secret) || header.Get("Authorization") != "" {
						t.Errorf("the secret is visible: %s", text)
					}
					return nil
				}))
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(golden(t, "COUPON_REDEMPTION/basic"))))
			r.Header.Set("X-Request-Id", "r-1")
			sign(t, r, from, secret)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
		})
	}
}

// identities are the members that strict validation asks for, by event.
var identities = map[string][]string{
	"CUSTOMER_REGISTRATION":            {"customer_id"},
	"CUSTOMER_ANONYMOUS_TO_REGISTERED": {},
	"CUSTOMER_ACCUMULATION":            {"customer_id"},
	"CUSTOMER_REDEMPTION":              {"customer_id"},
	"REWARDS_RESERVATION":              {"customer_id"},
	"REWARDS_RESERVATION_CANCELLED":    {"customer_id"},
	"BEHAVIOR_EVENT_FULFILLED":         {"customer_id"},
	"BEHAVIOR_EVENT_FAILED":            {"customer_id"},
	"COUPON_REDEMPTION":                {"customer_id", "campaign_id", "code"},
	"TIER_UPGRADE":                     tierIdentities,
	"TIER_DOWNGRADE":                   tierIdentities,
}

var tierIdentities = []string{
	"customer_id", "from_tier_id", "to_tier_id", "from_tier_name", "to_tier_name",
	"from_tier_level", "to_tier_level", "triggered_by",
}

// Each identity, spoilt in each way, is refused by its pointer; every other
// member may be missing or have any type.
func TestIdentities(t *testing.T) {
	for _, event := range masivo.Events() {
		t.Run(event.Name(), func(t *testing.T) {
			h := newHandler(t, unverified(), event.Handle(func(context.Context, *masivo.Delivery[any]) error { return nil }))
			isIdentity := map[string]bool{}
			for _, name := range identities[event.Name()] {
				isIdentity[name] = true
			}
			var body struct {
				Event string         `json:"event"`
				Data  map[string]any `json:"data"`
			}
			if err := json.Unmarshal(golden(t, event.Name()+"/basic"), &body); err != nil {
				t.Fatal(err)
			}
			for name, value := range body.Data {
				delete(body.Data, name)
				check(t, h, body, name, "absent", isIdentity[name], envelope.RuleRequired)
				body.Data[name] = nil
				check(t, h, body, name, "null", isIdentity[name], envelope.RuleRequired)
				body.Data[name] = ""
				check(t, h, body, name, "empty text", isIdentity[name], envelope.RuleRequired)
				body.Data[name] = map[string]any{"a": 1}
				check(t, h, body, name, "an object", isIdentity[name], envelope.RuleType)
				body.Data[name] = []any{1}
				check(t, h, body, name, "a list", isIdentity[name], envelope.RuleType)
				body.Data[name] = value
			}
			check(t, h, body, "", "as it was", false, "")
		})
	}
}

func check(t *testing.T, h *envelope.Handler, body any, name, how string, refused bool, rule string) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	err = h.Dispatch(t.Context(), envelope.Message{Body: text})
	var invalid *envelope.ValidationError
	switch {
	case !refused && err != nil:
		t.Errorf("%s %s: %v", name, how, err)
	case refused && !errors.As(err, &invalid):
		t.Errorf("%s %s: not refused: %v", name, how, err)
	case refused:
		want := []envelope.Violation{{Pointer: "/data/" + name, Rule: rule}}
		if len(invalid.Violations) != 1 || invalid.Violations[0].Pointer != want[0].Pointer || invalid.Violations[0].Rule != rule {
			t.Errorf("%s %s: got %v, want %v", name, how, invalid.Violations, want)
		}
	}
}

// Level 0 and a name that is not a tier's are odd, not missing.
func TestIdentitiesTakeOddValues(t *testing.T) {
	d, drift := receive(t, masivo.TierDowngrade, []byte(`{"event":"TIER_DOWNGRADE","data":{"customer_id":"0","from_tier_id":"-","to_tier_id":"-",
		"from_tier_name":"?","to_tier_name":"?","from_tier_level":0,"to_tier_level":"0","triggered_by":"WHIM"}}`))
	if d == nil || d.Payload.FromTierLevel.Int64() != 0 || d.Payload.TriggeredBy.Known() {
		t.Errorf("got %+v", d)
	}
	if diff := cmp.Diff([]envelope.Drift{{Kind: envelope.DriftUnknownValue, Pointer: "/data/triggered_by"}}, drift); diff != "" {
		t.Errorf("drift (-want +got)\n%s", diff)
	}
}

func TestHostileBodies(t *testing.T) {
	const good = `{"event":"COUPON_REDEMPTION","data":{"customer_id":"1","campaign_id":"c","code":"X"}}`
	tests := map[string]struct {
		body   string
		status int
	}{
		"good":                  {good, http.StatusOK},
		"payload first":         {`{"data":{"customer_id":"1","campaign_id":"c","code":"X"},"event":"COUPON_REDEMPTION"}`, http.StatusOK},
		"unknown event":         {`{"event":"NEWS","data":7}`, http.StatusOK},
		"empty":                 {``, http.StatusBadRequest},
		"null":                  {`null`, http.StatusBadRequest},
		"a list of deliveries":  {`[` + good + `]`, http.StatusBadRequest},
		"truncated":             {good[:len(good)-1], http.StatusBadRequest},
		"two deliveries":        {good + good, http.StatusBadRequest},
		"trailing garbage":      {good + `x`, http.StatusBadRequest},
		"event twice":           {`{"event":"NEWS",` + good[1:], http.StatusBadRequest},
		"customer twice":        {`{"event":"COUPON_REDEMPTION","data":{"customer_id":"1","customer_id":"2"}}`, http.StatusBadRequest},
		"data twice":            {`{"event":"NEWS","data":{},"data":{}}`, http.StatusBadRequest},
		"event not UTF-8":       {"{\"event\":\"COUPON_REDEMPTION\xff\",\"data\":{}}", http.StatusBadRequest},
		"half a pair as code":   {`{"event":"COUPON_REDEMPTION","data":{"customer_id":"1","campaign_id":"c","code":"\ud800"}}`, http.StatusBadRequest},
		"unknown member twice":  {`{"x":1,"x":2,` + good[1:], http.StatusOK},
		"deep, but unknown":     {`{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "," + good[1:], http.StatusOK},
		"customer not UTF-8":    {"{\"event\":\"COUPON_REDEMPTION\",\"data\":{\"customer_id\":\"\xff\"}}", http.StatusBadRequest},
		"deep, not closed":      {`{"event":"COUPON_REDEMPTION","data":` + strings.Repeat(`{"a":`, 100_000), http.StatusBadRequest},
		"no event":              {`{"data":{}}`, http.StatusUnprocessableEntity},
		"event of another type": {`{"event":7,"data":{}}`, http.StatusUnprocessableEntity},
		"no data":               {`{"event":"COUPON_REDEMPTION"}`, http.StatusUnprocessableEntity},
		"data of another type":  {`{"event":"COUPON_REDEMPTION","data":"x"}`, http.StatusUnprocessableEntity},
		"an empty list as data": {`{"event":"COUPON_REDEMPTION","data":[]}`, http.StatusUnprocessableEntity},
		"form":                  {`event=COUPON_REDEMPTION`, http.StatusBadRequest},
	}
	var routes []masivo.Route
	for _, event := range masivo.Events() {
		routes = append(routes, event.Handle(func(context.Context, *masivo.Delivery[any]) error { return nil }))
	}
	h := newHandler(t, unverified(), routes...)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body)))
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
		})
	}
}

// Of a member that is no identity the last one counts, and U+FFFD replaces what is
// not Unicode.
func TestTolerantMembers(t *testing.T) {
	tests := map[string]struct {
		wallet string
		want   masivo.Wallet
		drift  envelope.Drift
	}{
		"a total twice": {
			`{"id":"w","totals":{"a":1,"b":5,"a":2}}`,
			masivo.Wallet{ID: "w", Totals: masivo.WalletTotals{
				{Total: envelope.MustDecimal("2"), RewardID: "a", Keyed: true}, {Total: envelope.MustDecimal("5"), RewardID: "b", Keyed: true},
			}},
			envelope.Drift{Kind: envelope.DriftDuplicateMember, Pointer: "/data/wallet/totals/a"},
		},
		"totals twice": {
			`{"totals":{"a":1},"id":"w","totals":{"b":2}}`,
			masivo.Wallet{ID: "w", Totals: masivo.WalletTotals{{Total: envelope.MustDecimal("2"), RewardID: "b", Keyed: true}}},
			envelope.Drift{Kind: envelope.DriftDuplicateMember, Pointer: "/data/wallet/totals"},
		},
		"id not UTF-8": {
			"{\"id\":\"w\xe9\"}", masivo.Wallet{ID: "w\ufffd"},
			envelope.Drift{Kind: envelope.DriftInvalidText, Pointer: "/data/wallet/id"},
		},
		"half a pair": {
			`{"id":"\ud83dw"}`, masivo.Wallet{ID: "\ufffdw"},
			envelope.Drift{Kind: envelope.DriftInvalidText, Pointer: "/data/wallet/id"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := `{"event":"CUSTOMER_REDEMPTION","data":{"customer_id":"1","wallet":` + test.wallet + `}}`
			d, drift := receive(t, masivo.CustomerRedemption, []byte(body))
			if diff := cmp.Diff(test.want, d.Payload.Wallet); diff != "" {
				t.Errorf("wallet (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff([]envelope.Drift{test.drift}, drift); diff != "" {
				t.Errorf("drift (-want +got)\n%s", diff)
			}
		})
	}
}
