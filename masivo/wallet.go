package masivo

import (
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// RewardLinesData is the payload of CustomerAccumulation, CustomerRedemption,
// RewardsReservation and RewardsReservationCancelled: what moved, and the wallet
// as it is afterwards.
//
// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
type RewardLinesData struct {
	CustomerID string       `json:"customer_id,omitzero" validate:"required"` // your own id for the customer, in any format
	Lines      []RewardLine `json:"lines,omitzero"`                           // gained, spent, held or released, as the event says
	Wallet     Wallet       `json:"wallet,omitzero"`                          // after the move
}

// RewardLine is a batch of one reward: a move in the payload or in the result of
// a behavior event, a part of the balance in a wallet.
//
// Source: https://docs.masivo.ai/api-reference/customers/[id]/get
type RewardLine struct {
	Amount               envelope.Decimal `json:"amount,omitzero"`                 // units; may be fractional, and negative for what was reversed
	RewardID             string           `json:"reward_id,omitzero"`              // UUID of the reward the units are of
	CampaignID           string           `json:"campaign_id,omitzero"`            // UUID of the campaign that granted the batch; absent or null for a balance set by hand or by migration
	BrandID              string           `json:"brand_id,omitzero"`               // your own id of the brand; absent or null for a global reward
	IssuedAt             envelope.Time    `json:"issued_at,omitzero"`              // when the batch was granted
	ExpirationDate       envelope.Time    `json:"expiration_date,omitzero"`        // absent or null if the batch never expires
	ReservationExpiresAt envelope.Time    `json:"reservation_expires_at,omitzero"` // when a hold ends; of no meaning on other batches
}

// Wallet is what a customer owns. Some deliveries carry its totals alone.
//
// Source: https://docs.masivo.ai/api-reference/customers/[id]/get
type Wallet struct {
	ID      string       `json:"id,omitzero"`       // UUID
	OwnerID string       `json:"owner_id,omitzero"` // your own id of the customer
	Lines   []RewardLine `json:"lines,omitzero"`    // one batch for every grant and expiry
	Totals  WalletTotals `json:"totals,omitzero"`   // balance of each reward
}

// WalletTotals are the balances of a wallet, one for each reward. Masivo
// documents two shapes: a list of objects, and a map from reward id to number.
// Both decode to this slice, in the order of the text, and each is encoded again
// in the shape it came in; see WalletTotal.Keyed.
//
// Source: https://docs.masivo.ai/api-reference/guides/reverse-a-coupon
type WalletTotals []WalletTotal

// Total is the balance of a reward; the zero Decimal if the wallet lists none.
func (t WalletTotals) Total(rewardID string) envelope.Decimal {
	for _, total := range t {
		if total.RewardID == rewardID {
			return total.Total
		}
	}
	return envelope.Decimal{}
}

// WalletTotal is the balance of one reward.
//
// Source: https://docs.masivo.ai/api-reference/customers/[id]/get
type WalletTotal struct {
	Total          envelope.Decimal `json:"total,omitzero" wire:"value"`   // units the customer can spend; may be fractional
	RewardID       string           `json:"reward_id,omitzero" wire:"key"` // UUID
	ExpirationDate envelope.Time    `json:"expiration_date,omitzero"`      // the next expiry in this balance
	Reward         Reward           `json:"reward,omitzero"`               // the reward in full; may be absent

	// Keyed says that the balance came as a member of a map, which holds no more
	// than Total and RewardID.
	Keyed bool `json:"-" wire:"keyed"`
}

func (t *WalletTotals) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, t) }

func (t WalletTotals) MarshalJSON() ([]byte, error) {
	if !t.keyed() {
		return json.Marshal([]WalletTotal(t))
	}
	text := []byte{'{'}
	for i, total := range t {
		if i > 0 {
			text = append(text, ',')
		}
		name, err := jsontext.AppendQuote(text, total.RewardID)
		if err != nil {
			return nil, err
		}
		number, err := total.Total.MarshalJSON()
		if err != nil {
			return nil, err
		}
		text = append(append(name, ':'), number...)
	}
	return append(text, '}'), nil
}

// keyed reports whether a map from reward id to number can hold every total.
func (t WalletTotals) keyed() bool {
	for _, total := range t {
		if !total.Keyed || total.ExpirationDate.Sent() || !reflect.ValueOf(total.Reward).IsZero() {
			return false
		}
	}
	return len(t) > 0
}
