package envelope_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// TestLog: one line a delivery, at a level that says whether to look at it, and
// nothing of the delivery in it.
func TestLog(t *testing.T) {
	failure := errors.New("database is down")
	for _, test := range []struct {
		name, body string
		result     error
		verified   error
		want       []string
	}{
		{"handled", goodBody, nil, nil, []string{`"level":"DEBUG"`, `"msg":"webhook delivery"`, `"provider":"shop"`, `"event":"order.placed"`, `"outcome":"handled"`, `"status":200`, `"handler":"eu"`, `"duration":`, `"size":`}},
		{"ignored", `{"event":"order.closed","data":{}}`, nil, nil, []string{`"level":"DEBUG"`, `"event":"order.closed"`, `"outcome":"ignored"`}},
		{"unknown", `{"event":"marked","data":{}}`, nil, nil, []string{`"level":"DEBUG"`, `"event":"*"`, `"outcome":"ignored"`, `"drift":1`}},
		{"drifting", `{"event":"order.placed","data":{"number":"1","marked":5,"customer":{"id":"marked"}}}`, nil, nil, []string{`"level":"DEBUG"`, `"drift":1`, `"violations":1`}},
		{"failed", goodBody, failure, nil, []string{`"level":"ERROR"`, `"outcome":"failed"`, `"status":500`, `"kind":"failed"`, `"error":"database is down"`}},
		{"panicked", goodBody, errPanic, nil, []string{`"level":"ERROR"`, `"kind":"panic"`, `"error":"function panicked with *errors.errorString at observe_test.go:`}},
		{"dropped", goodBody, envelope.Permanent(failure), nil, []string{`"level":"WARN"`, `"outcome":"dropped"`, `"status":200`, `"kind":"dropped"`, `"error":"database is down"`}},
		{"deferred", goodBody, envelope.RetryAfter(time.Minute, failure), nil, []string{`"level":"WARN"`, `"outcome":"deferred"`, `"status":503`, `"kind":"retry"`}},
		{"refused", goodBody, nil, envelope.ErrSignatureTooOld, []string{`"level":"WARN"`, `"event":""`, `"outcome":"refused"`, `"status":401`, `"error":"signature refused: timestamp too old"`}},
		{"refused by a verifier's own error", goodBody, nil, failure, []string{`"level":"WARN"`, `"error":"signature refused"`}},
		{"could not be verified", goodBody, nil, envelope.RetryAfter(0, failure), []string{`"level":"WARN"`, `"outcome":"deferred"`, `"kind":"retry"`}},
		{"malformed", `{"marked`, nil, nil, []string{`"level":"WARN"`, `"kind":"malformed"`, `"error":"body is malformed near byte 8"`}},
		{"too deep", `{"event":"order.placed","data":` + strings.Repeat(`{"parent":`, 70) + `{}` + strings.Repeat("}", 71), nil, nil, []string{`"error":"body is malformed: nested deeper than MaxDepth at /data/parent`}},
		{"invalid", `{"event":"order.placed","data":{"number":"","places":{"marked":{"code":"x"}}}}`, nil, nil, []string{`"level":"WARN"`, `"kind":"validation"`, `"error":"validation failed: /data/number required"`, `"violations":2`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log strings.Builder
			var seen envelope.Observation
			h := newShop(t, envelope.Options{
				Name:     "eu",
				Logger:   jsonLogger(&log),
				Observer: observeInto(&seen),
				Drift:    func(context.Context, envelope.DriftReport) {},
				Verifier: func(*http.Request) (func([]byte) error, error) { return nil, test.verified },
			}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
				if test.result == errPanic { //nolint:errorlint // the very value
					panic(test.result)
				}
				return test.result
			}))
			post(h, test.body)
			line := log.String()
			if strings.Count(line, "\n") != 1 || strings.Contains(line, "marked") {
				t.Errorf("log %s", line)
			}
			for _, want := range test.want {
				if !strings.Contains(line, want) {
					t.Errorf("log %s has no %s", line, want)
				}
			}
			// An observer that logs what it got shows no more than the handler.
			log.Reset()
			jsonLogger(&log).Info("x", "delivery", seen)
			if strings.Contains(log.String(), "marked") || !strings.Contains(log.String(), `"outcome":"`+string(seen.Outcome)+`"`) {
				t.Errorf("log of an observation %s", log.String())
			}
			if seen.Handler != "eu" || seen.Duration <= 0 || (seen.Size != len(test.body)) != (test.verified != nil) {
				t.Errorf("observed %+v", seen)
			}
		})
	}
}

var errPanic = errors.New("marked panic")

// TestLogLevel: a level that is off costs no line, and the logger sees the
// request's context.
func TestLogLevel(t *testing.T) {
	type key struct{}
	var log strings.Builder
	contexts := 0
	handler := contextual{slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}), func(ctx context.Context) {
		if ctx.Value(key{}) == "value" {
			contexts++
		}
	}}
	h := newShop(t, envelope.Options{Logger: slog.New(handler)}, orderPlaced.Handle(done))
	ctx := context.WithValue(t.Context(), key{}, "value")
	if err := h.Dispatch(ctx, envelope.Message{Body: []byte(goodBody)}); err != nil || log.Len() > 0 {
		t.Errorf("log %s, error %v", log.String(), err)
	}
	if err := h.Dispatch(ctx, envelope.Message{}); err == nil || log.Len() == 0 || contexts != 1 {
		t.Errorf("log %s, %d contexts, error %v", log.String(), contexts, err)
	}
}

type contextual struct {
	slog.Handler
	see func(context.Context)
}

func (c contextual) Handle(ctx context.Context, r slog.Record) error {
	c.see(ctx)
	return c.Handler.Handle(ctx, r)
}

// TestObservedRefusals: also a request that was never read is observed.
func TestObservedRefusals(t *testing.T) {
	for _, test := range []struct {
		name    string
		request func() *http.Request
		kind    envelope.ErrorKind
		size    int
	}{
		{"method", func() *http.Request { return httptest.NewRequest(http.MethodGet, "/", nil) }, envelope.KindMethod, 0},
		{"media type", func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody))
			r.Header.Set("Content-Encoding", "br")
			return r
		}, envelope.KindMediaType, 0},
		{"declared too large", func() *http.Request {
			return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat(" ", 1001)))
		}, envelope.KindTooLarge, 0},
		{"too large", func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(strings.Repeat(" ", 5000))))
			r.ContentLength = -1
			return r
		}, envelope.KindTooLarge, 1001},
	} {
		t.Run(test.name, func(t *testing.T) {
			var seen envelope.Observation
			h := newShop(t, envelope.Options{MaxBody: 1000, Observer: observeInto(&seen)}, orderPlaced.Handle(done))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, test.request())
			if failure := errorOf(t, seen.Err); failure == nil || failure.Kind != test.kind || seen.Status != w.Code || seen.Outcome != envelope.OutcomeRefused || seen.Size != test.size {
				t.Errorf("observed %+v", seen)
			}
		})
	}
	var seen envelope.Observation
	h := newShop(t, envelope.Options{MaxBody: 1000, Observer: observeInto(&seen)}, orderPlaced.Handle(done))
	err := h.Dispatch(t.Context(), envelope.Message{Body: make([]byte, 1001)})
	if !errors.Is(err, envelope.ErrTooLarge) || seen.Size != 1001 || seen.Status != 413 {
		t.Errorf("observed %+v, error %v", seen, err)
	}
	full := []byte(goodBody + strings.Repeat(" ", 1000-len(goodBody)))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: full}); err != nil || seen.Size != 1000 {
		t.Errorf("a body at the limit: observed %+v, error %v", seen, err)
	}
}

// TestObservedByTests: the test kit sees what became of a delivery, also where the
// handler has no hooks.
func TestObservedByTests(t *testing.T) {
	h := newShop(t, envelope.Options{}, orderPlaced.Handle(done))
	body := `{"event":"order.placed","new":1,"data":{"number":"1","count":"5","customer":{"id":"x"}}}`
	result := envelopetest.Deliver(t, h, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	want := drifts("unknown_member", "/new", "wrong_type", "/data/count")
	if diff := cmp.Diff(want, result.Drift); diff != "" || len(result.Violations) != 1 || result.Outcome != envelope.OutcomeHandled || result.Err != nil {
		t.Errorf("result %+v\n%s", result, diff)
	}
}

// TestAnswerBeforeObserver: the sender has its answer before the observer is asked.
func TestAnswerBeforeObserver(t *testing.T) {
	w := &answered{ResponseRecorder: httptest.NewRecorder()}
	h := newShop(t, envelope.Options{Observer: func(context.Context, envelope.Observation) {
		if w.status != http.StatusOK {
			t.Error("not answered yet")
		}
	}}, orderPlaced.Handle(done))
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody)))
}

type answered struct {
	*httptest.ResponseRecorder
	status int
}

func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseRecorder.WriteHeader(status)
}
