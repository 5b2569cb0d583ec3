// Package masivotest makes Masivo's deliveries for the tests of a service; see
// envelopetest. Put Secret into masivo.Config.Secrets of the handler under test.
//
//	r := masivotest.NewRequest(t, masivo.TierUpgrade, func(d *masivo.TierChangeData) { d.ToTierName = "Gold" })
//	result := envelopetest.Deliver(t, h, r)
package masivotest

import (
	"net/http"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// Secret is what requests carry. It is public: use it in tests only.
const Secret = "masivotest-0b6f1d2c9a7e4835"

// Options choose what a request is like.
type Options = envelopetest.Options[masivo.Config]

// NewRequest makes a request of an event's basic delivery. The changes are made to
// its payload before.
func NewRequest[T any](tb testing.TB, event envelope.Event[masivo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{}, event, changes...)
}

// NewRequestFor is NewRequest for a handler that is set up in another way: with secrets of
// its own, or a clock, or another place for the secret or the signature.
func NewRequestFor[T any](tb testing.TB, config masivo.Config, event envelope.Event[masivo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{Config: config}, event, changes...)
}

// NewRequestWith is NewRequest with another situation, URL, or whatever else Options name.
func NewRequestWith[T any](tb testing.TB, options Options, event envelope.Event[masivo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return envelopetest.NewRequest(tb, kit, options, event, changes...)
}

// Forged makes a request with a secret that no handler has: 401.
func Forged[T any](tb testing.TB, event envelope.Event[masivo.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{Secret: "not-" + Secret}, event)
}

// Request makes a request of any golden delivery, for loops over envelopetest.Goldens.
func Request(golden envelopetest.Golden, options Options) (*http.Request, error) {
	return kit.Request(golden, options)
}

var kit = envelopetest.Kit[masivo.Meta, masivo.Config]{
	Provider: masivo.Name,
	Secret:   Secret,
	Fields:   func(c *masivo.Config) (*[]string, *envelope.Options) { return &c.Secrets, &c.Options },
	Sign:     masivo.Sign,
	Pointer:  func(string) string { return "/data" },
}
