package envelope

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Idempotency makes sure that your function does its work once a key, also when
// the sender repeats a delivery or several machines receive it. A repetition of
// a finished delivery is told 200 without running. While the first one runs, a
// repetition waits for its end: some senders try again only once, and that try must
// not be spent on finding the key taken. When the function fails the key is free
// again, and the next try runs, or one of those that wait.
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

	// Wait is how long a repetition waits while the same delivery runs elsewhere: then
	// it is told 200 if that has succeeded, runs itself if that has failed, and is told
	// 503 if the time is over. It does not count among Options.MaxConcurrent meanwhile;
	// as many again may wait. Over HTTP it goes on waiting when the sender hangs up,
	// with Dispatch until the context ends. Negative means not at all. Default: 10 s, a
	// guess at what senders bear.
	Wait time.Duration

	// Timeout limits each call of the store. A claim that takes longer is told
	// 503. Default: 2 s.
	Timeout time.Duration
}

func (i Idempotency) withDefaults(timeout time.Duration) (Idempotency, error) {
	i.Timeout = cmp.Or(i.Timeout, 2*time.Second)
	i.Wait = cmp.Or(i.Wait, 10*time.Second)
	i.Lease = cmp.Or(i.Lease, 2*(timeout+i.Timeout))
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

	// Finish marks a claimed key as done. It returns ErrLeaseLost if somebody else has
	// claimed the key since. When the lease has ended and nobody else has claimed the
	// key, a store may accept a late Finish, or return ErrLeaseLost.
	Finish(ctx context.Context, key, token string) error

	// Release frees a claimed key. It returns ErrLeaseLost as Finish does, and may accept
	// a late call as well.
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
			err = caught(thrown).Err
		}
	}()
	return call()
}
