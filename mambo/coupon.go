package mambo

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// Coupon is a benefit or a collectible that users earn, or buy with points.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/CouponRequestData.php
type Coupon struct {
	ID        string        `json:"id,omitzero"`        // Mambo's identifier, opaque
	SiteID    string        `json:"siteId,omitzero"`    // Inferred: the site it belongs to
	CreatedOn envelope.Time `json:"createdOn,omitzero"` // Inferred: when it was created
	Name      string        `json:"name,omitzero"`      // name of the coupon
	// The code to use. Newer versions can give one coupon many codes and may send
	// none here. It can be worth money to whoever reads it: keep it out of logs.
	Code         string              `json:"code,omitzero"`
	Type         CouponType          `json:"type,omitzero"`         // kind of benefit
	Active       bool                `json:"active,omitzero"`       // in use
	Amount       envelope.Decimal    `json:"amount,omitzero"`       // percentage for percent, money for fixed
	Custom       string              `json:"custom,omitzero"`       // the benefit in words, for custom; the SDK calls it customPrize
	PointsToBuy  envelope.Decimal    `json:"pointsToBuy,omitzero"`  // its price in points; null if it is not for sale
	HelpMessage  string              `json:"helpMessage,omitzero"`  // text on how to use it
	Usage        CouponUsage         `json:"usage,omitzero"`        // whether it can be used again
	Expiration   Recurrence          `json:"expiration,omitzero"`   // when it expires: never, fixed_date or variable_period
	ImageURL     string              `json:"imageUrl,omitzero"`     // Inferred: address of its picture
	MimeType     string              `json:"mimeType,omitzero"`     // Inferred: media type of that picture
	TagIDs       []string            `json:"tagIds,omitzero"`       // IDs of the tags it carries
	Translations []CouponTranslation `json:"translations,omitzero"` // texts, one entry a language
}

// CouponType is the kind of benefit of a coupon.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/CouponRequestData.php
type CouponType string

// Kinds of benefit.
const (
	CouponTypePercent  CouponType = "percent"  // a percentage off
	CouponTypeFixed    CouponType = "fixed"    // an amount of money off
	CouponTypeShipping CouponType = "shipping" // free delivery
	CouponTypeCustom   CouponType = "custom"   // something said in words
)

// Known reports whether t is one of the constants.
func (t CouponType) Known() bool {
	switch t {
	case CouponTypePercent, CouponTypeFixed, CouponTypeShipping, CouponTypeCustom:
		return true
	}
	return false
}

// CouponUsage is how often a coupon can be used.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/CouponRequestData.php
type CouponUsage string

// How often a coupon can be used.
const (
	CouponUsageSingle CouponUsage = "single" // once
	CouponUsageMulti  CouponUsage = "multi"  // many times
)

// Known reports whether u is one of the constants.
func (u CouponUsage) Known() bool {
	switch u {
	case CouponUsageSingle, CouponUsageMulti:
		return true
	}
	return false
}

// CouponState is a coupon in the hands of a user. Its members are not published:
// all are inferred, and what a delivery has beyond them is reported as drift and
// found in its Raw.
//
// Source: https://docs.mambo.io/developers/webhooks/events-payload
type CouponState struct {
	ID        string        `json:"id,omitzero"`        // Inferred: identifier of this one coupon of this one user
	CouponID  string        `json:"couponId,omitzero"`  // Inferred: the coupon
	UserID    string        `json:"userId,omitzero"`    // Inferred: Mambo's identifier of the user
	SiteID    string        `json:"siteId,omitzero"`    // Inferred: the site
	AwardedOn envelope.Time `json:"awardedOn,omitzero"` // Inferred: when the user got it
	ExpiryOn  envelope.Time `json:"expiryOn,omitzero"`  // Inferred: when it expires
	IsExpired bool          `json:"isExpired,omitzero"` // Inferred: it has expired
}

// CouponTranslation holds the texts of a coupon in one language.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Translation/CouponTranslation.php
type CouponTranslation struct {
	LanguageCode string `json:"languageCode,omitzero"` // the language
	Name         string `json:"name,omitzero"`         // name of the coupon
	Custom       string `json:"custom,omitzero"`       // the benefit in words
	HelpMessage  string `json:"helpMessage,omitzero"`  // text on how to use it
}
