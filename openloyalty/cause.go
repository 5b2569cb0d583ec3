package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// ActionCause is what made units or a reward move. Only the members that apply
// are filled; the whole cause is null, and so zero, where nothing is known about
// it.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/ActionCause.yaml
type ActionCause struct {
	CampaignID        string        `json:"campaignId,omitzero" validate:"omitempty,uuid"`    // campaign behind it
	CustomerID        string        `json:"customerId,omitzero" validate:"omitempty,uuid"`    // member who acted
	TransactionID     string        `json:"transactionId,omitzero" validate:"omitempty,uuid"` // transaction behind it
	CustomEventID     string        `json:"customEventId,omitzero" validate:"omitempty,uuid"` // custom event behind it
	InternalEventName string        `json:"internalEventName,omitzero"`                       // event of Open Loyalty itself behind it
	PerformedAt       envelope.Time `json:"performedAt,omitzero"`                             // when it happened; null without a campaign, not sent in CustomerBoughtReward
}
