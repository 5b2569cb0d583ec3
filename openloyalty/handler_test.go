package openloyalty_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

type updated = openloyalty.Delivery[openloyalty.CustomerOnlyData]

func TestNewHandler(t *testing.T) {
	verifier := func(*http.Request) (func([]byte) error, error) { return nil, nil }
	fn := func(context.Context, *updated) error { return nil }
	tests := map[string]struct {
		config openloyalty.Config
		routes []openloyalty.Route
		want   string // part of the error; "" for none
	}{
		"secrets":                     {openloyalty.Config{Secrets: []string{secret}}, nil, ""},
		"a verifier":                  {openloyalty.Config{Options: envelope.Options{Verifier: verifier}}, nil, ""},
		"unverified":                  {openloyalty.Config{Options: envelope.Options{Unverified: true}}, nil, ""},
		"nothing":                     {openloyalty.Config{}, nil, "no secret"},
		"an empty list":               {openloyalty.Config{Secrets: []string{}}, nil, "no secret"},
		"a blank secret":              {openloyalty.Config{Secrets: []string{""}}, nil, "blank"},
		"secrets and a verifier":      {openloyalty.Config{Secrets: []string{secret}, Options: envelope.Options{Verifier: verifier}}, nil, "beside"},
		"secrets and unverified":      {openloyalty.Config{Secrets: []string{secret}, Options: envelope.Options{Unverified: true}}, nil, "beside"},
		"an event registered twice":   {openloyalty.Config{Secrets: []string{secret}}, []openloyalty.Route{openloyalty.CustomerUpdated.Handle(fn), openloyalty.CustomerUpdated.Handle(fn)}, "twice"},
		"idempotency without a store": {openloyalty.Config{Secrets: []string{secret}, Options: envelope.Options{Idempotency: &envelope.Idempotency{}}}, nil, "store"},
	}
	for name, test := range tests {
		_, err := openloyalty.NewHandler(test.config, test.routes...)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "openloyalty: ")):
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

// dispatch gives what a handler for everything makes of a body.
func dispatch(t *testing.T, body string) (name string, meta openloyalty.Meta, key string, err error) {
	t.Helper()
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Options: envelope.Options{Unverified: true}},
		openloyalty.CustomerUpdated.Handle(func(_ context.Context, d *updated) error {
			name, meta, key = "CustomerUpdated", d.Meta, d.Key
			return nil
		}),
		openloyalty.LegacyCustomerUpdated.Handle(func(_ context.Context, d *openloyalty.Delivery[openloyalty.LegacyCustomerIDData]) error {
			name, meta, key = "LegacyCustomerUpdated", d.Meta, d.Key
			return nil
		}),
		openloyalty.Fallback(func(_ context.Context, d *openloyalty.Delivery[json.RawMessage]) error {
			name, meta, key = "Fallback of "+d.Event, d.Meta, d.Key
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	err = h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)})
	return name, meta, key, err
}

func TestEnvelopes(t *testing.T) {
	tests := map[string]struct{ body, want string }{
		"current":                        {`{"eventName":"CustomerUpdated","data":{}}`, "CustomerUpdated"},
		"legacy":                         {`{"type":"customer.updated","data":{}}`, "LegacyCustomerUpdated"},
		"current name in type":           {`{"type":"CustomerUpdated","data":{}}`, "CustomerUpdated"},
		"legacy name in eventName":       {`{"eventName":"customer.updated","data":{}}`, "LegacyCustomerUpdated"},
		"both":                           {`{"type":"customer.updated","eventName":"CustomerUpdated","data":{}}`, "CustomerUpdated"},
		"both, the other way round":      {`{"eventName":"CustomerUpdated","data":{},"type":"customer.updated"}`, "CustomerUpdated"},
		"both, behind the payload":       {`{"data":{},"type":"customer.updated","eventName":"CustomerUpdated"}`, "CustomerUpdated"},
		"null name":                      {`{"eventName":null,"type":"customer.updated","data":{}}`, "LegacyCustomerUpdated"},
		"known event without a function": {`{"eventName":"RewardCreated","data":{}}`, "Fallback of RewardCreated"},
		"unknown event":                  {`{"eventName":"BadgeGranted","data":{"badge":1}}`, "Fallback of BadgeGranted"},
		"names are case-sensitive":       {`{"eventName":"customerupdated","data":{}}`, "Fallback of customerupdated"},
	}
	for name, test := range tests {
		got, _, _, err := dispatch(t, test.body)
		if err != nil || got != test.want {
			t.Errorf("%s: got %q %v, want %q", name, got, err, test.want)
		}
	}
}

func TestIdentities(t *testing.T) {
	tests := map[string]struct {
		body, want string
	}{
		"no name":         {`{"data":{}}`, "validation failed: /eventName required"},
		"null name":       {`{"eventName":null,"data":{}}`, "validation failed: /eventName required"},
		"empty name":      {`{"eventName":"","data":{}}`, "validation failed: /eventName required"},
		"mistyped name":   {`{"eventName":7,"data":{}}`, "validation failed: /eventName type"},
		"no data":         {`{"eventName":"CustomerUpdated"}`, "validation failed: /data required"},
		"null data":       {`{"eventName":"CustomerUpdated","data":null}`, "validation failed: /data required"},
		"mistyped data":   {`{"eventName":"CustomerUpdated","data":"x"}`, "validation failed: /data type"},
		"a list for data": {`{"eventName":"CustomerUpdated","data":[{"customer":{}}]}`, "validation failed: /data type"},
	}
	for name, test := range tests {
		_, _, _, err := dispatch(t, test.body)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
		var failure *envelope.Error
		if !errors.As(err, &failure) || failure.Status() != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %#v, want status 422", name, err)
		}
	}
}

func TestHostileBodies(t *testing.T) {
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	for name, body := range map[string]string{
		"nothing":          ``,
		"null":             `null`,
		"a list":           `[]`,
		"not JSON":         `eventName=CustomerUpdated`,
		"cut":              `{"eventName":"CustomerUpdated","data":{"customer":{"customerId":"x"`,
		"two values":       `{"eventName":"CustomerUpdated","data":{}}{}`,
		"repeated member":  `{"eventName":"CustomerUpdated","data":{},"data":{}}`,
		"name twice":       `{"eventName":"CustomerUpdated","eventName":"CustomerUpdated","data":{}}`,
		"type twice":       `{"type":"customer.updated","type":"customer.updated","data":{}}`,
		"message id twice": `{"eventName":"CustomerUpdated","messageId":"a","messageId":"b","data":{}}`,
		"name not UTF-8":   "{\"eventName\":\"CustomerUpdated\xff\",\"data\":{}}",
		"name half a pair": `{"eventName":"\udc00","data":{}}`,
		"meta not UTF-8":   "{\"eventName\":\"CustomerUpdated\",\"storeCode\":\"\xff\",\"data\":{}}",
		"deep, not closed": `{"eventName":"CustomerUpdated","more":` + deep[:10_000],
		"much deeper":      `{"eventName":"CustomerUpdated","data":{},"more":[` + deep + `]}`,
	} {
		if _, _, _, err := dispatch(t, body); !errors.Is(err, envelope.ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

// Of other members the last one counts, and U+FFFD replaces what is not Unicode.
// What no field holds is not looked at, however deep it is.
func TestTolerantMembers(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	drift := func(kind envelope.DriftKind, pointer string) []envelope.Drift {
		return []envelope.Drift{{Kind: kind, Pointer: pointer}}
	}
	for name, test := range map[string]struct {
		body  string
		want  openloyalty.WebhookCustomer
		drift []envelope.Drift
	}{
		"twice": {
			`{"eventName":"CustomerUpdated","data":{"customer":{"phone":"1","phone":"2"}}}`,
			openloyalty.WebhookCustomer{Phone: "2"}, drift(envelope.DriftDuplicateMember, "/data/customer/phone"),
		},
		"an object twice: it does not merge": {
			`{"eventName":"CustomerUpdated","data":{"customer":{"phone":"1"},"customer":{"email":"a@example.com"}}}`,
			openloyalty.WebhookCustomer{Email: "a@example.com"}, drift(envelope.DriftDuplicateMember, "/data/customer"),
		},
		"not UTF-8": {
			"{\"eventName\":\"CustomerUpdated\",\"data\":{\"customer\":{\"phone\":\"\xff\"}}}",
			openloyalty.WebhookCustomer{Phone: "\ufffd"}, drift(envelope.DriftInvalidText, "/data/customer/phone"),
		},
		"half a pair": {
			`{"eventName":"CustomerUpdated","data":{"customer":{"phone":"1\ud800"}}}`,
			openloyalty.WebhookCustomer{Phone: "1\ufffd"}, drift(envelope.DriftInvalidText, "/data/customer/phone"),
		},
		"unknown and deep": {
			`{"eventName":"CustomerUpdated","data":{"customer":{"phone":"1"}},"more":` + deep + `}`,
			openloyalty.WebhookCustomer{Phone: "1"}, drift(envelope.DriftUnknownMember, "/more"),
		},
		"the payload is no object, and deep": {
			`{"eventName":"CustomerUpdated","data":{"customer":` + deep + `}}`,
			openloyalty.WebhookCustomer{}, drift(envelope.DriftWrongType, "/data/customer"),
		},
	} {
		var got openloyalty.WebhookCustomer
		h, err := openloyalty.NewHandler(openloyalty.Config{Options: envelope.Options{Unverified: true}},
			openloyalty.CustomerUpdated.Handle(func(_ context.Context, d *updated) error {
				got = d.Payload.Customer
				return nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
		result := envelopetest.Deliver(t, h, r)
		if result.Status != http.StatusOK {
			t.Errorf("%s: got %d, %v", name, result.Status, result.Err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(test.drift, result.Drift); diff != "" {
			t.Errorf("%s, drift (-want +got)\n%s", name, diff)
		}
	}
}

func TestMetaAndKey(t *testing.T) {
	golden := payloadBody(t, "CustomerUpdated")
	_, meta, key, err := dispatch(t, golden)
	if err != nil {
		t.Fatal(err)
	}
	if meta.MessageID == "" || meta.RequestID == "" || meta.StoreCode != "DEFAULT" || meta.CreatedAt.Time().Year() != 2026 {
		t.Errorf("got %+v", meta)
	}
	if want := "1/openloyalty///" + meta.MessageID; key != want {
		t.Errorf("got key %s, want %s", key, want)
	}
	if _, meta, key, err := dispatch(t, payloadBody(t, "customer.updated")); err != nil || key != "" || meta != (openloyalty.Meta{}) {
		t.Errorf("legacy: got %+v with key %q, %v", meta, key, err)
	}
}

func payloadBody(t *testing.T, event string) string {
	t.Helper()
	for name, golden := range envelopetest.Goldens(openloyalty.Name) {
		if name == event {
			return string(golden.Body)
		}
	}
	t.Fatalf("no golden delivery of %s", event)
	return ""
}

// The retry of a delivery has another request id and the same message id.
func TestRetryIsADuplicate(t *testing.T) {
	runs := 0
	h, err := openloyalty.NewHandler(
		openloyalty.Config{
			Secrets: []string{openloyaltytest.Secret},
			Options: envelope.Options{Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(10, time.Hour)}},
		},
		openloyalty.CustomerUpdated.Handle(func(context.Context, *updated) error {
			if runs++; runs == 1 {
				return errors.New("database is away")
			}
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	r := openloyaltytest.NewRequest(t, openloyalty.CustomerUpdated)
	var statuses []int
	var outcomes []envelope.Outcome
	for range 3 {
		result := envelopetest.Deliver(t, h, envelopetest.Again(t, r))
		statuses = append(statuses, result.Status)
		outcomes = append(outcomes, result.Outcome)
	}
	if !slices.Equal(statuses, []int{500, 200, 200}) || outcomes[2] != envelope.OutcomeDuplicate || runs != 2 {
		t.Errorf("got %v %v in %d runs", statuses, outcomes, runs)
	}
}

// A subscription without signing is known by its header, which stays hidden.
func TestSecretHeaderDelivery(t *testing.T) {
	var got *updated
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{"pW7-2kQz"}, SecretFrom: envelope.FromHeader("X-Webhook-Secret")},
		openloyalty.CustomerUpdated.Handle(func(_ context.Context, d *updated) error {
			got = d
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	send := func(secret string) int {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(payloadBody(t, "CustomerUpdated")))
		r.Header.Set("X-Webhook-Secret", secret)
		r.Header.Set("User-Agent", "partner-OpenLoyalty")
		return envelopetest.Deliver(t, h, r).Status
	}
	if status := send("guess"); status != http.StatusUnauthorized || got != nil {
		t.Errorf("wrong secret: %d", status)
	}
	if status := send("pW7-2kQz"); status != http.StatusOK {
		t.Fatalf("right secret: %d", status)
	}
	want := http.Header{"User-Agent": {"partner-OpenLoyalty"}}
	if diff := cmp.Diff(want, got.Header()); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

func TestFallbackPayload(t *testing.T) {
	var got *openloyalty.Delivery[json.RawMessage]
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Options: envelope.Options{Unverified: true}},
		openloyalty.Fallback(func(_ context.Context, d *openloyalty.Delivery[json.RawMessage]) error {
			got = d
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	body := `{"eventName":"BadgeGranted","messageId":"m","data":{"badge": 1.50}}`
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	if got.Known || got.Event != "BadgeGranted" || string(got.Payload) != `{"badge": 1.50}` || got.Meta.MessageID != "m" {
		t.Errorf("got %+v %s", got, got.Payload)
	}
}

func TestEventsIsACopy(t *testing.T) {
	events := openloyalty.Events()
	events[0] = events[1]
	if openloyalty.Events()[0].Name() == events[0].Name() {
		t.Error("the list of the package has changed")
	}
}
