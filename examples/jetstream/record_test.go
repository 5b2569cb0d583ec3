package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	natsce "github.com/cloudevents/sdk-go/protocol/nats_jetstream/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nats.go"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 123456789, time.UTC)

// Any consumer that knows CloudEvents can read what the receiver publishes.
func TestRecordIsCloudEvent(t *testing.T) {
	r := &record{
		id: "openloyalty/f43143dc", key: "openloyalty/f43143dc", provider: openloyalty.Name, event: "CustomerRegistered", known: true,
		received: noon, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body: []byte(`{"a": 1}`),
	}
	msg, err := r.message(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := nats.Header{
		"ce-specversion":    {"1.0"},
		"ce-id":             {"openloyalty/f43143dc"},
		"ce-source":         {"/webhooks/openloyalty"},
		"ce-type":           {"com.openloyalty.CustomerRegistered"},
		"ce-time":           {"2026-03-02T12:00:00.123456789Z"},
		"content-type":      {"application/json; charset=utf-8"},
		"http-Content-Type": {"application/json; charset=utf-8"},
		"Nats-Msg-Id":       {"openloyalty/f43143dc"},
	}
	// The SDK's NATS binding writes the media type under the name ce-datacontenttype.
	if got := msg.Header["ce-datacontenttype"]; got != nil {
		want["ce-datacontenttype"] = got
		delete(want, "content-type")
	}
	if diff := cmp.Diff(want, msg.Header); diff != "" {
		t.Error(diff)
	}
	if msg.Subject != "webhooks.openloyalty.CustomerRegistered" || string(msg.Data) != `{"a": 1}` {
		t.Errorf("%s %s", msg.Subject, msg.Data)
	}
	event, err := binding.ToEvent(t.Context(), natsce.NewMessage(msg))
	if err != nil {
		t.Fatal(err)
	}
	if err := event.Validate(); err != nil {
		t.Error(err)
	}
	if event.Type() != "com.openloyalty.CustomerRegistered" || string(event.Data()) != `{"a": 1}` || !event.Time().Equal(noon) {
		t.Error(event)
	}
}

func TestRecordRoundTrip(t *testing.T) {
	form := http.Header{"Content-Type": {ambassifyForm}, "X-Two": {"a", "b"}}
	tests := map[string]*record{
		"json":             {id: "masivo/1", key: "masivo/1", provider: masivo.Name, event: "TIER_UPGRADE", known: true, body: []byte(`{}`)},
		"form":             {id: "ambassify/1", provider: ambassify.Name, event: "person.created", known: true, header: form, body: []byte("a=b&c=%20")},
		"without a name":   {id: "mambo/1", provider: mambo.Name, body: []byte(`{}`)},
		"unknown event":    {id: "mambo/1", provider: mambo.Name, event: "New > thing.*\r\nInjected: yes", body: []byte(`{}`)},
		"key of any bytes": {id: "masivo/é%20\x00\r\n \"", key: "masivo/é%20\x00\r\n \"", provider: masivo.Name, event: "x", body: []byte(`{}`)},
		"wrong media type": {id: "masivo/1", provider: masivo.Name, event: "x", header: http.Header{"Content-Type": {"json;;"}}, body: []byte(`{}`)},
		"empty body":       {id: "masivo/1", provider: masivo.Name, event: "x", body: []byte{}},
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			r.received = noon
			if r.header == nil {
				r.header = http.Header{}
			}
			msg, err := r.message(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			header := onTheWire(t, msg)
			got, err := readRecord(t.Context(), header, msg.Data)
			if err != nil {
				t.Fatal(err)
			}
			want := *r
			want.key, want.known = "", false // They are for JetStream only.
			if diff := cmp.Diff(want, *got, cmp.AllowUnexported(record{}), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const ambassifyForm = "application/x-www-form-urlencoded"

// onTheWire is the header as a consumer gets it.
func onTheWire(t *testing.T, msg *nats.Msg) nats.Header {
	t.Helper()
	nc, err := nats.Connect(startOne(t))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sub, err := nc.SubscribeSync(">")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishMsg(msg); err != nil {
		t.Fatal(err)
	}
	got, err := sub.NextMsg(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != msg.Subject {
		t.Errorf("subject %q, want %q", got.Subject, msg.Subject)
	}
	return got.Header
}

func startOne(t *testing.T) string {
	t.Helper()
	s, err := startServer(serverOptions(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s.ClientURL()
}

func TestReadRecordRefuses(t *testing.T) {
	tests := map[string]nats.Header{
		"nothing":          nil,
		"no CloudEvent":    {"content-type": {"application/json"}},
		"another's type":   {"ce-specversion": {"1.0"}, "ce-id": {"1"}, "ce-source": {"/"}, "ce-type": {"org.example.thing"}},
		"an id unescaped":  {"ce-specversion": {"1.0"}, "ce-id": {"%"}, "ce-source": {"/"}, "ce-type": {"io.mambo.x"}},
		"a type unescaped": {"ce-specversion": {"1.0"}, "ce-id": {"1"}, "ce-source": {"/"}, "ce-type": {"io.mambo.%"}},
	}
	for name, header := range tests {
		if r, err := readRecord(t.Context(), header, []byte(`{"secret": 1}`)); !errors.Is(err, errNoRecord) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}

// Every known event's name can be part of a subject, and of a type as it is.
func TestSubjectsOfKnownEvents(t *testing.T) {
	checkSubjects(t, ambassify.Name, ambassify.Events())
	checkSubjects(t, mambo.Name, mambo.Events())
	checkSubjects(t, masivo.Name, masivo.Events())
	checkSubjects(t, openloyalty.Name, openloyalty.Events())
}

func checkSubjects[M any](t *testing.T, provider string, events []envelope.AnyEvent[M]) {
	t.Helper()
	for _, e := range events {
		r := &record{provider: provider, event: e.Name(), known: true}
		if escape(e.Name()) != e.Name() || strings.ContainsAny(r.subject(), "*>") || strings.Contains(r.subject(), "..") {
			t.Errorf("subject %q, type %q", r.subject(), typeOf(provider, e.Name()))
		}
		if gotProvider, gotEvent, ok := splitType(typeOf(provider, e.Name())); gotProvider != provider || gotEvent != e.Name() || !ok {
			t.Errorf("%s %s is read as %s %s", provider, e.Name(), gotProvider, gotEvent)
		}
	}
}

// A worker's key is the receiver's key.
func TestRecordKey(t *testing.T) {
	r := &record{id: "1/masivo///TIER_UPGRADE/1", header: http.Header{"X": {"1"}}}
	if m := r.forDispatch(); m.Key != r.id {
		t.Errorf("key %q", m.Key)
	}
}
