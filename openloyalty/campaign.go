package openloyalty

import (
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// CampaignData is the payload of CampaignCreated and CampaignUpdated.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type CampaignData struct {
	Campaign WebhookCampaign `json:"campaign,omitzero" validate:"omitzero"` // the campaign as saved
}

// CampaignEffectWasAppliedData is the payload of CampaignEffectWasApplied.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type CampaignEffectWasAppliedData struct {
	Member         WebhookCustomer         `json:"member,omitzero" validate:"omitzero"`   // member whose action set the campaign off
	Campaign       WebhookCampaign         `json:"campaign,omitzero" validate:"omitzero"` // the campaign, with what set it off
	EffectsGiven   []WebhookCampaignEffect `json:"effectsGiven,omitzero"`                 // what the campaign did
	RedemptionCode string                  `json:"redemptionCode,omitzero"`               // code that the member used; empty for other triggers
}

func (d CampaignEffectWasAppliedData) member() MemberRef { return d.Member.member() }

// WebhookCampaign is a campaign in short.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaign.yaml
type WebhookCampaign struct {
	TriggerType CampaignTriggerType `json:"triggerType,omitzero"`                 // what sets the campaign off
	CampaignID  string              `json:"campaignId,omitzero"`                  // id of the campaign
	Name        string              `json:"name,omitzero"`                        // name of the campaign
	Trigger     CampaignTrigger     `json:"trigger,omitzero" validate:"omitzero"` // what set it off this time; zero where nothing did, as in CampaignCreated
}

// CampaignTriggerType is the kind of action that sets a campaign off.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaign.yaml
type CampaignTriggerType string

// The kinds of triggers. CampaignTriggerTypeTime is known from the API; the
// others are documented for webhooks.
const (
	CampaignTriggerTypeTransaction           CampaignTriggerType = "transaction"
	CampaignTriggerTypeCustomEvent           CampaignTriggerType = "custom_event"
	CampaignTriggerTypeInternalEvent         CampaignTriggerType = "internal_event"
	CampaignTriggerTypeAchievement           CampaignTriggerType = "achievement"
	CampaignTriggerTypeReturnTransaction     CampaignTriggerType = "return_transaction"
	CampaignTriggerTypeCustomEventUniqueCode CampaignTriggerType = "custom_event_unique_code"
	CampaignTriggerTypeTime                  CampaignTriggerType = "time"
)

// Known reports whether t is one of the constants.
func (t CampaignTriggerType) Known() bool {
	switch t {
	case CampaignTriggerTypeTransaction, CampaignTriggerTypeCustomEvent, CampaignTriggerTypeInternalEvent,
		CampaignTriggerTypeAchievement, CampaignTriggerTypeReturnTransaction, CampaignTriggerTypeCustomEventUniqueCode,
		CampaignTriggerTypeTime:
		return true
	}
	return false
}

// CampaignTrigger is what set a campaign off. Type decides which one of the
// pointers is set; Other has the whole object if its type is none of theirs. The
// variant is what is encoded, so change its members and not those of the trigger.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaign.yaml
type CampaignTrigger struct {
	Type      CampaignTriggerType `json:"type,omitzero" wire:"kind"`                    // which variant it is
	TriggerID string              `json:"triggerId,omitzero" validate:"omitempty,uuid"` // id of the transaction, event or achievement
	CreatedAt envelope.Time       `json:"createdAt,omitzero"`                           // when it was recorded

	Transaction       *CampaignTriggerTransaction       `json:"-" wire:"variant=transaction"`                      // for a purchase
	CustomEvent       *CampaignTriggerCustomEvent       `json:"-" wire:"variant=custom_event"`                     // for an event that you sent
	InternalEvent     *CampaignTriggerInternalEvent     `json:"-" wire:"variant=internal_event"`                   // for an event of Open Loyalty itself
	UniqueCode        *CampaignTriggerUniqueCode        `json:"-" wire:"variant=custom_event_unique_code"`         // for a redemption code
	Achievement       *CampaignTriggerAchievement       `json:"-" wire:"variant=achievement" validate:"omitempty"` // for a completed achievement
	ReturnTransaction *CampaignTriggerReturnTransaction `json:"-" wire:"variant=return_transaction"`               // for a return

	Other json.RawMessage `json:"-" wire:"other"` // JSON text of a trigger of another type
}

// UnmarshalJSON decodes the variant that type names.
func (t *CampaignTrigger) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, t) }

// MarshalJSON encodes the variant that is set, or Other.
func (t CampaignTrigger) MarshalJSON() ([]byte, error) { return wire.Marshal(&t) }

// CampaignTriggerTransaction is a transaction that set a campaign off.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaign.yaml
type CampaignTriggerTransaction struct {
	Type           CampaignTriggerType `json:"type,omitzero"`           // CampaignTriggerTypeTransaction
	TriggerID      string              `json:"triggerId,omitzero"`      // id of the transaction
	CreatedAt      envelope.Time       `json:"createdAt,omitzero"`      // when it was recorded
	PurchasedAt    envelope.Time       `json:"purchasedAt,omitzero"`    // when the purchase was made
	DocumentNumber string              `json:"documentNumber,omitzero"` // number of the receipt or invoice
}

// CampaignTriggerCustomEvent is a custom event that set a campaign off.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaign.yaml
type CampaignTriggerCustomEvent struct {
	Type      CampaignTriggerType `json:"type,omitzero"`      // CampaignTriggerTypeCustomEvent
	TriggerID string              `json:"triggerId,omitzero"` // id of what set it off
	CreatedAt envelope.Time       `json:"createdAt,omitzero"` // when it was recorded
	EventDate envelope.Time       `json:"eventDate,omitzero"` // when it happened
	EventID   string              `json:"eventId,omitzero"`   // event id; may be absent
}

// CampaignTriggerInternalEvent is an event of Open Loyalty itself that set a
// campaign off.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaign.yaml
type CampaignTriggerInternalEvent struct {
	Type      CampaignTriggerType       `json:"type,omitzero"`      // CampaignTriggerTypeInternalEvent
	TriggerID string                    `json:"triggerId,omitzero"` // id of the event
	CreatedAt envelope.Time             `json:"createdAt,omitzero"` // when it was recorded; may be absent
	Payload   map[string]envelope.Value `json:"payload,omitzero"`   // what the event carried, in any shape
}

// CampaignTriggerUniqueCode is a redemption code that set a campaign off. The
// code itself is in the payload of CampaignEffectWasApplied.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaign.yaml
type CampaignTriggerUniqueCode struct {
	Type      CampaignTriggerType `json:"type,omitzero"`      // CampaignTriggerTypeCustomEventUniqueCode
	TriggerID string              `json:"triggerId,omitzero"` // id of what set it off
	CreatedAt envelope.Time       `json:"createdAt,omitzero"` // when it was recorded; may be absent
}

// CampaignTriggerAchievement is a completed achievement that set a campaign off.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaign.yaml
type CampaignTriggerAchievement struct {
	Type               CampaignTriggerType `json:"type,omitzero"`                                   // CampaignTriggerTypeAchievement
	TriggerID          string              `json:"triggerId,omitzero"`                              // id of what set it off
	CreatedAt          envelope.Time       `json:"createdAt,omitzero"`                              // when it was recorded; may be absent
	RelatedAchievement RelatedAchievement  `json:"relatedAchievement,omitzero" validate:"omitzero"` // the achievement; the provider marks its model as deprecated
}

// CampaignTriggerReturnTransaction is a return that set a campaign off. Its type
// is the only member that the provider declares.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaign.yaml
type CampaignTriggerReturnTransaction struct {
	Type      CampaignTriggerType `json:"type,omitzero"`      // CampaignTriggerTypeReturnTransaction
	TriggerID string              `json:"triggerId,omitzero"` // id of the return; may be absent
	CreatedAt envelope.Time       `json:"createdAt,omitzero"` // when it was recorded; may be absent
}

// RelatedAchievement is the achievement that set a campaign off, with the progress
// of the member. The provider marks it as deprecated.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/RelatedAchievement.yaml
type RelatedAchievement struct {
	AchievementID   string                     `json:"achievementId,omitzero" validate:"omitempty,uuid"` // id of the achievement
	AchievementName string                     `json:"achievementName,omitzero"`                         // name of the achievement
	LimitReached    bool                       `json:"limitReached,omitzero"`                            // whether the member cannot complete it again
	MemberProgress  RelatedAchievementProgress `json:"memberProgress,omitzero"`                          // how far the member is
	LastTrigger     RelatedAchievementTrigger  `json:"lastTrigger,omitzero" validate:"omitzero"`         // what moved it last
}

// RelatedAchievementTrigger is what last moved a related achievement.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/RelatedAchievement.yaml
type RelatedAchievementTrigger struct {
	TriggerID   string                 `json:"triggerId,omitzero" validate:"omitempty,uuid"` // id of the transaction or event
	TriggerType AchievementTriggerType `json:"triggerType,omitzero"`                         // what the id is of
}

// RelatedAchievementProgress is the progress of a member in a related achievement.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/MemberAchievementProgress.yaml
type RelatedAchievementProgress struct {
	CompletedCount envelope.Int                     `json:"completedCount,omitzero"` // how often the member has completed it
	Rules          []RelatedAchievementRuleProgress `json:"rules,omitzero"`          // progress in each rule
}

// RelatedAchievementRuleProgress is the progress in one rule of a related
// achievement.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/MemberAchievementProgress.yaml
type RelatedAchievementRuleProgress struct {
	AchievementRuleID           string                 `json:"achievementRuleId,omitzero"`           // id of the rule
	PeriodGoal                  envelope.Decimal       `json:"periodGoal,omitzero"`                  // value to reach in one period
	CurrentPeriodValue          envelope.Decimal       `json:"currentPeriodValue,omitzero"`          // value reached in the period that runs
	ConsecutivePeriods          envelope.Int           `json:"consecutivePeriods,omitzero"`          // periods in a row that are needed; null where the rule asks for none
	CompletedConsecutivePeriods envelope.Int           `json:"completedConsecutivePeriods,omitzero"` // periods in a row that are done
	PeriodType                  string                 `json:"periodType,omitzero"`                  // kind of period; its values are not published
	Type                        string                 `json:"type,omitzero"`                        // kind of rule; its values are not published
	Trigger                     AchievementTriggerType `json:"trigger,omitzero"`                     // what counts for the rule
	PeriodValue                 envelope.Decimal       `json:"periodValue,omitzero"`                 // value of the period
}

// WebhookCampaignEffect is one thing that a campaign did. Its type decides which
// members are filled.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaignEffect.yaml
type WebhookCampaignEffect struct {
	Status         string           `json:"status,omitzero"`         // how it went; its values are not published
	Target         EffectTarget     `json:"target,omitzero"`         // whom it is for
	WalletTypeCode string           `json:"walletTypeCode,omitzero"` // wallet type of the units; null for other effects
	Type           EffectType       `json:"type,omitzero"`           // what was done
	Points         envelope.Decimal `json:"points,omitzero"`         // units given or taken
	CouponValue    envelope.Decimal `json:"couponValue,omitzero"`    // value of the coupon that was given
	RewardID       string           `json:"rewardId,omitzero"`       // reward that was given
}

// EffectTarget is the member whom an effect is for.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaignEffect.yaml
type EffectTarget string

// The targets that the API knows: the member who set the campaign off, and the
// one who referred that member.
const (
	EffectTargetSelf     EffectTarget = "self"
	EffectTargetReferrer EffectTarget = "referrer"
)

// Known reports whether t is one of the constants.
func (t EffectTarget) Known() bool {
	switch t {
	case EffectTargetSelf, EffectTargetReferrer:
		return true
	}
	return false
}

// EffectType is what an effect does. Newer releases of the platform have more,
// for badges and tiers.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookCampaignEffect.yaml
type EffectType string

// The effects that the API knows.
const (
	EffectTypeGivePoints                  EffectType = "give_points"
	EffectTypeDeductUnit                  EffectType = "deduct_unit"
	EffectTypeGiveReward                  EffectType = "give_reward"
	EffectTypeAssignMemberCustomAttribute EffectType = "assign_member_custom_attribute"
	EffectTypeRemoveMemberCustomAttribute EffectType = "remove_member_custom_attribute"
)

// Known reports whether t is one of the constants.
func (t EffectType) Known() bool {
	switch t {
	case EffectTypeGivePoints, EffectTypeDeductUnit, EffectTypeGiveReward,
		EffectTypeAssignMemberCustomAttribute, EffectTypeRemoveMemberCustomAttribute:
		return true
	}
	return false
}
