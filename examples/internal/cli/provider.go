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
	NewHandler func(secrets []string, config envelope.Options, fn Func) (*envelope.Handler, error)

	// Sign proves the origin of a request as the provider does, now.
	Sign func(r *http.Request, body []byte, secret string) error

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
	{
		Name:   mambo.Name,
		Events: typesOf(mambo.Events()),
		NewHandler: func(secrets []string, config envelope.Options, fn Func) (*envelope.Handler, error) {
			return mambo.NewHandler(mambo.Config{Secrets: secrets, Options: config}, routes(mambo.Events(), fn)...)
		},
		Sign: func(r *http.Request, body []byte, secret string) error {
			return mambo.Sign(mambo.Config{Secrets: []string{secret}}, r, body)
		},
		EventHeader: mambotest.EventHeader,
		Retries:     func(status int) bool { return status < 200 || status > 299 },
	},
	{
		Name:   ambassify.Name,
		Events: typesOf(ambassify.Events()),
		NewHandler: func(secrets []string, config envelope.Options, fn Func) (*envelope.Handler, error) {
			return ambassify.NewHandler(ambassify.Config{Secrets: secrets, Options: config}, routes(ambassify.Events(), fn)...)
		},
		Sign: func(r *http.Request, _ []byte, secret string) error {
			ambassify.Sign(r, envelope.SecretSource{}, secret)
			return nil
		},
	},
	{
		Name:   masivo.Name,
		Events: typesOf(masivo.Events()),
		NewHandler: func(secrets []string, config envelope.Options, fn Func) (*envelope.Handler, error) {
			return masivo.NewHandler(masivo.Config{Secrets: secrets, Options: config}, routes(masivo.Events(), fn)...)
		},
		Sign: func(r *http.Request, _ []byte, secret string) error {
			masivo.Sign(r, envelope.SecretSource{}, secret)
			return nil
		},
	},
	{
		Name:   openloyalty.Name,
		Events: typesOf(openloyalty.Events()),
		NewHandler: func(secrets []string, config envelope.Options, fn Func) (*envelope.Handler, error) {
			return openloyalty.NewHandler(openloyalty.Config{Secrets: secrets, Options: config}, routes(openloyalty.Events(), fn)...)
		},
		Sign:    signOpenLoyalty,
		Attempt: attemptOpenLoyalty,
		Retries: func(status int) bool { return status >= 400 },
	},
}

// typesOf lists events with the types of their payloads.
func typesOf[M any](events []envelope.AnyEvent[M]) map[string]string {
	types := make(map[string]string, len(events))
	for _, event := range events {
		types[event.Name()] = event.Payload().String()
	}
	return types
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
