package ambassify_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

func TestPersonID(t *testing.T) {
	tests := []struct {
		id               ambassify.PersonID
		anonymous, valid bool
	}{
		{uuid, false, true},
		{ambassify.PersonID(strings.ToUpper(uuid)), false, true},
		{"[anonymous]", true, true},
		{"anonymous", false, false},
		{"[Anonymous]", false, false},
		{"", false, false},
		{"7d0c6f6e-4f0b-1b58-9a53-0c9a1c5f2d11", false, false}, // version 1
		{"7d0c6f6e-4f0b-4b58-ca53-0c9a1c5f2d11", false, false}, // other variant
		{"7d0c6f6e-4f0b-4b58-9a53-0c9a1c5f2d1g", false, false},
		{"7d0c6f6e-4f0b-4b58-9a53-0c9a1c5f2d1!", false, false},
		{"7d0c6f6e-4f0b-4b58-9a53-0c9a1c5f2d1\x11", false, false},
		{"7d0c6f6e-4f0b-4b58-9a53-0c9a1c5f2d1", false, false},
		{"7d0c6f6e_4f0b-4b58-9a53-0c9a1c5f2d11", false, false},
		{"7d0c6f6e4f0b4b589a530c9a1c5f2d11", false, false},
		{"{7d0c6f6e-4f0b-4b58-9a53-0c9a1c5f2d}", false, false},
	}
	for _, tt := range tests {
		if tt.id.IsAnonymous() != tt.anonymous || tt.id.Valid() != tt.valid {
			t.Errorf("%q: anonymous %t, valid %t", tt.id, tt.id.IsAnonymous(), tt.id.Valid())
		}
		got, ok := tt.id.UUID()
		if want := tt.valid && !tt.anonymous; ok != want || ok && got != string(tt.id) || !ok && got != "" {
			t.Errorf("%q: UUID %q, %t", tt.id, got, ok)
		}
	}
}

func TestOptedOut(t *testing.T) {
	tests := []struct {
		optIn string
		names []string
		want  bool
	}{
		{`null`, nil, false},
		{`null`, []string{"email"}, false},
		{`{}`, []string{"email"}, false},
		{`true`, []string{"email"}, false},
		{`false`, nil, true},
		{`false`, []string{"email"}, true}, // a refusal of everything
		{`"false"`, nil, true},             // as a form has it
		{`"0"`, nil, true},                 // as a form of PHP has it
		{`0`, nil, true},
		{`""`, nil, false},
		{`"no"`, nil, true},
		{`"False"`, nil, true},
		{`{"email":"OFF"}`, []string{"email"}, true},
		{`"maybe"`, nil, false},
		{`{"email":false}`, nil, false},
		{`{"email":false}`, []string{"email"}, true},
		{`{"email":false}`, []string{"sms"}, false},
		{`{"email":null}`, []string{"email"}, false},
		{`{"email":"0"}`, []string{"email"}, true},
		{`{"email":{"news":false}}`, []string{"email", "news"}, true},
		{`{"email":{"news":false}}`, []string{"email"}, false},
		{`{"email":false}`, []string{"email", "news"}, true},
		{`{"email":{"enabled":false}}`, []string{"email", "news"}, false},
		{`[false]`, []string{"email"}, false},
	}
	for _, tt := range tests {
		var person ambassify.Person
		if err := json.Unmarshal([]byte(`{"optIn":`+tt.optIn+`}`), &person); err != nil {
			t.Fatal(err)
		}
		if got := person.OptIn.OptedOut(tt.names...); got != tt.want {
			t.Errorf("%s, %q: got %t", tt.optIn, tt.names, got)
		}
	}
}

func TestProperty(t *testing.T) {
	person := ambassify.Person{Properties: []ambassify.PersonProperty{
		{Key: "email", Value: envelope.MustValue(`"ann@example.com"`), Primary: envelope.MustValue(`"Yes"`)},
		{Key: "address", Primary: envelope.MustValue(`"no"`), Properties: []ambassify.PersonProperty{
			{Key: "geo", Properties: []ambassify.PersonProperty{{Key: "lat", Value: envelope.MustValue(`51.05`)}}},
		}},
	}}
	tests := []struct {
		keys []string
		want string
		ok   bool
	}{
		{[]string{"email"}, "ann@example.com", true},
		{[]string{"address"}, "", true},
		{[]string{"address", "geo", "lat"}, "51.05", true},
		{[]string{"address", "lat"}, "", false},
		{[]string{"address", "geo", "lat", "x"}, "", false},
		{[]string{"Email"}, "", false},
		{nil, "", false},
	}
	for _, tt := range tests {
		got, ok := person.Property(tt.keys...)
		if ok != tt.ok || got.Value.String() != tt.want {
			t.Errorf("%q: got %q, %t", tt.keys, got.Value, ok)
		}
	}
	var primary []bool
	for _, property := range person.Properties {
		primary = append(primary, property.IsPrimary())
	}
	if diff := cmp.Diff([]bool{true, false}, primary); diff != "" {
		t.Error(diff)
	}
}

// The times of a campaign are in seconds or in milliseconds, those of a member in
// milliseconds.
func TestTimes(t *testing.T) {
	var campaign ambassify.Campaign
	var person ambassify.Person
	for text, target := range map[string]any{
		`{"created":1767602472,"config":{"community":{"publishOn":"1768201200.5","finishOn":0}}}`: &campaign,
		`{"created":1767602472431,"firstCommunityAccess":0}`:                                      &person,
	} {
		if err := json.Unmarshal([]byte(text), target); err != nil {
			t.Fatal(err)
		}
	}
	if got := campaign.Created.Time().Unix(); got != 1767602472 {
		t.Errorf("campaign: %d", got)
	}
	if got := campaign.Config.Community.PublishOn.Time().UnixMilli(); got != 1768201200500 {
		t.Errorf("publish: %d", got)
	}
	if !campaign.Config.Community.FinishOn.Time().IsZero() || !person.FirstCommunityAccess.Time().IsZero() {
		t.Error("0 is a moment")
	}
	if got := person.Created.Time().UnixMilli(); got != 1767602472431 {
		t.Errorf("person: %d", got)
	}
	if err := json.Unmarshal([]byte(`{"created":1767602472431}`), &campaign); err != nil || campaign.Created.Time().UnixMilli() != 1767602472431 {
		t.Errorf("campaign in milliseconds: %v, %v", campaign.Created.Time(), err)
	}
}
