// Report runs the benchmarks of package bench, interleaved, and writes what
// came out into the README and a chart.
//
//	go -C internal/bench run ./report
//	go -C internal/bench run ./report -also go1.27.4 -count 9
//
// Ratios are made within a round, in which all cases of a group run next to each
// other, and are medians over the rounds: what else the machine does then hits
// both sides.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"testing"
	"time"
)

// The clocks.
const (
	clockWall = "wall"
	clockCPU  = "cpu"
)

type options struct {
	count    int
	time     time.Duration
	requests int
	clock    string
	only     string
	also     string
	readme   string
	details  string
	chart    string
	json     string
}

func main() {
	log.SetFlags(0)
	testing.Init() // Its flags are for testing.Benchmark, not for who runs this program.
	var o options
	flags := flag.NewFlagSet("report", flag.ExitOnError)
	flags.IntVar(&o.count, "count", 9, "rounds, of which medians are taken")
	flags.DurationVar(&o.time, "time", 50*time.Millisecond, "about how long each case runs in a round")
	flags.IntVar(&o.requests, "requests", 10000, "requests to each server in a round; 0 leaves the servers out")
	flags.StringVar(&o.clock, "clock", clockWall, "what is measured: wall, or cpu for the processor time, on a machine that does other things")
	flags.StringVar(&o.only, "only", "", "regular expression of the groups to run")
	flags.StringVar(&o.also, "also", "", "another Go toolchain to run with, such as go1.27.4")
	flags.StringVar(&o.readme, "readme", "../../README.md", "file that gets the summary between its markers; - prints it, as do a file without markers and a run with -only")
	flags.StringVar(&o.details, "details", "RESULTS.md", "file of all results; - prints them, empty leaves them out")
	flags.StringVar(&o.chart, "chart", "chart.svg", "file of the chart; empty leaves it out")
	flags.StringVar(&o.json, "json", "", "file that gets the measurements instead; - prints them")
	_ = flags.Parse(os.Args[1:]) // It exits by itself.
	if err := report(o); err != nil {
		log.Fatal(err)
	}
}

func report(o options) error {
	if o.clock != clockWall && o.clock != clockCPU {
		return fmt.Errorf("there is no clock %q", o.clock)
	}
	run, err := measure(o)
	if err != nil {
		return err
	}
	if o.json != "" {
		return writeJSON(o.json, run)
	}
	runs := []*Run{run}
	if o.also != "" {
		other, err := measureWith(o)
		if err != nil {
			return fmt.Errorf("%s: %w", o.also, err)
		}
		runs = append(runs, other)
	}
	if o.details != "" {
		if err := writeFile(o.details, details(runs)); err != nil {
			return err
		}
	}
	if o.chart != "" {
		if err := drawChart(o.chart, runs); err != nil {
			return err
		}
	}
	if o.only != "" { // A part of the results must not take the place of all.
		o.readme = "-"
	}
	return writeSummary(o.readme, summary(runs))
}

// measureWith runs this program with another Go toolchain.
func measureWith(o options) (*Run, error) {
	//nolint:gosec // who runs the program gives the flags
	cmd := exec.Command("go", "run", "./report", "-json", "-", "-only", o.only, "-clock", o.clock,
		"-count", fmt.Sprint(o.count), "-time", o.time.String(), "-requests", fmt.Sprint(o.requests))
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+o.also)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	run := new(Run)
	return run, json.Unmarshal(out, run)
}

func writeJSON(name string, run *Run) error {
	text, err := json.Marshal(run)
	if err != nil {
		return err
	}
	return writeFile(name, string(text)+"\n")
}

func writeFile(name, text string) error {
	if name == "-" {
		_, err := io.WriteString(os.Stdout, text)
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644) //nolint:gosec // a document, which others read
}

// writeSummary puts the text between the markers of a file, or prints it.
func writeSummary(name, text string) error {
	if name == "-" {
		return writeFile(name, text)
	}
	old, err := os.ReadFile(name) //nolint:gosec // who runs the program names it
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	changed, ok := between(string(old), text)
	if !ok {
		return writeFile("-", text)
	}
	return os.WriteFile(name, []byte(changed), 0o644) //nolint:gosec // a document, which others read
}
