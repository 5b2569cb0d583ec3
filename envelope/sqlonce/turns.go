package sqlonce

import (
	"context"
	"sync"
)

// turns let deliveries of one key follow each other in one process. A key is held for as
// long as somebody runs or waits for it.
type turns struct {
	mu    sync.Mutex
	taken map[string]*turn
}

// turn is the place of one key.
type turn struct {
	free  chan struct{} // holds one value if nobody runs
	users int           // those that run or wait
}

// enter waits for the key's turn, and returns what ends it.
func (t *turns) enter(ctx context.Context, key string) (leave func(), err error) {
	t.mu.Lock()
	if t.taken == nil {
		t.taken = map[string]*turn{}
	}
	own := t.taken[key]
	if own == nil {
		own = &turn{free: make(chan struct{}, 1)}
		own.free <- struct{}{}
		t.taken[key] = own
	}
	own.users++
	t.mu.Unlock()
	select {
	case <-own.free:
		return func() { own.free <- struct{}{}; t.leave(key, own) }, nil
	case <-ctx.Done():
		t.leave(key, own)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(key string, own *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(t.taken, key)
	}
}
