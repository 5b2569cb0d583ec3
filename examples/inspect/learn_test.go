package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// learnFrom runs the program over bodies, by the name of their files.
func learnFrom(t *testing.T, provider string, bodies map[string]string, args ...string) (l lesson, text string) {
	t.Helper()
	folder := t.TempDir()
	args = append([]string{"-provider", provider, "-learn"}, args...)
	for name, body := range bodies {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	var stdout, stderr bytes.Buffer
	run(args, strings.NewReader(""), &stdout, &stderr)
	if err := json.Unmarshal(stdout.Bytes(), &l); err != nil {
		t.Fatalf("%v: %s%s", err, &stdout, &stderr)
	}
	return l, stdout.String()
}

// TestLearn: names, types and counts of what the catalogue does not have, and no value.
func TestLearn(t *testing.T) {
	l, text := learnFrom(t, "masivo", map[string]string{
		"a.json": `{"event":"TIER_UPGRADE","sent_at":17,"data":{"customer_id":"marked","from_tier_id":"1","from_tier_name":"marked","from_tier_level":1,"to_tier_id":"2","to_tier_name":"b","to_tier_level":"2","triggered_by":"NEW_CAUSE","Since":{"marked":"marked"},"eva@marked.example":1}}`,
		"b.json": `{"event":"TIER_UPGRADE","data":{"customer_id":"c","from_tier_id":"1","from_tier_name":"a","from_tier_level":1,"to_tier_id":"2","to_tier_name":"b","to_tier_level":2,"triggered_by":"the marked one","Since":null}}`,
		"c.json": `{"event":"GIFT_SENT","data":{"marked":1}}`,
		"d.json": `{"event":"TIER_UPGRADE","data":{"marked":1}}`,
		"e.json": `{"event":"a marked event","data":{}}`,
		"f.http": "POST / HTTP/1.1\nHost: a\n\n" + `{"event":"COUPON_REDEMPTION","data":{"customer_id":"c","campaign_id":"p","code":"marked"}}`,
	})
	if strings.Contains(text, "marked") {
		t.Errorf("a value is in %s", text)
	}
	want := lesson{
		Provider: "masivo", Deliveries: 6, Refused: 1, Unnamed: 3, Events: map[string]int{"GIFT_SENT": 1},
		Models: map[string]*modelLesson{
			"": {Objects: 3, Fields: []*fieldLesson{{"sent_at", map[string]int{"integer": 1}, envelopetest.Observed}}},
			"TierChangeData": {
				Objects: 2, Fields: []*fieldLesson{{"Since", map[string]int{"object": 1, "null": 1}, envelopetest.Observed}},
				Types:     map[string]map[string]int{"to_tier_level": {"string": 1}},
				Values:    map[string]map[string]int{"triggered_by": {"NEW_CAUSE": 1}},
				NeverSent: []string{"trigger_event_id", "trigger_event_type"},
			},
			"CouponRedemptionData": {Objects: 1},
		},
	}
	if diff := cmp.Diff(want, l, cmp.AllowUnexported(lesson{}, modelLesson{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestLearnForm: a form teaches names, its values have no types.
func TestLearnForm(t *testing.T) {
	golden, err := envelopetest.Find("ambassify", "person.created", "", "qs")
	if err != nil {
		t.Fatal(err)
	}
	l, _ := learnFrom(t, "ambassify", map[string]string{"a.form": string(golden.Body) + "&person[shoe_size]=46"})
	person := l.Models["Person"]
	if l.Refused > 0 || person == nil || len(person.Fields) != 1 || person.Fields[0].Name != "shoe_size" || person.Fields[0].Types["text of a form"] != 1 || len(person.Types) > 0 {
		t.Errorf("%+v", person)
	}
}

// TestLearnNothing: what is documented teaches nothing but what never came.
func TestLearnNothing(t *testing.T) {
	for _, provider := range []string{"masivo", "openloyalty", "mambo", "ambassify"} {
		for event, golden := range envelopetest.Goldens(provider) {
			if golden.Encoder != "" || golden.Situation != "basic" {
				continue
			}
			l, text := learnFrom(t, provider, map[string]string{"a.json": string(golden.Body)}, "-event", event)
			if l.Refused > 0 || len(l.Events) > 0 || l.Unnamed > 0 || len(l.Models) == 0 && event != "Ping" {
				t.Errorf("%s %s: %s", provider, event, text)
			}
			for name, m := range l.Models {
				if len(m.Fields) > 0 || len(m.Types) > 0 || len(m.Values) > 0 {
					t.Errorf("%s %s: %s has %s", provider, event, name, text)
				}
			}
		}
	}
}
