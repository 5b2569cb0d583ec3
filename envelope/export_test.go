package envelope

import "net/http"

// The stages of a delivery, for benchmarks.

// ReadBody reads the body of a request as ServeHTTP does.
func (h *Handler) ReadBody(r *http.Request) []byte {
	body, err := h.read(r)
	if err != nil {
		panic(err)
	}
	return body
}

// CheckRules validates the value that target points to.
func CheckRules(target any) []Violation { return testWalk.check(nil, target, "") }

var testWalk ruleWalk

// Len is the number of keys that are remembered.
func (s *MemoryStore) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}
