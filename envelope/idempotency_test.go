package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// fakeStore is a Store that notes its calls and does what a test says.
type fakeStore struct {
	claim   func(ctx context.Context, key string) (envelope.Claim, error)
	finish  func(ctx context.Context) error
	release func(ctx context.Context) error

	mu    sync.Mutex
	calls []string
}

func (s *fakeStore) note(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

func (s *fakeStore) noted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *fakeStore) Claim(ctx context.Context, key string, lease time.Duration) (envelope.Claim, error) {
	s.note(fmt.Sprintf("claim %s %v", key, lease))
	if s.claim == nil {
		return envelope.Claim{State: envelope.StateClaimed, Token: "token"}, nil
	}
	return s.claim(ctx, key)
}

func (s *fakeStore) Finish(ctx context.Context, key, token string) error {
	defer s.note("finish " + key + " " + token)
	if s.finish == nil {
		return nil
	}
	return s.finish(ctx)
}

func (s *fakeStore) Release(ctx context.Context, key, token string) error {
	defer s.note("release " + key + " " + token)
	if s.release == nil {
		return nil
	}
	return s.release(ctx)
}

// TestIdempotencyCalls: what becomes of the key when the function has ended.
func TestIdempotencyCalls(t *testing.T) {
	failure := errors.New("failure")
	for _, test := range []struct {
		name    string
		fn      func() error
		end     string
		outcome envelope.Outcome
		again   envelope.Outcome // of a second delivery, once the function is well
	}{
		{"handled", func() error { return nil }, "finish", envelope.OutcomeHandled, envelope.OutcomeDuplicate},
		{"dropped", func() error { return envelope.Permanent(failure) }, "finish", envelope.OutcomeDropped, envelope.OutcomeDuplicate},
		{"dropped, wrapped", func() error { return fmt.Errorf("x: %w", envelope.Permanent(nil)) }, "finish", envelope.OutcomeDropped, envelope.OutcomeDuplicate},
		{"failed", func() error { return failure }, "release", envelope.OutcomeFailed, envelope.OutcomeHandled},
		{"deferred", func() error { return envelope.RetryAfter(time.Minute, failure) }, "release", envelope.OutcomeDeferred, envelope.OutcomeHandled},
		{"panicked", func() error { panic("x") }, "release", envelope.OutcomeFailed, envelope.OutcomeHandled},
		{"panicked with nil", func() error { panic(nil) }, "release", envelope.OutcomeFailed, envelope.OutcomeHandled}, //nolint:govet // on purpose
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, way := range []string{"http", "queue"} {
				deliver := func(h *envelope.Handler) {
					if way == "http" {
						post(h, goodBody)
					} else {
						_ = h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)})
					}
				}
				var seen envelope.Observation
				store := new(fakeStore)
				config := envelope.Options{Observer: observeInto(&seen), Timeout: time.Minute, Idempotency: &envelope.Idempotency{Store: store, Lease: 2 * time.Minute}}
				deliver(newShop(t, config, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { return test.fn() })))
				want := []string{"claim 1/shop///m-1 2m0s", test.end + " 1/shop///m-1 token"}
				if diff := cmp.Diff(want, store.noted()); diff != "" || seen.Outcome != test.outcome || seen.StoreErr != nil {
					t.Errorf("%s: observed %s, %v\n%s", way, seen.Outcome, seen.StoreErr, diff)
				}
				config.Idempotency = &envelope.Idempotency{Store: envelope.NewMemoryStore(10, time.Hour)}
				fn := test.fn
				h := newShop(t, config, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { return fn() }))
				deliver(h)
				fn = func() error { return nil }
				deliver(h)
				if seen.Outcome != test.again || seen.Status != 200 {
					t.Errorf("%s: second delivery observed as %s", way, seen.Outcome)
				}
			}
		})
	}
}

// TestIdempotencyAborted: a function that aborts the connection, or ends its
// goroutine, gives its key back.
func TestIdempotencyAborted(t *testing.T) {
	for name, abort := range map[string]func(){
		"connection": func() { panic(http.ErrAbortHandler) },
		"goroutine":  runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			store := new(fakeStore)
			h := newShop(t, envelope.Options{Idempotency: &envelope.Idempotency{Store: store}}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
				abort()
				return nil
			}))
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer func() { _ = recover() }()
				post(h, goodBody)
			}()
			<-ended
			want := []string{"claim 1/shop///m-1 1m4s", "release 1/shop///m-1 token"}
			if diff := cmp.Diff(want, store.noted()); diff != "" {
				t.Error(diff)
			}
			if err := h.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestIdempotencyAnswers: each answer of the store, and what the sender is told.
func TestIdempotencyAnswers(t *testing.T) {
	down := errors.New("dial tcp 10.0.0.7: connection refused")
	for _, test := range []struct {
		name    string
		claim   envelope.Claim
		err     error
		status  int
		kind    envelope.ErrorKind
		is      []error
		outcome envelope.Outcome
		text    string
	}{
		{"done", envelope.Claim{State: envelope.StateDone}, nil, 200, "", nil, envelope.OutcomeDuplicate, ""},
		{"running", envelope.Claim{State: envelope.StateRunning}, nil, 503, envelope.KindRunning, []error{envelope.ErrRunning}, envelope.OutcomeDeferred, "delivery with the same key is running"},
		{"down", envelope.Claim{}, down, 503, envelope.KindStore, []error{envelope.ErrStore, down}, envelope.OutcomeDeferred, "idempotency store is not available"},
		{"full", envelope.Claim{}, envelope.ErrStoreFull, 503, envelope.KindStore, []error{envelope.ErrStore, envelope.ErrStoreFull}, envelope.OutcomeDeferred, "idempotency store is not available"},
		{"down, with a state", envelope.Claim{State: envelope.StateDone}, down, 503, envelope.KindStore, []error{envelope.ErrStore}, envelope.OutcomeDeferred, "idempotency store is not available"},
		{"no answer at all", envelope.Claim{}, nil, 503, envelope.KindStore, []error{envelope.ErrStore}, envelope.OutcomeDeferred, "idempotency store is not available"},
		{"answer that is none", envelope.Claim{State: 7}, nil, 503, envelope.KindStore, []error{envelope.ErrStore}, envelope.OutcomeDeferred, "idempotency store is not available"},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := &fakeStore{claim: func(context.Context, string) (envelope.Claim, error) { return test.claim, test.err }}
			var seen envelope.Observation
			ran := false
			h := newShop(t, envelope.Options{
				RetryAfter: 7 * time.Second, Observer: observeInto(&seen), Idempotency: &envelope.Idempotency{Store: store, Wait: -1},
			}, orderPlaced.Handle(doneAnd(&ran)))
			w := post(h, goodBody)
			after := ""
			if test.status == 503 {
				after = "7"
			}
			if w.Code != test.status || w.Header().Get("Retry-After") != after || seen.Outcome != test.outcome {
				t.Errorf("status %d, Retry-After %q, observed %s", w.Code, w.Header().Get("Retry-After"), seen.Outcome)
			}
			if calls := store.noted(); ran || len(calls) != 1 {
				t.Errorf("ran %t, calls %v", ran, calls)
			}
			failure := errorOf(t, seen.Err)
			if test.kind == "" {
				if failure != nil {
					t.Errorf("error %v", failure)
				}
				return
			}
			if failure == nil || failure.Kind != test.kind || !failure.Retryable() || failure.RetryAfter != 7*time.Second || failure.Error() != test.text {
				t.Errorf("error %+v", failure)
			}
			for _, is := range test.is {
				if !errors.Is(failure, is) {
					t.Errorf("error is not %v", is)
				}
			}
		})
	}
}

// TestIdempotencyOff: where nothing is to run, or nothing names the delivery, the
// store is not asked.
func TestIdempotencyOff(t *testing.T) {
	for _, test := range []struct {
		name, body string
		runs       bool
	}{
		{"no id", `{"event":"order.placed","data":{"number":"1"}}`, true},
		{"empty id", `{"event":"order.placed","id":"","data":{"number":"1"}}`, true},
		{"nobody's event", `{"event":"order.closed","id":"m","data":{"number":"1"}}`, false},
		{"refused", `{"event":"order.placed","id":"m","data":{}}`, false},
		{"malformed", `{"event":"order.placed","id":"m","data":{}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, ran := new(fakeStore), false
			h := newShop(t, envelope.Options{Idempotency: &envelope.Idempotency{Store: store}}, orderPlaced.Handle(doneAnd(&ran)))
			for range 2 {
				ran = false
				_ = h.Dispatch(t.Context(), envelope.Message{Body: []byte(test.body)})
				if calls := store.noted(); ran != test.runs || calls != nil {
					t.Errorf("ran %t, calls %v", ran, calls)
				}
			}
		})
	}
	store := new(fakeStore)
	h := newShop(t, envelope.Options{Idempotency: &envelope.Idempotency{Store: store}}, envelope.Fallback(done[json.RawMessage]))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); err != nil || len(store.noted()) != 2 {
		t.Errorf("a fallback runs with calls %v, error %v", store.noted(), err)
	}
}

// TestIdempotencyKeys: a key tells provider, handler and message apart.
func TestIdempotencyKeys(t *testing.T) {
	received := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	byHeader := func(m envelope.Keyed) string {
		key := m.Header.Get("X-Message-Id") + "|" + m.Event + "|" + m.Received.Format(time.Kitchen) + "|" + string(m.Body[:1])
		m.Event, m.Body, m.Header = "changed", nil, nil // A copy: changes nothing.
		return key
	}
	for _, test := range []struct {
		name   string
		config envelope.Options
		want   string
	}{
		{"provider's own", envelope.Options{}, "1/shop///m-1"},
		{"named handler", envelope.Options{Name: "eu"}, "1/shop/eu//m-1"},
		{"key function", envelope.Options{Key: byHeader}, "1/shop///h-1|order.placed|10:00AM|{"},
		{"key function of a named handler", envelope.Options{Name: "eu", Key: byHeader}, "1/shop/eu//h-1|order.placed|10:00AM|{"},
		{"no key", envelope.Options{Name: "eu", Key: func(envelope.Keyed) string { return "" }}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var keys []string
			test.config.Now = func() time.Time { return received }
			routes := []shopRoute{orderPlaced.Handle(func(_ context.Context, d *shopDelivery[order]) error {
				keys = append(keys, d.Key)
				if d.Event != "order.placed" || string(d.Raw) != goodBody || d.Header().Get("X-Message-Id") != "h-1" || !d.Received.Equal(received) {
					t.Errorf("delivery %+v", *d)
				}
				return nil
			})}
			store := new(fakeStore)
			for _, idempotency := range []*envelope.Idempotency{nil, {Store: store}} {
				test.config.Idempotency = idempotency
				h := newShop(t, test.config, routes...)
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody))
				r.Header.Set("X-Message-Id", "h-1")
				h.ServeHTTP(httptest.NewRecorder(), r)
				m := envelope.Message{Body: []byte(goodBody), Header: http.Header{"X-Message-Id": {"h-1"}}, Event: "order.placed", Received: received}
				if err := h.Dispatch(t.Context(), m); err != nil {
					t.Error(err)
				}
			}
			if diff := cmp.Diff([]string{test.want, test.want, test.want, test.want}, keys); diff != "" {
				t.Error(diff)
			}
			for _, call := range store.noted() {
				if !strings.Contains(call, " "+test.want+" ") || test.want == "" {
					t.Errorf("the store is asked for %s", call)
				}
			}
		})
	}
}

// TestIdempotencyContext: the store's calls end after their own timeout, not with
// the sender's connection, and see the request's values.
func TestIdempotencyContext(t *testing.T) {
	type key struct{}
	store := new(fakeStore)
	check := func(ctx context.Context) {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); ctx.Err() != nil || !ok || left > time.Hour || left < 50*time.Minute || ctx.Value(key{}) != "value" {
			t.Errorf("context: error %v, %v left, value %v", ctx.Err(), left, ctx.Value(key{}))
		}
	}
	store.claim = func(ctx context.Context, _ string) (envelope.Claim, error) {
		check(ctx)
		return envelope.Claim{State: envelope.StateClaimed}, nil
	}
	store.finish = func(ctx context.Context) error { check(ctx); return nil }
	store.release = store.finish
	failure := error(nil)
	h := newShop(t, envelope.Options{Idempotency: &envelope.Idempotency{Store: store, Timeout: time.Hour}},
		orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { return failure }))
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	cancel()
	for _, failure = range []error{nil, errors.New("failure")} {
		_ = h.Dispatch(ctx, envelope.Message{Body: []byte(goodBody)})
	}
	if calls := store.noted(); len(calls) != 4 {
		t.Errorf("calls %v", calls)
	}
}

// TestIdempotencySlowClaim: a store that does not answer in time is told from one
// that does, whether it respects its context or not; a claim that comes too late is
// given back.
func TestIdempotencySlowClaim(t *testing.T) {
	for _, test := range []struct {
		name  string
		late  envelope.Claim
		err   error
		given bool // back
	}{
		{"claimed late", envelope.Claim{State: envelope.StateClaimed, Token: "late"}, nil, true},
		{"failed late", envelope.Claim{}, errors.New("failure"), false},
		{"claimed and failed late", envelope.Claim{State: envelope.StateClaimed, Token: "late"}, errors.New("failure"), false},
		{"done late", envelope.Claim{State: envelope.StateDone}, nil, false},
		{"running late", envelope.Claim{State: envelope.StateRunning}, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wake, ran := make(chan struct{}), false
				store := &fakeStore{claim: func(context.Context, string) (envelope.Claim, error) {
					<-wake
					return test.late, test.err
				}}
				h := newShop(t, envelope.Options{Idempotency: &envelope.Idempotency{Store: store}}, orderPlaced.Handle(doneAnd(&ran)))
				start := time.Now()
				err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)})
				if failure := errorOf(t, err); ran || failure == nil || failure.Status() != 503 || !errors.Is(err, envelope.ErrStore) || !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("ran %t, error %v", ran, err)
				}
				if waited := time.Since(start); waited != 2*time.Second { // The bubble's clock: the default, exactly.
					t.Errorf("waited %v", waited)
				}
				close(wake)
				synctest.Wait()
				want := []string{"claim 1/shop///m-1 1m4s"}
				if test.given {
					want = append(want, "release 1/shop///m-1 late")
				}
				if diff := cmp.Diff(want, store.noted()); diff != "" || ran {
					t.Errorf("ran %t\n%s", ran, diff)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		store := &fakeStore{claim: func(ctx context.Context, _ string) (envelope.Claim, error) {
			<-ctx.Done()
			return envelope.Claim{}, ctx.Err()
		}}
		h := newShop(t, envelope.Options{Idempotency: &envelope.Idempotency{Store: store}}, orderPlaced.Handle(done))
		if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); !errors.Is(err, envelope.ErrStore) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

// TestIdempotencyNotMarked: the sender is told what the function said, also where
// the store could not note it; the observer and the log learn of it.
func TestIdempotencyNotMarked(t *testing.T) {
	down := errors.New("marked: dial tcp 10.0.0.7: connection refused")
	for name, end := range map[string]struct {
		call func(ctx context.Context, block <-chan struct{}) error
		want error
	}{
		"lease lost":            {func(context.Context, <-chan struct{}) error { return envelope.ErrLeaseLost }, envelope.ErrLeaseLost},
		"down":                  {func(context.Context, <-chan struct{}) error { return down }, down},
		"slow":                  {func(_ context.Context, block <-chan struct{}) error { <-block; return nil }, context.DeadlineExceeded},
		"slow, ends in context": {func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return ctx.Err() }, context.DeadlineExceeded},
	} {
		for outcome, result := range map[envelope.Outcome]error{envelope.OutcomeHandled: nil, envelope.OutcomeFailed: errors.New("failure")} {
			t.Run(name+"/"+string(outcome), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					block := make(chan struct{})
					defer close(block)
					call := func(ctx context.Context) error { return end.call(ctx, block) }
					var seen envelope.Observation
					log := new(strings.Builder)
					h := newShop(t, envelope.Options{
						Logger: jsonLogger(log), Observer: observeInto(&seen), Idempotency: &envelope.Idempotency{Store: &fakeStore{finish: call, release: call}},
					}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { return result }))
					w := post(h, goodBody)
					if want := map[bool]int{true: 200, false: 500}[result == nil]; w.Code != want || seen.Outcome != outcome || !errors.Is(seen.StoreErr, end.want) {
						t.Errorf("status %d, observed %s with %v", w.Code, seen.Outcome, seen.StoreErr)
					}
					if text := log.String(); !strings.Contains(text, `"store_failed":true`) || strings.Contains(text, "marked") {
						t.Errorf("log %s", text)
					}
				})
			})
		}
	}
}

// TestIdempotencyOneRuns: of 64 concurrent deliveries of one message exactly one
// runs; the others are told to come again, or that it is done.
func TestIdempotencyOneRuns(t *testing.T) {
	const senders, messages = 64, 20
	var mu sync.Mutex
	runs := map[string]int{}
	h := newShop(t, envelope.Options{Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(1000, time.Hour), Timeout: time.Minute}},
		orderPlaced.Handle(func(_ context.Context, d *shopDelivery[order]) error {
			mu.Lock()
			defer mu.Unlock()
			runs[d.Key]++
			return nil
		}))
	for i := range messages {
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range senders {
			wg.Go(func() {
				<-start
				if w := post(h, fmt.Sprintf(`{"event":"order.placed","id":"%d","data":{"number":"1"}}`, i)); w.Code != 200 && w.Code != 503 {
					t.Errorf("status %d", w.Code)
				}
			})
		}
		close(start)
		wg.Wait()
		if n := runs[fmt.Sprintf("1/shop///%d", i)]; n != 1 {
			t.Errorf("message %d ran %d times", i, n)
		}
	}
}

func TestDigestKey(t *testing.T) {
	at := func(seconds int) time.Time { return time.Date(2026, 3, 1, 10, 0, seconds, 0, time.UTC) }
	key := envelope.DigestKey(time.Minute)
	first := key(envelope.Keyed{Message: &envelope.Message{Body: []byte("a"), Received: at(0)}})
	for _, test := range []struct {
		name string
		m    envelope.Message
		same bool
	}{
		{"same bytes at once", envelope.Message{Body: []byte("a"), Received: at(0)}, true},
		{"same bytes within the window", envelope.Message{Body: []byte("a"), Received: at(59)}, true},
		{"same bytes elsewhere on earth", envelope.Message{Body: []byte("a"), Received: at(30).In(time.FixedZone("", 3600))}, true},
		{"same bytes, another event", envelope.Message{Body: []byte("a"), Received: at(0), Event: "x"}, false},
		{"same bytes behind the window", envelope.Message{Body: []byte("a"), Received: at(60)}, false},
		{"same bytes before the window", envelope.Message{Body: []byte("a"), Received: at(-1)}, false},
		{"other bytes", envelope.Message{Body: []byte("b"), Received: at(0)}, false},
		{"no bytes", envelope.Message{Received: at(0)}, false},
	} {
		if got := key(envelope.Keyed{Message: &test.m}); (got == first) != test.same || got == "" || strings.Contains(got, "\n") {
			t.Errorf("%s: key %q, the first one is %q", test.name, got, first)
		}
	}
	for _, window := range []time.Duration{0, -time.Second} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a window of %v", window)
				}
			}()
			envelope.DigestKey(window)
		}()
	}
	runs := 0
	h := handlerOf(t, bare(), envelope.Options{Key: key, Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(10, time.Hour)}},
		orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
			runs++
			return nil
		}))
	for _, seconds := range []int{0, 10, 50, 70} {
		m := envelope.Message{Event: "order.placed", Body: []byte(`{"number":"1"}`), Received: at(seconds)}
		if err := h.Dispatch(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
	if runs != 2 {
		t.Errorf("%d runs, want one a window", runs)
	}
}

// TestIdempotencyPanicInStore: a store that panics is a store that is down, and
// takes nothing else down.
func TestIdempotencyPanicInStore(t *testing.T) {
	broken := func(context.Context) error { panic("marked") }
	for _, test := range []struct {
		name   string
		store  *fakeStore
		result error
		status int
		ran    bool
	}{
		{"claim", &fakeStore{claim: func(context.Context, string) (envelope.Claim, error) { panic("marked") }}, nil, 503, false},
		{"finish", &fakeStore{finish: broken}, nil, 200, true},
		{"release", &fakeStore{release: broken}, errors.New("failure"), 500, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var seen envelope.Observation
			ran := false
			h := newShop(t, envelope.Options{Observer: observeInto(&seen), Idempotency: &envelope.Idempotency{Store: test.store, Timeout: time.Hour}},
				orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
					ran = true
					return test.result
				}))
			w := post(h, goodBody)
			err := seen.StoreErr
			if test.name == "claim" {
				err = seen.Err
				if !errors.Is(err, envelope.ErrStore) {
					t.Errorf("error %v", err)
				}
			}
			var panicked *envelope.PanicError
			if w.Code != test.status || ran != test.ran || !errors.As(err, &panicked) || panicked.Type != "string" || strings.Contains(err.Error(), "marked") {
				t.Errorf("status %d, ran %t, error %v", w.Code, ran, err)
			}
		})
	}
}
