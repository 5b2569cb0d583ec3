package mambo

import (
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Leaderboard is a ranking of users. It is the definition alone: no known member
// holds the ranks, not even in LeaderboardRankingUpdated.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/LeaderboardRequestData.php
type Leaderboard struct {
	ID                 string                   `json:"id,omitzero"`                 // Mambo's identifier, opaque
	SiteID             string                   `json:"siteId,omitzero"`             // Inferred: the site it belongs to
	CreatedOn          envelope.Time            `json:"createdOn,omitzero"`          // Inferred: when it was created
	Name               string                   `json:"name,omitzero"`               // name of the leaderboard
	WithRanking        bool                     `json:"withRanking,omitzero"`        // Mambo's ranking job computes its ranks
	WithOneTagOnly     bool                     `json:"withOneTagOnly,omitzero"`     // exists for one tag only
	FilterableByTagIDs []string                 `json:"filterableByTagIds,omitzero"` // IDs of the tags it can be narrowed to
	PointIDs           []string                 `json:"pointIds,omitzero"`           // IDs of the points that are summed
	Attrs              LeaderboardAttrs         `json:"attrs,omitzero"`              // what depends on the kind of leaderboard
	TagIDs             []string                 `json:"tagIds,omitzero"`             // IDs of the tags it carries
	Translations       []LeaderboardTranslation `json:"translations,omitzero"`       // texts, one entry a language
}

// LeaderboardType is what a leaderboard ranks by.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Attributes
type LeaderboardType string

// Kinds of leaderboard.
const (
	LeaderboardTypeBehaviour LeaderboardType = "behaviour" // by how often a behaviour was performed
	LeaderboardTypePoint     LeaderboardType = "point"     // by points
)

// Known reports whether t is one of the constants.
func (t LeaderboardType) Known() bool {
	switch t {
	case LeaderboardTypeBehaviour, LeaderboardTypePoint:
		return true
	}
	return false
}

// LeaderboardAttrs is the part of a leaderboard that depends on its kind. One of
// the pointers is set if Type is known; Other keeps the JSON of an unknown kind.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Attributes
type LeaderboardAttrs struct {
	Type      LeaderboardType            `json:"type,omitzero" wire:"kind"`  // which kind it is
	Behaviour *LeaderboardBehaviourAttrs `json:"-" wire:"variant=behaviour"` // if Type is behaviour
	Point     *LeaderboardPointAttrs     `json:"-" wire:"variant=point"`     // if Type is point
	Other     json.RawMessage            `json:"-" wire:"other"`             // the whole object of a kind that is not listed
}

// UnmarshalJSON decodes the variant that type names.
func (a *LeaderboardAttrs) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, a) }

// MarshalJSON encodes the variant that is set.
func (a LeaderboardAttrs) MarshalJSON() ([]byte, error) { return wire.Marshal(&a) }

// LeaderboardBehaviourAttrs ranks by how often a behaviour was performed.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/LeaderboardBehaviourAttrs.php
type LeaderboardBehaviourAttrs struct {
	Type        LeaderboardType `json:"type,omitzero"`        // always behaviour
	BehaviourID string          `json:"behaviourId,omitzero"` // the behaviour counted
	CountFlex   bool            `json:"countFlex,omitzero"`   // flexible behaviours that extend it count too
}

// LeaderboardPointAttrs ranks by points; which ones is said by Leaderboard.PointIDs.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/LeaderboardPointAttrs.php
type LeaderboardPointAttrs struct {
	Type LeaderboardType `json:"type,omitzero"` // always point
}

// LeaderboardTranslation holds the texts of a leaderboard in one language.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Translation/LeaderboardTranslation.php
type LeaderboardTranslation struct {
	LanguageCode string `json:"languageCode,omitzero"` // the language
	Name         string `json:"name,omitzero"`         // name of the leaderboard
}
