package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// SegmentMembershipDroppedData is the payload of SegmentMembershipDropped. It
// counts members and names none.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type SegmentMembershipDroppedData struct {
	Segment WebhookSegment `json:"segment,omitzero" validate:"omitzero"` // the segment
}

// WebhookSegment is a segment with the number of its members before and after.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookSegment.yaml
type WebhookSegment struct {
	SegmentID     string       `json:"segmentId,omitzero" validate:"omitempty,uuid"` // id of the segment
	SegmentName   string       `json:"segmentName,omitzero"`                         // name of the segment
	PreviousCount envelope.Int `json:"previousCount,omitzero"`                       // members before
	NewCount      envelope.Int `json:"newCount,omitzero"`                            // members now
}
