package openloyalty_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

var codeEvents = []envelope.Event[openloyalty.Meta, openloyalty.CustomerCodeData]{
	openloyalty.CustomerWasRegisteredWithoutActivation,
	openloyalty.CustomerRequestedSendActivationCode,
	openloyalty.CustomerRequestedPasswordReset,
	openloyalty.CustomerPhoneNumberWasChanged,
	openloyalty.CustomerEmailWasChanged,
}

// The code reaches the function, and no log line, error or answer.
func TestCodesStayHidden(t *testing.T) {
	for _, event := range codeEvents {
		t.Run(event.Name(), func(t *testing.T) {
			var seen strings.Builder
			var payload openloyalty.CustomerCodeData
			h, err := openloyalty.NewHandler(
				openloyalty.Config{
					Secrets: []string{openloyaltytest.Secret},
					Options: envelope.Options{
						Logger:   slog.New(slog.NewJSONHandler(&seen, &slog.HandlerOptions{Level: slog.LevelDebug})),
						Observer: func(_ context.Context, o envelope.Observation) { fmt.Fprintf(&seen, "%+v %v", o, o.Err) },
						Drift:    func(_ context.Context, r envelope.DriftReport) { fmt.Fprintf(&seen, "%+v", r) },
					},
				},
				event.Handle(func(_ context.Context, d *openloyalty.Delivery[openloyalty.CustomerCodeData]) error {
					payload = d.Payload
					slog.New(slog.NewJSONHandler(&seen, nil)).Info("delivery", "delivery", d, "payload", d.Payload)
					slog.New(slog.NewTextHandler(&seen, nil)).Info("delivery", "delivery", d, "payload", &d.Payload)
					return fmt.Errorf("mail to %v: %w", d.Payload, errors.New("mailbox is full"))
				}),
			)
			if err != nil {
				t.Fatal(err)
			}
			result := envelopetest.Deliver(t, h, openloyaltytest.NewRequest(t, event))
			if result.Status != http.StatusInternalServerError {
				t.Fatalf("got %d, want 500", result.Status)
			}
			fmt.Fprint(&seen, result)
			if payload.Code == "" || !payload.CodeNumber.Sent() {
				t.Fatalf("the function got no code")
			}
			if strings.Count(seen.String(), payload.Customer.CustomerID) < 3 {
				t.Errorf("the member is hidden too: %s", seen.String())
			}
			mustHide(t, payload, seen.String())
		})
	}
}

func TestCodesAreNotPrinted(t *testing.T) {
	payload := *payloadOf(t, "CustomerRequestedPasswordReset", "basic").(*openloyalty.CustomerCodeData)
	values := map[string]any{
		"value":   payload,
		"pointer": &payload,
		"slice":   []openloyalty.CustomerCodeData{payload},
		"map":     map[string]openloyalty.CustomerCodeData{"k": payload},
		"struct":  struct{ Payload openloyalty.CustomerCodeData }{payload},
	}
	for name, value := range values {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%08.3f", "%t", "%c", "%U", "%T"} {
			text := fmt.Sprintf(format, value)
			if strings.Contains(text, "PANIC") {
				t.Errorf("%s of %s: %s", format, name, text)
			}
			mustHide(t, payload, text)
		}
		var logged bytes.Buffer
		slog.New(slog.NewTextHandler(&logged, nil)).Info("payload", "payload", value)
		mustHide(t, payload, logged.String())
	}
	mustHide(t, payload, payload.String()+payload.GoString()+payload.LogValue().String())
	want := "openloyalty.CustomerCodeData{customerId:" + payload.Customer.CustomerID + " code:[hidden]}"
	if got := fmt.Sprintf("%#v", payload); got != want || payload.GoString() != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// mustHide fails if a text contains a code, in any of the spellings of fmt.
func mustHide(t *testing.T, payload openloyalty.CustomerCodeData, text string) {
	t.Helper()
	number := payload.CodeNumber.String()
	for _, code := range []string{payload.Code, number, fmt.Sprintf("%x", payload.Code), strconv.FormatInt(payload.CodeNumber.Int64(), 16)} {
		if strings.Contains(strings.ToLower(text), code) {
			t.Errorf("a code is in %s", text)
		}
	}
}

// A delivery that is refused says nothing of its code either.
func TestCodesOfRefusedDeliveries(t *testing.T) {
	golden, err := envelopetest.Find(openloyalty.Name, "CustomerEmailWasChanged", "basic", "")
	if err != nil {
		t.Fatal(err)
	}
	payload := *payloadIn(t, golden.Body).(*openloyalty.CustomerCodeData)
	var seen strings.Builder
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Options: envelope.Options{Unverified: true, Logger: slog.New(slog.NewTextHandler(&seen, nil)), Validation: envelope.ValidateAll}},
		openloyalty.CustomerEmailWasChanged.Handle(func(context.Context, *openloyalty.Delivery[openloyalty.CustomerCodeData]) error { return nil }),
	)
	if err != nil {
		t.Fatal(err)
	}
	body := string(golden.Body)
	for name, broken := range map[string]string{
		"cut":            body[:len(body)-4],
		"repeated":       strings.Replace(body, `"data":`, `"data": {"code": "`+payload.Code+`"}, "data":`, 1),
		"named twice":    strings.Replace(body, `"eventName"`, `"eventName": "`+payload.Code+`", "eventName"`, 1),
		"not UTF-8":      strings.Replace(body, `"eventName": "`, `"eventName": "`+payload.Code+"\xff", 1),
		"customer":       strings.Replace(body, payload.Customer.CustomerID, payload.Code, 1),
		"without a name": strings.Replace(body, `"eventName"`, `"name"`, 1),
	} {
		err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(broken)})
		if err == nil {
			t.Errorf("%s: not refused", name)
			continue
		}
		mustHide(t, payload, err.Error()+seen.String())
	}
}
