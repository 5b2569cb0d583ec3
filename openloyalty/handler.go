package openloyalty

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Name is the provider's name in deliveries, keys, logs and observations.
const Name = "openloyalty"

// Config sets up a handler. It needs Secrets, or one of Tenant, Verifier and Unverified.
type Config struct {
	// Secrets are the signing secrets of your subscriptions: whsec_ and 64 hex
	// digits, as the panel shows them once; the prefix may be left out. A delivery
	// signed with any of them is accepted, so that one handler can serve several
	// subscriptions, and a secret can be rotated. With SecretFrom they are the
	// secrets that you made up.
	Secrets []string

	// SecretFrom is where subscriptions that are not signed carry a secret of
	// yours: envelope.FromHeader("X-Webhook-Secret") for a custom header of that
	// name. Default: deliveries are signed.
	SecretFrom envelope.SecretSource

	// KeyEncoding says how a secret becomes the key of a signature. Default: both
	// readings are tried.
	KeyEncoding KeyEncoding

	// PublicURL is the URL that the subscription names, for a receiver that sees
	// another one, behind a proxy: its scheme says which port is the default one, its
	// host, port and path are what was signed. If it has no path, the path of the
	// request counts. Default: host and path of the request. The case of a host and a
	// default port that is written or left out do not matter.
	PublicURL string

	envelope.Options
}

// Meta is what a delivery carries beside its payload. Of a legacy delivery only
// CreatedAt may be filled.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type Meta struct {
	MessageID string        `json:"messageId,omitzero" validate:"omitempty,uuid"` // id of the message, the same at every attempt
	RequestID string        `json:"requestId,omitzero" validate:"omitempty,uuid"` // id of this attempt
	StoreCode string        `json:"storeCode,omitzero"`                           // tenant
	CreatedAt envelope.Time `json:"createdAt,omitzero"`                           // when the message was made
}

// Delivery is what your function gets.
type Delivery[T any] = envelope.Delivery[Meta, T]

// Route is an event with the function that takes its deliveries.
type Route = envelope.Route[Meta]

// NewHandler makes the handler of your subscriptions, current and legacy. Routes
// come from Handle of the events, and from Fallback.
func NewHandler(config Config, routes ...Route) (*envelope.Handler, error) {
	return envelope.NewHandler(config.provider(), config.Options, routes...)
}

func (c Config) provider() envelope.Provider[Meta] {
	return envelope.Provider[Meta]{
		Name:     Name,
		Events:   events,
		Layout:   envelope.Layout{Event: []string{"eventName", "type"}, Payload: "data"},
		Key:      func(meta *Meta) string { return meta.MessageID },
		Secrets:  c.Secrets,
		Verifier: c.verifier,
		Causes:   c.causes,
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
// documentation; the legacy ones come last.
func Events() []envelope.AnyEvent[Meta] { return slices.Clone(events) }

var events []envelope.AnyEvent[Meta]

func newEvent[T any](name string) envelope.Event[Meta, T] {
	event := envelope.NewEvent[Meta, T](name)
	events = append(events, event.Any())
	return event
}
