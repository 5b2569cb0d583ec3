package openloyalty

// CustomerLevelChangedData is the payload of CustomerLevelChanged.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type CustomerLevelChangedData struct {
	Customer WebhookCustomer `json:"customer,omitzero" validate:"omitzero"` // the member
	Level    ChangedLevel    `json:"level,omitzero"`                        // the tier held now
}

func (d CustomerLevelChangedData) member() MemberRef { return d.Customer.member() }

// ChangedLevel is the tier of a member after a change, which the platform calls a
// level here. The tier before is not sent, only the direction.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type ChangedLevel struct {
	LevelID       string `json:"levelId,omitzero"`       // id of the tier
	Name          string `json:"name,omitzero"`          // name of the tier
	LevelMoveUp   bool   `json:"levelMoveUp,omitzero"`   // the change was an upgrade
	LevelMoveDown bool   `json:"levelMoveDown,omitzero"` // the change was a downgrade
}

// LevelWillExpireData is the payload of LevelWillExpire: a flat record, with the
// member's data next to the tiers.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type LevelWillExpireData struct {
	CustomerID                string `json:"customerId,omitzero" validate:"omitempty,uuid"`    // id of the member
	CustomerEmail             string `json:"customerEmail,omitzero"`                           // may be empty, as in WebhookCustomer
	CustomerPhone             string `json:"customerPhone,omitzero"`                           // may be empty, as in WebhookCustomer
	CustomerLoyaltyCardNumber string `json:"customerLoyaltyCardNumber,omitzero"`               // as in WebhookCustomer
	CustomerFirstName         string `json:"customerFirstName,omitzero"`                       // given name
	CustomerLastName          string `json:"customerLastName,omitzero"`                        // family name
	LevelID                   string `json:"levelId,omitzero" validate:"omitempty,uuid"`       // tier held now
	LevelName                 string `json:"levelName,omitzero"`                               // name of that tier
	FutureLevelID             string `json:"futureLevelId,omitzero" validate:"omitempty,uuid"` // tier expected after the recalculation
	FutureLevelName           string `json:"futureLevelName,omitzero"`                         // name of that tier
}

func (d LevelWillExpireData) member() MemberRef {
	return MemberRef{CustomerID: d.CustomerID, Email: d.CustomerEmail, Phone: d.CustomerPhone, LoyaltyCardNumber: d.CustomerLoyaltyCardNumber}
}
