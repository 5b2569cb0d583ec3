package ambassify

import (
	"slices"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// SchemaOrgAction is an Action of the vocabulary schema.org, in JSON-LD. Ambassify
// names the vocabulary only: any member may be absent, and may be a text, an
// object, or a list of either. See Types, Status and Value.Decode.
//
// Source: https://schema.org/Action
type SchemaOrgAction struct {
	Context envelope.Value `json:"@context,omitzero"` // as a rule the text https://schema.org
	Type    envelope.Value `json:"@type,omitzero"`    // name of the kind of action, or a list of names
	ID      string         `json:"@id,omitzero"`      // of the node

	AdditionalType  envelope.Value `json:"additionalType,omitzero"`  // one more type, from another vocabulary
	Name            envelope.Value `json:"name,omitzero"`            // what the action is called
	Description     envelope.Value `json:"description,omitzero"`     // in words
	Identifier      envelope.Value `json:"identifier,omitzero"`      // number or code of the action
	URL             envelope.Value `json:"url,omitzero"`             // page about it
	Image           envelope.Value `json:"image,omitzero"`           // picture of it
	SameAs          envelope.Value `json:"sameAs,omitzero"`          // a page that tells without doubt what this is
	PotentialAction envelope.Value `json:"potentialAction,omitzero"` // an action that could follow

	ActionStatus  ActionStatus   `json:"actionStatus,omitzero"`  // how far it has got; see Status
	ActionProcess envelope.Value `json:"actionProcess,omitzero"` // how it is done
	Agent         envelope.Value `json:"agent,omitzero"`         // who does it
	Participant   envelope.Value `json:"participant,omitzero"`   // who else takes part
	Object        envelope.Value `json:"object,omitzero"`        // what it is done to
	Result        envelope.Value `json:"result,omitzero"`        // what came out of it
	Instrument    envelope.Value `json:"instrument,omitzero"`    // what it is done with
	Location      envelope.Value `json:"location,omitzero"`      // where
	Target        envelope.Value `json:"target,omitzero"`        // entry point
	StartTime     envelope.Value `json:"startTime,omitzero"`     // as a rule ISO 8601
	EndTime       envelope.Value `json:"endTime,omitzero"`       // as a rule ISO 8601
	Error         envelope.Value `json:"error,omitzero"`         // why it failed

	Extra map[string]envelope.Value `json:"-" wire:"extra"` // members with no field here, such as those of one kind of action
}

func (a *SchemaOrgAction) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, a) }
func (a SchemaOrgAction) MarshalJSON() ([]byte, error)  { return wire.Marshal(&a) }

// Types are the names of the kinds of action, such as VoteAction, without the
// address of the vocabulary.
func (a SchemaOrgAction) Types() []string {
	var types []string
	if a.Type.Decode(&types) != nil {
		types = []string{a.Type.String()}
	}
	for i, name := range types {
		types[i] = withoutVocabulary(name)
	}
	return types
}

// Is reports whether the action is of a kind, such as VoteAction.
func (a SchemaOrgAction) Is(kind string) bool { return slices.Contains(a.Types(), kind) }

// Status is how far the action has got, without the address of the vocabulary:
// one of the constants, as a rule. It is "" if that was not sent.
func (a SchemaOrgAction) Status() ActionStatus {
	return ActionStatus(withoutVocabulary(string(a.ActionStatus)))
}

// withoutVocabulary takes the name from https://schema.org/VoteAction.
func withoutVocabulary(name string) string {
	for _, prefix := range []string{"https://schema.org/", "http://schema.org/", "schema:"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest
		}
	}
	return name
}

// ActionStatus is how far an action has got. It may be sent with the address of
// the vocabulary: compare SchemaOrgAction.Status with the constants.
//
// Source: https://schema.org/ActionStatusType
type ActionStatus string

// The documented states of an action.
const (
	ActionPotential ActionStatus = "PotentialActionStatus" // could be done
	ActionActive    ActionStatus = "ActiveActionStatus"    // is being done
	ActionCompleted ActionStatus = "CompletedActionStatus" // is done
	ActionFailed    ActionStatus = "FailedActionStatus"    // was not achieved
)

// Known reports whether s is one of the constants, with or without the address of
// the vocabulary.
func (s ActionStatus) Known() bool {
	switch ActionStatus(withoutVocabulary(string(s))) {
	case ActionPotential, ActionActive, ActionCompleted, ActionFailed:
		return true
	}
	return false
}
