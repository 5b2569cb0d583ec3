package envelope

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Message is a verified delivery without its HTTP request: what HandOff hands over, what
// Dispatch takes from a queue, and what a KeyFunc or an Open function looks at.
type Message struct {
	// Body is the body as it was sent. It must not change as long as any
	// Delivery made of it is in use.
	Body []byte

	// Header is the header it was sent with, its names in any case. A JSON body with its
	// event's name needs none.
	Header http.Header

	// Event is the event's name where it is not in the body: Delivery.Event of
	// the first reception. It may be empty for providers that put it there, and
	// goes before that name, except with Ambassify, whose body always tells it.
	Event string

	// Provider and Handler are the names of the provider and of the handler that received
	// it, Options.Name, for whoever picks the handler that goes on. Dispatch refuses a
	// message of another provider; it takes what names none.
	Provider, Handler string

	// Tenant is the name of the account that it is for; empty where there is one only.
	Tenant string

	// Key is Delivery.Key of the first reception, and is used as it is. Empty means that
	// it is made of the delivery.
	Key string

	// Received is when the delivery arrived. Zero means now.
	Received time.Time
}

// canonical returns the header with canonical names, and whether that changes it: API
// Gateway and some queues have them in lower case.
func canonical(header http.Header) (made http.Header, changed bool) {
	for name := range header {
		changed = changed || http.CanonicalHeaderKey(name) != name
	}
	if !changed {
		return header, false
	}
	made = make(http.Header, len(header))
	for _, name := range slices.Sorted(maps.Keys(header)) {
		key := http.CanonicalHeaderKey(name)
		made[key] = append(made[key], header[name]...)
	}
	return made, true
}

// LogValue describes the message without its content.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("size", len(m.Body)), slog.Time("received", m.Received))
}

// Format prints what LogValue says, whatever the verb.
func (m Message) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "{%d bytes}", len(m.Body)) }

// LogValue is the name.
func (t Tenant) LogValue() slog.Value { return slog.StringValue(t.Name) }

// Format prints the name, whatever the verb.
func (t Tenant) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "{%s}", t.Name) }

// LogValue is the handler's name. The Config of a provider's package has it too, and logs
// no secrets.
func (o Options) LogValue() slog.Value { return slog.GroupValue(slog.String("name", o.Name)) }

// Format prints what LogValue says, whatever the verb. The Config of a provider's package
// has it too, and prints no secrets.
func (o Options) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "{%s}", o.Name) }
