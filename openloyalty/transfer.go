package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// UnitsTransferWasAddedData is the payload of UnitsTransferWasAdded: one entry in
// the book of a wallet.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type UnitsTransferWasAddedData struct {
	Member            WebhookCustomer  `json:"member,omitzero" validate:"omitzero"`                  // owner of the wallet
	Wallet            WebhookWallet    `json:"wallet,omitzero" validate:"omitzero"`                  // wallet the transfer is on
	CreatedAt         envelope.Time    `json:"createdAt,omitzero"`                                   // when the transfer was made
	ExpiresAt         envelope.Time    `json:"expiresAt,omitzero"`                                   // when the units expire; null if they do not
	Units             envelope.Decimal `json:"units,omitzero"`                                       // units moved
	Comment           string           `json:"comment,omitzero"`                                     // may be null
	Type              TransferType     `json:"type,omitzero"`                                        // what happened to the units
	Pending           bool             `json:"pending,omitzero"`                                     // true while the units are locked
	LockedUntil       envelope.Time    `json:"lockedUntil,omitzero"`                                 // end of the lock; null if there is none
	TransferID        string           `json:"transferId,omitzero" validate:"omitempty,uuid"`        // id of this transfer
	RelatedTransferID string           `json:"relatedTransferId,omitzero" validate:"omitempty,uuid"` // the transfer whose units expired; only for TransferTypeExpired
	ActionCause       ActionCause      `json:"actionCause,omitzero" validate:"omitzero"`             // may be null
}

func (d UnitsTransferWasAddedData) member() MemberRef {
	m := d.Member.member()
	m.WalletID = d.Wallet.WalletID
	return m
}

// TransferType is what a transfer does to the units of a wallet.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type TransferType string

// The documented types of transfers. Those of p2p are the receiving and the
// sending side of a transfer between members.
const (
	TransferTypeAdding      TransferType = "adding"
	TransferTypeSpending    TransferType = "spending"
	TransferTypeP2PAdding   TransferType = "p2p_adding"
	TransferTypeP2PSpending TransferType = "p2p_spending"
	TransferTypeBlocked     TransferType = "blocked"
	TransferTypeExpired     TransferType = "expired"
)

// Known reports whether t is one of the constants.
func (t TransferType) Known() bool {
	switch t {
	case TransferTypeAdding, TransferTypeSpending, TransferTypeP2PAdding, TransferTypeP2PSpending, TransferTypeBlocked, TransferTypeExpired:
		return true
	}
	return false
}
