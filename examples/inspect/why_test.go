package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

const signedTime = "2026-05-01T12:00:00Z"

// captured is a golden delivery as it was received, signed with settings.
func captured(t *testing.T, provider string, settings cli.Settings) (r *http.Request, body []byte) {
	t.Helper()
	p, err := cli.Find(provider)
	if err != nil {
		t.Fatal(err)
	}
	event := map[string]string{"masivo": "TIER_UPGRADE", "mambo": "UserCreated", "ambassify": "person.created", "openloyalty": "CustomerUpdated"}[provider]
	golden, err := envelopetest.Find(provider, event, "", "")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, signedTime)
	if err != nil {
		t.Fatal(err)
	}
	r = httptest.NewRequest(http.MethodPost, "https://hooks.example.com/in", nil)
	if p.EventHeader != "" {
		r.Header.Set(p.EventHeader, event)
	}
	r.Header.Set("Content-Type", "application/json")
	options := envelope.Options{Now: func() time.Time { return at }}
	if err := p.Sign(settings, options, r, golden.Body); err != nil {
		t.Fatal(err)
	}
	return r, golden.Body
}

// raw writes a request as it travels.
func raw(r *http.Request, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\n", r.URL.RequestURI(), r.Host)
	_ = r.Header.Write(&b)
	return b.String() + "\r\n" + string(body)
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestWhy: a captured request is explained for each provider, by the setting that accepts
// it, and is accepted with that setting.
func TestWhy(t *testing.T) {
	const secret = "S3cret.marked+1"
	ol := openloyaltytest.Secret
	for name, test := range map[string]struct {
		provider string
		signed   cli.Settings
		change   func(*http.Request)
		args     []string // that are mistaken
		code     string
		setting  string
		mended   []string
	}{
		"masivo": {
			"masivo", cli.Settings{Secrets: []string{secret}, SecretFrom: envelope.FromHeader("X-Key")}, nil,
			[]string{"-secret", secret}, "secret_place", `SecretFrom: envelope.FromHeader("X-Key")`, []string{"-secret", secret, "-secret-from", "header:X-Key"},
		},
		"ambassify": {
			"ambassify", cli.Settings{Secrets: []string{secret}}, nil,
			[]string{"-secret", secret, "-secret-from", "basic:hooks"}, "secret_place", `SecretFrom: envelope.FromQuery("secret")`, []string{"-secret", secret},
		},
		"mambo": {
			"mambo", cli.Settings{Secrets: []string{secret}, Separators: []string{":"}}, nil,
			[]string{"-secret", secret}, "separator", `Separators: []string{":"}`, []string{"-secret", secret, "-separator", ":", "-event-header", "X-Mambo-Event"},
		},
		"mambo, header": {
			"mambo", cli.Settings{Secrets: []string{secret}, SignatureHeader: "X-Hook-Signature"}, nil,
			[]string{"-secret", secret, "-tenant", "shop"}, "signature_header", `SignatureHeader: "X-Hook-Signature"`, []string{"-secret", secret, "-signature-header", "X-Hook-Signature", "-tenant", "shop"},
		},
		"openloyalty": {
			"openloyalty", cli.Settings{Secrets: []string{ol}}, func(r *http.Request) { r.Host = "app:8080"; r.Header.Set("X-Forwarded-Host", "hooks.example.com") },
			[]string{"-secret", ol}, "host", `PublicURL: "https://hooks.example.com/in"`, []string{"-secret", ol, "-public-url", "https://hooks.example.com/in", "-key-encoding", "text"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, body := captured(t, test.provider, test.signed)
			if test.change != nil {
				test.change(r)
			}
			common := []string{"-provider", test.provider, "-at", signedTime, "-request", file(t, "captured.http", raw(r, body))}
			got := inspect(t, "", append(common, test.args...)...)
			if len(got.reports) != 1 || len(got.reports[0].Why) == 0 || got.status != statusRefused {
				t.Fatalf("%d %s%s", got.status, got.stdout, got.stderr)
			}
			if why := got.reports[0].Why[0]; why.Code != test.code || why.Setting != test.setting || !why.Certain {
				t.Errorf("%+v", why)
			}
			if text := fmt.Sprint(got.reports[0].Why); strings.Contains(text, secret) || strings.Contains(text, ol) || strings.Contains(text, "@") {
				t.Errorf("the causes quote a secret or the body: %s", text)
			}
			got = inspect(t, "", append(common, test.mended...)...)
			if len(got.reports) != 1 || len(got.reports[0].Why) != 0 || got.status != statusAccepted {
				t.Errorf("with the setting: %d %s%s", got.status, got.stdout, got.stderr)
			}
		})
	}
}

// TestWhyOfCurl: what curl -v prints is a request without its body.
func TestWhyOfCurl(t *testing.T) {
	r, body := captured(t, "openloyalty", cli.Settings{Secrets: []string{openloyaltytest.Secret}})
	var b strings.Builder
	b.WriteString("*   Trying 192.0.2.1:443...\n> POST /in HTTP/1.1\n> Host: hooks.example.com\n")
	for name := range r.Header {
		fmt.Fprintf(&b, "> %s: %s\n", name, r.Header.Get(name))
	}
	b.WriteString("> \n< HTTP/1.1 401 Unauthorized\n<\nsignature refused\n")
	args := []string{"-provider", "openloyalty", "-at", signedTime, "-secret", openloyaltytest.Secret, "-request", file(t, "verbose.txt", b.String())}
	if got := inspect(t, "", append(args, file(t, "body.json", string(body)))...); got.status != statusAccepted {
		t.Errorf("%d %s%s", got.status, got.stdout, got.stderr)
	}
	if got := inspect(t, "", args...); got.status != statusRefused || got.reports[0].Why[0].Code != "body_empty" {
		t.Errorf("%d %s%s", got.status, got.stdout, got.stderr)
	}
}

func TestRequestUsage(t *testing.T) {
	request := file(t, "captured.http", "POST / HTTP/1.1\nHost: a\n\n{}")
	for want, args := range map[string][]string{
		"one of each is a request without its body": {"-provider", "masivo", "-request", request, "-request", request, request},
		"-separator is not a setting of masivo":     {"-provider", "masivo", "-separator", ":", request},
		"it has no request line":                    {"-provider", "masivo", "-request", file(t, "body.json", `{"event":"x"}`)},
		"want either, text or hex":                  {"-provider", "openloyalty", "-key-encoding", "x", request},
	} {
		if got := inspect(t, "", args...); got.status != statusUsage || !strings.Contains(got.stderr, want) {
			t.Errorf("%v: %d %s", args, got.status, got.stderr)
		}
	}
}
