package envelope

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"
)

// KeyFunc names a delivery for idempotency: equal keys mean the same delivery.
// It gets the message with its Event filled in. An empty key means that this
// delivery has none and always runs.
type KeyFunc func(*Message) string

// DigestKey names a delivery by its event, the SHA-256 of its body, and the window
// of time it arrived in. Be warned: equal bytes can be two genuine events, such as the
// same purchase made twice in a minute by a provider that sends neither an id
// nor a time, and the second one would be taken for a repetition. A repetition on
// the other side of a window's edge is not recognised.
func DigestKey(window time.Duration) KeyFunc {
	if window <= 0 {
		panic("envelope.DigestKey: window is not positive")
	}
	return func(m *Message) string {
		sum := sha256.Sum256(m.Body)
		return m.Event + "/" + hex.EncodeToString(sum[:]) + "@" + strconv.FormatInt(m.Received.UnixNano()/int64(window), 36)
	}
}

// Idempotency makes sure that your function does its work once a key, also when
// the sender repeats a delivery or several machines receive it. A repetition of
// a finished delivery is told 200 without running; while the first one runs, it
// is told 503 with Retry-After. When the function fails the key is free again, so
// that the sender's next try runs.
//
// If the process dies between the function's effect and the note in the store,
// the lease ends and the next try runs the function again. Where that matters,
// make the effect itself keyed by Delivery.Key.
type Idempotency struct {
	// Store keeps the keys.
	Store Store

	// Lease is how long a key stays taken when its holder vanishes. It must be
	// longer than Options.Timeout. Default: twice Options.Timeout and Timeout together.
	Lease time.Duration

	// Timeout limits each call of the store. A claim that takes longer is told
	// 503. Default: 2 s.
	Timeout time.Duration
}

func (i Idempotency) withDefaults(timeout time.Duration) (Idempotency, error) {
	i.Timeout = orDefault(i.Timeout, 2*time.Second)
	i.Lease = orDefault(i.Lease, 2*(timeout+i.Timeout))
	switch {
	case i.Store == nil:
		return i, errors.New("idempotency has no store")
	case i.Timeout < 0:
		return i, errors.New("a limit is negative")
	case i.Lease <= timeout:
		return i, errors.New("the idempotency lease is not longer than the function's timeout")
	}
	return i, nil
}

// Store keeps the state of keys. Implement it on what your service has; see
// NewMemoryStore for one process. It must be safe for concurrent use, and keep
// finished keys for as long as the sender may repeat a delivery.
type Store interface {
	// Claim takes a key for the length of the lease, atomically: of any number
	// of callers at most one gets StateClaimed until the lease ends.
	Claim(ctx context.Context, key string, lease time.Duration) (Claim, error)

	// Finish marks a claimed key as done. It returns ErrLeaseLost if the token is
	// not the one of the key's present lease.
	Finish(ctx context.Context, key, token string) error

	// Release frees a claimed key. It returns ErrLeaseLost as Finish does.
	Release(ctx context.Context, key, token string) error
}

// Claim is the answer of Store.Claim.
type Claim struct {
	State ClaimState
	Token string // identifies the lease, for StateClaimed
}

// ClaimState says what a claim found.
type ClaimState int

// The states of a key. The zero value is none of them.
const (
	StateClaimed ClaimState = iota + 1 // the key is yours
	StateRunning                       // somebody else holds it
	StateDone                          // its work is done
)

// ErrLeaseLost says that a lease has ended, and perhaps somebody else has taken
// the key.
var ErrLeaseLost = errors.New("idempotency lease lost")

// claim takes the key within the timeout, even if the store does not respect its
// context. A claim that comes too late is given back.
func (i *Idempotency) claim(ctx context.Context, key string) (Claim, error) {
	type answer struct {
		claim Claim
		err   error
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), i.Timeout)
	answers := make(chan answer)
	go func() {
		defer cancel()
		var claim Claim
		err := recovered(func() (err error) {
			claim, err = i.Store.Claim(ctx, key, i.Lease)
			return err
		})
		select {
		case answers <- answer{claim, err}:
		case <-ctx.Done():
			if err == nil && claim.State == StateClaimed {
				_ = i.end(ctx, i.Store.Release, key, claim.Token)
			}
		}
	}()
	select {
	case a := <-answers:
		return a.claim, a.err
	case <-ctx.Done():
		return Claim{}, ctx.Err()
	}
}

// end calls Finish or Release with a time limit of its own.
func (i *Idempotency) end(ctx context.Context, call func(context.Context, string, string) error, key, token string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), i.Timeout)
	defer cancel()
	errs := make(chan error, 1)
	go func() { errs <- recovered(func() error { return call(ctx, key, token) }) }()
	select {
	case err := <-errs:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// recovered calls a function of a Store, whose panic would end the process: it
// runs on a goroutine of its own.
func recovered(call func() error) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = newPanicError(thrown).Err
		}
	}()
	return call()
}
