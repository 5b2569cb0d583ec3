// Package ambassifytest gives the tests of a service Ambassify's deliveries:
// bundled ones for every event and situation, as JSON and as the forms that qs and
// http_build_query make of them, with your changes, and with the secret that
// proves them. A handler under test takes them if its Config.Secrets has Secret:
//
//	h, err := ambassify.NewHandler(ambassify.Config{Secrets: []string{ambassifytest.Secret}}, routes...)
//	...
//	r := ambassifytest.NewRequest(t, ambassify.PersonChanged, func(p *ambassify.Person) { p.Role = ambassify.RoleManager })
//	result := ambassifytest.Deliver(t, h, r)
//
// The secret travels as the query value "secret". For a handler with another
// Config.SecretFrom, put it there with ambassify.Sign; for one with EventBusKeys,
// see ambassify.SignEventBus.
package ambassifytest

import (
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/form"
)

// Secret is what the requests of this package carry. It is public: use it in
// tests only.
const Secret = "ambassifytest-5d18c7e2f0934ab6"

// The encoders of forms, for envelopetest.Options.Encoder.
const (
	QS  = "qs"  // Node's qs
	PHP = "php" // PHP's http_build_query
)

// NewRequest makes a request of an event's basic delivery, as JSON. The changes
// are made to its payload.
func NewRequest[T any](tb testing.TB, event envelope.Event[ambassify.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{}, event, changes...)
}

// NewRequestWith is NewRequest for another situation, encoding, secret or URL.
// Ambassify sends no time.
func NewRequestWith[T any](tb testing.TB, options envelopetest.Options, event envelope.Event[ambassify.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return envelopetest.NewRequest(tb, kit, options, event, changes...)
}

// Forged makes a request with a secret that is not Secret. A handler answers 401.
func Forged[T any](tb testing.TB, event envelope.Event[ambassify.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{Secret: "not-" + Secret}, event)
}

// TooLarge makes a request whose body is over the limit of a handler that does
// not set MaxBody. It answers 413.
func TooLarge[T any](tb testing.TB, event envelope.Event[ambassify.Meta, T]) *http.Request {
	tb.Helper()
	return envelopetest.TooLarge(tb, NewRequest(tb, event))
}

// Again gives the same request once more, as if Ambassify repeated the delivery.
func Again(tb testing.TB, r *http.Request) *http.Request {
	tb.Helper()
	return envelopetest.Again(tb, r)
}

// Deliver runs a request through a handler, or through the mux or middleware that
// holds it, and tells what became of it.
func Deliver(tb testing.TB, h http.Handler, r *http.Request) envelopetest.Result {
	tb.Helper()
	return envelopetest.Deliver(tb, h, r)
}

// Goldens yields the bundled deliveries by event. Situations that begin with
// "drift-" differ from Ambassify's documentation on purpose.
func Goldens() iter.Seq2[string, envelopetest.Golden] { return envelopetest.Goldens(ambassify.Name) }

// Request makes a request of one of Goldens.
func Request(golden envelopetest.Golden, options envelopetest.Options) (*http.Request, error) {
	return kit.Request(golden, golden.Body, options)
}

// Catalog is what is known of Ambassify's events and fields, and from where.
func Catalog() *envelopetest.Catalog {
	catalog, err := envelopetest.ReadCatalog(ambassify.Name)
	if err != nil {
		panic("ambassifytest: " + err.Error()) // The file is embedded, and read by the tests.
	}
	return catalog
}

var kit = envelopetest.Kit[ambassify.Meta]{
	Provider: ambassify.Name,
	Secret:   Secret,
	Sign: func(r *http.Request, _ []byte, secret string, _ time.Time) error {
		ambassify.Sign(r, envelope.SecretSource{}, secret)
		return nil
	},
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
