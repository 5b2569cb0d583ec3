package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// AchievementData is the payload of AchievementCreated and AchievementUpdated.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type AchievementData struct {
	Achievement WebhookAchievement `json:"achievement,omitzero" validate:"omitzero"` // the achievement as saved
}

// WebhookAchievement is the definition of an achievement.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookAchievement.yaml
type WebhookAchievement struct {
	AchievementID string                 `json:"achievementId,omitzero" validate:"omitempty,uuid"` // id of the achievement
	Active        bool                   `json:"active,omitzero"`                                  // whether the achievement is switched on
	Activity      AchievementActivity    `json:"activity,omitzero"`                                // when it runs
	Limit         CountLimit             `json:"limit,omitzero"`                                   // how often a member can complete it
	Translations  map[string]Translation `json:"translations,omitzero"`                            // texts by language code, for the languages of the tenant
	Rules         []AchievementRule      `json:"rules,omitzero"`                                   // what has to be done
}

// Translation is the texts about something in one language.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/Translations.yaml
type Translation struct {
	Name        string `json:"name,omitzero"`        // name in that language
	Description string `json:"description,omitzero"` // description in that language; may be empty
}

// AchievementActivity says when an achievement runs: Operator compares the time
// with Data, which comes in several shapes. Text, Range and List each read one of
// them; Data is not sent, or null, for an achievement that always runs.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/AchievementActivity.yaml
type AchievementActivity struct {
	Data     envelope.Value `json:"data,omitzero"`     // text, an object with from and to, or a list of texts
	Operator string         `json:"operator,omitzero"` // such as is_greater; may be empty
}

// Text is the data if it is a text.
func (a AchievementActivity) Text() (text string, ok bool) {
	if !a.shape('"') {
		return "", false
	}
	return a.Data.String(), true
}

// Range is the data if it is an object with from and to. A bound that was not
// sent is empty.
func (a AchievementActivity) Range() (from, to string, ok bool) {
	if !a.shape('{') {
		return "", "", false
	}
	return a.Data.Get("from").String(), a.Data.Get("to").String(), true
}

// List is the data if it is a list of texts.
func (a AchievementActivity) List() (list []string, ok bool) {
	if !a.shape('[') || a.Data.Decode(&list) != nil {
		return nil, false
	}
	return list, true
}

// shape reports whether the data begins with a character that tells its type.
func (a AchievementActivity) shape(first byte) bool {
	raw := a.Data.Raw()
	return len(raw) > 0 && raw[0] == first
}

// AchievementRule is one rule of an achievement.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookAchievement.yaml
type AchievementRule struct {
	Trigger      AchievementTriggerType  `json:"trigger,omitzero"`      // what counts for the rule
	Type         string                  `json:"type,omitzero"`         // kind of rule; its values are not published
	CompleteRule AchievementCompleteRule `json:"completeRule,omitzero"` // the goal
	Conditions   []AchievementCondition  `json:"conditions,omitzero"`   // what a transaction or event must meet to count
	Aggregation  AchievementAggregation  `json:"aggregation,omitzero"`  // how the values are added up
	Limit        CountLimit              `json:"limit,omitzero"`        // how much can count
	Translations map[string]Translation  `json:"translations,omitzero"` // texts by language code
}

// AchievementTriggerType is the kind of action that counts for an achievement.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookAchievement.yaml
type AchievementTriggerType string

// The documented kinds of actions.
const (
	AchievementTriggerTypeTransaction AchievementTriggerType = "transaction"
	AchievementTriggerTypeCustomEvent AchievementTriggerType = "custom_event"
)

// Known reports whether t is one of the constants.
func (t AchievementTriggerType) Known() bool {
	switch t {
	case AchievementTriggerTypeTransaction, AchievementTriggerTypeCustomEvent:
		return true
	}
	return false
}

// AchievementCompleteRule is the goal of an achievement's rule.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookAchievement.yaml
type AchievementCompleteRule struct {
	PeriodGoal envelope.Int      `json:"periodGoal,omitzero"` // value to reach in one period
	Period     AchievementPeriod `json:"period,omitzero"`     // in what time, and how often in a row
}

// AchievementPeriod is the period in which the goal of a rule has to be reached.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookAchievement.yaml
type AchievementPeriod struct {
	Type        string       `json:"type,omitzero"`        // kind of period; its values are not published
	Consecutive envelope.Int `json:"consecutive,omitzero"` // how many periods in a row are needed
}

// AchievementCondition is a comparison that decides what counts for a rule.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookAchievement.yaml
type AchievementCondition struct {
	Operator  string   `json:"operator,omitzero"`  // how it is compared
	Data      []string `json:"data,omitzero"`      // what it is compared with
	Attribute string   `json:"attribute,omitzero"` // what is compared
}

// AchievementAggregation is how the values of a rule are added up.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookAchievement.yaml
type AchievementAggregation struct {
	Type string `json:"type,omitzero"` // its values are not published
}
