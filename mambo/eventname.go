package mambo

import (
	"bytes"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
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
	EventFromBody     EventFrom = "body"     // a member of the body: event, eventType or type
	EventFromGuess    EventFrom = "guess"    // a header that may be the right one: X-Mambo-Event and the like
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

// lookedAt are the members of a body that mean something to the namer: that of a
// Ping, guessedMembers and wrappers.
var lookedAt = [...]string{"message", "event", "eventType", "type", "data", "payload"}

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

var errNoObject = envelope.Malformed("not an object")

// open is the Open function of the provider. The body is the payload; it is taken
// for an envelope around one only if it has the name of its event.
func (n *namer) open(o *envelope.Contents[Meta]) error {
	if !bytes.HasPrefix(bytes.TrimLeft(o.Message.Body, " \t\r\n"), []byte("{")) {
		return errNoObject
	}
	var body outline
	var err error
	name, from := n.configured(o.Message)
	if name == "" || mayBePing(o.Message.Body) {
		if body, err = n.read(o.Message.Body, name != ""); err != nil {
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

// mayBePing reports whether a body is worth a look for a Ping.
func mayBePing(body []byte) bool {
	return len(body) <= maxPing && (bytes.Contains(body, []byte(PingMessagePing)) || bytes.IndexByte(body, '\\') >= 0)
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
	if body.event != "" { // It is signed; a header is not.
		return body.event, EventFromBody
	}
	if name := n.guess(m.Header); name != "" {
		return name, EventFromGuess
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

// read looks at the members of a body. With a configured name only a Ping is looked
// for. What may name the event is refused if it is sent twice, or is not Unicode.
func (n *namer) read(body []byte, isConfigured bool) (found outline, err error) {
	names := lookedAt[:]
	if isConfigured {
		names = names[:1]
	}
	var values [len(lookedAt)]jsontext.Value
	count := 0
	err = wire.Read(body, wire.Limits{Depth: 1}, func(r *wire.Reader) error {
		if err := r.Enter(); err != nil {
			return err
		}
		for ; r.Kind() != '}'; count++ {
			if err := readMember(r, names, values[:]); err != nil {
				return err
			}
		}
		return r.Leave()
	})
	for i, value := range values {
		n.note(&found, lookedAt[i], value)
	}
	found.ping = found.ping && count == 1
	return found, err
}

// readMember keeps the value of a member that has one of the names.
func readMember(r *wire.Reader, names []string, values []jsontext.Value) error {
	raw, err := r.Name()
	if err != nil {
		return err
	}
	name, _, _ := wire.Unquote(raw)
	value, err := r.Raw()
	i := slices.Index(names, name)
	switch {
	case err != nil || i < 0:
		return err
	case name == "message": // Alone it is a Ping; beside others it is a text like any other.
	case values[i] != nil:
		return r.Twice()
	case value.Kind() == '"':
		err = r.Unicode(value)
	}
	values[i] = value
	return err
}

// note looks at a member, in the order in which names go before others.
func (n *namer) note(found *outline, name string, value jsontext.Value) {
	switch kind := value.Kind(); {
	case kind == '{' && found.wrapper == "" && slices.Contains(wrappers, name):
		found.wrapper = name
	case kind != '"':
	case name == "message":
		text, _, _ := wire.Unquote(value)
		found.ping = PingMessage(text).Known()
	case found.event == "" && slices.Contains(guessedMembers, name):
		if text, _, _ := wire.Unquote(value); n.known[text] {
			found.event, found.member = text, name
		}
	}
}
