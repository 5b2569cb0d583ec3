// Package cli is what the programs inspect and send have in common: the four
// providers behind one shape, whatever their types.
package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/mambo/mambotest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// Provider is one provider of the library.
type Provider struct {
	Name   string
	Events map[string]string // name of each known event, and the Go type of its payload

	// NewHandler makes the provider's handler with one function for all events,
	// known or not.
	NewHandler func(settings Settings, config envelope.Options, fn Func) (*envelope.Handler, error)

	// Sign proves the origin of a request as the provider does, with the first secret.
	Sign func(settings Settings, options envelope.Options, r *http.Request, body []byte) error

	// EventHeader is the header that names the event, if the body does not.
	EventHeader string

	// Attempt gives a body the id of another attempt to deliver the same message, or
	// a new one. It is nil where bodies carry no such ids.
	Attempt func(body []byte, message Message) []byte

	// Retries says whether a delivery that was answered by this status comes once
	// more; 0 stands for no answer. It is nil where the provider documents none.
	Retries func(status int) bool
}

// Message says what an attempt delivers.
type Message bool

// The messages of an attempt.
const (
	SameMessage Message = false
	NewMessage  Message = true
)

// Delivery is what every envelope.Delivery has, without its types.
type Delivery struct {
	Event      string
	Meta       any
	Payload    any // a pointer to the payload, or json.RawMessage
	Violations []envelope.Violation
}

// Func takes the deliveries of any event.
type Func func(Delivery) error

// Find gives the provider of a name.
func Find(name string) (Provider, error) {
	names := make([]string, len(providers))
	for i, p := range providers {
		if p.Name == name {
			return p, nil
		}
		names[i] = p.Name
	}
	if name == "" {
		return Provider{}, fmt.Errorf("-provider is missing: one of %s", strings.Join(names, ", "))
	}
	return Provider{}, fmt.Errorf("unknown provider %q: choose one of %s", name, strings.Join(names, ", "))
}

// Providers lists all of them.
func Providers() []Provider { return providers }

var providers = []Provider{
	describe(
		Provider{
			Name:        mambo.Name,
			EventHeader: mambotest.EventHeader,
			Retries:     func(status int) bool { return status < 200 || status > 299 },
		},
		Settings.Mambo, mambo.NewHandler, mambo.Sign, mambo.Events(),
	),
	describe(
		Provider{Name: ambassify.Name},
		Settings.Ambassify, ambassify.NewHandler, ambassify.Sign, ambassify.Events(),
	),
	describe(
		Provider{Name: masivo.Name},
		Settings.Masivo, masivo.NewHandler, masivo.Sign, masivo.Events(),
	),
	describe(
		Provider{
			Name:    openloyalty.Name,
			Attempt: attemptOpenLoyalty,
			Retries: func(status int) bool { return status >= 400 },
		},
		Settings.OpenLoyalty, openloyalty.NewHandler, openloyalty.Sign, openloyalty.Events(),
	),
}

// describe completes a Provider by the functions of its package.
func describe[C, M any](
	p Provider,
	config func(Settings, envelope.Options) C,
	newHandler func(C, ...envelope.Route[M]) (*envelope.Handler, error),
	sign func(C, *http.Request, []byte) error,
	events []envelope.AnyEvent[M],
) Provider {
	p.Events = make(map[string]string, len(events))
	for _, event := range events {
		p.Events[event.Name()] = event.Payload().String()
	}
	p.NewHandler = func(settings Settings, options envelope.Options, fn Func) (*envelope.Handler, error) {
		return newHandler(config(settings, options), routes(events, fn)...)
	}
	p.Sign = func(settings Settings, options envelope.Options, r *http.Request, body []byte) error {
		return sign(config(settings, options), r, body)
	}
	return p
}

// routes sends all events to one function.
func routes[M any](events []envelope.AnyEvent[M], fn Func) []envelope.Route[M] {
	list := []envelope.Route[M]{envelope.Fallback(call[M, json.RawMessage](fn))}
	for _, event := range events {
		list = append(list, event.Handle(call[M, any](fn)))
	}
	return list
}

func call[M, T any](fn Func) envelope.Func[M, T] {
	return func(_ context.Context, d *envelope.Delivery[M, T]) error {
		return fn(Delivery{Event: d.Event, Meta: d.Meta, Payload: d.Payload, Violations: d.Violations})
	}
}
