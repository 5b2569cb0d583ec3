package ambassify

import (
	"net/url"
	"unicode/utf8"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/form"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// NaturalKey is an envelope.KeyFunc for events that a resource has once in its
// life. Ambassify sends no delivery id, but an id is created and removed once
// only: a second person.created for the same member is a repetition.
//
// Other verbs have no key and always run: a campaign can be changed, and
// published, more than once. Where you would rather take equal bytes for a
// repetition, see envelope.DigestKey and its warning. Nor is there a key if one of its
// parts is longer than 1,024 bytes, or is not Unicode.
func NaturalKey(m *envelope.Message) string {
	k := keyReader{json: m.Body}
	if isForm(m) {
		tree, err := form.Parse(m.Body, form.Limits{})
		if err != nil {
			return ""
		}
		k = keyReader{form: tree.Root()}
	}
	verb, resource := k.text("event", "name"), k.text("event", "resource")
	if verb != string(VerbCreated) && verb != string(VerbRemoved) {
		return ""
	}
	id := k.text(resource + "_id")
	if id == "" {
		id = k.text(resource, "id")
	}
	organization := k.text("organization_id")
	if id == "" || k.failed || PersonID(id).IsAnonymous() {
		return ""
	}
	return url.PathEscape(organization) + "/" + url.PathEscape(resource+"."+verb) + "/" + url.PathEscape(id)
}

// maxKeyPart bounds the parts of a key, in bytes. A longer one is no id.
const maxKeyPart = 1024

// keyReader reads the members of a body that make its key, and no others.
type keyReader struct {
	json   []byte
	form   form.Node // if json is nil
	failed bool      // a part is too long, or not Unicode
}

// text is the text of a member, or the JSON of what is no text; "" if it is null or was
// not sent.
func (k *keyReader) text(names ...string) string {
	if k.json == nil {
		node := k.form.Get(names...)
		if text, ok := node.Text(); ok {
			return k.bounded(text)
		}
		if !node.Sent() {
			return ""
		}
		return k.bounded(string(node.JSON()))
	}
	pointer := ""
	for _, name := range names {
		pointer += "/" + wire.Escape(name)
	}
	raw, ok := wire.Find(k.json, pointer)
	if !ok || raw.Kind() == 'n' {
		return ""
	}
	text, _, err := wire.Unquote(raw)
	k.failed = k.failed || err != nil
	return k.bounded(text)
}

func (k *keyReader) bounded(text string) string {
	if len(text) > maxKeyPart || !utf8.ValidString(text) {
		k.failed = true
		return ""
	}
	return text
}
