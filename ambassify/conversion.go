package ambassify

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Conversion is that a campaign reached its goal: somebody whom a member referred
// left contact details, for example.
//
// Source: https://ambassify.github.io/webhook-docs/
type Conversion struct {
	ID           envelope.Int       `json:"id,omitzero"`                                 // unique among conversions
	Member       PersonID           `json:"member,omitzero" validate:"omitempty,format"` // who is credited
	Organization envelope.Int       `json:"organization,omitzero"`                       // account of the company, the same as Meta.OrganizationID
	Campaign     envelope.Int       `json:"campaign,omitzero"`                           // id of the campaign; Meta.Campaign may have the campaign itself
	Preset       string             `json:"preset,omitzero"`                             // the platform's template of the campaign; its names are not documented
	Points       envelope.Decimal   `json:"points,omitzero"`                             // rewarded
	Created      envelope.UnixTime  `json:"created,omitzero"`                            // when it was made; in seconds is an inference, no unit is documented
	Metadata     ConversionMetadata `json:"metadata,omitzero"`                           // how it came about
	Response     ConversionResponse `json:"response,omitzero"`                           // what was collected
}

// ConversionMetadata is how a conversion came about.
//
// Source: https://ambassify.github.io/webhook-docs/
type ConversionMetadata struct {
	PresetID  string                    `json:"presetId,omitzero"`                          // the same as Conversion.Preset
	IPAddress string                    `json:"ipAddress,omitzero" validate:"omitempty,ip"` // of the client; version 4 or 6
	Extra     map[string]envelope.Value `json:"-" wire:"extra"`                             // members with no field here
}

func (m *ConversionMetadata) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, m) }
func (m ConversionMetadata) MarshalJSON() ([]byte, error)  { return wire.Marshal(&m) }

// ConversionResponse is what was collected with a conversion. Its members depend
// on the campaign's challenge.
//
// Source: https://ambassify.github.io/webhook-docs/
type ConversionResponse struct {
	Action SchemaOrgAction           `json:"action,omitzero"` // what happened, as an Action of schema.org
	Extra  map[string]envelope.Value `json:"-" wire:"extra"`  // all other members; their values are text in a form
}

func (r *ConversionResponse) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, r) }
func (r ConversionResponse) MarshalJSON() ([]byte, error)  { return wire.Marshal(&r) }
