package queue

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Names of metadata: what a Message has beside its body, as JSON, and what Options.Partition
// has returned, for a backend's own function.
const (
	Metadata     = "loyaltyhooks"
	PartitionKey = "partition_key"
)

// Options are the settings of Publish.
type Options struct {
	// ID makes the id of a message, by which some brokers drop what comes twice. Default: a
	// UUID made of the delivery's key, or a random one if it has none.
	ID func(envelope.Message) string

	// Partition chooses what stays in order, such as an account or a customer; it is stored
	// as PartitionKey. Default: none.
	Partition func(envelope.Message) string

	// Inject writes trace context into the metadata, for example Inject of OpenTelemetry's
	// propagators with a propagation.MapCarrier. Default: none.
	Inject func(ctx context.Context, metadata map[string]string)
}

// sent is what a message has beside its body.
type sent struct {
	Provider string      `json:"provider"`
	Handler  string      `json:"handler,omitzero"`
	Event    string      `json:"event,omitzero"`
	Tenant   string      `json:"tenant,omitzero"`
	Key      string      `json:"key,omitzero"`
	Received time.Time   `json:"received,omitzero"`
	Header   http.Header `json:"header,omitzero"`
}

// Publish returns the function of envelope.HandOff that puts deliveries into a topic. The
// sender is told 503 if the broker does not take it, or not within the function's time; it
// may have it all the same.
func Publish(publisher message.Publisher, topic string, options ...Options) func(context.Context, envelope.Message) error {
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	return func(ctx context.Context, m envelope.Message) error {
		msg, err := newMessage(ctx, m, o)
		if err != nil {
			return err
		}
		published := make(chan error, 1)
		go func() { published <- publisher.Publish(topic, msg) }()
		select {
		case err = <-published:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return envelope.RetryAfter(0, err)
		}
		return nil
	}
}

func newMessage(ctx context.Context, m envelope.Message, o Options) (*message.Message, error) {
	text, err := json.Marshal(sent{m.Provider, m.Handler, m.Event, m.Tenant, m.Key, m.Received, m.Header})
	if err != nil {
		return nil, fmt.Errorf("queue: message: %w", err)
	}
	id := idOf(m)
	if o.ID != nil {
		id = o.ID(m)
	}
	msg := message.NewMessage(id, m.Body)
	msg.SetContext(ctx)
	msg.Metadata.Set(Metadata, string(text))
	for name, value := range map[string]string{
		"ce-specversion": "1.0",
		"ce-id":          id,
		"ce-source":      "/loyaltyhooks/" + url.PathEscape(m.Provider) + "/" + url.PathEscape(m.Handler),
		"ce-type":        m.Provider + "." + m.Event,
		"ce-time":        m.Received.UTC().Format(time.RFC3339Nano),
		"ce-tenant":      m.Tenant,
		"ce-deliverykey": m.Key,
		"content-type":   m.Header.Get("Content-Type"),
	} {
		if value != "" {
			msg.Metadata.Set(name, printable(value))
		}
	}
	if o.Partition != nil {
		msg.Metadata.Set(PartitionKey, o.Partition(m))
	}
	if o.Inject != nil {
		o.Inject(ctx, msg.Metadata)
	}
	return msg, nil
}

// idOf is a UUID (version 8) of the delivery's key, so that a repetition has the same.
func idOf(m envelope.Message) string {
	if m.Key == "" {
		return watermill.NewUUID()
	}
	sum := sha256.Sum256([]byte(m.Key))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// printable escapes a value as CloudEvents does in headers.
func printable(text string) string {
	escaped := make([]byte, 0, len(text))
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '%' {
			escaped = fmt.Appendf(escaped, "%%%02X", c)
		} else {
			escaped = append(escaped, c)
		}
	}
	return string(escaped)
}
