package masivo

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// Order is the order of a PURCHASE event, as the merchant sent it. No currency
// is sent with its amounts of money.
//
// Source: https://docs.masivo.ai/api-reference/behavior/events/post
type Order struct {
	PurchaseID        string                    `json:"purchase_id,omitzero"`        // your own id of the order
	Value             envelope.Decimal          `json:"value,omitzero"`              // total or subtotal, in money
	DiscountedValue   envelope.Decimal          `json:"discounted_value,omitzero"`   // the same after discounts
	Products          []Product                 `json:"products,omitzero"`           // the items
	PaymentMethod     PaymentMethod             `json:"payment_method,omitzero"`     // how it was paid
	ChannelID         string                    `json:"channel_id,omitzero"`         // your own id of the sales channel
	StoreID           string                    `json:"store_id,omitzero"`           // your own id of the store
	Shipping          Shipping                  `json:"shipping,omitzero"`           // charge for shipping
	Redeem            []RedeemItem              `json:"redeem,omitzero"`             // rewards to spend on the order as a whole
	Metadata          map[string]envelope.Value `json:"metadata,omitzero"`           // your free-form data
	RedemptionsResult RedemptionsResult         `json:"redemptions_result,omitzero"` // Inferred: what a preview of Redeem gave
	Timestamp         string                    `json:"timestamp,omitzero"`          // Observed: time of the order in the words of the merchant
}

// PaymentMethod is how an order was paid. Merchants send further values.
//
// Source: https://docs.masivo.ai/api-reference/behavior/events/post
type PaymentMethod string

// Ways to pay. CREDIT and DEBIT are documented, the others were observed.
const (
	PaymentMethodCredit       PaymentMethod = "CREDIT"
	PaymentMethodDebit        PaymentMethod = "DEBIT"
	PaymentMethodCash         PaymentMethod = "CASH"
	PaymentMethodBankTransfer PaymentMethod = "BANK_TRANSFER"
	PaymentMethodOther        PaymentMethod = "OTHER"
)

// Known reports whether m is one of the constants.
func (m PaymentMethod) Known() bool {
	switch m {
	case PaymentMethodCredit, PaymentMethodDebit, PaymentMethodCash, PaymentMethodBankTransfer, PaymentMethodOther:
		return true
	}
	return false
}

// Product is an item of an order, or what was put into a cart.
//
// Source: https://docs.masivo.ai/api-reference/behavior/events/post
type Product struct {
	SKU               string                    `json:"sku,omitzero"`                // your own code of the product
	Amount            envelope.Decimal          `json:"amount,omitzero"`             // units bought; some merchants put the price here and the units into Quantity
	Value             envelope.Decimal          `json:"value,omitzero"`              // price
	DiscountedValue   envelope.Decimal          `json:"discounted_value,omitzero"`   // price after discounts
	Redeem            []RedeemItem              `json:"redeem,omitzero"`             // rewards to spend on the item
	Tags              map[string]envelope.Value `json:"tags,omitzero"`               // your tags for conditions
	Metadata          map[string]envelope.Value `json:"metadata,omitzero"`           // your free-form data
	RedemptionsResult RedemptionsResult         `json:"redemptions_result,omitzero"` // Inferred: what a preview of Redeem gave
	Quantity          envelope.Decimal          `json:"quantity,omitzero"`           // Observed: units bought, sent beside Amount
}

// Shipping is the charge for shipping an order.
//
// Source: https://docs.masivo.ai/api-reference/behavior/events/post
type Shipping struct {
	Value             envelope.Decimal          `json:"value,omitzero"`              // charge, in money
	DiscountedValue   envelope.Decimal          `json:"discounted_value,omitzero"`   // charge after discounts
	Redeem            []RedeemItem              `json:"redeem,omitzero"`             // rewards to spend on the charge
	Tags              map[string]envelope.Value `json:"tags,omitzero"`               // your tags for conditions
	Metadata          map[string]envelope.Value `json:"metadata,omitzero"`           // your free-form data
	RedemptionsResult RedemptionsResult         `json:"redemptions_result,omitzero"` // Inferred: what a preview of Redeem gave
}

// RedeemItem asks to spend a reward.
//
// Source: https://docs.masivo.ai/api-reference/behavior/events/post
type RedeemItem struct {
	ID     string           `json:"id,omitzero"`     // UUID of the reward, which lines call reward_id
	Amount envelope.Decimal `json:"amount,omitzero"` // units to spend
}

// RedemptionsResult is what spending rewards does to one part of an order: an
// item, the shipping, or the whole.
//
// Source: https://docs.masivo.ai/api-reference/events/redeem/preview/put
type RedemptionsResult struct {
	Redeemed        []RedeemedItem   `json:"redeemed,omitzero"`         // the rewards, spent or not
	Amount          envelope.Decimal `json:"amount,omitzero"`           // units affected
	DiscountValue   envelope.Decimal `json:"discount_value,omitzero"`   // money taken off
	DiscountPercent envelope.Decimal `json:"discount_percent,omitzero"` // share taken off, 0 to 1
	Value           envelope.Decimal `json:"value,omitzero"`            // money left to pay
	Action          RedemptionAction `json:"action,omitzero"`           // what to do with the item
}

// RedemptionAction is what to do with the item that a reward was spent on.
//
// Source: https://docs.masivo.ai/api-reference/events/redeem/preview/put
type RedemptionAction string

// The documented actions.
const (
	RedemptionActionUpdate  RedemptionAction = "UPDATE"
	RedemptionActionAdd     RedemptionAction = "ADD"     // a product reward adds an item
	RedemptionActionReplace RedemptionAction = "REPLACE" // a product reward takes the place of an item
)

// Known reports whether a is one of the constants.
func (a RedemptionAction) Known() bool {
	switch a {
	case RedemptionActionUpdate, RedemptionActionAdd, RedemptionActionReplace:
		return true
	}
	return false
}

// RedeemedItem is a reward that was spent, or could not be.
//
// Source: https://docs.masivo.ai/api-reference/events/redeem/preview/put
type RedeemedItem struct {
	ID     string           `json:"id,omitzero"`     // UUID of the reward
	Amount envelope.Decimal `json:"amount,omitzero"` // units
	Reward Reward           `json:"reward,omitzero"` // may be an empty object
	Error  string           `json:"error,omitzero"`  // why it could not be spent
}
