package envelopetest

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// TestStore checks that a Store of your own does what envelope.Store says: of many
// callers one gets a key, a lease holds until its end and not after it, nobody ends the
// lease of somebody else, and any text can be a key. It calls newStore once a check, with
// keys that no other run has, so that all stores may share one table. It takes a few
// seconds, in which it waits for short leases to end.
func TestStore(t *testing.T, newStore func() envelope.Store) {
	t.Helper()
	for _, check := range storeChecks {
		t.Run(check.name, func(t *testing.T) {
			check.run(&storeTest{t, newStore(), "TestStore/" + rand.Text() + "/", time.Second, time.Minute})
		})
	}
}

var storeChecks = []struct {
	name string
	run  func(*storeTest)
}{
	{"claim", checkClaim},
	{"keys", checkKeys},
	{"finish", checkFinish},
	{"release", checkRelease},
	{"foreign token", checkForeign},
	{"lease ends", checkLeaseEnds},
	{"late end", checkLateEnd},
	{"one of many", checkOneOfMany},
	{"one at a time", checkOneAtATime},
	{"one takes over", checkOneTakesOver},
	{"ended context", checkContext},
}

const (
	longLease = time.Hour
	callers   = 64
)

// storeTest is one check of one store.
type storeTest struct {
	testing.TB

	store      envelope.Store
	prefix     string        // of its keys
	shortLease time.Duration // one that ends while the check waits; some stores count in whole seconds
	patience   time.Duration // until a short lease has not ended
}

// try claims a key and returns what the store says of it.
func (t *storeTest) try(key string, lease time.Duration) envelope.Claim {
	t.Helper()
	claim, err := t.store.Claim(t.Context(), t.prefix+key, lease)
	switch {
	case err != nil:
		t.Errorf("claim of %q: %v", key, err)
	case claim.State < envelope.StateClaimed || claim.State > envelope.StateDone:
		t.Errorf("claim of %q: no such state as %d", key, claim.State)
	case claim.State == envelope.StateClaimed && claim.Token == "":
		t.Errorf("claim of %q: the lease has no token", key)
	}
	return claim
}

// claim claims a key that must be in a state.
func (t *storeTest) claim(key string, lease time.Duration, want envelope.ClaimState, when string) (token string) {
	t.Helper()
	claim := t.try(key, lease)
	if claim.State != want {
		t.Fatalf("claim of %q %s: state %d, want %d", key, when, claim.State, want)
	}
	return claim.Token
}

func (t *storeTest) finish(key, token string) error {
	return t.store.Finish(t.Context(), t.prefix+key, token)
}

func (t *storeTest) release(key, token string) error {
	return t.store.Release(t.Context(), t.prefix+key, token)
}

// lost checks that neither end of a lease is open to a token.
func (t *storeTest) lost(key, token, whose string) {
	t.Helper()
	if err := t.finish(key, token); !errors.Is(err, envelope.ErrLeaseLost) {
		t.Errorf("Finish with the token of %s: %v, want ErrLeaseLost", whose, err)
	}
	if err := t.release(key, token); !errors.Is(err, envelope.ErrLeaseLost) {
		t.Errorf("Release with the token of %s: %v, want ErrLeaseLost", whose, err)
	}
}

// must checks that an end of a lease was accepted.
func (t *storeTest) must(call string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", call, err)
	}
}

// takeOver claims a key again and again until its short lease has ended, which began
// after start. It returns the new token.
func (t *storeTest) takeOver(key string, start time.Time) string {
	t.Helper()
	for time.Since(start) < t.patience {
		if claim := t.try(key, longLease); claim.State == envelope.StateClaimed {
			if time.Since(start) < t.shortLease {
				t.Errorf("the key was claimed again before its lease of %v had ended", t.shortLease)
			}
			return claim.Token
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("a lease of %v has not ended after %v", t.shortLease, t.patience)
	return ""
}

func checkClaim(t *storeTest) {
	t.claim("a", longLease, envelope.StateClaimed, "for the first time")
	t.claim("a", longLease, envelope.StateRunning, "while it is claimed")
	t.claim("b", longLease, envelope.StateClaimed, "while another key is claimed")
}

// checkKeys claims keys that a store could take for each other, or could not keep: they
// hold what senders send.
func checkKeys(t *storeTest) {
	long := strings.Repeat("x", 500)
	keys := []string{
		"", "a", "A", "a ", " a", "a\n", "ä", "a\u0308", "a%", "a_", "a'", `a"`, `a\`, "a/b", "a:b", "a*", "{a}",
		"a\x00", "a\x00b", "\xff", "\xfe", "\U0001F600", long, long + "y", long + "z",
	}
	for _, key := range keys {
		t.claim(key, longLease, envelope.StateClaimed, "after others that are not equal")
	}
	for _, key := range keys {
		t.claim(key, longLease, envelope.StateRunning, "while it is claimed")
	}
}

func checkFinish(t *storeTest) {
	token := t.claim("a", longLease, envelope.StateClaimed, "for the first time")
	t.must("Finish", t.finish("a", token))
	t.claim("a", longLease, envelope.StateDone, "after Finish")
	_ = t.release("a", token) // May fail or not, and must not free what is done.
	t.claim("a", longLease, envelope.StateDone, "after Finish and Release")
	t.lost("a", "", "nobody")
}

func checkRelease(t *storeTest) {
	first := t.claim("a", longLease, envelope.StateClaimed, "for the first time")
	t.must("Release", t.release("a", first))
	second := t.claim("a", longLease, envelope.StateClaimed, "after Release")
	if first == second {
		t.Error("two leases have the same token")
	}
	t.lost("a", first, "a lease that was released")
	t.claim("a", longLease, envelope.StateRunning, "while the second lease holds")
	t.must("Finish of the second lease", t.finish("a", second))
	t.claim("a", longLease, envelope.StateDone, "after Finish")
}

func checkForeign(t *storeTest) {
	token := t.claim("a", longLease, envelope.StateClaimed, "for the first time")
	other := t.claim("b", longLease, envelope.StateClaimed, "for the first time")
	t.lost("a", other, "another key")
	t.lost("a", "", "nobody")
	t.lost("a", "no token of this store", "nobody")
	t.lost("free", token, "another key")
	t.claim("a", longLease, envelope.StateRunning, "after calls of others")
	t.must("Finish", t.finish("a", token))
	t.claim("free", longLease, envelope.StateClaimed, "for the first time")
}

func checkLeaseEnds(t *storeTest) {
	t.claim("long", longLease, envelope.StateClaimed, "for the first time")
	start := time.Now()
	first := t.claim("a", t.shortLease, envelope.StateClaimed, "for the first time")
	second := t.takeOver("a", start)
	t.lost("a", first, "a lease that has ended, after somebody else has claimed the key")
	t.claim("a", longLease, envelope.StateRunning, "while the second lease holds")
	t.must("Finish of the second lease", t.finish("a", second))
	t.claim("a", longLease, envelope.StateDone, "after Finish")
	t.claim("long", longLease, envelope.StateRunning, "while its lease holds")
}

// checkLateEnd ends leases late, before anybody else has claimed the keys. A store may
// accept that or not; it must do what it says. Another lease of the same length, which
// began later, shows that the time has come.
func checkLateEnd(t *storeTest) {
	late := t.claim("finished", t.shortLease, envelope.StateClaimed, "for the first time")
	released := t.claim("released", t.shortLease, envelope.StateClaimed, "for the first time")
	start := time.Now()
	t.claim("clock", t.shortLease, envelope.StateClaimed, "for the first time")
	t.takeOver("clock", start)
	want := envelope.StateDone
	if err := t.finish("finished", late); errors.Is(err, envelope.ErrLeaseLost) {
		want = envelope.StateClaimed
	} else {
		t.must("late Finish", err)
	}
	t.claim("finished", longLease, want, "after a late Finish")
	if err := t.release("released", released); !errors.Is(err, envelope.ErrLeaseLost) {
		t.must("late Release", err)
	}
	t.claim("released", longLease, envelope.StateClaimed, "after a late Release")
}

// together runs a function on as many goroutines as there are callers, at once.
func together(run func()) {
	start := make(chan struct{})
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			<-start
			run()
		})
	}
	close(start)
	all.Wait()
}

func checkOneOfMany(t *storeTest) {
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		var claimed, running atomic.Int32
		var token atomic.Value
		together(func() {
			switch claim := t.try(key, longLease); claim.State {
			case envelope.StateClaimed:
				claimed.Add(1)
				token.Store(claim.Token)
			case envelope.StateRunning:
				running.Add(1)
			}
		})
		if claimed.Load() != 1 || running.Load() != callers-1 {
			t.Fatalf("%d of %d callers have claimed %q, and %d found it claimed", claimed.Load(), callers, key, running.Load())
		}
		t.must("Finish", t.finish(key, token.Load().(string)))
		together(func() {
			if claim := t.try(key, longLease); claim.State != envelope.StateDone {
				t.Errorf("claim of %q after Finish: state %d", key, claim.State)
			}
		})
	}
}

// checkOneAtATime hands a key from one holder to the next.
func checkOneAtATime(t *storeTest) {
	var holders, turns atomic.Int32
	together(func() {
		for range 8 {
			claim := t.try("a", longLease)
			if claim.State != envelope.StateClaimed {
				continue
			}
			if n := holders.Add(1); n != 1 {
				t.Errorf("%d callers hold the key at once", n)
			}
			turns.Add(1)
			time.Sleep(time.Millisecond) // Another holder would be seen.
			holders.Add(-1)
			if err := t.release("a", claim.Token); err != nil {
				t.Errorf("Release: %v", err)
			}
		}
	})
	if turns.Load() == 0 {
		t.Error("nobody has got a key that was free")
	}
	t.claim("a", longLease, envelope.StateClaimed, "after all have released it")
}

// checkOneTakesOver lets all callers wait for the end of one lease.
func checkOneTakesOver(t *storeTest) {
	start := time.Now()
	t.claim("a", t.shortLease, envelope.StateClaimed, "for the first time")
	var claimed atomic.Int32
	together(func() {
		for claimed.Load() == 0 && time.Since(start) < t.patience {
			if t.try("a", longLease).State == envelope.StateClaimed {
				claimed.Add(1)
			}
		}
	})
	if n := claimed.Load(); n != 1 {
		t.Errorf("%d callers have claimed a key whose lease had ended", n)
	}
}

// checkContext calls with a context that has ended: a claim fails, and the others may do
// what they are asked all the same.
func checkContext(t *storeTest) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if claim, err := t.store.Claim(ctx, t.prefix+"a", longLease); err == nil {
		t.Errorf("claim with a context that has ended: state %d, no error", claim.State)
	}
	token := t.claim("a", longLease, envelope.StateClaimed, "after one with a context that had ended")
	if err := t.store.Finish(ctx, t.prefix+"a", token); err == nil {
		t.claim("a", longLease, envelope.StateDone, "after Finish with a context that had ended, and no error")
	}
	token = t.claim("b", longLease, envelope.StateClaimed, "for the first time")
	if err := t.store.Release(ctx, t.prefix+"b", token); err == nil {
		t.claim("b", longLease, envelope.StateClaimed, "after Release with a context that had ended, and no error")
	}
}
