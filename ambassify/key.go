package ambassify

import (
	"net/url"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/form"
)

// NaturalKey is an envelope.KeyFunc for events that a resource has once in its
// life. Ambassify sends no delivery id, but an id is created and removed once
// only: a second person.created for the same member is a repetition.
//
// Other verbs have no key and always run: a campaign can be changed, and
// published, more than once. Where you would rather take equal bytes for a
// repetition, see envelope.DigestKey and its warning.
func NaturalKey(m *envelope.Message) string {
	text := m.Body
	if isForm(m) {
		tree, err := form.Parse(m.Body, form.Limits{})
		if err != nil {
			return ""
		}
		text = tree.Root().JSON()
	}
	var body envelope.Value
	if jsonv2.Unmarshal(text, &body) != nil {
		return ""
	}
	verb, resource := body.Get("event", "name").String(), body.Get("event", "resource").String()
	if verb != string(VerbCreated) && verb != string(VerbRemoved) {
		return ""
	}
	id := body.Get(resource + "_id").String()
	if id == "" {
		id = body.Get(resource, "id").String()
	}
	if id == "" || PersonID(id).IsAnonymous() {
		return ""
	}
	organization := body.Get("organization_id").String()
	return url.PathEscape(organization) + "/" + url.PathEscape(resource+"."+verb) + "/" + url.PathEscape(id)
}
