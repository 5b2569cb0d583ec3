package envelope

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
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
	if c.detached {
		ctx = context.WithoutCancel(ctx)
	}
	o.Outcome = OutcomeHandled
	if _, registered := c.routes[c.open.Event]; !registered {
		o.Outcome = OutcomeFallback
	}
	if err := c.name(); err != nil {
		return err
	}
	o.Key = c.key
	c.job.fill(c)
	idempotency := c.handler.options.Idempotency
	if idempotency == nil || c.key == "" {
		return c.invoke(ctx, o)
	}
	claim, failure := c.claim(ctx)
	switch {
	case failure != nil:
		return failure
	case claim.State == StateDone:
		o.Outcome = OutcomeDuplicate
		return nil
	}
	end, isDone := idempotency.Store.Release, false
	defer func() { // Also when the function ends its goroutine.
		o.StoreErr = idempotency.end(ctx, end, c.key, claim.Token)
		c.handler.waits.ended(c.key, isDone)
	}()
	failure = c.invoke(ctx, o)
	if failure == nil || failure.Kind == KindDropped {
		end, isDone = idempotency.Store.Finish, true
	}
	return failure
}

// claim takes the key, or waits for whoever has it.
func (c *call[M]) claim(ctx context.Context) (Claim, *Error) {
	h := c.handler
	claim, err := h.options.Idempotency.claim(ctx, c.key)
	var failure *Error
	if err == nil && claim.State == StateRunning {
		claim, failure = h.await(ctx, c.key)
	}
	switch {
	case failure != nil:
		return claim, failure
	case err != nil:
		return claim, unavailable(KindStore, h.options.RetryAfter, &causeError{ErrStore, err})
	case claim.State != StateClaimed && claim.State != StateDone:
		return claim, unavailable(KindStore, h.options.RetryAfter, ErrStore)
	}
	return claim, nil
}

// causeError is one of the errors of this package with the cause behind it, whose
// text is not ours to show.
type causeError struct{ err, cause error }

func (e *causeError) Error() string   { return e.err.Error() }
func (e *causeError) Unwrap() []error { return []error{e.err, e.cause} }

// name finds the delivery's key.
func (c *call[M]) name() *Error {
	var rest string
	switch {
	case c.message.Key != "":
		c.key = c.message.Key
		return nil
	case c.handler.options.Key != nil:
		m := c.message
		m.Event, m.Body = c.open.Event, c.raw
		payload, err := c.typed()
		if err != nil {
			return c.asMalformed(err)
		}
		rest = c.handler.options.Key(Keyed{&m, &c.open.Meta, payload})
	case c.provider.Key != nil:
		rest = c.provider.Key(&c.open.Meta)
	}
	if rest != "" {
		c.key = joinKey(c.handler.provider, c.handler.options.Name, c.message.Tenant, rest)
	}
	return nil
}

// typed is the payload of a known event, which is decoded for its key if a Fallback has
// it.
func (c *call[M]) typed() (any, error) {
	target := c.job.target()
	if _, registered := c.routes[c.open.Event]; registered {
		return target, nil
	}
	t, known := c.payloads[c.open.Event]
	switch {
	case !known:
		return nil, nil
	case c.open.Value != nil:
		return c.open.Value, nil
	}
	made, raw := reflect.New(t).Interface(), *target.(*json.RawMessage) // Of the Fallback.
	if len(raw) == 0 {
		return made, nil
	}
	notes := c.reader.Notes // What differs has been reported, or nobody asks.
	defer func() { c.reader.Notes = notes }()
	return made, c.reader.Decode(raw, c.open.Pointer, made, false)
}

// invoke calls the function.
func (c *call[M]) invoke(parent context.Context, o *Observation) (failure *Error) {
	ctx := c.job.context()
	ctx.start(parent, c.handler.options.Timeout)
	defer ctx.end()
	returned := false
	defer func() {
		if !returned {
			failure = aborted(recover()) // Nobody sees it when the function ends its goroutine.
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
