package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

func postWith(ctx context.Context, h http.Handler, body string) {
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(body)))
}

type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic("marked") }

// TestHooksPanic: a panic of any hook is an error of its delivery at most. Work that is
// done is told 200 all the same.
func TestHooksPanic(t *testing.T) {
	for name, test := range map[string]struct {
		options envelope.Options
		status  int // over HTTP
		queue   bool
		ran     bool
	}{
		"observer": {envelope.Options{Observer: func(context.Context, envelope.Observation) { panic("marked") }}, 200, true, true},
		"logger":   {envelope.Options{Logger: slog.New(panicking{})}, 200, true, true},
		"drift":    {envelope.Options{Drift: func(context.Context, envelope.DriftReport) { panic("marked") }}, 500, false, false},
		"key":      {envelope.Options{Key: func(envelope.Keyed) string { panic("marked") }}, 500, false, false},
		"now":      {envelope.Options{Now: func() time.Time { panic("marked") }}, 500, false, false},
		"verifier": {envelope.Options{Verifier: func(*http.Request) (func([]byte) error, error) { panic("marked") }}, 500, true, false},
		"abort":    {envelope.Options{Verifier: func(*http.Request) (func([]byte) error, error) { panic(http.ErrAbortHandler) }}, 500, true, false},
		"check": {envelope.Options{Verifier: func(*http.Request) (func([]byte) error, error) {
			return func([]byte) error { panic("marked") }, nil
		}}, 500, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			if test.options.Logger == nil {
				test.options.Logger = jsonLogger(&log)
			}
			ran := false
			h := newShop(t, test.options, orderPlaced.Handle(doneAnd(&ran)))
			body := strings.Replace(goodBody, `"number"`, `"new":1,"number"`, 1)
			if w := post(h, body); w.Code != test.status || ran != test.ran {
				t.Errorf("status %d, ran %t", w.Code, ran)
			}
			err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)})
			if (err == nil) != test.queue || err != nil && errorOf(t, err).Kind != envelope.KindPanic {
				t.Errorf("queue: error %v", err)
			}
			if name != "logger" && (!strings.Contains(log.String(), "panicked") || strings.Contains(log.String(), "marked")) {
				t.Errorf("log %s", log.String())
			}
			if err := h.Shutdown(t.Context()); err != nil { // Nothing counts as running.
				t.Error(err)
			}
		})
	}
}

// TestQueueContext: the function sees that the context of Dispatch ends, and its
// deadline; over HTTP it outlives the request's.
func TestQueueContext(t *testing.T) {
	var err, again error
	var left time.Duration
	h := newShop(t, envelope.Options{}, orderPlaced.Handle(func(ctx context.Context, _ *shopDelivery[order]) error {
		err = ctx.Err()
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		<-ctx.Done()
		again = ctx.Err()
		return nil
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _ = h.Dispatch(ctx, envelope.Message{Body: []byte(goodBody)}); err != nil || left > 20*time.Millisecond || !errors.Is(again, context.DeadlineExceeded) {
		t.Errorf("error %v, then %v, %v left", err, again, left)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _ = h.Dispatch(cancelled, envelope.Message{Body: []byte(goodBody)}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context is seen as %v", err)
	}
	short := newShop(t, envelope.Options{Timeout: time.Millisecond}, orderPlaced.Handle(func(ctx context.Context, _ *shopDelivery[order]) error {
		if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
			t.Error("the request's end is seen")
		}
		for ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		first := ctx.Err()
		<-ctx.Done()
		if ctx.Err() != first { //nolint:errorlint // the very same
			t.Errorf("%v has become %v", first, ctx.Err())
		}
		return nil
	}))
	postWith(cancelled, short, goodBody)
}

// TestHandOff: a handler without typed functions hands over messages with the key that a
// typed handler makes of the same delivery.
func TestHandOff(t *testing.T) {
	key := func(k envelope.Keyed) string {
		switch p := k.Payload.(type) {
		case *order:
			return p.Number + "/" + k.Meta.(*shopMeta).ID
		case nil:
			return "unknown"
		}
		return ""
	}
	var got envelope.Message
	front := newShop(t, envelope.Options{Name: "front", Key: key}, envelope.HandOff[shopMeta](func(_ context.Context, m envelope.Message) error {
		got = m
		return nil
	}))
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody))
	r.Header.Set("Authorization", "marked")
	r.Header.Set("X-Two", "2")
	front.ServeHTTP(httptest.NewRecorder(), r)
	if got.Provider != "shop" || got.Handler != "front" || got.Event != "order.placed" || got.Received.IsZero() || string(got.Body) != goodBody || got.Header.Get("Authorization") != "" || got.Header.Get("X-Two") != "2" {
		t.Errorf("%+v", got)
	}
	var d *shopDelivery[order]
	worker := newShop(t, envelope.Options{Name: "front", Key: key}, orderPlaced.Handle(keep(&d)))
	got.Provider = "masivo"
	if err := worker.Dispatch(t.Context(), got); !errors.As(err, new(*envelope.Error)) || d != nil {
		t.Errorf("a message of another provider: %v", err)
	}
	if post(worker, goodBody); d.Key != got.Key || d.Key != "1/shop/front//A-7/m-1" {
		t.Errorf("keys %q and %q", got.Key, d.Key)
	}
	if post(front, `{"event":"order.eaten","data":{}}`); got.Key != "1/shop/front//unknown" {
		t.Errorf("key %q", got.Key)
	}
	if _, err := envelope.NewHandler(shop(), envelope.Options{Unverified: true}, envelope.HandOff[shopMeta](nil)); err == nil {
		t.Error("a nil function is accepted")
	}
}

// TestKeysAreApart: no two handlers, tenants or ids share a key, and none is long.
func TestKeysAreApart(t *testing.T) {
	seen := map[string]string{}
	for _, parts := range [][3]string{
		{"a", "", "b/1"}, {"a/b", "", "1"}, {"a", "b", "1"}, {"", "a/b", "1"}, {"", "a", "b/1"}, {"", "", "a/b/1"},
		{"a%2Fb", "", "1"}, {"", "", strings.Repeat("x", 2000)}, {"", "", strings.Repeat("x", 2001)}, {strings.Repeat("x", 2000), "", "1"},
	} {
		var d *shopDelivery[order]
		h := newShop(t, envelope.Options{Name: parts[0], Key: func(envelope.Keyed) string { return parts[2] }}, orderPlaced.Handle(keep(&d)))
		if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody), Tenant: parts[1]}); err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[d.Key]; ok || len(d.Key) > 512 {
			t.Errorf("%q and %s have the key %q", parts, other, d.Key)
		}
		seen[d.Key] = fmt.Sprint(parts)
	}
}

// TestPrintedWithoutSecrets: what slips into a log line takes no secret along.
func TestPrintedWithoutSecrets(t *testing.T) {
	options := envelope.Options{Name: "eu", RequestIDHeader: "marked"}
	config := struct {
		Secrets []string
		envelope.Options
	}{[]string{"marked"}, options}
	m := envelope.Message{Body: []byte("marked"), Header: http.Header{"Marked": {"marked"}}, Key: "marked"}
	tenant := envelope.Tenant{Name: "a", Secrets: []string{"marked"}}
	for _, v := range []any{config, &config, options, &options, m, &m, tenant, &tenant} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(strings.ToLower(text), "marked") || strings.Contains(text, fmt.Sprintf("%x", "marked")) {
				t.Errorf("%T with %s: %s", v, verb, text)
			}
		}
		var log strings.Builder
		jsonLogger(&log).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		if strings.Contains(strings.ToLower(log.String()), "marked") {
			t.Errorf("%T: log %s", v, log.String())
		}
	}
}

// TestFlushed: the answer is on its way, with its length, before the observer is asked.
func TestFlushed(t *testing.T) {
	w := httptest.NewRecorder()
	h := newShop(t, envelope.Options{RequestIDHeader: "X-Request-Id", Observer: func(_ context.Context, o envelope.Observation) {
		if !w.Flushed || w.Header().Get("Content-Length") != "0" {
			t.Errorf("flushed %t, Content-Length %q", w.Flushed, w.Header().Get("Content-Length"))
		}
		if o.RequestID != "r-1" || o.Method != http.MethodPost || o.Path != "/" || o.Received.IsZero() {
			t.Errorf("observed %+v", o)
		}
	}}, orderPlaced.Handle(done), envelope.Fallback(done[json.RawMessage]))
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody))
	r.Header.Set("X-Request-Id", "r-1")
	h.ServeHTTP(w, r)
}
