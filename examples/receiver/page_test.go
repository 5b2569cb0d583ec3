package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// view is what the page is told of one delivery.
type view struct {
	Event, Outcome, Source, Payload, Replay, Curl string

	Status   int
	Findings []struct{ Kind, Pointer string }
	Why      []struct {
		Code, Text, Setting string
		Certain             bool
	}
	Wire  struct{ Lines []viewLine }
	Typed struct{ Lines []viewLine }
}

type viewLine struct {
	Pointer, Kind, Path, Text string

	Findings []int
}

// get reads from a receiver, and makes sure that no secret is in what comes.
func get(t *testing.T, url string, into any) []byte {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %s %v", url, answer.StatusCode, text, err)
	}
	if bytes.Contains(text, []byte(testSecret)) {
		t.Errorf("GET %s tells a secret", url)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("GET %s: %v", url, err)
		}
	}
	return text
}

// sendFrom asks the page to send something, and gives the id of what arrived.
func sendFrom(t *testing.T, url string, body any) int64 {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(url, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var sent struct{ ID int64 }
	if answer.StatusCode != http.StatusOK || json.NewDecoder(answer.Body).Decode(&sent) != nil || sent.ID == 0 {
		t.Fatalf("POST %s %s: %d", url, text, answer.StatusCode)
	}
	return sent.ID
}

func startAll(t *testing.T) *program {
	t.Helper()
	secrets := map[string]string{}
	for _, p := range providers {
		secrets[p.variable()] = testSecret
	}
	p := start(t, secrets)
	t.Cleanup(func() {
		if code := p.stop(); code != 0 {
			t.Errorf("exit code %d: %s", code, p.stderr)
		}
	})
	return p
}

// Every golden can be sent from the page, well signed and forged, and is shown with
// what came beside what was made of it.
func TestPageShowsEveryGolden(t *testing.T) {
	p := startAll(t)
	var goldens []struct{ Provider, Event, Situation, Encoder string }
	get(t, p.url+"/api/goldens", &goldens)
	want := 0
	for _, p := range providers {
		for range envelopetest.Goldens(p.name) {
			want++
		}
	}
	if len(goldens) != want {
		t.Errorf("the page offers %d goldens, want %d", len(goldens), want)
	}
	for _, g := range goldens {
		name := strings.Join([]string{g.Provider, g.Event, g.Situation, g.Encoder}, " ")
		var v view
		get(t, fmt.Sprintf("%s/api/deliveries/%d", p.url, sendFrom(t, p.url+"/api/goldens", g)), &v)
		if v.Status != http.StatusOK || v.Event != g.Event || v.Source != "sample" || v.Replay != "signed" || v.Curl == "" {
			t.Errorf("%s: %+v", name, v)
		}
		if len(v.Typed.Lines) == 0 || !strings.Contains(v.Payload, ".") {
			t.Errorf("%s: no typed payload, of type %q", name, v.Payload)
		}
		checkPlaces(t, name, v)
		checkFindings(t, name, v)
	}
}

// checkPlaces makes sure that what the page says of a typed value's place is right:
// there is such a place in the body.
func checkPlaces(t *testing.T, name string, v view) {
	t.Helper()
	there := map[string]bool{}
	for _, n := range v.Wire.Lines {
		for pointer := n.Pointer; pointer != ""; pointer = pointer[:strings.LastIndexByte(pointer, '/')] {
			there[pointer] = true
		}
	}
	for _, n := range v.Typed.Lines {
		if n.Pointer != "" && n.Text != "" && !there[n.Pointer] && !isMoved(name, n.Path) {
			t.Errorf("%s: %s is said to be at %s, which is not there", name, n.Path, n.Pointer)
		}
	}
}

// isMoved reports whether the library puts what came into another place: balances of
// a map and elements of a list with gaps go into a slice.
func isMoved(name, path string) bool {
	return strings.Contains(path, ".Totals[") || strings.Contains(name, "lists-with-gaps")
}

// checkFindings makes sure that each finding is marked at its place, or around it.
func checkFindings(t *testing.T, name string, v view) {
	t.Helper()
	marked := map[int]string{}
	for _, n := range v.Wire.Lines {
		for _, f := range n.Findings {
			marked[f] = n.Pointer
		}
	}
	for i, f := range v.Findings {
		if at, ok := marked[i]; !ok || !strings.HasPrefix(f.Pointer, at) {
			t.Errorf("%s: %s at %s is marked at %q", name, f.Kind, f.Pointer, at)
		}
	}
}

func TestPageSendsForgeries(t *testing.T) {
	p := startAll(t)
	for _, provider := range providers {
		for event, g := range envelopetest.Goldens(provider.name) {
			id := sendFrom(t, p.url+"/api/goldens", map[string]any{
				"provider": g.Provider, "event": event, "situation": g.Situation, "encoder": g.Encoder, "forged": true,
			})
			var v view
			get(t, fmt.Sprintf("%s/api/deliveries/%d", p.url, id), &v)
			if v.Status != http.StatusUnauthorized || v.Outcome != "refused" || v.Source != "forged" || len(v.Typed.Lines) > 0 {
				t.Errorf("%s %s forged: %+v", provider.name, event, v)
			}
			// A click does not make it genuine.
			again := sendFrom(t, fmt.Sprintf("%s/api/deliveries/%d/replay", p.url, id), nil)
			get(t, fmt.Sprintf("%s/api/deliveries/%d", p.url, again), &v)
			if v.Status != http.StatusUnauthorized || v.Source != "replay" || v.Replay != "as-was" {
				t.Errorf("%s %s forged and replayed: %+v", provider.name, event, v)
			}
			break
		}
	}
}

// A replay of a genuine delivery is signed anew: also that of a signature which has
// grown old, and of a form.
func TestPageReplays(t *testing.T) {
	p := startAll(t)
	for _, g := range []envelopetest.Golden{
		{Provider: "masivo", Event: "TIER_UPGRADE", Situation: "basic"},
		{Provider: "openloyalty", Event: "CustomerRegistered", Situation: "basic"},
		{Provider: "openloyalty", Event: "customer.registered", Situation: "basic"},
		{Provider: "mambo", Event: "UserUpdated", Situation: "basic"},
		{Provider: "ambassify", Event: "person.created", Situation: "basic", Encoder: "qs"},
	} {
		first := sendFrom(t, p.url+"/api/goldens", map[string]any{"provider": g.Provider, "event": g.Event, "situation": g.Situation, "encoder": g.Encoder})
		again := sendFrom(t, fmt.Sprintf("%s/api/deliveries/%d/replay", p.url, first), nil)
		var v view
		get(t, fmt.Sprintf("%s/api/deliveries/%d", p.url, again), &v)
		if v.Status != http.StatusOK || v.Event != g.Event || v.Source != "replay" {
			t.Errorf("%s %s: %+v", g.Provider, g.Event, v)
		}
		if a, b := get(t, fmt.Sprintf("%s/api/deliveries/%d/body", p.url, first), nil), get(t, fmt.Sprintf("%s/api/deliveries/%d/body", p.url, again), nil); !bytes.Equal(a, b) {
			t.Errorf("%s %s: the body has changed", g.Provider, g.Event)
		}
	}
}

func TestPageIsOff(t *testing.T) {
	p := start(t, map[string]string{"MASIVO_WEBHOOK_SECRET": testSecret}, "-page", "nobody")
	defer p.stop()
	for _, target := range []string{"/", "/api/goldens", "/page/app.js"} {
		answer, err := http.Get(p.url + target)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", target, answer.StatusCode)
		}
	}
}
