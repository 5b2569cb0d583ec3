package ambassify

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Interaction is what a member, or an anonymous visitor, did with a campaign: its
// challenge.
//
// Source: https://ambassify.github.io/webhook-docs/
type Interaction struct {
	ID           envelope.Int        `json:"id,omitzero"`                                 // unique among interactions
	Member       PersonID            `json:"member,omitzero" validate:"omitempty,format"` // who did it
	Organization envelope.Int        `json:"organization,omitzero"`                       // account of the company, the same as Meta.OrganizationID
	Campaign     envelope.Int        `json:"campaign,omitzero"`                           // id of the campaign; Meta.Campaign may have the campaign itself
	Preset       string              `json:"preset,omitzero"`                             // the platform's template of the campaign; its names are not documented
	Points       envelope.Decimal    `json:"points,omitzero"`                             // rewarded
	State        InteractionState    `json:"state,omitzero"`                              // of the reward
	Created      envelope.UnixTime   `json:"created,omitzero"`                            // when it was made; in seconds is an inference, no unit is documented
	Metadata     InteractionMetadata `json:"metadata,omitzero"`                           // how it came about
	Response     envelope.Value      `json:"response,omitzero"`                           // what the challenge asked for; its shape depends on Metadata.ChallengeType, and all its values are text in a form
}

// InteractionState is the state of an interaction's reward.
//
// Source: https://ambassify.github.io/webhook-docs/
type InteractionState string

// The documented states.
const (
	InteractionPending  InteractionState = "PENDING"  // waits for a decision
	InteractionRewarded InteractionState = "REWARDED" // the points are given
	InteractionRejected InteractionState = "REJECTED" // there are no points
)

// Known reports whether s is one of the constants.
func (s InteractionState) Known() bool {
	switch s {
	case InteractionPending, InteractionRewarded, InteractionRejected:
		return true
	}
	return false
}

// InteractionMetadata is how an interaction came about.
//
// Source: https://ambassify.github.io/webhook-docs/
type InteractionMetadata struct {
	PresetID      string                    `json:"presetId,omitzero"`                          // the same as Interaction.Preset
	IPAddress     string                    `json:"ipAddress,omitzero" validate:"omitempty,ip"` // of the client; version 4 or 6
	Source        string                    `json:"source,omitzero"`                            // front end: community, landing page or app; its names are not documented
	ChallengeType string                    `json:"challenge_type,omitzero"`                    // kind of challenge; its names are not documented
	Extra         map[string]envelope.Value `json:"-" wire:"extra"`                             // members with no field here
}

func (m *InteractionMetadata) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, m) }
func (m InteractionMetadata) MarshalJSON() ([]byte, error)  { return wire.Marshal(&m) }
