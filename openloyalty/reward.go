package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// RewardData is the payload of RewardCreated and RewardUpdated.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type RewardData struct {
	Reward WebhookReward `json:"reward,omitzero" validate:"omitzero"` // the reward as saved
}

// WebhookReward is the definition of a reward.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookReward.yaml
type WebhookReward struct {
	RewardID            string              `json:"rewardId,omitzero" validate:"omitempty,uuid"`        // id of the reward
	Active              bool                `json:"active,omitzero"`                                    // whether the reward is switched on
	FulfillmentTracking bool                `json:"fulfillmentTracking,omitzero"`                       // whether the fulfillment of redemptions is tracked
	CanBeBoughtManually bool                `json:"canBeBoughtManually,omitzero"`                       // whether members can buy it
	Type                RewardType          `json:"type,omitzero"`                                      // kind of the reward
	Name                string              `json:"name,omitzero"`                                      // name of the reward
	Price               envelope.Decimal    `json:"price,omitzero"`                                     // price in money
	Levels              []string            `json:"levels,omitzero" validate:"dive,omitempty,uuid"`     // ids of the tiers it is limited to
	Segments            []string            `json:"segments,omitzero" validate:"dive,omitempty,uuid"`   // ids of the segments it is limited to
	Categories          []string            `json:"categories,omitzero" validate:"dive,omitempty,uuid"` // ids of the reward categories it is in
	Photos              []envelope.Value    `json:"photos,omitzero"`                                    // objects whose members are not published
	Translations        []RewardTranslation `json:"translations,omitzero"`                              // a list, while achievements have a map
	CreatedAt           envelope.Time       `json:"createdAt,omitzero"`                                 // when the reward was defined
	Activity            RewardPeriod        `json:"activity,omitzero"`                                  // when it is active
	Visibility          RewardPeriod        `json:"visibility,omitzero"`                                // when it is shown
	Labels              []StringLabel       `json:"labels,omitzero"`                                    // free labels
	Featured            bool                `json:"featured,omitzero"`                                  // whether it is marked as featured
	Public              bool                `json:"public,omitzero"`                                    // whether it is marked as public
	CostInPoints        envelope.Decimal    `json:"costInPoints,omitzero"`                              // units it costs, zero or more; may be null
	UsageLimit          RewardUsageLimit    `json:"usageLimit,omitzero"`                                // how often it can be redeemed, in the older form
	Limits              RewardLimits        `json:"limits,omitzero"`                                    // how often it can be redeemed, with intervals
}

// RewardType is the kind of a reward.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookReward.yaml
type RewardType string

// The kinds of rewards that the API knows.
const (
	RewardTypeStaticCoupon     RewardType = "static_coupon"
	RewardTypeMaterial         RewardType = "material"
	RewardTypeDynamicCoupon    RewardType = "dynamic_coupon"
	RewardTypeConversionCoupon RewardType = "conversion_coupon"
)

// Known reports whether t is one of the constants.
func (t RewardType) Known() bool {
	switch t {
	case RewardTypeStaticCoupon, RewardTypeMaterial, RewardTypeDynamicCoupon, RewardTypeConversionCoupon:
		return true
	}
	return false
}

// RewardTranslation is the name of a reward in one language.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookReward.yaml
type RewardTranslation struct {
	Name   string       `json:"name,omitzero"`   // name in that language
	ID     envelope.Int `json:"id,omitzero"`     // id of this translation
	Locale string       `json:"locale,omitzero"` // language code
}

// RewardPeriod is a period of time, with or without bounds.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookReward.yaml
type RewardPeriod struct {
	AllTime bool          `json:"allTime,omitzero"` // true for a period without bounds
	From    envelope.Time `json:"from,omitzero"`    // null if AllTime
	To      envelope.Time `json:"to,omitzero"`      // null if AllTime
}

// RewardUsageLimit is the older form of a reward's limits. A limit of -1 stands
// for none.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookReward.yaml
type RewardUsageLimit struct {
	PerUser envelope.Int `json:"perUser,omitzero"` // redemptions by one member
	General envelope.Int `json:"general,omitzero"` // redemptions by all members; sent when coupons are generated
}

// RewardLimits is the newer form of a reward's limits.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookReward.yaml
type RewardLimits struct {
	General   UnitsLimit `json:"general,omitzero"`   // over all members
	PerMember UnitsLimit `json:"perMember,omitzero"` // for each member
}
