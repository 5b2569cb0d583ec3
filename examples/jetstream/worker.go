package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// worker takes deliveries out of the queue and dispatches each to the handler of
// its provider. Any number of workers share the work.
type worker struct {
	queue    *queue
	handlers map[string]*envelope.Handler // by provider
	parallel int                          // deliveries at once
	pause    time.Duration                // before the second try; it doubles from try to try
	log      *slog.Logger
}

const (
	// maxTries is how often a delivery may fail before it is dead.
	maxTries = 12
	// maxHandouts is how often it may be handed to a worker at all. Waiting for
	// another worker or for the store counts here only, and so does a delivery
	// that takes its worker down with it, again and again.
	maxHandouts = 60
	// maxPause is the longest time between two tries.
	maxPause = 5 * time.Minute
)

// Reasons of dead letters beside the kinds of errors.
const (
	reasonUnreadable = "unreadable"        // not a delivery of a known provider
	reasonNoHandler  = "no_handler"        // nobody works for the provider
	reasonHandouts   = "too_many_handouts" // see maxHandouts
)

// run works until ctx ends, and then finishes what it has begun.
func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := w.consume(ctx); err != nil {
			w.log.Warn("consumer lost, trying again", "error", err)
			pause(ctx, 200*time.Millisecond)
		}
	}
}

func (w *worker) consume(ctx context.Context) error {
	messages, err := w.queue.consumer.Messages(jetstream.PullMaxMessages(w.parallel), jetstream.PullHeartbeat(time.Second), jetstream.PullExpiry(5*time.Second))
	if err != nil {
		return err
	}
	defer messages.Stop()
	defer context.AfterFunc(ctx, messages.Drain)()

	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, w.parallel)
	for {
		slots <- struct{}{}
		msg, err := messages.Next()
		switch {
		case errors.Is(err, jetstream.ErrNoHeartbeat): // The consumer's leader is moving; pulling goes on.
			<-slots
			continue
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		running.Go(func() {
			defer func() { <-slots }()
			w.handle(context.WithoutCancel(ctx), msg)
		})
	}
}

// handle dispatches one message and tells JetStream what became of it. If that does
// not arrive, the message comes again, and its key shows that it is done.
func (w *worker) handle(ctx context.Context, msg jetstream.Msg) {
	v := w.dispatch(ctx, msg)
	if v.dead != "" {
		if err := w.bury(ctx, msg, v.dead); err != nil {
			v = verdict{again: time.Second}
		}
	}
	var err error
	switch {
	case v.again > 0:
		err = msg.NakWithDelay(v.again)
	case v.dead != "":
		err = msg.TermWithReason(v.dead)
	default:
		err = msg.Ack()
	}
	if err != nil {
		w.log.Warn("answer to JetStream lost", "error", err)
	}
}

// verdict is what shall become of a message: it is done, dead, or comes again.
type verdict struct {
	dead  string
	again time.Duration
}

func (w *worker) dispatch(ctx context.Context, msg jetstream.Msg) verdict {
	r, err := readRecord(ctx, msg.Headers(), msg.Data())
	if err != nil {
		return verdict{dead: reasonUnreadable}
	}
	h, ok := w.handlers[r.provider]
	if !ok {
		return verdict{dead: reasonNoHandler}
	}
	meta, err := msg.Metadata()
	if err != nil {
		return verdict{again: time.Second}
	}
	if meta.NumDelivered > maxHandouts {
		return verdict{dead: reasonHandouts}
	}
	return w.judge(h.Dispatch(ctx, r.forDispatch()), meta.NumDelivered)
}

// judge decides by the error of a dispatch and by how often the delivery was
// handed out.
func (w *worker) judge(err error, handouts uint64) verdict {
	var failure *envelope.Error
	if !errors.As(err, &failure) {
		return verdict{}
	}
	switch failure.Kind {
	case envelope.KindRunning, envelope.KindStore, envelope.KindBusy, envelope.KindDraining:
		// Not the delivery's fault.
	default:
		if !failure.Retryable() || handouts >= maxTries {
			return verdict{dead: string(failure.Kind)}
		}
	}
	return verdict{again: max(failure.RetryAfter, w.backoff(handouts))}
}

// backoff doubles from try to try, up to maxPause. A part is left to chance, so that
// what failed together does not come back together.
func (w *worker) backoff(handouts uint64) time.Duration {
	d := w.pause
	for ; handouts > 1 && d < maxPause; handouts-- {
		d *= 2
	}
	d = min(d, maxPause)
	return d/2 + rand.N(d/2+1) //nolint:gosec // nobody gains by guessing it
}

// bury leaves a dead letter, and a line in the log: somebody should look.
func (w *worker) bury(ctx context.Context, msg jetstream.Msg, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := w.queue.bury(ctx, msg, reason)
	if err != nil {
		w.log.Warn("dead letter not written, trying again", "error", err)
		return err
	}
	w.log.Error("delivery is dead", "reason", reason)
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
