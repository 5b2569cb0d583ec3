package inspector

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Delivery is one delivery as the receiver saw it, from the request to the answer.
// It must not change once it is in a History.
type Delivery struct {
	ID     int64 // counts from 1; set by History.Add
	At     time.Time
	Source Source

	Provider string
	Event    string // "" if the delivery was refused before it was read
	Known    bool   // whether the library knows the event

	Method  string
	Host    string
	Target  string // path and query, as they came
	Header  http.Header
	Raw     []byte // the body
	Partial bool   // whether Raw is only the part that was read

	Outcome  envelope.Outcome
	Status   int
	Duration time.Duration
	Err      error

	Function      string // the event whose function ran; "" if none did
	Says          string // what the function made of it, in one line
	Meta, Payload any    // what the function got
	PayloadAt     string // JSON Pointer to the payload in the body

	// Why finds out why the delivery was refused; nil if it was not.
	Why func() []envelope.Cause

	Drift      []envelope.Drift
	DriftTotal int // may be more than are listed
	Violations []envelope.Violation
}

// Source says who sent a delivery.
type Source string

// The sources.
const (
	FromOutside Source = ""
	FromSample  Source = "sample" // a bundled delivery, well signed
	FromForgery Source = "forged" // a bundled delivery, signed with another secret
	FromReplay  Source = "replay" // a delivery of the history, sent again
)

// History keeps the last deliveries, within limits.
type History struct {
	maxDeliveries int
	maxBytes      int

	mu         sync.Mutex
	deliveries []*Delivery // the oldest first, with consecutive ids
	bytes      int         // of their bodies
	last       int64       // id
	stats      stats
	changed    chan struct{} // closed by the next Add
}

// NewHistory makes a history that keeps at most so many deliveries, and at most so
// many bytes of bodies. The newest delivery is always kept.
func NewHistory(maxDeliveries, maxBytes int) *History {
	return &History{
		maxDeliveries: max(1, maxDeliveries),
		maxBytes:      maxBytes,
		stats:         stats{outcomes: map[envelope.Outcome]int64{}},
		changed:       make(chan struct{}),
	}
}

// Add keeps a delivery and gives it its id.
func (h *History) Add(d *Delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	d.ID = h.last
	h.deliveries = append(h.deliveries, d)
	h.bytes += len(d.Raw)
	for len(h.deliveries) > h.maxDeliveries || h.bytes > h.maxBytes && len(h.deliveries) > 1 {
		h.bytes -= len(h.deliveries[0].Raw)
		h.deliveries[0] = nil
		h.deliveries = h.deliveries[1:]
	}
	h.stats.add(d)
	close(h.changed)
	h.changed = make(chan struct{})
}

// Find gives the delivery of an id, or nil if it is not kept any more.
func (h *History) Find(id int64) *Delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := id - h.firstID()
	if i < 0 || i >= int64(len(h.deliveries)) {
		return nil
	}
	return h.deliveries[i]
}

// Last gives the id of the newest delivery, or 0.
func (h *History) Last() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

func (h *History) firstID() int64 { return h.last - int64(len(h.deliveries)) + 1 }

// since gives what came after the delivery of an id, and a channel that is closed
// when there is more.
func (h *History) since(id int64) ([]*Delivery, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	skip := min(max(0, id-h.firstID()+1), int64(len(h.deliveries)))
	return slices.Clone(h.deliveries[skip:]), h.changed
}

func (h *History) counters() snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stats.snapshot()
}

// search gives the ids of the deliveries that contain a text, in any case.
func (h *History) search(text string) []int64 {
	deliveries, _ := h.since(0)
	ids := []int64{}
	for _, d := range deliveries {
		if d.contains(strings.ToLower(text)) {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

func (d *Delivery) contains(lower string) bool {
	for _, text := range []string{d.Provider, d.Event, string(d.Outcome), d.Says} {
		if strings.Contains(strings.ToLower(text), lower) {
			return true
		}
	}
	return bytes.Contains(bytes.ToLower(d.Raw), []byte(lower))
}
