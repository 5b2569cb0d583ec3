package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// send posts a body as a sender would, and prints the status of the answer.
func send(h http.Handler, url, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, url, strings.NewReader(body)))
	fmt.Println(w.Code)
}

// The first handler: one function for each event that you use. A provider's package
// knows how its deliveries are verified and opened.
func Example() {
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}}, // from the environment in real life
		masivo.TierUpgrade.Handle(func(_ context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
			fmt.Println(d.Payload.CustomerID, "is", d.Payload.ToTierName, "now")
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err) // no secret, an event registered twice: found here
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/masivo", h)

	send(mux, "/webhooks/masivo?secret=LONG-RANDOM-TEXT", `{"event": "TIER_UPGRADE", "data": {
		"customer_id": "7", "triggered_by": "EVENT", "trigger_event_id": "e-1",
		"from_tier_id": "s", "from_tier_name": "Silver", "from_tier_level": 1,
		"to_tier_id": "g", "to_tier_name": "Gold", "to_tier_level": 2
	}}`)
	// Output:
	// 7 is Gold now
	// 200
}

// Events without a function of their own, known to the package or not, can go to
// one function for all. Without a Fallback they are told 200 and counted.
func ExampleFallback() {
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}},
		envelope.Fallback(func(_ context.Context, d *masivo.Delivery[json.RawMessage]) error {
			fmt.Printf("%s (known: %t): %s\n", d.Event, d.Known, d.Payload)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	send(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "TIER_UPGRADE", "data": {"customer_id": "7"}}`)
	send(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "BADGE_EARNED", "data": {"badge": "first order"}}`)
	// Output:
	// TIER_UPGRADE (known: true): {"customer_id": "7"}
	// 200
	// BADGE_EARNED (known: false): {"badge": "first order"}
	// 200
}

// A verifier of your own: deliveries must come from the gateway, and carry its
// token.
func ExampleVerifier() {
	token, err := envelope.SharedSecret(envelope.FromHeader("X-Gateway-Token"), "LONG-RANDOM-TEXT")
	if err != nil {
		log.Fatal(err)
	}
	gateway := netip.MustParsePrefix("192.0.2.0/24")
	verifier := func(r *http.Request) (func(body []byte) error, error) {
		sender, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !gateway.Contains(sender.Addr()) {
			return nil, fmt.Errorf("%w: not from the gateway", envelope.ErrSignature)
		}
		return token(r)
	}
	h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{Verifier: verifier}})
	if err != nil {
		log.Fatal(err)
	}

	for _, address := range []string{"192.0.2.7:5000", "203.0.113.9:5000"} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"event": "TIER_UPGRADE", "data": {}}`))
		r.RemoteAddr = address
		r.Header.Set("X-Gateway-Token", "LONG-RANDOM-TEXT")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(address, w.Code)
	}
	// Output:
	// 192.0.2.7:5000 200
	// 203.0.113.9:5000 401
}

// A secret in the path of the URL, for senders that sign nothing and cut off
// queries. Two secrets are accepted while one takes the place of the other.
func ExampleSharedSecret() {
	verifier, err := envelope.SharedSecret(envelope.FromPathValue("secret"), "NEW-RANDOM-TEXT", "OLD-RANDOM-TEXT")
	if err != nil {
		log.Fatal(err)
	}
	h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{Verifier: verifier}})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/masivo/{secret}", h)

	for _, secret := range []string{"NEW-RANDOM-TEXT", "OLD-RANDOM-TEXT", "A-GUESS"} {
		send(mux, "/webhooks/masivo/"+secret, `{"event": "TIER_UPGRADE", "data": {}}`)
	}
	// Output:
	// 200
	// 200
	// 401
}

// A provider whose whole body is the payload, and that names the event in a header.
func ExampleProvider() {
	type meta struct{}
	type invoice struct {
		Number string           `json:"number,omitzero" validate:"required"`
		Total  envelope.Decimal `json:"total,omitzero"`
	}
	invoicePaid := envelope.NewEvent[meta, invoice]("invoice.paid")
	verifier, err := envelope.SharedSecret(envelope.FromQuery("secret"), "LONG-RANDOM-TEXT")
	if err != nil {
		log.Fatal(err)
	}
	h, err := envelope.NewHandler(
		envelope.Provider[meta]{
			Name:      "books",
			Events:    []envelope.AnyEvent[meta]{invoicePaid.Any()},
			EventName: func(r *http.Request) string { return r.Header.Get("X-Books-Event") },
		},
		envelope.Options{Verifier: verifier},
		invoicePaid.Handle(func(_ context.Context, d *envelope.Delivery[meta, invoice]) error {
			fmt.Println(d.Event, d.Payload.Number, d.Payload.Total)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}

	r := httptest.NewRequest(http.MethodPost, "/?secret=LONG-RANDOM-TEXT", strings.NewReader(`{"number": "I-31", "total": 99.90}`))
	r.Header.Set("X-Books-Event", "invoice.paid")
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// invoice.paid I-31 99.90
}

// A worker takes verified deliveries from a queue. The error says whether a message
// is worth another try, and how long to wait before it.
func ExampleHandler_Dispatch() {
	attempts := 0
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}},
		masivo.CouponRedemption.Handle(func(_ context.Context, d *masivo.Delivery[masivo.CouponRedemptionData]) error {
			switch attempts++; {
			case d.Payload.CampaignID == "over":
				return envelope.Permanent(errors.New("the campaign is over"))
			case attempts == 1:
				return envelope.RetryAfter(time.Minute, errors.New("the database restarts"))
			}
			fmt.Println("customer", d.Payload.CustomerID)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}

	queue := []envelope.Message{
		{Body: []byte(`{"event": "COUPON_REDEMPTION", "data": {"customer_id": "7", "campaign_id": "spring", "code": "A"}}`)},
		{Body: []byte(`{"event": "COUPON_REDEMPTION", "data": {"customer_id": "8", "campaign_id": "over", "code": "B"}}`)},
		{Body: []byte(`{"event": "COUPON_REDEMPTION", "data": {"customer_id": "9"`)},
	}
	for len(queue) > 0 {
		m := queue[0]
		queue = queue[1:]
		var failure *envelope.Error
		switch err := h.Dispatch(context.Background(), m); {
		case err == nil: // Take it off the queue for good.
			fmt.Println("done")
		case errors.As(err, &failure) && failure.Retryable():
			fmt.Println("again in", failure.RetryAfter)
			queue = append(queue, m)
		default:
			fmt.Println("to the dead letters:", failure.Kind)
		}
	}
	// Output:
	// again in 1m0s
	// to the dead letters: dropped
	// to the dead letters: malformed
	// customer 7
	// done
}

// Each behavior event is taken once, however often it is delivered. Masivo sends no
// id with a delivery; NaturalKey finds one in it where there is one.
func ExampleIdempotency() {
	h, err := masivo.NewHandler(
		masivo.Config{
			Secrets: []string{"LONG-RANDOM-TEXT"},
			Options: envelope.Options{
				Key:         masivo.NaturalKey,
				Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(100_000, 24*time.Hour)},
			},
		},
		masivo.TierUpgrade.Handle(func(_ context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
			fmt.Println("a voucher for", d.Payload.CustomerID)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, cause := range []string{"e-1", "e-1", "e-2"} {
		send(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "TIER_UPGRADE", "data": {
			"customer_id": "7", "triggered_by": "EVENT", "trigger_event_id": "`+cause+`",
			"from_tier_id": "s", "from_tier_name": "Silver", "from_tier_level": 1,
			"to_tier_id": "g", "to_tier_name": "Gold", "to_tier_level": 2
		}}`)
	}
	// Output:
	// a voucher for 7
	// 200
	// 200
	// a voucher for 7
	// 200
}

// An observer learns what became of every delivery: the place for metrics. Event is
// text of the sender where Known is false, and should not become a label then.
func ExampleConfig_observer() {
	counts := map[string]int{}
	h, err := masivo.NewHandler(
		masivo.Config{
			Secrets: []string{"LONG-RANDOM-TEXT"},
			Options: envelope.Options{
				Observer: func(_ context.Context, o envelope.Observation) { // Called concurrently in real life.
					event := o.Event
					if !o.Known {
						event = "other"
					}
					counts[fmt.Sprint(event, " ", o.Outcome, " ", o.Status)]++
				},
			},
		},
		masivo.CouponRedemption.Handle(func(context.Context, *masivo.Delivery[masivo.CouponRedemptionData]) error {
			return errors.New("the database is down")
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	send(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "COUPON_REDEMPTION", "data": {"customer_id": "7", "campaign_id": "c", "code": "x"}}`)
	send(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "TIER_UPGRADE", "data": {}}`)
	send(h, "/?secret=A-GUESS", `{"event": "TIER_UPGRADE", "data": {}}`)
	fmt.Println(counts)
	// Output:
	// 500
	// 200
	// 401
	// map[COUPON_REDEMPTION failed 500:1 TIER_UPGRADE ignored 200:1 other refused 401:1]
}

// A provider changes what it sends before it changes its documentation. Deliveries
// go on, and the drift hook tells what is new.
func ExampleConfig_drift() {
	h, err := masivo.NewHandler(
		masivo.Config{
			Secrets: []string{"LONG-RANDOM-TEXT"},
			Options: envelope.Options{
				Drift: func(_ context.Context, r envelope.DriftReport) {
					for _, d := range r.Drift {
						fmt.Println(r.Event, d.Kind, d.Pointer)
					}
				},
			},
		},
		masivo.CouponRedemption.Handle(func(_ context.Context, d *masivo.Delivery[masivo.CouponRedemptionData]) error {
			fmt.Println("customer", d.Payload.CustomerID)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	send(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "COUPON_REDEMPTION", "version": 2, "data": {
		"customer_id": "7", "campaign_id": "c", "code": "x", "store": {"id": "LIM-03"}
	}}`)
	send(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "COUPON_EXPIRED", "data": {"customer_id": "7"}}`)
	// Output:
	// COUPON_REDEMPTION unknown_member /version
	// COUPON_REDEMPTION unknown_member /data/store
	// customer 7
	// 200
	// COUPON_EXPIRED unknown_event /event
	// 200
}

// Refused deliveries are explained in the log, ten a minute at most.
func ExampleLogRefusals() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, nil))
	h, err := masivo.NewHandler(masivo.Config{
		Secrets: []string{"LONG-RANDOM-TEXT"},
		Options: envelope.Options{Refused: envelope.LogRefusals(logger, 10)},
	})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("POST /webhooks/masivo", h)
}

// A hook of your own gets the causes, and the request and body, which hold credentials.
func ExampleRefusal_Explain() {
	h, err := masivo.NewHandler(masivo.Config{
		Secrets: []string{"LONG-RANDOM-TEXT"},
		Options: envelope.Options{Refused: func(_ context.Context, r *envelope.Refusal) {
			for _, cause := range r.Explain() {
				fmt.Println(r.Provider, r.Status, cause.Code, cause.Setting)
			}
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/webhooks/masivo", strings.NewReader(`{"event":"TIER_UPGRADE","data":{}}`))
	r.Header.Set("X-Api-Key", "LONG-RANDOM-TEXT")
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output: masivo 401 secret_place SecretFrom: envelope.FromHeader("X-Api-Key")
}

// What a function returns decides what the sender does: nothing more, try again, or
// try again no sooner than in half a minute.
func ExampleRetryAfter() {
	results := []error{
		nil,
		errors.New("no connection"),
		envelope.RetryAfter(30*time.Second, errors.New("the database restarts")),
		envelope.Permanent(errors.New("no such customer")),
	}
	next := 0
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}},
		masivo.CouponRedemption.Handle(func(context.Context, *masivo.Delivery[masivo.CouponRedemptionData]) error {
			next++
			return results[next-1]
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	for range results {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/?secret=LONG-RANDOM-TEXT", strings.NewReader(
			`{"event": "COUPON_REDEMPTION", "data": {"customer_id": "7", "campaign_id": "c", "code": "x"}}`)))
		fmt.Printf("%d %q\n", w.Code, w.Header().Get("Retry-After"))
	}
	// Output:
	// 200 ""
	// 500 ""
	// 503 "30"
	// 200 ""
}

// Trying again is useless: the sender is told 200, and the observer and the log that
// the delivery was dropped.
func ExamplePermanent() {
	h, err := masivo.NewHandler(
		masivo.Config{
			Secrets: []string{"LONG-RANDOM-TEXT"},
			Options: envelope.Options{
				Observer: func(_ context.Context, o envelope.Observation) { fmt.Println(o.Outcome, o.Err) },
			},
		},
		masivo.CouponRedemption.Handle(func(context.Context, *masivo.Delivery[masivo.CouponRedemptionData]) error {
			return envelope.Permanent(errors.New("no such customer"))
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	send(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "COUPON_REDEMPTION", "data": {"customer_id": "7", "campaign_id": "c", "code": "x"}}`)
	// Output:
	// dropped no such customer
	// 200
}

// A pointer tells members that were sent as null from those that were not sent.
func ExampleDelivery_Has() {
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{"LONG-RANDOM-TEXT"}},
		masivo.TierDowngrade.Handle(func(_ context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
			fmt.Printf("%q %t\n", d.Payload.TriggerEventID, d.Has("/data/trigger_event_id"))
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, cause := range []string{`"trigger_event_id": null, `, ``} {
		send(h, "/?secret=LONG-RANDOM-TEXT", `{"event": "TIER_DOWNGRADE", "data": {`+cause+`
			"customer_id": "7", "triggered_by": "CRON",
			"from_tier_id": "g", "from_tier_name": "Gold", "from_tier_level": 2,
			"to_tier_id": "s", "to_tier_name": "Silver", "to_tier_level": 1
		}}`)
	}
	// Output:
	// "" true
	// 200
	// "" false
	// 200
}

// Amounts keep their digits: no float stands between the sender and you.
func ExampleDecimal() {
	var payload struct {
		Total envelope.Decimal `json:"total,omitzero"`
		Tax   envelope.Decimal `json:"tax,omitzero"`
	}
	if err := json.Unmarshal([]byte(`{"total": "1234567890123456789.10"}`), &payload); err != nil {
		log.Fatal(err)
	}
	fmt.Println(payload.Total, payload.Total.Sign(), payload.Tax.Sent())
	text, err := json.Marshal(payload)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output:
	// 1234567890123456789.10 1 false
	// {"total":"1234567890123456789.10"}
}
