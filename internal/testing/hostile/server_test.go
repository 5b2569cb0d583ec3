package hostile_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// patience is how long a server waits for its clients.
type patience struct{ header, body, request time.Duration }

var (
	// usual are the times of examples/receiver.
	usual = patience{header: 5 * time.Second, body: envelope.DefaultReadTimeout, request: 15 * time.Second}
	// brief are times that a test can wait for.
	brief = patience{header: headerTimeout, body: bodyTimeout, request: 2 * time.Second}
)

const (
	headerTimeout = 300 * time.Millisecond
	bodyTimeout   = 400 * time.Millisecond
)

// site is a server with the handlers of all providers.
type site struct {
	server   *http.Server
	address  string
	handled  atomic.Int64 // calls of functions
	check    func(event string, payload any)
	outcomes sync.Map // envelope.Outcome to *atomic.Int64
	logs     lockedBuffer
	done     chan error
}

func newSite(t *testing.T, wait patience, maxBody int64) *site {
	t.Helper()
	s := &site{done: make(chan error, 1)}
	mux := http.NewServeMux()
	for _, p := range providers() {
		config := envelope.Options{ReadTimeout: wait.body, MaxBody: maxBody, Observer: s.observe}
		mux.Handle("/webhooks/"+p.name, p.newHandler(t, config, func(_ context.Context, event string, _, payload any) error {
			s.handled.Add(1)
			if s.check != nil {
				s.check(event, payload)
			}
			return nil
		}))
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	s.server = &http.Server{
		Handler:           mux,
		ErrorLog:          log.New(&s.logs, "", 0),
		ReadHeaderTimeout: wait.header,
		ReadTimeout:       wait.request,
		WriteTimeout:      wait.request + envelope.DefaultTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	go func() { s.done <- s.server.Serve(listener) }()
	return s
}

// close stops the server and waits for all of its goroutines.
func (s *site) close(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-s.done; err != nil && !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("serve: %v", err)
	}
}

func (s *site) observe(_ context.Context, o envelope.Observation) {
	counter, _ := s.outcomes.LoadOrStore(o.Outcome, new(atomic.Int64))
	counter.(*atomic.Int64).Add(1)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// settling is how long a process may take to be as it was before.
const settling = 30 * time.Second

// baseline is what the process uses while nothing happens.
type baseline struct {
	goroutines int
	heap       uint64
}

func measure() baseline {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return baseline{runtime.NumGoroutine(), m.HeapAlloc}
}

// returned waits until goroutines and heap are what they were before.
func (b baseline) returned(t *testing.T) {
	t.Helper()
	const slack = 4 << 20 // what pools and the runtime keep
	var now baseline
	for deadline := time.Now().Add(settling); time.Now().Before(deadline); {
		now = measure()
		if now.goroutines <= b.goroutines && now.heap <= b.heap+slack {
			t.Logf("goroutines %d before, %d after; heap %d KB before, %d KB after", b.goroutines, now.goroutines, b.heap>>10, now.heap>>10)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	stacks := make([]byte, 64<<10)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Errorf("goroutines %d before, %d after; heap %d KB before, %d KB after\n%s", b.goroutines, now.goroutines, b.heap>>10, now.heap>>10, stacks)
}

// client is one end of a connection, without the manners of net/http.
type client struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func (s *site) dial(t *testing.T) *client {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(15 * time.Second))
	return &client{t, conn, bufio.NewReader(conn)}
}

// write sends text. The server may have hung up already.
func (c *client) write(text string) { _, _ = io.WriteString(c.conn, text) }

// status reads an answer; 0 stands for a connection that was closed without one.
func (c *client) status() int {
	answer, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

// closed reports whether the server closes the connection.
func (c *client) closed() bool {
	_, err := io.Copy(io.Discard, c.r)
	if timeout := (net.Error)(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return false
	}
	return true
}

// genuine is a signed delivery as it goes over the wire: the head without its empty
// line and without a length, and the body.
func (s *site) genuine(t *testing.T, p provider) (head, body string) {
	t.Helper()
	golden := p.basicJSON(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/webhooks/"+p.name, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.prepare(t, r, golden, golden.Body)
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\n", r.URL.RequestURI(), s.address)
	_ = r.Header.Write(&b)
	return b.String(), string(golden.Body)
}

func length(n int) string { return "Content-Length: " + strconv.Itoa(n) + "\r\n" }

const chunked = "Transfer-Encoding: chunked\r\n"

func chunk(text string) string {
	return strconv.FormatInt(int64(len(text)), 16) + "\r\n" + text + "\r\n"
}

// Clients that are slow, broken or mischievous. Each gets the answer that it
// should, none has a function called for what it did not send completely, and all
// of them together leave nothing behind.
func TestBrokenClients(t *testing.T) {
	before := measure()
	s := newSite(t, brief, 0)
	each(t, func(t *testing.T, p provider) {
		head, body := s.genuine(t, p)
		tests := []struct {
			name    string
			talk    func(c *client)
			want    []int // answers; 0 for a closed connection
			handled int64
		}{
			{"sound", func(c *client) { c.write(head + length(len(body)) + "\r\n" + body) }, []int{200}, 1},
			{"slow header", func(c *client) { c.write(head[:40]) }, []int{0}, 0},
			{"header drop by drop", func(c *client) {
				for i := range 40 {
					c.write("X-Drop: " + strconv.Itoa(i) + "\r\n")
					time.Sleep(headerTimeout / 10)
				}
			}, []int{400}, 0},
			{"slow body", func(c *client) { c.write(head + length(len(body)) + "\r\n" + body[:10]) }, []int{408, 0}, 0},
			{"body drop by drop", func(c *client) {
				c.write(head + length(len(body)) + "\r\n")
				for i := range 30 {
					c.write(body[i : i+1])
					time.Sleep(bodyTimeout / 10)
				}
			}, []int{408, 0}, 0},
			{"half closed in the header", func(c *client) { c.write(head[:40]); c.closeWrite() }, []int{0}, 0},
			{"half closed in the body", func(c *client) {
				c.write(head + length(len(body)) + "\r\n" + body[:10])
				c.closeWrite()
			}, []int{408, 0}, 0},
			{"half closed behind the body", func(c *client) { c.write(head + length(len(body)) + "\r\n" + body); c.closeWrite() }, []int{200}, 1},
			{"length too long", func(c *client) { c.write(head + length(len(body)+1) + "\r\n" + body) }, []int{408, 0}, 0},
			{"length beyond the limit", func(c *client) { c.write(head + "Content-Length: 1099511627776\r\n\r\n" + body) }, []int{413, 0}, 0},
			{"length negative", func(c *client) { c.write(head + "Content-Length: -1\r\n\r\n" + body) }, []int{400, 0}, 0},
			{"length no number", func(c *client) { c.write(head + "Content-Length: 0x10\r\n\r\n" + body) }, []int{400, 0}, 0},
			{"two lengths", func(c *client) { c.write(head + length(len(body)) + length(3) + "\r\n" + body) }, []int{400, 0}, 0},
			{"chunked", func(c *client) { c.write(head + chunked + "\r\n" + chunk(body[:5]) + chunk(body[5:]) + "0\r\n\r\n") }, []int{200}, 1},
			{"chunked, byte by byte", func(c *client) {
				var b strings.Builder
				for i := range len(body) {
					b.WriteString(chunk(body[i : i+1]))
				}
				c.write(head + chunked + "\r\n" + b.String() + "0\r\n\r\n")
			}, []int{200}, 1},
			{"chunk longer than it says", func(c *client) { c.write(head + chunked + "\r\n5\r\n" + body + "\r\n0\r\n\r\n") }, []int{408, 0}, 0},
			{"chunk shorter than it says", func(c *client) { c.write(head + chunked + "\r\nffff\r\n" + body + "\r\n0\r\n\r\n") }, []int{408, 0}, 0},
			{"chunk of no number", func(c *client) { c.write(head + chunked + "\r\nzz\r\n" + body + "\r\n0\r\n\r\n") }, []int{408, 0}, 0},
			{"chunk of 2^63", func(c *client) { c.write(head + chunked + "\r\n8000000000000000\r\n" + body) }, []int{408, 0}, 0},
			{"chunks without end", func(c *client) { c.write(head + chunked + "\r\n" + chunk(body)) }, []int{408, 0}, 0},
			{"chunks beyond the limit", func(c *client) {
				c.write(head + chunked + "\r\n")
				for range 20 {
					c.write(chunk(strings.Repeat(" ", 64<<10)))
				}
			}, []int{413, 0}, 0},
			{"a chunk with a long extension", func(c *client) {
				c.write(head + chunked + "\r\n1;" + strings.Repeat("x", 64<<10) + "\r\n{\r\n0\r\n\r\n")
			}, []int{408, 0}, 0},
			{"length and chunks", func(c *client) { c.write(head + length(3) + chunked + "\r\n" + chunk(body) + "0\r\n\r\n") }, []int{200}, 1}, // The length does not count.
			{"expects to be asked", func(c *client) {
				c.write(head + length(len(body)) + "Expect: 100-continue\r\n\r\n")
				if got := c.status(); got != 100 {
					c.t.Errorf("status %d, want 100", got)
				}
				c.write(body)
			}, []int{200}, 1},
			{"expects, and is too large", func(c *client) { c.write(head + length(1<<30) + "Expect: 100-continue\r\n\r\n") }, []int{413, 0}, 0},
			{"expects, and goes silent", func(c *client) {
				c.write(head + length(len(body)) + "Expect: 100-continue\r\n\r\n")
				c.status()
			}, []int{408, 0}, 0},
			{"expects something else", func(c *client) { c.write(head + length(len(body)) + "Expect: a miracle\r\n\r\n" + body) }, []int{417, 0}, 0},
			{"trailers", func(c *client) {
				c.write(head + chunked + "Trailer: X-Sum\r\n\r\n" + chunk(body) + "0\r\nX-Sum: 1\r\n\r\n")
			}, []int{200}, 1},
			{"a signature in the trailer", func(c *client) {
				c.write(unsigned(head) + chunked + "Trailer: X-Webhook-Signature, X-Mambo-Signature\r\n\r\n" + chunk(body) + "0\r\n" +
					"X-Webhook-Signature: " + strings.Repeat("a", 64) + "\r\nX-Mambo-Signature: t=1,v1=a\r\n\r\n")
			}, []int{401}, 0},
			{"trailers without end", func(c *client) {
				c.write(head + chunked + "\r\n" + chunk(body) + "0\r\n" + strings.Repeat("X-T: y\r\n", 10_000))
			}, []int{408, 0}, 0},
			{"pipelined", func(c *client) {
				one := head + length(len(body)) + "\r\n" + body
				c.write(one + unsigned(head) + length(2) + "\r\n{}" + one + one)
			}, []int{200, 401, 200, 200}, 3},
			{"pipelined, the second one broken", func(c *client) {
				one := head + length(len(body)) + "\r\n" + body
				c.write(one + "POST / NONSENSE\r\n\r\n")
			}, []int{200, 400, 0}, 1},
			{"a huge header", func(c *client) { c.write(head + "X-Huge: " + strings.Repeat("h", 64<<10) + "\r\n\r\n") }, []int{431, 0}, 0},
			{"nonsense", func(c *client) { c.write("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n") }, []int{400, 0}, 0},
			{"nothing", func(*client) {}, []int{0}, 0},
			{"gone", func(c *client) { c.write(head + length(len(body)) + "\r\n" + body[:20]); _ = c.conn.Close() }, nil, 0},
			{"method", func(c *client) { c.write(strings.Replace(head, "POST", "PUT", 1) + length(2) + "\r\n{}") }, []int{405}, 0},
			{"compressed", func(c *client) {
				c.write(head + "Content-Encoding: gzip\r\n" + length(len(body)) + "\r\n" + body)
			}, []int{415}, 0},
		}
		var group sync.WaitGroup // Most of them wait, so that all wait at once.
		called := s.handled.Load()
		var handled int64
		for _, tt := range tests {
			handled += tt.handled
			c := s.dial(t)
			group.Go(func() {
				tt.talk(c)
				for i, want := range tt.want {
					if want == 0 {
						if !c.closed() {
							t.Errorf("%s: the connection stays open", tt.name)
						}
						continue
					}
					if got := c.status(); got != want && !(got == 0 && want >= 400) { // A reset may overtake the answer.
						t.Errorf("%s: answer %d has status %d, want %d", tt.name, i, got, want)
					}
				}
				_ = c.conn.Close()
			})
		}
		group.Wait()
		if got := s.handled.Load() - called; got != handled {
			t.Errorf("%d deliveries were handled, want %d", got, handled)
		}
	})
	s.close(t)
	search(t, "broken clients", map[string]string{"the server's log": s.logs.String()})
	if logs := s.logs.String(); strings.Contains(logs, "panic") {
		t.Error(logs)
	}
	before.returned(t)
}

func (c *client) closeWrite() {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// unsigned is a head without anything that proves where it comes from.
func unsigned(head string) string {
	var kept []string
	for line := range strings.SplitSeq(strings.TrimSuffix(head, "\r\n"), "\r\n") {
		name := strings.ToLower(line)
		if !strings.Contains(name, "signature") && !strings.Contains(name, "x-webhook") {
			kept = append(kept, line)
		}
	}
	first, _, found := strings.Cut(kept[0], "?")
	if found {
		kept[0] = first + " HTTP/1.1"
	}
	return strings.Join(kept, "\r\n") + "\r\n"
}

// Thousands of connections that do nothing do not keep deliveries from being
// handled, and leave nothing behind. What the first ones leave, in pools and in the
// room of maps, serves the next ones.
func TestIdleConnections(t *testing.T) {
	n := 500
	if os.Getenv("LOYALTYHOOKS_SOAK") != "" {
		n = 10_000
	}
	if limit := raiseFileLimit(t, n+200); limit < n+200 {
		t.Fatalf("the process may open %d files only", limit)
	}
	s := newSite(t, usual, 0)
	s.holdIdle(t, n)
	before := measure()
	s.holdIdle(t, n)
	before.returned(t)
	s.close(t)
}

// holdIdle lets a client open connections, each with one delivery, so that the
// server keeps them as idle ones; sends deliveries beside them; and closes them.
func (s *site) holdIdle(t *testing.T, n int) {
	t.Helper()
	start := measure()
	p := providers()[0]
	head, body := s.genuine(t, p)
	client := exec.CommandContext(t.Context(), os.Args[0])
	client.Env = append(os.Environ(), holder+"="+strconv.Itoa(n), "GOCOVERDIR="+t.TempDir())
	input, err := client.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := client.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal([]string{s.address, head + length(len(body)) + "\r\n" + body})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := input.Write(append(request, '\n')); err != nil {
		t.Fatal(err)
	}
	if said, err := bufio.NewReader(output).ReadString('\n'); said != "held\n" {
		t.Fatalf("the client says %q, %v", said, err)
	}
	during := measure()
	t.Logf("%d idle connections: %d goroutines, heap %d KB more", n, during.goroutines, (int64(during.heap)-int64(start.heap))>>10)
	if during.goroutines-start.goroutines < n {
		t.Errorf("%d goroutines for %d connections", during.goroutines, n)
	}
	for range 20 {
		c := s.dial(t)
		c.write(head + length(len(body)) + "\r\n" + body)
		if got := c.status(); got != http.StatusOK {
			t.Errorf("beside idle connections: status %d", got)
		}
		_ = c.conn.Close()
	}
	_ = input.Close()
	if err := client.Wait(); err != nil {
		t.Errorf("the client: %v", err)
	}
	for deadline := time.Now().Add(settling); runtime.NumGoroutine() > start.goroutines; { // Until the server has noticed.
		if time.Now().After(deadline) {
			t.Fatalf("goroutines %d before, %d after %d connections", start.goroutines, runtime.NumGoroutine(), n)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// holder is the variable that makes a process of this test the client of holdIdle:
// both ends of so many connections are more than one process may open. Its value is
// the number of connections.
const holder = "LOYALTYHOOKS_HOLD"

func TestMain(m *testing.M) {
	if os.Getenv(holder) == "" {
		os.Exit(m.Run())
	}
	if err := hold(os.Stdin, os.Stdout); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// hold opens connections, gets an answer on each, says so, and closes them when its
// input ends.
func hold(in io.Reader, out io.Writer) error {
	n, err := strconv.Atoi(os.Getenv(holder))
	if err != nil {
		return err
	}
	input := json.NewDecoder(in)
	var request [2]string // address and text
	if err := input.Decode(&request); err != nil {
		return err
	}
	for i := range n {
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", request[0])
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, request[1]); err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
			return fmt.Errorf("connection %d: status %d, %w", i, answer.StatusCode, err)
		}
	}
	if _, err := fmt.Fprintln(out, "held"); err != nil {
		return err
	}
	if err := input.Decode(&request); !errors.Is(err, io.EOF) {
		return errors.New("more input")
	}
	return nil
}
