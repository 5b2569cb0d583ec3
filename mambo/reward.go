package mambo

import (
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Reward is something that users unlock or receive: an achievement, a level, a
// mission or a gift.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/RewardRequestData.php
type Reward struct {
	ID            string              `json:"id,omitzero"`            // Mambo's identifier, opaque
	SiteID        string              `json:"siteId,omitzero"`        // Inferred: the site it belongs to
	CreatedOn     envelope.Time       `json:"createdOn,omitzero"`     // Inferred: when it was created
	Name          string              `json:"name,omitzero"`          // name of the reward
	Active        bool                `json:"active,omitzero"`        // can be earned
	Message       string              `json:"message,omitzero"`       // text for the user who unlocks it
	Hint          string              `json:"hint,omitzero"`          // text for users who have not unlocked it yet
	HideInWidgets bool                `json:"hideInWidgets,omitzero"` // hidden in widgets
	Scarcity      Scarcity            `json:"scarcity,omitzero"`      // how many there are, if their number is limited
	HasAtLeast    envelope.Int        `json:"hasAtLeast,omitzero"`    // how many of its conditions must hold; 0 means all
	StartDate     envelope.Time       `json:"startDate,omitzero"`     // first moment in which it can be unlocked
	EndDate       envelope.Time       `json:"endDate,omitzero"`       // last moment in which it can be unlocked
	Prizes        Prizes              `json:"prizes,omitzero"`        // what it gives
	Attrs         RewardAttrs         `json:"attrs,omitzero"`         // what depends on the kind of reward
	ImageURL      string              `json:"imageUrl,omitzero"`      // Observed: address of its picture
	MimeType      string              `json:"mimeType,omitzero"`      // Observed: media type of that picture
	TagIDs        []string            `json:"tagIds,omitzero"`        // IDs of the tags it carries
	CustomFields  []CustomFieldValue  `json:"customFields,omitzero"`  // values of the fields you defined
	Translations  []RewardTranslation `json:"translations,omitzero"`  // texts, one entry a language
}

// RewardType is the kind of a reward.
//
// Source: https://docs.mambo.io/administrators/gamification/rewards
type RewardType string

// Kinds of reward.
const (
	RewardTypeAchievement RewardType = "achievement" // for repeating behaviours
	RewardTypeLevel       RewardType = "level"       // for reaching an amount of points
	RewardTypeMission     RewardType = "mission"     // for unlocking other rewards
	RewardTypeGift        RewardType = "gift"        // for one user to give to another
)

// Known reports whether t is one of the constants.
func (t RewardType) Known() bool {
	switch t {
	case RewardTypeAchievement, RewardTypeLevel, RewardTypeMission, RewardTypeGift:
		return true
	}
	return false
}

// RewardAttrs is the part of a reward that depends on its kind. One of the
// pointers is set if Type is known; Other keeps the JSON of an unknown kind.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Attributes
type RewardAttrs struct {
	Type        RewardType        `json:"type,omitzero" wire:"kind"`    // which kind it is
	Achievement *AchievementAttrs `json:"-" wire:"variant=achievement"` // if Type is achievement
	Level       *LevelAttrs       `json:"-" wire:"variant=level"`       // if Type is level
	Mission     *MissionAttrs     `json:"-" wire:"variant=mission"`     // if Type is mission
	Gift        *GiftAttrs        `json:"-" wire:"variant=gift"`        // if Type is gift
	Other       json.RawMessage   `json:"-" wire:"other"`               // the whole object of a kind that is not listed
}

// UnmarshalJSON decodes the variant that type names.
func (a *RewardAttrs) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, a) }

// MarshalJSON encodes the variant that is set.
func (a RewardAttrs) MarshalJSON() ([]byte, error) { return wire.Marshal(&a) }

// AchievementAttrs says what an achievement takes: behaviours, each some times.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/AchievementAttrs.php
type AchievementAttrs struct {
	Type       RewardType             `json:"type,omitzero"`       // always achievement
	Behaviours []AchievementBehaviour `json:"behaviours,omitzero"` // the behaviours it takes
	Expiration Recurrence             `json:"expiration,omitzero"` // when counting starts anew: never, fixed_period or variable_period
	CountLimit envelope.Int           `json:"countLimit,omitzero"` // how many times one user can unlock it
}

// AchievementBehaviour is one behaviour that an achievement takes.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/AchievementBehaviour.php
type AchievementBehaviour struct {
	BehaviourID string       `json:"behaviourId,omitzero"` // the behaviour
	Times       envelope.Int `json:"times,omitzero"`       // how many times
}

// LevelAttrs says what a level takes: amounts of points.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/LevelAttrs.php
type LevelAttrs struct {
	Type       RewardType    `json:"type,omitzero"`       // always level
	Points     []SimplePoint `json:"points,omitzero"`     // the amounts, one entry a kind of point
	Reputation bool          `json:"reputation,omitzero"` // users lose the level when they fall below the amounts
}

// MissionAttrs says what a mission takes: other rewards.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/MissionAttrs.php
type MissionAttrs struct {
	Type        RewardType  `json:"type,omitzero"`        // always mission
	MissionType MissionType `json:"missionType,omitzero"` // whether the order counts
	RewardIDs   []string    `json:"rewardIds,omitzero"`   // IDs of the rewards it takes
}

// MissionType says whether the rewards of a mission must be unlocked in order.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/MissionAttrs.php
type MissionType string

// Orders of a mission.
const (
	MissionTypeLinear MissionType = "linear" // one after the other
	MissionTypeRandom MissionType = "random" // in any order
)

// Known reports whether t is one of the constants.
func (t MissionType) Known() bool {
	switch t {
	case MissionTypeLinear, MissionTypeRandom:
		return true
	}
	return false
}

// GiftAttrs belongs to a reward that one user gives to another.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/GiftAttrs.php
type GiftAttrs struct {
	Type RewardType `json:"type,omitzero"` // always gift
}

// Scarcity limits how often a reward can be unlocked by all users together.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Scarcity.php
type Scarcity struct {
	Limit   envelope.Int `json:"limit,omitzero"`   // how many there are
	Counter envelope.Int `json:"counter,omitzero"` // how many are gone; Mambo sends it and does not accept it
}

// RewardTranslation holds the texts of a reward in one language.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Translation/RewardTranslation.php
type RewardTranslation struct {
	LanguageCode string `json:"languageCode,omitzero"` // the language
	Name         string `json:"name,omitzero"`         // name of the reward
	Message      string `json:"message,omitzero"`      // text for the user who unlocks it
	Hint         string `json:"hint,omitzero"`         // text for users who have not unlocked it yet
}
