package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
)

const goodBody = `{"event":"order.placed","id":"m-1","data":{"number":"A-7","customer":{"email":"marked@example.com"}}}`

// TestErrorTable sends every row of the table of errors through a real server,
// over HTTP/1.1 and HTTP/2.
func TestErrorTable(t *testing.T) {
	failure := errors.New("database is down")
	tests := []struct {
		name    string
		config  envelope.Options
		method  string
		header  map[string]string
		body    string
		forge   bool
		fn      envelope.Func[shopMeta, order]
		status  int
		is      error
		kind    envelope.ErrorKind
		outcome envelope.Outcome
		retry   string // Retry-After
	}{
		{name: "handled", status: 200, outcome: envelope.OutcomeHandled},
		{name: "no function", body: `{"event":"order.closed","data":{}}`, status: 200, outcome: envelope.OutcomeIgnored},
		{name: "unknown event", body: `{"event":"order.eaten","data":{}}`, status: 200, outcome: envelope.OutcomeIgnored},
		{name: "get", method: "GET", status: 405, is: envelope.ErrMethod, kind: envelope.KindMethod, outcome: envelope.OutcomeRefused},
		{name: "put", method: "PUT", status: 405, is: envelope.ErrMethod, kind: envelope.KindMethod, outcome: envelope.OutcomeRefused},
		{name: "compressed", header: map[string]string{"Content-Encoding": "gzip"}, status: 415, is: envelope.ErrMediaType, kind: envelope.KindMediaType, outcome: envelope.OutcomeRefused},
		{name: "identity", header: map[string]string{"Content-Encoding": "identity"}, status: 200, outcome: envelope.OutcomeHandled},
		{name: "any content type", header: map[string]string{"Content-Type": "image/png; ="}, status: 200, outcome: envelope.OutcomeHandled},
		{name: "too large", body: strings.Repeat(" ", 1<<20+1), status: 413, is: envelope.ErrTooLarge, kind: envelope.KindTooLarge, outcome: envelope.OutcomeRefused},
		{name: "limit", config: envelope.Options{MaxBody: int64(len(goodBody)) - 1}, status: 413, is: envelope.ErrTooLarge, kind: envelope.KindTooLarge, outcome: envelope.OutcomeRefused},
		{name: "at the limit", config: envelope.Options{MaxBody: int64(len(goodBody))}, status: 200, outcome: envelope.OutcomeHandled},
		{name: "forged", forge: true, status: 401, is: envelope.ErrSignatureMismatch, kind: envelope.KindSignature, outcome: envelope.OutcomeRefused},
		{name: "unsigned", header: map[string]string{"X-Shop-Signature": ""}, status: 401, is: envelope.ErrSignatureMissing, kind: envelope.KindSignature, outcome: envelope.OutcomeRefused},
		{name: "garbage", body: `{"event":`, status: 400, is: envelope.ErrMalformed, kind: envelope.KindMalformed, outcome: envelope.OutcomeRefused},
		{name: "empty", body: " ", status: 400, is: envelope.ErrMalformed, kind: envelope.KindMalformed, outcome: envelope.OutcomeRefused},
		{name: "no identity", body: `{"event":"order.placed","data":{"total":5}}`, status: 422, kind: envelope.KindValidation, outcome: envelope.OutcomeRefused},
		{name: "function failed", fn: func(context.Context, *shopDelivery[order]) error { return failure }, status: 500, is: failure, kind: envelope.KindFailed, outcome: envelope.OutcomeFailed},
		{name: "function panicked", fn: func(_ context.Context, d *shopDelivery[order]) error { panic(d.Payload.Customer.Email) }, status: 500, kind: envelope.KindPanic, outcome: envelope.OutcomeFailed},
		{name: "retry after", fn: func(context.Context, *shopDelivery[order]) error {
			return envelope.RetryAfter(1500*time.Millisecond, failure)
		}, status: 503, is: failure, kind: envelope.KindRetry, outcome: envelope.OutcomeDeferred, retry: "2"},
		{name: "retry after wrapped", fn: func(context.Context, *shopDelivery[order]) error {
			return fmt.Errorf("outer: %w", envelope.RetryAfter(time.Minute, nil))
		}, status: 503, kind: envelope.KindRetry, outcome: envelope.OutcomeDeferred, retry: "60"},
		{name: "permanent", fn: func(context.Context, *shopDelivery[order]) error { return envelope.Permanent(failure) }, status: 200, is: failure, kind: envelope.KindDropped, outcome: envelope.OutcomeDropped},
		{name: "permanent without a reason", fn: func(context.Context, *shopDelivery[order]) error { return envelope.Permanent(nil) }, status: 200, kind: envelope.KindDropped, outcome: envelope.OutcomeDropped},
	}
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, test := range tests {
			t.Run(protocol+"/"+test.name, func(t *testing.T) {
				var log bytes.Buffer
				seen := make(chan envelope.Observation, 1)
				config := test.config
				config.Verifier = verifying.By(signed)
				config.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				config.Observer = func(_ context.Context, o envelope.Observation) { seen <- o }
				fn := test.fn
				if fn == nil {
					fn = done
				}
				server := serve(t, protocol, newShop(t, config, orderPlaced.Handle(fn)))
				body := test.body
				if body == "" {
					body = goodBody
				}
				method := test.method
				if method == "" {
					method = http.MethodPost
				}
				request, err := http.NewRequestWithContext(t.Context(), method, server.URL, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				signature := shopSignature([]byte(body))
				if test.forge {
					signature = shopSignature([]byte(body + " "))
				}
				request.Header.Set("X-Shop-Signature", signature)
				for name, value := range test.header {
					request.Header.Set(name, value)
				}
				response, err := server.Client().Do(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				reply, err := io.ReadAll(response.Body)
				if err != nil {
					t.Fatal(err)
				}
				if response.Proto != protocol || response.StatusCode != test.status {
					t.Errorf("%s, status %d, want %d", response.Proto, response.StatusCode, test.status)
				}
				if ok := test.status == 200; ok != (len(reply) == 0) || len(reply) > 32 {
					t.Errorf("reply %q", reply)
				}
				if allow := response.Header.Get("Allow"); (allow == "POST") != (test.status == 405) {
					t.Errorf("Allow: %q", allow)
				}
				if after := response.Header.Get("Retry-After"); after != test.retry {
					t.Errorf("Retry-After: %q, want %q", after, test.retry)
				}
				o := <-seen
				if o.Outcome != test.outcome || o.Status != test.status {
					t.Errorf("observed %s %d, want %s %d", o.Outcome, o.Status, test.outcome, test.status)
				}
				checkError(t, o.Err, test.kind, test.is)
				for _, text := range []string{log.String(), string(reply), errorText(o.Err)} {
					for _, secret := range []string{shopSecret, "marked", shopSignature([]byte(body)), "A-7"} {
						if strings.Contains(text, secret) {
							t.Errorf("%q shows %q", text, secret)
						}
					}
				}
				if errors.Is(test.is, failure) && !strings.Contains(log.String(), failure.Error()) {
					t.Errorf("the log has not the function's own error: %s", log.String())
				}
			})
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func checkError(t *testing.T, err error, kind envelope.ErrorKind, is error) {
	t.Helper()
	if kind == "" {
		if err != nil {
			t.Errorf("error %v", err)
		}
		return
	}
	var own *envelope.Error
	if !errors.As(err, &own) || own.Kind != kind {
		t.Errorf("error %v, want kind %s", err, kind)
	}
	if is != nil && !errors.Is(err, is) {
		t.Errorf("error %v is not %v", err, is)
	}
	var validation *envelope.ValidationError
	if kind == envelope.KindValidation && !errors.As(err, &validation) {
		t.Errorf("error %v is no *ValidationError", err)
	}
	var panicked *envelope.PanicError
	if kind == envelope.KindPanic && (!errors.As(err, &panicked) || len(panicked.Stack) == 0 || panicked.Type != "string") {
		t.Errorf("error %v is no *PanicError with type and stack", err)
	}
	if kind == envelope.KindSignature && !errors.Is(err, envelope.ErrSignature) {
		t.Errorf("error %v is not ErrSignature", err)
	}
}

func serve(t *testing.T, protocol string, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = protocol == "HTTP/2.0"
	if server.EnableHTTP2 {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

// TestSlowBody: a body that does not come is told 408 and does not hold the
// handler. The stricter limit counts, ours or the server's.
func TestSlowBody(t *testing.T) {
	for _, test := range []struct {
		name         string
		server, ours time.Duration
		passed       bool // the server's limit, when the handler begins
	}{
		{"only ours", 0, 50 * time.Millisecond, false},
		{"ours is stricter", time.Hour, 50 * time.Millisecond, false},
		{"the server's is stricter", time.Minute, time.Hour, true},
		{"both are equal", time.Hour, time.Hour, true},
		{"only the server's", time.Minute, -1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := make(chan envelope.Observation, 1)
			h := newShop(t, envelope.Options{
				ReadTimeout: test.ours,
				Observer:    func(_ context.Context, o envelope.Observation) { seen <- o },
			}, orderPlaced.Handle(done))
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if test.passed {
					if err := http.NewResponseController(w).SetReadDeadline(time.Now()); err != nil {
						t.Error(err)
					}
				}
				h.ServeHTTP(w, r)
			}))
			server.Config.ReadTimeout = test.server
			server.Start()
			t.Cleanup(server.Close)
			reply := sendPart(t, server)
			if !strings.HasPrefix(reply, "HTTP/1.1 408 ") || !strings.Contains(reply, "Connection: close") {
				t.Errorf("reply %q", reply)
			}
			if o := <-seen; !errors.Is(o.Err, envelope.ErrRead) {
				t.Errorf("error %v", o.Err)
			}
		})
	}
}

// sendPart sends the first byte of a body, and returns the whole reply.
func sendPart(t *testing.T, server *httptest.Server) string {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	reply, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(reply)
}

// TestHalfBody: a sender that closes in the middle of its body is refused.
func TestHalfBody(t *testing.T) {
	seen := make(chan envelope.Observation, 1)
	h := newShop(t, envelope.Options{Observer: func(_ context.Context, o envelope.Observation) { seen <- o }}, orderPlaced.Handle(done))
	server := serve(t, "HTTP/1.1", h)
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n%s", `{"event":"order.placed"`)
	conn.Close()
	if o := <-seen; !errors.Is(o.Err, envelope.ErrRead) || o.Status != 408 {
		t.Errorf("status %d, error %v", o.Status, o.Err)
	}
}

// TestBodyLengths reads bodies whose declared length is right, missing, and a lie
// that only a request without a server can tell.
func TestBodyLengths(t *testing.T) {
	large := fmt.Sprintf(`{"event":"order.placed","data":{"number":%q}}`, strings.Repeat("n", 200_000))
	for _, test := range []struct {
		name   string
		body   string
		length int64
		status int
	}{
		{"declared", goodBody, int64(len(goodBody)), 200},
		{"undeclared", goodBody, -1, 200},
		{"large and declared", large, int64(len(large)), 200},
		{"large and undeclared", large, -1, 200},
		{"declared too short", large, 10, 200},
		{"declared too long", goodBody, int64(len(goodBody)) + 1, 408},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d *shopDelivery[order]
			h := newShop(t, envelope.Options{}, orderPlaced.Handle(keep(&d)))
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
			r.ContentLength = test.length
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status {
				t.Fatalf("status %d, want %d", w.Code, test.status)
			}
			if w.Code == 200 && (string(d.Raw) != test.body || cap(d.Raw) > len(d.Raw)+len(d.Raw)/4+64) {
				t.Errorf("Raw has %d bytes and room for %d, want %d", len(d.Raw), cap(d.Raw), len(test.body))
			}
		})
	}
}

// TestWithoutLimits: the highest limits are none, and a declared length that never comes
// takes no memory.
func TestWithoutLimits(t *testing.T) {
	large := fmt.Sprintf(`{"event":"order.placed","data":{"number":%q}}`, strings.Repeat("n", 2<<20))
	h := newShop(t, envelope.Options{
		MaxBody: math.MaxInt64, MaxMemory: math.MaxInt, MaxDepth: math.MaxInt, MaxConcurrent: math.MaxInt,
		ReadTimeout: math.MaxInt64, Timeout: math.MaxInt64,
	}, orderPlaced.Handle(done))
	for _, test := range []struct {
		name   string
		body   string
		length int64
		status int
	}{
		{"declared", goodBody, int64(len(goodBody)), 200},
		{"undeclared", goodBody, -1, 200},
		{"large and declared", large, int64(len(large)), 200},
		{"large and undeclared", large, -1, 200},
		{"more than can be", goodBody, math.MaxInt64, 413},
		{"nothing comes", "", math.MaxInt / 4, 408},
		{"a little comes", goodBody, math.MaxInt / 4, 408},
		{"much comes", large, math.MaxInt / 4, 408},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
			r.ContentLength = test.length
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
		})
	}
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(large)}); err != nil {
		t.Errorf("Dispatch: %v", err)
	}
}

func TestNoBody(t *testing.T) {
	h := newShop(t, envelope.Options{}, orderPlaced.Handle(done))
	r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
	r.Body = nil
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 400 {
		t.Errorf("status %d", w.Code)
	}
}

// TestOuterLimit: a limit of the server around us is told as ours.
func TestOuterLimit(t *testing.T) {
	h := newShop(t, envelope.Options{}, orderPlaced.Handle(done))
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody))
	r.ContentLength = -1
	http.MaxBytesHandler(h, 10).ServeHTTP(w, r)
	if w.Code != 413 {
		t.Errorf("status %d", w.Code)
	}
}

// TestConcurrent keeps the Raw of many concurrent deliveries and compares them
// when all are done.
func TestConcurrent(t *testing.T) {
	var mu sync.Mutex
	kept := map[string]*shopDelivery[order]{}
	h := newShop(t, envelope.Options{Drift: func(context.Context, envelope.DriftReport) {}}, orderPlaced.Handle(func(_ context.Context, d *shopDelivery[order]) error {
		mu.Lock()
		defer mu.Unlock()
		kept[d.Payload.Number] = d
		return nil
	}))
	server := serve(t, "HTTP/1.1", h)
	const senders, each = 64, 20
	bodyOf := func(i, j int) string {
		return fmt.Sprintf(`{"event":"order.placed","id":"%d","data":{"number":"%d-%d","count":"%d","labels":{"pad":%q}}}`, i*each+j, i, j, j, strings.Repeat("x", i*j))
	}
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for j := range each {
				response, err := http.Post(server.URL, "application/json", strings.NewReader(bodyOf(i, j)))
				if err != nil {
					t.Error(err)
					return
				}
				response.Body.Close()
			}
		})
	}
	wg.Wait()
	if len(kept) != senders*each {
		t.Fatalf("%d deliveries, want %d", len(kept), senders*each)
	}
	for i := range senders {
		for j := range each {
			d := kept[fmt.Sprintf("%d-%d", i, j)]
			if d == nil || string(d.Raw) != bodyOf(i, j) || d.Payload.Count != int64(j) || d.Key != fmt.Sprintf("1/shop///%d", i*each+j) {
				t.Fatalf("delivery %d-%d is not its own: %+v", i, j, d)
			}
		}
	}
}

// TestAbort: a function may abort the connection as net/http knows it.
func TestAbort(t *testing.T) {
	h := newShop(t, envelope.Options{}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
		panic(http.ErrAbortHandler)
	}))
	defer func() {
		if thrown := recover(); thrown != http.ErrAbortHandler { //nolint:errorlint // the very value
			t.Errorf("recovered %v", thrown)
		}
		if err := h.Shutdown(t.Context()); err != nil { // The delivery is not counted as running.
			t.Error(err)
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody)))
}

// TestDetached: the function's context outlives the sender's connection and has a
// limit of its own.
func TestDetached(t *testing.T) {
	type key struct{}
	h := newShop(t, envelope.Options{Timeout: time.Hour}, orderPlaced.Handle(func(ctx context.Context, _ *shopDelivery[order]) error {
		if ctx.Err() != nil {
			t.Errorf("context ended with the request: %v", ctx.Err())
		}
		if ctx.Value(key{}) != "value" {
			t.Error("context has lost the request's values")
		}
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left < 59*time.Minute || left > time.Hour {
			t.Errorf("deadline in %v", left)
		}
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		if child.Err() != nil || child.Value(key{}) != "value" {
			t.Error("child context is wrong")
		}
		return nil
	}))
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	cancel()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(goodBody)))
	if w.Code != 200 {
		t.Errorf("status %d", w.Code)
	}
}

// TestTimeout: the function's context ends after Options.Timeout, and after the
// function in any case.
func TestTimeout(t *testing.T) {
	var kept []context.Context
	h := newShop(t, envelope.Options{Timeout: time.Millisecond}, orderPlaced.Handle(func(ctx context.Context, _ *shopDelivery[order]) error {
		kept = append(kept, ctx)
		<-ctx.Done()
		return ctx.Err()
	}), orderClosed.Handle(func(ctx context.Context, _ *shopDelivery[order]) error {
		kept = append(kept, ctx)
		return nil
	}))
	err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"event":"order.closed","data":{"number":"1"}}`)}); err != nil {
		t.Error(err)
	}
	for _, ctx := range kept {
		if ctx.Err() == nil {
			t.Error("context goes on after its function")
		}
		<-ctx.Done()
	}
}

func TestBusyAndShutdown(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	h := newShop(t, envelope.Options{MaxConcurrent: 1, RetryAfter: 7 * time.Second}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
		close(started)
		<-release
		return nil
	}))
	post := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(goodBody)))
		return w
	}
	first := make(chan int, 1)
	go func() { first <- post().Code }()
	<-started
	if w := post(); w.Code != 503 || w.Header().Get("Retry-After") != "7" {
		t.Errorf("busy: status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var left *envelope.ShutdownError
	if err := h.Shutdown(ctx); !errors.As(err, &left) || left.Running != 1 || !errors.Is(err, context.Canceled) || left.Error() == "" {
		t.Errorf("Shutdown: %v", err)
	}
	if w := post(); w.Code != 503 {
		t.Errorf("draining: status %d", w.Code)
	}
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); !errors.Is(err, envelope.ErrDraining) {
		t.Errorf("draining: %v", err)
	}
	close(release)
	if code := <-first; code != 200 {
		t.Errorf("the running delivery: status %d", code)
	}
	for range 2 {
		if err := h.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestShutdownUnderLoad: every delivery that was answered 200 took effect, and no
// function starts after Shutdown has returned.
func TestShutdownUnderLoad(t *testing.T) {
	var mu sync.Mutex
	effects, over := 0, false
	h := newShop(t, envelope.Options{}, orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error {
		mu.Lock()
		defer mu.Unlock()
		if over {
			t.Error("a function runs after Shutdown")
		}
		effects++
		return nil
	}))
	server := serve(t, "HTTP/1.1", h)
	acknowledged, begun := make(chan int), make(chan struct{}, 1)
	for range 8 {
		go func() {
			n := 0
			for {
				response, err := http.Post(server.URL, "", strings.NewReader(goodBody))
				if err != nil {
					t.Error(err)
					break
				}
				response.Body.Close()
				if response.StatusCode != http.StatusOK {
					break
				}
				if n++; n == 20 {
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			}
			acknowledged <- n
		}()
	}
	<-begun
	if err := h.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	mu.Lock()
	over = true
	mu.Unlock()
	total := 0
	for range 8 {
		total += <-acknowledged
	}
	if total != effects {
		t.Errorf("%d deliveries acknowledged, %d took effect", total, effects)
	}
}

// TestPanicOfHook: a hook that panics fails its delivery, and nothing else.
func TestPanicOfHook(t *testing.T) {
	panics := true
	h := newShop(t, envelope.Options{Key: func(envelope.Keyed) string {
		if panics {
			panic("hook")
		}
		return "key"
	}}, orderPlaced.Handle(done))
	var panicked *envelope.PanicError
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); !errors.As(err, &panicked) {
		t.Errorf("error %v", err)
	}
	panics = false
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); err != nil {
		t.Error(err)
	}
	if err := h.Shutdown(t.Context()); err != nil { // Neither is counted as running.
		t.Error(err)
	}
}
