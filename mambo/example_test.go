package mambo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/mambo/mambotest"
)

// deliver sends a body as Mambo would, signed and with the event in the address.
func deliver(h http.Handler, event, body string) int {
	return deliverSigned(h, "whk_example", event, body)
}

func deliverSigned(h http.Handler, secret, event, body string) int {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/webhooks/mambo/"+event, strings.NewReader(body))
	if err := mambo.Sign(mambo.Config{Secrets: []string{secret}}, r, []byte(body)); err != nil {
		log.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// One webhook for each event, with the event in its address, works without
// knowing how Mambo names events in a delivery.
func Example() {
	h, err := mambo.NewHandler(
		mambo.Config{
			Secrets:        []string{"whk_example"}, // os.Getenv("MAMBO_WEBHOOK_SECRET")
			EventPathValue: "event",
		},
		mambo.UserMemberJoined.Handle(func(_ context.Context, d *mambo.Delivery[mambo.User]) error {
			fmt.Println("welcome,", d.Payload.Details.FirstName)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/mambo/{event}", h)

	fmt.Println(deliver(mux, "UserMemberJoined", `{"uuid":"E-10442","isMember":true,"details":{"firstName":"Priya"}}`))
	fmt.Println(deliver(mux, "UserMemberJoined", `{"message":"ping"}`)) // when the webhook is created
	fmt.Println(deliver(mux, "UserMemberJoind", `{"uuid":"E-10443"}`))  // a typing error is not success
	// Output:
	// welcome, Priya
	// 200
	// 200
	// 500
}

// A test of your handler: a delivery as Mambo may send it, changed where your test
// needs it, and what became of it.
func Example_test() {
	t := new(testing.T) // that of your test function

	h, err := mambo.NewHandler(
		mambo.Config{Secrets: []string{mambotest.Secret}, EventPathValue: "event"},
		mambo.PointWalletUpdated.Handle(func(_ context.Context, d *mambo.Delivery[mambo.PointWallet]) error {
			if d.Payload.Balance.Sign() < 0 {
				return envelope.Permanent(errors.New("overdrawn"))
			}
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	r := mambotest.NewRequest(t, mambo.PointWalletUpdated, func(w *mambo.PointWallet) {
		w.Balance = envelope.MustDecimal("-0.5")
	})
	result := envelopetest.Deliver(t, h, r)
	fmt.Println(result.Status, result.Outcome, result.Err)
	// Output: 200 dropped overdrawn
}

// A handler with a Fallback alone shows what your Mambo sends: keep header and
// body, and configure what you find.
func ExampleFallback() {
	h, err := mambo.NewHandler(
		mambo.Config{Secrets: []string{"whk_example"}},
		mambo.Fallback(func(_ context.Context, d *mambo.Delivery[json.RawMessage]) error {
			fmt.Printf("event %q, found by %q, known %t: %s\n", d.Event, d.Meta.EventFrom, d.Known, d.Payload)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	deliver(h, "", `{"message":"ping"}`)
	deliver(h, "", `{"name":"Night shift","tag":"night_shift"}`)
	deliver(h, "", `{"eventType":"TagCreated","data":{"name":"Night shift"}}`)
	// Output:
	// event "Ping", found by "ping", known true: {"message":"ping"}
	// event "", found by "", known false: {"name":"Night shift","tag":"night_shift"}
	// event "TagCreated", found by "body", known true: {"name":"Night shift"}
}

// With the payload version Latest, a field can get another name when Mambo is
// upgraded. Options.Drift is told so with the first delivery. This function has a
// type of its own for the event, and a rule that refuses a delivery without the
// field: it shows at Mambo as failed, to be sent again once the new name is known.
func ExampleConfig_drift() {
	type wallet struct {
		ExampleField string `json:"exampleField,omitzero" validate:"required"`
	}
	walletUpdated := envelope.NewEvent[mambo.Meta, wallet](mambo.PointWalletUpdated.Name())

	h, err := mambo.NewHandler(
		mambo.Config{
			Secrets:        []string{"whk_example"},
			EventPathValue: "event",
			Options: envelope.Options{
				Drift: func(_ context.Context, report envelope.DriftReport) {
					for _, d := range report.Drift {
						fmt.Println("drift in", report.Event, d.Kind, d.Pointer)
					}
				},
			},
		},
		walletUpdated.Handle(func(_ context.Context, d *mambo.Delivery[wallet]) error {
			fmt.Println("field is", d.Payload.ExampleField)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/mambo/{event}", h)

	fmt.Println(deliver(mux, "PointWalletUpdated", `{"exampleField":"value"}`))    // Mambo 8
	fmt.Println(deliver(mux, "PointWalletUpdated", `{"newExampleField":"value"}`)) // Mambo 9
	// Output:
	// field is value
	// 200
	// drift in PointWalletUpdated unknown_member /newExampleField
	// 422
}

// Secrets are changed without a gap: accept both, change the webhook, drop the
// older one.
func ExampleConfig_rotation() {
	h, err := mambo.NewHandler(
		mambo.Config{
			Secrets:     []string{"whk_next", "whk_example"},
			Separators:  []string{""}, // nothing between timestamp and body
			EventHeader: "X-Mambo-Event",
			Options:     envelope.Options{Tolerance: 2 * time.Minute},
		},
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, secret := range []string{"whk_next", "whk_example", "whk_guess"} {
		fmt.Println(deliverSigned(h, secret, "", `{"message":"ping"}`))
	}
	// Output:
	// 200
	// 200
	// 401
}

// What is between timestamp and body is not published. Explain finds it in a delivery that
// was refused, if the secret is right.
func ExampleExplain() {
	body := []byte(`{"message":"ping"}`)
	r := httptest.NewRequest(http.MethodPost, "/webhooks/mambo", nil)
	sender := mambo.Config{Secrets: []string{"whk_example"}, Separators: []string{":"}}
	if err := mambo.Sign(sender, r, body); err != nil {
		log.Fatal(err)
	}
	for _, cause := range mambo.Explain(mambo.Config{Secrets: []string{"whk_example"}}, r, body) {
		fmt.Println(cause.Text)
		fmt.Println(cause.Setting)
	}
	// Output:
	// Time and body are signed with ":" between them.
	// Separators: []string{":"}
}

// A resolver of yours tells the event by what you know of your deliveries.
func ExampleConfig_resolver() {
	h, err := mambo.NewHandler(
		mambo.Config{
			Secrets: []string{"whk_example"},
			EventResolver: func(m *envelope.Message) string {
				var body struct {
					Kind string `json:"kind"`
				}
				if json.Unmarshal(m.Body, &body) != nil {
					return ""
				}
				return map[string]string{"tag.created": "TagCreated"}[body.Kind]
			},
		},
		mambo.TagCreated.Handle(func(_ context.Context, d *mambo.Delivery[mambo.Tag]) error {
			fmt.Println(d.Payload.Name, "by", d.Meta.EventFrom)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	deliver(h, "", `{"kind":"tag.created","name":"Night shift"}`)
	// Output: Night shift by resolver
}

// An activity has one shape a kind; so have rewards, expirations and periods.
func ExampleActivityAttrs() {
	handle := func(_ context.Context, d *mambo.Delivery[mambo.Activity]) error {
		attrs := d.Payload.Attrs
		switch {
		case attrs.Behaviour != nil:
			fmt.Println(d.Payload.UUID, "did", attrs.Behaviour.Verb, "with", attrs.Behaviour.Metadata["stars"])
		case attrs.Point != nil && attrs.Point.Action == mambo.PointActionRedeem:
			for _, p := range attrs.Point.Points {
				fmt.Println(d.Payload.UUID, "spent", p.Points)
			}
		case attrs.Other != nil:
			fmt.Println("a new kind:", attrs.Type, string(attrs.Other))
		}
		return nil
	}
	h, err := mambo.NewHandler(
		mambo.Config{EventHeader: "X-Mambo-Event", Options: envelope.Options{Unverified: true}},
		mambo.ActivityCreated.Handle(handle),
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, body := range []string{
		`{"uuid":"E-1","attrs":{"type":"behaviour","verb":"wrote_review","metadata":{"stars":5}}}`,
		`{"uuid":"E-2","attrs":{"type":"point","action":"redeem","points":[{"pointId":"69a1","points":12.50}]}}`,
		`{"uuid":"E-3","attrs":{"type":"referral","invited":"E-9"}}`,
	} {
		err := h.Dispatch(context.Background(), envelope.Message{Event: "ActivityCreated", Body: []byte(body)})
		if err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// E-1 did wrote_review with 5
	// E-2 spent 12.50
	// a new kind: referral {"type":"referral","invited":"E-9"}
}

// The rule of a flexible behaviour is a tree.
func ExampleMetadataCondition() {
	var words func(c mambo.MetadataCondition) string
	words = func(c mambo.MetadataCondition) string {
		join := func(conditions []mambo.MetadataCondition, with string) string {
			var parts []string
			for _, c := range conditions {
				parts = append(parts, words(c))
			}
			return "(" + strings.Join(parts, with) + ")"
		}
		switch {
		case c.And != nil:
			return join(c.And.Conditions, " and ")
		case c.Or != nil:
			return join(c.Or.Conditions, " or ")
		case c.Leaf != nil:
			return fmt.Sprint(c.Leaf.Name, " ", c.Leaf.Operator, " ", c.Leaf.Value)
		}
		return string(c.Other)
	}
	var behaviour mambo.Behaviour
	err := json.Unmarshal([]byte(`{"attrs":{"type":"flexible","metadata":{"type":"and","conditions":[
		{"type":"leaf","name":"verified","operator":"$eq","value":true},
		{"type":"or","conditions":[
			{"type":"leaf","name":"length","operator":"$gte","value":500},
			{"type":"leaf","name":"photos","operator":"$gt","value":1}]}]}}}`), &behaviour)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(words(behaviour.Attrs.Flexible.Metadata))
	// Output: (verified $eq true and (length $gte 500 or photos $gt 1))
}

// Deliveries have no id. NaturalKey names those of events that happen once.
func ExampleNaturalKey() {
	h, err := mambo.NewHandler(
		mambo.Config{
			Secrets:        []string{"whk_example"},
			EventPathValue: "event",
			Options: envelope.Options{
				Key:         mambo.NaturalKey,
				Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(1000, time.Hour)},
			},
		},
		mambo.CouponStateAdded.Handle(func(_ context.Context, d *mambo.Delivery[mambo.CouponState]) error {
			fmt.Println("mail a coupon:", d.Key)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/mambo/{event}", h)

	fmt.Println(deliver(mux, "CouponStateAdded", `{"id":"69aa","couponId":"69a5","userId":"6962"}`))
	fmt.Println(deliver(mux, "CouponStateAdded", `{"id":"69aa","couponId":"69a5","userId":"6962"}`)) // repeated
	// Output:
	// mail a coupon: 1/mambo///CouponStateAdded/69aa
	// 200
	// 200
}
