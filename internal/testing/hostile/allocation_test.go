package hostile_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
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
	handlers []weighing // those without a key come first
	keyless  int
	offered  int // bodies
	heavy    []costly
}

// weighing is what one handler has needed.
type weighing struct {
	name     string
	handler  *envelope.Handler
	memory   int     // MaxMemory
	worst    float64 // part of the limit that was used
	heaviest string
	weighed  int
}

// littleMemory is a MaxMemory next to which whatever is not charged can be seen.
const littleMemory = 256 << 10

// newScale makes handlers with little memory and with the default, and with each of
// the keys.
func newScale(tb testing.TB, p provider) *scale {
	tb.Helper()
	s := new(scale)
	memories := []int{littleMemory, 32 << 20}
	for _, memory := range memories {
		s.add(tb, p, memory, "no key", nil)
	}
	s.keyless = len(s.handlers)
	for _, memory := range memories {
		for name, key := range p.keys() {
			s.add(tb, p, memory, name, key)
		}
	}
	return s
}

func (s *scale) add(tb testing.TB, p provider, memory int, name string, key envelope.KeyFunc) {
	tb.Helper()
	s.handlers = append(s.handlers, weighing{
		name: fmt.Sprintf("MaxMemory %d KiB, %s", memory>>10, name),
		handler: p.newHandler(tb, envelope.Options{
			Unverified: true, MaxMemory: memory, Key: key,
			Drift: func(context.Context, envelope.DriftReport) {},
		}, accept),
		memory: memory,
	})
}

// weigh lets the handlers without a key handle a delivery.
func (s *scale) weigh(tb testing.TB, name string, m envelope.Message) {
	tb.Helper()
	s.weighIn(tb, s.handlers[:s.keyless], name, m)
}

// weighAll lets all handlers handle a delivery.
func (s *scale) weighAll(tb testing.TB, name string, m envelope.Message) {
	tb.Helper()
	s.weighIn(tb, s.handlers, name, m)
}

// weighIn lets handlers handle a delivery. What is heavier than all before is looked at
// a second time, because the first one of a type pays for what is kept of the type.
func (s *scale) weighIn(tb testing.TB, handlers []weighing, name string, m envelope.Message) {
	tb.Helper()
	if len(m.Body) > envelope.DefaultMaxBody {
		tb.Fatalf("%s: %d bytes", name, len(m.Body))
	}
	if s.offered++; s.offered%thinning() > 0 {
		return
	}
	for i := range handlers {
		w := &handlers[i]
		var err error
		weigh := func() float64 {
			return float64(hostile.Allocated(func() { err = w.handler.Dispatch(tb.Context(), m) }))
		}
		limit := float64(hostile.AllocationLimit(len(m.Body), w.memory))
		allocated := weigh()
		if allocated/limit > w.worst {
			allocated = weigh()
		}
		part := allocated / limit
		if part > w.worst {
			w.worst, w.heaviest = part, name
		}
		w.weighed++
		if part > allowed() {
			status := "accepted"
			if err != nil {
				status = err.Error()
			}
			s.heavy = append(s.heavy, costly{w.name + ": " + name, len(m.Body), allocated, part, status})
		}
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
	for _, w := range s.handlers {
		t.Logf("%s: %d bodies weighed; the worst one took %.0f %% of the limit: %s", w.name, w.weighed, 100*w.worst, w.heaviest)
	}
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
	return []int{6 << 10, 31 << 10}
}

// thinning is how many of the constructed bodies one is taken of: under the race
// detector, which makes everything ten times slower, they are not there for their size.
func thinning() int {
	if underRace {
		return 16
	}
	return 1
}

// No body makes the handler allocate more than four times its size, MaxMemory, and
// 256 KiB.
func TestAllocation(t *testing.T) {
	suite := jsonSuite(t)
	each(t, func(t *testing.T, p provider) {
		s := newScale(t, p)
		for _, golden := range p.goldens() {
			s.weighAll(t, golden.Event+"/"+golden.Situation+golden.Encoder, p.message(golden, golden.Body))
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
			s.weighAll(t, name, p.message(golden, body))
		}
		for name, body := range nests(p) {
			s.weigh(t, name, p.message(golden, body))
		}
		for place, body := range embed(golden.Body, shortNames()) {
			s.weighAll(t, "short names "+place, p.message(golden, body))
		}
		for event := range p.payloads() {
			golden.Event = event
			for name, payload := range longIDs() {
				s.weighAll(t, event+": "+name, p.message(golden, []byte(p.wrap(event, payload))))
			}
		}
		s.report(t)
	})
}

// shortNames are objects of the shortest names there are, as many as fit into a body.
func shortNames() string {
	var b strings.Builder
	for i := range 1023 {
		b.WriteString(`,"` + strconv.FormatInt(int64(i), 36) + `":0`)
	}
	return "[" + repeat("{"+b.String()[1:]+"}", 145*(b.Len()+2)) + "]"
}

// longIDs are payloads in which what makes a key is long, or follows much else.
func longIDs() map[string]string {
	const size = 256 << 10
	all := map[string]string{
		"many members before the id":  `{` + numbered(`"%d":0`, size) + `,"id":"1","customer_id":"1","trigger_event_id":"1","event":{"id":"1"}}`,
		"many elements before the id": `{"x":[` + repeat("{}", size) + `],"id":"1","customer_id":"1","trigger_event_id":"1","event":{"id":"1"}}`,
	}
	for name, id := range map[string]string{
		"a long id":                       `"` + strings.Repeat("x", size) + `"`,
		"a long id of escapes":            `"` + strings.Repeat(`\u0001`, size/6) + `"`,
		"a long id of several bytes each": `"` + strings.Repeat("é", size/2) + `"`,
		"an id that is an object":         `{` + numbered(`"%d":{}`, size) + `}`,
		"an id that is a list":            `[` + repeat("[]", size) + `]`,
	} {
		all[name] = `{"id":` + id + `,"trigger_event_id":"1","customer_id":"1","event":{"id":` + id + `}}`
		all[name+", of the trigger"] = `{"id":"1","trigger_event_id":` + id + `,"from_tier_id":"","event":{"id":"1","status":` + id + `}}`
	}
	return all
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
		"no event":             []byte(`{"x":[` + repeat("{}", size) + `],"y":"` + strings.Repeat("y", size) + `"}`),
		"an event of objects":  []byte(`{"event":{` + numbered(`"%d":{}`, size) + `},"data":{}}`),
		"an event's words":     []byte(`{"event":{"name":{` + numbered(`"%d":{}`, size) + `},"resource":"` + strings.Repeat("r", size) + `"}}`),
		"nul bytes":            make([]byte, size),
		"half a delivery":      []byte(`{"event":"TIER_UPGRADE","eventName":"CustomerRegistered","data":{"a":[` + strings.Repeat("{},", size/3)),
	}
}

// Forms have limits of their own.
func TestAllocationOfForms(t *testing.T) {
	p := providers()[3]
	s := newScale(t, p)
	for name, body := range hostileForms() {
		s.weighAll(t, name, envelope.Message{Body: []byte(body), Header: map[string][]string{"Content-Type": {envelopetest.Form}}})
	}
	s.report(t)
}

func hostileForms() map[string]string {
	const event = "event[name]=created&event[resource]=person&person_id=1&"
	const pairs = 4000
	controls := strings.Repeat("\x01", 1<<20-256) // each takes six bytes of JSON
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
		"recursive properties":   event + "person" + strings.Repeat("[properties][0]", 12) + "[key]=1",
		"control characters":     event + "person[name]=" + controls,
		"controls, escaped":      event + "person[name]=" + strings.Repeat("%01", 1<<18),
		"controls, open":         event + "person[profile][name]=" + controls,
		"controls, open, %":      event + "person[profile][name]=" + strings.Repeat("%01", 1<<18),
		"controls, open object":  event + "person[optIn][a]=" + controls,
		"controls, mistyped":     event + "campaign[created]=" + controls,
		"controls, unknown":      event + "x=" + controls,
		"letters, open":          event + "person[profile][name]=" + strings.Repeat("x", 1<<20-256),
		"letters":                event + "person[name]=" + strings.Repeat("x", 1<<20-256),
		"quotes, open":           event + "person[profile][name]=" + strings.Repeat(`"`, 1<<20-256),
		"salvage":                each("person[profile][birthday][%d]=x", 2000),
	}
}
