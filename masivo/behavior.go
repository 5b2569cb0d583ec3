package masivo

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// BehaviorEventData is the payload of BehaviorEventFulfilled and
// BehaviorEventFailed.
//
// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
type BehaviorEventData struct {
	CustomerID string        `json:"customer_id,omitzero" validate:"required"` // your own id for the customer, in any format
	Event      BehaviorEvent `json:"event,omitzero"`                           // not the name of the delivered event, which has the same key one level up
}

// BehaviorEvent is something a customer did that campaigns can reward: a
// purchase, a birthday, or a kind of your own.
//
// Source: https://docs.masivo.ai/api-reference/behavior/events/post
type BehaviorEvent struct {
	ID                 string              `json:"id,omitzero"`                  // UUID
	CustomerID         string              `json:"customer_id,omitzero"`         // your own id of the customer
	Type               BehaviorEventType   `json:"type,omitzero"`                // what was done
	Data               BehaviorEventInput  `json:"data,omitzero"`                // what the event was made from
	Fulfilled          bool                `json:"fulfilled,omitzero"`           // false while its rewards are only held
	Reserve            envelope.Decimal    `json:"reserve,omitzero"`             // days for which rewards are held; may be null
	QueueMessageID     string              `json:"queue_message_id,omitzero"`    // may be null
	RewardingCampaigns []envelope.Value    `json:"rewarding_campaigns,omitzero"` // campaigns that gave a reward, with the rules that matched; their form is not documented
	Status             BehaviorEventStatus `json:"status,omitzero"`              // how far it was processed
	Result             EventResult         `json:"result,omitzero"`              // null or empty before processing
	IssuedAt           envelope.Time       `json:"issued_at,omitzero"`           // when it happened
	ProcessingAt       envelope.Time       `json:"processing_at,omitzero"`       // when processing began; may be null
	ResolvedAt         envelope.Time       `json:"resolved_at,omitzero"`         // when processing ended, well or badly; may be null
	CancelledAt        envelope.Time       `json:"cancelled_at,omitzero"`        // may be null
	ExpiredAt          envelope.Time       `json:"expired_at,omitzero"`          // when it expired unfulfilled
	ReversedAt         envelope.Time       `json:"reversed_at,omitzero"`         // may be null
}

// BehaviorEventType is the kind of a behavior event. Merchants add their own.
//
// Source: https://docs.masivo.ai/guides/CDP/events
type BehaviorEventType string

// The kinds of behavior events that Masivo brings.
const (
	BehaviorEventTypePurchase       BehaviorEventType = "PURCHASE"
	BehaviorEventTypeRegistration   BehaviorEventType = "REGISTRATION"
	BehaviorEventTypeBirthday       BehaviorEventType = "BIRTHDAY"
	BehaviorEventTypeTierAdjustment BehaviorEventType = "TIER_ADJUSTMENT"
	BehaviorEventTypeAbandonedCart  BehaviorEventType = "ABANDONED_CART"
	BehaviorEventTypeAddToCart      BehaviorEventType = "ADD_TO_CART"
	BehaviorEventTypeEmptyCart      BehaviorEventType = "EMPTY_CART"
	BehaviorEventTypeReverse        BehaviorEventType = "REVERSE"         // takes an earlier event back
	BehaviorEventTypeReversedCoupon BehaviorEventType = "REVERSED_COUPON" // takes a redeemed coupon back
)

// Known reports whether t is one of the constants.
func (t BehaviorEventType) Known() bool {
	switch t {
	case BehaviorEventTypePurchase, BehaviorEventTypeRegistration, BehaviorEventTypeBirthday,
		BehaviorEventTypeTierAdjustment, BehaviorEventTypeAbandonedCart, BehaviorEventTypeAddToCart,
		BehaviorEventTypeEmptyCart, BehaviorEventTypeReverse, BehaviorEventTypeReversedCoupon:
		return true
	}
	return false
}

// BehaviorEventStatus is how far a behavior event has been processed. None of
// the values means "fulfilled"; BehaviorEvent.Fulfilled says that.
//
// Source: https://docs.masivo.ai/api-reference/behavior/events/[eventId]/reverse/delete
type BehaviorEventStatus string

// The documented states of a behavior event.
const (
	BehaviorEventStatusPending    BehaviorEventStatus = "PENDING"
	BehaviorEventStatusProcessing BehaviorEventStatus = "PROCESSING"
	BehaviorEventStatusFailed     BehaviorEventStatus = "FAILED"
	BehaviorEventStatusResolved   BehaviorEventStatus = "RESOLVED"
	BehaviorEventStatusCancelled  BehaviorEventStatus = "CANCELLED"
	BehaviorEventStatusExpired    BehaviorEventStatus = "EXPIRED"
	BehaviorEventStatusReversed   BehaviorEventStatus = "REVERSED"
)

// Known reports whether s is one of the constants.
func (s BehaviorEventStatus) Known() bool {
	switch s {
	case BehaviorEventStatusPending, BehaviorEventStatusProcessing, BehaviorEventStatusFailed,
		BehaviorEventStatusResolved, BehaviorEventStatusCancelled, BehaviorEventStatusExpired,
		BehaviorEventStatusReversed:
		return true
	}
	return false
}

// BehaviorEventInput is what the merchant sent to emit a behavior event. That
// the event keeps it in this form is inferred; a type of your own has members of
// your own, which Extra keeps.
//
// Source: https://docs.masivo.ai/api-reference/behavior/events/post
type BehaviorEventInput struct {
	CustomerID   string                    `json:"customer_id,omitzero"`   // Observed: your own id of the customer
	BrandID      string                    `json:"brand_id,omitzero"`      // Observed: your own id of the brand; may be null
	Type         BehaviorEventType         `json:"type,omitzero"`          // Inferred: what was done
	Platform     string                    `json:"platform,omitzero"`      // Inferred: where the event came from
	Order        Order                     `json:"order,omitzero"`         // Inferred: for PURCHASE
	Product      Product                   `json:"product,omitzero"`       // Inferred: for ADD_TO_CART
	Fulfilled    envelope.Bool             `json:"fulfilled,omitzero"`     // Inferred: an explicit false holds the rewards until the event is fulfilled
	Reserve      envelope.Decimal          `json:"reserve,omitzero"`       // Inferred: days to hold them, one if not sent
	Redeem       []RedeemItem              `json:"redeem,omitzero"`        // Inferred: rewards to spend on the event as a whole
	Tags         map[string]envelope.Value `json:"tags,omitzero"`          // Inferred: your tags for conditions
	ReferralCode string                    `json:"referral_code,omitzero"` // Inferred: code of who referred the customer
	Metadata     map[string]envelope.Value `json:"metadata,omitzero"`      // Inferred: your free-form data
	IssuedAt     envelope.Time             `json:"issued_at,omitzero"`     // Inferred: when it happened, at most 72 hours before it was emitted
	Extra        map[string]envelope.Value `json:"-" wire:"extra"`         // members with no field here
}

func (i *BehaviorEventInput) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, i) }
func (i BehaviorEventInput) MarshalJSON() ([]byte, error)  { return wire.Marshal(&i) }

// EventResult is the outcome of a behavior event. It is sent as an object, as
// null, or as plain text; a failed event is where the text is likeliest.
//
// Source: https://docs.masivo.ai/api-reference/behavior/events/post
type EventResult struct {
	Wallet        Wallet                    `json:"wallet,omitzero"`        // after the event; may be an empty object
	Customer      Customer                  `json:"customer,omitzero"`      // after the event; may be an empty object
	GiftCards     []GiftCard                `json:"gift_card,omitzero"`     // granted; a list in spite of its key
	Accumulations []RewardLine              `json:"accumulations,omitzero"` // gained
	Redemptions   []RewardLine              `json:"redemptions,omitzero"`   // spent
	Transactions  []Transaction             `json:"transactions,omitzero"`  // written to the ledger
	Extra         map[string]envelope.Value `json:"-" wire:"extra"`         // members with no field here

	// Text is the result if it came as a string; the other fields are zero then.
	// Observed: an error or a summary.
	Text string `json:"-" wire:"text"`
}

func (r *EventResult) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, r) }
func (r EventResult) MarshalJSON() ([]byte, error)  { return wire.Marshal(&r) }
