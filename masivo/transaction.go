package masivo

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Transaction is an entry of the ledger. Everything that ties it to an event, a
// campaign or a place is null where there is none.
//
// Source: https://docs.masivo.ai/api-reference/customers/[id]/transactions/get
type Transaction struct {
	ID         string                    `json:"id,omitzero"`          // UUID
	BrandID    string                    `json:"brand_id,omitzero"`    // your own id of the brand; may be null
	EventID    string                    `json:"event_id,omitzero"`    // UUID of the behavior event behind it; may be null
	CampaignID string                    `json:"campaign_id,omitzero"` // UUID of the campaign behind it; may be null
	ChannelID  string                    `json:"channel_id,omitzero"`  // your own id of the sales channel; may be null
	StoreID    string                    `json:"store_id,omitzero"`    // your own id of the store; may be null
	FundedBy   string                    `json:"funded_by,omitzero"`   // who pays for the reward, in your own words, such as MARKETING; may be null
	EventType  BehaviorEventType         `json:"event_type,omitzero"`  // may be null
	RewardType RewardType                `json:"reward_type,omitzero"` // may be null
	RewardID   string                    `json:"reward_id,omitzero"`   // UUID
	Amount     envelope.Decimal          `json:"amount,omitzero"`      // units moved; negative for what was reversed
	Cost       envelope.Decimal          `json:"cost,omitzero"`        // of the move, in money; may be null
	Details    string                    `json:"details,omitzero"`     // free text
	Type       TransactionType           `json:"type,omitzero"`        // kind of the move
	ReceiverID string                    `json:"receiver_id,omitzero"` // who got the units
	SenderID   string                    `json:"sender_id,omitzero"`   // who gave the units
	CreatedAt  envelope.Time             `json:"created_at,omitzero"`  // when the entry was written
	IssuedAt   envelope.Time             `json:"issued_at,omitzero"`   // when the units moved
	Attributes TransactionAttributes     `json:"attributes,omitzero"`  // the batch and the campaign
	Metadata   map[string]envelope.Value `json:"metadata,omitzero"`    // free-form data
}

// TransactionType is the kind of a move.
//
// Source: https://docs.masivo.ai/api-reference/transactions/get
type TransactionType string

// The documented kinds of moves.
const (
	TransactionTypeAccumulation TransactionType = "ACCUMULATION"
	TransactionTypeRedemption   TransactionType = "REDEMPTION"
	TransactionTypeExpiration   TransactionType = "EXPIRATION"
	TransactionTypeMigration    TransactionType = "MIGRATION"
	TransactionTypeTransfer     TransactionType = "TRANSFER"
	TransactionTypeReversal     TransactionType = "REVERSAL"
)

// Known reports whether t is one of the constants.
func (t TransactionType) Known() bool {
	switch t {
	case TransactionTypeAccumulation, TransactionTypeRedemption, TransactionTypeExpiration,
		TransactionTypeMigration, TransactionTypeTransfer, TransactionTypeReversal:
		return true
	}
	return false
}

// TransactionAttributes say more about an entry of the ledger.
//
// Source: https://docs.masivo.ai/api-reference/customers/[id]/transactions/get
type TransactionAttributes struct {
	Line         RewardLine                `json:"line,omitzero"`          // the batch that moved
	CampaignName string                    `json:"campaign_name,omitzero"` // as it was at that time
	Extra        map[string]envelope.Value `json:"-" wire:"extra"`         // members with no field here
}

func (a *TransactionAttributes) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, a) }
func (a TransactionAttributes) MarshalJSON() ([]byte, error)  { return wire.Marshal(&a) }
