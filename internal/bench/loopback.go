package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	webhooks "github.com/go-playground/webhooks/v6/github"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Bare is the server that only reads and answers.
const Bare = "bare"

// Server is a whole HTTP server on the loopback interface.
type Server struct {
	Name string

	http http.Server
	addr string
	done chan error
}

// Load is what a server did under load.
type Load struct {
	PerSecond float64 // requests
	P50, P99  time.Duration
	CPU       time.Duration // processor time for a request, the client's included
}

// Servers starts what is compared over HTTP: the library, the floor handler and
// the bare one, all with the same bytes. Close each.
func Servers() ([]*Server, error) {
	library, err := newLibrary(envelope.Options{}, ignore[*webhooks.IssuesPayload], "issues")
	if err != nil {
		return nil, err
	}
	servers := []*Server{
		newServer(Library, library),
		newServer(Floor, newFloor(newSignature().verify, ignore[*webhooks.IssuesPayload])),
		newServer(Bare, newBare()),
	}
	for i, s := range servers {
		if err := s.start(); err != nil {
			for _, started := range servers[:i] {
				err = errors.Join(err, started.Close())
			}
			return nil, err
		}
	}
	return servers, nil
}

func newServer(name string, h http.Handler) *Server {
	return &Server{Name: name, http: http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}}
}

func (s *Server) start() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.addr = listener.Addr().String()
	s.done = make(chan error, 1)
	go func() { s.done <- s.http.Serve(listener) }()
	return nil
}

// Close stops the server.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Measure sends requests over connections that are kept alive, one after another
// on each. The client writes prepared bytes and looks at the status line only, so
// that it takes as little of the machine as it can.
func (s *Server) Measure(requests, connections int) (Load, error) {
	texts, err := wireTexts(newIssuesSeries)
	if err != nil {
		return Load{}, err
	}
	clients := make([]*client, connections)
	for i := range clients {
		conn, err := net.DialTimeout("tcp", s.addr, 10*time.Second)
		if err != nil {
			return Load{}, err
		}
		defer func() { _ = conn.Close() }()
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			return Load{}, err
		}
		clients[i] = &client{conn: conn, took: make([]time.Duration, 0, requests/connections)}
	}
	start, before := time.Now(), cpuTime()
	var group sync.WaitGroup
	for _, c := range clients {
		group.Go(func() { c.run(texts) })
	}
	group.Wait()
	elapsed, cpu := time.Since(start), cpuTime()-before
	var took []time.Duration
	for _, c := range clients {
		if c.err != nil {
			return Load{}, c.err
		}
		took = append(took, c.took...)
	}
	slices.Sort(took)
	return Load{
		PerSecond: float64(len(took)) / elapsed.Seconds(),
		P50:       took[len(took)/2],
		P99:       took[len(took)*99/100],
		CPU:       cpu / time.Duration(len(took)),
	}, nil
}

// wireTexts are the bytes of each request of a series.
func wireTexts(newSeries func() (*series, error)) ([][]byte, error) {
	s, err := newSeries()
	if err != nil {
		return nil, err
	}
	texts := make([][]byte, len(s.list))
	for i, e := range s.list {
		if texts[i], err = wireBytes(e); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// wireBytes are the bytes of a request.
func wireBytes(e *exchange) ([]byte, error) {
	var b bytes.Buffer
	e.request.Body = io.NopCloser(bytes.NewReader(e.bytes))
	err := e.request.Write(&b)
	return b.Bytes(), err
}

type client struct {
	conn   net.Conn
	answer [4096]byte
	took   []time.Duration // of each request; its capacity is how many to send
	err    error
}

func (c *client) run(texts [][]byte) {
	for len(c.took) < cap(c.took) && c.err == nil {
		text := texts[len(c.took)%len(texts)]
		start := time.Now()
		c.err = c.send(text)
		c.took = append(c.took, time.Since(start))
	}
}

var (
	statusOK  = []byte("HTTP/1.1 200 ")
	endOfHead = []byte("\r\n\r\n")
)

// send sends one request and reads an answer that has no body.
func (c *client) send(text []byte) error {
	if _, err := c.conn.Write(text); err != nil {
		return err
	}
	n := 0
	for !bytes.HasSuffix(c.answer[:n], endOfHead) {
		more, err := c.conn.Read(c.answer[n:])
		if err != nil {
			return err
		}
		n += more
	}
	if !bytes.HasPrefix(c.answer[:n], statusOK) {
		return fmt.Errorf("answer %q", c.answer[:min(n, 64)])
	}
	return nil
}
