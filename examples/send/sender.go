package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

// sender sends deliveries to one receiver.
type sender struct {
	options
	client *http.Client
}

func newSender(o options) *sender {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 0
	transport.MaxIdleConnsPerHost = o.c
	return &sender{o, &http.Client{
		Transport: transport,
		Timeout:   o.timeout,
		// A webhook is not sent to another place than the one it was set up for.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// result is what became of one delivery.
type result struct {
	status    int             // of the last answer; 0 if there was none
	err       error           // why there was none
	latencies []time.Duration // of each attempt
}

func (r result) taken() bool { return r.status >= 200 && r.status <= 299 }

// String is the answer, or why there was none.
func (r result) String() string {
	text := strconv.Itoa(r.status)
	if r.err != nil {
		text = fmt.Sprintf("no answer (%v)", r.err)
	}
	if tries := len(r.latencies); tries > 1 {
		text += fmt.Sprintf(" at attempt %d", tries)
	}
	return text
}

// deliver sends a delivery, and once more if the provider does so. What is on its
// way is not cut short when ctx ends; the client's timeout bounds it.
func (s *sender) deliver(ctx context.Context, d delivery, body []byte) result {
	var r result
	s.attempt(d, body, &r)
	if s.retry && s.provider.Retries != nil && s.provider.Retries(r.status) && ctx.Err() == nil {
		if s.provider.Attempt != nil {
			body = s.provider.Attempt(body, cli.SameMessage)
		}
		s.attempt(d, body, &r)
	}
	return r
}

func (s *sender) attempt(d delivery, body []byte, result *result) {
	start := time.Now()
	result.status, result.err = 0, nil
	r, err := s.request(d, body)
	if err == nil {
		start = time.Now() // Signing is not the receiver's time.
		result.status, err = s.post(r)
	}
	result.err = err
	result.latencies = append(result.latencies, time.Since(start))
}

// request makes the request of one attempt, signed now.
func (s *sender) request(d delivery, body []byte) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodPost, s.url, bytes.NewReader(body)) //nolint:gosec // To send to any URL is what the program is for.
	if err != nil {
		return nil, errors.New("-url is not a URL")
	}
	r.Header.Set("User-Agent", "loyaltyhooks-send")
	if d.contentType != "" {
		r.Header.Set("Content-Type", d.contentType)
	}
	if s.provider.EventHeader != "" && d.event != "" {
		r.Header.Set(s.provider.EventHeader, d.event)
	}
	if s.secret == "" {
		return r, nil
	}
	return r, s.provider.Sign(cli.Settings{Secrets: []string{s.secret}}, envelope.Options{}, r, body)
}

// maxAnswer bounds what is read of an answer, so that its connection can be used
// again.
const maxAnswer = 64 << 10

func (s *sender) post(r *http.Request) (status int, err error) {
	answer, err := s.client.Do(r) //nolint:gosec // As above.
	if err != nil {
		var failure *url.Error
		if errors.As(err, &failure) {
			err = failure.Err // Without the URL, which may hold the secret.
		}
		return 0, err
	}
	defer answer.Body.Close()
	// The status has come; what is wrong with the rest does not matter to a sender.
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	return answer.StatusCode, nil
}
