package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/ambassify/ambassifytest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

// patience is how long anything may take that takes no time when all is well.
const patience = 20 * time.Second

type (
	registered = openloyalty.Delivery[openloyalty.CustomerRegisteredData]
	joined     = mambo.Delivery[mambo.User]
)

// service notes what reaches its functions.
type service struct {
	handlers
	registered []*registered
	joined     []*joined
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{}
	var err error
	s.handlers, err = newHandlers(
		func(_ context.Context, d *registered) error { s.registered = append(s.registered, d); return nil },
		func(_ context.Context, d *joined) error { s.joined = append(s.joined, d); return nil },
	)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// listen starts a server for the time of the test and returns its URL.
func listen(t *testing.T, serve func(net.Listener) func() error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := serve(l)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// send makes a request, lets change alter it, and returns the status of the answer.
func send(t *testing.T, newRequest func(context.Context, string) (*http.Request, error), base string, change func(*http.Request)) int {
	t.Helper()
	r, err := newRequest(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if _, err := io.Copy(io.Discard, w.Body); err != nil { // So that the connection is used again.
		t.Fatal(err)
	}
	return w.StatusCode
}

func TestFrameworks(t *testing.T) {
	for _, f := range frameworks {
		t.Run(f.name, func(t *testing.T) {
			s := newService(t)
			base := listen(t, func(l net.Listener) func() error { return f.serve(l, s.handlers) })

			if status := send(t, newOpenLoyaltyRequest, base, nil); status != http.StatusOK {
				t.Errorf("a signed delivery is told %d", status)
			}
			if len(s.registered) != 1 || s.registered[0].Payload.CustomerData.FirstName != "Clara" {
				t.Errorf("the function got %v", s.registered)
			}
			if status := send(t, newMamboRequest, base, nil); status != http.StatusOK {
				t.Errorf("a delivery with its event in the path is told %d", status)
			}
			if len(s.joined) != 1 || s.joined[0].Event != "UserMemberJoined" || s.joined[0].Payload.ID == "" {
				t.Errorf("the function got %v", s.joined)
			}

			refused := map[string]struct {
				change func(*http.Request)
				status int
			}{
				"signed twice": {func(r *http.Request) {
					r.Header.Add(openloyalty.SignatureHeader, r.Header.Get(openloyalty.SignatureHeader))
				}, http.StatusUnauthorized},
				"forged, too": {func(r *http.Request) {
					r.Header[openloyalty.SignatureHeader] = []string{"sha256=" + strings.Repeat("0", 64), r.Header.Get(openloyalty.SignatureHeader)}
				}, http.StatusUnauthorized},
				"unsigned":     {func(r *http.Request) { r.Header.Del(openloyalty.SignatureHeader) }, http.StatusUnauthorized},
				"altered":      {func(r *http.Request) { setBody(r, append(readBody(t, r), ' ')) }, http.StatusUnauthorized},
				"not a POST":   {func(r *http.Request) { r.Method = http.MethodPut }, http.StatusMethodNotAllowed},
				"too large":    {func(r *http.Request) { setBody(r, make([]byte, envelope.DefaultMaxBody+1)) }, http.StatusRequestEntityTooLarge},
				"not mounted":  {func(r *http.Request) { r.URL.Path = "/webhooks/other" }, http.StatusNotFound},
				"other host":   {func(r *http.Request) { r.Host = "example.com" }, http.StatusUnauthorized},
				"empty, valid": {func(r *http.Request) { setBody(r, nil) }, http.StatusUnauthorized},
			}
			for name, test := range refused {
				if status := send(t, newOpenLoyaltyRequest, base, test.change); status != test.status {
					t.Errorf("%s: %d, want %d", name, status, test.status)
				}
			}
			if len(s.registered) != 1 {
				t.Errorf("%d refused deliveries reached the function", len(s.registered)-1)
			}
		})
	}
}

func readBody(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func setBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.GetBody = nil
}

// drain is middleware as it should not be: it reads the body and leaves nothing.
func drain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		next.ServeHTTP(w, r)
	})
}

// Pitfall: middleware that read the body. The handler does not take what is left
// for the delivery, and answers 408; peek shows how to look at a body.
func TestMiddlewareThatReadsTheBody(t *testing.T) {
	var seen []byte
	look := func(body []byte) { seen = body }
	tests := map[string]struct {
		middleware func(http.Handler) http.Handler
		status     int
	}{
		"reads and leaves nothing": {drain, http.StatusRequestTimeout},
		"looks and puts it back":   {func(next http.Handler) http.Handler { return peek(look, next) }, http.StatusOK},
		"puts back what it means":  {reencode, http.StatusUnauthorized}, // The bytes are signed.
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, f := range frameworks[:3] {
				s := newService(t)
				wrapped := handlers{test.middleware(s.openloyalty), test.middleware(s.mambo)}
				base := listen(t, func(l net.Listener) func() error { return f.serve(l, wrapped) })
				if status := send(t, newOpenLoyaltyRequest, base, nil); status != test.status {
					t.Errorf("%s: %d, want %d", f.name, status, test.status)
				}
				if handled := len(s.registered) == 1; handled != (test.status == http.StatusOK) {
					t.Errorf("%s: %d deliveries", f.name, len(s.registered))
				}
			}
		})
	}
	if len(seen) == 0 {
		t.Error("peek saw nothing")
	}
}

// reencode is middleware that parses JSON and writes it again.
func reencode(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var value any
		if err := json.NewDecoder(r.Body).Decode(&value); err == nil {
			body, _ := json.Marshal(value)
			setBody(r, body)
		}
		next.ServeHTTP(w, r)
	})
}

// A function that aborts the connection is no success for a router that recovers.
func TestAbortInGin(t *testing.T) {
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{openloyaltytest.Secret}},
		openloyalty.CustomerRegistered.Handle(func(context.Context, *openloyalty.Delivery[openloyalty.CustomerRegisteredData]) error {
			panic(http.ErrAbortHandler)
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	r := openloyaltytest.NewRequest(t, openloyalty.CustomerRegistered)
	router := withGin(handlers{openloyalty: h})
	w := httptest.NewRecorder()
	r.URL.Path, r.RequestURI = "/webhooks/openloyalty", "/webhooks/openloyalty"
	r.Header.Set(openloyalty.RequestIDHeader, "3d0f5b1c-7e48-4a92-b6c5-18f2e9d4a703")
	if err := openloyalty.Sign(openloyalty.Config{Secrets: []string{openloyaltytest.Secret}}, r, bodyOf(t, r)); err != nil {
		t.Fatal(err)
	}
	if router.ServeHTTP(w, r); w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
}

// bodyOf reads a request's body and puts it back.
func bodyOf(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	setBody(r, body)
	return body
}

func TestPeekAtBodiesThatFail(t *testing.T) {
	s := newService(t)
	h := peek(func([]byte) { t.Error("half a body was shown") }, s.openloyalty)
	for name, test := range map[string]struct {
		body   io.Reader
		status int
	}{
		"too large": {strings.NewReader(strings.Repeat(" ", envelope.DefaultMaxBody+1)), http.StatusRequestEntityTooLarge},
		"broken":    {io.MultiReader(strings.NewReader("{"), failing{io.ErrUnexpectedEOF}), http.StatusRequestTimeout},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/", test.body)
		r.Header = openloyaltytest.NewRequest(t, openloyalty.CustomerRegistered).Header // Else nobody reads the body.
		h.ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s: %d, want %d", name, w.Code, test.status)
		}
	}
}

// deadlined is a writer that notes deadlines, and a body that notes the one it is read
// under.
type deadlined struct {
	http.ResponseWriter
	io.Reader
	deadline time.Time
	reads    []bool // whether there was a deadline
}

func (d *deadlined) SetReadDeadline(at time.Time) error { //nolint:unparam // as net.Conn has it
	d.deadline = at
	return nil
}

func (d *deadlined) Read(p []byte) (int, error) {
	d.reads = append(d.reads, !d.deadline.IsZero())
	return d.Reader.Read(p)
}

// The time for a body is limited when peek reads it, too, and not for the function.
func TestPeekAtSlowBodies(t *testing.T) {
	for name, test := range map[string]struct {
		server   *http.Server
		deadline bool
	}{
		"no server":                  {nil, true},
		"server without a limit":     {&http.Server{}, true},
		"server with a longer limit": {&http.Server{ReadTimeout: time.Hour}, true},
		"stricter server":            {&http.Server{ReadTimeout: time.Second}, false}, // Its deadline remains.
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			r, err := newOpenLoyaltyRequest(t.Context(), "http://example.com")
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			d := &deadlined{ResponseWriter: w, Reader: r.Body}
			r.Body = io.NopCloser(d)
			peek(func([]byte) {}, s.openloyalty).ServeHTTP(d, r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, test.server)))
			if len(d.reads) == 0 || slices.Contains(d.reads, !test.deadline) {
				t.Errorf("reads with a deadline: %v, want %v", d.reads, test.deadline)
			}
			if w.Code != http.StatusOK || !d.deadline.IsZero() {
				t.Errorf("status %d, deadline %v", w.Code, d.deadline)
			}
		})
	}
}

// Pitfall: Request.FormValue reads bodies of forms, to find a value that may be in
// the query. Ambassify sends forms; look at r.URL.Query instead.
func TestFormValueReadsForms(t *testing.T) {
	count := 0
	h, err := ambassify.NewHandler(
		ambassify.Config{Secrets: []string{ambassifytest.Secret}},
		ambassify.PersonCreated.Handle(func(context.Context, *ambassify.Delivery[ambassify.Person]) error { count++; return nil }),
	)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		tenant  func(*http.Request) string
		encoder string
		status  int
	}{
		"FormValue, form":   {func(r *http.Request) string { return r.FormValue("tenant") }, "qs", http.StatusRequestTimeout},
		"FormValue, JSON":   {func(r *http.Request) string { return r.FormValue("tenant") }, "", http.StatusOK},
		"URL.Query of form": {func(r *http.Request) string { return r.URL.Query().Get("tenant") }, "qs", http.StatusOK},
	}
	for name, test := range tests {
		r := ambassifytest.NewRequestWith(t, ambassifytest.Options{
			Encoder: test.encoder,
			URL:     "https://example.com/webhooks/ambassify?tenant=7",
		}, ambassify.PersonCreated)
		middleware := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if test.tenant(r) != "7" {
				t.Errorf("%s: no tenant", name)
			}
			h.ServeHTTP(w, r)
		})
		if result := envelopetest.Deliver(t, middleware, r); result.Status != test.status {
			t.Errorf("%s: %d, want %d", name, result.Status, test.status)
		}
	}
	if count != 2 {
		t.Errorf("%d deliveries", count)
	}
}

// Pitfall: gin binds by reading the body. ShouldBindBodyWith keeps the bytes, but
// does not put them back.
func TestGinBinding(t *testing.T) {
	bind := func(c *gin.Context) {
		var body struct{ EventName string }
		_ = c.ShouldBindJSON(&body)
	}
	bindAndPutBack := func(c *gin.Context) {
		var body struct{ EventName string }
		if err := c.ShouldBindBodyWithJSON(&body); err == nil {
			c.Request.Body = io.NopCloser(bytes.NewReader(c.MustGet(gin.BodyBytesKey).([]byte)))
		}
	}
	for name, test := range map[string]struct {
		middleware gin.HandlerFunc
		status     int
	}{
		"bind":              {bind, http.StatusRequestTimeout},
		"bind and put back": {bindAndPutBack, http.StatusOK},
	} {
		s := newService(t)
		gin.SetMode(gin.ReleaseMode)
		r := gin.New()
		r.POST("/webhooks/openloyalty", test.middleware, gin.WrapH(s.openloyalty))
		base := listen(t, func(l net.Listener) func() error { return serveHTTP(l, r) })
		if status := send(t, newOpenLoyaltyRequest, base, nil); status != test.status {
			t.Errorf("%s: %d, want %d", name, status, test.status)
		}
	}
}

// Fiber has read the body before any handler: to look at it does no harm.
func TestFiberBody(t *testing.T) {
	s := newService(t)
	app := fiber.New()
	var seen int
	app.Use(func(c fiber.Ctx) error {
		seen = len(c.Body())
		return c.Next()
	})
	app.Post("/webhooks/openloyalty", adapted(s.openloyalty))
	base := listen(t, func(l net.Listener) func() error { return serveFiber(l, app) })
	if status := send(t, newOpenLoyaltyRequest, base, nil); status != http.StatusOK || seen == 0 {
		t.Errorf("status %d, %d bytes seen", status, seen)
	}
}

// Pitfall: fasthttp uses the memory of a request again for the next one. What a
// delivery keeps of its header changes then, unless the handler is adapted as here.
func TestFiberUsesBuffersAgain(t *testing.T) {
	const first, second = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
	keep := func(t *testing.T, adapt func(http.Handler) fiber.Handler) *registered {
		t.Helper()
		s := newService(t)
		app := fiber.New()
		app.Post("/webhooks/openloyalty", adapt(s.openloyalty))
		base := listen(t, func(l net.Listener) func() error { return serveFiber(l, app) })
		for _, tag := range []string{first, second} {
			if status := send(t, newOpenLoyaltyRequest, base, func(r *http.Request) { r.Header.Set("X-Tag", tag) }); status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
		}
		return s.registered[0]
	}
	golden, err := envelopetest.Find(openloyalty.Name, "CustomerRegistered", "", "")
	if err != nil {
		t.Fatal(err)
	}
	lent := keep(t, adaptor.HTTPHandler)
	if got := lent.Header().Get("X-Tag"); got == first {
		t.Error("the header stays as it was: the pitfall is gone, and owned with it")
	}
	own := keep(t, adapted)
	if got := own.Header().Get("X-Tag"); got != first {
		t.Errorf("the header of an owned request changes to %q", got)
	}
	for name, d := range map[string]*registered{"lent": lent, "owned": own} {
		if !bytes.Equal(d.Raw, golden.Body) || d.Event != "CustomerRegistered" || d.Payload.CustomerData.FirstName != "Clara" {
			t.Errorf("%s: the delivery itself changes", name)
		}
	}
}

// Pitfall: http.ErrAbortHandler is a way to hang up in net/http. Through fasthttp it
// would end the program; the recover middleware makes it an answer 500.
func TestFiberAbort(t *testing.T) {
	abort := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	app := withFiber(handlers{abort, abort})
	base := listen(t, func(l net.Listener) func() error { return serveFiber(l, app) })
	for range 2 {
		if status := send(t, newOpenLoyaltyRequest, base, nil); status != http.StatusInternalServerError {
			t.Errorf("status %d", status)
		}
	}
}

// Pitfall: a function that ends its goroutine (runtime.Goexit, or FailNow of a test) is
// no success. net/http closes the connection; the adaptor says 200, if it is let.
func TestGoexit(t *testing.T) {
	for _, f := range frameworks {
		t.Run(f.name, func(t *testing.T) {
			h, err := newHandlers(func(context.Context, *registered) error {
				runtime.Goexit()
				return nil
			}, func(context.Context, *joined) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			base := listen(t, func(l net.Listener) func() error { return f.serve(l, h) })
			r, err := newOpenLoyaltyRequest(t.Context(), base)
			if err != nil {
				t.Fatal(err)
			}
			w, err := http.DefaultClient.Do(r)
			if err != nil {
				return // The connection was closed: the sender tries again.
			}
			_ = w.Body.Close()
			if w.StatusCode != http.StatusInternalServerError {
				t.Errorf("status %d", w.StatusCode)
			}
		})
	}
}

// Pitfall: fasthttp closes the connection of a body that it refuses at once, and a
// sender that still writes meets a reset instead of the answer. A lingerConn reads
// what such a sender sends, up to a bound.
func TestFiberTooLarge(t *testing.T) {
	s := newService(t)
	base := listen(t, func(l net.Listener) func() error { return serveFiber(l, withFiber(s.handlers)) })
	const fits = lingerBytes - 64<<10 // The head of the request counts, too.

	// writeFirst writes a request as a whole, and only then reads the answer.
	writeFirst := func(t *testing.T, size int) (status int, err error) {
		t.Helper()
		c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		head := fmt.Sprintf("POST /webhooks/openloyalty HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\n\r\n", size)
		if _, err := c.Write(append([]byte(head), make([]byte, size)...)); err != nil {
			return 0, err
		}
		w, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return 0, err
		}
		return w.StatusCode, w.Body.Close()
	}
	for range 10 {
		for _, size := range []int{envelope.DefaultMaxBody + 1, fits} {
			if status, err := writeFirst(t, size); status != http.StatusRequestEntityTooLarge || err != nil {
				t.Errorf("%d bytes: %d, %v", size, status, err)
			}
		}
	}
	// More than that is not read. What the sender sees then depends on its moment.
	if _, err := writeFirst(t, 16*lingerBytes); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a body without end: %v, want a connection that ends", err)
	}
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "is told 200"); n != 2*len(frameworks) {
		t.Errorf("%d deliveries taken:\n%s", n, out.String())
	}
}
