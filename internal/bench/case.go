package bench

import (
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

	// start prepares for one goroutine. The function that it gives does the work
	// once and says whether that succeeded.
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

// serving is a case of a handler that receives what newExchange makes.
func serving(group, name string, h http.Handler, newExchange func() (*exchange, error)) Case {
	c := Case{Group: group, Name: name, start: func() (func() bool, error) {
		e, err := newExchange()
		if err != nil {
			return nil, err
		}
		return func() bool { return e.do(h) == http.StatusOK }, nil
	}}
	if e, err := newExchange(); err == nil {
		c.Bytes = len(e.bytes)
	}
	return c
}

// working is a case of plain work.
func working(group, name string, text []byte, work func() error) Case {
	return Case{Group: group, Name: name, Bytes: len(text), start: func() (func() bool, error) {
		return func() bool { return work() == nil }, nil
	}}
}

// floors are what any receiver of a body has to do, one by one.
func floors[T any](group string, e *exchange) []Case {
	check := newSignature()
	return []Case{
		working(group, FloorRead, e.bytes, func() error {
			e.body.Reset(e.bytes)
			e.request.Body = &e.body
			_, err := readSized(&e.request)
			return err
		}),
		working(group, FloorMAC, e.bytes, func() error { return check.verify(&e.request, e.bytes) }),
		working(group, FloorDecode, e.bytes, func() error { return decodeV2(e.bytes, new(T)) }),
	}
}

// ignore is the function that deliveries end in.
func ignore[T any](T) {}
