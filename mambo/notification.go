package mambo

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Notification is a message to a user about an activity. Its members are not
// published: all but the ID are inferred, and what a delivery has beyond them is
// reported as drift and found in its Raw.
//
// Source: https://docs.mambo.io/developers/webhooks/events-payload
type Notification struct {
	ID         string        `json:"id,omitzero"`         // Mambo's identifier, opaque; documented for the REST SDK
	SiteID     string        `json:"siteId,omitzero"`     // Inferred: the site of the notification
	UserID     string        `json:"userId,omitzero"`     // Inferred: Mambo's identifier of the user it is for
	ActivityID string        `json:"activityId,omitzero"` // Inferred: the activity it is about
	CreatedOn  envelope.Time `json:"createdOn,omitzero"`  // Inferred: when it was created
}
