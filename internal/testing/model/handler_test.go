package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// The limits of the handler. No function runs as long as a lease, which is twice the
// timeout and more.
const (
	timeout = 30 * time.Second
	longest = 50 * time.Second // of a function that does not look at its context
	memory  = 3 * time.Minute  // of a finished key
	forever = 2 * time.Hour    // until all calls have returned
)

type meta struct {
	ID string `json:"id,omitzero"`
}

type task struct {
	Number int `json:"number,omitzero"`
}

var work = envelope.NewEvent[meta, task]("work")

// result is what a function does in the end, and the kind that Dispatch reports then.
type result struct {
	name string
	kind envelope.ErrorKind
	done bool // the key must not run again
	end  func() error
}

var errWork = errors.New("work failed")

var results = []result{
	{"success", "", true, func() error { return nil }},
	{"duplicate", "", true, func() error { return envelope.ErrDuplicate }},
	{"permanent", envelope.KindDropped, true, func() error { return envelope.Permanent(errWork) }},
	{"failure", envelope.KindFailed, false, func() error { return errWork }},
	{"panic", envelope.KindPanic, false, func() error { panic("work") }},
	{"retry", envelope.KindRetry, false, func() error { return envelope.RetryAfter(time.Second, errWork) }},
	{"reject", envelope.KindRejected, false, func() error { return envelope.Reject(errWork) }},
}

// delivery is one call of Dispatch.
type delivery struct {
	number  int
	key     string
	blocks  time.Duration
	heeds   bool // its context
	result  result
	refused bool // it comes after Shutdown was called
	ran     bool
	timeout bool // the function returned its context's error
	start   time.Time
	told    bool      // the Observer was told of it
	end     time.Time // zero until Dispatch returns
	outcome string    // in words; "" if it must not be
}

// history is what has become of a key.
type history struct {
	running int
	until   time.Time // the key is done
}

// handlerTest is a handler with a note of all that happens to it.
type handlerTest struct {
	handler *envelope.Handler
	limited bool // Options.MaxConcurrent is set
	seen    map[string]int

	mu         sync.Mutex
	deliveries []*delivery
	keys       map[string]*history
	open       int  // calls of Dispatch and Shutdown that have not returned
	called     bool // Shutdown
	draining   bool // for all that come from now on
	drained    bool // Shutdown has returned nil
	faults     []string
}

func newHandlerTest(t *rapid.T, seen map[string]int) *handlerTest {
	h := &handlerTest{seen: seen, keys: map[string]*history{}}
	options := envelope.Options{
		Unverified:    true,
		Timeout:       timeout,
		MaxConcurrent: rapid.SampledFrom([]int{0, 2, 4}).Draw(t, "max concurrent"),
		Observer:      h.observe,
		Idempotency:   &envelope.Idempotency{Store: envelope.NewMemoryStore(1000, memory)},
	}
	h.limited = options.MaxConcurrent > 0
	var err error
	h.handler, err = envelope.NewHandler(envelope.Provider[meta]{
		Name:   "model",
		Layout: envelope.Layout{Event: []string{"event"}, Payload: "data"},
		Key:    func(m *meta) string { return m.ID },
	}, options, work.Handle(h.run))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// fault notes what must not be. Only the test's own goroutine may end the test.
func (h *handlerTest) fault(format string, args ...any) {
	h.faults = append(h.faults, fmt.Sprintf(format, args...))
}

type deliveryKey struct{}

func (h *handlerTest) observe(ctx context.Context, o envelope.Observation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ctx.Value(deliveryKey{}).(*delivery).told = true
	if o.StoreErr != nil {
		h.fault("the store could not be told: %v", o.StoreErr)
	}
}

// run is the function of the event.
func (h *handlerTest) run(ctx context.Context, received *envelope.Delivery[meta, task]) error {
	d := h.begin(received.Payload.Number)
	if err := d.block(ctx); err != nil {
		d.timeout = true
		h.end(d, false)
		return err
	}
	h.end(d, d.result.done)
	return d.result.end()
}

// block waits as long as the delivery says, or until its context ends if it heeds that.
func (d *delivery) block(ctx context.Context) error {
	if !d.heeds {
		time.Sleep(d.blocks)
		return nil
	}
	select {
	case <-time.After(d.blocks):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *handlerTest) begin(number int) *delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.deliveries[number]
	key := h.keys[d.key]
	switch {
	case key.running > 0:
		h.fault("two runs of %s at once", d.key)
	case time.Now().Before(key.until):
		h.fault("%s is done and runs again", d.key)
	case d.ran:
		h.fault("delivery %d runs twice", number)
	case d.refused, h.drained:
		h.fault("delivery %d runs after Shutdown", number)
	}
	d.ran = true
	key.running++
	return d
}

func (h *handlerTest) end(d *delivery, done bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := h.keys[d.key]
	key.running--
	if done {
		key.until = time.Now().Add(memory)
	}
}

// deliver lets some deliveries come at once.
func (h *handlerTest) deliver(t *rapid.T) {
	start := make(chan struct{})
	for range rapid.IntRange(1, 4).Draw(t, "deliveries") {
		d := &delivery{
			key:    rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"),
			blocks: rapid.SampledFrom([]time.Duration{0, 0, time.Second, 8 * time.Second, 25 * time.Second, longest}).Draw(t, "blocks"),
			heeds:  rapid.Bool().Draw(t, "heeds its context"),
			result: rapid.SampledFrom(results).Draw(t, "result"),
		}
		h.add(d)
		go func() {
			<-start
			h.dispatch(d)
		}()
	}
	close(start)
	synctest.Wait()
}

func (h *handlerTest) add(d *delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.number, d.refused, d.start = len(h.deliveries), h.draining, time.Now()
	h.deliveries = append(h.deliveries, d)
	if h.keys[d.key] == nil {
		h.keys[d.key] = new(history)
	}
	h.open++
}

func (h *handlerTest) dispatch(d *delivery) {
	body := fmt.Sprintf(`{"event":"work","id":%q,"data":{"number":%d}}`, d.key, d.number)
	ctx := context.WithValue(context.Background(), deliveryKey{}, d)
	err := h.handler.Dispatch(ctx, envelope.Message{Body: []byte(body)})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	d.end, d.outcome = time.Now(), h.outcome(d, err)
	if d.outcome == "" {
		h.fault("delivery %d of %s, ran %t, result %s: %v", d.number, d.key, d.ran, d.result.name, err)
	}
	h.seen[d.outcome]++
}

// outcome says in words what Dispatch has returned; "" if it must not be.
func (h *handlerTest) outcome(d *delivery, err error) string {
	key := h.keys[d.key]
	switch {
	case d.ran && isKind(err, d.expected()):
		return "ran: " + string(d.expected())
	case d.ran:
		return ""
	case d.refused || errors.Is(err, envelope.ErrDraining):
		return when(h.called && errors.Is(err, envelope.ErrDraining), "draining")
	case err == nil:
		return when(time.Now().Before(key.until), "done before")
	case errors.Is(err, envelope.ErrBusy):
		return when(h.limited, "busy")
	case errors.Is(err, envelope.ErrRunning):
		return running // The other one may be about to run.
	}
	return ""
}

const running = "running"

// sawRunning reports whether another delivery of the same key, which has run, came
// before this one ended, and ended after this one came.
func (h *handlerTest) sawRunning(d *delivery) bool {
	return slices.ContainsFunc(h.deliveries, func(other *delivery) bool {
		return other.key == d.key && other.ran && !other.start.After(d.end) && !other.end.Before(d.start)
	})
}

func when(is bool, what string) string {
	if is {
		return what
	}
	return ""
}

// expected is the kind of the error that follows from the run.
func (d *delivery) expected() envelope.ErrorKind {
	if d.timeout {
		return envelope.KindFailed
	}
	return d.result.kind
}

func isKind(err error, kind envelope.ErrorKind) bool {
	failure, ok := errors.AsType[*envelope.Error](err)
	if !ok {
		return err == nil && kind == ""
	}
	return failure.Kind == kind
}

// shutdown calls Shutdown, now and then, while deliveries come. It waits a while or to
// the end.
func (h *handlerTest) shutdown(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "shut down at 9") < 9 {
		return
	}
	patience := rapid.SampledFrom([]time.Duration{0, 5 * time.Second, time.Hour}).Draw(t, "patience")
	h.mu.Lock()
	h.called = true
	h.open++
	before := slices.Clone(h.deliveries)
	h.mu.Unlock()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h.returned(h.handler.Shutdown(ctx), before)
	}()
	h.deliver(t)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

// returned notes that a call of Shutdown has returned, and what came before it.
func (h *handlerTest) returned(err error, before []*delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	failure, isShutdown := errors.AsType[*envelope.ShutdownError](err)
	switch {
	case err != nil && (!isShutdown || failure.Running == 0 || !errors.Is(err, context.DeadlineExceeded)):
		h.fault("Shutdown returns %v", err)
	case err != nil:
		h.seen["shutdown: too late"]++
	default:
		h.drained = true
		h.seen["shutdown"]++
		if n := h.running(); n > 0 {
			h.fault("Shutdown returns nil, and %d functions run", n)
		}
		if slices.ContainsFunc(before, func(d *delivery) bool { return !d.told }) {
			h.fault("Shutdown returns nil, and the Observer has not been told of all")
		}
	}
}

func (h *handlerTest) running() int {
	n := 0
	for _, key := range h.keys {
		n += key.running
	}
	return n
}

// advance lets time pass: functions and waits end, and finished keys are forgotten.
func (h *handlerTest) advance(t *rapid.T) {
	time.Sleep(rapid.SampledFrom([]time.Duration{1, time.Second, 7 * time.Second, 25 * time.Second, memory}).Draw(t, "time"))
	synctest.Wait()
}

// check fails if anything was noted that must not be.
func (h *handlerTest) check(t *rapid.T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.faults) > 0 {
		t.Fatal(strings.Join(h.faults, "; "))
	}
}

// finish waits until all must have returned: functions, and repetitions that waited.
func (h *handlerTest) finish(t *rapid.T) {
	time.Sleep(forever)
	synctest.Wait()
	h.check(t)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open > 0 || h.running() > 0 {
		t.Fatalf("%d calls have not returned, %d functions run", h.open, h.running())
	}
	for _, d := range h.deliveries {
		if d.outcome == running && !h.sawRunning(d) {
			t.Fatalf("delivery %d of %s is told that another one runs, and none does", d.number, d.key)
		}
	}
}

// TestHandler: each key runs once at a time and never again once it is done, nothing
// runs after Shutdown, and every call returns what follows from what has happened.
func TestHandler(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			h := newHandlerTest(t, seen)
			defer time.Sleep(forever) // Also when it fails: time would stop for what still runs.
			t.Repeat(map[string]func(*rapid.T){
				"deliver": h.deliver, "advance": h.advance, "shutdown": h.shutdown, "": h.check,
			})
			h.finish(t)
		})
	})
	t.Log(seen)
}
