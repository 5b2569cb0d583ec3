package hostile_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/hostile"
)

// costly is a delivery that asked for more than its share.
type costly struct {
	name            string
	size            int
	allocated, over float64
	status          string
}

// scale weighs deliveries.
type scale struct {
	handler *envelope.Handler
	worst   float64 // part of the limit that was used
	heavy   []costly
	weighed int
}

func newScale(tb testing.TB, p provider) *scale {
	tb.Helper()
	return &scale{handler: p.newHandler(tb, envelope.Config{
		Unverified: true,
		Drift:      func(context.Context, envelope.DriftReport) {},
	}, accept)}
}

// weigh handles a delivery twice, because the first one of a type pays for what is
// kept of the type, and looks at what the second one allocates.
func (s *scale) weigh(tb testing.TB, name string, m envelope.Message) {
	tb.Helper()
	if len(m.Body) > envelope.DefaultMaxBody {
		return
	}
	handle := func() error { return s.handler.Dispatch(tb.Context(), m) }
	err := handle()
	allocated := hostile.Allocated(func() { _ = handle() })
	part := float64(allocated) / float64(hostile.AllocationLimit(len(m.Body)))
	s.worst = max(s.worst, part)
	s.weighed++
	if part > allowed() {
		status := "accepted"
		if err != nil {
			status = err.Error()
		}
		s.heavy = append(s.heavy, costly{name, len(m.Body), float64(allocated), part, status})
	}
}

// allowed is how many times the limit a body may allocate: once. Under the race
// detector sync.Pool drops what it is given at random, so that what should be used
// again is made anew, and only runaways can be told.
func allowed() float64 {
	if underRace {
		return 25
	}
	return 1
}

// report tells the worst body of each kind.
func (s *scale) report(t *testing.T) {
	t.Helper()
	slices.SortFunc(s.heavy, func(a, b costly) int { return cmp.Compare(b.over, a.over) })
	kinds := map[string]bool{}
	for _, c := range s.heavy {
		kind := c.name[strings.LastIndex(c.name, ": ")+1:]
		if kinds[kind] {
			continue
		}
		kinds[kind] = true
		t.Errorf("%s: %d bytes of body allocate %.0f, %.2f times the limit (%s)", c.name, c.size, c.allocated, c.over, c.status)
	}
	t.Logf("%d bodies weighed; %d are over the limit; the worst one took %.0f %% of it", s.weighed, len(s.heavy), 100*s.worst)
}

// sizes are the sizes of constructed bodies: where the constant part of the limit
// weighs most, and where it does not matter.
func sizes() []int {
	if os.Getenv("LOYALTYHOOKS_SOAK") != "" {
		return []int{6 << 10, 24 << 10, 31 << 10, 64 << 10, 256 << 10, 1<<20 - 4096}
	}
	if underRace {
		return []int{24 << 10}
	}
	return []int{6 << 10, 24 << 10, 31 << 10, 64 << 10}
}

// No body makes the handler allocate more than eight times its size and 256 KiB.
func TestAllocation(t *testing.T) {
	suite := jsonSuite(t)
	each(t, func(t *testing.T, p provider) {
		s := newScale(t, p)
		for _, golden := range p.goldens() {
			s.weigh(t, golden.Event+"/"+golden.Situation+golden.Encoder, p.message(golden, golden.Body))
		}
		golden := p.basicJSON(t)
		for name, text := range suite {
			s.weigh(t, name, p.message(golden, []byte(text)))
			for place, body := range embed(golden.Body, text) {
				s.weigh(t, name+" "+place, p.message(golden, body))
			}
		}
		for _, spot := range p.spots() {
			for _, size := range sizes() {
				for name, value := range fillings(spot.t, size) {
					golden.Event = spot.event
					body := []byte(p.wrap(spot.event, spot.payload(value)))
					s.weigh(t, fmt.Sprintf("%s%s (%s): %s", spot.event, spot.path, spot.t, name), p.message(golden, body))
				}
			}
		}
		for name, body := range shapeless() {
			s.weigh(t, name, p.message(golden, body))
		}
		for name, body := range nests(p) {
			s.weigh(t, name, p.message(golden, body))
		}
		s.report(t)
	})
}

// shapeless are bodies that are hostile to any handler of JSON.
func shapeless() map[string][]byte {
	const size = 256 << 10
	return map[string][]byte{
		"nothing":              nil,
		"white space":          []byte(strings.Repeat(" \n\t\r", size/4)),
		"opening brackets":     []byte(strings.Repeat("[", size)),
		"opening objects":      []byte(strings.Repeat(`{"":`, size/4)),
		"quotes":               []byte(strings.Repeat(`"`, size)),
		"backslashes":          []byte(`"` + strings.Repeat(`\\`, size/2)),
		"a long text":          []byte(`"` + strings.Repeat("x", size) + `"`),
		"a long name":          []byte(`{"` + strings.Repeat("x", size) + `":1}`),
		"a long number":        []byte(`{"a":` + strings.Repeat("9", size) + `}`),
		"a long event":         []byte(`{"event":"` + strings.Repeat("e", size) + `","eventName":"` + strings.Repeat("e", size) + `"}`),
		"escaped names":        []byte(`{` + numbered(`"\u0041\u0042%d":0`, size) + `}`),
		"many names":           []byte(`{` + numbered(`"%d":0`, size) + `}`),
		"a name twice, at end": []byte(`{` + numbered(`"%d":0`, size) + `,"0":0}`),
		"nul bytes":            make([]byte, size),
		"half a delivery":      []byte(`{"event":"TIER_UPGRADE","eventName":"CustomerRegistered","data":{"a":[` + strings.Repeat("{},", size/3)),
	}
}

// Forms have limits of their own.
func TestAllocationOfForms(t *testing.T) {
	p := providers()[3]
	s := newScale(t, p)
	for name, body := range hostileForms() {
		s.weigh(t, name, envelope.Message{Body: []byte(body), Header: map[string][]string{"Content-Type": {envelopetest.Form}}})
	}
	s.report(t)
}

func hostileForms() map[string]string {
	const event = "event[name]=created&event[resource]=person&person_id=1&"
	const pairs = 4000
	each := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("&" + strings.ReplaceAll(format, "%d", fmt.Sprint(i)))
		}
		return event + b.String()[1:]
	}
	return map[string]string{
		"empty pairs":            event + strings.Repeat("&", pairs),
		"many empty pairs":       strings.Repeat("&", 1<<20),
		"short names":            each("%d", pairs),
		"one name":               event + strings.Repeat("a&", pairs),
		"one list":               event + strings.Repeat("a[]&", pairs),
		"unknown objects":        each("a[%d][b]", pairs),
		"deep names":             each("%d"+strings.Repeat("[b]", 31), pairs/8),
		"deep, short":            event + strings.Repeat("a"+strings.Repeat("[b]", 31)+"&", 1000),
		"nested brackets":        event + "a" + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "=1",
		"long names":             each(strings.Repeat("n", 1000)+"%d", 1000),
		"long values":            each("%d="+strings.Repeat("v", 250), pairs),
		"escapes":                each("%d="+strings.Repeat("%41", 80), pairs),
		"groups":                 each("person[groups][%d]=g", 2000),
		"groups, appended":       event + strings.Repeat("person[groups][]=&", pairs),
		"groups, repeated":       event + strings.Repeat("person[groups]=&", pairs),
		"open object":            each("person[profile][%d]=1", pairs),
		"open list":              each("person[profile][x][%d]=1", 2000),
		"open, nested":           each("person[profile][%d][a][b][c]=", pairs/2),
		"unknown in known":       each("person[x%d]=", pairs),
		"languages":              each("campaign[title][l%d]=", pairs),
		"list of objects":        each("campaign[config][properties][%d][key]=", 2000),
		"list of objects, plain": each("campaign[config][properties][%d]=", 2000),
		"actions":                each("campaign[actions][%d][id]=", 2000),
		"kilobyte keys":          each("person["+strings.Repeat("k", 1000)+"%d]=", 1000),
		"dots":                   event + strings.Repeat(".", 1000) + "=1",
		"recursive properties":   event + "campaign[config]" + strings.Repeat("[properties][0]", 12) + "[key]=1",
		"salvage":                each("person[profile][birthday][%d]=x", 2000),
	}
}
