package envelope

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Delivery is one webhook delivery on its way to your function. It is yours: it
// shares nothing with other deliveries and stays valid for as long as you keep
// it.
//
// fmt and slog show of it what says nothing of persons and secrets. json.Marshal
// writes all exported fields under their Go names, Raw in base64: the personal data
// of the payload twice, and no header. To keep a delivery, keep Raw.
type Delivery[M, T any] struct {
	Provider string // name of the provider, such as "masivo"
	Event    string // name of the event as the provider sent it
	Known    bool   // whether this version of the provider's package knows the event

	// Tenant is the name of the account that the delivery is for, from Options.Tenant or
	// Message.Tenant; empty if there is neither.
	Tenant string

	// Key tells this delivery from every other one and stays the same when the
	// sender repeats it: the provider's message id, or what Options.Key made of
	// the delivery, behind a version and the names of provider, handler and tenant. It
	// is at most 512 bytes long, and empty where there is neither.
	Key string

	Meta    M // what the provider's envelope carries beside the payload
	Payload T

	// Raw is the body, byte for byte, as it was sent and verified.
	Raw []byte

	Received time.Time // when the body had been read

	// Violations are the documented rules that the delivery breaks without being
	// refused for it: the first 100, or fewer if their pointers are very long.
	Violations []Violation

	header  http.Header
	handler *Handler // which received it
	json    []byte   // the body as JSON, if Raw is not
}

func (d *Delivery[M, T]) fill(c *call[M]) {
	d.Provider = c.handler.provider
	d.Event = c.open.Event
	d.Known = c.known
	d.Tenant = c.message.Tenant
	d.Key = c.key
	d.Meta = c.open.Meta
	d.Raw = c.raw
	d.Received = c.message.Received
	d.Violations = c.violations
	d.header = c.message.Header
	d.handler = c.handler
	d.json = c.open.JSON
}

// Header is a copy of the request's header without credentials: Authorization,
// Proxy-Authorization, Cookie and every header that carries a secret. Behind an
// adaptor to a server that uses its memory again (fasthttp), clone its values if you
// keep them.
func (d *Delivery[M, T]) Header() http.Header {
	var secrets []string
	if d.handler != nil {
		secrets = d.handler.secrets
	}
	header := d.header.Clone()
	for _, name := range hiddenHeaders(secrets) {
		header.Del(name)
	}
	return header
}

// Has reports whether a member was sent, even as null. The pointer (RFC 6901) is
// relative to the whole body: "/data/customer/email". It is for the rare case in
// which absent and null differ; a form is looked at as the JSON it stands for.
func (d *Delivery[M, T]) Has(pointer string) bool {
	text := d.Raw
	if d.json != nil {
		text = d.json
	}
	_, ok := wire.Find(text, pointer)
	return ok
}

// LogValue describes the delivery without its content: provider, event, whether
// the event is known, size, and the number of violations.
func (d Delivery[M, T]) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("provider", d.Provider),
		slog.String("event", loggable(d.Event, d.Known)),
		slog.Int("size", len(d.Raw)),
		slog.Int("violations", len(d.Violations)),
	)
}

// Format prints what LogValue says, whatever the verb: a delivery that slips into
// a log line takes nothing personal along. Print Payload if you mean it.
func (d Delivery[M, T]) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "{%s %s, %d bytes, %d violations}",
		d.Provider, loggable(d.Event, d.Known), len(d.Raw), len(d.Violations))
}

// loggable hides the name of an unknown event, which is text from the body.
func loggable(event string, known bool) string {
	if known || event == "" {
		return event
	}
	return "*"
}
