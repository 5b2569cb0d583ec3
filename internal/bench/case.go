package bench

import (
	"errors"
	"net/http"
	"runtime"
	"testing"
	"time"
)

// Case is one thing that is measured.
type Case struct {
	Group string // what it is compared with
	Name  string
	Bytes int // of the body
	Cores int // 0 means one, without other goroutines

	// start prepares for one goroutine. The function that it returns does the work
	// once, on the next variant, and reports whether that succeeded.
	start func() (func() bool, error)
}

// The names of cases that ratios are made of.
const (
	Library     = "loyaltyhooks"
	Handwritten = "hand-written"
	Peer        = "peer"
	Floor       = "floor"          // the three floors in one handler
	FloorRead   = "floor: read"    // the body into one allocation
	FloorMAC    = "floor: HMAC"    // of the body, compared
	FloorDecode = "floor: json/v2" // one decode into the same struct
	DecodeV1    = "decode only: encoding/json"
	DecodeGoccy = "decode only: goccy/go-json"
	DecodeSonic = "decode only: bytedance/sonic"
)

// Cases are all of them, group by group.
func Cases() ([]Case, error) {
	var cases []Case
	for _, list := range []func() ([]Case, error){
		peerCases, providerCases, sizeCases, eventCases, coreCases, settingCases, formCases,
	} {
		more, err := list()
		if err != nil {
			return nil, err
		}
		cases = append(cases, more...)
	}
	return cases, nil
}

// CPUTime is the metric of the processor time of a benchmark. It counts what the
// garbage collector does on other cores, and does not count what other programs do
// to a benchmark on a busy machine.
const CPUTime = "cpu-ns/op"

// Run is the case as a benchmark.
func (c Case) Run(b *testing.B) {
	b.ReportAllocs()
	if c.Cores > 0 {
		c.runParallel(b)
		return
	}
	work, err := c.start()
	if err != nil {
		b.Fatal(err)
	}
	if !work() { // Some compile a decoder on first sight of a type.
		b.Fatal("refused")
	}
	before := cpuTime()
	for b.Loop() {
		if !work() {
			b.Fatal("refused")
		}
	}
	reportCPU(b, before)
}

func reportCPU(b *testing.B, before time.Duration) {
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N), CPUTime)
}

// runParallel keeps the cores busy with one goroutine each.
func (c Case) runParallel(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.Cores))
	ready := make(chan func() bool, c.Cores)
	for range c.Cores {
		work, err := c.start()
		if err != nil || !work() {
			b.Fatal("refused", err)
		}
		ready <- work
	}
	b.ResetTimer()
	before := cpuTime()
	b.RunParallel(func(pb *testing.PB) {
		for work := <-ready; pb.Next(); {
			if !work() {
				b.Error("refused")
				return
			}
		}
	})
	reportCPU(b, before)
}

// serving is a case of a handler that receives what newSeries makes.
func serving(group, name string, h http.Handler, newSeries func() (*series, error)) Case {
	return working(group, name, newSeries, func(e *exchange) error {
		if status := e.do(h); status != http.StatusOK {
			return errRefused
		}
		return nil
	})
}

var errRefused = errors.New("refused")

// working is a case of plain work on requests.
func working(group, name string, newSeries func() (*series, error), work func(*exchange) error) Case {
	c := Case{Group: group, Name: name, start: func() (func() bool, error) {
		s, err := newSeries()
		if err != nil {
			return nil, err
		}
		return func() bool { return work(s.turn()) == nil }, nil
	}}
	if s, err := newSeries(); err == nil {
		c.Bytes = len(s.list[0].bytes)
	}
	return c
}

// floors are what any receiver of a body has to do, one by one.
func floors[T any](group string, newSeries func() (*series, error)) []Case {
	check := newSignature()
	return []Case{
		working(group, FloorRead, newSeries, func(e *exchange) error {
			e.body.Reset(e.bytes)
			e.request.Body = &e.body
			_, err := readSized(&e.request)
			return err
		}),
		working(group, FloorMAC, newSeries, func(e *exchange) error { return check.verify(&e.request, e.bytes) }),
		working(group, FloorDecode, newSeries, func(e *exchange) error { return decodeV2(e.bytes, new(T)) }),
	}
}

// ignore is the function that deliveries end in.
func ignore[T any](T) {}
