package envelope

import (
	"context"
	"errors"
	"net/http"
)

// run names the delivery and calls its function, at most once a key.
func (c *call[M]) run(ctx context.Context, o *Observation) *Error {
	if c.job == nil {
		o.Outcome = OutcomeIgnored
		if c.open.Event == "" {
			return refusal(KindNoEvent, ErrNoEvent)
		}
		return nil
	}
	o.Outcome = OutcomeHandled
	if _, registered := c.routes[c.open.Event]; !registered {
		o.Outcome = OutcomeFallback
	}
	c.key = c.name()
	c.job.fill(c)
	idempotency := c.handler.options.Idempotency
	if idempotency == nil || c.key == "" {
		return c.invoke(ctx, o)
	}
	claim, err := idempotency.claim(ctx, c.key)
	switch {
	case err != nil:
		return unavailable(KindStore, c.handler.options.RetryAfter, &causeError{ErrStore, err})
	case claim.State == StateRunning:
		return unavailable(KindRunning, c.handler.options.RetryAfter, ErrRunning)
	case claim.State == StateDone:
		o.Outcome = OutcomeDuplicate
		return nil
	case claim.State != StateClaimed:
		return unavailable(KindStore, c.handler.options.RetryAfter, ErrStore)
	}
	// Also when the function panics with http.ErrAbortHandler.
	end := idempotency.Store.Release
	defer func() { o.StoreErr = idempotency.end(ctx, end, c.key, claim.Token) }()
	failure := c.invoke(ctx, o)
	if failure == nil || failure.Kind == KindDropped {
		end = idempotency.Store.Finish
	}
	return failure
}

// causeError is one of the errors of this package with the cause behind it, whose
// text is not ours to show.
type causeError struct{ err, cause error }

func (e *causeError) Error() string   { return e.err.Error() }
func (e *causeError) Unwrap() []error { return []error{e.err, e.cause} }

// name is the delivery's key behind the names of provider and handler.
func (c *call[M]) name() string {
	var key string
	switch {
	case c.handler.options.Key != nil:
		m := c.message
		m.Event = c.open.Event
		key = c.handler.options.Key(&m)
	case c.provider.Key != nil:
		key = c.provider.Key(&c.open.Meta)
	}
	if key == "" {
		return ""
	}
	if c.handler.options.Name != "" {
		key = c.handler.options.Name + "/" + key
	}
	return c.handler.provider + "/" + key
}

// invoke calls the function with a context that outlives the sender's
// connection.
func (c *call[M]) invoke(parent context.Context, o *Observation) (failure *Error) {
	ctx := c.job.context()
	ctx.start(parent, c.handler.options.Timeout)
	defer ctx.end()
	returned := false
	defer func() {
		if returned {
			return
		}
		thrown := recover()
		if err, ok := thrown.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(thrown)
		}
		if thrown != nil { // It is nil when the function ended its goroutine.
			failure = newPanicError(thrown)
		}
	}()
	err := c.job.run(ctx)
	returned = true
	failure = classify(err)
	if failure != nil && failure.Kind == KindFailed && errors.Is(err, ErrDuplicate) {
		o.Outcome = OutcomeDuplicate
		return nil
	}
	return failure
}
