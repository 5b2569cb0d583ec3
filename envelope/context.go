package envelope

import (
	"context"
	"sync"
	"time"
)

// deliveryContext is context.WithTimeout(parent, d), made only when somebody waits on
// it. Most functions just look up values or pass it to calls that finish before they
// would start a timer.
type deliveryContext struct {
	parent   context.Context //nolint:containedctx // it is a context itself
	deadline time.Time

	mu     sync.Mutex
	made   context.Context //nolint:containedctx // it is a context itself
	cancel context.CancelFunc
	done   bool
	err    error // once it is set it stays
}

func (c *deliveryContext) start(parent context.Context, timeout time.Duration) {
	c.parent = parent
	c.deadline = time.Now().Add(timeout)
	if earlier, ok := parent.Deadline(); ok && earlier.Before(c.deadline) {
		c.deadline = earlier
	}
}

// end cancels the context once the function has returned.
func (c *deliveryContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = true
	if c.cancel != nil {
		c.cancel()
	}
}

func (c *deliveryContext) real() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made, c.cancel = context.WithDeadline(c.parent, c.deadline)
		if c.done {
			c.cancel()
		}
	}
	return c.made
}

func (c *deliveryContext) Deadline() (time.Time, bool) { return c.deadline, true }

func (c *deliveryContext) Done() <-chan struct{} { return c.real().Done() }

func (c *deliveryContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = c.look()
	}
	return c.err
}

func (c *deliveryContext) look() error {
	switch {
	case c.made != nil:
		return c.made.Err()
	case c.parent.Err() != nil:
		return c.parent.Err()
	case c.done:
		return context.Canceled
	case !time.Now().Before(c.deadline):
		return context.DeadlineExceeded
	}
	return nil
}

// Value asks the real context once there is one: package context finds its own
// cancelable ancestors by a key of its own.
func (c *deliveryContext) Value(key any) any {
	c.mu.Lock()
	made := c.made
	c.mu.Unlock()
	if made != nil {
		return made.Value(key)
	}
	return c.parent.Value(key)
}
