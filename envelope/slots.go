package envelope

import "sync"

// slots count the deliveries that are being handled, and those that wait for another one
// with the same key.
type slots struct {
	limit    int           // of each; 0 means none
	draining chan struct{} // closed when Shutdown is called
	idle     chan struct{} // closed when draining and nothing is left

	mu      sync.Mutex
	running int
	waiting int
}

func (s *slots) start(limit int) {
	s.limit, s.draining, s.idle = limit, make(chan struct{}), make(chan struct{})
}

// enter takes a slot for a new delivery.
func (s *slots) enter() (ErrorKind, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.isDraining():
		return KindDraining, ErrDraining
	case s.limit > 0 && s.running >= s.limit:
		return KindBusy, ErrBusy
	}
	s.running++
	return "", nil
}

// leave ends a delivery, once it has been observed.
func (s *slots) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.settle()
}

// park turns a running delivery into a waiting one: if there is room, or it has waited
// before.
func (s *slots) park(again bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !again && s.limit > 0 && s.waiting >= s.limit {
		return false
	}
	s.running--
	s.waiting++
	return true
}

// resume turns a waiting delivery into a running one: if there is room, or it is about
// to end.
func (s *slots) resume(ends bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ends && s.limit > 0 && s.running >= s.limit {
		return false
	}
	s.running++
	s.waiting--
	return true
}

func (s *slots) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isDraining() {
		close(s.draining)
		s.settle()
	}
}

// settle notices that nothing is left.
func (s *slots) settle() {
	if s.running+s.waiting == 0 && s.isDraining() {
		close(s.idle)
	}
}

func (s *slots) isDraining() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}

func (s *slots) busy() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running + s.waiting
}
