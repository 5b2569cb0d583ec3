package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	natsce "github.com/cloudevents/sdk-go/protocol/nats_jetstream/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/nats-io/nats.go"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// record is a delivery on its way through the queue. There it is a CloudEvent in
// binary mode: attributes in headers, the body as it was sent in the data. Any
// consumer that knows CloudEvents can read it.
type record struct {
	id       string // of the CloudEvent
	key      string // Delivery.Key; JetStream drops a second record with the same
	provider string
	event    string
	known    bool // whether the event may be part of a subject
	received time.Time
	header   http.Header // of the request
	body     []byte
}

// domains begin the types of CloudEvents, as in com.openloyalty.CustomerRegistered.
var domains = map[string]string{
	ambassify.Name:   "com.ambassify",
	mambo.Name:       "io.mambo",
	masivo.Name:      "ai.masivo",
	openloyalty.Name: "com.openloyalty",
}

const (
	sourcePrefix = "/webhooks/" // before the provider's name in a CloudEvent's source
	httpPrefix   = "http-"      // before the names of the request's headers
)

// errNoRecord is what a message is that no receiver has put into the stream.
var errNoRecord = errors.New("not a delivery of a known provider")

// subject is webhooks.<provider>.<event>, so that a consumer can take a part.
func (r *record) subject() string {
	event := r.event
	if !r.known { // Text from outside could have blanks and wildcards.
		event = "unknown"
	}
	return subjectPrefix + r.provider + "." + event
}

// message writes the record for JetStream.
func (r *record) message(ctx context.Context) (*nats.Msg, error) {
	event := cloudevents.NewEvent()
	event.SetID(escape(r.id))
	event.SetSource(sourcePrefix + r.provider)
	event.SetType(typeOf(r.provider, r.event))
	event.SetTime(r.received)
	if err := event.SetData(mediaType(r.header), r.body); err != nil {
		return nil, err
	}
	if err := event.Validate(); err != nil {
		return nil, err
	}
	var data bytes.Buffer
	header, err := natsce.WriteMsg(ctx, binding.ToMessage(&event), &data)
	if err != nil {
		return nil, err
	}
	for name, values := range r.header {
		header[httpPrefix+name] = values
	}
	if r.key != "" {
		header.Set(nats.MsgIdHdr, escape(r.key))
	}
	return &nats.Msg{Subject: r.subject(), Header: header, Data: data.Bytes()}, nil
}

// readRecord reads what message wrote.
func readRecord(ctx context.Context, header nats.Header, data []byte) (*record, error) {
	event, err := binding.ToEvent(ctx, natsce.NewMessage(&nats.Msg{Header: header, Data: data}))
	if err != nil {
		return nil, errNoRecord // The text of err may quote the message.
	}
	r := &record{received: event.Time(), header: http.Header{}, body: data}
	var ok bool
	if r.provider, r.event, ok = splitType(event.Type()); !ok {
		return nil, errNoRecord
	}
	if r.id, err = url.PathUnescape(event.ID()); err != nil {
		return nil, errNoRecord
	}
	for name, values := range header {
		if name, ok := strings.CutPrefix(name, httpPrefix); ok {
			r.header[name] = values
		}
	}
	return r, nil
}

// forDispatch is the record as Handler.Dispatch takes it. A delivery without a key of its
// own has the id of its record: a redelivery by the queue is recognised all the same.
func (r *record) forDispatch() envelope.Message {
	return envelope.Message{Body: r.body, Header: r.header.Clone(), Event: r.event, Key: r.id, Received: r.received}
}

// typeOf is the type of a CloudEvent. That of an event without a name is the
// domain alone.
func typeOf(provider, event string) string {
	if event == "" {
		return domains[provider]
	}
	return domains[provider] + "." + escape(event)
}

func splitType(typ string) (provider, event string, ok bool) {
	for provider, domain := range domains {
		if typ == domain {
			return provider, "", true
		}
		if event, ok := strings.CutPrefix(typ, domain+"."); ok {
			event, err := url.PathUnescape(event)
			return provider, event, err == nil
		}
	}
	return "", "", false
}

// mediaType is what the sender says the body is. CloudEvents wants a valid one;
// the request's own header travels beside it.
func mediaType(header http.Header) string {
	sent := header.Get("Content-Type")
	if _, _, err := mime.ParseMediaType(sent); err != nil {
		return cloudevents.ApplicationJSON
	}
	return sent
}

// escape writes what is not printable ASCII as %XX, as the CloudEvents binding of
// NATS asks for: a line break in a key must not end its header.
func escape(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' || c == '%' || c == '"' {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
