package mambo

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// PointWallet is what a user has of a point. The vendor names the event but has
// published no body, so every member is a guess, and what a delivery has beyond
// them is reported as drift and found in its Raw.
//
// Source: https://docs.mambo.io/changelog/mambo-8
type PointWallet struct {
	UserID  string           `json:"userId,omitzero"`  // Inferred: Mambo's identifier of the user
	PointID string           `json:"pointId,omitzero"` // Inferred: which point
	Balance envelope.Decimal `json:"balance,omitzero"` // Inferred: points left to spend; a sent 0 is an empty wallet
}
