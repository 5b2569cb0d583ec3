package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// CouponWillExpireData is the payload of CouponWillExpire.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type CouponWillExpireData struct {
	Customer     WebhookCustomer `json:"customer,omitzero" validate:"omitzero"` // owner of the coupon
	IssuedCoupon ExpiringCoupon  `json:"issuedCoupon,omitzero"`                 // the coupon
}

func (d CouponWillExpireData) member() MemberRef { return d.Customer.member() }

// ExpiringCoupon is the coupon of CouponWillExpire.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type ExpiringCoupon struct {
	ValueType  CouponValueType  `json:"valueType,omitzero"`  // what Value counts
	Code       string           `json:"code,omitzero"`       // worth money to whoever knows it: keep it out of logs
	Value      envelope.Decimal `json:"value,omitzero"`      // money, or percent
	ActiveFrom envelope.Time    `json:"activeFrom,omitzero"` // start of its validity
	ActiveTo   envelope.Time    `json:"activeTo,omitzero"`   // end of its validity; null if it does not end
	UsedAt     envelope.Time    `json:"usedAt,omitzero"`     // null while it is unused
}

// CouponValueType is what the value of a coupon counts.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type CouponValueType string

// The coupon values that the API knows.
const (
	CouponValueTypeMoney      CouponValueType = "money"
	CouponValueTypePercentage CouponValueType = "percentage"
)

// Known reports whether t is one of the constants.
func (t CouponValueType) Known() bool {
	switch t {
	case CouponValueTypeMoney, CouponValueTypePercentage:
		return true
	}
	return false
}

// BoughtCoupon is the coupon that came with a reward in CustomerBoughtReward.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type BoughtCoupon struct {
	Code       string           `json:"code,omitzero"`       // worth money to whoever knows it: keep it out of logs
	Value      envelope.Decimal `json:"value,omitzero"`      // value of the coupon
	Status     string           `json:"status,omitzero"`     // status of the coupon; its values are not published
	ActiveFrom envelope.Time    `json:"activeFrom,omitzero"` // start of its validity
	ActiveTo   envelope.Time    `json:"activeTo,omitzero"`   // end of its validity; null if it does not end
	UsedAt     envelope.Time    `json:"usedAt,omitzero"`     // null while it is unused
}

// IssuedCoupon is the coupon of a redeemed reward in
// RewardRedemptionStatusChanged.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type IssuedCoupon struct {
	Code       string           `json:"code,omitzero"`       // worth money to whoever knows it: keep it out of logs
	Value      envelope.Decimal `json:"value,omitzero"`      // value of the coupon
	ActiveFrom envelope.Time    `json:"activeFrom,omitzero"` // start of its validity
	ActiveTo   envelope.Time    `json:"activeTo,omitzero"`   // end of its validity; null if it does not end
}
