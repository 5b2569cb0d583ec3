// Package mambotest gives tests of a service Mambo deliveries, signed as Mambo may
// sign them.
//
//	r := mambotest.NewRequest(t, mambo.UserUpdated, func(u *mambo.User) {
//		u.Details.Email = "new@example.com"
//	})
//	if result := mambotest.Deliver(t, handler, r); result.Status != http.StatusOK {
//		t.Error(result.Err)
//	}
//
// Most of what they contain is inferred; Catalog says what is and what is not.
package mambotest

import (
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

// Secret is what the requests of this package are signed with: put it into
// mambo.Config.Secrets of the handler under test.
const Secret = "whk_mambotest"

// EventHeader is the header of the event's name in the requests of this package. A
// handler finds it without being told, and the path value "event" too if it is not
// mounted on a mux. For one that is, give Options the URL that its pattern wants.
const EventHeader = "X-Mambo-Event"

// NewRequest makes a signed request of the event's basic golden delivery. The
// changes are made to its payload before it is signed.
func NewRequest[T any](tb testing.TB, event envelope.Event[mambo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{}, event, changes...)
}

// NewRequestWith is NewRequest with another situation, secret, URL or time.
func NewRequestWith[T any](tb testing.TB, options envelopetest.Options, event envelope.Event[mambo.Meta, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	return envelopetest.NewRequest(tb, kit, options, event, changes...)
}

// Forged makes a request that somebody else has signed: 401.
func Forged[T any](tb testing.TB, event envelope.Event[mambo.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{Secret: forgedSecret}, event)
}

// Stale makes a request that was signed an hour ago, as in a replay: 401.
func Stale[T any](tb testing.TB, event envelope.Event[mambo.Meta, T]) *http.Request {
	tb.Helper()
	return NewRequestWith(tb, envelopetest.Options{At: time.Now().Add(-time.Hour)}, event)
}

// TooLarge makes a request with more body than a handler of default limits takes:
// 413.
func TooLarge[T any](tb testing.TB, event envelope.Event[mambo.Meta, T]) *http.Request {
	tb.Helper()
	return envelopetest.TooLarge(tb, NewRequest(tb, event))
}

// Again gives the same delivery once more, as a replay sends it. Mambo signs each
// retry anew.
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
func Goldens() iter.Seq2[string, envelopetest.Golden] { return envelopetest.Goldens(mambo.Name) }

// Catalog is what is known of Mambo's events and fields, how well, and from where.
func Catalog() *envelopetest.Catalog {
	catalog, err := envelopetest.ReadCatalog(mambo.Name)
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
const forgedSecret = "whk_of_somebody_else"

var kit = envelopetest.Kit[mambo.Meta]{
	Provider: mambo.Name,
	Secret:   Secret,
	Sign: func(r *http.Request, body []byte, secret string, at time.Time) error {
		return mambo.Sign(mambo.Config{
			Secrets: []string{secret},
			Options: envelope.Options{Now: func() time.Time { return at }},
		}, r, body)
	},
	Pointer: func(string) string { return "" },
	Prepare: func(r *http.Request, event string) {
		r.Header.Set(EventHeader, event)
		r.SetPathValue("event", event)
	},
}
