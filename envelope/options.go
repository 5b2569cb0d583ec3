package envelope

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"
)

// Options is what all handlers have in common; every provider's Config embeds it.
// The zero value of a field means the default that its comment names.
type Options struct {
	// Name tells several handlers of one provider apart in keys and logs. It is
	// part of every idempotency key, so do not change it lightly. Default: none.
	Name string

	// Tenant finds the account that a request is for, its name and its present secrets,
	// in place of secrets in the provider's Config: one handler serves several accounts,
	// and secrets change without a restart. It is called for each request, before the
	// body is read. ErrUnknownTenant refuses the request; any other error, no name, or
	// secrets that can't be, are told 503 and logged as an error. The name is part of
	// every key. With a Verifier, or Unverified, it only names. Default: none.
	Tenant func(*http.Request) (Tenant, error)

	// Verifier replaces the provider's own verification.
	Verifier Verifier

	// Unverified accepts every delivery without proof of its origin. Without it a
	// handler that has neither secrets nor a Tenant nor a Verifier is an error.
	Unverified bool

	// DispatchOnly is for the handler of a worker: it needs no secrets, and takes
	// deliveries by Dispatch alone. ServeHTTP refuses all with 503.
	DispatchOnly bool

	// Tolerance is how far the time of a signature may be before or after the present,
	// where the provider signs a time. Default: 5 minutes.
	Tolerance time.Duration

	// RequestIDHeader is the header by which requests are found in other logs. Its value
	// is logged; the sender chooses it, unless your proxy does. Default: none.
	RequestIDHeader string

	// Logger gets one line a delivery: debug for accepted ones, warn for refused
	// ones, error for those that failed. No line carries any part of a body or a secret.
	// The text of an error that your function returned is yours and is logged, and so
	// are the file and line of a panic. Default: silent.
	Logger *slog.Logger

	// Observer is told the outcome of every delivery, after the answer was sent. It must
	// be safe for concurrent use. A panic of it is logged. Default: none.
	Observer func(context.Context, Observation)

	// Drift is told where deliveries differ from the types of the package. It is
	// called before your function, must be fast and safe for concurrent use, and
	// costs nothing when it is not set. Default: none.
	Drift func(context.Context, DriftReport)

	// Refused is told of each delivery that was refused before any function ran, by its
	// sender's fault or that of a setting, after the answer was sent. It must be safe for
	// concurrent use. With it the body of a request is read also where its header is
	// refused, up to MaxBody; and Refusal.Explain, if you call it, works for a forger as
	// well: see LogRefusals for a limit. A panic of it is logged. Default: none.
	Refused func(context.Context, *Refusal)

	// MaxBody limits the body, in bytes; math.MaxInt64 means no limit. Default: 1 MiB.
	MaxBody int64

	// MaxDepth limits the nesting of what is decoded into Go types. Default: 64.
	MaxDepth int

	// MaxMemory limits what the elements of lists and maps, and the structs that
	// pointers lead to, may take of one delivery, in bytes: a list of empty objects
	// is three bytes an element as text and hundreds as Go values. Text is not
	// counted; it is bounded by MaxBody. Default: 32 MiB.
	MaxMemory int

	// ReadTimeout limits the reading of one body, where the server supports
	// deadlines. A shorter http.Server.ReadTimeout remains, and negative leaves the
	// server's own in any case. Default: 10 s.
	ReadTimeout time.Duration

	// Timeout limits your function: its context ends after it. The function is not bound
	// to the sender's connection; with Dispatch it is bound to the context that you pass.
	// Default: 30 s.
	Timeout time.Duration

	// MaxConcurrent limits the deliveries that are handled at once; more are told
	// 503 with Retry-After, once they are verified. As many times MaxMemory, and
	// four times MaxBody, is the most that they can take; twice that with Idempotency,
	// where as many may wait for another delivery of theirs. Default: no limit.
	MaxConcurrent int

	// RetryAfter is the wait that an answer 503 asks for, unless your function
	// names one. Default: 5 s.
	RetryAfter time.Duration

	// Validation says what happens to deliveries that break documented rules.
	// Default: ValidateIdentities.
	Validation Validation

	// Key names a delivery where the provider sends no id of its own, or replaces
	// that id. See the provider's package for functions to choose from.
	Key KeyFunc

	// Idempotency runs your function once a key. It needs a provider that sends
	// ids, or Key, or DispatchOnly and messages with a Key. Default: off.
	Idempotency *Idempotency

	// Now is the clock for tolerances and for Delivery.Received. Default: time.Now.
	Now func() time.Time
}

// Defaults of Options, for the time limits and buffers of your own that must be larger.
const (
	DefaultMaxBody     = 1 << 20
	DefaultReadTimeout = 10 * time.Second
	DefaultTimeout     = 30 * time.Second
)

// withDefaults checks Options and fills in what is zero.
func (o Options) withDefaults() (Options, error) {
	switch {
	case o.MaxBody < 0 || o.Tolerance < 0 || o.MaxDepth < 0 || o.MaxMemory < 0 || o.Timeout < 0 || o.MaxConcurrent < 0 || o.RetryAfter < 0:
		return o, errors.New("a limit is negative")
	case o.Validation < ValidateIdentities || o.Validation > ValidateOff:
		return o, fmt.Errorf("unknown validation policy %d", o.Validation)
	}
	o.MaxBody = min(cmp.Or(o.MaxBody, DefaultMaxBody), math.MaxInt-1) // One byte more shows that a body is longer.
	o.MaxDepth = cmp.Or(o.MaxDepth, 64)
	o.MaxMemory = cmp.Or(o.MaxMemory, 32<<20)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, DefaultReadTimeout)
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.RetryAfter = cmp.Or(o.RetryAfter, 5*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Idempotency != nil {
		idempotency, err := o.Idempotency.withDefaults(o.Timeout)
		if err != nil {
			return o, err
		}
		o.Idempotency = &idempotency
	}
	return o, nil
}
