package mambo

import (
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Activity is one thing that a user did, or that changed what a user has. The
// points, behaviours, rewards, coupons and tags it concerns are given by their IDs
// alone; fetch them from the API if you need more.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/ActivityRequestData.php
type Activity struct {
	ID                string              `json:"id,omitzero"`                // Mambo's identifier, opaque: its length and form may change
	SiteID            string              `json:"siteId,omitzero"`            // Inferred: the site of the activity
	UserID            string              `json:"userId,omitzero"`            // Inferred: Mambo's identifier of the user who acted
	UUID              string              `json:"uuid,omitzero"`              // your own identifier of that user: an e-mail address, a staff number, any text
	URL               string              `json:"url,omitzero"`               // where it happened: any text, not always an address
	Reason            string              `json:"reason,omitzero"`            // why the user's state changed, as free text
	Content           Content             `json:"content,omitzero"`           // what the behaviour was done to
	Target            Content             `json:"target,omitzero"`            // what the content belongs to or was aimed at
	CreatedOnOverride envelope.Time       `json:"createdOnOverride,omitzero"` // moment you gave in place of Mambo's, UTC with milliseconds
	CreatedOn         envelope.Time       `json:"createdOn,omitzero"`         // Inferred: when Mambo created the activity
	TagIDs            []string            `json:"tagIds,omitzero"`            // IDs of the tags it carries
	Attrs             ActivityAttrs       `json:"attrs,omitzero"`             // what depends on the kind of activity
	Behaviours        []ActivityBehaviour `json:"behaviours,omitzero"`        // Inferred: the behaviours it matched; there once they were processed
	Awarded           []Awarded           `json:"awarded,omitzero"`           // Inferred: rewards and KPIs it unlocked; longer with each ActivityAwardedAdded
}

// ActivityBehaviour is a behaviour that an activity matched, and how its
// processing ended. Both keys are guesses from the name ActivityBehavioursAdded
// and its description.
//
// Source: https://docs.mambo.io/developers/webhooks/events-payload
type ActivityBehaviour struct {
	BehaviourID string         `json:"behaviourId,omitzero"` // Inferred: the behaviour matched
	Status      envelope.Value `json:"status,omitzero"`      // Inferred: the outcome; a text or an object, nobody has published which
}

// ActivityType is the kind of an activity.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Attributes
type ActivityType string

// Kinds of activity.
const (
	ActivityTypeBehaviour ActivityType = "behaviour" // a user performed a behaviour
	ActivityTypePoint     ActivityType = "point"     // points were changed directly
	ActivityTypeCoupon    ActivityType = "coupon"    // a coupon was used or given back
	ActivityTypeGifted    ActivityType = "gifted"    // a user gave something to another
	ActivityTypeBounty    ActivityType = "bounty"    // a user offered points for help
	ActivityTypeKPI       ActivityType = "kpi"       // Inferred: a KPI changed its state
)

// Known reports whether t is one of the constants.
func (t ActivityType) Known() bool {
	switch t {
	case ActivityTypeBehaviour, ActivityTypePoint, ActivityTypeCoupon, ActivityTypeGifted, ActivityTypeBounty, ActivityTypeKPI:
		return true
	}
	return false
}

// ActivityAttrs is the part of an activity that depends on its kind. One of the
// pointers is set if Type is known; Other keeps the JSON of an unknown kind.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Attributes
type ActivityAttrs struct {
	Type      ActivityType            `json:"type,omitzero" wire:"kind"`  // which kind it is
	Behaviour *ActivityBehaviourAttrs `json:"-" wire:"variant=behaviour"` // if Type is behaviour
	Point     *ActivityPointAttrs     `json:"-" wire:"variant=point"`     // if Type is point
	Coupon    *ActivityCouponAttrs    `json:"-" wire:"variant=coupon"`    // if Type is coupon
	Gifted    *ActivityGiftedAttrs    `json:"-" wire:"variant=gifted"`    // if Type is gifted
	Bounty    *ActivityBountyAttrs    `json:"-" wire:"variant=bounty"`    // if Type is bounty
	KPI       *ActivityKPIAttrs       `json:"-" wire:"variant=kpi"`       // if Type is kpi
	Other     json.RawMessage         `json:"-" wire:"other"`             // the whole object of a kind that is not listed
}

// UnmarshalJSON decodes the variant that type names.
func (a *ActivityAttrs) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, a) }

// MarshalJSON encodes the variant that is set.
func (a ActivityAttrs) MarshalJSON() ([]byte, error) { return wire.Marshal(&a) }

// ActivityBehaviourAttrs says which behaviour a user performed.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/ActivityBehaviourAttrs.php
type ActivityBehaviourAttrs struct {
	Type        ActivityType              `json:"type,omitzero"`        // always behaviour
	Verb        string                    `json:"verb,omitzero"`        // the verb that was tracked; wins over BehaviourID
	BehaviourID string                    `json:"behaviourId,omitzero"` // the behaviour, if it was tracked by ID
	Metadata    map[string]envelope.Value `json:"metadata,omitzero"`    // what your system sent along; flexible behaviours are chosen by it
}

// ActivityPointAttrs is a direct change of a user's points.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/ActivityPointAttrs.php
type ActivityPointAttrs struct {
	Type   ActivityType  `json:"type,omitzero"`   // always point
	Action PointAction   `json:"action,omitzero"` // what was done
	Points []SimplePoint `json:"points,omitzero"` // the amounts, one entry a kind of point
}

// PointAction is what was done to points.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/ActivityPointAttrs.php
type PointAction string

// What can be done to points.
const (
	PointActionIncrement PointAction = "increment" // added
	PointActionRedeem    PointAction = "redeem"    // spent
	PointActionRefund    PointAction = "refund"    // given back after they were spent
)

// Known reports whether a is one of the constants.
func (a PointAction) Known() bool {
	switch a {
	case PointActionIncrement, PointActionRedeem, PointActionRefund:
		return true
	}
	return false
}

// ActivityCouponAttrs is the use of a coupon, or its return.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/ActivityCouponAttrs.php
type ActivityCouponAttrs struct {
	Type ActivityType `json:"type,omitzero"` // always coupon
	// The code that was used. It can be worth money to whoever reads it: keep it
	// out of logs.
	Code   string       `json:"code,omitzero"`
	Action CouponAction `json:"action,omitzero"` // what was done
}

// CouponAction is what was done with a coupon.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/ActivityCouponAttrs.php
type CouponAction string

// What can be done with a coupon.
const (
	CouponActionRedeem CouponAction = "redeem" // used
	CouponActionRefund CouponAction = "refund" // given back after its use
)

// Known reports whether a is one of the constants.
func (a CouponAction) Known() bool {
	switch a {
	case CouponActionRedeem, CouponActionRefund:
		return true
	}
	return false
}

// ActivityGiftedAttrs is a gift from one user to another: points, or a reward of
// the kind gift.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/ActivityGiftedAttrs.php
type ActivityGiftedAttrs struct {
	Type       ActivityType  `json:"type,omitzero"`       // always gifted
	TargetUUID string        `json:"targetUuid,omitzero"` // your own identifier of the user who receives it
	Points     []SimplePoint `json:"points,omitzero"`     // the points given; absent if a reward is given
	RewardID   string        `json:"rewardId,omitzero"`   // the reward given; absent if points are given
}

// ActivityBountyAttrs is an offer of points to whoever helps the user.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Attributes/ActivityBountyAttrs.php
type ActivityBountyAttrs struct {
	Type   ActivityType  `json:"type,omitzero"`   // always bounty
	Points []SimplePoint `json:"points,omitzero"` // the points offered
}

// ActivityKPIAttrs is a change of a user's KPI. That activities of this kind exist
// is documented; the name of the kind is inferred, and no other member is known.
//
// Source: https://docs.mambo.io/administrators/gamification/activities
type ActivityKPIAttrs struct {
	Type ActivityType `json:"type,omitzero"` // Inferred: always kpi
}

// Content is a thing that an activity speaks of: an article, a picture, a product.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/Content.php
type Content struct {
	ID          string `json:"id,omitzero"`          // your own identifier of it
	Title       string `json:"title,omitzero"`       // title, as the stream of activities shows it
	Description string `json:"description,omitzero"` // longer text
	Type        string `json:"type,omitzero"`        // your own word for its kind: image, blog, product ...
	ImageURL    string `json:"imageUrl,omitzero"`    // address of a picture of it
	URL         string `json:"url,omitzero"`         // its address
}

// Awarded is something that an activity earned its user: a reward, or a KPI
// reached. The members were seen in REST answers about users' rewards; that an
// Activity carries them is inferred.
//
// Source: https://github.com/topcoder-platform/member-api/blob/HEAD/docs/swagger.yaml
type Awarded struct {
	AwardedType string `json:"awardedType,omitzero"` // Observed: what was awarded; the possible values are not published
	Type        string `json:"type,omitzero"`        // Observed: kind of this record; the possible values are not published
	Name        string `json:"name,omitzero"`        // Observed: name of what was awarded
	Message     string `json:"message,omitzero"`     // Observed: text for the user
	RewardID    string `json:"rewardId,omitzero"`    // the reward; documented for the REST list of all rewards
	Reward      Reward `json:"reward,omitzero"`      // Observed: the reward in full, in REST; webhooks should give RewardID only
	KPIID       string `json:"kpiId,omitzero"`       // Inferred: the KPI, if one was reached
}
