package ambassify_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

const (
	typeJSON = envelopetest.JSON
	form     = envelopetest.Form
	uuid     = "7d0c6f6e-4f0b-4b58-9a53-0c9a1c5f2d11"
)

func newHandler(tb testing.TB, config envelope.Options, routes ...ambassify.Route) *envelope.Handler {
	tb.Helper()
	config.Unverified = true
	h, err := ambassify.NewHandler(ambassify.Config{Options: config}, routes...)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// ignoreAll are routes of all events, so that all is decoded and checked.
func ignoreAll() []ambassify.Route {
	var routes []ambassify.Route
	for _, event := range ambassify.Events() {
		routes = append(routes, event.Handle(func(context.Context, *ambassify.Delivery[any]) error { return nil }))
	}
	return append(routes, ambassify.Fallback(func(context.Context, *ambassify.Delivery[json.RawMessage]) error { return nil }))
}

func message(contentType, body string) envelope.Message {
	m := envelope.Message{Body: []byte(body), Header: http.Header{}}
	if contentType != "" {
		m.Header.Set("Content-Type", contentType)
	}
	return m
}

func request(contentType, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/ambassify", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func TestMediaTypes(t *testing.T) {
	const (
		bodyJSON = ` {"event":{"name":"removed","resource":"campaign"},"campaign_id":7}`
		bodyForm = "event[name]=removed&event[resource]=campaign&campaign_id=7"
	)
	tests := []struct {
		name, contentType, body string
		status                  int
	}{
		{"JSON", "application/json", bodyJSON, 200},
		{"JSON with a charset", "application/json; charset=utf-8", bodyJSON, 200},
		{"JSON in capitals", "Application/JSON", bodyJSON, 200},
		{"form", "application/x-www-form-urlencoded", bodyForm, 200},
		{"form with a charset", "application/x-www-form-urlencoded;charset=UTF-8", bodyForm, 200},
		{"form with a malformed parameter", "application/x-www-form-urlencoded; charset", bodyForm, 200},
		{"JSON without a type", "", bodyJSON, 200},
		{"form without a type", "", bodyForm, 200},
		{"JSON that says form", "application/x-www-form-urlencoded", bodyJSON, 200},
		{"JSON that says form, cut off", "application/x-www-form-urlencoded", bodyJSON[:40], 400},
		{"JSON behind a byte order mark", "application/json", "\uFEFF" + bodyJSON, 200},
		{"JSON behind a byte order mark, without a type", "", "\uFEFF" + bodyJSON, 200},
		{"form behind a byte order mark", "application/x-www-form-urlencoded", "\uFEFF" + bodyForm, 200},
		{"form with a line feed at its end", "application/x-www-form-urlencoded", bodyForm + "\r\n", 200},
		{"form in latin 1", "application/x-www-form-urlencoded; charset=ISO-8859-1", bodyForm + "&campaign[name]=Andr%E9", 200},
		{"form that says JSON", "application/json", bodyForm, 400},
		{"XML", "application/xml", "<event/>", 415},
		{"multipart", "multipart/form-data; boundary=x", "--x--", 415},
		{"text", "text/plain", bodyJSON, 415},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ran := false
			h := newHandler(t, envelope.Options{}, ambassify.CampaignRemoved.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Campaign]) error {
				ran = d.Meta.CampaignID.Int64() == 7
				return nil
			}))
			result := envelopetest.Deliver(t, h, request(tt.contentType, tt.body))
			if result.Status != tt.status || ran != (tt.status == 200) {
				t.Errorf("got %d, %v, ran: %t", result.Status, result.Err, ran)
			}
		})
	}
}

func TestMalformedJSON(t *testing.T) {
	h := newHandler(t, envelope.Options{}, ignoreAll()...)
	for name, body := range map[string]string{
		"nothing":          "",
		"null":             "null",
		"a list":           "[]",
		"a text":           `"event"`,
		"cut short":        `{"event":{"name":"created"`,
		"something after":  `{"event":{"name":"created","resource":"person"}} x`,
		"deep, not closed": strings.Repeat(`{"x":`, 100_000),
		"too deep":         nested(32),
	} {
		result := envelopetest.Deliver(t, h, request(typeJSON, body))
		if result.Status != http.StatusBadRequest || !errors.Is(result.Err, envelope.ErrMalformed) {
			t.Errorf("%s: got %d, %v", name, result.Status, result.Err)
		}
	}
}

// Identities are the event's two words and the id of its resource.
func TestIdentities(t *testing.T) {
	tests := []struct {
		name, body string
		want       []envelope.Violation // refused if there are any
	}{
		{"all there", `{"event":{"name":"changed","resource":"person"},"person_id":"` + uuid + `"}`, nil},
		{"id in the resource", `{"event":{"name":"changed","resource":"campaign"},"campaign":{"id":7}}`, nil},
		{"id as text", `{"event":{"name":"changed","resource":"campaign"},"campaign_id":"7"}`, nil},
		{"no event", `{"person_id":"` + uuid + `"}`, []envelope.Violation{{Pointer: "/event/name", Rule: "required"}, {Pointer: "/event/resource", Rule: "required"}}},
		{"event null", `{"event":null}`, []envelope.Violation{{Pointer: "/event/name", Rule: "required"}, {Pointer: "/event/resource", Rule: "required"}}},
		{"event empty", `{"event":[]}`, []envelope.Violation{{Pointer: "/event/name", Rule: "required"}, {Pointer: "/event/resource", Rule: "required"}}},
		{"no name", `{"event":{"resource":"person"},"person_id":"` + uuid + `"}`, []envelope.Violation{{Pointer: "/event/name", Rule: "required"}}},
		{"empty name", `{"event":{"name":"","resource":"person"}}`, []envelope.Violation{{Pointer: "/event/name", Rule: "required"}}},
		{"name is a number", `{"event":{"name":5,"resource":"person"}}`, []envelope.Violation{{Pointer: "/event/name", Rule: "type"}}},
		{"no resource", `{"event":{"name":"created"}}`, []envelope.Violation{{Pointer: "/event/resource", Rule: "required"}}},
		{"resource is a list", `{"event":{"name":"created","resource":["person"]}}`, []envelope.Violation{{Pointer: "/event/resource", Rule: "type"}}},
		{"no campaign id", `{"event":{"name":"created","resource":"campaign"},"campaign":{"name":"Quiz"}}`, []envelope.Violation{{Pointer: "/campaign_id", Rule: "required"}}},
		{"campaign id mistyped", `{"event":{"name":"created","resource":"campaign"},"campaign_id":"seven"}`, []envelope.Violation{{Pointer: "/campaign_id", Rule: "type"}}},
		{"no interaction id", `{"event":{"name":"created","resource":"interaction"},"campaign_id":7}`, []envelope.Violation{{Pointer: "/interaction_id", Rule: "required"}}},
		{"no conversion id", `{"event":{"name":"created","resource":"conversion"},"conversion":null}`, []envelope.Violation{{Pointer: "/conversion_id", Rule: "required"}}},
		{"no person id", `{"event":{"name":"created","resource":"person"},"person":{}}`, []envelope.Violation{{Pointer: "/person_id", Rule: "required"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result := envelopetest.Deliver(t, newHandler(t, envelope.Options{}, ignoreAll()...), request(typeJSON, tt.body))
			var refused *envelope.ValidationError
			if tt.want == nil {
				if result.Status != http.StatusOK {
					t.Errorf("got %d, %v", result.Status, result.Err)
				}
				return
			}
			if result.Status != http.StatusUnprocessableEntity || !errors.As(result.Err, &refused) {
				t.Fatalf("got %d, %v", result.Status, result.Err)
			}
			if diff := cmp.Diff(tt.want, refused.Violations, ignoreUnexported); diff != "" {
				t.Error(diff)
			}
		})
	}
}

var ignoreUnexported = cmp.Comparer(func(a, b envelope.Violation) bool {
	return a.Pointer == b.Pointer && a.Rule == b.Rule
})

// Identities of a form are missing and mistyped as those of JSON are.
func TestIdentitiesOfForms(t *testing.T) {
	for body, want := range map[string]string{
		"":                                     "/event/name required /event/resource required",
		"event=created":                        "/event/name required /event/resource required",
		"event[name]=created&event[resource]=": "/event/resource required",
		"event[name][x]=created&event[resource]=a":                   "/event/name type",
		"event[name]=created&event[resource]=campaign&campaign_id=x": "/campaign_id type",
	} {
		result := envelopetest.Deliver(t, newHandler(t, envelope.Options{}, ignoreAll()...), request(form, body))
		if result.Status != http.StatusUnprocessableEntity || result.Err.Error() != "validation failed: "+want {
			t.Errorf("%q: got %d, %v", body, result.Status, result.Err)
		}
	}
}

// Documented formats are reported and never refused.
func TestViolations(t *testing.T) {
	var got []envelope.Violation
	h := newHandler(t, envelope.Options{}, ambassify.InteractionCreated.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Interaction]) error {
		got = d.Violations
		return nil
	}))
	const body = `{"event":{"name":"created","resource":"interaction"},"interaction_id":1,
		"interaction":{"id":1,"member":"anonymous","metadata":{"ipAddress":"somewhere"}},
		"campaign":{"id":2,"link":{"en":"ftp://example.com/x","nl":"/ok","fr":""},"shortLink":{"de":"https://"},"promote":{"image":{"it":"http://exa mple.com"}}},
		"person_id":"12345","person":{"id":"c1a7a5de-18a5-11ee-be56-0242ac120002"}}`
	if err := h.Dispatch(t.Context(), message(typeJSON, body)); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"/campaign":                       ambassify.RuleWithoutID,
		"/campaign/link/en":               "format",
		"/campaign/shortLink/de":          "format",
		"/campaign/promote/image/it":      "format",
		"/interaction/member":             "format",
		"/interaction/metadata/ipAddress": "ip",
		"/person_id":                      "format",
		"/person/id":                      "format",
	}
	rules := map[string]string{}
	for _, v := range got {
		rules[v.Pointer] = v.Rule
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Error(diff)
	}
}

// Pairs that the package does not know reach the fallback with both words, in
// both encodings.
func TestUnknownPairs(t *testing.T) {
	type seen struct {
		Event, Name, Resource, Payload string
		Known                          bool
	}
	tests := []struct {
		name, contentType, body string
		want                    seen
	}{
		{"known words", typeJSON, `{"event":{"name":"published_community","resource":"person"},"person":{"id": "x"}}`,
			seen{"person.published_community", "published_community", "person", `{"id": "x"}`, false}},
		{"new verb", typeJSON, `{"event":{"name":"archived","resource":"campaign"},"campaign":{"id":7}}`,
			seen{"campaign.archived", "archived", "campaign", `{"id":7}`, false}},
		{"new resource", typeJSON, `{"event":{"name":"created","resource":"reward"},"reward":{"id":9}}`,
			seen{"reward.created", "created", "reward", `{"id":9}`, false}},
		{"new resource with signs", typeJSON, `{"event":{"name":"created","resource":"a/b~c"},"a/b~c":{"id":9}}`,
			seen{"a/b~c.created", "created", "a/b~c", `{"id":9}`, false}},
		{"new resource as a form", form, "event[name]=created&event[resource]=reward&reward[id]=9&reward[tags][]=a",
			seen{"reward.created", "created", "reward", `{"id":"9","tags":["a"]}`, false}},
		{"without the resource", typeJSON, `{"event":{"name":"created","resource":"reward"},"reward_id":9}`,
			seen{"reward.created", "created", "reward", "", false}},
		{"known event without a function", form, "event[name]=removed&event[resource]=person&person_id=" + uuid,
			seen{"person.removed", "removed", "person", "", true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got seen
			h := newHandler(t, envelope.Options{}, ambassify.Fallback(func(_ context.Context, d *ambassify.Delivery[json.RawMessage]) error {
				got = seen{d.Event, string(d.Meta.Event.Name), string(d.Meta.Event.Resource), string(d.Payload), d.Known}
				return nil
			}))
			if result := envelopetest.Deliver(t, h, request(tt.contentType, tt.body)); result.Outcome != envelope.OutcomeFallback {
				t.Errorf("got %+v", result)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An event of the user's own decodes into a type of the user's own.
func TestOwnEvent(t *testing.T) {
	type reward struct {
		ID   envelope.Int `json:"id"`
		Name string       `json:"name"`
	}
	for contentType, body := range map[string]string{
		typeJSON: `{"event":{"name":"created","resource":"reward"},"reward":{"id":9,"name":"Mug"}}`,
		form:     "event[name]=created&event[resource]=reward&reward[id]=9&reward[name]=Mug",
	} {
		var got reward
		event := envelope.NewEvent[ambassify.Meta, reward]("reward.created")
		h := newHandler(t, envelope.Options{}, event.Handle(func(_ context.Context, d *ambassify.Delivery[reward]) error {
			got = d.Payload
			return nil
		}))
		if err := h.Dispatch(t.Context(), message(contentType, body)); err != nil {
			t.Fatal(err)
		}
		if got.ID.Int64() != 9 || got.Name != "Mug" {
			t.Errorf("%s: got %+v", contentType, got)
		}
	}
}

// Meta has the ids and all resources; the payload is the event's own.
func TestMeta(t *testing.T) {
	for _, encoder := range []string{"", "qs", "php"} {
		golden, err := envelopetest.Find(ambassify.Name, "conversion.created", "basic", encoder)
		if err != nil {
			t.Fatal(err)
		}
		ran := false
		h := newHandler(t, envelope.Options{}, ambassify.ConversionCreated.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Conversion]) error {
			ran = true
			m, p := d.Meta, d.Payload
			if m.Event != (ambassify.EventDescriptor{Name: ambassify.VerbCreated, Resource: ambassify.ResourceConversion}) {
				t.Errorf("event %+v", m.Event)
			}
			if !m.OrganizationID.Equal(p.Organization) || !m.CampaignID.Equal(p.Campaign) || !m.ConversionID.Equal(p.ID) || m.PersonID != p.Member {
				t.Errorf("ids %v, %v, %v, %v", m.OrganizationID, m.CampaignID, m.ConversionID, m.PersonID)
			}
			if !m.Campaign.ID.Equal(m.CampaignID) || !m.Interaction.ID.Equal(m.InteractionID) || m.Person.ID != m.PersonID || !m.Conversion.ID.Equal(p.ID) {
				t.Errorf("resources %+v", m)
			}
			if !d.Has("/conversion/response/action/@type") || d.Has("/conversion/nothing") {
				t.Errorf("Has does not tell what was sent")
			}
			return nil
		}))
		if err := h.Dispatch(t.Context(), message(golden.ContentType, string(golden.Body))); err != nil || !ran {
			t.Error(err, ran)
		}
	}
}

// What the goldens about drift are about is reported, and nothing else.
func TestDrift(t *testing.T) {
	tests := []struct {
		event, situation string
		want             []envelope.Drift
	}{
		{"person.changed", "drift-new-members", []envelope.Drift{
			{Kind: envelope.DriftUnknownMember, Pointer: "/person/properties/0/label"},
			{Kind: envelope.DriftUnknownMember, Pointer: "/person/rank"},
			{Kind: envelope.DriftUnknownMember, Pointer: "/trace"},
		}},
		{"person.changed", "drift-new-role", []envelope.Drift{{Kind: envelope.DriftUnknownValue, Pointer: "/person/role"}}},
		{"interaction.changed", "drift-new-state", []envelope.Drift{{Kind: envelope.DriftUnknownValue, Pointer: "/interaction/state"}}},
		{"campaign.created", "drift-new-values", []envelope.Drift{
			{Kind: envelope.DriftUnknownValue, Pointer: "/campaign/config/languages/0"},
			{Kind: envelope.DriftUnknownValue, Pointer: "/campaign/config/channels/0"},
		}},
		{"conversion.created", "drift-mistyped", []envelope.Drift{
			{Kind: envelope.DriftWrongType, Pointer: "/organization_id"},
			{Kind: envelope.DriftWrongType, Pointer: "/conversion/preset"},
			{Kind: envelope.DriftWrongType, Pointer: "/conversion/points"},
			{Kind: envelope.DriftWrongType, Pointer: "/conversion/created"},
			{Kind: envelope.DriftWrongType, Pointer: "/conversion/metadata"},
			{Kind: envelope.DriftWrongType, Pointer: "/conversion/response/action/@id"},
		}},
	}
	for _, tt := range tests {
		golden, err := envelopetest.Find(ambassify.Name, tt.event, tt.situation, "")
		if err != nil {
			t.Fatal(err)
		}
		result := envelopetest.Deliver(t, newHandler(t, envelope.Options{}, ignoreAll()...), request(typeJSON, string(golden.Body)))
		if diff := cmp.Diff(tt.want, result.Drift); diff != "" || result.Status != http.StatusOK {
			t.Errorf("%s/%s: got %d, %s", tt.event, tt.situation, result.Status, diff)
		}
	}
}
