package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// soakLimit is the size of body that the server takes. What a server reads of a
// refused body is more than that, so that the client always gets its answer.
const soakLimit = 64 << 10

// errand is a request to send, with the answer that it must get.
type errand struct {
	kind     string
	provider provider
	golden   envelopetest.Golden
	body     []byte
	status   int
	handled  bool
	alter    func(*http.Request)
}

// errands are all deliveries of a provider, sound and otherwise.
func errands(t *testing.T, p provider) (sound, others []errand) {
	t.Helper()
	h := p.newHandler(t, envelope.Options{Unverified: true}, accept)
	for _, golden := range p.goldens() {
		e := errand{kind: "sound", provider: p, golden: golden, body: golden.Body, status: http.StatusOK, handled: true}
		if err := h.Dispatch(t.Context(), p.message(golden, golden.Body)); err != nil {
			t.Fatal(err)
		}
		sound = append(sound, e)
	}
	basic := errand{provider: p, golden: p.basicJSON(t)}
	add := func(kind string, status int, body string, alter func(*http.Request)) {
		e := basic
		e.kind, e.status, e.body, e.alter = kind, status, []byte(body), alter
		others = append(others, e)
	}
	body := string(basic.golden.Body)
	add("cut", http.StatusBadRequest, body[:len(body)/2], nil)
	if p.name != "mambo" { // Its signature holds for objects only.
		add("no object", http.StatusBadRequest, "[1,2,3]", nil)
	}
	add("too deep", http.StatusBadRequest, `{"a":`+strings.Repeat("[", tooDeep)+strings.Repeat("]", tooDeep)+`}`, nil)
	add("too large", http.StatusRequestEntityTooLarge, strings.Repeat(" ", soakLimit+1), nil)
	add("too large, chunked", http.StatusRequestEntityTooLarge, strings.Repeat(" ", soakLimit+1), func(r *http.Request) {
		r.ContentLength = -1
		r.Body = io.NopCloser(io.MultiReader(r.Body))
	})
	add("method", http.StatusMethodNotAllowed, "", func(r *http.Request) { r.Method = http.MethodGet; r.Body = nil; r.ContentLength = 0 })
	add("encoded", http.StatusUnsupportedMediaType, body, func(r *http.Request) { r.Header.Set("Content-Encoding", "br") })
	add("forged", http.StatusUnauthorized, body, func(r *http.Request) { forge(r, 'x') })
	add("without proof", http.StatusUnauthorized, body, func(r *http.Request) { forge(r, 0) })
	if p.name != "mambo" { // It has no identities.
		add("no identity", http.StatusUnprocessableEntity, `{"nothing":"known"}`, nil)
	}
	return sound, others
}

// forge spoils what proves a request, or takes it away.
func forge(r *http.Request, with byte) {
	r.URL.RawQuery = ""
	for name, values := range r.Header {
		if !strings.Contains(name, "Signature") {
			continue
		}
		r.Header.Del(name)
		if with != 0 {
			r.Header.Set(name, values[0][:len(values[0])-1]+string(with))
		}
	}
	if with != 0 {
		r.URL.RawQuery = "secret=" + string(with)
	}
}

// histogram counts durations in classes that grow by an eighth.
type histogram struct {
	counts [512]atomic.Int64
	most   atomic.Int64
}

func (h *histogram) add(d time.Duration) {
	n := max(uint64(d), 8)
	exponent := bits.Len64(n) - 4
	h.counts[exponent*8+int(n>>exponent)-8].Add(1)
	for old := h.most.Load(); int64(d) > old && !h.most.CompareAndSwap(old, int64(d)); old = h.most.Load() {
	}
}

func (h *histogram) quantile(q float64) time.Duration {
	var total, below int64
	for i := range h.counts {
		total += h.counts[i].Load()
	}
	for i := range h.counts {
		if below += h.counts[i].Load(); float64(below) >= q*float64(total) {
			return time.Duration(uint64(i%8+9) << (i / 8)) // The end of the class.
		}
	}
	return 0
}

// Deliveries of every kind at full speed, for the time that LOYALTYHOOKS_SOAK names:
// each gets the answer that is right for it, each sound one reaches its function once
// and whole, and nothing is left behind.
func TestSoak(t *testing.T) {
	duration := 2 * time.Second
	if text := os.Getenv("LOYALTYHOOKS_SOAK"); text != "" {
		var err error
		if duration, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	var sound, others []errand
	payloads := map[string]bool{} // every payload that a function may see
	for _, p := range providers() {
		s, o := errands(t, p)
		sound, others = append(sound, s...), append(others, o...)
		h := p.newHandler(t, envelope.Options{Unverified: true}, func(_ context.Context, event string, _, payload any) error {
			payloads[event+"\n"+asJSON(t, payload)] = true
			return nil
		})
		for _, e := range s {
			if err := h.Dispatch(t.Context(), p.message(e.golden, e.body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := measure()
	s := newSite(t, usual, soakLimit)
	s.check = func(event string, payload any) {
		if rand.IntN(8) == 0 && !payloads[event+"\n"+asJSON(t, payload)] {
			t.Errorf("the function of %s got another payload than was sent", event)
		}
	}
	workers := 4 * runtime.GOMAXPROCS(0)
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	var latency histogram
	var sent, expected, wrong atomic.Int64
	var highest atomic.Uint64
	end := time.Now().Add(duration)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 2026))
			for n := 0; time.Now().Before(end); n++ {
				e := sound[random.IntN(len(sound))]
				if random.IntN(100) < 40 {
					e = others[random.IntN(len(others))]
				}
				start := time.Now()
				status, err := s.run(t, client, e)
				latency.add(time.Since(start))
				sent.Add(1)
				if e.handled {
					expected.Add(1)
				}
				if (err != nil || status != e.status) && wrong.Add(1) <= 10 {
					t.Errorf("%s %s/%s: status %d, %v, want %d", e.kind, e.provider.name, e.golden.Event, status, err, e.status)
				}
				if i == 0 && n%512 == 0 {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					highest.Store(max(highest.Load(), m.HeapAlloc))
				}
			}
		})
	}
	group.Wait()
	transport.CloseIdleConnections()
	s.close(t)
	if wrong.Load() > 0 || s.handled.Load() != expected.Load() {
		t.Errorf("%d wrong answers of %d; %d deliveries reached a function, want %d", wrong.Load(), sent.Load(), s.handled.Load(), expected.Load())
	}
	search(t, "soak", map[string]string{"the server's log": s.logs.String()})
	if logs := s.logs.String(); strings.Contains(logs, "panic") {
		t.Error(logs)
	}
	t.Logf("%d deliveries in %v, %.0f a second; p50 %v, p99 %v, p99.9 %v, longest %v; highest heap %d KB",
		sent.Load(), duration, float64(sent.Load())/duration.Seconds(), latency.quantile(0.5), latency.quantile(0.99), latency.quantile(0.999),
		time.Duration(latency.most.Load()), highest.Load()>>10)
	s.outcomes.Range(func(outcome, count any) bool {
		t.Logf("%v: %d", outcome, count.(*atomic.Int64).Load())
		return true
	})
	before.returned(t)
}

// asJSON is the JSON of a value with its members in order.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	canonical := jsontext.Value(text)
	if err := canonical.Canonicalize(); err != nil {
		t.Error(err)
	}
	return string(canonical)
}

// run sends a request and gives the status of the answer.
func (s *site) run(t *testing.T, client *http.Client, e errand) (status int, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/webhooks/"+e.provider.name, bytes.NewReader(e.body))
	if err != nil {
		return 0, err
	}
	e.provider.prepare(t, r, e.golden, e.body)
	if e.alter != nil {
		e.alter(r)
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("no answer: %w", err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, answer.Body.Close()
}
