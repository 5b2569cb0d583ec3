package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// CustomerBoughtRewardData is the payload of CustomerBoughtReward.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type CustomerBoughtRewardData struct {
	Customer         WebhookCustomer     `json:"customer,omitzero" validate:"omitzero"`         // member who got the reward
	Coupon           BoughtCoupon        `json:"coupon,omitzero"`                               // zero for a reward without coupon
	Reward           BoughtReward        `json:"reward,omitzero" validate:"omitzero"`           // what was given
	RewardRedemption RewardRedemptionRef `json:"rewardRedemption,omitzero" validate:"omitzero"` // the record of giving it
	CostInPoints     envelope.Decimal    `json:"costInPoints,omitzero"`                         // units paid for it
	ActionCause      ActionCause         `json:"actionCause,omitzero" validate:"omitzero"`      // may be null
}

func (d CustomerBoughtRewardData) member() MemberRef { return d.Customer.member() }

// BoughtReward names the reward that a member got.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type BoughtReward struct {
	RewardID   string     `json:"rewardId,omitzero" validate:"omitempty,uuid"` // id of the reward
	RewardName string     `json:"rewardName,omitzero"`                         // name of the reward
	RewardType RewardType `json:"rewardType,omitzero"`                         // kind of the reward
}

// RewardRedemptionRef names the record of a reward given to a member.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type RewardRedemptionRef struct {
	RedeemedRewardID string `json:"redeemedRewardId,omitzero" validate:"omitempty,uuid"` // called issuedRewardId in RewardRedemptionStatusChanged
}

// RewardRedemptionStatusChangedData is the payload of
// RewardRedemptionStatusChanged. Comments may be null, and so may everything about
// a status that was the first one.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type RewardRedemptionStatusChangedData struct {
	IssuedReward IssuedReward     `json:"issuedReward,omitzero"` // the redeemed reward, in its new status
	NewStatus    RedemptionStatus `json:"newStatus,omitzero"`    // status after the change
	NewComment   string           `json:"newComment,omitzero"`   // may be null
	NewDate      envelope.Time    `json:"newDate,omitzero"`      // when the new status began
	OldStatus    RedemptionStatus `json:"oldStatus,omitzero"`    // status before the change
	OldComment   string           `json:"oldComment,omitzero"`   // may be null
	OldDate      envelope.Time    `json:"oldDate,omitzero"`      // when the old status began
}

func (d RewardRedemptionStatusChangedData) member() MemberRef {
	c := d.IssuedReward.CustomerData
	return MemberRef{CustomerID: d.IssuedReward.CustomerID, Email: c.Email, Phone: c.Phone, LoyaltyCardNumber: c.LoyaltyCardNumber}
}

// IssuedReward is a reward that a member has redeemed.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type IssuedReward struct {
	IssuedRewardID string               `json:"issuedRewardId,omitzero"` // id of the redemption
	Token          string               `json:"token,omitzero"`          // redemption token: keep it out of logs
	Name           string               `json:"name,omitzero"`           // name of the reward
	CustomerID     string               `json:"customerId,omitzero"`     // member who redeemed it
	Status         RedemptionStatus     `json:"status,omitzero"`         // current status
	CostInPoints   envelope.Decimal     `json:"costInPoints,omitzero"`   // units paid
	Tax            envelope.Decimal     `json:"tax,omitzero"`            // tax rate
	TaxPriceValue  envelope.Decimal     `json:"taxPriceValue,omitzero"`  // amount of tax
	Price          envelope.Decimal     `json:"price,omitzero"`          // price in money
	RedemptionDate envelope.Time        `json:"redemptionDate,omitzero"` // when it was redeemed
	CustomerData   IssuedRewardCustomer `json:"customerData,omitzero"`   // profile of the member
	RewardType     RewardType           `json:"rewardType,omitzero"`     // kind of the reward
	RewardID       string               `json:"rewardId,omitzero"`       // id of the reward
	IssuedCoupon   IssuedCoupon         `json:"issuedCoupon,omitzero"`   // zero for a reward without coupon
}

// RedemptionStatus is how far a redeemed reward has come.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type RedemptionStatus string

// The statuses that the API knows.
const (
	RedemptionStatusIssued           RedemptionStatus = "issued"
	RedemptionStatusPending          RedemptionStatus = "pending"
	RedemptionStatusApproved         RedemptionStatus = "approved"
	RedemptionStatusRejected         RedemptionStatus = "rejected"
	RedemptionStatusCanceled         RedemptionStatus = "canceled"
	RedemptionStatusPacking          RedemptionStatus = "packing"
	RedemptionStatusAwaitingShipping RedemptionStatus = "awaiting_shipping"
	RedemptionStatusShipped          RedemptionStatus = "shipped"
	RedemptionStatusCompleted        RedemptionStatus = "completed"
	RedemptionStatusReturned         RedemptionStatus = "returned"
)

// Known reports whether s is one of the constants.
func (s RedemptionStatus) Known() bool {
	switch s {
	case RedemptionStatusIssued, RedemptionStatusPending, RedemptionStatusApproved, RedemptionStatusRejected,
		RedemptionStatusCanceled, RedemptionStatusPacking, RedemptionStatusAwaitingShipping, RedemptionStatusShipped,
		RedemptionStatusCompleted, RedemptionStatusReturned:
		return true
	}
	return false
}

// IssuedRewardCustomer is the profile of the member who redeemed a reward.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type IssuedRewardCustomer struct {
	Email             string          `json:"email,omitzero"`             // may be empty, as in WebhookCustomer
	FirstName         string          `json:"firstName,omitzero"`         // given name
	LastName          string          `json:"lastName,omitzero"`          // family name
	CompanyName       string          `json:"companyName,omitzero"`       // may be null
	NIP               string          `json:"nip,omitzero"`               // tax number, as in Company
	Phone             string          `json:"phone,omitzero"`             // may be empty, as in WebhookCustomer
	LoyaltyCardNumber string          `json:"loyaltyCardNumber,omitzero"` // as in WebhookCustomer
	Address           CustomerAddress `json:"address,omitzero"`           // where to ship a material reward
}
