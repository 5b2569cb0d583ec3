package main

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

func TestStore(t *testing.T) {
	store := keyStore{openProgram(t, defaultLimits).queue.keys}
	ctx := t.Context()
	claim := func(key string, lease time.Duration, want envelope.ClaimState) string {
		t.Helper()
		c, err := store.Claim(ctx, key, lease)
		if err != nil || c.State != want {
			t.Fatalf("claim of %q: state %d, %v; want state %d", key, c.State, err, want)
		}
		return c.Token
	}
	ends := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Fatalf("err = %v, want %v", err, want)
		}
	}

	// A key with characters that JetStream forbids.
	const key = "masivo/a b.*>/\n"
	token := claim(key, time.Minute, envelope.StateClaimed)
	claim(key, time.Minute, envelope.StateRunning)
	claim("masivo/another", time.Minute, envelope.StateClaimed)

	ends(store.Release(ctx, key, token), nil)
	ends(store.Finish(ctx, key, token), envelope.ErrLeaseLost)
	ends(store.Release(ctx, key, token), envelope.ErrLeaseLost)

	token = claim(key, time.Minute, envelope.StateClaimed)
	ends(store.Finish(ctx, key, "0"), envelope.ErrLeaseLost)
	ends(store.Finish(ctx, key, "no token"), envelope.ErrLeaseLost)
	ends(store.Release(ctx, key, "no token"), envelope.ErrLeaseLost)
	ends(store.Finish(ctx, key, token), nil)
	claim(key, time.Minute, envelope.StateDone)
	ends(store.Release(ctx, key, token), envelope.ErrLeaseLost)
	claim(key, time.Minute, envelope.StateDone)
}

func TestStoreLeaseEnds(t *testing.T) {
	store := keyStore{openProgram(t, defaultLimits).queue.keys}
	ctx := t.Context()
	first, err := store.Claim(ctx, "k", time.Second)
	if err != nil || first.State != envelope.StateClaimed {
		t.Fatal(first, err)
	}
	var second envelope.Claim
	for deadline := time.Now().Add(30 * time.Second); second.State != envelope.StateClaimed; {
		if time.Now().After(deadline) {
			t.Fatal("the lease does not end")
		}
		if second, err = store.Claim(ctx, "k", time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := store.Finish(ctx, "k", first.Token); !errors.Is(err, envelope.ErrLeaseLost) {
		t.Errorf("a lost lease finishes: %v", err)
	}
	if err := store.Finish(ctx, "k", second.Token); err != nil {
		t.Errorf("the present lease does not finish: %v", err)
	}
}

func TestStoreIsClaimedByOne(t *testing.T) {
	store := keyStore{openProgram(t, defaultLimits).queue.keys}
	const keys, callers = 20, 32
	var claimed [keys]atomic.Int32
	var all sync.WaitGroup
	for i := range keys * callers {
		all.Go(func() {
			claim, err := store.Claim(t.Context(), "key-"+strconv.Itoa(i%keys), time.Minute)
			if err != nil {
				t.Error(err)
			}
			if claim.State == envelope.StateClaimed {
				claimed[i%keys].Add(1)
			}
		})
	}
	all.Wait()
	for i := range claimed {
		if n := claimed[i].Load(); n != 1 {
			t.Errorf("key %d was claimed %d times", i, n)
		}
	}
}

func TestStoreGone(t *testing.T) {
	p := openProgram(t, defaultLimits)
	store := keyStore{p.queue.keys}
	p.close()
	p.closers = nil
	if claim, err := store.Claim(t.Context(), "k", time.Minute); err == nil {
		t.Errorf("claim of a store that is gone: %v", claim)
	}
	if err := store.Finish(t.Context(), "k", "1"); err == nil || errors.Is(err, envelope.ErrLeaseLost) {
		t.Errorf("finish in a store that is gone: %v", err)
	}
}

func TestWholeSeconds(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		time.Millisecond: time.Second, time.Second: time.Second, time.Second + 1: 2 * time.Second,
	} {
		if got := wholeSeconds(d); got != want {
			t.Errorf("%v is %v, want %v", d, got, want)
		}
	}
}
