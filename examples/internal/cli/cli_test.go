package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

func TestFind(t *testing.T) {
	for _, name := range []string{"mambo", "ambassify", "masivo", "openloyalty"} {
		provider, err := cli.Find(name)
		if err != nil || provider.Name != name {
			t.Errorf("%s: got %s, %v", name, provider.Name, err)
		}
		for event := range envelopetest.Goldens(name) {
			if provider.Events[event] == "" {
				t.Errorf("%s: no event %s", name, event)
			}
		}
	}
	for name, want := range map[string]string{"": "-provider is missing", "acme": `unknown provider "acme"`} {
		if _, err := cli.Find(name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// Only the ids of a body change, and they are ids again.
func TestAttempt(t *testing.T) {
	provider, err := cli.Find(openloyalty.Name)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := envelopetest.Find(openloyalty.Name, "CustomerUpdated", "", "")
	if err != nil {
		t.Fatal(err)
	}
	var before, after openloyalty.Meta
	if err := json.Unmarshal(golden.Body, &before); err != nil {
		t.Fatal(err)
	}
	body := provider.Attempt(golden.Body, cli.NewMessage)
	if err := json.Unmarshal(body, &after); err != nil {
		t.Fatal(err)
	}
	if after.MessageID == before.MessageID || !uuid4.MatchString(after.MessageID) || !uuid4.MatchString(after.RequestID) {
		t.Errorf("got %+v", after)
	}
	body = bytes.Replace(body, []byte(after.MessageID), []byte(before.MessageID), 1)
	body = bytes.Replace(body, []byte(after.RequestID), []byte(before.RequestID), 1)
	if !bytes.Equal(body, golden.Body) {
		t.Errorf("more than the ids has changed: %s", body)
	}
	for _, text := range []string{"", "no JSON", `{"type":"CustomerUpdated","data":{}}`, `{"messageId":7,"requestId":null}`} {
		if got := string(provider.Attempt([]byte(text), cli.NewMessage)); got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
}

func TestContentType(t *testing.T) {
	for name, want := range map[string]string{
		"basic.json":    envelopetest.JSON,
		"basic.qs.form": envelopetest.Form,
		"-":             "",
		"body":          "",
	} {
		if got := cli.ContentType(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestIsTerminal(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if cli.IsTerminal(file) || cli.IsTerminal(new(bytes.Buffer)) {
		t.Error("a file or a buffer is a terminal")
	}
	device, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = device.Close() }()
	if !cli.IsTerminal(device) {
		t.Error("a character device is none")
	}
}
