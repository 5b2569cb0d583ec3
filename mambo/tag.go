package mambo

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// Tag is a label to group users and the things they earn, to filter them, and to
// show each user what is meant for them.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/TagRequestData.php
type Tag struct {
	ID              string             `json:"id,omitzero"`              // Mambo's identifier, opaque
	SiteID          string             `json:"siteId,omitzero"`          // Inferred: the site it belongs to
	CreatedOn       envelope.Time      `json:"createdOn,omitzero"`       // Inferred: when it was created
	Name            string             `json:"name,omitzero"`            // name of the tag
	Tag             string             `json:"tag,omitzero"`             // its unique value for the API: letters, digits, underscores
	Personalization bool               `json:"personalization,omitzero"` // Inferred: a boolean, which the vendor's SDK annotates as text. It limits what tagged users see; US spelling, unlike behaviour
	HideInWidgets   bool               `json:"hideInWidgets,omitzero"`   // hidden in widgets
	CustomFields    []CustomFieldValue `json:"customFields,omitzero"`    // Inferred: values of the fields you defined
	Translations    []TagTranslation   `json:"translations,omitzero"`    // texts, one entry a language
}

// TagTranslation holds the texts of a tag in one language.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Translation/TagTranslation.php
type TagTranslation struct {
	LanguageCode string `json:"languageCode,omitzero"` // the language
	Name         string `json:"name,omitzero"`         // name of the tag
}
