package model

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// reference is what a MemoryStore has to be, without regard to speed.
type reference struct {
	capacity int
	ttl      time.Duration
	keys     map[string]*known
	finishes int
}

type known struct {
	token    string    // "" when done
	until    time.Time // end of the lease, or of the memory of a finished key
	finished int       // as the how many-th
}

func (k *known) expired() bool { return !time.Now().Before(k.until) }

// claim says what a claim finds. A key that is free is taken, with a token to be set.
func (r *reference) claim(key string, lease time.Duration) (envelope.ClaimState, error) {
	if k, ok := r.keys[key]; ok && !k.expired() {
		if k.token == "" {
			return envelope.StateDone, nil
		}
		return envelope.StateRunning, nil
	}
	delete(r.keys, key)
	if !r.makeRoom() {
		return 0, envelope.ErrStoreFull
	}
	r.keys[key] = &known{until: time.Now().Add(lease)}
	return envelope.StateClaimed, nil
}

// makeRoom forgets finished keys that have expired, then the lease that ended first,
// then the key that was finished first.
func (r *reference) makeRoom() bool {
	for key, k := range r.keys {
		if k.token == "" && k.expired() {
			delete(r.keys, key)
		}
	}
	if len(r.keys) < r.capacity {
		return true
	}
	ended := r.first(func(k *known) bool { return k.token != "" && k.expired() }, func(a, b *known) bool { return a.until.Before(b.until) })
	done := r.first(func(k *known) bool { return k.token == "" }, func(a, b *known) bool { return a.finished < b.finished })
	switch {
	case ended != "":
		delete(r.keys, ended)
	case done != "":
		delete(r.keys, done)
	default:
		return false
	}
	return true
}

// first finds the first one of some keys; "" if there is none.
func (r *reference) first(among func(*known) bool, before func(a, b *known) bool) string {
	found := ""
	for key, k := range r.keys {
		if among(k) && (found == "" || before(k, r.keys[found])) {
			found = key
		}
	}
	return found
}

// end says what Finish or Release returns.
func (r *reference) end(key, token string, finish bool) error {
	k, ok := r.keys[key]
	switch {
	case !ok || token == "" || k.token != token:
		return envelope.ErrLeaseLost
	case finish:
		r.finishes++
		*k = known{until: time.Now().Add(r.ttl), finished: r.finishes}
	default:
		delete(r.keys, key)
	}
	return nil
}

// storeTest is a store next to its reference.
type storeTest struct {
	reference

	store  *envelope.MemoryStore
	tokens []string // all that were issued, of all keys
	seen   map[string]int
}

func newStoreTest(t *rapid.T, seen map[string]int) *storeTest {
	capacity := rapid.IntRange(1, 4).Draw(t, "capacity")
	ttl := rapid.SampledFrom([]time.Duration{3 * time.Second, time.Minute}).Draw(t, "ttl")
	return &storeTest{
		reference: reference{capacity: capacity, ttl: ttl, keys: map[string]*known{}},
		store:     envelope.NewMemoryStore(capacity, ttl),
		seen:      seen,
	}
}

func drawKey(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "key")
}

func (s *storeTest) claim(t *rapid.T) {
	key := drawKey(t)
	lease := s.distinct(rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Second, time.Minute}).Draw(t, "lease"))
	before := len(s.keys)
	_, takeover := s.keys[key]
	want, wantErr := s.reference.claim(key, lease)
	got, err := s.store.Claim(t.Context(), key, lease)
	if got.State != want || !errors.Is(err, wantErr) || (got.Token != "") != (want == envelope.StateClaimed) {
		t.Fatalf("claim of %s: %+v, error %v; want state %d, error %v", key, got, err, want, wantErr)
	}
	s.seen[fmt.Sprint("claim: state ", got.State, ", error ", err)]++
	if want != envelope.StateClaimed {
		return
	}
	if slices.Contains(s.tokens, got.Token) {
		t.Fatalf("claim of %s: the token is an old one", key)
	}
	s.keys[key].token = got.Token
	s.tokens = append(s.tokens, got.Token)
	switch {
	case takeover:
		s.seen["takeover"]++
	case len(s.keys) <= before:
		s.seen["another key forgotten"]++
	}
}

// distinct makes a lease a little longer if another one would end at the same time:
// which one of them makes room first is left open.
func (s *storeTest) distinct(lease time.Duration) time.Duration {
	for _, k := range s.keys {
		if k.until.Equal(time.Now().Add(lease)) {
			return s.distinct(lease + 1)
		}
	}
	return lease
}

func (s *storeTest) finish(t *rapid.T)  { s.end(t, "finish", s.store.Finish) }
func (s *storeTest) release(t *rapid.T) { s.end(t, "release", s.store.Release) }

// end calls Finish or Release, often with a key and its own token, else with any.
func (s *storeTest) end(t *rapid.T, name string, call func(context.Context, string, string) error) {
	key, token := s.drawClaim(t)
	k, ok := s.keys[key]
	late := ok && k.expired()
	want, got := s.reference.end(key, token, name == "finish"), call(t.Context(), key, token)
	if !errors.Is(got, want) {
		t.Fatalf("%s of %s: %v, want %v", name, key, got, want)
	}
	s.seen[fmt.Sprintf("%s: late %t, error %v", name, late, got)]++
}

func (s *storeTest) drawClaim(t *rapid.T) (key, token string) {
	if len(s.keys) > 0 && rapid.IntRange(0, 3).Draw(t, "own") > 0 {
		key = rapid.SampledFrom(slices.Sorted(maps.Keys(s.keys))).Draw(t, "key")
		return key, s.keys[key].token
	}
	return drawKey(t), rapid.SampledFrom(append(s.tokens, "", "foreign")).Draw(t, "token")
}

// advance lets time pass, often just to the end of a lease or of a memory.
func (s *storeTest) advance(t *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{1, time.Second, 10 * time.Second, 2 * time.Minute}).Draw(t, "time")
	if k, ok := s.keys[drawKey(t)]; ok && !k.expired() && rapid.Bool().Draw(t, "to the end") {
		d = time.Until(k.until) - rapid.SampledFrom([]time.Duration{0, 1}).Draw(t, "short of it")
	}
	time.Sleep(d)
}

// same: the store says of each key that counts what the reference says, and holds
// nothing else but finished keys that have expired.
func (s *storeTest) same(t *rapid.T) {
	for key, k := range s.keys {
		if k.expired() {
			continue // A claim would take it.
		}
		want, _ := s.reference.claim(key, time.Second)
		if got, err := s.store.Claim(t.Context(), key, time.Second); err != nil || got.State != want {
			t.Fatalf("state of %s: %+v, error %v, want %d", key, got, err, want)
		}
	}
	if n := reflect.ValueOf(s.store).Elem().FieldByName("entries").Len(); n < len(s.keys) || n > s.capacity {
		t.Fatalf("%d keys, the reference has %d, the capacity is %d", n, len(s.keys), s.capacity)
	}
}

// TestStore: each call of a MemoryStore returns what the reference says.
func TestStore(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			s := newStoreTest(t, seen)
			t.Repeat(map[string]func(*rapid.T){
				"claim": s.claim, "finish": s.finish, "release": s.release, "advance": s.advance, "": s.same,
			})
		})
	})
	t.Log(seen)
}
