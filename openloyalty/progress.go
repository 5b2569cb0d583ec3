package openloyalty

import (
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// MemberAchievementProgressWasChangedData is the payload of
// MemberAchievementProgressWasChanged.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type MemberAchievementProgressWasChangedData struct {
	Member      WebhookCustomer     `json:"member,omitzero" validate:"omitzero"` // the member
	Achievement ProgressAchievement `json:"achievement,omitzero"`                // the achievement, with the progress before and after

	// Deprecated: Trigger.Type is the same.
	TriggerType AchievementTriggerType `json:"triggerType,omitzero"`

	Trigger AchievementTrigger `json:"trigger,omitzero" validate:"omitzero"` // what moved the progress
}

func (d MemberAchievementProgressWasChangedData) member() MemberRef { return d.Member.member() }

// AchievementsWereProcessedData is the payload of AchievementsWereProcessed: a
// list, with one entry for each achievement of a member that one trigger moved.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type AchievementsWereProcessedData []ProcessedAchievement

func (d AchievementsWereProcessedData) members() []MemberRef { return membersOf(d) }

// ProcessedAchievement is an achievement of one member that a trigger moved.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type ProcessedAchievement struct {
	Member      WebhookCustomer     `json:"member,omitzero" validate:"omitzero"` // the member
	Achievement ProgressAchievement `json:"achievement,omitzero"`                // the achievement, with the progress after

	// Deprecated: Trigger.Type is the same.
	TriggerType AchievementTriggerType `json:"triggerType,omitzero"`

	Trigger ProcessedTrigger `json:"trigger,omitzero" validate:"omitzero"` // what moved the progress
}

func (a ProcessedAchievement) member() MemberRef { return a.Member.member() }

// ProcessedTrigger names the trigger that was processed.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type ProcessedTrigger struct {
	TriggerID string                 `json:"triggerId,omitzero" validate:"omitempty,uuid"` // id of the transaction or event
	Type      AchievementTriggerType `json:"type,omitzero"`                                // what the id is of
}

// ProgressAchievement is an achievement with the progress of one member.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type ProgressAchievement struct {
	AchievementID          string              `json:"achievementId,omitzero"`          // id of the achievement
	AchievementName        string              `json:"achievementName,omitzero"`        // name of the achievement
	LimitReached           bool                `json:"limitReached,omitzero"`           // whether the member cannot complete it again
	ManuallyEdited         bool                `json:"manuallyEdited,omitzero"`         // whether an admin set the progress
	MemberProgress         AchievementProgress `json:"memberProgress,omitzero"`         // progress after the change
	PreviousMemberProgress AchievementProgress `json:"previousMemberProgress,omitzero"` // progress before it; not sent in AchievementsWereProcessed
}

// AchievementProgress is how far a member is with an achievement.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type AchievementProgress struct {
	CompletedCount envelope.Int              `json:"completedCount,omitzero"` // how often the member has completed it
	Reset          bool                      `json:"reset,omitzero"`          // whether the progress started anew; not sent for the progress before
	Rules          []AchievementRuleProgress `json:"rules,omitzero"`          // progress in each rule
}

// AchievementRuleProgress is how far a member is with one rule of an achievement.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type AchievementRuleProgress struct {
	AchievementRuleID           string                 `json:"achievementRuleId,omitzero"`           // id of the rule
	PeriodGoal                  envelope.Decimal       `json:"periodGoal,omitzero"`                  // value to reach in one period
	CurrentPeriodValue          envelope.Decimal       `json:"currentPeriodValue,omitzero"`          // value reached in the period that runs
	ConsecutivePeriods          envelope.Int           `json:"consecutivePeriods,omitzero"`          // periods in a row that are needed; null where the rule asks for none
	CompletedConsecutivePeriods envelope.Int           `json:"completedConsecutivePeriods,omitzero"` // periods in a row that are done
	PeriodType                  string                 `json:"periodType,omitzero"`                  // kind of period; its values are not published
	Type                        string                 `json:"type,omitzero"`                        // kind of rule; its values are not published
	Trigger                     AchievementTriggerType `json:"trigger,omitzero"`                     // what counts for the rule
	Translations                map[string]Translation `json:"translations,omitzero"`                // texts by language code
}

// AchievementTrigger is what moved the progress of a member. Type decides which
// one of the pointers is set; Other has the whole object if its type is none of
// theirs. The variant is what is encoded, so change its members and not those of
// the trigger.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type AchievementTrigger struct {
	TriggerID      string                 `json:"triggerId,omitzero" validate:"omitempty,uuid"` // id of the transaction or event
	Type           AchievementTriggerType `json:"type,omitzero" wire:"kind"`                    // which variant it is
	CreatedAt      envelope.Time          `json:"createdAt,omitzero"`                           // when it was recorded
	PurchasedAt    envelope.Time          `json:"purchasedAt,omitzero"`                         // as in Transaction
	DocumentNumber string                 `json:"documentNumber,omitzero"`                      // as in Transaction
	EventDate      envelope.Time          `json:"eventDate,omitzero"`                           // as in CustomEvent
	EventID        string                 `json:"eventId,omitzero"`                             // as in CustomEvent

	Transaction *AchievementTriggerTransaction `json:"-" wire:"variant=transaction"`  // for a transaction
	CustomEvent *AchievementTriggerCustomEvent `json:"-" wire:"variant=custom_event"` // for an event that you sent

	Other json.RawMessage `json:"-" wire:"other"` // JSON text of a trigger of another type
}

// UnmarshalJSON decodes the variant that type names.
func (t *AchievementTrigger) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, t) }

// MarshalJSON encodes the variant that is set, or Other.
func (t AchievementTrigger) MarshalJSON() ([]byte, error) { return wire.Marshal(&t) }

// AchievementTriggerTransaction is a transaction that moved the progress.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type AchievementTriggerTransaction struct {
	TriggerID      string                 `json:"triggerId,omitzero"`      // id of the transaction
	Type           AchievementTriggerType `json:"type,omitzero"`           // AchievementTriggerTypeTransaction
	CreatedAt      envelope.Time          `json:"createdAt,omitzero"`      // when it was recorded
	PurchasedAt    envelope.Time          `json:"purchasedAt,omitzero"`    // when the purchase was made
	DocumentNumber string                 `json:"documentNumber,omitzero"` // number of the receipt or invoice
}

// AchievementTriggerCustomEvent is a custom event that moved the progress.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type AchievementTriggerCustomEvent struct {
	TriggerID string                 `json:"triggerId,omitzero"` // id of what moved the progress
	Type      AchievementTriggerType `json:"type,omitzero"`      // AchievementTriggerTypeCustomEvent
	CreatedAt envelope.Time          `json:"createdAt,omitzero"` // when it was recorded
	EventDate envelope.Time          `json:"eventDate,omitzero"` // when it happened
	EventID   string                 `json:"eventId,omitzero"`   // event id
}
