package envelope_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// DepotMeta is what the parcel service Depot sends around a payload.
type DepotMeta struct {
	DeliveryID string        `json:"delivery_id,omitzero"`
	SentAt     envelope.Time `json:"sent_at,omitzero"`
}

// ParcelData is the payload of Depot's events.
type ParcelData struct {
	Number string           `json:"number,omitzero" validate:"required"`
	Weight envelope.Decimal `json:"weight,omitzero"` // kilograms
	Place  string           `json:"place,omitzero"`
}

// Depot's events.
var (
	ParcelArrived = envelope.NewEvent[DepotMeta, ParcelData]("parcel.arrived")
	ParcelLost    = envelope.NewEvent[DepotMeta, ParcelData]("parcel.lost")
)

// NewDepotHandler receives Depot's webhooks: {"event": ..., "delivery_id": ...,
// "sent_at": ..., "parcel": {...}}, signed with the account's secret.
func NewDepotHandler(secrets []string, options envelope.Options, routes ...envelope.Route[DepotMeta]) (*envelope.Handler, error) {
	return envelope.NewHandler(envelope.Provider[DepotMeta]{
		Name:     "depot",
		Events:   []envelope.AnyEvent[DepotMeta]{ParcelArrived.Any(), ParcelLost.Any()},
		Layout:   envelope.Layout{Event: []string{"event"}, Payload: "parcel"},
		Key:      func(meta *DepotMeta) string { return meta.DeliveryID },
		Secrets:  secrets,
		Verifier: newDepotVerifier,
	}, options, routes...)
}

// newDepotVerifier compares the header X-Depot-Signature with the hex HMAC-SHA256 of
// the body.
func newDepotVerifier(secrets []string) (envelope.Verifier, error) {
	if err := envelope.CheckSecrets(secrets); err != nil {
		return nil, err
	}
	return func(r *http.Request) (func(body []byte) error, error) {
		sent := r.Header.Values("X-Depot-Signature")
		if len(sent) == 0 {
			return nil, envelope.ErrSignatureMissing
		}
		mac, err := hex.DecodeString(sent[0])
		if err != nil || len(sent) > 1 {
			return nil, envelope.ErrSignatureMalformed
		}
		return func(body []byte) error {
			for _, secret := range secrets {
				if hmac.Equal(mac, depotMAC(body, secret)) {
					return nil
				}
			}
			return envelope.ErrSignatureMismatch
		}, nil
	}, nil
}

func depotMAC(body []byte, secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}

// A provider of your own: the types of its payloads, its events, where they stand in
// the body, and how it signs.
func Example_provider() {
	const secret = "LONG-RANDOM-TEXT" // from the environment in real life
	h, err := NewDepotHandler([]string{secret}, envelope.Options{},
		ParcelArrived.Handle(func(_ context.Context, d *envelope.Delivery[DepotMeta, ParcelData]) error {
			fmt.Printf("%s: parcel %s of %s kg is in %s\n", d.Key, d.Payload.Number, d.Payload.Weight, d.Payload.Place)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}

	body := `{"event": "parcel.arrived", "delivery_id": "d-1", "parcel": {"number": "P-7", "weight": "2.50", "place": "Ghent"}}`
	for _, key := range []string{secret, "a guess"} {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/depot", strings.NewReader(body))
		r.Header.Set("X-Depot-Signature", hex.EncodeToString(depotMAC([]byte(body), key)))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 1/depot///d-1: parcel P-7 of 2.50 kg is in Ghent
	// 200
	// 401
}
