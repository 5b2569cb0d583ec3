package hostile_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// maxFactor is how many times as much as a byte of the largest golden delivery a byte
// of any body of 4 KB and more may cost.
const maxFactor = 12

// BenchmarkCost compares what the constructed bodies cost for each byte with what
// the largest golden delivery of the provider costs, and fails if one is beyond
// maxFactor. It is no test, because it looks at a clock.
func BenchmarkCost(b *testing.B) {
	for _, p := range providers() {
		b.Run(p.name, func(b *testing.B) {
			for b.Loop() {
				compareCosts(b, p)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func compareCosts(b *testing.B, p provider) {
	b.Helper()
	h := p.newHandler(b, envelope.Options{Unverified: true, Drift: func(context.Context, envelope.DriftReport) {}}, accept)
	var largest envelopetest.Golden
	for _, golden := range p.goldens() {
		if len(golden.Body) > len(largest.Body) {
			largest = golden
		}
	}
	base := nsPerByte(b, h, p.message(largest, largest.Body), 50)
	b.Logf("%s/%s, %d bytes: %.1f ns a byte", largest.Event, largest.Situation, len(largest.Body), base)
	type cost struct {
		name   string
		size   int
		factor float64
	}
	var costs []cost
	weigh := func(name string, m envelope.Message) {
		if len(m.Body) >= 4<<10 && len(m.Body) <= envelope.DefaultMaxBody {
			ns := nsPerByte(b, h, m, 3)
			if ns > maxFactor*base { // Look again before an accusation.
				ns = min(ns, nsPerByte(b, h, m, 10))
			}
			costs = append(costs, cost{name, len(m.Body), ns / base})
		}
	}
	golden := p.basicJSON(b)
	for _, spot := range p.spots() {
		golden.Event = spot.event
		for name, value := range fillings(spot.t, 48<<10) {
			body := []byte(p.wrap(spot.event, spot.payload(value)))
			weigh(fmt.Sprintf("%s%s (%s): %s", spot.event, spot.path, spot.t, name), p.message(golden, body))
		}
	}
	for name, body := range shapeless() {
		weigh(name, p.message(golden, body))
	}
	for name, body := range nests(p) {
		weigh(name, p.message(golden, body))
	}
	for place, body := range embed(golden.Body, shortNames()) {
		weigh("short names "+place, p.message(golden, body))
	}
	if p.name == "ambassify" {
		for name, body := range hostileForms() {
			weigh(name, envelope.Message{Body: []byte(body), Header: map[string][]string{"Content-Type": {envelopetest.Form}}})
		}
	}
	slices.SortFunc(costs, func(a, b cost) int { return cmp.Compare(b.factor, a.factor) })
	b.ReportMetric(costs[0].factor, "worst-factor")
	b.ReportMetric(costs[len(costs)/2].factor, "median-factor")
	b.ReportMetric(float64(len(costs)), "bodies")
	kinds := map[string]bool{}
	for _, c := range costs {
		kind := c.name[strings.LastIndex(c.name, ": ")+1:]
		if kinds[kind] || len(kinds) > 12 {
			continue
		}
		kinds[kind] = true
		if c.factor > maxFactor {
			b.Errorf("%s: %d bytes, %.1f times the cost of a byte", c.name, c.size, c.factor)
		} else {
			b.Logf("%s: %d bytes, %.1f times the cost of a byte", c.name, c.size, c.factor)
		}
	}
}

// nsPerByte is the least time that a delivery took, for each byte.
func nsPerByte(b *testing.B, h *envelope.Handler, m envelope.Message, runs int) float64 {
	b.Helper()
	least := time.Hour
	for range runs {
		start := time.Now()
		_ = h.Dispatch(b.Context(), m)
		least = min(least, time.Since(start))
	}
	return float64(least.Nanoseconds()) / float64(len(m.Body))
}

// nests are bodies in which a choice is made at every level: objects whose kind
// comes after a long text, one within the other.
func nests(p provider) map[string][]byte {
	all := map[string][]byte{}
	for _, spot := range p.spots() {
		for _, name := range recursive(spot.t) {
			for _, kind := range kindsOf(spot.t) {
				open := `{"` + name + `":`
				if kind.inList {
					open += "["
				}
				inner := `{"x":"` + strings.Repeat("x", 48<<10) + `"}`
				closing := ""
				if kind.inList {
					closing = "]"
				}
				closing += kind.member + "}"
				for _, depth := range []int{8, 50} {
					value := strings.Repeat(open, depth) + inner + strings.Repeat(closing, depth)
					body := []byte(p.wrap(spot.event, spot.payload(value)))
					all[fmt.Sprintf("%s%s (%s): %s nested %d deep", spot.event, spot.path, spot.t, name, depth)] = body
				}
			}
		}
	}
	return all
}
