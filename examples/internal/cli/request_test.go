package cli_test

import (
	"errors"
	"flag"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

const curlVerbose = `* Host hooks.example.com:443 was resolved.
*   Trying 192.0.2.7:443...
* ALPN: server accepted h2
> POST /webhooks/openloyalty?x=1 HTTP/2
> Host: hooks.example.com
> user-agent: curl/8.5.0
> X-Webhook-Timestamp: 1770000000
> Content-Length: 12
>
* upload completely sent off: 12 bytes
< HTTP/2 401
< content-type: text/plain
<
signature refused
`

func TestReadRequest(t *testing.T) {
	const head = "POST /in?a=b HTTP/1.1\r\nHost: hooks.example.com\r\nX-Twice: 1\r\nX-Twice: 2\r\nContent-Length: 7\r\n\r\n"
	for name, test := range map[string]struct {
		text, host, target, body string
		header                   http.Header
	}{
		"as it travels":         {head + `{"a":1}`, "hooks.example.com", "/in?a=b", `{"a":1}`, http.Header{"X-Twice": {"1", "2"}, "Content-Length": {"7"}}},
		"line feeds alone":      {strings.ReplaceAll(head, "\r\n", "\n") + "{\"a\":1}\r\n", "hooks.example.com", "/in?a=b", "{\"a\":1}\r\n", http.Header{"X-Twice": {"1", "2"}, "Content-Length": {"7"}}},
		"a longer body":         {head + `{"a":1,"b":2}`, "hooks.example.com", "/in?a=b", `{"a":1,"b":2}`, http.Header{"X-Twice": {"1", "2"}, "Content-Length": {"7"}}},
		"no body":               {head, "hooks.example.com", "/in?a=b", "", http.Header{"X-Twice": {"1", "2"}, "Content-Length": {"7"}}},
		"no empty line":         {"POST / HTTP/1.1\nHost: a", "a", "/", "", http.Header{}},
		"an empty line in body": {"POST / HTTP/1.1\nHost: a\n\n{\n\n}", "a", "/", "{\n\n}", http.Header{}},
		"a body like curl's":    {"POST / HTTP/1.1\nHost: a\n\n{\n> x\n}", "a", "/", "{\n> x\n}", http.Header{}},
		"HTTP/2":                {"POST /in HTTP/2\nHost: a\n\nx", "a", "/in", "x", http.Header{}},
		"no version":            {"POST /in\nHost: a\n\nx", "a", "/in", "x", http.Header{}},
		"chunks":                {"POST /in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n", "a", "/in", `{"a":1}`, http.Header{}},
		"chunks, line feeds":    {"POST /in HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n3;x=y\n{\"a\n4\n\":1}\n0\n\n", "a", "/in", `{"a":1}`, http.Header{}},
		"chunks put together":   {"POST /in HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n{\"a\":1}", "a", "/in", `{"a":1}`, http.Header{}},
		"chunks of curl -v":     {"> POST /in HTTP/1.1\n> Host: a\n> Transfer-Encoding: chunked\n>\n", "a", "/in", "", http.Header{}},
		"curl -v with blanks":   {strings.ReplaceAll(strings.ReplaceAll(curlVerbose, "\n", "\r\n"), ">\r\n", "> \r\n"), "hooks.example.com", "/webhooks/openloyalty?x=1", "", http.Header{"User-Agent": {"curl/8.5.0"}, "X-Webhook-Timestamp": {"1770000000"}, "Content-Length": {"12"}}},
		"curl -v":               {curlVerbose, "hooks.example.com", "/webhooks/openloyalty?x=1", "", http.Header{"User-Agent": {"curl/8.5.0"}, "X-Webhook-Timestamp": {"1770000000"}, "Content-Length": {"12"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r, body, err := cli.ReadRequest(strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if r.Method != http.MethodPost || r.Host != test.host || r.RequestURI != test.target || string(body) != test.body {
				t.Errorf("%s %s of %s, body %q", r.Method, r.RequestURI, r.Host, body)
			}
			if diff := cmp.Diff(test.header, r.Header); diff != "" {
				t.Errorf("header (-want +got)\n%s", diff)
			}
		})
	}
}

func TestReadRequestRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":       "",
		"a body":        `{"event":"marked"}`,
		"a header line": "Host: marked\n\n",
		"a bad header":  "POST / HTTP/1.1\nmarked \x00\n\n",
		"bad chunks":    "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n9\nmarked",
		"no last chunk": "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n6\nmarked\n",
		"a long chunk":  "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n2\nmarked\n0\n",
		"too long":      "POST / HTTP/1.1\nHost: a\n\n" + strings.Repeat("x", 5<<20),
	} {
		r, body, err := cli.ReadRequest(strings.NewReader(text))
		if err == nil || strings.Contains(err.Error(), "marked") {
			t.Errorf("%s: %v %q, %v", name, r, body, err)
		}
	}
	if _, _, err := cli.ReadRequest(io.MultiReader(strings.NewReader("POST"), broken{})); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzReadRequest(f *testing.F) {
	f.Add([]byte(curlVerbose))
	f.Add([]byte("POST /in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, body, err := cli.ReadRequest(strings.NewReader(string(text)))
		if err == nil && (r.URL == nil || r.Header == nil || len(body) > len(text)) {
			t.Errorf("%v %q", r, body)
		}
	})
}

func TestSettings(t *testing.T) {
	var s cli.Settings
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	s.Flags(flags, "", "")
	args := []string{
		"-secret-from", "header:X-Key", "-key-encoding", "hex", "-public-url", "https://a.example.com/in",
		"-signature-header", "X-Sig", "-separator", ":", "-separator", `\n`, "-separator", `"`, "-event-header", "X-Event",
	}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	if got := s.OpenLoyalty(envelope.Options{}); got.SecretFrom != envelope.FromHeader("X-Key") || got.PublicURL != "https://a.example.com/in" || got.KeyEncoding != 2 {
		t.Errorf("%+v", got.PublicURL)
	}
	got := s.Mambo(envelope.Options{})
	if diff := cmp.Diff([]string{":", "\n", `"`}, got.Separators); diff != "" || got.SignatureHeader != "X-Sig" || got.EventHeader != "X-Event" {
		t.Errorf("%s %s %s", diff, got.SignatureHeader, got.EventHeader)
	}
	for provider, missing := range map[string]string{"masivo": "-key-encoding", "openloyalty": "-separator", "mambo": "-public-url", "ambassify": "-event-header"} {
		if err := s.Check(flags, provider); err == nil || !strings.Contains(err.Error(), missing+" is not a setting of "+provider) {
			t.Errorf("%s: %v", provider, err)
		}
	}
	for _, args := range [][]string{{"-secret-from", "cookie:x"}, {"-secret-from", "query"}, {"-secret-from", "path:bad name"}, {"-key-encoding", "base64"}, {"-separator", `\`}} {
		if err := flags.Parse(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func TestSettingsOfEnvironment(t *testing.T) {
	variables := map[string]string{"OPENLOYALTY_PUBLIC_URL": "https://a.example.com", "MAMBO_SEPARATOR": ":", "MASIVO_SECRET_FROM": "basic:hooks", "MASIVO_KEY_ENCODING": "hex", "AMBASSIFY_SECRET_FROM": "?"}
	getenv := func(name string) string { return variables[name] }
	var s cli.Settings
	for _, provider := range []string{"openloyalty", "mambo", "masivo"} {
		if err := s.Environment(provider, getenv); err != nil {
			t.Error(err)
		}
	}
	if s.PublicURL != "https://a.example.com" || s.Separators[0] != ":" || s.SecretFrom != envelope.FromBasicAuth("hooks") || s.KeyEncoding != 0 || s.Proof() != "basic:hooks" {
		t.Errorf("%+v", s.Proof())
	}
	if err := s.Environment("ambassify", getenv); err == nil || !strings.HasPrefix(err.Error(), "AMBASSIFY_SECRET_FROM: ") {
		t.Error(err)
	}
}
