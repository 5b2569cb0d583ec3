package explain_test

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/internal/explain"
	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

func sumOf(text string) (sum [sha256.Size]byte) { return sha256.Sum256([]byte(text)) }

// TestBodies: what happens to a body on its way is undone.
func TestBodies(t *testing.T) {
	const sent = `{"a":1,"url":"https://a.example.com/<x>","name":"Zoë 😀","list":[1,{"b":null}]}`
	zipped := new(bytes.Buffer)
	w := zlib.NewWriter(zipped)
	fmt.Fprint(w, sent) //nolint:errcheck // Into memory.
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const indented = "{\n  \"a\": 1,\n  \"list\": [\n    1\n  ]\n}"
	for name, test := range map[string]struct{ sent, came, code string }{
		"as it was":            {sent, sent, ""},
		"zlib":                 {sent, zipped.String(), "body_compressed"},
		"line feed removed":    {sent + "\n", sent, "body_blanks"},
		"line end removed":     {sent + "\r\n", sent, "body_blanks"},
		"blanks added":         {sent, " " + sent + "\n", "body_blanks"},
		"mark removed":         {"\ufeff" + sent, sent, "body_bom"},
		"line ends made short": {"{\r\n\"a\":1\r\n}", "{\n\"a\":1\n}", "body_line_ends"},
		"line ends made long":  {"{\n\"a\":1\n}", "{\r\n\"a\":1\r\n}", "body_line_ends"},
		"PHP":                  {`{"url":"https:\/\/a.example.com","name":"Zo\u00eb \ud83d\ude00"}`, `{"url":"https://a.example.com","name":"Zoë 😀"}`, "body_reencoded"},
		"PHP without ASCII":    {`{"url":"https:\/\/a","name":"Zoë"}`, `{"url":"https://a","name":"Zoë"}`, "body_reencoded"},
		"Python":               {`{"a": 1, "name": "Zo\u00eb"}`, `{"a":1,"name":"Zoë"}`, "body_reencoded"},
		"Python's UTF-8":       {`{"a": 1, "name": "Zoë"}`, `{"a":1,"name":"Zoë"}`, "body_reencoded"},
		"indented":             {indented, `{"a":1,"list":[1]}`, "body_reencoded"},
		"four blanks":          {strings.ReplaceAll(indented, "  ", "    "), `{"a":1,"list":[1]}`, "body_reencoded"},
		"tabs":                 {strings.ReplaceAll(indented, "  ", "\t"), `{"a":1,"list":[1]}`, "body_reencoded"},
		"Go's escapes":         {`{"a":"\u003cb\u003e \u0026"}`, `{"a":"<b> &"}`, "body_reencoded"},
		"Gson":                 {`{"a":"\u003cb\u003e\u003d\u0027\\n"}`, `{"a":"<b>='\\n"}`, "body_reencoded"},
		".NET":                 {`{"a":"Zo\u00EB \u0022\u002B"}`, `{"a":"Zoë \"+"}`, "body_reencoded"},
		"Latin-1":              {"{\"a\":\"Zo\xeb\"}", `{"a":"Zoë"}`, "body_charset"},
		"UTF-8":                {`{"a":"Zoë"}`, "{\"a\":\"Zo\xeb\"}", "body_charset"},
		"ASCII alone":          {`{"a":"Zo\u00eb/"}`, `{"a":"Zoë/"}`, "body_reencoded"},
		"a form's escapes":     {`{"a":"b c"}`, `%7B%22a%22%3A%22b+c%22%7D`, "body_escaped"},
		"a form's member":      {`{"a":"b c"}`, `payload=%7B%22a%22%3A%22b+c%22%7D`, "body_escaped"},
		"base64 in quotes":     {sent, `"eyJhIjoxLCJ1cmwiOiJodHRwczovL2EuZXhhbXBsZS5jb20vPHg-IiwibmFtZSI6Ilpvw6sg8J-YgCIsImxpc3QiOlsxLHsiYiI6bnVsbH1dfQ"`, "body_base64"},
		"a text":               {`{"a":1}`, `"{\"a\":1}"`, "body_wrapped"},
		"EventBridge":          {`{"a":1}`, `{"source":"x","detail-type":"y","detail":{"a":1}}`, "body_wrapped"},
		"raw body":             {`{"a":1}`, `{"rawBody":"{\"a\":1}"}`, "body_wrapped"},
	} {
		t.Run(name, func(t *testing.T) {
			cause, ok := explain.BodiesOf([]byte(test.came)).Find(func(sum [sha256.Size]byte) bool { return sum == sumOf(test.sent) })
			if !ok || cause.Code != test.code {
				t.Errorf("%t %q", ok, cause.Code)
			}
		})
	}
	tried := 0
	if _, ok := explain.BodiesOf([]byte(sent)).Find(func([sha256.Size]byte) bool { tried++; return false }); ok || tried < 10 {
		t.Errorf("found, after %d", tried)
	}
	tried = 0
	if _, ok := explain.BodiesOf(bytes.Repeat([]byte("[1]"), 1<<20)).Find(func([sha256.Size]byte) bool { tried++; return false }); ok || tried > 4 {
		t.Errorf("%d bodies of 3 MiB were hashed", tried)
	}
}

func TestCame(t *testing.T) {
	for body, code := range map[string]string{
		"":                                       "body_empty",
		"\r\n":                                   "body_empty",
		"\x1f\x8b\x08":                           "body_compressed",
		"\x28\xb5\x2f\xfd":                       "body_compressed",
		"{\x00\"\x00":                            "body_utf16",
		"\ufeff<?xml":                            "body_html",
		"[{}]":                                   "body_list",
		`"{\"a\":1}"`:                            "body_wrapped",
		`"a"`:                                    "body_text",
		`7`:                                      "body_text",
		"eyJhIjoxfQ==":                           "body_base64",
		"--b\r\nContent-Disposition: form-data":  "body_form",
		"a=b":                                    "body_form",
		`{"a":`:                                  "body_cut",
		`{"Type":"Notification","Message":"{}"}`: "body_wrapped",
		`{"body":"eyJhIjoxfQ=="}`:                "body_wrapped",
		`{"body":"event[name]=created&person=1"}`: "body_wrapped",
		`{"a":1}`:                  "",
		`{"a":1,}`:                 "",
		`{"body":"hello"}`:         "",
		`{"message":{"data":"?"}}`: "",
		`{"Records":[{"body":7}]}`: "",
	} {
		got := ""
		if causes := explain.Came([]byte(body)); len(causes) > 0 {
			got = causes[0].Code
		}
		if got != code {
			t.Errorf("%q: %q, want %q", body, got, code)
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		offset int64
		reason string
		code   string
	}{
		"a reason":         {`{}`, 0, "not Unicode at /a", "malformed"},
		"an end too early": {`{"a":`, 5, "", "body_cut"},
		"two":              {`{}{}`, 2, "", "json_behind"},
		"nothing":          {`{}`, 0, "", ""},
		"quotes":           {`{'a':1}`, 1, "", "json_quotes"},
		"control":          {"{\"a\":\"b\nc\"}", 7, "", "json_control"},
		"a word":           {`{"a":None}`, 5, "", "json_word"},
		"not a number":     {`{"a":NaN}`, 5, "", "json_word"},
		"Latin-1":          {"{\"a\":1,\xe9}", 7, "", "json_syntax"},
		"a comma":          {`{"a":1,}`, 7, "", "json_syntax"},
		"beyond the end":   {`{"a":1,}`, 700, "", "json_syntax"},
	} {
		got := ""
		if causes := explain.Malformed([]byte(test.body), test.offset, test.reason); len(causes) > 0 {
			got = causes[0].Code
		}
		if got != test.code {
			t.Errorf("%s: %q, want %q", name, got, test.code)
		}
	}
}

func TestSuspects(t *testing.T) {
	const sorted = `{"a":1,"b":[{"a":1,"b":2}],"c":{"a":"z","b":"a"},"d":0}`
	for name, test := range map[string]struct {
		body     string
		declared int64
		want     int
	}{
		"sorted":            {sorted, int64(len(sorted)), 1},
		"not sorted":        {`{"b":1,"a":1,"c":1,"d":1,"e":1,"f":1}`, 0, 0},
		"sorted by chance":  {`{"a":1,"b":1}`, 0, 0},
		"not sorted within": {`{"a":1,"b":[{"b":1,"a":2}],"c":1,"d":1,"e":1,"f":1}`, 0, 0},
		"another length":    {`{"b":1,"a":1}`, 99, 1},
	} {
		if causes := explain.Suspects([]byte(test.body), test.declared); len(causes) != test.want {
			t.Errorf("%s: %v", name, causes)
		}
	}
}

func TestSpellings(t *testing.T) {
	for secret, want := range map[string]string{
		`"s3cret"`:         "s3cret",
		`'s3cret'`:         "s3cret",
		`s3cret\n`:         "s3cret",
		"WEBHOOK_SECRET=x": "x",
		"whsec_s3cret":     "s3cret",
		"s3cret":           "whsec_s3cret",
		"73336372":         "s3cr",
		"czNjcmV0":         "s3cret",
		"s3cret%21":        "s3cret!",
		"a b":              "a+b",
		"S3CRET":           "s3cret",
	} {
		found := false
		for _, s := range explain.Spellings(secret) {
			found = found || s.Text == want
			if s.Text == secret || s.Text == "" || s.Cause.Code == "" {
				t.Errorf("%s: spelling %+v", secret, s)
			}
		}
		if !found {
			t.Errorf("%s is not read as %s", secret, want)
		}
	}
}

func TestMomentOf(t *testing.T) {
	want := time.Date(2026, 2, 2, 2, 40, 0, 0, time.UTC)
	for _, text := range []string{
		"1770000000", "1770000000000", "1770000000000000", "1770000000000000000", " 1770000000 ",
		"2026-02-02T02:40:00Z", "2026-02-02T03:40:00+01:00", "2026-02-02T03:40:00+0100", "2026-02-02T02:40:00", "2026-02-02 02:40:00", "Mon, 02 Feb 2026 02:40:00 GMT",
	} {
		if got, ok := explain.MomentOf(text); !ok || !got.Equal(want) {
			t.Errorf("%s: %v %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "soon", "-1", "1.5", "99999999999999999999"} {
		if got, ok := explain.MomentOf(text); ok {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"UserCreated", "UserUpdated", "TagCreated"}
	for text, want := range map[string]string{"UserCreated": "UserCreated", "user-created": "UserCreated", "UserCraeted": "UserCreated", "tagcreatd": "TagCreated", "marked": "", "": "", strings.Repeat("x", 200): ""} {
		if got, ok := explain.Nearest(text, names); got != want || ok != (want != "") {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestQuotable(t *testing.T) {
	for _, name := range []string{"token", "X-Hub-Signature-256", "X-Api-Key", "webhook_secret", "hooks"} {
		if !explain.Quotable(name) {
			t.Errorf("%s can't be shown", name)
		}
	}
	for _, name := range []string{"", "a=b", "9f86d081884c7d65", "Zoë", "a b", "x\ny", "S3cret7Kxj2", strings.Repeat("x", 65), "ana@example.com", "marked~marked"} {
		if explain.Quotable(name) {
			t.Errorf("%s can be shown", name)
		}
	}
}

// TestSearchEnds: a search ends at its budget, says so, and has tried what the verifier
// tries.
func TestSearchEnds(t *testing.T) {
	key := func(text string) *sign.Key { return sign.NewKey(sha256.New, []byte(text)) }
	digest, ok := sign.HexDigest(strings.Repeat("ab", sha256.Size), sha256.Size)
	if !ok {
		t.Fatal("no digest")
	}
	for name, test := range map[string]struct {
		size, keys int
		most       int
	}{
		"many keys":   {10, 5000, 1000},
		"large":       {1 << 20, 50, 8},
		"very large":  {20 << 20, 50, 1},
		"all is done": {10, 1, 100},
	} {
		t.Run(name, func(t *testing.T) {
			made := 0
			m := explain.MAC{
				Keys:    explain.Usual(key("k")),
				Digests: explain.Usual(digest),
				Bodies:  explain.BodiesOf(bytes.Repeat([]byte("x"), test.size)),
				Digest:  func(g explain.Guess) []byte { made++; return g.Key.Sum("", nil) },
			}
			for i := range test.keys - 1 {
				m.Keys = append(m.Keys, explain.Choice[*sign.Key]{Value: key(fmt.Sprint(i)), Cause: explain.Cause{Code: "other"}})
			}
			found, left := m.Search()
			if found != nil || made > test.most || made == 0 {
				t.Errorf("found %v after %d", found, made)
			}
			if isLeft := name != "all is done"; isLeft != (len(left) == 1 && left[0].Code == "not_tried") {
				t.Errorf("left %v", left)
			}
		})
	}
	if found, left := new(explain.MAC).Search(); found != nil || left != nil {
		t.Errorf("of nothing: %v %v", found, left)
	}
}

// TestDigests: what looks like a digest is found in any header, with what is wrong with it.
func TestDigests(t *testing.T) {
	mac := hmac.New(sha256.New, []byte("k"))
	sum := mac.Sum(nil)
	hexed := hex.EncodeToString(sum)
	syntax := explain.Syntax{Name: "X-Sig", Size: sha256.Size, NameSetting: "Header: %q", PrefixSetting: "Prefix: %q", FormatSetting: "Base64: true"}
	for name, test := range map[string]struct {
		header        http.Header
		code, setting string
	}{
		"in front":       {http.Header{"X-Sig": {"sha256=" + hexed}}, "digest_prefix", `Prefix: "sha256="`},
		"a strange one":  {http.Header{"X-Sig": {"marked " + hexed}}, "digest_prefix", ""},
		"another header": {http.Header{"X-Other": {hexed}}, "signature_header", `Header: "X-Other"`},
		"an odd header":  {http.Header{"X~Other": {hexed}}, "signature_header", ""},
		"twice":          {http.Header{"X-Sig": {hexed, "x"}}, "header_twice", ""},
		"base64":         {http.Header{"X-Sig": {"v1,B7ZHuNqFvEjoCPYwLyfI0uVxWvKtPm_S53KWNYxvaAE"}}, "digest_format", "Base64: true"},
		"with more":      {http.Header{"X-Sig": {hexed + " more"}}, "signature_syntax", ""},
	} {
		t.Run(name, func(t *testing.T) {
			choices := syntax.Digests(test.header)
			if len(choices) == 0 {
				t.Fatal("none")
			}
			if c := choices[0].Cause; c.Code != test.code || c.Setting != test.setting || strings.Contains(c.Text, "marked") || strings.Contains(c.Text, hexed) {
				t.Errorf("%+v", c)
			}
		})
	}
	many := http.Header{"X-Sig": {strings.Repeat(hexed+",", 60)}, "X-Long": {strings.Repeat("ab", 9000)}}
	for i := range 200 {
		many[fmt.Sprintf("X-%d", i)] = []string{strings.Repeat(fmt.Sprintf("%02x", i), 32)}
	}
	if n := len(syntax.Digests(many)); n > 12 {
		t.Errorf("%d digests", n)
	}
}

func TestAs(t *testing.T) {
	got := explain.As[explain.Cause]([]explain.Cause{{Code: "a"}, {Code: "b", Certain: true}, {Code: "a", Text: "again"}, {Code: "a", Setting: "s"}})
	want := []explain.Cause{{Code: "b", Certain: true}, {Code: "a"}, {Code: "a", Setting: "s"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
