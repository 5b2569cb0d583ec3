package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/examples/receiver/inspector"
)

// What the inspector keeps, and what one provider may keep busy at once.
const (
	historyDeliveries = 500
	historyBytes      = 32 << 20
	maxConcurrent     = 64
)

// receiver serves the providers that have a secret.
type receiver struct {
	mounted []mounted
	history *inspector.History
	mux     *http.ServeMux
	sent    tickets
	tell    func(*inspector.Delivery) // is told every delivery
}

// mounted is a provider at work.
type mounted struct {
	provider
	settings cli.Settings
	handler  *envelope.Handler
}

// at is the URL that deliveries are sent to, under that of the receiver. {name} in it
// stands for a path value.
func (m mounted) at(url string) string {
	if name := m.settings.PathValue(); name != "" {
		return url + m.path() + "/{" + name + "}"
	}
	return url + m.path()
}

// newReceiver mounts the providers for whose settings there is a secret. The functions
// of the events in without are left out.
func newReceiver(settingsOf func(provider) cli.Settings, without []string, tell func(*inspector.Delivery)) (*receiver, error) {
	rc := &receiver{
		history: inspector.NewHistory(historyDeliveries, historyBytes),
		mux:     http.NewServeMux(),
		tell:    tell,
	}
	for _, p := range providers {
		if settings := settingsOf(p); len(settings.Secrets) > 0 {
			if err := rc.mount(p, settings, without); err != nil {
				return nil, err
			}
		}
	}
	return rc, nil
}

func (rc *receiver) mount(p provider, settings cli.Settings, without []string) error {
	config := envelope.Options{
		MaxConcurrent: maxConcurrent,
		Observer:      func(ctx context.Context, o envelope.Observation) { visitOf(ctx).observe(o) },
		Drift:         func(ctx context.Context, r envelope.DriftReport) { visitOf(ctx).drifted(r) },
		Refused:       func(ctx context.Context, r *envelope.Refusal) { visitOf(ctx).refused(r) },
	}
	h, err := p.newHandler(settings, config, func(event string) bool { return !slices.Contains(without, event) })
	if err != nil {
		return err
	}
	m := mounted{p, settings, h}
	rc.mounted = append(rc.mounted, m)
	rc.mux.Handle(p.path(), rc.watch(p, h))
	if name := settings.PathValue(); name != "" {
		if name == "event" && p.suffix != "" {
			return errors.New("the path value event has the name of the event")
		}
		rc.mux.Handle(m.at(""), rc.watch(p, h))
	}
	if p.suffix != "" {
		rc.mux.Handle(p.path()+p.suffix, rc.watch(p, h))
	}
	return nil
}

func (rc *receiver) find(name string) (mounted, bool) {
	for _, m := range rc.mounted {
		if m.name == name {
			return m, true
		}
	}
	return mounted{}, false
}

// newPage makes the live page.
func newPage(rc *receiver, s *sender, anyone bool) *inspector.Inspector {
	config := inspector.Config{
		History: rc.history,
		URL:     s.url,
		Anyone:  anyone,
		Send: func(ctx context.Context, g envelopetest.Golden, forged bool) (int64, error) {
			m, ok := rc.find(g.Provider)
			if !ok {
				return 0, errNotServed
			}
			settings, source := m.settings, inspector.FromSample
			if forged {
				settings.Secrets, source = []string{newSecret()}, inspector.FromForgery
			}
			return idOf(s.golden(ctx, m, g, settings, source))
		},
		Replay: func(ctx context.Context, d *inspector.Delivery, sign bool) (int64, error) {
			return idOf(s.again(ctx, d, sign))
		},
	}
	for _, m := range rc.mounted {
		config.Providers = append(config.Providers, inspector.Provider{
			Name: m.name, Path: m.path(), Secret: m.settings.Secrets[0], Variable: m.variable(),
			SecretInPath: m.settings.PathValue() != "", SecretHeader: m.settings.SecretHeader(),
		})
	}
	return inspector.New(config, newSecret())
}

func idOf(d *inspector.Delivery, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return d.ID, nil
}

// drain refuses new deliveries and waits for those that are being handled.
func (rc *receiver) drain(ctx context.Context) error {
	errs := make([]error, len(rc.mounted))
	var group sync.WaitGroup
	for i, m := range rc.mounted {
		group.Go(func() {
			if err := m.handler.Shutdown(ctx); err != nil {
				errs[i] = fmt.Errorf("%s: %w", m.name, err)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// visit is what is written down of one delivery on its way through a handler. The
// handler's hooks and functions find it in their context.
type visit struct{ *inspector.Delivery }

type visitKey struct{}

func visitOf(ctx context.Context) visit {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v
}

func (v visit) observe(o envelope.Observation) {
	v.Event, v.Known = o.Event, o.Known
	v.Outcome, v.Status, v.Duration, v.Err = o.Outcome, o.Status, o.Duration, o.Err
}

// refused keeps what can explain the refusal, once somebody asks.
func (v visit) refused(r *envelope.Refusal) { v.Why = sync.OnceValue(r.Explain) }

func (v visit) drifted(r envelope.DriftReport) { v.Drift, v.DriftTotal = r.Drift, r.Total }

// watch writes down every delivery that a handler gets.
func (rc *receiver) watch(p provider, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ticket := rc.sent.take(r.RemoteAddr)
		v := visit{&inspector.Delivery{
			At:       time.Now(),
			Source:   ticket.source,
			Provider: p.name,
			Method:   r.Method,
			Host:     r.Host,
			Target:   r.URL.RequestURI(),
			Header:   r.Header.Clone(),
		}}
		body := &copied{ReadCloser: r.Body}
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(envelope.DefaultReadTimeout))
		body.fill()
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		r.Body = body
		h.ServeHTTP(w, r)
		v.Raw, v.Partial = body.text, !body.ended
		v.PayloadAt = p.payload(v.Event)
		rc.history.Add(v.Delivery)
		ticket.came <- v.Delivery
		rc.tell(v.Delivery)
	})
}

// copied keeps what was read of a body.
type copied struct {
	io.ReadCloser
	text  []byte
	next  int   // of the text, for the handler
	err   error // what came behind the text
	ended bool
}

// fill reads the body, as far as the handler would: a delivery that is refused before its
// body is read can be looked at too.
func (c *copied) fill() {
	c.text, c.err = io.ReadAll(io.LimitReader(c.ReadCloser, envelope.DefaultMaxBody))
	c.ended = c.err == nil && len(c.text) < envelope.DefaultMaxBody
}

func (c *copied) Read(p []byte) (int, error) {
	if c.next == len(c.text) && c.err == nil {
		more := make([]byte, len(p))
		n, err := c.ReadCloser.Read(more)
		c.text, c.err = append(c.text, more[:n]...), err
		c.ended = c.ended || errors.Is(err, io.EOF)
	}
	n := copy(p, c.text[c.next:])
	if c.next += n; c.next == len(c.text) {
		return n, c.err
	}
	return n, nil
}
