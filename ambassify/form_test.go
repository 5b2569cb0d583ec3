package ambassify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/reencode"
)

// A delivery as a form gives the same typed values as its JSON twin. Within open
// values scalars compare as text.
func TestFormsEqualJSON(t *testing.T) {
	count := map[string]int{}
	for event, golden := range envelopetest.Goldens(ambassify.Name) {
		if golden.Encoder == "" {
			continue
		}
		count[golden.Encoder]++
		t.Run(event+"/"+golden.Situation+"."+golden.Encoder, func(t *testing.T) {
			twin, err := envelopetest.Find(ambassify.Name, event, golden.Situation, "")
			if err != nil {
				t.Fatal(err)
			}
			want, got := values(t, twin), values(t, golden)
			if diff := cmp.Diff(asText(want), asText(got)); diff != "" {
				t.Errorf("-JSON +form:\n%s", diff)
			}
		})
	}
	if count["qs"] < len(ambassify.Events()) || count["qs"] != count["php"] {
		t.Errorf("got %v forms", count)
	}
}

// values decodes a delivery and encodes its typed values: payload and meta.
func values(t *testing.T, golden envelopetest.Golden) any {
	t.Helper()
	var text []byte
	var routes []ambassify.Route
	for _, event := range ambassify.Events() {
		routes = append(routes, event.Handle(func(_ context.Context, d *ambassify.Delivery[any]) (err error) {
			text, err = jsonv2.Marshal(map[string]any{"meta": d.Meta, "payload": d.Payload})
			return err
		}))
	}
	h := newHandler(t, envelope.Options{}, routes...)
	if err := h.Dispatch(t.Context(), message(golden.ContentType, string(golden.Body))); err != nil {
		t.Fatal(err)
	}
	return reencode.Normal(text)
}

// asText spells scalars as a form does, PHP's booleans included, and drops those
// that equal absence.
func asText(v any) any {
	switch v := v.(type) {
	case map[string]any:
		members := map[string]any{}
		for name, value := range v {
			if value := asText(value); value != nil {
				members[name] = value
			}
		}
		if len(members) == 0 {
			return nil
		}
		return members
	case []any:
		elements := make([]any, len(v))
		for i, value := range v {
			elements[i] = asText(value)
		}
		return elements
	case bool:
		return "1"
	case json.Number:
		return v.String()
	case string:
		switch v {
		case "true":
			return "1"
		case "false", "0":
			return nil
		}
	}
	return v
}

func TestFormsRefused(t *testing.T) {
	const event = "event[name]=changed&event[resource]=person&person_id=" + uuid + "&"
	tests := []struct {
		name, body string
		kind       error
	}{
		{"value and members", event + "a=1&a[b]=2", ambassify.ErrFormConflict},
		{"resource and value", event + "person[id]=" + uuid + "&person=1", ambassify.ErrFormConflict},
		{"repeated value", event + "organization_id=1&organization_id=2", ambassify.ErrFormRepeated},
		{"repeated event", event + "event[name]=created", ambassify.ErrFormRepeated},
		{"negative index", event + "a[-1]=1", ambassify.ErrFormIndex},
		{"negative index of properties", event + "person[properties][-1][key]=a", ambassify.ErrFormIndex},
		{"huge index", event + "a[999999999]=1", ambassify.ErrFormIndex},
		{"huge index of properties", event + "person[properties][999999999][key]=a", ambassify.ErrFormIndex},
		{"gap", event + "person[groups][0]=a&person[groups][2]=b", ambassify.ErrFormIndex},
		{"names that differ in case", event + "person[role]=contact&person[Role]=manager", ambassify.ErrFormCase},
		{"case of the event", event + "Event[name]=removed", ambassify.ErrFormCase},
		{"bracket left open", event + "person[id=1", ambassify.ErrFormSyntax},
		{"bad escape", event + "a=%zz", ambassify.ErrFormSyntax},
		{"name that is not UTF-8", event + "a%ff=1", ambassify.ErrFormSyntax},
		{"deep", event + "a" + strings.Repeat("[b]", 40) + "=1", ambassify.ErrFormLimit},
		{"long key", event + strings.Repeat("k", 2000) + "=1", ambassify.ErrFormLimit},
		{"many pairs", event + strings.Repeat("k=1&", 5000), ambassify.ErrFormLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result := envelopetest.Deliver(t, newHandler(t, envelope.Options{}, ignoreAll()...), request(form, tt.body))
			if result.Status != http.StatusBadRequest || !errors.Is(result.Err, tt.kind) || !errors.Is(result.Err, envelope.ErrMalformed) {
				t.Errorf("got %d, %v", result.Status, result.Err)
			}
		})
	}
}

func TestFormLimits(t *testing.T) {
	body := "event[name]=changed&event[resource]=person&person_id=" + uuid + "&person[groups][0]=a&person[groups][1]=b"
	for _, tt := range []struct {
		limits ambassify.FormLimits
		status int
	}{
		{ambassify.FormLimits{}, http.StatusOK},
		{ambassify.FormLimits{MaxPairs: 5, MaxKey: 17, MaxDepth: 3, MaxIndex: 1}, http.StatusOK},
		{ambassify.FormLimits{MaxPairs: math.MaxInt, MaxKey: math.MaxInt, MaxDepth: math.MaxInt, MaxIndex: math.MaxInt}, http.StatusOK},
		{ambassify.FormLimits{MaxPairs: 4}, http.StatusBadRequest},
		{ambassify.FormLimits{MaxKey: 16}, http.StatusBadRequest},
		{ambassify.FormLimits{MaxDepth: 2}, http.StatusBadRequest},
		{ambassify.FormLimits{MaxDepth: 3, MaxIndex: -1}, http.StatusOK}, // the default
	} {
		h, err := ambassify.NewHandler(ambassify.Config{Form: tt.limits, Options: envelope.Options{Unverified: true}}, ignoreAll()...)
		if err != nil {
			t.Fatal(err)
		}
		if result := envelopetest.Deliver(t, h, request(form, body)); result.Status != tt.status {
			t.Errorf("%+v: got %d, %v", tt.limits, result.Status, result.Err)
		}
	}
}

// A dot is no path.
func TestDotIsLiteral(t *testing.T) {
	var meta ambassify.Meta
	h := newHandler(t, envelope.Options{}, ambassify.CampaignChanged.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Campaign]) error {
		meta = d.Meta
		return nil
	}))
	result := envelopetest.Deliver(t, h, request(form, "event[name]=changed&event[resource]=campaign&campaign_id=7&campaign.id=5&campaign[config.preset]=x"))
	if result.Status != http.StatusOK {
		t.Fatal(result.Status, result.Err)
	}
	if meta.CampaignID.Int64() != 7 || meta.Campaign != nil {
		t.Errorf("got %+v", meta.Campaign)
	}
	want := []envelope.Drift{
		{Kind: envelope.DriftUnknownMember, Pointer: "/campaign.id"},
		{Kind: envelope.DriftUnknownMember, Pointer: "/campaign/config.preset"},
	}
	if diff := cmp.Diff(want, result.Drift); diff != "" {
		t.Error(diff)
	}
}

// Where names are free, indices and case mean nothing.
func TestFreeNames(t *testing.T) {
	want := values(t, envelopetest.Golden{ContentType: typeJSON, Body: []byte(`{"event":{"name":"changed","resource":"person"},"person_id":"` + uuid + `",
		"person":{"profile":{"0":"a","1":"b"},"optIn":{"17":"0","email":"1","Email":"0","-1":"x"},
			"properties":[{"key":"k","value":{"2":"c","999999999":"d"}},{"key":"l","value":["e","f"]},{"key":"m","value":["g","h"]}]}}`)})
	got := values(t, envelopetest.Golden{ContentType: form, Body: []byte("event[name]=changed&event[resource]=person&person_id=" + uuid +
		"&person[profile][0]=a&person[profile][1]=b&person[optIn][17]=0&person[optIn][email]=1&person[optIn][Email]=0&person[optIn][-1]=x" +
		"&person[properties][0][key]=k&person[properties][0][value][2]=c&person[properties][0][value][999999999]=d" +
		"&person[properties][1][key]=l&person[properties][1][value][]=e&person[properties][1][value][]=f" +
		"&person[properties][2][key]=m&person[properties][2][value]=g&person[properties][2][value]=h")})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-JSON +form:\n%s", diff)
	}
}

// What does not fit its field is drift, at the same place in both encodings, and
// the rest of the delivery is there.
func TestMisfits(t *testing.T) {
	for _, tt := range []struct{ contentType, body string }{
		{form, "event[name]=changed&event[resource]=campaign&campaign_id=7&campaign[name]=Quiz&campaign[created]=soon&campaign[title][en]=Hi&campaign[title][nl][x]=1" +
			"&campaign[config][comments]=maybe&campaign[config][languages][en]=1&campaign[promote]=none"},
		{typeJSON, `{"event":{"name":"changed","resource":"campaign"},"campaign_id":7,"campaign":{"name":"Quiz","created":"soon","title":{"en":"Hi","nl":{"x":1}},
			"config":{"comments":"maybe","languages":{"en":1}},"promote":"none"}}`},
	} {
		var got ambassify.Campaign
		h := newHandler(t, envelope.Options{}, ambassify.CampaignChanged.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Campaign]) error {
			got = d.Payload
			return nil
		}))
		result := envelopetest.Deliver(t, h, request(tt.contentType, tt.body))
		if result.Status != http.StatusOK {
			t.Fatal(result.Status, result.Err)
		}
		places := map[string]bool{}
		for _, drift := range result.Drift {
			if drift.Kind == envelope.DriftWrongType {
				places[strings.TrimSuffix(drift.Pointer, "/en")] = true
			}
		}
		want := map[string]bool{"/campaign/created": true, "/campaign/title/nl": true, "/campaign/config/comments": true, "/campaign/config/languages": true, "/campaign/promote": true}
		if diff := cmp.Diff(want, places); diff != "" {
			t.Errorf("%s: %s", tt.contentType, diff)
		}
		if got.Name != "Quiz" || got.Title["en"] != "Hi" || got.Created.Sent() || got.Config.Comments || len(got.Config.Languages) > 0 {
			t.Errorf("%s: got %+v", tt.contentType, got)
		}
	}
}

// hostileForms make a careless reader slow or hungry.
var hostileForms = []struct{ name, body string }{
	{"1 MiB of one key", "a" + strings.Repeat("[b][c]", 1<<20/6-1) + "=1"},
	{"1 MiB of nested keys", strings.Repeat("a[b][c]&", 1<<20/8-1)},
	{"100000 pairs", numbered("k%d=v", 100_000)},
	{"huge index", "a[999999999]=1"},
	{"negative index", "a[-1]=1"},
	{"nested sparse indices", numbered("person[properties][2000][properties][2000][properties][2000][properties][%d][key]=v", 12_000/84)},
	{"as much as the limits allow", numbered("k%05d[a][b][c]="+strings.Repeat("%%41", 79), 4090) + "&k=1&k=2"},
}

func numbered(pair string, n int) string {
	pairs := make([]string, n)
	for i := range pairs {
		pairs[i] = fmt.Sprintf(pair, i)
	}
	return strings.Join(pairs, "&")
}

func TestHostileForms(t *testing.T) {
	h := newHandler(t, envelope.Options{}, ignoreAll()...)
	for _, tt := range hostileForms {
		result := envelopetest.Deliver(t, h, request(form, tt.body))
		if result.Status != http.StatusBadRequest && result.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: got %d", tt.name, result.Status)
		}
	}
}

func BenchmarkHostileForms(b *testing.B) {
	h := newHandler(b, envelope.Options{}, ignoreAll()...)
	for _, tt := range hostileForms {
		b.Run(strings.ReplaceAll(tt.name, " ", "_"), func(b *testing.B) {
			m := message(form, tt.body)
			b.ReportAllocs()
			for b.Loop() {
				if h.Dispatch(b.Context(), m) == nil {
					b.Fatal("not refused")
				}
			}
		})
	}
}

func BenchmarkEncodings(b *testing.B) {
	h := newHandler(b, envelope.Options{}, ignoreAll()...)
	for _, encoder := range []string{"", "qs", "php"} {
		golden, err := envelopetest.Find(ambassify.Name, "interaction.created", "", encoder)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("interaction.created/"+golden.ContentType+encoder, func(b *testing.B) {
			m := message(golden.ContentType, string(golden.Body))
			b.ReportAllocs()
			for b.Loop() {
				if err := h.Dispatch(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestFormTexts: a text comes out as it was meant; one that can't be told is drift there
// alone, and refused in an identity.
func TestFormTexts(t *testing.T) {
	const body = "event[name]=changed&event[resource]=campaign&campaign_id=7&campaign[name]="
	for _, test := range []struct {
		name, charset, body, text string
		drift                     []envelope.Drift
		status                    int
	}{
		{"UTF-8", "", body + "Andr%C3%A9", "André", nil, 200},
		{"latin 1", "; charset=iso-8859-1", body + "Andr%E9", "André", nil, 200},
		{"windows-1252", "; charset=windows-1252", body + "5+%80", "5 €", nil, 200},
		{"latin 1 that is not declared", "", body + "Andr%E9", "Andr\uFFFD", []envelope.Drift{{Kind: envelope.DriftInvalidText, Pointer: "/campaign/name"}}, 200},
		{"another charset", "; charset=koi8-r", body + "%C1", "\uFFFD", []envelope.Drift{{Kind: envelope.DriftInvalidText, Pointer: "/campaign/name"}}, 200},
		{"line feed at the end", "", body + "x\r\n", "x", nil, 200},
		{"id that is not UTF-8", "", body + "x&person_id=%ff", "", nil, 400},
		{"event that is not UTF-8", "", strings.Replace(body, "changed", "changed%ff", 1) + "x", "", nil, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got string
			h := newHandler(t, envelope.Options{}, ambassify.CampaignChanged.Handle(func(_ context.Context, d *ambassify.Delivery[ambassify.Campaign]) error {
				got = d.Payload.Name
				if string(d.Raw) != test.body {
					t.Errorf("Raw is %q", d.Raw)
				}
				return nil
			}))
			result := envelopetest.Deliver(t, h, request(form+test.charset, test.body))
			if result.Status != test.status || got != test.text {
				t.Errorf("%d %v, text %q", result.Status, result.Err, got)
			}
			if diff := cmp.Diff(test.drift, result.Drift); diff != "" {
				t.Error(diff)
			}
		})
	}
}
