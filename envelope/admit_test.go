package envelope_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// TestMediaTypes: a provider that names media types refuses others where the sender
// names one.
func TestMediaTypes(t *testing.T) {
	p := shop()
	p.MediaTypes = []string{"application/json", "application/x-www-form-urlencoded"}
	h := handlerOf(t, p, envelope.Options{}, orderPlaced.Handle(done))
	for _, test := range []struct {
		name   string
		header http.Header
		status int
	}{
		{"none", nil, 200},
		{"empty", http.Header{"Content-Type": {""}}, 200},
		{"served", http.Header{"Content-Type": {"application/json"}}, 200},
		{"with parameters", http.Header{"Content-Type": {"application/json; charset=utf-8"}}, 200},
		{"with parameters that are none", http.Header{"Content-Type": {"application/json; charset"}}, 200},
		{"with a stray semicolon", http.Header{"Content-Type": {" application/json ;"}}, 200},
		{"in capitals", http.Header{"Content-Type": {"Application/JSON"}}, 200},
		{"in capitals, with parameters that are none", http.Header{"Content-Type": {"Application/JSON; ="}}, 200},
		{"the second one", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 200},
		{"another", http.Header{"Content-Type": {"text/plain"}}, 415},
		{"one that begins like it", http.Header{"Content-Type": {"application/json+x"}}, 415},
		{"a list", http.Header{"Content-Type": {"application/json, text/plain"}}, 415},
		{"twice", http.Header{"Content-Type": {"application/json", "application/json"}}, 200},
		{"twice, with other parameters", http.Header{"Content-Type": {"application/json", "Application/JSON; charset=utf-8"}}, 200},
		{"twice in one header", http.Header{"Content-Type": {"application/json; charset=utf-8, application/json"}}, 200},
		{"two of those that are served", http.Header{"Content-Type": {"application/json", "application/x-www-form-urlencoded"}}, 415},
		{"a served one and another", http.Header{"Content-Type": {"application/json", "text/plain"}}, 415},
		{"nonsense", http.Header{"Content-Type": {";;"}}, 415},
		{"none", http.Header{"Content-Encoding": {"none"}}, 200},
		{"a charset", http.Header{"Content-Encoding": {"UTF-8"}}, 200},
		{"an encoding of mail", http.Header{"Content-Encoding": {"8bit"}}, 200},
		{"a list without codings", http.Header{"Content-Encoding": {"identity, utf-8"}}, 200},
		{"deflate in capitals", http.Header{"Content-Encoding": {" DEFLATE"}}, 415},
		{"identity", http.Header{"Content-Encoding": {"Identity"}}, 200},
		{"empty encoding", http.Header{"Content-Encoding": {""}}, 200},
		{"gzip", http.Header{"Content-Encoding": {"gzip"}, "Content-Type": {"application/json"}}, 415},
		{"identity and gzip", http.Header{"Content-Encoding": {"identity", "gzip"}}, 415},
		{"list of encodings", http.Header{"Content-Encoding": {"identity, gzip"}}, 415},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody))
			r.Header = test.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
		})
	}
}

// deadlined is a ResponseWriter of a connection with a deadline.
type deadlined struct {
	http.ResponseWriter
	deadlines []time.Time
	err       error
}

func (d *deadlined) SetReadDeadline(t time.Time) error {
	d.deadlines = append(d.deadlines, t)
	return d.err
}

// middleware is what wraps a ResponseWriter, as http.ResponseController knows it.
type middleware struct{ http.ResponseWriter }

func (m middleware) Unwrap() http.ResponseWriter { return m.ResponseWriter }

// TestReadDeadline: the body has a deadline of its own, which is lifted before the
// function runs, and stays after a refusal.
func TestReadDeadline(t *testing.T) {
	for _, test := range []struct {
		name    string
		timeout time.Duration
		body    string
		err     error
		want    int // deadlines that are set
	}{
		{"default", 0, goodBody, nil, 2},
		{"of one's own", time.Hour, goodBody, nil, 2},
		{"the server's", -1, goodBody, nil, 0},
		{"not supported", time.Hour, goodBody, http.ErrNotSupported, 1},
		{"refused", time.Hour, strings.Repeat(" ", 2000), nil, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn := &deadlined{ResponseWriter: httptest.NewRecorder(), err: test.err}
			lifted := false
			h := newShop(t, envelope.Options{ReadTimeout: test.timeout, MaxBody: 1000}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
				lifted = len(conn.deadlines) == 2 && conn.deadlines[1].IsZero()
				return nil
			}))
			before := time.Now()
			h.ServeHTTP(middleware{middleware{conn}}, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body)))
			if len(conn.deadlines) != test.want || lifted != (test.want == 2) {
				t.Fatalf("deadlines %v", conn.deadlines)
			}
			timeout := test.timeout
			if timeout == 0 {
				timeout = envelope.DefaultReadTimeout
			}
			if test.want > 0 && conn.deadlines[0].Before(before.Add(timeout)) {
				t.Errorf("deadline %v, begun %v", conn.deadlines[0], before)
			}
		})
	}
}

// TestContextMade: the function's context is the same before and after somebody
// waits on it.
func TestContextMade(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "value")
	var kept context.Context
	h := newShop(t, envelope.Options{Timeout: time.Hour}, orderPlaced.Handle(func(ctx context.Context, _ *shopDelivery[order]) error {
		kept = ctx
		before, _ := ctx.Deadline()
		if ctx.Err() != nil || ctx.Value(key{}) != "value" {
			t.Error("before anybody waits")
		}
		if first := ctx.Done(); first == nil || first != ctx.Done() {
			t.Error("Done changes")
		}
		after, ok := ctx.Deadline()
		if ctx.Err() != nil || ctx.Value(key{}) != "value" || !ok || !after.Equal(before) {
			t.Error("after somebody waited")
		}
		return nil
	}))
	if err := h.Dispatch(ctx, envelope.Message{Body: []byte(goodBody)}); err != nil {
		t.Fatal(err)
	}
	<-kept.Done()
	if kept.Err() != context.Canceled {
		t.Errorf("error %v", kept.Err())
	}
}

// TestContextAfterwards: a context that nobody waited on has ended with its function.
func TestContextAfterwards(t *testing.T) {
	var kept context.Context
	h := newShop(t, envelope.Options{Timeout: time.Hour}, orderPlaced.Handle(func(ctx context.Context, _ *shopDelivery[order]) error {
		kept = ctx
		return nil
	}))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); err != nil {
		t.Fatal(err)
	}
	if kept.Err() != context.Canceled {
		t.Errorf("error %v", kept.Err())
	}
	select {
	case <-kept.Done():
	default:
		t.Error("it goes on")
	}
	child, cancel := context.WithCancel(kept)
	defer cancel()
	if child.Err() == nil {
		t.Error("its child goes on")
	}
}

// TestContextExpires: a context that nobody waits on ends in time as well.
func TestContextExpires(t *testing.T) {
	h := newShop(t, envelope.Options{Timeout: time.Nanosecond}, orderPlaced.Handle(func(ctx context.Context, _ *shopDelivery[order]) error {
		for ctx.Err() == nil { // Ends at once; the test's own limit is the bound.
			time.Sleep(time.Microsecond)
		}
		if ctx.Err() != context.DeadlineExceeded {
			t.Errorf("error %v", ctx.Err())
		}
		return nil
	}))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); err != nil {
		t.Fatal(err)
	}
}

// TestShutdownIdle: where nothing runs, a Shutdown is done at once, whatever its
// context says.
func TestShutdownIdle(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 64 { // Both ways out are ready, and one is chosen by chance.
		if err := newShop(t, envelope.Options{}).Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRefusedInWords: the text of a refusal names what is wrong with the request, from
// words of this package only.
func TestRefusedInWords(t *testing.T) {
	var seen envelope.Observation
	p := shop()
	p.MediaTypes = []string{"application/json", "application/x-www-form-urlencoded"}
	h, err := envelope.NewHandler(p, envelope.Options{Unverified: true, Observer: func(_ context.Context, o envelope.Observation) { seen = o }}, orderPlaced.Handle(done))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		text   string
	}{
		{"compressed", func(r *http.Request) { r.Header.Set("Content-Encoding", "x-secret, GZip") }, "media type or content encoding is not served: Content-Encoding gzip"},
		{"another type", func(r *http.Request) { r.Header.Set("Content-Type", "text/secret") },
			"media type or content encoding is not served: Content-Type is not application/json or application/x-www-form-urlencoded"},
		{"read before", func(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) },
			fmt.Sprintf("body could not be read: 0 of %d bytes came: something has read the body before", len(goodBody))},
		{"read in part", func(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, 5) },
			fmt.Sprintf("body could not be read: %d of %d bytes came", len(goodBody)-5, len(goodBody))},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody))
			test.change(r)
			h.ServeHTTP(httptest.NewRecorder(), r)
			if seen.Err == nil || seen.Err.Error() != test.text {
				t.Errorf("%v", seen.Err)
			}
		})
	}
}
