package envelope_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/testdata"
)

// sink is a ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

// body is a request's body that can be sent again.
type body struct{ bytes.Reader }

func (b *body) Close() error { return nil }

// exchange sends the same request again and again without allocating.
type exchange struct {
	request *http.Request
	body    body
	text    []byte
	sink    sink
}

func newExchange(tb testing.TB, text []byte) *exchange {
	tb.Helper()
	e := &exchange{text: text, sink: sink{header: http.Header{}}}
	var err error
	e.request, err = http.NewRequestWithContext(context.Background(), http.MethodPost, "/", nil)
	if err != nil {
		tb.Fatal(err)
	}
	e.request.Header.Set("X-Shop-Signature", shopSignature(text))
	e.request.ContentLength = int64(len(text))
	e.request.Body = &e.body
	return e
}

func (e *exchange) rewind() *http.Request {
	e.body.Reset(e.text)
	return e.request
}

func (e *exchange) send(h http.Handler) { h.ServeHTTP(&e.sink, e.rewind()) }

func golden(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := fs.ReadFile(testdata.FS, name)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

const typical = "masivo/CUSTOMER_REGISTRATION/basic.json"

func masivoHandler(tb testing.TB, config envelope.Config) *envelope.Handler {
	tb.Helper()
	h, err := masivo.NewHandler(masivo.Config{Config: config}, masivo.CustomerRegistration.Handle(
		func(context.Context, *masivo.Delivery[masivo.CustomerRegistrationData]) error { return nil }))
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// BenchmarkStages shows what each step of a delivery costs, and the whole.
func BenchmarkStages(b *testing.B) {
	text := golden(b, typical)
	e := newExchange(b, text)
	h := masivoHandler(b, envelope.Config{Verifier: signed})
	var envelopeOf struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(text, &envelopeOf); err != nil {
		b.Fatal(err)
	}
	var payload masivo.CustomerRegistrationData
	if err := jsonv2.Unmarshal(envelopeOf.Data, &payload); err != nil {
		b.Fatal(err)
	}
	opener, err := masivo.NewHandler(masivo.Config{Config: envelope.Config{Unverified: true}}, masivo.Fallback(
		func(context.Context, *masivo.Delivery[json.RawMessage]) error { return nil }))
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
	run("read", func() { h.ReadBody(e.rewind()) })
	run("verify", func() { _ = signed(e.request, text) })
	run("open", func() { _ = opener.Dispatch(context.Background(), envelope.Message{Body: text}) })
	run("decode", func() {
		var payload masivo.CustomerRegistrationData
		_ = jsonv2.Unmarshal(envelopeOf.Data, &payload)
	})
	run("validate", func() { envelope.CheckRules(&payload) })
	run("whole", func() { e.send(h) })
	if e.sink.status != http.StatusOK {
		b.Fatalf("status %d", e.sink.status)
	}
	drifting := masivoHandler(b, envelope.Config{Verifier: signed, Drift: func(context.Context, envelope.DriftReport) {}})
	run("whole with a drift hook", func() { e.send(drifting) })
	loose := masivoHandler(b, envelope.Config{Verifier: signed, Validation: envelope.ValidateOff})
	run("whole without validation", func() { e.send(loose) })
	mistyped := bytes.Replace(text, []byte(`"is_anonymous": false`), []byte(`"is_anonymous": "no"`), 1)
	if bytes.Equal(mistyped, text) {
		b.Fatal("nothing to mistype")
	}
	m := newExchange(b, mistyped)
	run("whole with a mistyped member", func() { m.send(h) })
}

var _ io.Reader = (*body)(nil)

// BenchmarkMistyped shows what a megabyte costs whose members fit, or have one that
// does not, or have none that does.
func BenchmarkMistyped(b *testing.B) {
	const item = `{"number":"1","total":"12.50","status":"open","customer":{"id":"c-1","email":"a@example.com"},"lines":[{"sku":"x","amount":"1.5"}],` +
		`"labels":{"color":"green","size":"large"},"placed":"2026-03-01T10:00:00Z"}`
	const wrong = `{"number":1,"total":[12.50],"status":true,"customer":[["c-1","a@example.com"]],"lines":[["x","1.5"],5],` +
		`"labels":[["color","green","size","large"]],"placed":[2026,3,1,"10:00:00Z"]}`
	h := newShop(b, envelope.Config{Validation: envelope.ValidateOff}, ordersListed.Handle(done))
	for _, size := range []int{8 << 10, 64 << 10, 1_000_000} {
		for _, c := range []struct{ name, item, last string }{{"none", item, item}, {"the last", item, wrong}, {"all", wrong, wrong}} {
			text := []byte(`{"event":"orders.listed","data":[` + strings.Repeat(c.item+",", size/len(c.item)) + c.last + `]}`)
			b.Run(fmt.Sprintf("%s of %d bytes", c.name, size), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if err := h.Dispatch(context.Background(), envelope.Message{Body: text}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
