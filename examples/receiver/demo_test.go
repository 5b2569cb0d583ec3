package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

func TestDemo(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-demo"}, noSecrets, &stdout, &stderr); code != 0 {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	plain, drifting := 0, 0
	for _, p := range providers {
		for event, golden := range envelopetest.Goldens(p.name) {
			if strings.HasPrefix(golden.Situation, "drift-") {
				drifting++
			} else {
				plain++
			}
			if !strings.Contains(stdout.String(), p.name+"  ") || !strings.Contains(stdout.String(), event+" "+golden.Situation) {
				t.Errorf("no line for %s %s %s", p.name, event, golden.Situation)
			}
		}
		for _, attack := range []string{"401 refused   %-11s  forged", "400 refused   %-11s  malformed", "413 refused   %-11s  oversized"} {
			if want := fmt.Sprintf(attack, p.name); !strings.Contains(stdout.String(), want) {
				t.Errorf("no line %q", want)
			}
		}
	}
	totals := fmt.Sprintf("%d goldens handled by the function of their event, %d more that differ from the documentation on purpose; %d attacks refused; 0 failed",
		plain, drifting, 3*len(providers))
	if !strings.Contains(stdout.String(), totals) || plain < 100 {
		t.Errorf("no line %q", totals)
	}
	if strings.Contains(stdout.String(), "%!") {
		t.Error("a line is formatted wrongly")
	}
}

// The demo can fail: an event without its function goes to the fallback, which is
// also told 200.
func TestDemoFailsWithoutRoute(t *testing.T) {
	for _, p := range providers {
		event := p.events[len(p.events)/2]
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"-demo", "-without", event}, noSecrets, &stdout, &stderr); code != exitFailed {
			t.Errorf("%s without a function for %s: exit code %d, want %d", p.name, event, code, exitFailed)
		}
		if want := "the function of " + event + " did not run"; !strings.Contains(stdout.String(), want) {
			t.Errorf("no line %q", want)
		}
		if !strings.Contains(stderr.String(), "the demo failed") {
			t.Errorf("stderr: %q", stderr.String())
		}
	}
}
