package masivo

import (
	"context"
	"encoding/json"
	"net/http"
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
	return envelope.NewHandler(config.provider(), config.Options, routes...)
}

// Explain returns why a handler of this configuration, with a function for each event,
// refuses a request with the body as it was received; nil if it does not. It accepts
// nothing, and holds no secret and no text of the body. In a handler, see Options.Refused.
func Explain(config Config, r *http.Request, body []byte) []envelope.Cause {
	return config.provider().Explain(config.Options, r, body)
}

func (c Config) provider() envelope.Provider[Meta] {
	return envelope.Provider[Meta]{
		Name:     Name,
		Events:   events,
		Layout:   envelope.Layout{Event: []string{"event"}, Payload: "data"},
		Secrets:  c.Secrets,
		Verifier: c.verifier,
		Causes:   c.place().Causes,
	}
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
