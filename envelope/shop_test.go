package envelope_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// The tests use a small provider of their own: a shop that sends orders.

type shopMeta struct {
	ID string `json:"id,omitzero"`
}

type order struct {
	Number   string            `json:"number,omitzero" validate:"required"`
	Total    envelope.Decimal  `json:"total,omitzero"`
	Paid     bool              `json:"paid,omitzero"`
	Count    int64             `json:"count,omitzero"`
	Small    int8              `json:"small,omitzero"`
	Weight   float64           `json:"weight,omitzero"`
	Status   status            `json:"status,omitzero"`
	Placed   envelope.Time     `json:"placed,omitzero"`
	Lines    []line            `json:"lines,omitzero" validate:"dive"`
	Customer customer          `json:"customer,omitzero"`
	Labels   map[string]string `json:"labels,omitzero"`
	Places   map[string]place  `json:"places,omitzero" validate:"dive"`
	Parent   *order            `json:"parent,omitzero" validate:"omitempty"`
	Free     envelope.Value    `json:"free,omitzero"`
}

type line struct {
	SKU    string           `json:"sku,omitzero"`
	Amount envelope.Decimal `json:"amount,omitzero"`
}

type customer struct {
	ID    string `json:"id,omitzero" validate:"omitempty,uuid4"`
	Email string `json:"email,omitzero"`
}

type place struct {
	Code postcode `json:"code,omitzero" validate:"omitempty,format"`
}

type postcode string

func (p postcode) Valid() bool { return len(p) == 5 }

type status string

func (s status) Known() bool { return s == "open" || s == "closed" }

type (
	shopDelivery[T any] = envelope.Delivery[shopMeta, T]
	shopRoute           = envelope.Route[shopMeta]
)

var (
	orderPlaced  = envelope.NewEvent[shopMeta, order]("order.placed")
	orderClosed  = envelope.NewEvent[shopMeta, order]("order.closed")
	ordersListed = envelope.NewEvent[shopMeta, []order]("orders.listed")
)

func shop() envelope.Provider[shopMeta] {
	return envelope.Provider[shopMeta]{
		Name:   "shop",
		Events: []envelope.AnyEvent[shopMeta]{orderPlaced.Any(), orderClosed.Any(), ordersListed.Any()},
		Layout: envelope.Layout{Event: []string{"event", "type"}, Payload: "data"},
		Key:    func(m *shopMeta) string { return m.ID },
	}
}

const shopSecret = "a secret that nobody may see"

// signed is the shop's verifier: a hex HMAC of the body in one header.
func signed(r *http.Request, body []byte) error {
	mac := hmac.New(sha256.New, []byte(shopSecret))
	mac.Write(body)
	sent, err := hex.DecodeString(r.Header.Get("X-Shop-Signature"))
	switch {
	case len(sent) == 0 && err == nil:
		return envelope.ErrSignatureMissing
	case err != nil:
		return envelope.ErrSignatureMalformed
	case !hmac.Equal(mac.Sum(nil), sent):
		return envelope.ErrSignatureMismatch
	}
	return nil
}

func shopSignature(body []byte) string {
	mac := hmac.New(sha256.New, []byte(shopSecret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// newShop makes a handler that verifies nothing.
func newShop(tb testing.TB, config envelope.Options, routes ...shopRoute) *envelope.Handler {
	tb.Helper()
	config.Unverified = config.Verifier == nil
	h, err := envelope.NewHandler(shop(), config, routes...)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// keep is a function that keeps the delivery.
func keep[T any](into **shopDelivery[T]) func(context.Context, *shopDelivery[T]) error {
	return func(_ context.Context, d *shopDelivery[T]) error {
		*into = d
		return nil
	}
}

func done[T any](context.Context, *shopDelivery[T]) error { return nil }

// dispatch delivers a body to a handler that takes order.placed and, as raw JSON,
// everything else.
func dispatch(tb testing.TB, config envelope.Options, body string) (typed *shopDelivery[order], raw *shopDelivery[json.RawMessage], err error) {
	tb.Helper()
	h := newShop(tb, config, orderPlaced.Handle(keep(&typed)), envelope.Fallback(keep(&raw)))
	err = h.Dispatch(tb.Context(), envelope.Message{Body: []byte(body)})
	return typed, raw, err
}
