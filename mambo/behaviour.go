package mambo

import (
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Behaviour is something that users are rewarded for doing.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/BehaviourRequestData.php
type Behaviour struct {
	ID            string                 `json:"id,omitzero"`            // Mambo's identifier, opaque
	SiteID        string                 `json:"siteId,omitzero"`        // Inferred: the site it belongs to
	CreatedOn     envelope.Time          `json:"createdOn,omitzero"`     // Inferred: when it was created
	Name          string                 `json:"name,omitzero"`          // name of the behaviour
	Verb          string                 `json:"verb,omitzero"`          // unique name to track it by: lower case, digits, underscores
	CoolOff       envelope.Int           `json:"coolOff,omitzero"`       // seconds until the same user can be rewarded for it again
	Message       string                 `json:"message,omitzero"`       // text of its notifications
	Hint          string                 `json:"hint,omitzero"`          // text that tells users what to do
	HideInWidgets bool                   `json:"hideInWidgets,omitzero"` // hidden in widgets
	JSTrackable   bool                   `json:"jsTrackable,omitzero"`   // browsers may track it
	TagFilter     bool                   `json:"tagFilter,omitzero"`     // personalisation tags of the user and of the behaviour must agree
	Attrs         BehaviourAttrs         `json:"attrs,omitzero"`         // what depends on the kind of behaviour
	Limit         Limit                  `json:"limit,omitzero"`         // how often one user can repeat it
	Prizes        Prizes                 `json:"prizes,omitzero"`        // what it gives
	Activity      ActivityStream         `json:"activity,omitzero"`      // words for the stream of activities; not an Activity
	ImageURL      string                 `json:"imageUrl,omitzero"`      // Inferred: address of its picture
	MimeType      string                 `json:"mimeType,omitzero"`      // Inferred: media type of that picture
	TagIDs        []string               `json:"tagIds,omitzero"`        // IDs of the tags it carries
	CustomFields  []CustomFieldValue     `json:"customFields,omitzero"`  // values of the fields you defined
	Translations  []BehaviourTranslation `json:"translations,omitzero"`  // texts, one entry a language
}

// BehaviourType is the kind of a behaviour.
//
// Source: https://docs.mambo.io/administrators/gamification/behaviours/flexible
type BehaviourType string

// Kinds of behaviour.
const (
	BehaviourTypeSimple   BehaviourType = "simple"   // tracked by its verb alone
	BehaviourTypeFlexible BehaviourType = "flexible" // a simple one that also matches metadata
)

// Known reports whether t is one of the constants.
func (t BehaviourType) Known() bool {
	switch t {
	case BehaviourTypeSimple, BehaviourTypeFlexible:
		return true
	}
	return false
}

// BehaviourAttrs is the part of a behaviour that depends on its kind. One of the
// pointers is set if Type is known; Other keeps the JSON of an unknown kind.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Attributes
type BehaviourAttrs struct {
	Type     BehaviourType   `json:"type,omitzero" wire:"kind"` // which kind it is
	Simple   *SimpleAttrs    `json:"-" wire:"variant=simple"`   // if Type is simple
	Flexible *FlexibleAttrs  `json:"-" wire:"variant=flexible"` // if Type is flexible
	Other    json.RawMessage `json:"-" wire:"other"`            // the whole object of a kind that is not listed
}

// UnmarshalJSON decodes the variant that type names.
func (a *BehaviourAttrs) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, a) }

// MarshalJSON encodes the variant that is set.
func (a BehaviourAttrs) MarshalJSON() ([]byte, error) { return wire.Marshal(&a) }

// SimpleAttrs belongs to a behaviour that is tracked by its verb alone.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/SimpleAttrs.php
type SimpleAttrs struct {
	Type BehaviourType `json:"type,omitzero"` // always simple
}

// FlexibleAttrs extends a simple behaviour: it counts when the metadata of an
// activity meets a rule.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/FlexibleAttrs.php
type FlexibleAttrs struct {
	Type        BehaviourType     `json:"type,omitzero"`        // always flexible
	BehaviourID string            `json:"behaviourId,omitzero"` // the simple behaviour it extends
	Metadata    MetadataCondition `json:"metadata,omitzero"`    // the rule
}

// Limit bounds how often a user can repeat a behaviour.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Limit.php
type Limit struct {
	Count      envelope.Int `json:"count,omitzero"`      // how many times a user may
	Scope      string       `json:"scope,omitzero"`      // metadata key, each value of which is counted apart; for flexible behaviours
	Expiration Recurrence   `json:"expiration,omitzero"` // when counting starts anew: never or fixed_period
}

// ActivityStream holds the words that join user, content and target in a stream
// of activities.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/ActivityStream.php
type ActivityStream struct {
	ContentPrefix string `json:"contentPrefix,omitzero"` // before the content
	TargetPrefix  string `json:"targetPrefix,omitzero"`  // before the target
}

// BehaviourTranslation holds the texts of a behaviour in one language.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Translation/BehaviourTranslation.php
type BehaviourTranslation struct {
	LanguageCode  string `json:"languageCode,omitzero"`  // the language
	Name          string `json:"name,omitzero"`          // name of the behaviour
	Message       string `json:"message,omitzero"`       // text of its notifications
	Hint          string `json:"hint,omitzero"`          // text that tells users what to do
	ContentPrefix string `json:"contentPrefix,omitzero"` // stands before the content in a stream
	TargetPrefix  string `json:"targetPrefix,omitzero"`  // stands before the target in a stream
}
