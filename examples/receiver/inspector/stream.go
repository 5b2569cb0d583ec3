package inspector

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	batchEvery   = 100 * time.Millisecond // so that a burst is a few messages
	keepAlive    = 15 * time.Second
	writeTimeout = 10 * time.Second
)

// welcome is the first message of a stream.
type welcome struct {
	Run       string            `json:"run"`
	Keeps     int               `json:"keeps"` // deliveries in the history
	Providers []welcomeProvider `json:"providers"`
}

type welcomeProvider struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// stream sends what the history has, and then what comes, as server-sent events. A
// browser that reconnects says what it saw last.
func (i *Inspector) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	s := &events{w: w, control: http.NewResponseController(w)}
	// The server's timeouts are meant for deliveries. This answer goes on and on.
	s.fail(s.control.SetReadDeadline(time.Time{}))
	s.send("welcome", "", i.welcome())
	seen := i.lastSeen(r)
	for s.err == nil {
		deliveries, changed := i.config.History.since(seen)
		if len(deliveries) > 0 {
			seen = deliveries[len(deliveries)-1].ID
			list := make([]summary, len(deliveries))
			for n, d := range deliveries {
				list[n] = d.summary()
			}
			s.send("deliveries", i.run+"-"+strconv.FormatInt(seen, 10), list)
		}
		s.send("counters", "", i.config.History.counters())
		s.flush()
		if !i.wait(r, changed) {
			return
		}
	}
}

func (i *Inspector) welcome() welcome {
	m := welcome{Run: i.run, Keeps: i.config.History.maxDeliveries, Providers: []welcomeProvider{}}
	for _, p := range i.config.Providers {
		m.Providers = append(m.Providers, welcomeProvider{p.Name, p.Path})
	}
	return m
}

// lastSeen is what the browser saw of this run, not of one before.
func (i *Inspector) lastSeen(r *http.Request) int64 {
	id, ok := strings.CutPrefix(r.Header.Get("Last-Event-ID"), i.run+"-")
	if !ok {
		return 0
	}
	seen, _ := strconv.ParseInt(id, 10, 64)
	return max(0, seen)
}

// wait waits for something to send, or for the time of a sign of life, and reports
// whether to go on.
func (i *Inspector) wait(r *http.Request, changed <-chan struct{}) bool {
	return i.pause(r, batchEvery, nil) && i.pause(r, keepAlive, changed)
}

func (i *Inspector) pause(r *http.Request, d time.Duration, changed <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-changed:
		return true
	case <-r.Context().Done():
		return false
	case <-i.closed:
		return false
	}
}

// events writes server-sent events until something fails.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
}

func (s *events) send(event, id string, data any) {
	text, err := json.Marshal(data) // Has no line breaks.
	s.fail(err)
	if s.err != nil {
		return
	}
	s.fail(s.control.SetWriteDeadline(time.Now().Add(writeTimeout)))
	if id != "" {
		_, err = fmt.Fprintf(s.w, "id: %s\n", id)
		s.fail(err)
	}
	_, err = fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", event, text)
	s.fail(err)
}

func (s *events) flush() {
	if s.err == nil {
		s.fail(s.control.Flush())
	}
}

func (s *events) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}
