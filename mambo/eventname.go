package mambo

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/object"
)

// How Mambo sends the name of an event is not published. The body is the model
// alone, as far as anybody knows, and the bodies of UserCreated and UserUpdated look
// the same. So what you configure counts; beyond that the name is looked for where
// it could be, and believed only if it is the name of a known event.

// EventFrom says how the name of a delivery's event was found.
type EventFrom string

// The ways to find a name, in the order in which they are tried.
const (
	EventFromNothing  EventFrom = ""         // it was not found, and the Fallback has the delivery
	EventFromMessage  EventFrom = "message"  // path value of Config.EventPathValue, or Event of a dispatched Message
	EventFromResolver EventFrom = "resolver" // Config.EventResolver
	EventFromHeader   EventFrom = "header"   // Config.EventHeader
	EventFromGuess    EventFrom = "guess"    // a header that may be the right one: X-Mambo-Event and the like
	EventFromBody     EventFrom = "body"     // a member of the body: event, eventType or type
	EventFromPing     EventFrom = "ping"     // the body is {"message":"ping"}
)

// Guessed reports whether the name was taken from a place that nobody has
// documented or configured. Configure that place once you have seen it.
func (f EventFrom) Guessed() bool { return f == EventFromGuess || f == EventFromBody }

// Places in which the name may travel. None of them has been seen.
var (
	guessedHeaders = []string{"X-Mambo-Event", "X-Mambo-Event-Type", "X-Mambo-Webhook-Event"}
	guessedMembers = []string{"event", "eventType", "type"}
	wrappers       = []string{"data", "payload"}
)

// namer finds the event's name and the payload of a delivery.
type namer struct {
	header   string
	path     string
	resolver func(*envelope.Message) string
	strict   bool // believe the path only if it names a known event
	known    map[string]bool
}

func newNamer(config Config, hasFallback bool) *namer {
	n := &namer{
		header:   config.EventHeader,
		path:     config.EventPathValue,
		resolver: config.EventResolver,
		strict:   !hasFallback,
		known:    map[string]bool{},
	}
	for _, event := range events {
		n.known[event.Name()] = true
	}
	return n
}

func (n *namer) know(events []string) {
	for _, event := range events {
		n.known[event] = true
	}
}

// fromPath is the event's name in the URL, if one is expected there.
func (n *namer) fromPath(r *http.Request) string {
	if n.path == "" {
		return ""
	}
	name := r.PathValue(n.path)
	if n.strict && !n.known[name] {
		return ""
	}
	return name
}

// maxPing is the size of a body up to which it can be a Ping.
const maxPing = 1 << 10

var (
	errNoObject = envelope.Malformed("not an object")
	errTooDeep  = envelope.Malformed("nested too deep, or with too many or too long names")
)

// open is the Open function of the provider. The body is the payload; it is taken
// for an envelope around one only if it has the name of its event.
func (n *namer) open(o *envelope.Opening[Meta]) error {
	if !bytes.HasPrefix(bytes.TrimLeft(o.Message.Body, " \t\r\n"), []byte("{")) {
		return errNoObject
	}
	var body outline
	var err error
	name, from := n.configured(o.Message)
	if name == "" || len(o.Message.Body) <= maxPing {
		if o.TooDeep(o.Message.Body) {
			return errTooDeep
		}
		if body, err = n.read(o.Message.Body); err != nil {
			return err
		}
	}
	o.Event, o.Meta.EventFrom = n.tell(o.Message, name, from, body)
	if o.Meta.EventFrom == EventFromBody && body.wrapper != "" {
		o.Pointer = "/" + body.wrapper
		o.Members = []string{body.member}
	}
	return nil
}

// tell chooses between a configured name and what the delivery says.
func (n *namer) tell(m *envelope.Message, name string, from EventFrom, body outline) (string, EventFrom) {
	// Mambo pings every webhook when it is created, also one whose URL or resolver
	// stands for a single event.
	if body.ping && name != Ping.Name() {
		return Ping.Name(), EventFromPing
	}
	if name != "" {
		return name, from
	}
	if name := n.guess(m.Header); name != "" {
		return name, EventFromGuess
	}
	if body.event != "" {
		return body.event, EventFromBody
	}
	return "", EventFromNothing
}

// configured is the name in the places that Config names.
func (n *namer) configured(m *envelope.Message) (string, EventFrom) {
	if m.Event != "" {
		return m.Event, EventFromMessage
	}
	if n.resolver != nil {
		if name := n.resolver(m); name != "" {
			return name, EventFromResolver
		}
	}
	if n.header != "" {
		if values := m.Header.Values(n.header); len(values) == 1 && values[0] != "" {
			return values[0], EventFromHeader
		}
	}
	return "", EventFromNothing
}

// guess is the one known event that the guessed headers name. Two of them are
// none: to choose would be to guess twice.
func (n *namer) guess(header http.Header) string {
	var found string
	for _, name := range guessedHeaders {
		for _, value := range header.Values(name) {
			if !n.known[value] || value == found {
				continue
			}
			if found != "" {
				return ""
			}
			found = value
		}
	}
	return found
}

// outline is what a body says about its event.
type outline struct {
	event   string // name of a known event, or ""
	member  string // the member that has it
	wrapper string // the member that may be the payload, or ""
	ping    bool   // the body is that of a Ping
}

// read looks at the members of a body.
func (n *namer) read(body []byte) (outline, error) {
	var found outline
	// The check for duplicate names can wait: the body is read again.
	dec := object.Borrow(body, jsontext.AllowDuplicateNames(true))
	defer dec.Return()
	if _, err := dec.ReadToken(); err != nil {
		return found, err
	}
	members := 0
	for ; dec.PeekKind() != '}'; members++ {
		token, err := dec.ReadToken()
		if err != nil {
			return found, err
		}
		name, kind := token.String(), dec.PeekKind()
		value, err := dec.ReadValue()
		if err != nil {
			return found, err
		}
		switch {
		case kind == '"':
			n.noteText(&found, name, value)
		case kind == '{' && before(wrappers, name, found.wrapper):
			found.wrapper = name
		}
	}
	found.ping = found.ping && members == 1
	if _, err := dec.ReadToken(); err != nil {
		return found, err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return found, envelope.Malformed("text behind the body")
	}
	return found, nil
}

// noteText looks at a member that is a text.
func (n *namer) noteText(found *outline, name string, value jsontext.Value) {
	guessed := before(guessedMembers, name, found.member)
	if !guessed && name != "message" {
		return
	}
	text, err := jsontext.AppendUnquote(nil, value)
	switch {
	case err != nil: // Can't be: the decoder has read it.
	case guessed && n.known[string(text)]:
		found.event, found.member = string(text), name
	case name == "message":
		found.ping = PingMessage(text).Known()
	}
}

// before reports whether a name is on a list, and goes there before the one that
// was chosen so far.
func before(list []string, name, chosen string) bool {
	i := slices.Index(list, name)
	return i >= 0 && (chosen == "" || i < slices.Index(list, chosen))
}
