package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

// canary is text of a body that must not show up in an error.
const canary = "c4n4ry"

// envelopes are where each provider's bodies have event and payload.
var envelopes = map[string]string{
	"ambassify":   `{"event":{"name":"created","resource":"person"},"person_id":"[anonymous]","person":%s}`,
	"mambo":       `{"event":"UserCreated","data":%s}`,
	"masivo":      `{"event":"CUSTOMER_REGISTRATION","data":%s}`,
	"openloyalty": `{"eventName":"CustomerRegistered","data":%s}`,
}

// hostileBodies are bodies that no honest sender sends.
func hostileBodies(provider string) []string {
	values := []string{
		``, `nul`, `"` + canary, `"` + canary + `\`, `"\ud800` + canary + `"`, "\"" + canary + "\xff\xfe\"", "\"\x00" + canary + "\"",
		"\"" + canary + "\n\"", `'` + canary + `'`, `01`, `-`, `1e`, `.5`, `0x10`, `NaN`, `-Infinity`, `1e999999`, `-0`,
		strings.Repeat("9", 100_000), "1e" + strings.Repeat("9", 400),
		`[`, `[,]`, `[1,]`, `{`, `{"` + canary + `"`, `{"a":1,}`, `{"a":1,"a":"` + canary + `"}`, `{1:2}`, `{"a"=1}`, `{}{}`, `[] "` + canary + `"`,
		strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000), strings.Repeat("[", 63) + strings.Repeat("]", 63),
		strings.Repeat(`{"person":`, 60) + "1" + strings.Repeat("}", 60),
		`[` + strings.Repeat("1,", 100_000) + `1]`, `{` + strings.Repeat(`"a":1,`, 10_000) + `"b":1}`, manyMembers(10_000),
		`{"` + strings.Repeat("k", 100_000) + `":"` + canary + `"}`, `{"id":{"id":{"id":"` + canary + `"}}}`,
		`{"customer_id":["` + canary + `"],"customer":"` + canary + `","id":{"` + canary + `":1}}`,
		`{"customerData":["` + canary + `",1,null],"customerId":{"` + canary + `":[]}}`,
		"{\"a\u0085\u2028\u2029\u009b31m\u202e\U000e0001\":\"\\u001b[31m" + canary + "\"}", `{"\u0000\u001b\u0085":1}`,
		`"` + strings.Repeat(canary, 200_000) + `"`,
		`null`, `true`, `0`, `""`, `[]`, `{}`, `[[]]`, `[{}]`, `[null]`, `"` + canary + `"`, `{"":""}`, `{"/":{"~":[0]}}`,
	}
	bodies := []string{
		"\xef\xbb\xbf{}", "\x1f\x8b\x08\x00" + canary, "<xml>" + canary + "</xml>", "\x00", " \t\r\n", "\u2028{}",
		`{"event":`, `{"event":"` + canary + `"}`, `{"event":["` + canary + `"]}`, `{"event":null,"data":null}`, `{"eventName":1,"type":2,"data":"` + canary + `"}`,
		`{"event":{"name":"` + canary + `","resource":"` + canary + `"}}`, `{"event":{"name":{},"resource":[]}}`, `{"event":{"name":"created","resource":"../../` + canary + `"}}`,
		`event=` + canary, `event[name]=created`, `event[name]=created&event[resource]=person&person[id]=a&person[id][b]=` + canary,
		`event[name]=created&event[resource]=person&person[groups][99999999]=` + canary,
		`event[name]=created&event[resource]=person&person[groups][-1]=` + canary,
		`event[name]=created&event[resource]=person&person` + strings.Repeat("[properties][0]", 500) + `=` + canary,
		`event[name]=created&event[resource]=person&` + strings.Repeat("a[]=1&", 20_000) + canary,
		`event[name]=created&event[resource]=person&person[%zz]=` + canary, `[][][]=&&&===%00%ff`, strings.Repeat("&", 100_000), strings.Repeat("[", 100_000) + "=1",
	}
	for _, value := range values {
		bodies = append(bodies, value, fmt.Sprintf(envelopes[provider], value))
	}
	return bodies
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// mutations are some goldens that were damaged on the way.
func mutations(provider string) []string {
	var bodies []string
	n := 0
	for _, golden := range envelopetest.Goldens(provider) {
		if n++; n%10 != 0 {
			continue
		}
		body := string(golden.Body)
		half := len(body) / 2
		bodies = append(bodies,
			body[:half], body[half:], body+body, body+"\x00",
			strings.ReplaceAll(body, ":", ""),
			strings.ReplaceAll(body, `"`, `'`),
			strings.ReplaceAll(body, `:"`, `:["`),
			strings.ReplaceAll(body, "1", "-1e400"),
			strings.ReplaceAll(body, "id", "ID"),
			strings.ReplaceAll(body, "{", "["),
			body[:half]+"\xff"+body[half+1:],
			body[:half]+"\\u0000"+body[half:],
		)
	}
	return bodies
}

func TestHostile(t *testing.T) {
	for _, provider := range cli.Providers() {
		extensions := []string{".json"}
		if provider.Name == "ambassify" { // The others do not look at the content type.
			extensions = []string{".json", ".form", ".bin"}
		}
		for _, extension := range extensions {
			t.Run(provider.Name+extension, func(t *testing.T) {
				bodies := append(hostileBodies(provider.Name), mutations(provider.Name)...)
				if len(bodies) < 100 {
					t.Fatalf("only %d bodies", len(bodies))
				}
				args := []string{"-provider", provider.Name}
				args = append(args, files(t, extension, bodies)...)
				testHostile(t, bodies, inspect(t, "", args...))
			})
		}
	}
}

// A secret, and an event that the command line names, change nothing of that.
func TestHostileVerified(t *testing.T) {
	bodies := hostileBodies("masivo")
	args := []string{"-provider", "masivo", "-secret", "s", "-url", "/?secret=s", "-event", "TIER_UPGRADE"}
	testHostile(t, bodies, inspect(t, "", append(args, files(t, ".json", bodies)...)...))
}

func files(t *testing.T, extension string, bodies []string) []string {
	t.Helper()
	folder := t.TempDir()
	names := make([]string, len(bodies))
	for i, body := range bodies {
		names[i] = filepath.Join(folder, strconv.Itoa(i)+extension)
		if err := os.WriteFile(names[i], []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// testHostile wants one line a body and no word of it in an error.
func testHostile(t *testing.T, bodies []string, got inspection) {
	t.Helper()
	if len(got.reports) != len(bodies) {
		t.Fatalf("%d lines for %d bodies", len(got.reports), len(bodies))
	}
	isEnd := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	if i := strings.IndexFunc(got.stdout, isEnd); i >= 0 {
		t.Errorf("unprintable at %q", got.stdout[max(0, i-20):i+5])
	}
	if strings.Contains(got.stderr, canary) {
		t.Errorf("stderr quotes a body: %s", got.stderr)
	}
	refused := 0
	for i, r := range got.reports {
		if r.Error == nil {
			continue
		}
		refused++
		if strings.Contains(r.Error.Message, canary) {
			t.Errorf("the error quotes %.200s: %+v", bodies[i], *r.Error)
		}
		if string(r.Body) != "null" {
			t.Errorf("refused, and there is a body: %.200s", r.Body)
		}
		switch r.Error.Kind {
		case envelope.KindMalformed, envelope.KindValidation, envelope.KindTooLarge:
		default:
			t.Errorf("%.200s: %+v", bodies[i], *r.Error)
		}
	}
	if refused < 20 || got.status != 1 {
		t.Errorf("%d refused, status %d", refused, got.status)
	}
}
