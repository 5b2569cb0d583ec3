package envelope

import (
	"context"
	"sync"
	"time"
)

// waits are the keys for whose end repetitions wait in this process.
type waits struct {
	mu   sync.Mutex
	keys map[string]*wait
}

// wait is what the repetitions of one delivery share: one of them at a time asks the
// store, with growing pauses.
type wait struct {
	waiters int
	turn    chan struct{} // holds a token while somebody asks
	poke    chan struct{} // the key has become free in this process
	done    chan struct{} // closed once the work is done
	once    sync.Once
	pause   time.Duration // before the store is asked again; only whose turn it is looks at it
}

// Pauses between two questions to the store.
const (
	firstPause = 20 * time.Millisecond
	lastPause  = time.Second
)

func (w *waits) join(key string) *wait {
	w.mu.Lock()
	defer w.mu.Unlock()
	one, ok := w.keys[key]
	if !ok {
		one = &wait{turn: make(chan struct{}, 1), poke: make(chan struct{}, 1), done: make(chan struct{}), pause: firstPause}
		if w.keys == nil {
			w.keys = map[string]*wait{}
		}
		w.keys[key] = one
	}
	one.waiters++
	return one
}

func (w *waits) quit(key string, one *wait) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one.waiters--; one.waiters == 0 && w.keys[key] == one {
		delete(w.keys, key)
	}
}

// ended says to those who wait here that the key is done, or free.
func (w *waits) ended(key string, isDone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one, ok := w.keys[key]
	switch {
	case !ok:
	case isDone:
		one.finish()
		delete(w.keys, key) // Who comes later asks the store.
	default:
		select {
		case one.poke <- struct{}{}:
		default:
		}
	}
}

func (w *wait) finish() { w.once.Do(func() { close(w.done) }) }

// await waits until the key is done or has been claimed for this delivery.
func (h *Handler) await(ctx context.Context, key string) (Claim, *Error) {
	limit := h.options.Idempotency.Wait
	if limit < 0 || !h.slots.park(false) {
		return Claim{}, h.running(nil)
	}
	w := h.waits.join(key)
	defer h.waits.quit(key, w)
	over := time.NewTimer(limit)
	defer over.Stop()
	p := patience{handler: h, wait: w, ctx: ctx, over: over.C}
	if p.until(w.turn, nil, nil) {
		h.slots.resume(true)
		return p.claim, p.err
	}
	defer func() { <-w.turn }()
	for {
		if p.until(nil, w.poke, time.After(w.pause)) {
			h.slots.resume(true)
			return p.claim, p.err
		}
		if p.ask(key) {
			return p.claim, p.err
		}
	}
}

func (h *Handler) running(cause error) *Error {
	if cause != nil {
		return unavailable(KindRunning, h.options.RetryAfter, &causeError{ErrRunning, cause})
	}
	return unavailable(KindRunning, h.options.RetryAfter, ErrRunning)
}

// patience is what a repetition waits with.
type patience struct {
	handler *Handler
	wait    *wait
	ctx     context.Context //nolint:containedctx // of the call
	over    <-chan time.Time
	claim   Claim
	err     *Error
}

// until waits for its turn, or until it is time to ask the store. It reports whether the
// waiting has come to an end.
func (p *patience) until(turn chan<- struct{}, poke <-chan struct{}, pause <-chan time.Time) (ended bool) {
	select {
	case turn <- struct{}{}:
		return false
	case <-poke:
		return false
	case <-pause:
		return false
	case <-p.wait.done:
		p.claim = Claim{State: StateDone}
	case <-p.over:
		p.err = p.handler.running(nil)
	case <-p.ctx.Done():
		p.err = p.handler.running(p.ctx.Err())
	case <-p.handler.slots.draining:
		p.err = unavailable(KindDraining, p.handler.options.RetryAfter, ErrDraining)
	}
	return true
}

// ask asks the store, if the delivery could run. It reports whether that ends the waiting.
func (p *patience) ask(key string) (ended bool) {
	if !p.handler.slots.resume(false) {
		return false
	}
	claim, err := p.handler.options.Idempotency.claim(p.ctx, key)
	switch {
	case err != nil:
		p.err = unavailable(KindStore, p.handler.options.RetryAfter, &causeError{ErrStore, err})
		return true
	case claim.State == StateRunning:
		p.handler.slots.park(true)
		p.wait.pause = min(2*p.wait.pause, lastPause)
		return false
	case claim.State == StateDone:
		p.wait.finish()
	}
	p.claim = claim
	return true
}
