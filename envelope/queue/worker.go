package queue

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Names of metadata of a dead letter, and kinds beside those of package envelope.
const (
	FailureKind     = "loyaltyhooks_kind"     // an envelope.ErrorKind, KindForeign or KindNoHandler
	FailureAttempts = "loyaltyhooks_attempts" // how often it was tried
	FailureKeyID    = "loyaltyhooks_key_id"   // digest of the key, as log lines have it

	KindForeign   envelope.ErrorKind = "foreign"    // no message of Publish
	KindNoHandler envelope.ErrorKind = "no_handler" // of a provider and name that no handler has
)

// Error is why a message could not be handled. Its text is the kind alone, because Watermill
// logs and stores it: the text of your function's error is in the log of the handler.
type Error struct {
	Kind       envelope.ErrorKind
	Retryable  bool          // whether it may succeed later
	RetryAfter time.Duration // how long the function wants to wait
	Attempts   int           // so far

	err error
}

// Error returns the kind.
func (f *Error) Error() string { return "delivery not handled: " + string(f.Kind) }

// Unwrap returns the *envelope.Error.
func (f *Error) Unwrap() error { return f.err }

// Worker returns a function for a router that dispatches the messages of Publish to the
// handler of their provider and name. Its errors are of type *Error; see Retry.
func Worker(handlers ...*envelope.Handler) message.NoPublishHandlerFunc {
	return func(msg *message.Message) error {
		var s sent
		if json.Unmarshal([]byte(msg.Metadata.Get(Metadata)), &s) != nil || s.Provider == "" {
			return &Error{Kind: KindForeign}
		}
		for _, h := range handlers {
			if h.Provider() == s.Provider && h.Name() == s.Handler {
				return failed(h.Dispatch(msg.Context(), envelope.Message{
					Body: msg.Payload, Header: s.Header, Provider: s.Provider, Handler: s.Handler,
					Event: s.Event, Tenant: s.Tenant, Key: s.Key, Received: s.Received,
				}))
			}
		}
		return &Error{Kind: KindNoHandler}
	}
}

func failed(err error) error {
	var e *envelope.Error // Dispatch has no other errors, and a function that drops a delivery is done with it.
	if !errors.As(err, &e) || e.Kind == envelope.KindDropped {
		return nil
	}
	return &Error{Kind: e.Kind, Retryable: e.Retryable(), RetryAfter: e.RetryAfter, err: err}
}

// RetryOptions are the settings of Retry.
type RetryOptions struct {
	// Attempts is how often a message is tried before it is a dead letter. Default: 10.
	Attempts int

	// Wait is the time between the first two attempts. It is doubled from one to the next.
	// Default: 100 ms.
	Wait time.Duration

	// MaxWait is the longest time between two attempts, also of what a function asks for with
	// envelope.RetryAfter. Default: 30 s.
	MaxWait time.Duration

	// DeadLetters and Topic are where messages go that were given up. Without them such a
	// message is left to the broker.
	DeadLetters message.Publisher
	Topic       string

	// Begin begins the span of an attempt, by the trace context in the metadata, and returns
	// what ends it. Default: none.
	Begin func(ctx context.Context, metadata map[string]string) (context.Context, func())
}

// Retry makes a middleware of Watermill's Retry and PoisonQueue for handlers made by Worker.
func Retry(o RetryOptions) (message.HandlerMiddleware, error) {
	o.Attempts = cmp.Or(o.Attempts, 10)
	o.Wait = cmp.Or(o.Wait, 100*time.Millisecond)
	o.MaxWait = cmp.Or(o.MaxWait, 30*time.Second)
	if (o.DeadLetters == nil) != (o.Topic == "") {
		return nil, errors.New("queue: DeadLetters and Topic need each other")
	}
	again := middleware.Retry{
		MaxRetries: o.Attempts - 1, InitialInterval: o.Wait, MaxInterval: o.MaxWait, Multiplier: 2, RandomizationFactor: 0.2,
		ResetContextOnRetry: true, ShouldRetry: func(p middleware.RetryParams) bool { return o.again(p.Err) },
	}
	bury := func(h message.HandlerFunc) message.HandlerFunc { return h }
	if o.DeadLetters != nil {
		var err error
		if bury, err = middleware.PoisonQueueWithFilter(o.DeadLetters, o.Topic, func(err error) bool { return !o.again(err) }); err != nil {
			return nil, err
		}
	}
	return func(h message.HandlerFunc) message.HandlerFunc {
		inner := bury(again.Middleware(o.note(h)))
		return func(msg *message.Message) ([]*message.Message, error) {
			msg.Metadata.Set(FailureAttempts, "0") // Those of an earlier life do not count.
			return inner(msg)
		}
	}, nil
}

// again reports whether a message is to be tried again, or is left to the broker: also one
// that a handler has not looked at, because it was full or shut down.
func (o RetryOptions) again(err error) bool {
	var f *Error
	return !errors.As(err, &f) || f.Retryable && f.Attempts < o.Attempts || f.Kind == envelope.KindBusy || f.Kind == envelope.KindDraining
}

// note counts attempts, writes down how they went, and waits as long as a function asks for.
func (o RetryOptions) note(h message.HandlerFunc) message.HandlerFunc {
	return func(msg *message.Message) ([]*message.Message, error) {
		attempts, _ := strconv.Atoi(msg.Metadata.Get(FailureAttempts))
		attempts++
		msg.Metadata.Set(FailureAttempts, strconv.Itoa(attempts))
		stop := msg.Context()
		if o.Begin != nil {
			ctx, end := o.Begin(stop, maps.Clone(msg.Metadata))
			defer end()
			msg.SetContext(ctx)
		}
		produced, err := h(msg)
		var f *Error
		switch {
		case !errors.As(err, &f):
			return produced, err
		case stop.Err() != nil: // The worker stops, which is no fault of the message.
			return produced, context.Cause(stop)
		}
		f.Attempts = attempts
		msg.Metadata.Set(FailureKind, string(f.Kind))
		if id := keyID(msg); id != "" {
			msg.Metadata.Set(FailureKeyID, id)
		}
		if f.RetryAfter > 0 && o.again(err) {
			select {
			case <-time.After(min(f.RetryAfter, o.MaxWait)):
			case <-stop.Done():
			}
		}
		return produced, err
	}
}

// keyID is the digest of a key that log lines have, by which a dead letter is found in them.
func keyID(msg *message.Message) string {
	var s sent
	if json.Unmarshal([]byte(msg.Metadata.Get(Metadata)), &s) != nil || s.Key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(s.Key))
	return hex.EncodeToString(sum[:8])
}
