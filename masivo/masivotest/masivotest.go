// Package masivotest gives the tests of a service Masivo's deliveries: bundled
// ones for every event and situation, with your changes, and with the secret that
// proves them. A handler under test takes them if its Config.Secrets has Secret:
//
//	h, err := masivo.NewHandler(masivo.Config{Secrets: []string{masivotest.Secret}}, routes...)
//	...
//	r := masivotest.NewRequest(t, masivo.TierUpgrade, func(d *masivo.TierChangeData) { d.ToTierName = "Gold" })
//	result := masivotest.Deliver(t, h, r)
//
// The secret travels as the query value "secret". For a handler with another
// Config.SecretFrom, put it there with masivo.Sign.
package masivotest

import (
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// Secret is what the requests of this package carry. It is public: use it in
// tests only.
const Secret = "masivotest-0b6f1d2c9a7e4835"

// NewRequest makes a request of an event's basic delivery. The changes are made
// to its payload.
func NewRequest[T any](tb testing.TB, event envelope.Event[masivo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{}, event, changes...)
}

// NewRequestWith is NewRequest for another situation, secret or URL. Masivo sends
// neither forms nor a time.
func NewRequestWith[T any](tb testing.TB, options envelopetest.Options, event envelope.Event[masivo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return envelopetest.NewRequest(tb, kit, options, event, changes...)
}

// Forged makes a request with a secret that is not Secret. A handler answers 401.
func Forged[T any](tb testing.TB, event envelope.Event[masivo.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{Secret: "not-" + Secret}, event)
}

// TooLarge makes a request whose body is over the limit of a handler that does
// not set MaxBody. It answers 413.
func TooLarge[T any](tb testing.TB, event envelope.Event[masivo.Meta, T]) *http.Request {
	tb.Helper()
	return envelopetest.TooLarge(tb, NewRequest(tb, event))
}

// Again gives the same request once more, as if Masivo repeated the delivery.
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
// "drift-" differ from Masivo's documentation on purpose.
func Goldens() iter.Seq2[string, envelopetest.Golden] { return envelopetest.Goldens(masivo.Name) }

// Request makes a request of one of Goldens.
func Request(golden envelopetest.Golden, options envelopetest.Options) (*http.Request, error) {
	return kit.Request(golden, golden.Body, options)
}

// Catalog is what is known of Masivo's events and fields, and from where.
func Catalog() *envelopetest.Catalog {
	catalog, err := envelopetest.ReadCatalog(masivo.Name)
	if err != nil {
		panic("masivotest: " + err.Error()) // The file is embedded, and read by the tests.
	}
	return catalog
}

var kit = envelopetest.Kit[masivo.Meta]{
	Provider: masivo.Name,
	Secret:   Secret,
	Sign: func(r *http.Request, _ []byte, secret string, _ time.Time) error {
		masivo.Sign(r, envelope.SecretSource{}, secret)
		return nil
	},
	Pointer: func(string) string { return "/data" },
}
