package openloyalty

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// WebhookWallet is the wallet of a member on which units moved.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type WebhookWallet struct {
	WalletID   string     `json:"walletId,omitzero" validate:"omitempty,uuid"` // older events call it accountId
	WalletType WalletType `json:"walletType,omitzero" validate:"omitzero"`     // what the wallet holds
}

// WalletType is a kind of wallet, and with it a kind of unit: points, miles,
// credit.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WalletType.yaml
type WalletType struct {
	Name                 string          `json:"name,omitzero"`                                   // name of the wallet type
	WalletTypeID         string          `json:"walletTypeId,omitzero" validate:"omitempty,uuid"` // id of the wallet type
	Code                 string          `json:"code,omitzero"`                                   // short name in the API, such as default
	UnitSingularName     string          `json:"unitSingularName,omitzero"`                       // name of one unit
	UnitPluralName       string          `json:"unitPluralName,omitzero"`                         // name of several units
	Active               bool            `json:"active,omitzero"`                                 // whether the wallet type is in use
	IsDefault            bool            `json:"isDefault,omitzero"`                              // true for one wallet type of each tenant
	CreatedAt            envelope.Time   `json:"createdAt,omitzero"`                              // when the wallet type was defined
	Limits               WalletTypeLimit `json:"limits,omitzero"`                                 // how many units can be earned; zero without limits
	AllowNegativeBalance bool            `json:"allowNegativeBalance,omitzero"`                   // whether a balance may fall below zero
}

// WalletTypeLimit bounds how many units of a wallet type can be earned.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WalletTypeLimit.yaml
type WalletTypeLimit struct {
	Points          UnitsLimit `json:"points,omitzero"`          // over all members together
	PointsPerMember UnitsLimit `json:"pointsPerMember,omitzero"` // for each member
}

// AvailablePointsAmountChangedData is the payload of AvailablePointsAmountChanged.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type AvailablePointsAmountChangedData struct {
	Customer WebhookCustomer `json:"customer,omitzero" validate:"omitzero"` // member whose units changed

	// Deprecated: Wallet.WalletID is the same id.
	AccountID string `json:"accountId,omitzero" validate:"omitempty,uuid"`

	Amount           envelope.Decimal `json:"amount,omitzero"`                               // units that are available after the change
	AmountChange     envelope.Decimal `json:"amountChange,omitzero"`                         // size of the change
	AmountChangeType AmountChangeType `json:"amountChangeType,omitzero"`                     // direction of the change
	TransferID       string           `json:"transferId,omitzero" validate:"omitempty,uuid"` // units transfer behind the change
	Wallet           WebhookWallet    `json:"wallet,omitzero" validate:"omitzero"`           // wallet that changed
	ActionCause      ActionCause      `json:"actionCause,omitzero" validate:"omitzero"`      // may be null
}

func (d AvailablePointsAmountChangedData) member() MemberRef {
	m := d.Customer.member()
	if m.WalletID = d.Wallet.WalletID; m.WalletID == "" {
		m.WalletID = d.AccountID
	}
	return m
}

// AmountChangeType is the direction in which available units changed.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type AmountChangeType string

// The directions that the API and its older releases know. Those of p2p are the
// two sides of a transfer between members.
const (
	AmountChangeTypeAdd         AmountChangeType = "add"
	AmountChangeTypeSubtract    AmountChangeType = "subtract"
	AmountChangeTypeP2PAdd      AmountChangeType = "p2p_add"
	AmountChangeTypeP2PSubtract AmountChangeType = "p2p_subtract"
)

// Known reports whether t is one of the constants.
func (t AmountChangeType) Known() bool {
	switch t {
	case AmountChangeTypeAdd, AmountChangeTypeSubtract, AmountChangeTypeP2PAdd, AmountChangeTypeP2PSubtract:
		return true
	}
	return false
}

// WalletBalanceUpdatedData is the payload of WalletBalanceUpdated. Open Loyalty
// announces the event and has not published its payload, so the three named
// members are taken over from the events next to it; whatever else is sent is in
// Extra.
//
// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
type WalletBalanceUpdatedData struct {
	// Inferred: the member, under the key of AvailablePointsAmountChanged.
	Customer WebhookCustomer `json:"customer,omitzero" validate:"-"`

	// Inferred: the member, under the key of UnitsTransferWasAdded.
	Member WebhookCustomer `json:"member,omitzero" validate:"-"`

	// Inferred: the wallet, as in both of these events.
	Wallet WebhookWallet `json:"wallet,omitzero" validate:"-"`

	// Extra holds all other members of the payload.
	Extra map[string]envelope.Value `json:"-" wire:"extra"`
}

// UnmarshalJSON decodes the named members, and the others into Extra.
func (d *WalletBalanceUpdatedData) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, d) }

// MarshalJSON encodes the named members and those of Extra.
func (d WalletBalanceUpdatedData) MarshalJSON() ([]byte, error) { return wire.Marshal(&d) }

func (d WalletBalanceUpdatedData) member() MemberRef {
	m := d.Customer.member()
	if m == (MemberRef{}) {
		m = d.Member.member()
	}
	m.WalletID = d.Wallet.WalletID
	return m
}

// PointsWillExpireData is the payload of PointsWillExpire. It names a wallet and
// no member: ask the API of Open Loyalty whose wallet it is.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type PointsWillExpireData struct {
	AccountID        string           `json:"accountId,omitzero" validate:"omitempty,uuid"` // id of the wallet
	Points           envelope.Decimal `json:"points,omitzero"`                              // units of the transfer that runs out
	RemainingUnits   envelope.Decimal `json:"remainingUnits,omitzero"`                      // how many of them are unspent, and so will be lost
	PointsWillExpire envelope.Time    `json:"pointsWillExpire,omitzero"`                    // when that happens
}

func (d PointsWillExpireData) member() MemberRef { return MemberRef{WalletID: d.AccountID} }
