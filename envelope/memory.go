package envelope

import (
	"container/heap"
	"container/list"
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"
)

// MemoryStore is a Store of one process, bounded in entries and in time. It does
// not survive a restart and is not shared with other machines. Use NewMemoryStore.
type MemoryStore struct {
	capacity int
	ttl      time.Duration
	now      func() time.Time

	mu      sync.Mutex
	entries map[string]*memoryEntry
	running leaseHeap  // what is claimed, also when its lease has ended
	done    *list.List // of *memoryEntry, the first one finished first
}

type memoryEntry struct {
	key   string
	token string        // of the lease; "" when done
	until time.Time     // end of the lease, or of the memory of a finished key
	index int           // in running
	place *list.Element // in done
}

// ErrStoreFull says that a MemoryStore holds as many running keys as it may.
var ErrStoreFull = errors.New("memory store is full")

// NewMemoryStore makes a store that remembers at most capacity keys, and a
// finished key for at most ttl. When it is full it forgets what has expired, and
// then the key that was finished first; if all are running, a claim fails. It
// panics if one of the limits is not positive.
func NewMemoryStore(capacity int, ttl time.Duration) *MemoryStore {
	if capacity <= 0 || ttl <= 0 {
		panic("envelope.NewMemoryStore: a limit is not positive")
	}
	return &MemoryStore{
		capacity: capacity,
		ttl:      ttl,
		now:      time.Now,
		entries:  map[string]*memoryEntry{},
		done:     list.New(),
	}
}

// Claim takes a key, as Store says. It costs O(log n) for n running keys.
func (s *MemoryStore) Claim(ctx context.Context, key string, lease time.Duration) (Claim, error) {
	if err := ctx.Err(); err != nil {
		return Claim{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if entry, ok := s.entries[key]; ok {
		switch {
		case entry.expired(now):
			s.forget(entry)
		case entry.token == "":
			return Claim{State: StateDone}, nil
		default:
			return Claim{State: StateRunning}, nil
		}
	}
	if !s.makeRoom(now) {
		return Claim{}, ErrStoreFull
	}
	entry := &memoryEntry{key: key, token: rand.Text(), until: now.Add(lease)}
	s.entries[key] = entry
	heap.Push(&s.running, entry)
	return Claim{State: StateClaimed, Token: entry.token}, nil
}

// Finish marks a key as done, as Store says, also after the lease has ended, unless
// the key was claimed again or had to make room.
func (s *MemoryStore) Finish(_ context.Context, key, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, err := s.claimed(key, token)
	if err != nil {
		return err
	}
	heap.Remove(&s.running, entry.index)
	entry.token, entry.until = "", s.now().Add(s.ttl)
	entry.place = s.done.PushBack(entry)
	return nil
}

// Release frees a key, as Store says, when Finish would mark it.
func (s *MemoryStore) Release(_ context.Context, key, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, err := s.claimed(key, token)
	if err != nil {
		return err
	}
	s.forget(entry)
	return nil
}

// claimed finds the entry of a token. That of a lease that has ended counts: its key
// has not been claimed again, or the token would be another.
func (s *MemoryStore) claimed(key, token string) (*memoryEntry, error) {
	entry, ok := s.entries[key]
	if !ok || token == "" || entry.token != token {
		return nil, ErrLeaseLost
	}
	return entry, nil
}

// makeRoom makes sure that one more entry fits. Finished keys that have expired are
// forgotten also while there is room, two at most, so that a claim stays cheap and
// they become fewer all the same. The lease that ended first is kept for a late
// Finish until its room is needed.
func (s *MemoryStore) makeRoom(now time.Time) bool {
	for range 2 {
		if first := s.firstDone(); first != nil && first.expired(now) {
			s.forget(first)
		}
	}
	if len(s.entries) < s.capacity {
		return true
	}
	if len(s.running) > 0 && s.running[0].expired(now) {
		s.forget(s.running[0])
		return true
	}
	if first := s.firstDone(); first != nil {
		s.forget(first)
		return true
	}
	return false
}

func (s *MemoryStore) firstDone() *memoryEntry {
	if front := s.done.Front(); front != nil {
		return front.Value.(*memoryEntry)
	}
	return nil
}

func (s *MemoryStore) forget(entry *memoryEntry) {
	delete(s.entries, entry.key)
	if entry.token == "" {
		s.done.Remove(entry.place)
	} else {
		heap.Remove(&s.running, entry.index)
	}
}

func (e *memoryEntry) expired(now time.Time) bool { return !now.Before(e.until) }

// leaseHeap is a heap.Interface of claimed keys, the lease that ends first on top.
type leaseHeap []*memoryEntry

func (h leaseHeap) Len() int           { return len(h) }
func (h leaseHeap) Less(i, j int) bool { return h[i].until.Before(h[j].until) }

func (h leaseHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push appends an entry.
func (h *leaseHeap) Push(entry any) {
	e := entry.(*memoryEntry)
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop takes the last entry away.
func (h *leaseHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil // It must not stay in memory.
	*h = (*h)[:last]
	return e
}
