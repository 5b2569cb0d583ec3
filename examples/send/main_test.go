package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

var secret = "whsec_" + strings.Repeat("5a", 32)

// receiver is a server with a real handler behind it.
type receiver struct {
	*httptest.Server

	// before sees each request with its number, from 1 on, and says whether it was
	// answered.
	before func(http.ResponseWriter, int) bool

	mu       sync.Mutex
	requests int
	bodies   []string
	ids      []string       // of Open Loyalty's attempts, as their headers have them
	events   map[string]int // of the deliveries that the handler took
	refused  []error
}

func newReceiver(t *testing.T, provider cli.Provider) *receiver {
	t.Helper()
	r := &receiver{events: map[string]int{}}
	h, err := provider.NewHandler(cli.Settings{Secrets: []string{secret}}, envelope.Options{
		Observer: func(_ context.Context, o envelope.Observation) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if o.Err != nil {
				r.refused = append(r.refused, o.Err)
			}
		},
	}, func(d cli.Delivery) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events[d.Event]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		r.mu.Lock()
		r.requests++
		n := r.requests
		r.bodies = append(r.bodies, string(body))
		r.ids = append(r.ids, req.Header.Get(openloyalty.RequestIDHeader))
		r.mu.Unlock()
		if r.before == nil || !r.before(w, n) {
			h.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func find(t *testing.T, name string) cli.Provider {
	t.Helper()
	provider, err := cli.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

// send runs the program against a receiver, and ends that: a handler is not done
// when its answer has arrived.
func send(t *testing.T, r *receiver, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return r.run(t.Context(), append([]string{"-secret", secret}, args...)...)
}

func (r *receiver) run(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(ctx, append([]string{"-url", r.URL + "/webhooks/here"}, args...), &out, &errs)
	r.Close()
	r.mu.Lock() // Close does not wait for a handler that hung up.
	defer r.mu.Unlock()
	return status, out.String(), errs.String()
}

// Every golden delivery is taken by a handler that verifies.
func TestAll(t *testing.T) {
	for _, provider := range cli.Providers() {
		t.Run(provider.Name, func(t *testing.T) {
			r := newReceiver(t, provider)
			status, stdout, stderr := send(t, r, "-provider", provider.Name, "-all")
			if status != 0 || stderr != "" {
				t.Errorf("status %d, %s%s", status, stdout, stderr)
			}
			want := map[string]int{}
			lines := 0
			for event := range envelopetest.Goldens(provider.Name) {
				want[event]++
				lines++
			}
			if diff := cmp.Diff(want, r.events); diff != "" {
				t.Errorf("deliveries by event (-sent +taken):\n%s\n%v", diff, r.refused)
			}
			if got := strings.Count(stdout, "200  "); got != lines {
				t.Errorf("%d lines of %d say 200:\n%s", got, lines, stdout)
			}
		})
	}
}

func TestOneGolden(t *testing.T) {
	for _, test := range []struct {
		name     string
		provider string
		args     []string
		golden   [3]string // event, situation, encoder
	}{
		{"basic", "masivo", []string{"-event", "TIER_UPGRADE"}, [3]string{"TIER_UPGRADE"}},
		{"situation", "ambassify", []string{"-event", "campaign.created", "-situation", "draft"}, [3]string{"campaign.created", "draft"}},
		{"form", "ambassify", []string{"-event", "person.created", "-encoder", "php"}, [3]string{"person.created", "", "php"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newReceiver(t, find(t, test.provider))
			status, stdout, stderr := send(t, r, append([]string{"-provider", test.provider}, test.args...)...)
			if status != 0 || !strings.HasPrefix(stdout, "200  "+test.golden[0]) {
				t.Errorf("status %d, %s%s", status, stdout, stderr)
			}
			golden, err := envelopetest.Find(test.provider, test.golden[0], test.golden[1], test.golden[2])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{string(golden.Body)}, r.bodies); diff != "" {
				t.Errorf("bodies (-golden +sent):\n%s", diff)
			}
		})
	}
}

// A captured body is sent byte for byte, whatever it is.
func TestFiles(t *testing.T) {
	folder := t.TempDir()
	form, broken := filepath.Join(folder, "captured.form"), filepath.Join(folder, "broken")
	for name, body := range map[string]string{
		form:   "event%5Bname%5D=removed&event%5Bresource%5D=person&person_id=%5Banonymous%5D&person%5Bid%5D=%5Banonymous%5D",
		broken: `{"event":`,
	} {
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := newReceiver(t, find(t, "ambassify"))
	status, stdout, stderr := send(t, r, "-provider", "ambassify", form, broken)
	if status != 1 || !strings.Contains(stdout, "200  "+form) || !strings.Contains(stdout, "400  "+broken) {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	if r.events["person.removed"] != 1 || r.bodies[1] != `{"event":` {
		t.Errorf("got %v, %q", r.events, r.bodies)
	}

	r = newReceiver(t, find(t, "mambo"))
	user := filepath.Join("..", "..", "testdata", "mambo", "UserCreated", "basic.json")
	if status, stdout, stderr = send(t, r, "-provider", "mambo", "-event", "UserUpdated", user); status != 0 || r.events["UserUpdated"] != 1 {
		t.Errorf("status %d, %s%s, %v", status, stdout, stderr, r.events)
	}
}

// Without a secret nothing is signed, which a receiver must refuse.
func TestUnsigned(t *testing.T) {
	for _, provider := range cli.Providers() {
		r := newReceiver(t, provider)
		status, _, _ := r.run(t.Context(), "-provider", provider.Name, "-all")
		if status != 1 || len(r.events) > 0 {
			t.Errorf("%s: status %d, %v", provider.Name, status, r.events)
		}
		for _, err := range r.refused {
			if !errors.Is(err, envelope.ErrSignatureMissing) {
				t.Errorf("%s: %v", provider.Name, err)
			}
		}
	}
}

func TestRetry(t *testing.T) {
	for _, test := range []struct {
		name     string
		provider string
		answer   int // to the first attempt; 0 hangs up
		retry    bool
		attempts int
		note     bool
	}{
		{"open loyalty after 500", "openloyalty", 500, true, 2, false},
		{"open loyalty after 404", "openloyalty", 404, true, 2, false},
		{"open loyalty after 302", "openloyalty", 302, true, 1, false},
		{"open loyalty without an answer", "openloyalty", 0, true, 1, false},
		{"open loyalty without -retry", "openloyalty", 500, false, 1, false},
		{"mambo after 503", "mambo", 503, true, 2, false},
		{"mambo without an answer", "mambo", 0, true, 2, false},
		{"masivo", "masivo", 500, true, 1, true},
		{"ambassify", "ambassify", 500, true, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			provider := find(t, test.provider)
			r := newReceiver(t, provider)
			r.before = func(w http.ResponseWriter, n int) bool {
				if n > 1 {
					return false
				}
				if test.answer == 0 {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.answer)
				return true
			}
			event := slices.Sorted(maps.Keys(provider.Events))[0]
			args := []string{"-provider", test.provider, "-event", event}
			if test.retry {
				args = append(args, "-retry")
			}
			status, stdout, stderr := send(t, r, args...)
			wantStatus := 1
			if test.attempts == 2 {
				wantStatus = 0
			}
			if status != wantStatus || r.requests != test.attempts || (stderr != "") != test.note {
				t.Errorf("status %d after %d attempts, %s%s", status, r.requests, stdout, stderr)
			}
			if test.attempts == 2 && !strings.HasPrefix(stdout, "200 at attempt 2") {
				t.Errorf("got %s", stdout)
			}
			if strings.Contains(stdout, secret) {
				t.Errorf("the secret is printed: %s", stdout)
			}
		})
	}
}

// An attempt of Open Loyalty has an id of its own, in body and header; the message
// keeps its id.
func TestRetryIDs(t *testing.T) {
	r := newReceiver(t, find(t, "openloyalty"))
	r.before = func(w http.ResponseWriter, n int) bool {
		if n == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		return n == 1
	}
	if status, stdout, stderr := send(t, r, "-provider", "openloyalty", "-event", "CustomerUpdated", "-retry"); status != 0 {
		t.Fatalf("status %d, %s%s", status, stdout, stderr)
	}
	first, second := metaOf(t, r.bodies[0]), metaOf(t, r.bodies[1])
	if first.MessageID != second.MessageID || first.RequestID == second.RequestID {
		t.Errorf("attempts %+v and %+v", first, second)
	}
	if diff := cmp.Diff([]string{first.RequestID, second.RequestID}, r.ids); diff != "" {
		t.Errorf("ids (-bodies +headers):\n%s", diff)
	}
}

func metaOf(t *testing.T, body string) (meta openloyalty.Meta) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &meta); err != nil {
		t.Fatal(err)
	}
	return meta
}

func TestLoad(t *testing.T) {
	r := newReceiver(t, find(t, "openloyalty"))
	r.before = func(w http.ResponseWriter, n int) bool {
		if n%10 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return n%10 == 0
	}
	status, stdout, stderr := send(t, r, "-provider", "openloyalty", "-event", "CustomerUpdated", "-n", "200", "-c", "4")
	if status != 1 || stderr != "" || r.requests != 200 || r.events["CustomerUpdated"] != 180 {
		t.Errorf("status %d, %s, %d requests, %v %v", status, stderr, r.requests, r.events, r.refused)
	}
	for _, want := range []string{"200 deliveries in ", "     180  200\n", "      20  503\n", "latency  p50 ", "  p99.9 ", "  max "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	golden, err := envelopetest.Find("openloyalty", "CustomerUpdated", "", "")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.bodies, string(golden.Body)) {
		t.Error("the golden delivery was not sent as it is")
	}
	messages, attempts := map[string]bool{}, map[string]bool{}
	for _, body := range r.bodies {
		meta := metaOf(t, body)
		messages[meta.MessageID], attempts[meta.RequestID] = true, true
	}
	if len(messages) != 200 || len(attempts) != 200 {
		t.Errorf("%d messages and %d attempts in 200 deliveries", len(messages), len(attempts))
	}
}

func TestLoadOfAll(t *testing.T) {
	for _, provider := range cli.Providers() {
		r := newReceiver(t, provider)
		status, stdout, _ := send(t, r, "-provider", provider.Name, "-all", "-n", "300", "-c", "3", "-retry")
		if status != 0 || r.requests != 300 || !strings.Contains(stdout, "     300  200\n") {
			t.Errorf("%s: status %d, %d requests, %v\n%s", provider.Name, status, r.requests, r.refused, stdout)
		}
	}
}

// The first Ctrl-C ends it after the deliveries that are on their way: what was
// sent is counted, and none is cut short.
func TestInterrupt(t *testing.T) {
	for name, args := range map[string][]string{
		"load": {"-n", "1000", "-c", "4"},
		"each": {},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			r := newReceiver(t, find(t, "masivo"))
			r.before = func(_ http.ResponseWriter, n int) bool {
				if n == 20 {
					interrupt()
				}
				return false
			}
			args := append([]string{"-provider", "masivo", "-all", "-retry", "-secret", secret}, args...)
			status, stdout, _ := r.run(ctx, args...)
			if status != 1 {
				t.Errorf("status %d", status)
			}
			taken := 0
			for _, n := range r.events {
				taken += n
			}
			if r.requests < 20 || r.requests > 24 || taken != r.requests {
				t.Errorf("%d requests, %d taken: %v", r.requests, taken, r.refused)
			}
			want := fmt.Sprintf("stopped: %d of 1000 deliveries were sent\n", taken)
			if name == "load" && !strings.HasPrefix(stdout, want) {
				t.Errorf("want %s, got %s", want, stdout)
			}
			if lines := strings.Count(stdout, "\n"); name == "each" && lines != taken {
				t.Errorf("%d lines for %d deliveries", lines, taken)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	r := newReceiver(t, find(t, "masivo"))
	r.Close()
	for _, args := range [][]string{{}, {"-n", "3"}} {
		status, stdout, stderr := send(t, r, append(args, "-provider", "masivo", "-event", "TIER_UPGRADE")...)
		if status != 1 || !strings.Contains(stdout, "no answer (") || strings.Contains(stdout+stderr, secret) {
			t.Errorf("status %d, %s%s", status, stdout, stderr)
		}
	}
}

func TestUsage(t *testing.T) {
	good := []string{"-provider", "masivo", "-url", "http://127.0.0.1:1/", "-secret", "s"}
	event := []string{"-event", "TIER_UPGRADE"}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"no provider", event, "-provider is missing"},
		{"unknown provider", []string{"-provider", "acme"}, "choose one of"},
		{"unknown flag", []string{"-fast"}, "not defined: -fast"},
		{"no URL", slices.Concat(event, []string{"-provider", "masivo"}), "-url is missing"},
		{"relative URL", slices.Concat(good, event, []string{"-url", "/hooks"}), "-url is not an absolute"},
		{"other scheme", slices.Concat(good, event, []string{"-url", "ftp://example.com/"}), "-url is not an absolute"},
		{"nothing to send", good, "nothing to send"},
		{"blank secret", slices.Concat(good, event, []string{"-secret", ""}), "-secret is blank"},
		{"secret that can't sign", slices.Concat(good, []string{"-provider", "openloyalty", "-event", "CustomerUpdated", "-secret", "whsec_"}), "blank"},
		{"no deliveries", slices.Concat(good, event, []string{"-n", "0"}), "must be positive"},
		{"no workers", slices.Concat(good, event, []string{"-c", "0"}), "must be positive"},
		{"all and one", slices.Concat(good, event, []string{"-all"}), "exclude each other"},
		{"all and files", slices.Concat(good, []string{"-all", "body.json"}), "exclude each other"},
		{"unknown event", slices.Concat(good, []string{"-event", "NEW"}), "no golden delivery"},
		{"unknown situation", slices.Concat(good, event, []string{"-situation", "none"}), "there are: basic"},
		{"no file", slices.Concat(good, []string{"no-such-file.json"}), "no-such-file.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), test.args, &stdout, &stderr)
			if status != 2 || stdout.Len() > 0 || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("status %d, stdout %q, stderr %q, want %q", status, &stdout, &stderr, test.want)
			}
		})
	}
	var stderr bytes.Buffer
	if status := run(t.Context(), []string{"-h"}, io.Discard, &stderr); status != 0 || !strings.Contains(stderr.String(), "usage: send -provider") {
		t.Errorf("help: status %d, %s", status, &stderr)
	}
}

func TestStatusLine(t *testing.T) {
	tl := &tally{total: 1000, done: 250, failed: 3}
	if got, want := tl.line(10*time.Second), "250 of 1000 done, 25/s, 3 errors, 30s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	tl = &tally{total: 1000}
	if got, want := tl.line(0), "0 of 1000 done, 0/s, 0 errors, ? left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The status line stands alone on its line, and is gone in the end.
func TestShow(t *testing.T) {
	reader, terminal := io.Pipe()
	stopped := make(chan struct{})
	go func() {
		(&tally{total: 10, done: 5}).show(terminal, time.Now(), stopped)
		_ = terminal.Close()
	}()
	first := make([]byte, len(eraseLine)+len("5 of 10 done"))
	if _, err := io.ReadFull(reader, first); err != nil {
		t.Fatal(err)
	}
	close(stopped)
	rest, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != eraseLine+"5 of 10 done" || !bytes.HasSuffix(rest, []byte(" left"+eraseLine)) {
		t.Errorf("got %q, then %q", first, rest)
	}
}

func TestPercentile(t *testing.T) {
	var sorted []time.Duration
	for i := range 1000 {
		sorted = append(sorted, time.Duration(i+1))
	}
	for permille, want := range map[int]time.Duration{0: 1, 500: 500, 900: 900, 990: 990, 999: 999, 1000: 1000} {
		if got := percentile(sorted, permille); got != want {
			t.Errorf("p%d is %d, want %d", permille, got, want)
		}
	}
	if got := percentile(sorted[:1], 999); got != 1 {
		t.Errorf("p99.9 of one is %d", got)
	}
}

func TestRound(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1_234_567:       "1.235ms",
		56_789_012:      "56.8ms",
		123_456_789_012: "2m3.5s",
	} {
		if got := round(d).String(); got != want {
			t.Errorf("%d gives %s, want %s", d, got, want)
		}
	}
}
