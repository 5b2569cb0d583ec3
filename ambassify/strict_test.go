package ambassify_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// The members of the envelope, and the event's two words, are refused if they are
// sent twice or are not Unicode.
func TestStrictMembers(t *testing.T) {
	const event = `{"event":{"name":"changed","resource":"campaign"}`
	h := newHandler(t, envelope.Options{}, ignoreAll()...)
	for name, test := range map[string]struct{ body, want string }{
		"event twice":           {event + `,"event":{"name":"removed","resource":"person"}}`, "a name twice at /event"},
		"verb twice":            {`{"event":{"name":"changed","name":"removed","resource":"campaign"}}`, "a name twice at /event/name"},
		"resource twice":        {`{"event":{"name":"changed","resource":"campaign","resource":"person"}}`, "a name twice at /event/resource"},
		"id twice":              {event + `,"campaign_id":7,"campaign_id":8}`, "a name twice at /campaign_id"},
		"payload twice":         {event + `,"campaign_id":7,"campaign":{},"campaign":{}}`, "a name twice at /campaign"},
		"other resource twice":  {event + `,"campaign_id":7,"person":{},"person":{}}`, "a name twice at /person"},
		"twice, escaped":        {event + `,"campaign_id":7,"campaign\u005fid":8}`, "a name twice at /campaign_id"},
		"verb not UTF-8":        {"{\"event\":{\"name\":\"changed\xff\",\"resource\":\"campaign\"}}", "not Unicode at /event/name"},
		"resource not UTF-8":    {"{\"event\":{\"name\":\"changed\",\"resource\":\"\xff\"}}", "not Unicode at /event/resource"},
		"resource half a pair":  {`{"event":{"name":"changed","resource":"\ud83d"}}`, "not Unicode at /event/resource"},
		"person's id not UTF-8": {event + ",\"campaign_id\":7,\"person_id\":\"\xff\"}", "not Unicode at /person_id"},
	} {
		result := envelopetest.Deliver(t, h, request(typeJSON, test.body))
		if result.Status != http.StatusBadRequest || !errors.Is(result.Err, envelope.ErrMalformed) || !strings.Contains(result.Err.Error(), test.want+" near byte ") {
			t.Errorf("%s: got %d, %v, want %s", name, result.Status, result.Err, test.want)
		}
	}
}

// Of other members the last one counts, and U+FFFD replaces what is not Unicode.
func TestTolerantMembers(t *testing.T) {
	const before = `{"event":{"name":"changed","resource":"campaign"},"campaign_id":7,`
	for name, test := range map[string]struct {
		body  string
		want  ambassify.Campaign
		drift []envelope.Drift
	}{
		"name twice": {before + `"campaign":{"name":"a","name":"b"}}`, ambassify.Campaign{Name: "b"},
			[]envelope.Drift{{Kind: envelope.DriftDuplicateMember, Pointer: "/campaign/name"}}},
		"object twice: it does not merge": {
			before + `"campaign":{"title":{"en":"Hello","nl":"Hallo"},"title":{"en":"Bye"}}}`,
			ambassify.Campaign{Title: ambassify.MultilingualString{"en": "Bye"}},
			[]envelope.Drift{{Kind: envelope.DriftDuplicateMember, Pointer: "/campaign/title"}},
		},
		"language twice": {before + `"campaign":{"title":{"en":"Hello","en":"Bye"}}}`, ambassify.Campaign{Title: ambassify.MultilingualString{"en": "Bye"}},
			[]envelope.Drift{{Kind: envelope.DriftDuplicateMember, Pointer: "/campaign/title/en"}}},
		"name not UTF-8": {before + "\"campaign\":{\"name\":\"a\xffb\"}}", ambassify.Campaign{Name: "a\ufffdb"},
			[]envelope.Drift{{Kind: envelope.DriftInvalidText, Pointer: "/campaign/name"}}},
		"half a pair": {before + `"campaign":{"name":"a\udc00b"}}`, ambassify.Campaign{Name: "a\ufffdb"},
			[]envelope.Drift{{Kind: envelope.DriftInvalidText, Pointer: "/campaign/name"}}},
		"in an unknown member": {before + "\"campaign\":{\"name\":\"a\",\"x\":{\"y\":1,\"y\":\"\xff\"}}}", ambassify.Campaign{Name: "a"},
			[]envelope.Drift{{Kind: envelope.DriftUnknownMember, Pointer: "/campaign/x"}}},
		"unknown member twice": {before + `"campaign":{"name":"a","x":1,"x":2}}`, ambassify.Campaign{Name: "a"},
			[]envelope.Drift{{Kind: envelope.DriftUnknownMember, Pointer: "/campaign/x"}, {Kind: envelope.DriftUnknownMember, Pointer: "/campaign/x"}}},
		"unknown member of the envelope twice": {before + `"x":1,"x":2,"campaign":{"name":"a"}}`, ambassify.Campaign{Name: "a"},
			[]envelope.Drift{{Kind: envelope.DriftUnknownMember, Pointer: "/x"}, {Kind: envelope.DriftUnknownMember, Pointer: "/x"}}},
	} {
		var got ambassify.Campaign
		h := newHandler(t, envelope.Options{}, ambassify.CampaignChanged.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Campaign]) error {
			got = d.Payload
			return nil
		}))
		result := envelopetest.Deliver(t, h, request(typeJSON, test.body))
		if result.Status != http.StatusOK {
			t.Errorf("%s: got %d, %v", name, result.Status, result.Err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(test.drift, result.Drift); diff != "" {
			t.Errorf("%s, drift (-want +got)\n%s", name, diff)
		}
	}
}

// Only what is decoded into Go types may not be too deep.
func TestDeepJSON(t *testing.T) {
	h := newHandler(t, envelope.Options{}, ignoreAll()...)
	for name, body := range map[string]string{
		"as deep as it may be": nested(31),
		"in an unknown member": `{"event":{"name":"removed","resource":"campaign"},"campaign_id":7,"x":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
		"in an unknown event":  `{"event":{"name":"archived","resource":"badge"},"badge_id":7,"badge":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
	} {
		if result := envelopetest.Deliver(t, h, request(typeJSON, body)); result.Status != http.StatusOK {
			t.Errorf("%s: got %d, %v", name, result.Status, result.Err)
		}
	}
}

// nested is a member whose properties are nested: each level is a list and an object.
func nested(levels int) string {
	return `{"event":{"name":"changed","resource":"person"},"person_id":"` + uuid + `","person":` +
		strings.Repeat(`{"properties":[`, levels) + strings.Repeat(`]}`, levels) + `}`
}
