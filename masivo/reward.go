package masivo

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Reward is the definition of something that a customer can own and spend:
// points, a discount, a gift card or a product.
//
// Source: https://docs.masivo.ai/api-reference/rewards/[id]/get
type Reward struct {
	ID          string           `json:"id,omitzero"`          // UUID; absent where a preview shows the reward as an empty object
	BrandID     string           `json:"brand_id,omitzero"`    // your own id of the brand; null for a global reward
	Platforms   []string         `json:"platforms,omitzero"`   // where the reward applies; may be null
	Name        string           `json:"name,omitzero"`        // as shown to customers
	Description string           `json:"description,omitzero"` // longer text
	Type        RewardType       `json:"type,omitzero"`        // what kind of reward it is
	Conditions  [][]Condition    `json:"conditions,omitzero"`  // when it may be spent: all of one inner list must hold
	Attributes  RewardAttributes `json:"attributes,omitzero"`  // settings of that kind
}

// RewardType is the kind of a reward.
//
// Source: https://docs.masivo.ai/api-reference/rewards/[id]/get
type RewardType string

// The documented kinds of rewards.
const (
	RewardTypePoints   RewardType = "POINTS"
	RewardTypeDiscount RewardType = "DISCOUNT"
	RewardTypeGiftCard RewardType = "GIFT_CARD"
	RewardTypeProduct  RewardType = "PRODUCT"
)

// Known reports whether t is one of the constants.
func (t RewardType) Known() bool {
	switch t {
	case RewardTypePoints, RewardTypeDiscount, RewardTypeGiftCard, RewardTypeProduct:
		return true
	}
	return false
}

// RewardAttributes are the settings that depend on the type of a reward. Only
// the one of points is documented.
//
// Source: https://docs.masivo.ai/api-reference/rewards/[id]/get
type RewardAttributes struct {
	ConversionFactor envelope.Decimal          `json:"conversion_factor,omitzero"` // money value of one point
	Extra            map[string]envelope.Value `json:"-" wire:"extra"`             // the settings of other types
}

func (a *RewardAttributes) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, a) }
func (a RewardAttributes) MarshalJSON() ([]byte, error)  { return wire.Marshal(&a) }

// Condition is one comparison. Type and Operator are labels for people, spelt as
// the dashboard spells them ("grater than" is one of them).
//
// Source: https://docs.masivo.ai/api-reference/rewards/[id]/get
type Condition struct {
	Type      string         `json:"type,omitzero"`      // what is compared
	Operator  string         `json:"operator,omitzero"`  // how it is compared
	Primitive Primitive      `json:"primitive,omitzero"` // the type of Value
	Value     envelope.Value `json:"value,omitzero"`     // what it is compared with
}

// Primitive is the type of the value of a condition.
//
// Source: https://docs.masivo.ai/api-reference/rewards/[id]/get
type Primitive string

// The documented types of values.
const (
	PrimitiveString        Primitive = "string"
	PrimitiveNumber        Primitive = "number"
	PrimitiveCurrency      Primitive = "currency"
	PrimitiveBoolean       Primitive = "boolean"
	PrimitiveAbsoluteDate  Primitive = "absolute date"
	PrimitiveRelativeDate  Primitive = "relative date"
	PrimitiveRecurringDate Primitive = "recurring date"
)

// Known reports whether p is one of the constants.
func (p Primitive) Known() bool {
	switch p {
	case PrimitiveString, PrimitiveNumber, PrimitiveCurrency, PrimitiveBoolean,
		PrimitiveAbsoluteDate, PrimitiveRelativeDate, PrimitiveRecurringDate:
		return true
	}
	return false
}

// GiftCard is a gift card that a customer was given.
//
// Source: https://docs.masivo.ai/api-reference/rewards/gift-cards/get
type GiftCard struct {
	Code        string        `json:"code,omitzero"`        // whoever has it can use the card, so keep it out of logs
	RewardID    string        `json:"reward_id,omitzero"`   // UUID of the reward the card is of
	CustomerID  string        `json:"customer_id,omitzero"` // your own id of the owner; null if it has none
	RewardedAt  envelope.Time `json:"rewarded_at,omitzero"` // null if not given yet
	Description string        `json:"description,omitzero"` // what the card is for
	ExpiredAt   envelope.Time `json:"expired_at,omitzero"`  // when the card expires, also if still to come; may be null
	RedeemedAt  envelope.Time `json:"redeemed_at,omitzero"` // null if not used
}
