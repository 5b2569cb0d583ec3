package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/reencode"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

// inspection is one run of the program.
type inspection struct {
	status  int
	reports []report
	stdout  string
	stderr  string
}

// inspect runs the program and reads the lines that it prints. Each must be an
// object of exactly the members that are promised.
func inspect(t *testing.T, stdin string, args ...string) inspection {
	t.Helper()
	var stdout, stderr bytes.Buffer
	result := inspection{status: run(args, strings.NewReader(stdin), &stdout, &stderr)}
	result.stdout, result.stderr = stdout.String(), stderr.String()
	for line := range strings.Lines(result.stdout) {
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatalf("%v in line %s", err, line)
		}
		want := []string{"provider", "event", "known", "verified", "type", "body", "unknown", "mistyped", "new_values", "unreadable", "duplicates", "violations", "error", "why"}
		for _, name := range want {
			if _, ok := members[name]; !ok {
				t.Errorf("no member %s in line %s", name, line)
			}
		}
		if len(members) != len(want) {
			t.Errorf("more members than %v in line %s", want, line)
		}
		for _, name := range []string{"unknown", "mistyped", "new_values", "unreadable", "duplicates", "violations", "why"} {
			if !bytes.HasPrefix(members[name], []byte("[")) {
				t.Errorf("%s is not a list in line %s", name, line)
			}
		}
		var r report
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		result.reports = append(result.reports, r)
	}
	return result
}

// path is the file of a golden delivery.
func path(g envelopetest.Golden) string {
	name := g.Situation + ".json"
	if g.Encoder != "" {
		name = g.Situation + "." + g.Encoder + ".form"
	}
	return filepath.Join("..", "..", "testdata", g.Provider, g.Event, name)
}

func TestGoldens(t *testing.T) {
	for _, provider := range cli.Providers() {
		for event, golden := range envelopetest.Goldens(provider.Name) {
			t.Run(strings.TrimSuffix(provider.Name+"/"+event+"/"+golden.Situation+"."+golden.Encoder, "."), func(t *testing.T) {
				testGolden(t, provider, golden)
			})
		}
	}
}

func testGolden(t *testing.T, provider cli.Provider, golden envelopetest.Golden) {
	t.Helper()
	args := []string{"-provider", golden.Provider, path(golden)}
	if provider.EventHeader != "" {
		args = append([]string{"-event", golden.Event}, args...)
	}
	got := inspect(t, "", args...)
	if got.status != 0 || got.stderr != "" || len(got.reports) != 1 {
		t.Fatalf("status %d, %s%s", got.status, got.stdout, got.stderr)
	}
	r := got.reports[0]
	if r.Event != golden.Event || !r.Known || r.Verified != nil || r.Type != provider.Events[golden.Event] || r.Error != nil {
		t.Errorf("got %s", got.stdout)
	}
	if strings.HasPrefix(golden.Situation, "drift-") {
		return // Differs from its types on purpose; see TestDrift.
	}
	if len(r.Unknown)+len(r.Mistyped)+len(r.NewValues)+len(r.Unreadable)+len(r.Duplicates)+len(r.Violations) > 0 {
		t.Errorf("differs: %s", got.stdout)
	}
	twin := golden
	twin.Encoder = ""
	want, err := os.ReadFile(path(twin))
	if err != nil {
		t.Fatal(err)
	}
	if golden.Encoder == "" {
		if diff := cmp.Diff(reencode.Normal(want), reencode.Normal(r.Body)); diff != "" {
			t.Errorf("body differs (-input +body):\n%s", diff)
		}
		return
	}
	if diff := cmp.Diff(normalForm(want), normalForm(r.Body)); diff != "" {
		t.Errorf("body differs from the JSON twin (-twin +body):\n%s", diff)
	}
}

// normalForm is reencode.Normal for a delivery that came as a form. There a number
// and its text are one and the same, everywhere; and in members that take values
// of any type, a truth value has become the text that stands for it.
func normalForm(text []byte) any {
	text, err := json.Marshal(textual(reencode.Normal(text), false))
	if err != nil {
		return err
	}
	return reencode.Normal(text) // Once more, for what has become empty.
}

// openMembers are the members of Ambassify's models that take values of any type,
// and the one that keeps the spelling of a truth value.
var openMembers = []string{"profile", "optIn", "response", "metadata", "value", "primary"}

func textual(v any, open bool) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = textual(value, open || slices.Contains(openMembers, name))
		}
	case []any:
		for i, value := range v {
			v[i] = textual(value, open)
		}
	case json.Number:
		return v.String()
	case bool:
		if open {
			return "1" // False is gone already.
		}
	case string:
		switch {
		case open && v == "true":
			return "1"
		case open && (v == "false" || v == "0"):
			return nil
		}
	}
	return v
}

func TestDrift(t *testing.T) {
	const body = `{"event":"TIER_UPGRADE","extra":1,"data":{"customer_id":"c1","from_tier_id":"a","to_tier_id":"b",
		"from_tier_name":"A","to_tier_name":"B","from_tier_level":"one","to_tier_level":2,"triggered_by":"MOON",
		"a/b~c":true,"trigger_event_id":"\ud83d","trigger_event_id":"e1"}}`
	got := inspect(t, body, "-provider", "masivo")
	want := report{
		Provider:   "masivo",
		Event:      "TIER_UPGRADE",
		Known:      true,
		Type:       "masivo.TierChangeData",
		Unknown:    []string{"/extra", "/data/a~1b~0c"},
		Mistyped:   []string{"/data/from_tier_level"},
		NewValues:  []string{"/data/triggered_by"},
		Unreadable: []string{"/data/trigger_event_id"},
		Duplicates: []string{"/data/trigger_event_id"},
		Violations: []violation{{"/data/from_tier_level", "type"}},
		Error: &failure{"validation", 422, false,
			"validation failed: /data/from_tier_level type"},
		Why: []cause{{"identity_type", "/data/from_tier_level: the JSON type is another one than is documented.", "Validation: envelope.ValidateOff", true}},
	}
	want.Body = json.RawMessage("null")
	if diff := cmp.Diff([]report{want}, got.reports, cmp.AllowUnexported(report{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got.status != 1 {
		t.Errorf("status %d", got.status)
	}
}

// The library lists a hundred differences; that there are more is said.
func TestManyDifferences(t *testing.T) {
	var members strings.Builder
	for i := range 150 {
		fmt.Fprintf(&members, `,"new%d":0`, i)
	}
	got := inspect(t, `{"event":"CUSTOMER_REDEMPTION","data":{"customer_id":"c1"`+members.String()+`}}`, "-provider", "masivo")
	if got.status != 0 || len(got.reports[0].Unknown) != 100 || got.stderr != "inspect: -: 50 more differences are not listed\n" {
		t.Errorf("status %d, %s%s", got.status, got.stdout, got.stderr)
	}
}

func TestBeyondTheTypes(t *testing.T) {
	for _, test := range []struct {
		name, body string
		args       []string
		want       report
	}{
		{
			name: "an unknown event keeps its payload",
			args: []string{"-provider", "masivo"},
			body: `{"event":"NEW","data":{"a":[1,{"b":null}]}}`,
			want: report{Event: "NEW", Type: "json.RawMessage", Body: []byte(`{"data":{"a":[1,{"b":null}]},"event":"NEW"}`)},
		},
		{
			name: "an event that is not told",
			args: []string{"-provider", "mambo"},
			body: `{"uuid":"u1"}`,
			want: report{Type: "json.RawMessage", Body: []byte(`{"uuid":"u1"}`)},
		},
		{
			name: "an event that the body names",
			args: []string{"-provider", "mambo"},
			body: `{"event":"UserCreated","data":{"uuid":"u1"}}`,
			want: report{Event: "UserCreated", Known: true, Type: "mambo.User", Body: []byte(`{"uuid":"u1"}`)},
		},
		{
			name: "an event that a header names",
			args: []string{"-provider", "mambo", "-H", "X-Mambo-Event: UserCreated"},
			body: `{"uuid":"u1"}`,
			want: report{Event: "UserCreated", Known: true, Type: "mambo.User", Body: []byte(`{"uuid":"u1"}`)},
		},
		{
			name: "an event that the command line names",
			args: []string{"-provider", "mambo", "-event", "UserCreated"},
			body: `{"uuid":"u1"}`,
			want: report{Event: "UserCreated", Known: true, Type: "mambo.User", Body: []byte(`{"uuid":"u1"}`)},
		},
		{
			name: "a name on the command line where the body has none",
			args: []string{"-provider", "masivo", "-event", "CUSTOMER_ANONYMOUS_TO_REGISTERED"},
			body: `{"data":{"customer_id":"c1"}}`,
			want: report{Event: "CUSTOMER_ANONYMOUS_TO_REGISTERED", Known: true, Type: "masivo.CustomerAnonymousToRegisteredData",
				Body: []byte(`{"data":{"customer_id":"c1"},"event":"CUSTOMER_ANONYMOUS_TO_REGISTERED"}`)},
		},
		{
			name: "a legacy delivery",
			args: []string{"-provider", "openloyalty"},
			body: `{"type":"customer.level_changed","data":{}}`,
			want: report{Event: "customer.level_changed", Known: true, Body: []byte(`{"data":{},"type":"customer.level_changed"}`)},
		},
		{
			name: "a form by its content type",
			args: []string{"-provider", "ambassify", "-content-type", "application/x-www-form-urlencoded; charset=utf-8"},
			body: `event%5Bname%5D=removed&event%5Bresource%5D=person&person_id=%5Banonymous%5D&person%5Bid%5D=%5Banonymous%5D`,
			want: report{Event: "person.removed", Known: true, Type: "ambassify.Person",
				Body: []byte(`{"event":{"name":"removed","resource":"person"},"person_id":"[anonymous]","person":{"id":"[anonymous]"}}`)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := inspect(t, test.body, test.args...)
			if got.status != 0 || len(got.reports) != 1 {
				t.Fatalf("status %d, %s%s", got.status, got.stdout, got.stderr)
			}
			r := got.reports[0]
			if test.want.Type == "" {
				test.want.Type = r.Type
			}
			if r.Event != test.want.Event || r.Known != test.want.Known || r.Type != test.want.Type {
				t.Errorf("got %s", got.stdout)
			}
			if diff := cmp.Diff(string(test.want.Body), string(r.Body)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

// signed is the command line for a request as it was captured.
func signed(t *testing.T, r *http.Request) []string {
	t.Helper()
	args := []string{"-url", r.URL.String()}
	for name, values := range r.Header {
		for _, value := range values {
			args = append(args, "-H", name+": "+value)
		}
	}
	return args
}

func TestVerification(t *testing.T) {
	secret, another := "whsec_"+strings.Repeat("5a", 32), "whsec_"+strings.Repeat("a5", 32)
	for _, provider := range cli.Providers() {
		for event, golden := range envelopetest.Goldens(provider.Name) {
			r, err := http.NewRequest(http.MethodPost, "https://shop.example.com/hooks/a%20b?x=1", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", golden.ContentType)
			if provider.EventHeader != "" {
				r.Header.Set(provider.EventHeader, event)
			}
			if err := provider.Sign(cli.Settings{Secrets: []string{secret}}, envelope.Options{}, r, golden.Body); err != nil {
				t.Fatal(err)
			}
			args := append(signed(t, r), "-provider", provider.Name)
			got := inspect(t, string(golden.Body), append(args, "-secret", secret)...)
			if v := got.reports[0].Verified; got.status != 0 || v == nil || !*v || got.reports[0].Event != event {
				t.Errorf("%s/%s: status %d, %s%s", event, golden.Situation, got.status, got.stdout, got.stderr)
			}
			wantRefused(t, inspect(t, string(golden.Body), append(args, "-secret", another)...), "signature")
			got = inspect(t, string(golden.Body), append(args, "-secret", another, "-secret", secret)...)
			if got.status != 0 {
				t.Errorf("%s/%s: two secrets: %s%s", event, golden.Situation, got.stdout, got.stderr)
			}
		}
	}
}

func wantRefused(t *testing.T, got inspection, kind envelope.ErrorKind) {
	t.Helper()
	if got.status != 1 || len(got.reports) != 1 {
		t.Fatalf("status %d, %s%s", got.status, got.stdout, got.stderr)
	}
	r := got.reports[0]
	if r.Error == nil || r.Error.Kind != kind || r.Verified == nil || *r.Verified || string(r.Body) != "null" {
		t.Errorf("want %s: got %s", kind, got.stdout)
	}
}

// A signature is judged by the time of the reception, and by what was signed.
func TestSignatureOfThePast(t *testing.T) {
	golden, err := envelopetest.Find("openloyalty", "CustomerUpdated", "", "")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	r, err := openloyaltytest.Request(golden, openloyaltytest.Options{At: at})
	if err != nil {
		t.Fatal(err)
	}
	args := append(signed(t, r), "-provider", "openloyalty", "-secret", openloyaltytest.Secret)
	body := string(golden.Body)
	wantRefused(t, inspect(t, body, args...), "signature")
	wantRefused(t, inspect(t, body, append(args, "-at", at.Add(-time.Hour).Format(time.RFC3339))...), "signature")
	args = append(args, "-at", at.Format(time.RFC3339))
	wantRefused(t, inspect(t, body+" ", args...), "signature")
	wantRefused(t, inspect(t, body, append(args, "-url", "https://elsewhere.example.com"+r.URL.Path)...), "signature")
	wantRefused(t, inspect(t, body, append(args, "-event", "CustomerUpdated", "-url", "/")...), "signature")
	if got := inspect(t, body, append(args, "-url", r.URL.Path, "-H", "Host: "+r.Host)...); got.status != 0 {
		t.Errorf("host by its header: %s", got.stdout)
	}
	wantRefused(t, inspect(t, strings.Repeat(" ", envelope.DefaultMaxBody)+body, args...), "too_large")
	wantRefused(t, inspect(t, body, append(args, "-H", "Content-Encoding: gzip")...), "media_type")
}

func TestUsage(t *testing.T) {
	good := []string{"-provider", "masivo"}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"no provider", nil, "-provider is missing"},
		{"unknown provider", []string{"-provider", "acme"}, "choose one of mambo, ambassify, masivo, openloyalty"},
		{"unknown flag", append(good, "-colour"), "not defined: -colour"},
		{"no header", append(good, "-H", "X-Mambo-Event"), "want 'Name: value'"},
		{"no name of a header", append(good, "-H", ": value"), "want 'Name: value'"},
		{"no URL", append(good, "-url", "http://[::1"), "-url"},
		{"no time", append(good, "-at", "yesterday"), "-at"},
		{"blank secret", append(good, "-secret", " "), "a secret is blank"},
		{"no file", append(good, "no-such-file.json"), "no-such-file.json"},
		{"a folder", append(good, "."), "directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := inspect(t, "{}", test.args...)
			if got.status != 2 || got.stdout != "" || !strings.Contains(got.stderr, test.want) {
				t.Errorf("status %d, stdout %q, stderr %q, want %q", got.status, got.stdout, got.stderr, test.want)
			}
		})
	}
	got := inspect(t, "", "-h")
	if got.status != 0 || got.stdout != "" || !strings.Contains(got.stderr, "usage: inspect -provider") {
		t.Errorf("help: status %d, %s%s", got.status, got.stdout, got.stderr)
	}
}

// A file that can't be read does not keep the others from being inspected.
func TestMissingFileAmongOthers(t *testing.T) {
	golden := filepath.Join("..", "..", "testdata", "masivo", "TIER_UPGRADE", "basic.json")
	got := inspect(t, `{"event":""}`, "-provider", "masivo", golden, "no-such-file.json", "-")
	if got.status != 2 || len(got.reports) != 2 {
		t.Fatalf("status %d, %s%s", got.status, got.stdout, got.stderr)
	}
	if got.reports[0].Error != nil || got.reports[1].Error == nil {
		t.Errorf("got %s", got.stdout)
	}
}

func TestPretty(t *testing.T) {
	body := `{"event":"BEHAVIOR_EVENT_FAILED","data":{"customer_id":"c1","event":{"status":"PENDING","id":"\ud83d","status":"NEW"},"na\u0007\u2028me":1,"order":7}}`
	var stdout, stderr bytes.Buffer
	if status := run([]string{"-provider", "masivo", "-pretty"}, strings.NewReader(body), &stdout, &stderr); status != 0 {
		t.Fatalf("status %d, %s", status, stderr.String())
	}
	want := `-  masivo BEHAVIOR_EVENT_FAILED  accepted, not verified
  type       masivo.BehaviorEventData
  unknown    /data/na\u0007\u2028me
  unknown    /data/order
  new value  /data/event/status
  unreadable /data/event/id
  duplicate  /data/event/status
    {
      "data": {
        "customer_id": "c1",
        "event": {
          "id": "�",
          "status": "NEW"
        }
      },
      "event": "BEHAVIOR_EVENT_FAILED"
    }

`
	if diff := cmp.Diff(want, stdout.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	stdout.Reset()
	run([]string{"-provider", "masivo", "-pretty", "-secret", "s"}, strings.NewReader(body), &stdout, &stderr)
	want = `-  masivo (event not told)  refused
  error      401 signature: signature refused: missing: no query value secret
  retryable  false
  perhaps    secret_missing: There is no query value secret, and the secret is nowhere else in the request: enter the URL at the provider with the secret.

`
	if diff := cmp.Diff(want, stdout.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Colours are for terminals of people who want them.
func TestColour(t *testing.T) {
	verified := true
	r := report{Provider: "masivo", Event: "NEW", Verified: &verified}
	var b bytes.Buffer
	if err := (pretty{colour: true}).print(&b, "x.json", r); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\x1b[32maccepted\x1b[0m") {
		t.Errorf("no colour in %q", b.String())
	}
	terminal, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // A device, as terminals are.
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = terminal.Close() }()
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if !newPretty(terminal).colour {
		t.Error("no colour on a terminal")
	}
	if newPretty(&b).colour {
		t.Error("colour in a pipe")
	}
	t.Setenv("NO_COLOR", "1")
	if newPretty(terminal).colour {
		t.Error("colour in spite of NO_COLOR")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if newPretty(terminal).colour {
		t.Error("colour on a dumb terminal")
	}
}
