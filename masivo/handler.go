package masivo

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Name is the provider's name in deliveries, keys, logs and observations.
const Name = "masivo"

// Config sets up a handler. It needs Secrets, or one of Tenant, Verifier and Unverified.
type Config struct {
	// Secrets are the shared secrets that a delivery may carry. Name several while
	// you change from one to the other.
	Secrets []string

	// SecretFrom is the place in the request where the secret travels. Default: the
	// query value "secret".
	SecretFrom envelope.SecretSource

	envelope.Options
}

// Meta is what Masivo's envelope carries beside the payload: nothing.
type Meta struct{}

// Delivery is what your function gets.
type Delivery[T any] = envelope.Delivery[Meta, T]

// Route is an event with the function that takes its deliveries.
type Route = envelope.Route[Meta]

// NewHandler makes the handler of your Masivo account. Routes come from Handle of
// the events, and from Fallback.
func NewHandler(config Config, routes ...Route) (*envelope.Handler, error) {
	return envelope.NewHandler(envelope.Provider[Meta]{
		Name:     Name,
		Events:   events,
		Layout:   envelope.Layout{Event: []string{"event"}, Payload: "data"},
		Secrets:  config.Secrets,
		Verifier: config.verifier,
	}, config.Options, routes...)
}

func (c Config) verifier(secrets []string) (envelope.Verifier, error) {
	c.Secrets = secrets
	return NewVerifier(c)
}

// Fallback is the route of deliveries whose event has no function: events that
// you do not use (Delivery.Known is true), and events that this version of the
// package does not know. The payload is the JSON text of data.
func Fallback(fn func(context.Context, *Delivery[json.RawMessage]) error) Route {
	return envelope.Fallback(fn)
}

// HandOff is a Fallback that takes verified deliveries as messages, to put them into a
// queue or a table. See envelope.HandOff.
func HandOff(fn func(context.Context, envelope.Message) error) Route {
	return envelope.HandOff[Meta](fn)
}

// Events lists the events that the package knows, in the order of its
// documentation.
func Events() []envelope.AnyEvent[Meta] { return slices.Clone(events) }

var events []envelope.AnyEvent[Meta]

func newEvent[T any](name string) envelope.Event[Meta, T] {
	event := envelope.NewEvent[Meta, T](name)
	events = append(events, event.Any())
	return event
}
