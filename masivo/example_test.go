package masivo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
)

// post delivers a body as Masivo would, and prints the status of the answer.
func post(h http.Handler, target, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, strings.NewReader(body)))
	fmt.Println(w.Code)
}

// The first handler: one function for each event that you use, mounted under the
// URL that you entered at Masivo.
func Example() {
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}}, // from the environment in real life
		masivo.CouponRedemption.Handle(func(ctx context.Context, d *masivo.Delivery[masivo.CouponRedemptionData]) error {
			fmt.Println("coupon used by", d.Payload.CustomerID)
			return nil
		}),
		masivo.CustomerAccumulation.Handle(func(ctx context.Context, d *masivo.Delivery[masivo.RewardLinesData]) error {
			for _, line := range d.Payload.Lines {
				fmt.Println(d.Payload.CustomerID, "got", line.Amount, "and has", d.Payload.Wallet.Totals.Total(line.RewardID))
			}
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/masivo", h)

	post(mux, "/webhooks/masivo?secret=LONG-RANDOM-TEXT", `{"event": "CUSTOMER_ACCUMULATION", "data": {
		"customer_id": "1020304050",
		"lines": [{"amount": 36.5, "reward_id": "points"}],
		"wallet": {"totals": [{"total": 246.5, "reward_id": "points"}]}
	}}`)
	post(mux, "/webhooks/masivo?secret=guessed", `{}`)
	// Output:
	// 1020304050 got 36.5 and has 246.5
	// 200
	// 401
}

// Events without a function are answered with 200, unless a Fallback takes them.
func ExampleFallback() {
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}},
		masivo.Fallback(func(ctx context.Context, d *masivo.Delivery[json.RawMessage]) error {
			fmt.Printf("%s, known: %t, %s\n", d.Event, d.Known, d.Payload)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	post(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "PUNCH_CARD_FILLED", "data": {"customer_id": "7"}}`)
	// Output:
	// PUNCH_CARD_FILLED, known: false, {"customer_id": "7"}
	// 200
}

// A secret in the path, with a second one while the URL at Masivo is being
// changed.
func ExampleConfig() {
	h, err := masivo.NewHandler(masivo.Config{
		Secrets:    []string{"NEW-TEXT", "OLD-TEXT"},
		SecretFrom: envelope.FromPathValue("secret"),
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/masivo/{secret}", h)

	body := `{"event": "COUPON_REDEMPTION", "data": {"customer_id": "7"}}`
	post(mux, "/webhooks/masivo/OLD-TEXT", body)
	post(mux, "/webhooks/masivo/NEW-TEXT", body)
	post(mux, "/webhooks/masivo/OLDER-TEXT", body)
	// Output:
	// 200
	// 200
	// 401
}

// The URL at Masivo has the secret under another name.
func ExampleExplain() {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/masivo?token=LONG-RANDOM-TEXT", nil)
	body := []byte(`{"event":"CUSTOMER_REDEMPTION","data":{"customer_id":"c1"}}`)
	for _, cause := range masivo.Explain(masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}}, r, body) {
		fmt.Println(cause.Code, cause.Certain)
		fmt.Println(cause.Setting)
	}
	// Output:
	// secret_place true
	// SecretFrom: envelope.FromQuery("token")
}

// A repeated delivery of the same tier change runs once.
func ExampleNaturalKey() {
	h, err := masivo.NewHandler(
		masivo.Config{
			Secrets: []string{"LONG-RANDOM-TEXT"},
			Options: envelope.Options{
				Key:         masivo.NaturalKey,
				Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(10_000, 24*time.Hour)},
			},
		},
		masivo.TierUpgrade.Handle(func(ctx context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
			fmt.Println("welcome to", d.Payload.ToTierName)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		post(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "TIER_UPGRADE", "data": {
			"customer_id": "7", "triggered_by": "EVENT",
			"trigger_event_id": "3f2b8c1e-9d64-4a7b-8e15-6c0d2f9a7b31",
			"from_tier_id": "s", "from_tier_name": "Silver", "from_tier_level": 1,
			"to_tier_id": "g", "to_tier_name": "Gold", "to_tier_level": 2
		}}`)
	}
	// Output:
	// welcome to Gold
	// 200
	// 200
}

// A failed behavior event may say why, in an object or in plain text.
func ExampleEventResult() {
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}},
		masivo.BehaviorEventFailed.Handle(func(ctx context.Context, d *masivo.Delivery[masivo.BehaviorEventData]) error {
			event := d.Payload.Event
			fmt.Println(event.Type, event.Status, event.Result.Text)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	post(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "BEHAVIOR_EVENT_FAILED", "data": {
		"customer_id": "7",
		"event": {"type": "PURCHASE", "status": "FAILED", "result": "Insufficient balance"}
	}}`)
	// Output:
	// PURCHASE FAILED Insufficient balance
	// 200
}

// Both documented shapes of a wallet's totals are one slice.
func ExampleWalletTotals() {
	for _, text := range []string{
		`{"totals": [{"total": 127.6, "reward_id": "points"}]}`,
		`{"totals": {"points": 127.6}}`,
	} {
		var wallet masivo.Wallet
		if err := json.Unmarshal([]byte(text), &wallet); err != nil {
			log.Fatal(err)
		}
		fmt.Println(wallet.Totals[0].RewardID, wallet.Totals[0].Total)
	}
	// Output:
	// points 127.6
	// points 127.6
}

// A test of your own handler: a real delivery with a change, and what became of
// it. In a test, t is the test's.
func Example_testing() {
	t := new(testing.T)
	h := newService()

	r := masivotest.NewRequest(t, masivo.TierUpgrade, func(d *masivo.TierChangeData) { d.ToTierName = "Gold" })
	if result := envelopetest.Deliver(t, h, r); result.Status != http.StatusOK {
		t.Errorf("got %+v", result)
	}
	// Output:
	// welcome to Gold
}

func newService() http.Handler {
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{masivotest.Secret}},
		masivo.TierUpgrade.Handle(func(ctx context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
			fmt.Println("welcome to", d.Payload.ToTierName)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	return h
}
