package mambo

import (
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// MetadataCondition is a node of the rule that a flexible behaviour puts on the
// metadata of an activity: a comparison, or conditions joined by and or or. One of
// the pointers is set if Type is known; Other keeps the JSON of an unknown kind.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Nested/Metadata
type MetadataCondition struct {
	Type  MetadataConditionType  `json:"type,omitzero" wire:"kind"` // which kind of node it is
	And   *AndMetadataCondition  `json:"-" wire:"variant=and"`      // if Type is and
	Or    *OrMetadataCondition   `json:"-" wire:"variant=or"`       // if Type is or
	Leaf  *LeafMetadataCondition `json:"-" wire:"variant=leaf"`     // if Type is leaf
	Other json.RawMessage        `json:"-" wire:"other"`            // the whole object of a kind that is not listed
}

// UnmarshalJSON decodes the variant that type names.
func (c *MetadataCondition) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, c) }

// MarshalJSON encodes the variant that is set.
func (c MetadataCondition) MarshalJSON() ([]byte, error) { return wire.Marshal(&c) }

// MetadataConditionType is the kind of a node in a rule.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Nested/Metadata
type MetadataConditionType string

// Kinds of node.
const (
	MetadataConditionTypeAnd  MetadataConditionType = "and"  // all of its conditions must hold
	MetadataConditionTypeOr   MetadataConditionType = "or"   // one of its conditions must hold
	MetadataConditionTypeLeaf MetadataConditionType = "leaf" // a comparison
)

// Known reports whether t is one of the constants.
func (t MetadataConditionType) Known() bool {
	switch t {
	case MetadataConditionTypeAnd, MetadataConditionTypeOr, MetadataConditionTypeLeaf:
		return true
	}
	return false
}

// AndMetadataCondition holds if all of its conditions do.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Metadata/AndMetadataCondition.php
type AndMetadataCondition struct {
	Type       MetadataConditionType `json:"type,omitzero"`       // always and
	Conditions []MetadataCondition   `json:"conditions,omitzero"` // the conditions
}

// OrMetadataCondition holds if one of its conditions does.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Metadata/OrMetadataCondition.php
type OrMetadataCondition struct {
	Type       MetadataConditionType `json:"type,omitzero"`       // always or
	Conditions []MetadataCondition   `json:"conditions,omitzero"` // the conditions
}

// LeafMetadataCondition compares one metadata value with a fixed one.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Metadata/LeafMetadataCondition.php
type LeafMetadataCondition struct {
	Type     MetadataConditionType `json:"type,omitzero"`     // always leaf
	Name     string                `json:"name,omitzero"`     // metadata key
	Value    envelope.Value        `json:"value,omitzero"`    // what its value is compared with: text, number, date or a list of them
	Operator MetadataOperator      `json:"operator,omitzero"` // how they are compared
}

// MetadataOperator is how a LeafMetadataCondition compares. The operators are
// documented by name; what is said of each below is read from the name.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Metadata/LeafMetadataCondition.php
type MetadataOperator string

// Operators for numbers, dates, any value and text.
const (
	MetadataOperatorGreater        MetadataOperator = "$gt"       // number: greater than
	MetadataOperatorGreaterOrEqual MetadataOperator = "$gte"      // number: greater than or equal to
	MetadataOperatorLess           MetadataOperator = "$lt"       // number: less than
	MetadataOperatorLessOrEqual    MetadataOperator = "$lte"      // number: less than or equal to
	MetadataOperatorOn             MetadataOperator = "$on"       // date: on this one
	MetadataOperatorNotOn          MetadataOperator = "$non"      // date: not on this one
	MetadataOperatorAfter          MetadataOperator = "$after"    // date: after this one
	MetadataOperatorOnOrAfter      MetadataOperator = "$onafter"  // date: on this one or after it
	MetadataOperatorBefore         MetadataOperator = "$before"   // date: before this one
	MetadataOperatorOnOrBefore     MetadataOperator = "$onbefore" // date: on this one or before it
	MetadataOperatorEqual          MetadataOperator = "$eq"       // the same value
	MetadataOperatorNotEqual       MetadataOperator = "$neq"      // another value
	MetadataOperatorIn             MetadataOperator = "$in"       // one of these values
	MetadataOperatorNotIn          MetadataOperator = "$nin"      // none of these values
	MetadataOperatorStartsWith     MetadataOperator = "$sw"       // text: starts with
	MetadataOperatorNotStartsWith  MetadataOperator = "$nsw"      // text: does not start with
	MetadataOperatorEndsWith       MetadataOperator = "$ew"       // text: ends with
	MetadataOperatorNotEndsWith    MetadataOperator = "$new"      // text: does not end with
)

// Known reports whether o is one of the constants.
func (o MetadataOperator) Known() bool {
	switch o {
	case MetadataOperatorGreater, MetadataOperatorGreaterOrEqual, MetadataOperatorLess, MetadataOperatorLessOrEqual,
		MetadataOperatorOn, MetadataOperatorNotOn, MetadataOperatorAfter, MetadataOperatorOnOrAfter,
		MetadataOperatorBefore, MetadataOperatorOnOrBefore,
		MetadataOperatorEqual, MetadataOperatorNotEqual, MetadataOperatorIn, MetadataOperatorNotIn,
		MetadataOperatorStartsWith, MetadataOperatorNotStartsWith, MetadataOperatorEndsWith, MetadataOperatorNotEndsWith:
		return true
	}
	return false
}
