package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/bench"
)

// Run is what one Go toolchain measured.
type Run struct {
	Go      string
	Machine string
	Date    string
	Rounds  int
	Clock   string
	Cases   []Result
	Servers []ServerResult
}

// Result is what one case cost, round by round.
type Result struct {
	Group, Name string
	Size        int
	Nanoseconds []float64 // by the clock that was asked for
	Allocs      []int64
	Bytes       []int64
}

// ServerResult is what one server did, round by round.
type ServerResult struct {
	Name  string
	Loads []bench.Load
}

// connections is how many senders load a server at once.
const connections = 4

func measure(o options) (*Run, error) {
	run := &Run{
		Go:      runtime.Version(),
		Machine: machine(),
		Date:    time.Now().UTC().Format(time.DateOnly),
		Rounds:  o.count,
		Clock:   o.clock,
	}
	cases, err := chosen(o.only)
	if err != nil {
		return nil, err
	}
	if err := run.measureCases(cases, o); err != nil {
		return nil, err
	}
	if o.requests == 0 {
		return run, nil
	}
	return run, run.measureServers(o)
}

func chosen(only string) ([]bench.Case, error) {
	groups, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	cases, err := bench.Cases()
	return slices.DeleteFunc(cases, func(c bench.Case) bool { return !groups.MatchString(c.Group) }), err
}

// heap is what the program keeps in use while it measures, as a service does. An
// empty one would be collected every few hundred deliveries.
const heap = 64 << 20

func (r *Run) measureCases(cases []bench.Case, o options) error {
	inUse := make([]byte, heap)
	defer runtime.KeepAlive(inUse)
	// Else the collector works on another core, whose time would not be counted.
	// Cases that take several say so themselves.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	iterations := make([]int, len(cases))
	for i, c := range cases {
		r.Cases = append(r.Cases, Result{Group: c.Group, Name: c.Name, Size: c.Bytes})
		once, err := shortest(c, o.time/10)
		if err != nil {
			return err
		}
		iterations[i] = max(1, int(o.time/once))
	}
	for round := range o.count {
		log.Printf("%s: round %d of %d", r.Go, round+1, o.count)
		for _, i := range order(len(cases), round) {
			result, err := benchTimes(cases[i], iterations[i])
			if err != nil {
				return err
			}
			r.Cases[i].add(result, o.clock)
		}
	}
	return nil
}

// order runs every second round backwards: neither of two neighbours is always
// the one that runs first.
func order(n, round int) []int {
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	if round%2 == 1 {
		slices.Reverse(indices)
	}
	return indices
}

// shortest is the time of a case when the machine did nothing else, as far as a
// few tries can tell.
func shortest(c bench.Case, d time.Duration) (time.Duration, error) {
	once := time.Hour
	for range 3 {
		result, err := benchWith(c, d.String())
		if err != nil {
			return 0, err
		}
		once = min(once, max(1, time.Duration(result.NsPerOp())))
	}
	return once, nil
}

func benchTimes(c bench.Case, n int) (testing.BenchmarkResult, error) {
	return benchWith(c, fmt.Sprintf("%dx", n))
}

func benchWith(c bench.Case, benchtime string) (testing.BenchmarkResult, error) {
	if err := flag.Set("test.benchtime", benchtime); err != nil {
		return testing.BenchmarkResult{}, err
	}
	result := testing.Benchmark(c.Run)
	if result.N == 0 {
		return result, fmt.Errorf("%s, %s: failed", c.Group, c.Name)
	}
	return result, nil
}

func (r *Result) add(b testing.BenchmarkResult, clock string) {
	nanoseconds := float64(b.T.Nanoseconds()) / float64(b.N)
	if clock == clockCPU {
		nanoseconds = b.Extra[bench.CPUTime]
	}
	r.Nanoseconds = append(r.Nanoseconds, nanoseconds)
	r.Allocs = append(r.Allocs, b.AllocsPerOp())
	r.Bytes = append(r.Bytes, b.AllocedBytesPerOp())
}

func (r *Run) measureServers(o options) (err error) {
	servers, err := bench.Servers()
	if err != nil {
		return err
	}
	for _, s := range servers {
		defer func() {
			if closing := s.Close(); err == nil {
				err = closing
			}
		}()
		r.Servers = append(r.Servers, ServerResult{Name: s.Name})
		if _, err := s.Measure(o.requests/10+connections, connections); err != nil { // Warms up.
			return err
		}
	}
	for round := range o.count {
		log.Printf("%s: servers, round %d of %d", r.Go, round+1, o.count)
		for _, i := range order(len(servers), round) {
			load, err := servers[i].Measure(o.requests, connections)
			if err != nil {
				return err
			}
			r.Servers[i].Loads = append(r.Servers[i].Loads, load)
		}
	}
	return nil
}

// machine names the processor and the number of cores.
func machine() string {
	model := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer func() { _ = f.Close() }()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s", model, runtime.NumCPU(), runtime.GOOS)
}
