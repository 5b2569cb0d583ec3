package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/bench"
)

// invented is a run in which the peers take three times as long.
func invented(version string) *Run {
	r := &Run{Go: version, Machine: "machine", Date: "2026-01-02", Rounds: 3, Clock: clockWall}
	add := func(group, name string, nanoseconds ...float64) {
		r.Cases = append(r.Cases, Result{
			Group: group, Name: name, Size: 8814, Nanoseconds: nanoseconds,
			Allocs: []int64{1, 1, 1}, Bytes: []int64{9, 9, 9},
		})
	}
	for _, group := range []string{bench.GroupWebhooks, bench.GroupGoGitHub} {
		add(group, bench.Library, 10_000, 20_000, 15_000)
		add(group, bench.Handwritten, 40_000, 80_000, 60_000)
		add(group, bench.Peer, 30_000, 60_000, 45_000)
		add(group, bench.Floor, 8_000, 16_000, 12_000)
		add(group, bench.FloorRead, 1_000, 2_000, 1_500)
		add(group, bench.FloorMAC, 2_000, 4_000, 3_000)
		add(group, bench.FloorDecode, 6_000, 12_000, 9_000)
	}
	add("masivo, small", bench.Library, 5_000, 5_000, 5_000)
	add("masivo, small", bench.Handwritten, 12_500, 12_500, 12_500)
	for i, name := range []string{bench.Library, bench.Floor, bench.Bare} {
		load := bench.Load{PerSecond: float64(100 + i), P50: time.Millisecond, P99: 2 * time.Millisecond}
		r.Servers = append(r.Servers, ServerResult{Name: name, Loads: []bench.Load{load}})
	}
	return r
}

func TestRatiosAreMadeWithinARound(t *testing.T) {
	r := invented("go1.26.8")
	library, peer := r.find(bench.GroupWebhooks, bench.Library), r.find(bench.GroupWebhooks, bench.Peer)
	if got := ratio(peer, library); got != 3 {
		t.Errorf("ratio %v, want 3", got)
	}
	if got := ratio(r.floors(bench.GroupWebhooks), library); got != 0.9 {
		t.Errorf("floors %v of the library, want 0.9", got)
	}
	if got := ratio(Result{}, library); !math.IsNaN(got) {
		t.Errorf("ratio of nothing is %v", got)
	}
}

func TestSummary(t *testing.T) {
	text := summary([]*Run{invented("go1.26.8"), invented("go1.27.4")})
	for _, want := range []string{
		"| into the struct of | µs, Go 1.26.8 | × | allocs | µs, Go 1.27.4 | × | allocs |",
		"| google/go-github | 45.0 | 3.00 | 1 | 45.0 | 3.00 | 1 |",
		"| floor | 12.0 | 0.80 | 1 | 12.0 | 0.80 | 1 |",
		"| masivo, small | 8814 | 5.0 | 12.5 | 2.50 | 5.0 | 12.5 | 2.50 |",
		"| loyaltyhooks | 100 | 99 % | 1000 | 2000 | 0 | 100 | 99 % | 1000 | 2000 | 0 |",
		"Medians of 3 interleaved rounds, machine, 2026-01-02.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q:\n%s", want, text)
		}
	}
}

func TestDetailsListEveryCase(t *testing.T) {
	r := invented("go1.26.8")
	text := details([]*Run{r})
	for _, c := range r.Cases {
		if !strings.Contains(text, "| "+c.Name+" |") || !strings.Contains(text, "## "+c.Group+"\n") {
			t.Errorf("the details lack %s, %s", c.Group, c.Name)
		}
	}
}

func TestSummaryGoesBetweenTheMarkers(t *testing.T) {
	name := filepath.Join(t.TempDir(), "README.md")
	before, after := "# Title\n\n"+begin+"\n", end+"\n\n## Next\n"
	if err := os.WriteFile(name, []byte(before+"old\n"+after), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := writeSummary(name, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || string(got) != before+"new\n"+after {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestDocumentsWithoutMarkersStay(t *testing.T) {
	for _, document := range []string{"", "text", begin, end + begin} {
		if changed, ok := between(document, "new"); ok {
			t.Errorf("%q became %q", document, changed)
		}
	}
}

func TestEveryRoundRunsEveryCase(t *testing.T) {
	for round := range 2 {
		got := order(5, round)
		if round == 1 && slices.IsSorted(got) {
			t.Error("the second round is not another one")
		}
		if slices.Sort(got); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
			t.Errorf("round %d runs %v", round, got)
		}
	}
}

func TestChart(t *testing.T) {
	name := filepath.Join(t.TempDir(), "chart.svg")
	if err := drawChart(name, []*Run{invented("go1.26.8"), invented("go1.27.4")}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(strings.NewReader(string(text)))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"google/go-github", "hand-written", "12.0", "Go 1.27.4", "sans-serif"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the chart lacks %q", want)
		}
	}
	if strings.Contains(string(text), "#-") || strings.Contains(string(text), "#FFFFFF") {
		t.Error("the chart has a background, or a color that is none")
	}
}

func TestMeasure(t *testing.T) {
	run, err := measure(options{count: 2, time: time.Microsecond, requests: 8, only: "masivo, small", clock: clockWall})
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Cases) != 3 || len(run.Servers) != 3 {
		t.Fatalf("%d cases, %d servers", len(run.Cases), len(run.Servers))
	}
	for _, c := range run.Cases {
		if len(c.Nanoseconds) != 2 || median(c.Nanoseconds) <= 0 || median(c.Allocs) <= 0 {
			t.Errorf("%+v", c)
		}
	}
}
