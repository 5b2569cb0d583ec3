package mambo

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// User is a person or a team that takes part, or could.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/UserRequestData.php
type User struct {
	ID           string             `json:"id,omitzero"`           // Mambo's identifier, opaque
	SiteID       string             `json:"siteId,omitzero"`       // Inferred: the site the user belongs to
	CreatedOn    envelope.Time      `json:"createdOn,omitzero"`    // Inferred: when the user was created
	UUID         string             `json:"uuid,omitzero"`         // your own identifier: an e-mail address, a staff number, any text
	IsMember     envelope.Bool      `json:"isMember,omitzero"`     // takes part; a change sends UserMemberJoined or UserMemberLeft
	PictureURL   string             `json:"pictureUrl,omitzero"`   // address of a picture
	ProfileURL   string             `json:"profileUrl,omitzero"`   // address of a profile page
	Details      UserDetails        `json:"details,omitzero"`      // personal details
	Facebook     FacebookDetails    `json:"facebook,omitzero"`     // Facebook account
	Twitter      TwitterDetails     `json:"twitter,omitzero"`      // Twitter account
	TagIDs       []string           `json:"tagIds,omitzero"`       // IDs of the tags the user carries
	CustomFields []CustomFieldValue `json:"customFields,omitzero"` // values of the fields you defined
	Points       []UserPoint        `json:"points,omitzero"`       // Observed: kinds of point, in REST answers of about 2016; newer versions have wallets
}

// UserDetails are the personal details of a user.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/UserDetails.php
type UserDetails struct {
	Email       string        `json:"email,omitzero"`       // e-mail address
	DisplayName string        `json:"displayName,omitzero"` // name that others see
	FirstName   string        `json:"firstName,omitzero"`   // given name
	LastName    string        `json:"lastName,omitzero"`    // family name
	Birthday    envelope.Time `json:"birthday,omitzero"`    // date of birth, sent as a UTC moment with milliseconds
	Gender      Gender        `json:"gender,omitzero"`      // one letter
}

// Gender is the gender of a user.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/UserDetails.php
type Gender string

// Genders.
const (
	GenderMale    Gender = "M" // male
	GenderFemale  Gender = "F" // female
	GenderUnknown Gender = "U" // not known
)

// Known reports whether g is one of the constants.
func (g Gender) Known() bool {
	switch g {
	case GenderMale, GenderFemale, GenderUnknown:
		return true
	}
	return false
}

// FacebookDetails is a user's account at Facebook.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/FacebookDetails.php
type FacebookDetails struct {
	FacebookID  string `json:"facebookId,omitzero"`  // identifier of the account
	FacebookURL string `json:"facebookUrl,omitzero"` // address of its page
}

// TwitterDetails is a user's account at Twitter.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Nested/TwitterDetails.php
type TwitterDetails struct {
	TwitterID   string `json:"twitterId,omitzero"`   // identifier of the account
	TwitterURL  string `json:"twitterUrl,omitzero"`  // address of its page
	TwitterUser string `json:"twitterUser,omitzero"` // name of the account
}

// UserPoint is a kind of point that a user has, as old REST answers had it. That
// webhooks send it is inferred.
//
// Source: https://github.com/avetica/moodle-block_mambo/blob/HEAD/classes/user.php
type UserPoint struct {
	Point   Point  `json:"point,omitzero"`   // Observed: the point in full, in REST; webhooks should give PointID only
	PointID string `json:"pointId,omitzero"` // Inferred: the point by its ID
}
