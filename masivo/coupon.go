package masivo

// CouponRedemptionData is the payload of CouponRedemption. It holds no reward
// lines: what the coupon gave comes as a CustomerAccumulation.
//
// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
type CouponRedemptionData struct {
	CustomerID string `json:"customer_id,omitzero" validate:"required"` // your own id for the customer, in any format
	CampaignID string `json:"campaign_id,omitzero" validate:"required"` // UUID of the campaign that the coupon belongs to
	Code       string `json:"code,omitzero" validate:"required"`        // the coupon; it may be good for another use, so keep it out of logs
}
