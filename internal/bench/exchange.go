package bench

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
)

// exchange sends one request again and again, and forgets the answers. It
// allocates nothing, so that allocations are the handler's.
type exchange struct {
	request http.Request
	bytes   []byte
	body    body
	answer  answer
}

func newExchange(header http.Header, target string, text []byte) *exchange {
	u, err := url.Parse(target)
	if err != nil {
		panic(err) // Targets are constants.
	}
	return &exchange{
		request: http.Request{
			Method:        http.MethodPost,
			URL:           u,
			Host:          u.Host,
			Proto:         "HTTP/1.1",
			ProtoMajor:    1,
			ProtoMinor:    1,
			Header:        header,
			ContentLength: int64(len(text)),
		},
		bytes:  text,
		answer: answer{header: http.Header{}},
	}
}

// exchangeOf is an exchange of a request that a test kit made.
func exchangeOf(r *http.Request) (*exchange, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return newExchange(r.Header, r.URL.String(), text), nil
}

// do runs the request through a handler and gives the status.
func (e *exchange) do(h http.Handler) int {
	e.body.Reset(e.bytes)
	e.request.Body = &e.body
	e.answer.status = 0
	h.ServeHTTP(&e.answer, &e.request)
	return e.answer.status
}

// series is the exchanges of the variants of one body, in turn.
type series struct {
	list []*exchange
	next int
}

// seriesOf makes the exchange of each variant.
func seriesOf(texts [][]byte, newExchange func([]byte) (*exchange, error)) (*series, error) {
	s := &series{list: make([]*exchange, len(texts))}
	for i, text := range texts {
		var err error
		if s.list[i], err = newExchange(text); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// turn is the exchange whose turn it is.
func (s *series) turn() *exchange {
	e := s.list[s.next]
	if s.next++; s.next == len(s.list) {
		s.next = 0
	}
	return e
}

type body struct{ bytes.Reader }

func (*body) Close() error { return nil }

type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(p), nil
}
