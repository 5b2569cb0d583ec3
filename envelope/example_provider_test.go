package envelope_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// DepotMeta is what the parcel service Depot sends around a payload.
type DepotMeta struct {
	DeliveryID string `json:"delivery_id,omitzero"`
}

// ParcelData is the payload of Depot's events.
type ParcelData struct {
	Number string           `json:"number,omitzero" validate:"required"`
	Weight envelope.Decimal `json:"weight,omitzero"` // kilograms
}

// ParcelArrived is one of Depot's events.
var ParcelArrived = envelope.NewEvent[DepotMeta, ParcelData]("parcel.arrived")

// Depot signs the time and the body.
var depotSignature = envelope.HMAC{Header: "X-Depot-Signature", Prefix: "sha256=", TimestampHeader: "X-Depot-Timestamp"}

// NewDepotHandler receives {"event": ..., "delivery_id": ..., "parcel": {...}}.
func NewDepotHandler(secrets []string, options envelope.Options, routes ...envelope.Route[DepotMeta]) (*envelope.Handler, error) {
	return envelope.NewHandler(envelope.Provider[DepotMeta]{
		Name:     "depot",
		Events:   []envelope.AnyEvent[DepotMeta]{ParcelArrived.Any()},
		Layout:   envelope.Layout{Event: []string{"event"}, Payload: "parcel"},
		Key:      func(meta *DepotMeta) string { return meta.DeliveryID },
		Secrets:  secrets,
		Verifier: depotSignature.Verifier,
	}, options, routes...)
}

// A provider of your own: the types of its payloads, its events, where they are in the
// body, and how it signs.
func Example_provider() {
	h, err := NewDepotHandler([]string{"LONG-RANDOM-TEXT"}, envelope.Options{},
		ParcelArrived.Handle(func(_ context.Context, d *envelope.Delivery[DepotMeta, ParcelData]) error {
			fmt.Printf("%s: parcel %s of %s kg\n", d.Key, d.Payload.Number, d.Payload.Weight)
			return nil
		}))
	if err != nil {
		log.Fatal(err)
	}
	body := `{"event": "parcel.arrived", "delivery_id": "d-1", "parcel": {"number": "P-7", "weight": "2.50"}}`
	for _, secret := range []string{"LONG-RANDOM-TEXT", "a guess"} {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/depot", strings.NewReader(body))
		if err := depotSignature.Sign(r, []byte(body), secret); err != nil {
			log.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 1/depot///d-1: parcel P-7 of 2.50 kg
	// 200
	// 401
}
