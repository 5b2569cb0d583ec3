package envelope

import (
	"net/http"
	"reflect"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Provider describes how a sender's deliveries are opened. M is what its
// envelope carries beside the payload. The four provider packages are made of
// one each; write your own for a fifth.
type Provider[M any] struct {
	// Name appears in logs, keys and observations, such as "masivo".
	Name string

	// Events are the events that the package knows.
	Events []AnyEvent[M]

	// Layout says where a JSON body carries event and payload. The other members
	// of the object are decoded into M. Leave it zero if the whole body is the
	// payload.
	Layout Layout

	// EventName tells an event that travels outside the body, in a header for
	// example. It is optional, called after verification, and goes before the
	// name in the body.
	EventName func(*http.Request) string

	// Open replaces Layout where that does not describe the body. A body of JSON is
	// refused for what is malformed in it also where nobody wants its event; one
	// that Open makes JSON of is Open's to refuse.
	Open func(*Contents[M]) error

	// Key gives the id that the provider sends with a message and repeats when it
	// sends the message again. It is optional.
	Key func(meta *M) string

	// Check reports rules that tags on a struct can't express. The rules
	// RuleRequired and RuleType refuse the delivery. It is optional.
	Check func(meta *M, payload any) []Violation

	// MediaTypes are the only media types that are accepted when the sender names
	// one. Empty means any: the bytes decide.
	MediaTypes []string

	// Verifier makes the verifier of secrets: of Secrets, or of those of a tenant. With
	// Options.Tenant it is also asked for one of 64 random hex digits, which does the work
	// for tenants that are unknown. It is optional if Options.Verifier or Unverified is
	// always set.
	Verifier func(secrets []string) (Verifier, error)

	// Causes returns why a delivery was refused, for Refusal.Explain: what of its signature
	// does not fit secrets, which are Secrets or those of a tenant. HMAC, StandardWebhooks
	// and SecretSource have a method for it. It must not quote secrets or the body. It is
	// optional.
	Causes func(secrets []string, r *Refusal) []Cause

	// Secrets are what the user has configured. Empty if he has not: then Options has
	// Tenant, Verifier, Unverified or DispatchOnly, or NewHandler returns an error.
	Secrets []string

	// SecretHeaders are headers that carry credentials. That of a SharedSecret need not
	// be named.
	SecretHeaders []string
}

// Layout names the members of a JSON envelope.
type Layout struct {
	// Event lists the members that may hold the event's name; the first one that
	// is there counts.
	Event []string
	// Payload is the member that holds the payload. It is an identity: strict
	// validation refuses a delivery of a known event without it.
	Payload string
}

// Contents is what a Provider's Open function finds in a verified delivery: it reads
// Message, and sets the other fields.
type Contents[M any] struct {
	Message *Message

	Meta  M
	Event string // name of the event; "" if it can't be told

	// Pointer (RFC 6901) leads to the payload in the body; "" means the whole
	// body.
	Pointer string

	// Value is a pointer to the payload if Open has decoded it already. Otherwise
	// the payload is decoded from the JSON that Pointer leads to.
	Value any

	// JSON is the body as JSON, if the body itself is not.
	JSON []byte

	// Members lists the members around the payload that Open understood; the
	// others are drift. A call of Decode for the whole body takes its place. Body
	// does where Open has decoded the body by other means: it is the type that
	// describes all of JSON.
	Members []string
	Body    reflect.Type

	reader *wire.Reader
	whole  bool // Decode has read the whole body
}

// Decode decodes JSON text into what target points to, with the tolerance of a
// payload: a member whose type does not fit stays zero and is drift. Pointer
// leads to the text in the body; "" is for the whole body, whose members are those
// of an envelope then: one that is sent twice, or is not Unicode, is refused.
func (o *Contents[M]) Decode(text []byte, pointer string, target any) error {
	o.whole = o.whole || pointer == ""
	return o.reader.Decode(text, pointer, target, pointer == "")
}

// Mistyped records a member whose type does not fit, for an Open function that
// decodes by other means than Decode.
func (o *Contents[M]) Mistyped(pointer string) { o.reader.Misfit(pointer) }

// InvalidText records a member whose text is not Unicode, for an Open function that
// decodes by other means than Decode: U+FFFD stands in it for what can't be told.
func (o *Contents[M]) InvalidText(pointer string) { o.reader.InvalidText(pointer) }

// Charge takes from Options.MaxMemory the bytes that an Open function is about to use
// by other means than Decode, and refuses a delivery that needs more.
func (o *Contents[M]) Charge(size int) error { return o.reader.Charge(size) }

// isWhole reports whether nothing of the body is left to be read.
func (o *Contents[M]) isWhole() bool { return o.whole || o.Body != nil }
