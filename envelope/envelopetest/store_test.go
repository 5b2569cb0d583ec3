package envelopetest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// TestMemoryStore: a store that all checks share is good as well.
func TestMemoryStore(t *testing.T) {
	store := envelope.NewMemoryStore(10_000, time.Hour)
	envelopetest.TestStore(t, func() envelope.Store { return store })
}

// mapStore is a Store with mistakes.
type mapStore struct {
	mistakes

	mu      sync.Mutex
	entries map[string]mapEntry
}

type mapEntry struct {
	token string // "" when done
	until time.Time
}

// mistakes are what a Store can do wrong.
type mistakes struct {
	slow        bool                // looks and takes in two steps
	slowAgain   bool                // takes what has ended in two steps
	plain       func(string) string // what it makes of a key
	lease       func(time.Duration) time.Duration
	oneToken    bool
	noToken     bool
	anyToken    bool // ends the lease of anybody
	forgets     bool // Finish frees the key
	keeps       bool // Release does not
	freesDone   bool
	forgetsLate bool // accepts a late Finish, and frees the key
	noContext   bool
	failure     error
}

func (s *mapStore) Claim(ctx context.Context, key string, lease time.Duration) (envelope.Claim, error) {
	if err := ctx.Err(); err != nil && !s.noContext {
		return envelope.Claim{}, err
	}
	if s.failure != nil {
		return envelope.Claim{}, s.failure
	}
	key = s.plain(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e, ok := s.entries[key]; {
	case ok && e.token == "":
		return envelope.Claim{State: envelope.StateDone}, nil
	case ok && time.Now().Before(e.until):
		return envelope.Claim{State: envelope.StateRunning}, nil
	case s.slow || ok && s.slowAgain:
		s.mu.Unlock()
		time.Sleep(20 * time.Millisecond) // Others come meanwhile, on a busy machine as well.
		s.mu.Lock()
	}
	token := rand.Text()
	if s.oneToken {
		token = "token"
	}
	s.entries[key] = mapEntry{token, time.Now().Add(s.lease(lease))}
	if s.noToken {
		token = ""
	}
	return envelope.Claim{State: envelope.StateClaimed, Token: token}, nil
}

func (s *mapStore) Finish(_ context.Context, key, token string) error {
	return s.end(key, token, func(key string, e mapEntry) {
		if s.forgets || s.forgetsLate && !time.Now().Before(e.until) {
			delete(s.entries, key)
			return
		}
		s.entries[key] = mapEntry{}
	})
}

func (s *mapStore) Release(_ context.Context, key, token string) error {
	if key = s.plain(key); s.freesDone && s.entries[key] == (mapEntry{}) {
		delete(s.entries, key)
	}
	return s.end(key, token, func(key string, _ mapEntry) {
		if !s.keeps {
			delete(s.entries, key)
		}
	})
}

func (s *mapStore) end(key, token string, how func(string, mapEntry)) error {
	key = s.plain(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[key]; e.token == "" || e.token != token && !s.anyToken {
		return envelope.ErrLeaseLost
	}
	how(key, s.entries[key])
	return nil
}

func cut(n int) func(string) string {
	return func(key string) string { return key[:min(n, len(key))] }
}

// TestStoreChecks: each mistake is found by the checks that are about it.
func TestStoreChecks(t *testing.T) {
	all := []string{
		"claim", "ended context", "finish", "foreign token", "keys", "late end", "lease ends", "one at a time", "one of many", "one takes over", "release",
	}
	for _, test := range []struct {
		name     string
		mistakes mistakes
		want     []string // at least
	}{
		{"none", mistakes{}, nil},
		{"not atomic", mistakes{slow: true}, []string{"one at a time", "one of many", "one takes over"}},
		{"not atomic after a lease", mistakes{slowAgain: true}, []string{"one takes over"}},
		{"keys without case", mistakes{plain: strings.ToLower}, []string{"keys"}},
		{"keys without white space", mistakes{plain: strings.TrimSpace}, []string{"keys"}},
		{"keys of valid text", mistakes{plain: func(key string) string { return strings.ToValidUTF8(key, "?") }}, []string{"keys"}},
		{"keys that are cut", mistakes{plain: cut(500)}, []string{"keys"}},
		{"keys up to a zero byte", mistakes{plain: func(key string) string { key, _, _ = strings.Cut(key, "\x00"); return key }}, []string{"keys"}},
		{"one key for all", mistakes{plain: cut(0)}, []string{"claim", "ended context", "foreign token", "keys", "late end", "lease ends", "one of many"}},
		{"leases do not end", mistakes{lease: func(time.Duration) time.Duration { return time.Hour }}, []string{"late end", "lease ends", "one takes over"}},
		{"all leases are short", mistakes{lease: func(d time.Duration) time.Duration { return min(d, 100*time.Millisecond) }}, []string{"lease ends"}},
		{"leases are too short", mistakes{lease: func(d time.Duration) time.Duration { return d / 2 }}, []string{"late end", "lease ends"}},
		{"leases end at once", mistakes{lease: func(time.Duration) time.Duration { return 0 }},
			[]string{"claim", "foreign token", "keys", "late end", "lease ends", "one at a time", "one of many", "release"}},
		{"one token for all", mistakes{oneToken: true}, []string{"foreign token", "lease ends", "release"}},
		{"no token", mistakes{noToken: true}, []string{
			"claim", "ended context", "finish", "foreign token", "keys", "late end", "lease ends", "one at a time", "one of many", "one takes over", "release"}},
		{"any token", mistakes{anyToken: true}, []string{"foreign token", "lease ends", "release"}},
		{"forgets what is done", mistakes{forgets: true}, []string{"ended context", "finish", "late end", "lease ends", "one of many", "release"}},
		{"forgets what is done late", mistakes{forgetsLate: true}, []string{"late end"}},
		{"does not release", mistakes{keeps: true}, []string{"ended context", "one at a time", "release"}},
		{"releases what is done", mistakes{freesDone: true}, []string{"finish"}},
		{"claims after the end of the context", mistakes{noContext: true}, []string{"ended context"}},
		{"down", mistakes{failure: errors.New("down")}, all},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.mistakes.plain == nil {
				test.mistakes.plain = func(key string) string { return key }
			}
			if test.mistakes.lease == nil {
				test.mistakes.lease = func(d time.Duration) time.Duration { return d }
			}
			failing := failingChecks(t, func() envelope.Store {
				return &mapStore{mistakes: test.mistakes, entries: map[string]mapEntry{}}
			})
			if missed := slices.DeleteFunc(slices.Clone(test.want), func(name string) bool { return slices.Contains(failing, name) }); len(missed) > 0 {
				t.Errorf("passes %q, fails %q", missed, failing)
			}
			if len(test.want) == 0 && len(failing) > 0 {
				t.Errorf("fails %q", failing)
			}
		})
	}
}

// failingChecks returns the names of the checks that a store fails, sorted.
func failingChecks(t *testing.T, newStore func() envelope.Store) []string {
	t.Helper()
	var mu sync.Mutex
	var names []string
	var all sync.WaitGroup
	for name, check := range envelopetest.StoreChecks(newStore) {
		all.Go(func() {
			tb := &failureNote{TB: t}
			var ended sync.WaitGroup
			ended.Go(func() { check(tb) })
			ended.Wait()
			mu.Lock()
			defer mu.Unlock()
			if tb.failed {
				names = append(names, name)
			}
		})
	}
	all.Wait()
	slices.Sort(names)
	return names
}

// failureNote is a testing.TB that notes that something fails.
type failureNote struct {
	testing.TB // of the test: its context

	mu     sync.Mutex
	failed bool
}

func (n *failureNote) Helper() {}

func (n *failureNote) Error(args ...any) { n.Errorf("%s", fmt.Sprint(args...)) }

func (n *failureNote) Errorf(string, ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failed = true
}

// Fatalf ends the check, which has a goroutine of its own.
func (n *failureNote) Fatalf(format string, args ...any) {
	n.Errorf(format, args...)
	runtime.Goexit()
}
