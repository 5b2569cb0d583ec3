package openloyalty_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

// exampleSecret is what the admin panel shows when signing is enabled.
const exampleSecret = "whsec_7d1f04b2c96ae85310f7d4c8b29e6a517d1f04b2c96ae85310f7d4c8b29e6a51"

// deliver sends a body as Open Loyalty would, signed for the URL of the
// subscription.
func deliver(h http.Handler, body string) int {
	r := httptest.NewRequest(http.MethodPost, "https://shop.example.com/webhooks/openloyalty", strings.NewReader(body))
	config := openloyalty.Config{Secrets: []string{exampleSecret}}
	r.Header.Set(openloyalty.RequestIDHeader, "5b0f6d1e-93c7-4a28-8e54-d1b7c02f9a36")
	if err := openloyalty.Sign(config, r, []byte(body)); err != nil {
		log.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// The first handler: a function for each event that you use, mounted under the URL
// of the subscriptions.
func Example() {
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{exampleSecret}}, // os.Getenv("OPENLOYALTY_WEBHOOK_SECRET")
		openloyalty.CustomerLevelChanged.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.CustomerLevelChangedData]) error {
			fmt.Println(d.Payload.Customer.Email, "is", d.Payload.Level.Name, "now")
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/openloyalty", h)

	fmt.Println(deliver(mux, `{
		"messageId": "4f1c8a70-2b9d-4e63-b05a-7c9e1d3f2a84",
		"eventName": "CustomerLevelChanged",
		"storeCode": "DEFAULT",
		"data": {
			"customer": {"customerId": "e2b7a9d4-61c0-4f38-9d15-0a8c7b3e5f62", "email": "freja@example.com"},
			"level": {"levelId": "90d5c1f3-7e2a-4b86-a3c4-6f1b8e0d9a75", "name": "Gold", "levelMoveUp": true}
		}
	}`))
	// Output:
	// freja@example.com is Gold now
	// 200
}

// A Fallback takes the events without a function: those you have no use for yet,
// and those that this version of the package does not know.
func ExampleFallback() {
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{exampleSecret}},
		openloyalty.Fallback(func(ctx context.Context, d *openloyalty.Delivery[json.RawMessage]) error {
			fmt.Printf("%s (known: %t): %s\n", d.Event, d.Known, d.Payload)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	deliver(h, `{"eventName":"SegmentMembershipDropped","data":{"segment":{"newCount":17960}}}`)
	deliver(h, `{"eventName":"BadgeGranted","data":{"badge":"night-owl"}}`)
	// Output:
	// SegmentMembershipDropped (known: true): {"segment":{"newCount":17960}}
	// BadgeGranted (known: false): {"badge":"night-owl"}
}

// A receiver behind a proxy sees a host and a path that are not those of the
// subscription. PublicURL says what was signed.
func ExampleConfig() {
	h, err := openloyalty.NewHandler(openloyalty.Config{
		Secrets:   []string{exampleSecret},
		PublicURL: "https://shop.example.com/webhooks/openloyalty",
	})
	if err != nil {
		log.Fatal(err)
	}
	proxy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host, r.RequestURI, r.URL.Path = "10.0.0.7:8080", "/in", "/in"
		h.ServeHTTP(w, r)
	})
	fmt.Println(deliver(proxy, `{"eventName":"CustomerUpdated","data":{}}`))
	// Output: 200
}

// A proxy has replaced the host, and the delivery is refused. Explain names the setting
// that accepts it.
func ExampleExplain() {
	config := openloyalty.Config{Secrets: []string{exampleSecret}}
	body := []byte(`{"eventName":"CustomerUpdated","data":{"customer":{"customerId":"1"}}}`)
	r := httptest.NewRequest(http.MethodPost, "https://shop.example.com/webhooks/openloyalty", nil)
	if err := openloyalty.Sign(config, r, body); err != nil {
		log.Fatal(err)
	}
	r.Host, r.URL.Host = "10.0.0.7:8080", ""
	r.RequestURI = "/webhooks/openloyalty"
	r.Header.Set("X-Forwarded-Host", "shop.example.com")

	for _, cause := range openloyalty.Explain(config, r, body) {
		fmt.Println(cause.Code, cause.Certain)
		fmt.Println(cause.Setting)
	}
	// Output:
	// host true
	// PublicURL: "https://shop.example.com/webhooks/openloyalty"
}

// A subscription without signing proves itself by a custom header.
func ExampleConfig_secretHeader() {
	h, err := openloyalty.NewHandler(
		openloyalty.Config{
			Secrets:    []string{"mJ4-x9Qe2LrT"},
			SecretFrom: envelope.FromHeader("X-Webhook-Secret"),
		},
		openloyalty.CustomerDeactivated.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.CustomerOnlyData]) error {
			fmt.Println("goodbye,", d.Payload.Customer.LoyaltyCardNumber)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"eventName":"CustomerDeactivated","data":{"customer":{"loyaltyCardNumber":"SE-90017"}}}`))
	r.Header.Set("X-Webhook-Secret", "mJ4-x9Qe2LrT")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output:
	// goodbye, SE-90017
	// 200
}

// With a store, the function runs once a message, however often it is sent.
func ExampleConfig_idempotency() {
	h, err := openloyalty.NewHandler(
		openloyalty.Config{
			Secrets: []string{exampleSecret},
			Options: envelope.Options{
				Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(10_000, 24*time.Hour)},
			},
		},
		openloyalty.TransactionAssignedToCustomer.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.TransactionAssignedToCustomerData]) error {
			fmt.Println(d.Key, "books", d.Payload.GrossValue)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	body := `{"eventName":"TransactionAssignedToCustomer","messageId":"c81e5f20-4d7b-4396-8a0f-e2b9d6c3a714","data":{"grossValue":128.40}}`
	fmt.Println(deliver(h, body))
	fmt.Println(deliver(h, body))
	// Output:
	// 1/openloyalty///c81e5f20-4d7b-4396-8a0f-e2b9d6c3a714 books 128.40
	// 200
	// 200
}

// The member is somewhere else in nearly every payload.
func ExampleMember() {
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{exampleSecret}},
		openloyalty.CustomerRegistered.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.CustomerRegisteredData]) error {
			fmt.Println(openloyalty.Member(d.Payload).Email)
			return nil
		}),
		openloyalty.CampaignEffectWasApplied.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.CampaignEffectWasAppliedData]) error {
			fmt.Println(openloyalty.Member(d.Payload).CustomerID)
			return nil
		}),
		openloyalty.LevelWillExpire.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.LevelWillExpireData]) error {
			fmt.Println(openloyalty.Member(d.Payload).Phone)
			return nil
		}),
		openloyalty.PointsWillExpire.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.PointsWillExpireData]) error {
			fmt.Println("the owner of wallet", openloyalty.Member(d.Payload).WalletID)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	deliver(h, `{"eventName":"CustomerRegistered","data":{"customerId":"7","customerData":{"email":"hugo@example.com"}}}`)
	deliver(h, `{"eventName":"CampaignEffectWasApplied","data":{"member":{"customerId":"8"}}}`)
	deliver(h, `{"eventName":"LevelWillExpire","data":{"customerId":"9","customerPhone":"+447700900101"}}`)
	deliver(h, `{"eventName":"PointsWillExpire","data":{"accountId":"w-12","points":500}}`)
	// Output:
	// hugo@example.com
	// 8
	// +447700900101
	// the owner of wallet w-12
}

// What set a campaign off decides which variant is there.
func ExampleCampaignTrigger() {
	onEffect := func(ctx context.Context, d *openloyalty.Delivery[openloyalty.CampaignEffectWasAppliedData]) error {
		switch trigger := d.Payload.Campaign.Trigger; {
		case trigger.Transaction != nil:
			fmt.Println("purchase", trigger.Transaction.DocumentNumber)
		case trigger.InternalEvent != nil:
			fmt.Println("away for", trigger.InternalEvent.Payload["daysAway"], "days")
		default:
			fmt.Printf("%s: %s\n", trigger.Type, trigger.Other)
		}
		return nil
	}
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{exampleSecret}},
		openloyalty.CampaignEffectWasApplied.Handle(onEffect),
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, trigger := range []string{
		`{"type":"transaction","documentNumber":"INV/2026/03/01188"}`,
		`{"type":"internal_event","payload":{"daysAway":41}}`,
		`{"type":"leaderboard","position":3}`,
	} {
		deliver(h, `{"eventName":"CampaignEffectWasApplied","data":{"campaign":{"trigger":`+trigger+`}}}`)
	}
	// Output:
	// purchase INV/2026/03/01188
	// away for 41 days
	// leaderboard: {"type":"leaderboard","position":3}
}

// A code can be mailed, and is not logged by accident.
func ExampleCustomerCodeData() {
	payload := openloyalty.CustomerCodeData{
		Customer:   openloyalty.WebhookCustomer{CustomerID: "1c7e", Email: "nora@example.com"},
		Code:       "f06c2b93d85e4a17bc49",
		CodeNumber: envelope.NewInt(760213),
	}
	fmt.Printf("To %s: your code is %s\n", payload.Customer.Email, payload.CodeNumber)

	fmt.Println(payload)
	withoutTime := func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})).Info("reset", "payload", payload)
	// Output:
	// To nora@example.com: your code is 760213
	// {customerId:1c7e code:[hidden]}
	// level=INFO msg=reset payload.customerId=1c7e payload.code=[hidden]
}

// The same handler takes the legacy format, whose events have names of their own.
// Dispatch takes bodies that came by another way than HTTP, a queue for example.
func Example_legacy() {
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{exampleSecret}},
		openloyalty.LegacyAccountExpiringPointsNotification.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.LegacyExpiringPointsData]) error {
			for _, row := range d.Payload {
				fmt.Println(row.CustomerEmail, "loses", row.Points, "on", row.PointsWillExpire.Time().Format(time.DateOnly))
			}
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	err = h.Dispatch(context.Background(), envelope.Message{Body: []byte(`{"type":"account.expiring_points_notification","data":[
		{"customerEmail":"leo@example.com","points":340,"pointsWillExpire":"2026-02-09T23:59:59+01:00"},
		{"customerEmail":"ada@example.com","points":12.5,"pointsWillExpire":"2026-02-09T23:59:59+01:00"}
	]}`)})
	fmt.Println(err)
	// Output:
	// leo@example.com loses 340 on 2026-02-09
	// ada@example.com loses 12.5 on 2026-02-09
	// <nil>
}

// A test of your handler: a real delivery, changed where your test needs it, and
// what became of it.
func Example_testing() {
	t := new(testing.T) // that of your test function

	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{openloyaltytest.Secret}},
		openloyalty.UnitsTransferWasAdded.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.UnitsTransferWasAddedData]) error {
			fmt.Println(d.Payload.Type, d.Payload.Units)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	r := openloyaltytest.NewRequest(t, openloyalty.UnitsTransferWasAdded, func(d *openloyalty.UnitsTransferWasAddedData) {
		d.Units = envelope.MustDecimal("0.25")
	})
	fmt.Println(envelopetest.Deliver(t, h, r).Status)
	fmt.Println(envelopetest.Deliver(t, h, openloyaltytest.NewRequestWith(t, openloyaltytest.Options{At: time.Now().Add(-time.Hour)}, openloyalty.UnitsTransferWasAdded)).Status)
	// Output:
	// adding 0.25
	// 200
	// 401
}
