// Package openloyaltytest makes Open Loyalty's deliveries for the tests of a service; see
// envelopetest. Put Secret into openloyalty.Config.Secrets of the handler under test.
//
//	r := openloyaltytest.NewRequest(t, openloyalty.CustomerUpdated, func(d *openloyalty.CustomerOnlyData) {
//		d.Customer.Email = "new@example.com"
//	})
//	result := envelopetest.Deliver(t, h, r)
package openloyaltytest

import (
	"net/http"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// Secret is what requests are signed with. It is public: use it in tests only.
const Secret = "whsec_c3a1f59d0e7b42868d14ba96f7305ce2491b8d6ea05f73c2961d4e80b7fa2935"

// Options choose what a request is like.
type Options = envelopetest.Options[openloyalty.Config]

// NewRequest makes a request of an event's basic delivery, signed. The changes are made to
// its payload before.
func NewRequest[T any](tb testing.TB, event envelope.Event[openloyalty.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{}, event, changes...)
}

// NewRequestFor is NewRequest for a handler that is set up in another way: with secrets of
// its own, or a clock, or another place for the secret or the signature.
func NewRequestFor[T any](tb testing.TB, config openloyalty.Config, event envelope.Event[openloyalty.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{Config: config}, event, changes...)
}

// NewRequestWith is NewRequest with another situation, URL, or whatever else Options name.
func NewRequestWith[T any](tb testing.TB, options Options, event envelope.Event[openloyalty.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return envelopetest.NewRequest(tb, kit, options, event, changes...)
}

// Forged makes a request with a secret that no handler has: 401.
func Forged[T any](tb testing.TB, event envelope.Event[openloyalty.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, Options{Secret: forgedSecret}, event)
}

// Request makes a request of any golden delivery, for loops over envelopetest.Goldens.
func Request(golden envelopetest.Golden, options Options) (*http.Request, error) {
	return kit.Request(golden, options)
}

const forgedSecret = "whsec_0000000000000000000000000000000000000000000000000000000000000000"

var kit = envelopetest.Kit[openloyalty.Meta, openloyalty.Config]{
	Provider: openloyalty.Name,
	Secret:   Secret,
	Fields:   func(c *openloyalty.Config) (*[]string, *envelope.Options) { return &c.Secrets, &c.Options },
	Sign:     openloyalty.Sign,
	Pointer:  func(string) string { return "/data" },
}
