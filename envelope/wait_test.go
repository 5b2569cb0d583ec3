package envelope_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

func idempotent(wait time.Duration) envelope.Options {
	return envelope.Options{Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(100, time.Hour), Wait: wait}}
}

// TestWaitForSuccess: twenty repetitions at once are one run and twenty answers of 200.
func TestWaitForSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs, ok atomic.Int32
		h := newShop(t, idempotent(0), orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
			runs.Add(1)
			time.Sleep(5 * time.Second)
			return nil
		}))
		start := time.Now()
		var senders sync.WaitGroup
		for range 20 {
			senders.Go(func() {
				if w := post(h, goodBody); w.Code == 200 {
					ok.Add(1)
				}
			})
		}
		senders.Wait()
		if runs.Load() != 1 || ok.Load() != 20 || time.Since(start) != 5*time.Second { // None waits for a question to the store.
			t.Errorf("%d runs, %d times 200, after %v", runs.Load(), ok.Load(), time.Since(start))
		}
	})
}

// TestWaitForFailure: a repetition that came while the first try ran runs when that has
// failed, with all of its time.
func TestWaitForFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		options := idempotent(0)
		options.Timeout = 8 * time.Second
		h := newShop(t, options, orderPlaced.Handle(func(ctx context.Context, _ *shopDelivery[order]) error {
			deadline, _ := ctx.Deadline()
			if left := time.Until(deadline); left != 8*time.Second {
				t.Errorf("%v left", left)
			}
			if runs.Add(1) == 1 {
				time.Sleep(5 * time.Second)
				return errors.New("failure")
			}
			return nil
		}))
		var first, second int
		var senders sync.WaitGroup
		senders.Go(func() { first = post(h, goodBody).Code })
		time.Sleep(time.Second)
		senders.Go(func() { second = post(h, goodBody).Code })
		senders.Wait()
		if first != 500 || second != 200 || runs.Load() != 2 {
			t.Errorf("told %d and %d, %d runs", first, second, runs.Load())
		}
	})
}

// TestWaitEnds: by the time, by a queue's context, by Shutdown, and not by a sender that
// hangs up.
func TestWaitEnds(t *testing.T) {
	for name, test := range map[string]struct {
		wait   time.Duration
		end    func(*envelope.Handler, context.CancelFunc)
		http   bool
		want   error
		waited time.Duration
	}{
		"time":           {3 * time.Second, nil, false, envelope.ErrRunning, 3 * time.Second},
		"default":        {0, nil, false, envelope.ErrRunning, 10 * time.Second},
		"no wait at all": {-1, nil, false, envelope.ErrRunning, 0},
		"context":        {0, func(_ *envelope.Handler, cancel context.CancelFunc) { cancel() }, false, context.Canceled, time.Second},
		"hang-up":        {0, func(_ *envelope.Handler, cancel context.CancelFunc) { cancel() }, true, envelope.ErrRunning, 10 * time.Second},
		"shutdown":       {0, func(h *envelope.Handler, _ context.CancelFunc) { go func() { _ = h.Shutdown(context.Background()) }() }, false, envelope.ErrDraining, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen envelope.Observation
				options := idempotent(test.wait)
				block := make(chan struct{})
				h := newShop(t, options, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { <-block; return nil }))
				other := newShop(t, envelope.Options{Idempotency: options.Idempotency, Observer: observeInto(&seen)}, orderPlaced.Handle(done))
				go post(h, goodBody)
				synctest.Wait()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.end != nil {
					time.AfterFunc(time.Second, func() { test.end(other, cancel) })
				}
				start := time.Now()
				if test.http {
					postWith(ctx, other, goodBody)
				} else {
					_ = other.Dispatch(ctx, envelope.Message{Body: []byte(goodBody)})
				}
				if waited := time.Since(start); !errors.Is(seen.Err, test.want) || seen.Status != 503 || waited != test.waited {
					t.Errorf("observed %v after %v", seen.Err, waited)
				}
				close(block)
				synctest.Wait()
				if err := other.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestWaitElsewhere: what runs in another process is asked for, by one of those who wait,
// less and less often.
func TestWaitElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		began := time.Now()
		store := &fakeStore{claim: func(context.Context, string) (envelope.Claim, error) {
			asked.Add(1)
			if time.Since(began) < 6*time.Second {
				return envelope.Claim{State: envelope.StateRunning}, nil
			}
			return envelope.Claim{State: envelope.StateDone}, nil
		}}
		h := newShop(t, envelope.Options{Idempotency: &envelope.Idempotency{Store: store}}, orderPlaced.Handle(done))
		var senders sync.WaitGroup
		for range 10 {
			senders.Go(func() {
				if w := post(h, goodBody); w.Code != 200 {
					t.Errorf("status %d", w.Code)
				}
			})
		}
		senders.Wait()
		if n := asked.Load(); n > 10+15 || n < 12 {
			t.Errorf("asked %d times", n)
		}
		if waited := time.Since(began); waited > 7*time.Second {
			t.Errorf("noticed after %v", waited)
		}
	})
}

// TestWaitersDoNotCount: those who wait leave room for others, and are as many at most.
func TestWaitersDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		options := idempotent(0)
		options.MaxConcurrent = 2
		h := newShop(t, options, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { <-block; return nil }))
		var codes [5]int
		var senders sync.WaitGroup
		for i := range codes { // One runs, two wait, and there is no room for another one to wait.
			senders.Go(func() { codes[i] = post(h, goodBody).Code })
			synctest.Wait()
		}
		other := make(chan int, 1)
		go func() { other <- post(h, `{"event":"order.placed","id":"other","data":{"number":"1"}}`).Code }()
		synctest.Wait()
		close(block)
		senders.Wait()
		if codes != [5]int{200, 200, 200, 503, 503} || <-other != 200 {
			t.Errorf("told %v", codes)
		}
	})
}

// TestShutdownWaitsForWaiters: also for those that wait for a delivery elsewhere, until
// they have been observed.
func TestShutdownWaitsForWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		observed := false
		h := newShop(t, envelope.Options{
			Idempotency: &envelope.Idempotency{Store: &fakeStore{claim: func(context.Context, string) (envelope.Claim, error) {
				return envelope.Claim{State: envelope.StateRunning}, nil
			}}},
			Observer: func(context.Context, envelope.Observation) {
				time.Sleep(time.Second)
				observed = true
			},
		}, orderPlaced.Handle(done))
		go post(h, goodBody)
		synctest.Wait()
		if err := h.Shutdown(t.Context()); err != nil || !observed {
			t.Errorf("error %v, observed %t", err, observed)
		}
	})
}
