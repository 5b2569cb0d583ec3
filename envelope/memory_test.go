package envelope

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"
)

// clock is a clock that a test sets.
type clock struct{ now time.Time }

func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

// newTestStore makes a store on a clock of its own.
func newTestStore(capacity int, ttl time.Duration) (*MemoryStore, *clock) {
	c := &clock{time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}
	s := NewMemoryStore(capacity, ttl)
	s.now = func() time.Time { return c.now }
	return s, c
}

// claimed claims a key that must be free, and gives its token.
func claimed(t *testing.T, s *MemoryStore, key string, lease time.Duration) string {
	t.Helper()
	claim, err := s.Claim(t.Context(), key, lease)
	if err != nil || claim.State != StateClaimed || claim.Token == "" {
		t.Fatalf("claim of %s: %+v, error %v", key, claim, err)
	}
	return claim.Token
}

// finished claims a key and finishes it.
func finished(t *testing.T, s *MemoryStore, key string) {
	t.Helper()
	if err := s.Finish(t.Context(), key, claimed(t, s, key, time.Minute)); err != nil {
		t.Fatal(err)
	}
}

// wantState claims a key and checks what the store says; a free key stays claimed.
func wantState(t *testing.T, s *MemoryStore, key string, want ClaimState) {
	t.Helper()
	claim, err := s.Claim(t.Context(), key, time.Minute)
	if err != nil || claim.State != want || (claim.Token != "") != (want == StateClaimed) {
		t.Errorf("claim of %s: %+v, error %v, want state %d", key, claim, err, want)
	}
}

func TestMemoryStoreLife(t *testing.T) {
	s, _ := newTestStore(10, time.Hour)
	token := claimed(t, s, "a", time.Minute)
	wantState(t, s, "a", StateRunning)
	if err := s.Release(t.Context(), "a", token); err != nil || s.Len() != 0 {
		t.Errorf("release: %v, %d keys", err, s.Len())
	}
	again := claimed(t, s, "a", time.Minute)
	if again == token {
		t.Error("two leases have the same token")
	}
	if err := s.Finish(t.Context(), "a", again); err != nil || s.Len() != 1 {
		t.Errorf("finish: %v, %d keys", err, s.Len())
	}
	wantState(t, s, "a", StateDone)
	wantState(t, s, "b", StateClaimed)
}

// ends are the two ways to end a lease, with the state of the key after it.
var ends = map[string]struct {
	call  func(*MemoryStore, context.Context, string, string) error
	state ClaimState
}{
	"finish":  {(*MemoryStore).Finish, StateDone},
	"release": {(*MemoryStore).Release, StateClaimed},
}

// TestMemoryStoreLeaseLost: only the holder of the last lease can end it.
func TestMemoryStoreLeaseLost(t *testing.T) {
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			s, c := newTestStore(10, time.Hour)
			first := claimed(t, s, "a", time.Minute)
			finished(t, s, "done")
			for _, wrong := range []struct{ key, token string }{
				{"a", ""}, {"a", first + "x"}, {"a", "other"}, {"b", first}, {"b", ""}, {"done", ""}, {"done", first},
			} {
				if err := end.call(s, t.Context(), wrong.key, wrong.token); !errors.Is(err, ErrLeaseLost) {
					t.Errorf("%s with %q: %v", wrong.key, wrong.token, err)
				}
			}
			c.advance(time.Minute - 1)
			wantState(t, s, "a", StateRunning)
			c.advance(1)
			second := claimed(t, s, "a", time.Minute)
			if err := end.call(s, t.Context(), "a", first); !errors.Is(err, ErrLeaseLost) {
				t.Errorf("after somebody else took the key: %v", err)
			}
			if err := end.call(s, t.Context(), "a", second); err != nil {
				t.Errorf("the holder: %v", err)
			}
			if err := end.call(s, t.Context(), "a", second); !errors.Is(err, ErrLeaseLost) {
				t.Errorf("once more: %v", err)
			}
		})
	}
}

// TestMemoryStoreLate: the end of a lease that ended before is still taken, with a
// whole ttl for a finished key, unless the key had to make room.
func TestMemoryStoreLate(t *testing.T) {
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			s, c := newTestStore(2, time.Hour)
			a := claimed(t, s, "a", time.Minute)
			c.advance(time.Second)
			b := claimed(t, s, "b", time.Minute)
			c.advance(2 * time.Hour)
			claimed(t, s, "c", 2*time.Hour) // in place of a, whose lease ended first
			if err := end.call(s, t.Context(), "a", a); !errors.Is(err, ErrLeaseLost) {
				t.Errorf("of a key that made room: %v", err)
			}
			if err := end.call(s, t.Context(), "b", b); err != nil {
				t.Errorf("of a key that nobody else has claimed: %v", err)
			}
			c.advance(time.Hour - 1)
			wantState(t, s, "b", end.state)
			c.advance(1)
			wantState(t, s, "b", map[ClaimState]ClaimState{StateDone: StateClaimed, StateClaimed: StateRunning}[end.state])
		})
	}
}

// TestMemoryStoreExpiredFirst: leases that have ended make room before any finished
// key that still counts, whichever was there first.
func TestMemoryStoreExpiredFirst(t *testing.T) {
	const capacity = 100
	s, c := newTestStore(capacity, time.Hour)
	finished(t, s, "expired")
	c.advance(59 * time.Minute)
	finished(t, s, "old")
	for i := range capacity - 3 {
		claimed(t, s, fmt.Sprint("vanished", i), time.Minute)
	}
	c.advance(time.Minute)
	finished(t, s, "new") // "expired" is forgotten.
	for i := range capacity - 2 {
		claimed(t, s, fmt.Sprint("later", i), time.Minute)
	}
	wantState(t, s, "old", StateDone)
	wantState(t, s, "new", StateDone)
	if s.Len() != capacity || len(s.running) != capacity-2 {
		t.Errorf("%d keys, %d of them running", s.Len(), len(s.running))
	}
	claimed(t, s, "last", time.Minute) // in place of "old"
	wantState(t, s, "new", StateDone)
	wantState(t, s, "old", StateClaimed) // in place of "new"
	if _, err := s.Claim(t.Context(), "new", time.Minute); !errors.Is(err, ErrStoreFull) {
		t.Errorf("claim in a store full of running keys: %v", err)
	}
}

// TestMemoryStoreFewer: finished keys that have expired become fewer with each claim
// also in a store that is never full.
func TestMemoryStoreFewer(t *testing.T) {
	s, c := newTestStore(1000, time.Hour)
	for i := range 100 {
		finished(t, s, fmt.Sprint(i))
	}
	c.advance(time.Hour)
	for i := range 50 {
		claimed(t, s, fmt.Sprint("later", i), time.Minute)
	}
	if s.Len() != 50 || s.done.Len() != 0 {
		t.Errorf("%d keys, %d of them done", s.Len(), s.done.Len())
	}
}

func TestMemoryStoreTTL(t *testing.T) {
	s, c := newTestStore(10, time.Hour)
	finished(t, s, "a")
	c.advance(30 * time.Minute)
	finished(t, s, "b")
	c.advance(30*time.Minute - 1)
	wantState(t, s, "a", StateDone)
	c.advance(1)
	wantState(t, s, "b", StateDone)
	wantState(t, s, "a", StateClaimed)
	c.advance(30 * time.Minute)
	wantState(t, s, "c", StateClaimed)
	if s.Len() != 2 { // a runs, or has vanished; b is forgotten.
		t.Errorf("%d keys", s.Len())
	}
}

// TestMemoryStoreCapacity: a full store forgets what was finished first, whatever
// was claimed first, and never a key that runs.
func TestMemoryStoreCapacity(t *testing.T) {
	s, _ := newTestStore(4, time.Hour)
	running := claimed(t, s, "running", time.Minute)
	tokens := map[string]string{}
	for _, key := range []string{"a", "b", "c"} {
		tokens[key] = claimed(t, s, key, time.Minute)
	}
	for _, key := range []string{"c", "a", "b"} {
		if err := s.Finish(t.Context(), key, tokens[key]); err != nil {
			t.Fatal(err)
		}
	}
	wantState(t, s, "d", StateClaimed) // in place of c
	wantState(t, s, "a", StateDone)
	wantState(t, s, "b", StateDone)
	wantState(t, s, "c", StateClaimed) // in place of a
	wantState(t, s, "b", StateDone)
	wantState(t, s, "a", StateClaimed) // in place of b
	if _, err := s.Claim(t.Context(), "b", time.Minute); !errors.Is(err, ErrStoreFull) {
		t.Errorf("claim in a store full of running keys: %v", err)
	}
	wantState(t, s, "running", StateRunning)
	if s.Len() != 4 {
		t.Errorf("%d keys", s.Len())
	}
	if err := s.Release(t.Context(), "running", running); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, "b", StateClaimed)
}

// TestMemoryStoreFullOfVanished: keys whose holders vanished make room once their
// leases have ended.
func TestMemoryStoreFullOfVanished(t *testing.T) {
	s, c := newTestStore(3, time.Hour)
	claimed(t, s, "a", time.Minute)
	claimed(t, s, "b", 2*time.Minute)
	claimed(t, s, "c", 3*time.Minute)
	c.advance(2*time.Minute - 1)
	claimed(t, s, "d", time.Hour)
	if _, err := s.Claim(t.Context(), "e", time.Minute); !errors.Is(err, ErrStoreFull) {
		t.Errorf("claim: %v", err)
	}
	c.advance(time.Hour)
	for _, key := range []string{"e", "f", "g"} {
		claimed(t, s, key, time.Minute)
	}
	if _, err := s.Claim(t.Context(), "h", time.Minute); !errors.Is(err, ErrStoreFull) || s.Len() != 3 {
		t.Errorf("claim: %v, %d keys", err, s.Len())
	}
}

// TestMemoryStoreEnded: a context that has ended claims nothing.
func TestMemoryStoreEnded(t *testing.T) {
	s, _ := newTestStore(3, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if claim, err := s.Claim(ctx, "a", time.Minute); !errors.Is(err, context.Canceled) || claim.State != 0 || s.Len() != 0 {
		t.Errorf("%+v, error %v", claim, err)
	}
}

func TestMemoryStoreLimits(t *testing.T) {
	for _, test := range []struct {
		capacity int
		ttl      time.Duration
	}{{0, 1}, {-1, 1}, {1, 0}, {1, -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a store of %d keys for %v", test.capacity, test.ttl)
				}
			}()
			NewMemoryStore(test.capacity, test.ttl)
		}()
	}
}

// TestMemoryStoreOneHolder: of 64 goroutines that want the same key at once,
// exactly one gets it, key after key.
func TestMemoryStoreOneHolder(t *testing.T) {
	const keys, goroutines = 50, 64
	s := NewMemoryStore(keys, time.Hour)
	for key := range keys {
		var wg sync.WaitGroup
		start := make(chan struct{})
		states := make(chan ClaimState, goroutines)
		for range goroutines {
			wg.Go(func() {
				<-start
				claim, err := s.Claim(t.Context(), fmt.Sprint(key), time.Hour)
				if err != nil {
					t.Error(err)
				}
				if claim.State == StateClaimed {
					if err := s.Finish(t.Context(), fmt.Sprint(key), claim.Token); err != nil {
						t.Error(err)
					}
				}
				states <- claim.State
			})
		}
		close(start)
		wg.Wait()
		close(states)
		count := map[ClaimState]int{}
		for state := range states {
			count[state]++
		}
		if count[StateClaimed] != 1 || count[StateRunning]+count[StateDone] != goroutines-1 {
			t.Fatalf("states %v", count)
		}
	}
}

// TestMemoryStoreProperties compares the store with a plain model, over a long walk
// of random calls.
func TestMemoryStoreProperties(t *testing.T) {
	const capacity, ttl, lease = 5, 40 * time.Second, 10 * time.Second
	random := rand.New(rand.NewPCG(3, 4))
	s, c := newTestStore(capacity, ttl)
	type entry struct {
		token string
		until time.Time // of the lease, or of the memory
	}
	model := map[string]entry{} // holds more than the store once that has forgotten
	for i := range 20_000 {
		key := fmt.Sprint(random.IntN(8))
		known, ok := model[key]
		held := ok && known.token != "" && c.now.Before(known.until)
		done := ok && known.token == "" && c.now.Before(known.until)
		switch random.IntN(4) {
		case 0:
			c.advance(time.Duration(random.IntN(3000)) * time.Millisecond)
		case 1:
			claim, err := s.Claim(t.Context(), key, lease)
			switch {
			case errors.Is(err, ErrStoreFull):
				running := 0
				for _, e := range model {
					if e.token != "" && c.now.Before(e.until) {
						running++
					}
				}
				if held || running < capacity {
					t.Fatalf("step %d: full with %d running keys", i, running)
				}
			case held != (claim.State == StateRunning):
				t.Fatalf("step %d: held %t, and the claim is %+v", i, held, claim)
			case claim.State == StateDone && !done:
				t.Fatalf("step %d: never finished, and the claim is %+v", i, claim)
			case claim.State == StateClaimed:
				model[key] = entry{claim.Token, c.now.Add(lease)}
			}
		case 2:
			err := s.Finish(t.Context(), key, known.token)
			if held && err != nil || known.token == "" && err == nil {
				t.Fatalf("step %d: held %t, finish: %v", i, held, err)
			}
			if err == nil {
				model[key] = entry{"", c.now.Add(ttl)}
			}
		case 3:
			err := s.Release(t.Context(), key, known.token)
			if held && err != nil || known.token == "" && err == nil {
				t.Fatalf("step %d: held %t, release: %v", i, held, err)
			}
			if err == nil {
				delete(model, key)
			}
		}
		checkOrder(t, s)
	}
}

// checkOrder checks that each key is in the heap or in the list, in order.
func checkOrder(t *testing.T, s *MemoryStore) {
	t.Helper()
	if n := len(s.entries); n > s.capacity || n != len(s.running)+s.done.Len() {
		t.Fatalf("%d keys, %d running, %d done", n, len(s.running), s.done.Len())
	}
	for i, entry := range s.running {
		if entry.index != i || entry.token == "" || s.entries[entry.key] != entry || s.running.Less(i, max(0, i-1)/2) {
			t.Fatalf("running key %d: %+v", i, entry)
		}
	}
	var last time.Time
	for place := s.done.Front(); place != nil; place = place.Next() {
		entry := place.Value.(*memoryEntry)
		if entry.place != place || entry.token != "" || s.entries[entry.key] != entry || entry.until.Before(last) {
			t.Fatalf("finished key: %+v", entry)
		}
		last = entry.until
	}
}

// TestMemoryStoreBounded: however many keys come, no more than the capacity stays.
func TestMemoryStoreBounded(t *testing.T) {
	const capacity = 100
	s := NewMemoryStore(capacity, time.Hour)
	for i := range 100 * capacity {
		finished(t, s, fmt.Sprint(i))
		if s.Len() > capacity || s.done.Len() != s.Len() {
			t.Fatalf("%d keys, %d in the list", s.Len(), s.done.Len())
		}
	}
}

// BenchmarkMemoryStoreFull claims new keys of a full store: where all keys run and the
// claim fails, and where each takes the place of a vanished or a finished key.
func BenchmarkMemoryStoreFull(b *testing.B) {
	const capacity = 100_000
	for _, test := range []struct {
		name   string
		lease  time.Duration
		finish bool
		want   error
	}{
		{"running", 24 * time.Hour, false, ErrStoreFull},
		{"vanished", time.Nanosecond, false, nil},
		{"finished", 24 * time.Hour, true, nil},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := NewMemoryStore(capacity, 24*time.Hour)
			claim := func(key string) error {
				claim, err := s.Claim(b.Context(), key, test.lease)
				if err == nil && test.finish {
					err = s.Finish(b.Context(), key, claim.Token)
				}
				return err
			}
			for i := range capacity {
				if err := claim(strconv.Itoa(i)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for i := capacity; b.Loop(); i++ {
				if err := claim(strconv.Itoa(i)); !errors.Is(err, test.want) {
					b.Fatal(err)
				}
			}
		})
	}
}
