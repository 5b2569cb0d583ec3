// Package mambotest makes Mambo's deliveries for the tests of a service; see envelopetest.
// Put Secret into mambo.Config.Secrets of the handler under test. Most of what the
// deliveries contain is inferred: envelopetest.ReadCatalog says what is and what is not.
//
//	r := mambotest.NewRequest(t, mambo.UserUpdated, func(u *mambo.User) { u.Details.Email = "new@example.com" })
//	result := envelopetest.Deliver(t, h, r)
//
// For a mux, take the URL that its pattern wants:
// mambotest.Options{URL: "https://example.com/mambo/{event}"}.
package mambotest

import (
	"cmp"
	"net/http"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

// Secret is what requests are signed with. It is public: use it in tests only.
const Secret = "whk_mambotest"

// EventHeader is the header of the event's name in the requests of this package. A
// handler finds it without being told, and so it does the path value "event", unless
// Options.Config names another place.
const EventHeader = "X-Mambo-Event"

// Options choose what a request is like.
type Options = envelopetest.Options[mambo.Config]

// NewRequest makes a request of an event's basic delivery, signed. The changes are made to
// its payload before.
func NewRequest[T any](tb testing.TB, event envelope.Event[mambo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{}, event, changes...)
}

// NewRequestFor is NewRequest for a handler that is set up in another way: with secrets of
// its own, or a clock, or another place for the secret or the signature.
func NewRequestFor[T any](tb testing.TB, config mambo.Config, event envelope.Event[mambo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{Config: config}, event, changes...)
}

// NewRequestWith is NewRequest with another situation, URL, or whatever else Options name.
func NewRequestWith[T any](tb testing.TB, options Options, event envelope.Event[mambo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return envelopetest.NewRequest(tb, kit, options, event, changes...)
}

// Forged makes a request with a secret that no handler has: 401.
func Forged[T any](tb testing.TB, event envelope.Event[mambo.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{Secret: "whk_of_somebody_else"}, event)
}

// Request makes a request of any golden delivery, for loops over envelopetest.Goldens.
func Request(golden envelopetest.Golden, options Options) (*http.Request, error) {
	return kit.Request(golden, options)
}

var kit = envelopetest.Kit[mambo.Meta, mambo.Config]{
	Provider: mambo.Name,
	Secret:   Secret,
	Fields:   func(c *mambo.Config) (*[]string, *envelope.Options) { return &c.Secrets, &c.Options },
	Sign:     mambo.Sign,
	Pointer:  func(string) string { return "" },
	Prepare: func(config mambo.Config, r *http.Request, event string) {
		if config.EventHeader != "" || config.EventPathValue == "" {
			r.Header.Set(cmp.Or(config.EventHeader, EventHeader), event)
		}
		r.SetPathValue(cmp.Or(config.EventPathValue, "event"), event)
	},
}
