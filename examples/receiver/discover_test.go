package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

// TestDiscover: the program takes a delivery on any path, prints the Config that fits it,
// and stores a capture without the secret.
func TestDiscover(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "captures")
	p := start(t, map[string]string{"MAMBO_WEBHOOK_SECRET": testSecret}, "-discover", "mambo", "-captures", folder)
	r := mamboRequest(t, p.url, cli.Settings{Secrets: []string{testSecret}, Separators: []string{":"}, EventHeader: "X-Mambo-Kind"})
	r.URL.Path = "/anything"
	r.Header.Set("X-Mambo-Kind", mambo.UserCreated.Name())
	r.Header.Set("Cookie", testSecret)
	if status := post(t, &http.Client{}, r); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr)
	}
	for _, want := range []string{`Separators: []string{":"},`, `EventHeader: "X-Mambo-Kind",`, "the signature of 1 is proved"} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("no %s in %s", want, p.stdout)
		}
	}
	for _, name := range []string{"capture-001.http", "findings.json"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || bytes.Contains(text, []byte(testSecret)) {
			t.Errorf("%s: %v %s", name, err, text)
		}
	}
	for want, args := range map[string][]string{"only of mambo and openloyalty": {"-discover", "masivo"}, "unknown provider": {"-discover", "acme"}, "without the secret": {"-discover", "openloyalty"}} {
		var stderr bytes.Buffer
		getenv := func(name string) string { return map[string]string{"MASIVO_WEBHOOK_SECRET": "s"}[name] }
		if code := run(t.Context(), args, getenv, new(bytes.Buffer), &stderr); code != exitFailed || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: %d %s", args, code, stderr.String())
		}
	}
}
