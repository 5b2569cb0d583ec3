package envelope

import (
	"container/list"
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"
)

// MemoryStore is a Store of one process, bounded in entries and in time. It does
// not survive a restart and is not shared with other machines.
type MemoryStore struct {
	capacity int
	ttl      time.Duration
	now      func() time.Time

	mu      sync.Mutex
	entries map[string]*list.Element
	done    *list.List // of *memoryEntry, the first one finished first
}

type memoryEntry struct {
	key   string
	token string    // of the lease; "" when done
	until time.Time // end of the lease, or of the memory of a finished key
}

// ErrStoreFull says that a MemoryStore holds as many running keys as it may.
var ErrStoreFull = errors.New("memory store is full")

// NewMemoryStore makes a store that remembers at most capacity keys, and a
// finished key for at most ttl. When it is full it forgets the key that was
// finished first; if all are running, a claim fails. It panics if one of the
// limits is not positive.
func NewMemoryStore(capacity int, ttl time.Duration) *MemoryStore {
	if capacity <= 0 || ttl <= 0 {
		panic("envelope.NewMemoryStore: a limit is not positive")
	}
	return &MemoryStore{
		capacity: capacity,
		ttl:      ttl,
		now:      time.Now,
		entries:  map[string]*list.Element{},
		done:     list.New(),
	}
}

// Claim takes a key, as Store says.
func (s *MemoryStore) Claim(ctx context.Context, key string, lease time.Duration) (Claim, error) {
	if err := ctx.Err(); err != nil {
		return Claim{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if element, ok := s.entries[key]; ok {
		entry := element.Value.(*memoryEntry)
		switch {
		case entry.token == "" && now.Before(entry.until):
			return Claim{State: StateDone}, nil
		case entry.token != "" && now.Before(entry.until):
			return Claim{State: StateRunning}, nil
		}
		s.forget(element)
	}
	if !s.makeRoom(now) {
		return Claim{}, ErrStoreFull
	}
	entry := &memoryEntry{key: key, token: rand.Text(), until: now.Add(lease)}
	// A running entry is in no list; the element is its place in the map.
	s.entries[key] = &list.Element{Value: entry}
	return Claim{State: StateClaimed, Token: entry.token}, nil
}

// Finish marks a key as done, as Store says.
func (s *MemoryStore) Finish(_ context.Context, key, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, err := s.leased(key, token)
	if err != nil {
		return err
	}
	entry.token, entry.until = "", s.now().Add(s.ttl)
	s.entries[key] = s.done.PushBack(entry)
	return nil
}

// Release frees a key, as Store says.
func (s *MemoryStore) Release(_ context.Context, key, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.leased(key, token); err != nil {
		return err
	}
	s.forget(s.entries[key])
	return nil
}

// Len is the number of keys that are remembered.
func (s *MemoryStore) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

func (s *MemoryStore) leased(key, token string) (*memoryEntry, error) {
	element, ok := s.entries[key]
	if !ok {
		return nil, ErrLeaseLost
	}
	entry := element.Value.(*memoryEntry)
	if token == "" || entry.token != token || !s.now().Before(entry.until) {
		return nil, ErrLeaseLost
	}
	return entry, nil
}

// makeRoom forgets what has expired, and then the key that was finished first.
func (s *MemoryStore) makeRoom(now time.Time) bool {
	for front := s.done.Front(); front != nil; front = s.done.Front() {
		if now.Before(front.Value.(*memoryEntry).until) && len(s.entries) < s.capacity {
			break
		}
		s.forget(front)
	}
	if len(s.entries) < s.capacity {
		return true
	}
	for _, element := range s.entries { // All are running; some may have vanished.
		if !now.Before(element.Value.(*memoryEntry).until) {
			s.forget(element)
		}
	}
	return len(s.entries) < s.capacity
}

func (s *MemoryStore) forget(element *list.Element) {
	entry := element.Value.(*memoryEntry)
	delete(s.entries, entry.key)
	if entry.token == "" {
		s.done.Remove(element)
	}
}
