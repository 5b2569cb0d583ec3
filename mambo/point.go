package mambo

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// Point is a kind of point that users can earn: miles, stars, reputation. It is
// not an amount; see SimplePoint for that.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/PointRequestData.php
type Point struct {
	ID           string             `json:"id,omitzero"`           // Mambo's identifier, opaque
	SiteID       string             `json:"siteId,omitzero"`       // Inferred: the site it belongs to
	CreatedOn    envelope.Time      `json:"createdOn,omitzero"`    // Inferred: when it was created
	Name         string             `json:"name,omitzero"`         // name of the point
	Active       bool               `json:"active,omitzero"`       // in use
	InternalOnly bool               `json:"internalOnly,omitzero"` // hidden from users
	StopAtZero   bool               `json:"stopAtZero,omitzero"`   // taking away ends at 0; Negativeable wins over it
	Negativeable bool               `json:"negativeable,omitzero"` // a balance may fall below 0
	Redeemable   bool               `json:"redeemable,omitzero"`   // can be spent
	Giftable     bool               `json:"giftable,omitzero"`     // users can give it to each other
	Bountiable   bool               `json:"bountiable,omitzero"`   // users can offer it as a bounty
	Expirable    bool               `json:"expirable,omitzero"`    // expires
	Expiration   Recurrence         `json:"expiration,omitzero"`   // when it does by default: never, fixed_period or variable_period
	Description  string             `json:"description,omitzero"`  // text about it
	Units        Units              `json:"units,omitzero"`        // words to count it with
	ImageURL     string             `json:"imageUrl,omitzero"`     // Inferred: address of its picture
	MimeType     string             `json:"mimeType,omitzero"`     // Inferred: media type of that picture
	TagIDs       []string           `json:"tagIds,omitzero"`       // IDs of the tags it carries
	CustomFields []CustomFieldValue `json:"customFields,omitzero"` // Inferred: values of the fields you defined
	Translations []PointTranslation `json:"translations,omitzero"` // texts, one entry a language
}

// Units are the words to count a point with.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Units.php
type Units struct {
	Plural       string `json:"plural,omitzero"`       // for several: miles
	Singular     string `json:"singular,omitzero"`     // for one: mile
	AbbrPlural   string `json:"abbrPlural,omitzero"`   // short, for several
	AbbrSingular string `json:"abbrSingular,omitzero"` // short, for one
}

// PointTranslation holds the texts of a point in one language. The words to count
// with stand beside the others here, while Point has them under units.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Translation/PointTranslation.php
type PointTranslation struct {
	LanguageCode string `json:"languageCode,omitzero"` // the language
	Name         string `json:"name,omitzero"`         // name of the point
	Description  string `json:"description,omitzero"`  // text about it
	Plural       string `json:"plural,omitzero"`       // for several
	Singular     string `json:"singular,omitzero"`     // for one
	AbbrPlural   string `json:"abbrPlural,omitzero"`   // short, for several
	AbbrSingular string `json:"abbrSingular,omitzero"` // short, for one
}

// SimplePoint is an amount of one kind of point.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/SimplePoint.php
type SimplePoint struct {
	PointID string           `json:"pointId,omitzero"` // which point
	Points  envelope.Decimal `json:"points,omitzero"`  // how many
}

// ExpiringPoint is an amount of one kind of point that may expire in its own way.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/ExpiringPoint.php
type ExpiringPoint struct {
	PointID    string           `json:"pointId,omitzero"`    // which point
	Points     envelope.Decimal `json:"points,omitzero"`     // how many
	Expiration Recurrence       `json:"expiration,omitzero"` // in place of the point's own: never, fixed_period or variable_period
}
