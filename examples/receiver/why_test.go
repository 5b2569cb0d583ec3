package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

// mamboRequest is a golden delivery that is signed by settings.
func mamboRequest(t *testing.T, url string, settings cli.Settings) *http.Request {
	t.Helper()
	golden, err := envelopetest.Find(mambo.Name, "UserCreated", "", "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := mamboProvider.request(golden, settings, url+mamboProvider.path())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWhy: a delivery that a setting would have accepted is refused, and log and page name
// that setting, without a secret or a word of the body. With the setting it is accepted,
// whether that is a flag or a variable.
func TestWhy(t *testing.T) {
	colon := cli.Settings{Secrets: []string{testSecret}, Separators: []string{":"}}
	p := start(t, map[string]string{"MAMBO_WEBHOOK_SECRET": testSecret})
	if status := post(t, &http.Client{}, mamboRequest(t, p.url, colon)); status != http.StatusUnauthorized {
		t.Fatalf("status %d", status)
	}
	var v view
	text := get(t, p.url+"/api/deliveries/1", &v)
	if len(v.Why) != 1 || v.Why[0].Code != "separator" || v.Why[0].Setting != `Separators: []string{":"}` || !v.Why[0].Certain {
		t.Errorf("the page tells %s", text)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if log := p.stdout.String(); !strings.Contains(log, `cause separator: Time and body are signed with ":" between them. Setting: Separators: []string{":"}`) {
		t.Errorf("log %s", log)
	}

	for name, started := range map[string]*program{
		"flag":     start(t, map[string]string{"MAMBO_WEBHOOK_SECRET": testSecret}, "-mambo-separator", ":"),
		"variable": start(t, map[string]string{"MAMBO_WEBHOOK_SECRET": testSecret, "MAMBO_SEPARATOR": ":"}),
	} {
		if status := post(t, &http.Client{}, mamboRequest(t, started.url, colon)); status != http.StatusOK {
			t.Errorf("%s: status %d", name, status)
		}
		// The page signs by the settings, too.
		if id := sendFrom(t, started.url+"/api/goldens", map[string]any{"provider": "mambo", "event": "UserCreated", "situation": "basic"}); id != 2 {
			t.Errorf("%s: delivery %d", name, id)
		}
		get(t, started.url+"/api/deliveries/2", &v)
		if v.Outcome != string(envelope.OutcomeHandled) {
			t.Errorf("%s: the page's own is %s", name, v.Outcome)
		}
		started.stop()
	}
}

// TestWhyShowsNothing: what is marked in secrets and bodies of refused deliveries is in no
// line of the log and in no cause on the page.
func TestWhyShowsNothing(t *testing.T) {
	p := start(t, map[string]string{"MASIVO_WEBHOOK_SECRET": testSecret, "MAMBO_WEBHOOK_SECRET": testSecret, "OPENLOYALTY_WEBHOOK_SECRET": testSecret, "AMBASSIFY_WEBHOOK_SECRET": testSecret})
	bodies := []string{`marked`, `{"marked":"marked"`, `"marked"`, `["marked"]`, `marked=marked`, `{"event":"marked","data":"marked"}`, `{"marked":1}marked`, "<marked>"}
	id := 0
	for _, provider := range providers {
		for _, body := range bodies {
			for _, target := range []string{"?secret=" + testSecret, "?token=" + testSecret, "?secret=marked&marked=1", "?marked%3Dmarked"} {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+provider.path()+target, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("X-Signature", "sha256=marked")
				r.Header.Set("X-Marked~Marked", "marked")
				r.SetBasicAuth("marked=marked", "marked")
				post(t, &http.Client{}, r)
				id++
				var v view
				get(t, fmt.Sprintf("%s/api/deliveries/%d", p.url, id), &v)
				why, err := json.Marshal(v.Why)
				if err != nil || v.Outcome == string(envelope.OutcomeRefused) && len(v.Why) == 0 || strings.Contains(strings.ToLower(string(why)), "marked") {
					t.Errorf("%s %s %s: %s", provider.name, body, target, why)
				}
			}
		}
	}
	p.stop()
	for line := range strings.Lines(p.stdout.String()) {
		isCause := strings.HasPrefix(line, "      ")
		if isCause && strings.Contains(strings.ToLower(line), "marked") || strings.Contains(line, testSecret) {
			t.Errorf("log %s", line)
		}
	}
}

// TestStartSaysSettings: what is said at the start is where deliveries are awaited, and
// a secret in the path is not shown.
func TestStartSaysSettings(t *testing.T) {
	secrets := map[string]string{"MASIVO_WEBHOOK_SECRET": "s3cret-in-path", "MAMBO_WEBHOOK_SECRET": testSecret}
	p := start(t, secrets, "-masivo-secret-from", "path:hook", "-mambo-signature-header", "X-Own")
	r := masivoRequest(t, p.url, "TIER_UPGRADE", "s3cret-in-path")
	r.URL.Path, r.URL.RawQuery = masivoProvider.path()+"/s3cret-in-path", ""
	if status := post(t, &http.Client{}, r); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if text := string(get(t, p.url+"/api/deliveries/1", new(view))); strings.Contains(text, "s3cret-in-path") {
		t.Errorf("the page shows %s", text)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	log := p.stderr.String()
	for _, want := range []string{"/webhooks/masivo/{hook}, ", "path:hook of MASIVO", "signature in X-Own of MAMBO"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in %s", want, log)
		}
	}
}
