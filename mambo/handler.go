package mambo

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Name is the provider's name in deliveries, keys, logs and observations.
const Name = "mambo"

// Config sets up a handler. It needs Secrets, or one of Tenant, Verifier and Unverified. It
// also needs a place to find the event's name in: EventHeader, EventPathValue or
// EventResolver. As long as you do not know any, a Fallback does for it.
type Config struct {
	// Secrets are the secrets that you chose when you created the webhooks. A
	// delivery signed with any of them is accepted, so that one handler can serve
	// several webhooks, and a secret can be changed.
	Secrets []string

	// SignatureHeader is the header of the signature. Default: X-Mambo-Signature.
	SignatureHeader string

	// Separators may stand between timestamp and body when they are signed.
	// Default: nothing, and a full stop.
	Separators []string

	// EventHeader is the header that carries the event's name, once you have seen
	// that your Mambo sends one. It is not signed, and goes before a name in the body.
	// Default: none.
	EventHeader string

	// EventPathValue is the wildcard that carries the event's name in the pattern
	// that you mount the handler on, such as "event" for POST /mambo/{event}. Set
	// up one webhook for each event then. A value that names no event counts only
	// if there is a Fallback: a typing error must not look like success. Default:
	// none.
	EventPathValue string

	// EventResolver tells the event's name from the message by what you know of
	// it; "" if it can't. It must not change or keep the message. Default: none.
	EventResolver func(*envelope.Message) string

	envelope.Options
}

// Meta is what a delivery tells beside its payload.
type Meta struct {
	EventFrom EventFrom `json:"-"` // how the event's name was found
}

// Delivery is what your function gets.
type Delivery[T any] = envelope.Delivery[Meta, T]

// Route is an event with the function that takes its deliveries.
type Route = envelope.Route[Meta]

// NewHandler makes the handler of your webhooks. Routes come from Handle of the
// events, and from Fallback. It is an error if no event could be told: Config names
// no place for its name, and there is no Fallback.
func NewHandler(config Config, routes ...Route) (*envelope.Handler, error) {
	hasFallback := slices.ContainsFunc(routes, func(r Route) bool { return r.Event() == "" })
	if !config.DispatchOnly && config.EventHeader == "" && config.EventPathValue == "" && config.EventResolver == nil && !hasFallback {
		return nil, errors.New("mambo: events can't be told: set EventHeader, EventPathValue or EventResolver, or add a Fallback")
	}
	n := newNamer(config, hasFallback)
	h, err := envelope.NewHandler(config.provider(n), config.Options, routes...)
	if err != nil {
		return nil, err
	}
	n.know(h.Registered()) // Events of your own are among them.
	return h, nil
}

func (c Config) provider(n *namer) envelope.Provider[Meta] {
	return envelope.Provider[Meta]{
		Name:      Name,
		Events:    events,
		EventName: n.fromPath,
		Open:      n.open,
		Secrets:   c.Secrets,
		Verifier:  c.verifier,
		Causes:    c.causes,
	}
}

func (c Config) verifier(secrets []string) (envelope.Verifier, error) {
	c.Secrets = secrets
	return NewVerifier(c)
}

// Fallback is the route of deliveries whose event has no function: one that you do
// not use, one that this package does not know, or one that can't be told, in
// which case Delivery.Event is empty.
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
