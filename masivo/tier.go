package masivo

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// TierChangeData is the payload of TierUpgrade and TierDowngrade.
//
// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
type TierChangeData struct {
	CustomerID    string       `json:"customer_id,omitzero" validate:"required"`     // your own id for the customer, in any format
	FromTierID    string       `json:"from_tier_id,omitzero" validate:"required"`    // UUID of the tier left
	ToTierID      string       `json:"to_tier_id,omitzero" validate:"required"`      // UUID of the tier entered
	FromTierName  string       `json:"from_tier_name,omitzero" validate:"required"`  // as shown to customers
	ToTierName    string       `json:"to_tier_name,omitzero" validate:"required"`    // as shown to customers
	FromTierLevel envelope.Int `json:"from_tier_level,omitzero" validate:"required"` // rank of the tier left, 1 (lowest) to 10
	ToTierLevel   envelope.Int `json:"to_tier_level,omitzero" validate:"required"`   // rank of the tier entered
	TriggeredBy   TierTrigger  `json:"triggered_by,omitzero" validate:"required"`    // the cause

	// The behavior event behind the change. Documented for EVENT and REVERSAL
	// only, but Masivo's own sample of CRON_DOWNGRADE has both.
	TriggerEventID   string            `json:"trigger_event_id,omitzero"`   // UUID
	TriggerEventType BehaviorEventType `json:"trigger_event_type,omitzero"` // may be a kind of your own
}

// TierTrigger is what caused a change of tier.
//
// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
type TierTrigger string

// The documented causes of a change of tier.
const (
	TierTriggerEvent         TierTrigger = "EVENT"          // a behavior event
	TierTriggerCronDowngrade TierTrigger = "CRON_DOWNGRADE" // the periodic job found the requirements no longer met
	TierTriggerReversal      TierTrigger = "REVERSAL"       // a behavior event was reversed
)

// Known reports whether t is one of the constants.
func (t TierTrigger) Known() bool {
	switch t {
	case TierTriggerEvent, TierTriggerCronDowngrade, TierTriggerReversal:
		return true
	}
	return false
}
