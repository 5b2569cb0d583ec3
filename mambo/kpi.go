package mambo

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// KPI is a goal on points, behaviours or rewards that comes back with each period.
// KPIs are younger than the sources of this package, so every key is inferred, and
// what a delivery has beyond them is reported as drift and found in its Raw.
//
// Source: https://docs.mambo.io/administrators/gamification/kpis
type KPI struct {
	ID        string        `json:"id,omitzero"`        // Inferred: Mambo's identifier, opaque
	SiteID    string        `json:"siteId,omitzero"`    // Inferred: the site it belongs to
	CreatedOn envelope.Time `json:"createdOn,omitzero"` // Inferred: when it was created
	Name      string        `json:"name,omitzero"`      // Inferred: its name
	// Inferred: what it measures. Points, behaviours or rewards, in a shape that
	// is not published.
	Attrs envelope.Value `json:"attrs,omitzero"`
	// Inferred: its goals, each for some time and for everybody, one user or one
	// tag, by day, week, month, quarter or year. The shape is not published.
	Targets      []envelope.Value   `json:"targets,omitzero"`
	TagIDs       []string           `json:"tagIds,omitzero"`       // Inferred: IDs of the tags it carries
	CustomFields []CustomFieldValue `json:"customFields,omitzero"` // Inferred: values of the fields you defined
}
