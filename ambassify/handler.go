package ambassify

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/form"
)

// Name is the provider's name in deliveries, keys, logs and observations.
const Name = "ambassify"

// Config sets up a handler. It needs Secrets, EventBusKeys, or one of Verifier and
// Unverified.
type Config struct {
	// Secrets are the shared secrets that a delivery may carry. Name several while
	// you change from one to the other.
	Secrets []string

	// SecretFrom is the place in the request where the secret travels. Default: the
	// query value "secret".
	SecretFrom envelope.SecretSource

	// EventBusKeys are public keys as PEM text, of which one must have signed the
	// token in the header X-EventBus-Authentication. Ambassify's event bus sends
	// such tokens; whether your webhooks carry one, ask Ambassify. They stand in
	// place of Secrets.
	EventBusKeys []string

	// EventBusMaxAge is how long after its issue a token is accepted; negative means for
	// ever. Default: as long as the token says, and an hour if it does not say.
	EventBusMaxAge time.Duration

	// EventBusAudience and EventBusIssuer are what the claims aud and iss of a token must
	// be. Default: they are not looked at.
	EventBusAudience, EventBusIssuer string

	// Form limits deliveries in form encoding. MaxBody holds for them, too.
	Form FormLimits

	envelope.Options
}

// defaultPairs is several times what the fields of a delivery need. Fewer than the
// form parser's own default, because each pair of a form costs more than a member of
// JSON.
const defaultPairs = 1024

// FormLimits are limits of one form. A zero field means its default.
type FormLimits struct {
	MaxPairs int // pairs of key and value; default 1024
	MaxKey   int // bytes of one key, as sent; default 1024
	MaxDepth int // names in one key: 3 in campaign[title][en]; default 32
	MaxIndex int // highest index of a list; default 2047
}

// The kinds of forms that are refused because readers could understand them in
// two ways, or because they are beyond a limit. Each comes with
// envelope.ErrMalformed, status 400.
var (
	ErrFormLimit    = form.ErrLimit    // more pairs, longer keys or deeper nesting than FormLimits allow
	ErrFormSyntax   = form.ErrSyntax   // a key or an escape that is none
	ErrFormConflict = form.ErrConflict // a=1&a[b]=2
	ErrFormRepeated = form.ErrRepeated // a=1&a=2, where a is no list
	ErrFormCase     = form.ErrCase     // a=1&A=2, where names are not free
	ErrFormIndex    = form.ErrIndex    // a[-1]=x, a[99999]=x, or a[1]=x without a[0], where names are not free
)

// Delivery is what your function gets.
type Delivery[T any] = envelope.Delivery[Meta, T]

// Route is an event with the function that takes its deliveries.
type Route = envelope.Route[Meta]

// NewHandler makes the handler of your Ambassify webhooks, in both encodings.
// Routes come from Handle of the events, and from Fallback.
func NewHandler(config Config, routes ...Route) (*envelope.Handler, error) {
	return envelope.NewHandler(config.provider(), config.Options, routes...)
}

func (c Config) provider() envelope.Provider[Meta] {
	o := opener{limits: form.Limits(c.Form)}
	if o.limits.MaxPairs <= 0 {
		o.limits.MaxPairs = defaultPairs
	}
	p := envelope.Provider[Meta]{
		Name:          Name,
		Events:        events,
		Open:          o.open,
		Check:         check,
		MediaTypes:    []string{typeJSON, typeForm},
		Secrets:       c.Secrets,
		Verifier:      c.verifier,
		SecretHeaders: []string{EventBusHeader},
		Causes:        c.causes,
	}
	if len(c.EventBusKeys) > 0 { // Which are as good as secrets, and of no tenant.
		p.Secrets = c.EventBusKeys
		p.Verifier = func([]string) (envelope.Verifier, error) { return NewVerifier(c) }
	}
	return p
}

func (c Config) verifier(secrets []string) (envelope.Verifier, error) {
	c.Secrets = secrets
	return NewVerifier(c)
}

// Fallback is the route of deliveries whose event has no function: events that
// you do not use (Delivery.Known is true), and pairs of verb and resource that
// this version of the package does not know; Delivery.Meta.Event has the two
// words. The payload is the JSON text of the primary resource, whose values are
// all text if it came as a form, or nil if it did not come.
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
