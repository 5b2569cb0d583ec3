package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/examples/receiver/inspector"
)

// sendTimeout is longer than a function may take.
const sendTimeout = envelope.DefaultTimeout + 10*time.Second

// sender sends deliveries to the receiver over HTTP, as a provider would.
type sender struct {
	receiver *receiver
	url      string // of the receiver, without a path
	trust    *tls.Config
}

// newSender makes a sender for a receiver that listens at an address, with the
// certificate that it serves if it has one.
func newSender(rc *receiver, address net.Addr, certificate *x509.Certificate) *sender {
	s := &sender{receiver: rc, url: "http://" + reachable(address)}
	if certificate != nil {
		s.url = "https://" + reachable(address)
		s.trust = trusting(certificate)
	}
	return s
}

// reachable is an address to connect to for one that may mean all of the machine.
func reachable(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address.String()
}

// trusting trusts one certificate, whoever signed it, under the name that it has.
func trusting(certificate *x509.Certificate) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	config := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	if len(certificate.DNSNames) > 0 {
		config.ServerName = certificate.DNSNames[0]
	} else if len(certificate.IPAddresses) > 0 {
		config.ServerName = certificate.IPAddresses[0].String()
	}
	return config
}

// golden sends a bundled delivery, signed by settings, and gives what the receiver
// wrote down of it.
func (s *sender) golden(ctx context.Context, m mounted, g envelopetest.Golden, settings cli.Settings, source inspector.Source) (*inspector.Delivery, error) {
	r, err := m.request(g, settings, m.at(s.url))
	if err != nil {
		return nil, err
	}
	return s.deliver(ctx, r, source)
}

var errNotServed = errors.New("the provider is not served")

// again sends a delivery of the history: signed anew, or with what it came with.
func (s *sender) again(ctx context.Context, d *inspector.Delivery, sign bool) (*inspector.Delivery, error) {
	m, ok := s.receiver.find(d.Provider)
	if !ok {
		return nil, errNotServed
	}
	if sign {
		g := envelopetest.Golden{Provider: d.Provider, Event: d.Event, ContentType: d.Header.Get("Content-Type"), Body: d.Raw}
		return s.golden(ctx, m, g, m.settings, inspector.FromReplay)
	}
	target, err := url.Parse(s.url + d.Target)
	if err != nil {
		return nil, errors.New("the delivery's URL can not be sent")
	}
	r := &http.Request{
		Method:        d.Method,
		URL:           target,
		Host:          d.Host,
		Header:        d.Header.Clone(),
		Body:          io.NopCloser(bytes.NewReader(d.Raw)),
		ContentLength: int64(len(d.Raw)),
	}
	return s.deliver(ctx, r, inspector.FromReplay)
}

// deliver sends a request on a connection of its own and waits for the answer. What
// the receiver wrote down is what the sender was told.
func (s *sender) deliver(ctx context.Context, r *http.Request, source inspector.Source) (*inspector.Delivery, error) {
	t := newTicket(source)
	r = r.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) { s.receiver.sent.give(c.Conn.LocalAddr().String(), t) },
	}))
	r.RequestURI = "" // Set in requests that a server has got.
	transport := &http.Transport{TLSClientConfig: s.trust}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport, Timeout: sendTimeout}).Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return nil, err
	}
	select {
	case d := <-t.came: // It is written down after the answer.
		if d.Status == answer.StatusCode {
			return d, nil
		}
	case <-time.After(sendTimeout):
	case <-ctx.Done():
	}
	return nil, fmt.Errorf("answer %s did not come from a delivery", answer.Status)
}

// tickets tell the receiver's own deliveries from those of others, by the connection
// that they come on: nothing is added to the request.
type tickets struct{ byAddress sync.Map }

// ticket is one delivery of the receiver's own.
type ticket struct {
	source inspector.Source
	came   chan *inspector.Delivery // once
}

func newTicket(source inspector.Source) *ticket {
	return &ticket{source: source, came: make(chan *inspector.Delivery, 1)}
}

func (t *tickets) give(address string, ticket *ticket) { t.byAddress.Store(address, ticket) }

// take gives the ticket of a connection, or one for a delivery from outside.
func (t *tickets) take(address string) *ticket {
	if own, ok := t.byAddress.LoadAndDelete(address); ok {
		return own.(*ticket)
	}
	return newTicket("")
}

// newSecret makes a secret that every provider takes: 32 random bytes in hex.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // It never fails.
	return hex.EncodeToString(b[:])
}
