package envelope_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
)

// TestDeliveryHeader: credentials do not reach the function, nor its logs; the
// header is a copy.
func TestDeliveryHeader(t *testing.T) {
	p := shop()
	p.SecretHeaders = []string{"x-shop-key", ""}
	var d *shopDelivery[order]
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody))
	r.Header = http.Header{
		"Authorization": {"a"}, "Proxy-Authorization": {"b"}, "Cookie": {"c"}, "X-Shop-Key": {"d"},
		"Content-Type": {"application/json"}, "X-Two": {"1", "2"},
	}
	handlerOf(t, p, envelope.Options{}, orderPlaced.Handle(keep(&d))).ServeHTTP(httptest.NewRecorder(), r)
	want := http.Header{"Content-Type": {"application/json"}, "X-Two": {"1", "2"}}
	if diff := cmp.Diff(want, d.Header()); diff != "" {
		t.Error(diff)
	}
	d.Header().Set("X-Two", "3")
	if diff := cmp.Diff(want, d.Header()); diff != "" {
		t.Error(diff)
	}
	if r.Header.Get("Authorization") != "a" {
		t.Error("the request has lost a header")
	}
	if d, _, err := dispatch(t, envelope.Options{}, goodBody); err != nil || len(d.Header()) != 0 {
		t.Errorf("a message without a header has %v, error %v", d.Header(), err)
	}
}

func TestDeliveryHas(t *testing.T) {
	d, _, err := dispatch(t, envelope.Options{}, `{"event":"order.placed","data":{"number":"1","customer":{"email":null},"lines":[{"sku":"a"},{}],"labels":{"a/b":"","~":"","":""},"parent":{"number":"2"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]bool{
		"":                        true,
		"/data":                   true,
		"/data/number":            true,
		"/data/customer/email":    true, // null
		"/data/customer/id":       false,
		"/data/lines/0/sku":       true,
		"/data/lines/1":           true,
		"/data/lines/1/sku":       false,
		"/data/lines/2":           false,
		"/data/lines/01":          false,
		"/data/lines/-":           false,
		"/data/lines/sku":         false,
		"/data/labels/a~1b":       true,
		"/data/labels/~0":         true,
		"/data/labels/":           true,
		"/data/labels/a":          false,
		"/data/number/0":          false,
		"/data/parent/number":     true,
		"/data/parent/number/x/y": false,
		"/nothing":                false,
		"data":                    false,
		"data/number":             false,
	} {
		if got := d.Has(pointer); got != want {
			t.Errorf("Has(%q) is %t", pointer, got)
		}
	}
	var opened *envelope.Delivery[wrapped, order]
	h := handlerOf(t, openedAs(`{"order":{"number":"1"}}`), envelope.Options{Validation: envelope.ValidateOff}, placed.Handle(keepOf(&opened)))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`order[number]=1`)}); err != nil {
		t.Fatal(err)
	}
	if !opened.Has("/order/number") || opened.Has("/order/total") || string(opened.Raw) != `order[number]=1` {
		t.Errorf("delivery of a form: %s", opened.Raw)
	}
	var none envelope.Delivery[shopMeta, order]
	if none.Has("") || none.Has("/a") {
		t.Error("a delivery without a body has members")
	}
	broken := envelope.Delivery[shopMeta, order]{Raw: []byte(`{"a":[1,"b":{"c":1}}`)}
	if broken.Has("/b") || broken.Has("/a/5") || broken.Has("/a/0/x") {
		t.Error("a body that is no JSON has members")
	}
	for _, raw := range []string{`{!`, `{"a"`, `[`, strings.Repeat("[", 20_000)} {
		broken.Raw = []byte(raw)
		if broken.Has("/a") || broken.Has(strings.Repeat("/0", 20_000)) {
			t.Errorf("%.9s has members", raw)
		}
	}
}

// openedAs is a provider whose bodies are no JSON, but stand for some.
func openedAs(text string) envelope.Provider[wrapped] {
	return opened(func(o *envelope.Contents[wrapped]) error {
		o.Event, o.Pointer, o.JSON = "placed", "/order", []byte(text)
		return nil
	})
}

// TestDeliveryPrinted: however a delivery is printed or logged, nothing of its
// content shows.
func TestDeliveryPrinted(t *testing.T) {
	p := shop()
	p.Events = nil
	var known, unknown *shopDelivery[json.RawMessage]
	body := `{"event":"marked.event","id":"marked","data":{"email":"marked@example.com","customer":{"id":"marked"}}}`
	if err := handlerOf(t, p, envelope.Options{}, envelope.Fallback(keep(&unknown))).Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	body = strings.Replace(body, "marked.event", "order.closed", 1)
	if err := newShop(t, envelope.Options{}, envelope.Fallback(keep(&known))).Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	logger := jsonLogger(&log)
	for _, test := range []struct {
		d    *shopDelivery[json.RawMessage]
		want string
	}{
		{known, "{shop order.closed, 103 bytes, 0 violations}"},
		{unknown, "{shop *, 103 bytes, 0 violations}"},
		{&shopDelivery[json.RawMessage]{Provider: "shop"}, "{shop , 0 bytes, 0 violations}"},
	} {
		for _, verb := range []string{"%v", "%+v", "%s", "%q", "%d", "%x"} {
			for _, d := range []any{test.d, *test.d} {
				if got := fmt.Sprintf(verb, d); got != test.want {
					t.Errorf("%s prints %s, want %s", verb, got, test.want)
				}
			}
		}
		logger.Info("pointer", "delivery", test.d)
		logger.Info("value", "delivery", *test.d)
	}
	if strings.Contains(log.String(), "marked") || !strings.Contains(log.String(), `"delivery":{"provider":"shop","event":"order.closed","size":103,"violations":0}`) {
		t.Errorf("log %s", log.String())
	}
}

// TestReceived: the handler's clock tells when a delivery came, unless a message
// says so itself.
func TestReceived(t *testing.T) {
	now, earlier := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC)
	var d *shopDelivery[order]
	h := newShop(t, envelope.Options{Now: func() time.Time { return now }}, orderPlaced.Handle(keep(&d)))
	post(h, goodBody)
	if !d.Received.Equal(now) {
		t.Errorf("received %v", d.Received)
	}
	for want, m := range map[time.Time]envelope.Message{now: {}, earlier: {Received: earlier}} {
		m.Body = []byte(goodBody)
		if err := h.Dispatch(t.Context(), m); err != nil || !d.Received.Equal(want) {
			t.Errorf("received %v, want %v, error %v", d.Received, want, err)
		}
	}
}

// TestMessageIsUntouched: Dispatch changes nothing of the message, and Raw is its
// body itself.
func TestMessageIsUntouched(t *testing.T) {
	m := envelope.Message{Body: []byte(goodBody), Header: http.Header{"Cookie": {"c"}}}
	var d *shopDelivery[order]
	h := newShop(t, envelope.Options{}, orderPlaced.Handle(keep(&d)))
	for range 2 { // The second one with a body that needs a second pass.
		body := string(m.Body)
		if err := h.Dispatch(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if string(m.Body) != body || &d.Raw[0] != &m.Body[0] || len(m.Header) != 1 || m.Event != "" || !m.Received.IsZero() {
			t.Errorf("message %+v", m)
		}
		m.Body = []byte(`{"event":"order.placed","data":{"count":"5","number":"1"}}`)
	}
}

// TestDeliveryIsItsOwn: a delivery that is kept is not changed by later ones.
func TestDeliveryIsItsOwn(t *testing.T) {
	var kept []*shopDelivery[order]
	h := newShop(t, envelope.Options{}, orderPlaced.Handle(func(_ context.Context, d *shopDelivery[order]) error {
		kept = append(kept, d)
		return nil
	}))
	for i := range 100 {
		post(h, fmt.Sprintf(`{"id":"m%d","event":"order.placed","data":{"number":"n%d","count":"%d","customer":{"id":"c%d"},"free":{"i":%d}}}`, i, i, i, i, i))
	}
	for i, d := range kept {
		if d.Meta.ID != fmt.Sprintf("m%d", i) || d.Payload.Number != fmt.Sprintf("n%d", i) || d.Payload.Count != int64(i) || d.Payload.Free.Get("i").String() != fmt.Sprint(i) ||
			len(d.Violations) != 1 || !strings.Contains(string(d.Raw), fmt.Sprintf(`"m%d"`, i)) {
			t.Fatalf("delivery %d has become %s", i, d.Raw)
		}
	}
}

// TestHeaderNamesInLowerCase: credentials are hidden and headers are found whatever the
// case of their names, and the caller's map stays as it is.
func TestHeaderNamesInLowerCase(t *testing.T) {
	sent := func() http.Header {
		return http.Header{
			"authorization":       {"Bearer marked"},
			"proxy-authorization": {"Basic marked"},
			"COOKIE":              {"marked=1"},
			"x-secret":            {"marked"},
			"x-shop-signature":    {shopSignature([]byte(goodBody))},
			"x-request-id":        {"r-1"},
			"x-tag":               {"b"},
			"X-Tag":               {"a"},
		}
	}
	want := http.Header{
		"X-Shop-Signature": {shopSignature([]byte(goodBody))},
		"X-Request-Id":     {"r-1"},
		"X-Tag":            {"a", "b"},
	}
	p := shop()
	p.SecretHeaders = []string{"X-Secret"}
	var got *shopDelivery[order]
	var o envelope.Observation
	var key http.Header
	h := handlerOf(t, p, envelope.Options{
		Verifier:        verifying.By(signed),
		RequestIDHeader: "X-Request-Id",
		Observer:        observeInto(&o),
		Key: func(k envelope.Keyed) string {
			key = k.Header
			return "key"
		},
	}, orderPlaced.Handle(keep(&got)))
	for name, deliver := range map[string]func(http.Header) error{
		"Dispatch": func(header http.Header) error {
			return h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody), Header: header})
		},
		"ServeHTTP": func(header http.Header) error {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody))
			r.Header = header
			h.ServeHTTP(httptest.NewRecorder(), r)
			return o.Err
		},
	} {
		t.Run(name, func(t *testing.T) {
			got = nil
			header := sent()
			if err := deliver(header); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Header()); diff != "" {
				t.Errorf("Header (-want +got):\n%s", diff)
			}
			if o.RequestID != "r-1" || key.Get("X-Tag") != "a" {
				t.Errorf("request %q, tag %q", o.RequestID, key.Get("X-Tag"))
			}
			if diff := cmp.Diff(sent(), header); diff != "" {
				t.Errorf("the caller's header has changed (-want +got):\n%s", diff)
			}
		})
	}
}
