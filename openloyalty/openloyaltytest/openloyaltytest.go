// Package openloyaltytest gives tests of a service real Open Loyalty deliveries,
// signed as Open Loyalty signs them.
//
//	r := openloyaltytest.NewRequest(t, openloyalty.CustomerUpdated, func(d *openloyalty.CustomerOnlyData) {
//		d.Customer.Email = "new@example.com"
//	})
//	if result := openloyaltytest.Deliver(t, handler, r); result.Status != http.StatusOK {
//		t.Error(result.Err)
//	}
package openloyaltytest

import (
	"encoding/json"
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// Secret is what the requests of this package are signed with: put it into
// openloyalty.Config.Secrets of the handler under test.
const Secret = "whsec_c3a1f59d0e7b42868d14ba96f7305ce2491b8d6ea05f73c2961d4e80b7fa2935"

// NewRequest makes a signed request of the event's basic golden delivery. The
// changes are made to its payload before it is signed.
func NewRequest[T any](tb testing.TB, event envelope.Event[openloyalty.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{}, event, changes...)
}

// NewRequestWith is NewRequest with another situation, secret, URL or time.
func NewRequestWith[T any](tb testing.TB, options envelopetest.Options, event envelope.Event[openloyalty.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return envelopetest.NewRequest(tb, kit, options, event, changes...)
}

// Forged makes a request that somebody else has signed: 401.
func Forged[T any](tb testing.TB, event envelope.Event[openloyalty.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{Secret: forgedSecret}, event)
}

// Stale makes a request that was signed an hour ago, as in a replay: 401.
func Stale[T any](tb testing.TB, event envelope.Event[openloyalty.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{At: time.Now().Add(-time.Hour)}, event)
}

// TooLarge makes a request with more body than a handler of default limits takes:
// 413.
func TooLarge[T any](tb testing.TB, event envelope.Event[openloyalty.Meta, T]) *http.Request {
	tb.Helper()
	return envelopetest.TooLarge(tb, NewRequest(tb, event))
}

// Again gives the same delivery once more, as a retry sends it.
func Again(tb testing.TB, r *http.Request) *http.Request {
	tb.Helper()
	return envelopetest.Again(tb, r)
}

// Deliver runs a request through a handler and tells what became of it.
func Deliver(tb testing.TB, h http.Handler, r *http.Request) envelopetest.Result {
	tb.Helper()
	return envelopetest.Deliver(tb, h, r)
}

// Goldens yields all bundled deliveries by event.
func Goldens() iter.Seq2[string, envelopetest.Golden] { return envelopetest.Goldens(openloyalty.Name) }

// Catalog is what is known of Open Loyalty's events and fields, and from where.
func Catalog() *envelopetest.Catalog {
	catalog, err := envelopetest.ReadCatalog(openloyalty.Name)
	if err != nil {
		panic(err) // It is part of the program.
	}
	return catalog
}

// Request makes a signed request of any golden delivery, for loops over Goldens.
func Request(golden envelopetest.Golden, options envelopetest.Options) (*http.Request, error) {
	return kit.Request(golden, golden.Body, options)
}

// forgedSecret is a secret that no handler has.
const forgedSecret = "whsec_0000000000000000000000000000000000000000000000000000000000000000"

var kit = envelopetest.Kit[openloyalty.Meta]{
	Provider: openloyalty.Name,
	Secret:   Secret,
	Sign:     sign,
	Pointer:  func(string) string { return "/data" },
}

// sign takes the id of the attempt from the body. A legacy body has none.
func sign(r *http.Request, body []byte, secret string, at time.Time) error {
	var meta openloyalty.Meta
	if err := json.Unmarshal(body, &meta); err != nil || meta.RequestID == "" {
		meta.RequestID = "3d0f5b1c-7e48-4a92-b6c5-18f2e9d4a703"
	}
	return openloyalty.Sign(openloyalty.Config{
		Secrets: []string{secret},
		Options: envelope.Options{Now: func() time.Time { return at }},
	}, r, body, meta.RequestID)
}
