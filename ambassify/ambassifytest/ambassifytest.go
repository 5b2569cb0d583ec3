// Package ambassifytest makes Ambassify's deliveries for the tests of a service, as JSON and
// as the forms that qs and http_build_query make of them; see envelopetest. Put Secret into
// ambassify.Config.Secrets of the handler under test; for one with EventBusKeys see
// ambassify.SignEventBus.
//
//	r := ambassifytest.NewRequest(t, ambassify.PersonChanged, func(p *ambassify.Person) { p.Role = ambassify.RoleManager })
//	result := envelopetest.Deliver(t, h, r)
package ambassifytest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/form"
)

// Secret is what requests carry. It is public: use it in tests only.
const Secret = "ambassifytest-5d18c7e2f0934ab6"

// The encoders of forms, for Options.Encoder.
const (
	QS  = "qs"  // Node's qs
	PHP = "php" // PHP's http_build_query
)

// Options choose what a request is like.
type Options = envelopetest.Options[ambassify.Config]

// NewRequest makes a request of an event's basic delivery. The changes are made to
// its payload before.
func NewRequest[T any](tb testing.TB, event envelope.Event[ambassify.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{}, event, changes...)
}

// NewRequestFor is NewRequest for a handler that is set up in another way: with secrets of
// its own, or a clock, or another place for the secret or the signature.
func NewRequestFor[T any](tb testing.TB, config ambassify.Config, event envelope.Event[ambassify.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{Config: config}, event, changes...)
}

// NewRequestWith is NewRequest with another situation, URL, or whatever else Options name.
func NewRequestWith[T any](tb testing.TB, options Options, event envelope.Event[ambassify.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return envelopetest.NewRequest(tb, kit, options, event, changes...)
}

// Forged makes a request with a secret that no handler has: 401.
func Forged[T any](tb testing.TB, event envelope.Event[ambassify.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{Secret: "not-" + Secret}, event)
}

// Request makes a request of any golden delivery, for loops over envelopetest.Goldens.
func Request(golden envelopetest.Golden, options Options) (*http.Request, error) {
	return kit.Request(golden, options)
}

var kit = envelopetest.Kit[ambassify.Meta, ambassify.Config]{
	Provider: ambassify.Name,
	Secret:   Secret,
	Fields:   func(c *ambassify.Config) (*[]string, *envelope.Options) { return &c.Secrets, &c.Options },
	Sign:     ambassify.Sign,
	Pointer: func(event string) string {
		resource, _, _ := strings.Cut(event, ".")
		return "/" + resource
	},
	Encode: func(body []byte, encoder string) ([]byte, error) {
		if encoder == PHP {
			return form.Encode(body, form.PHP)
		}
		return form.Encode(body, form.QS)
	},
}
