package envelope_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// TestErrorTexts: each error says what happened and wraps what it should.
func TestErrorTexts(t *testing.T) {
	cause := errors.New("cause")
	for _, test := range []struct {
		name string
		err  error
		text string
		is   error
		kind envelope.ErrorKind
	}{
		{"malformed", envelope.Malformed("no order"), "body is malformed: no order", envelope.ErrMalformed, envelope.KindMalformed},
		{"malformed somewhere", &envelope.Error{Kind: envelope.KindMalformed, Offset: 7, Err: envelope.ErrMalformed}, "body is malformed near byte 7", envelope.ErrMalformed, envelope.KindMalformed},
		{"offset of another kind", &envelope.Error{Kind: envelope.KindRead, Offset: 7, Err: envelope.ErrRead}, "body could not be read", envelope.ErrRead, envelope.KindRead},
		{"retry", envelope.RetryAfter(time.Second, cause), "cause", cause, envelope.KindRetry},
		{"retry without a cause", envelope.RetryAfter(time.Second, nil), "try again later", nil, envelope.KindRetry},
		{"permanent", envelope.Permanent(cause), "cause", cause, envelope.KindDropped},
		{"reject", envelope.Reject(cause), "cause", cause, envelope.KindRejected},
		{"reject without a cause", envelope.Reject(nil), "rejected", nil, envelope.KindRejected},
		{"permanent without a cause", envelope.Permanent(nil), "dropped", nil, envelope.KindDropped},
		{"panic", &envelope.PanicError{Type: "string"}, "function panicked with string", nil, ""},
		{"shutdown", &envelope.ShutdownError{Running: 3, Err: context.DeadlineExceeded}, "3 deliveries still running: context deadline exceeded", context.DeadlineExceeded, ""},
		{"missing signature", envelope.ErrSignatureMissing, "signature refused: missing", envelope.ErrSignature, ""},
		{"malformed signature", envelope.ErrSignatureMalformed, "signature refused: malformed", envelope.ErrSignature, ""},
		{"wrong signature", envelope.ErrSignatureMismatch, "signature refused: does not match", envelope.ErrSignature, ""},
		{"old signature", envelope.ErrSignatureTooOld, "signature refused: timestamp too old", envelope.ErrSignature, ""},
		{"new signature", envelope.ErrSignatureTooNew, "signature refused: timestamp too new", envelope.ErrSignature, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.err.Error() != test.text {
				t.Errorf("text %q, want %q", test.err, test.text)
			}
			if test.is != nil && !errors.Is(test.err, test.is) {
				t.Errorf("is not %v", test.is)
			}
			var own *envelope.Error
			if errors.As(test.err, &own) != (test.kind != "") || own != nil && own.Kind != test.kind {
				t.Errorf("kind %+v, want %s", own, test.kind)
			}
		})
	}
}

// TestReturnedErrors: what a function returns is what Dispatch and the observer
// report, with everything that was wrapped around it.
func TestReturnedErrors(t *testing.T) {
	cause := errors.New("cause")
	for _, test := range []struct {
		name      string
		returned  error
		kind      envelope.ErrorKind
		status    int
		retryable bool
		after     time.Duration
		text      string
	}{
		{"plain", cause, envelope.KindFailed, 500, true, 0, "cause"},
		{"wrapped", fmt.Errorf("outer: %w", cause), envelope.KindFailed, 500, true, 0, "outer: cause"},
		{"permanent", envelope.Permanent(cause), envelope.KindDropped, 200, false, 0, "cause"},
		{"wrapped permanent", fmt.Errorf("outer: %w", envelope.Permanent(cause)), envelope.KindDropped, 200, false, 0, "outer: cause"},
		{"retry", envelope.RetryAfter(time.Minute, cause), envelope.KindRetry, 503, true, time.Minute, "cause"},
		{"wrapped retry", fmt.Errorf("outer: %w", envelope.RetryAfter(time.Minute, cause)), envelope.KindRetry, 503, true, time.Minute, "outer: cause"},
		{"reject", envelope.Reject(cause), envelope.KindRejected, 422, false, 0, "cause"},
		{"wrapped reject", fmt.Errorf("outer: %w", envelope.Reject(cause)), envelope.KindRejected, 422, false, 0, "outer: cause"},
		{"reject of a duplicate", envelope.Reject(envelope.ErrDuplicate), envelope.KindRejected, 422, false, 0, "delivery is done already"},
		{"permanent of a retry", envelope.Permanent(envelope.RetryAfter(time.Minute, cause)), envelope.KindDropped, 200, false, 0, "cause"},
		{"retry of a permanent", envelope.RetryAfter(time.Minute, envelope.Permanent(cause)), envelope.KindRetry, 503, true, time.Minute, "cause"},
		{"joined", errors.Join(cause, envelope.Permanent(nil)), envelope.KindDropped, 200, false, 0, "cause\ndropped"},
		{"an error of another handler", envelope.Malformed("inner"), envelope.KindFailed, 500, true, 0, "body is malformed: inner"},
		{"context", context.DeadlineExceeded, envelope.KindFailed, 500, true, 0, "context deadline exceeded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var seen envelope.Observation
			h := newShop(t, envelope.Options{Observer: observeInto(&seen)}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { return test.returned }))
			err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)})
			failure := errorOf(t, err)
			if failure == nil || failure.Kind != test.kind || failure.Status() != test.status || failure.Retryable() != test.retryable || failure.RetryAfter != test.after || err.Error() != test.text {
				t.Errorf("error %+v", failure)
			}
			is := test.returned
			if bare, ok := is.(*envelope.Error); ok { //nolint:errorlint // one that nothing is wrapped around
				is = bare.Err
			}
			if !errors.Is(err, is) || seen.Err != err || seen.Status != test.status { //nolint:errorlint // the very same
				t.Errorf("error %v, observed %v, %d", err, seen.Err, seen.Status)
			}
		})
	}
}

type (
	nilPointerError struct{}
	nilSliceErrors  []error
)

func (*nilPointerError) Error() string { return "" }
func (nilSliceErrors) Error() string   { return "" }

// TestNoFailure: what a function returns and is no error of a delivery.
func TestNoFailure(t *testing.T) {
	for name, test := range map[string]struct {
		returned error
		outcome  envelope.Outcome
	}{
		"nil":               {nil, envelope.OutcomeHandled},
		"nil pointer":       {(*nilPointerError)(nil), envelope.OutcomeHandled},
		"nil slice":         {nilSliceErrors(nil), envelope.OutcomeHandled},
		"nil *Error":        {(*envelope.Error)(nil), envelope.OutcomeHandled},
		"duplicate":         {envelope.ErrDuplicate, envelope.OutcomeDuplicate},
		"wrapped duplicate": {fmt.Errorf("ledger: %w", envelope.ErrDuplicate), envelope.OutcomeDuplicate},
	} {
		t.Run(name, func(t *testing.T) {
			var seen envelope.Observation
			h := newShop(t, envelope.Options{Observer: observeInto(&seen)}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { return test.returned }))
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); err != nil {
				t.Errorf("error %v", err)
			}
			if seen.Err != nil || seen.Status != http.StatusOK || seen.Outcome != test.outcome {
				t.Errorf("observed %+v", seen)
			}
		})
	}
}

// TestAbortReturned: an abort that is returned is an error like others.
func TestAbortReturned(t *testing.T) {
	h := newShop(t, envelope.Options{}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { return http.ErrAbortHandler }))
	if w := post(h, goodBody); w.Code != 500 {
		t.Errorf("status %d", w.Code)
	}
}

type secretive struct{ text string }

func (s secretive) Error() string { return s.text }

// TestPanics: a panic is an error with the type of what was thrown and the stack,
// and without its text.
func TestPanics(t *testing.T) {
	const marked = "marked@example.com"
	for _, test := range []struct {
		name   string
		thrown func()
		typ    string
	}{
		{"text", func() { panic(marked) }, "string"},
		{"error", func() { panic(errors.New(marked)) }, "*errors.errorString"},
		{"own error", func() { panic(secretive{marked}) }, "envelope_test.secretive"},
		{"number", func() { panic(7) }, "int"},
		{"runtime", func() { _ = []int{}[len(marked)] }, "runtime.boundsError"},
		{"nil map", func() { map[string]int(nil)[marked] = 1 }, "runtime.plainError"}, //nolint:staticcheck,govet // on purpose
		{"nil", func() { panic(nil) }, "*runtime.PanicNilError"},                      //nolint:govet // on purpose
		{"goexit", runtime.Goexit, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var seen envelope.Observation
			var log strings.Builder
			h := newShop(t, envelope.Options{Observer: observeInto(&seen), Logger: jsonLogger(&log)}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
				test.thrown()
				return nil
			}))
			ended := make(chan int, 1)
			go func() {
				defer close(ended)
				ended <- post(h, goodBody).Code
			}()
			code, replied := <-ended
			if test.typ == "" { // The goroutine is gone, and the handler is not.
				if replied || h.Shutdown(t.Context()) != nil {
					t.Error("answered")
				}
				return
			}
			var panicked *envelope.PanicError
			if code != 500 || seen.Outcome != envelope.OutcomeFailed || !errors.As(seen.Err, &panicked) || !errorOf(t, seen.Err).Retryable() {
				t.Fatalf("status %d, observed %+v", code, seen)
			}
			if !strings.Contains(panicked.Type, strings.TrimPrefix(test.typ, "runtime.plain")) || !strings.Contains(string(panicked.Stack), "errors_test.go") {
				t.Errorf("type %s, stack\n%s", panicked.Type, panicked.Stack)
			}
			if text := log.String() + seen.Err.Error(); strings.Contains(text, "marked") {
				t.Errorf("%s shows what was thrown", text)
			}
		})
	}
}

// TestAbortIsObserved: a function that aborts the connection, also by an error around
// http.ErrAbortHandler, aborts it once the delivery has been observed; Dispatch returns
// an error.
func TestAbortIsObserved(t *testing.T) {
	for name, abort := range map[string]error{"itself": http.ErrAbortHandler, "wrapped": fmt.Errorf("proxy: %w", http.ErrAbortHandler)} {
		t.Run(name, func(t *testing.T) {
			var seen envelope.Observation
			var log strings.Builder
			h := newShop(t, envelope.Options{Observer: observeInto(&seen), Logger: jsonLogger(&log)},
				orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { panic(abort) }))
			check := func(way string) {
				if !errors.Is(seen.Err, http.ErrAbortHandler) || seen.Status != 500 || seen.Outcome != envelope.OutcomeFailed || !strings.Contains(log.String(), "function aborted the connection") {
					t.Errorf("%s: observed %+v, log %s", way, seen, log.String())
				}
				seen = envelope.Observation{}
				log.Reset()
			}
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); !errors.Is(err, http.ErrAbortHandler) || !errorOf(t, err).Retryable() {
				t.Errorf("error %v", err)
			}
			check("queue")
			w := httptest.NewRecorder()
			func() {
				defer func() {
					if thrown := recover(); thrown != http.ErrAbortHandler { //nolint:errorlint // the very value
						t.Errorf("recovered %v", thrown)
					}
				}()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody)))
			}()
			check("http")
			if w.Code != 500 {
				t.Errorf("a router that recovers says %d", w.Code)
			}
		})
	}
}

// TestReplies: the wait is told in whole seconds, at least one.
func TestReplies(t *testing.T) {
	for after, want := range map[time.Duration]string{
		0: "5", time.Nanosecond: "1", time.Second: "1", time.Second + 1: "2", 90 * time.Minute: "5400", -time.Minute: "1",
	} {
		h := newShop(t, envelope.Options{}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { return envelope.RetryAfter(after, nil) }))
		w := post(h, goodBody)
		if got := w.Header().Get("Retry-After"); w.Code != 503 || got != want || w.Body.String() != "try again later\n" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v: status %d, Retry-After %q, %q", after, w.Code, got, w.Body)
		}
	}
}
