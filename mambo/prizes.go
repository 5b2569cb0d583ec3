package mambo

// Prizes is what a behaviour or a reward gives to the user.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Prize.php
type Prizes struct {
	CouponID   string          `json:"couponId,omitzero"`   // the coupon given
	HideCoupon bool            `json:"hideCoupon,omitzero"` // the coupon is hidden in widgets
	Points     []ExpiringPoint `json:"points,omitzero"`     // the points given
	AddTags    PrizeTags       `json:"addTags,omitzero"`    // tags put on the user
	RemoveTags PrizeTags       `json:"removeTags,omitzero"` // tags taken off the user
}

// PrizeTags lists tags, by ID or by their unique value.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/PrizeTags.php
type PrizeTags struct {
	TagIDs  []string `json:"tagIds,omitzero"`  // the tags by ID
	TagTags []string `json:"tagTags,omitzero"` // the tags by their unique value; known from requests
}
