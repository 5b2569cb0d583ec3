package envelope_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
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

func masivoHandler(tb testing.TB, config envelope.Options) *envelope.Handler {
	tb.Helper()
	h, err := masivo.NewHandler(masivo.Config{Options: config}, masivo.CustomerRegistration.Handle(
		func(context.Context, *masivo.Delivery[masivo.CustomerRegistrationData]) error { return nil }))
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// stagesBody is a golden delivery whose stages are measured.
type stagesBody struct {
	file          string
	payload       string // the member that it is in; empty if it is the whole body
	event         string // its name, unless that is in the body
	fits, misfits string // a member, and the same one with a value that its field can't hold

	handler   func(envelope.Options) (*envelope.Handler, error)
	unmarshal func([]byte) error // into a new payload, by json/v2
}

// newHandlerOf is the NewHandler of a provider.
type newHandlerOf[M any] func(envelope.Options, ...envelope.Route[M]) (*envelope.Handler, error)

func newMasivo(c envelope.Options, routes ...masivo.Route) (*envelope.Handler, error) {
	return masivo.NewHandler(masivo.Config{Options: c}, routes...)
}

func newOpenLoyalty(c envelope.Options, routes ...openloyalty.Route) (*envelope.Handler, error) {
	return openloyalty.NewHandler(openloyalty.Config{Options: c}, routes...)
}

func newMambo(c envelope.Options, routes ...mambo.Route) (*envelope.Handler, error) {
	return mambo.NewHandler(mambo.Config{EventHeader: "X-Event", Options: c}, routes...)
}

func newAmbassify(c envelope.Options, routes ...ambassify.Route) (*envelope.Handler, error) {
	return ambassify.NewHandler(ambassify.Config{Options: c}, routes...)
}

func stagesOf[M, T any](newHandler newHandlerOf[M], event envelope.Event[M, T], file, payload, fits, misfits string) stagesBody {
	b := stagesBody{file: file, payload: payload, fits: fits, misfits: misfits}
	if payload == "" {
		b.event = event.Name()
	}
	b.handler = func(config envelope.Options) (*envelope.Handler, error) {
		return newHandler(config, event.Handle(func(context.Context, *envelope.Delivery[M, T]) error { return nil }))
	}
	b.unmarshal = func(text []byte) error { return jsonv2.Unmarshal(text, new(T)) }
	return b
}

// BenchmarkStages shows what the decoding of a delivery costs: what follows
// verification, with a function that does nothing and without validation.
func BenchmarkStages(b *testing.B) {
	for _, c := range []stagesBody{
		stagesOf(newMasivo, masivo.RewardsReservationCancelled, "masivo/REWARDS_RESERVATION_CANCELLED/no-lines", "data", `"totals": []`, `"totals": 7`),
		stagesOf(newMasivo, masivo.BehaviorEventFulfilled, "masivo/BEHAVIOR_EVENT_FULFILLED/add-to-cart", "data", `"fulfilled": true`, `"fulfilled": "maybe"`),
		stagesOf(newMasivo, masivo.BehaviorEventFulfilled, "masivo/BEHAVIOR_EVENT_FULFILLED/purchase-with-redemption", "data", `"fulfilled": true`, `"fulfilled": "maybe"`),
		stagesOf(newOpenLoyalty, openloyalty.CustomerUpdated, "openloyalty/CustomerUpdated/basic", "data", `"+12025550104"`, `{"a": 1}`),
		stagesOf(newOpenLoyalty, openloyalty.LegacyAccountExpiringPointsNotification, "openloyalty/account.expiring_points_notification/basic", "data", `"points": 340`, `"points": "many"`),
		stagesOf(newOpenLoyalty, openloyalty.AchievementsWereProcessed, "openloyalty/AchievementsWereProcessed/one-member", "data", `"periodGoal": 5`, `"periodGoal": "five"`),
		stagesOf(newMambo, mambo.PointWalletUpdated, "mambo/PointWalletUpdated/basic", "", `1280.5`, `"much"`),
		stagesOf(newMambo, mambo.ActivityCreated, "mambo/ActivityCreated/bounty", "", `"points": 60`, `"points": "sixty"`),
		stagesOf(newMambo, mambo.BehaviourCreated, "mambo/BehaviourCreated/flexible-operators", "", `"coolOff": 60`, `"coolOff": "long"`),
		stagesOf(newAmbassify, ambassify.CampaignCreated, "ambassify/campaign.created/all-languages", "campaign", `"created": 1771223400`, `"created": "today"`),
		stagesOf(newAmbassify, ambassify.ConversionCreated, "ambassify/conversion.created/basic", "conversion", `"created": 1770113079`, `"created": "today"`),
	} {
		b.Run(c.file, c.run)
	}
}

func (c stagesBody) run(b *testing.B) {
	texts := variantsOf(b, golden(b, c.file+".json"))
	payloads, mistyped := make([][]byte, len(texts)), make([][]byte, len(texts))
	for i, text := range texts {
		payloads[i] = memberOf(b, text, c.payload)
		mistyped[i] = bytes.Replace(text, []byte(c.fits), []byte(c.misfits), 1)
	}
	dispatch := func(drift func(context.Context, envelope.DriftReport)) func([]byte) error {
		h, err := c.handler(envelope.Options{Unverified: true, Validation: envelope.ValidateOff, Drift: drift})
		if err != nil {
			b.Fatal(err)
		}
		return func(text []byte) error {
			return h.Dispatch(context.Background(), envelope.Message{Body: text, Event: c.event})
		}
	}
	drifts := 0
	plain, watched := dispatch(nil), dispatch(func(context.Context, envelope.DriftReport) { drifts++ })
	if err := errors.Join(watched(texts[1]), watched(mistyped[1])); err != nil || drifts != 1 {
		b.Fatalf("%d drift reports of %s: %v", drifts, c.file, err)
	}
	runTexts(b, "decode stage", texts, plain)
	runTexts(b, "with a drift hook", texts, watched)
	runTexts(b, "with a mistyped member", mistyped, plain)
	runTexts(b, "json/v2 Unmarshal of the payload", payloads, c.unmarshal)
}

// memberOf is the value of an outermost member; that of "" is the whole body.
func memberOf(tb testing.TB, text []byte, name string) []byte {
	tb.Helper()
	if name == "" {
		return text
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		tb.Fatal(err)
	}
	return members[name]
}

// runTexts measures a function on texts in turn.
func runTexts(b *testing.B, name string, texts [][]byte, f func([]byte) error) {
	b.Run(name, func(b *testing.B) {
		b.SetBytes(int64(len(texts[0])))
		b.ReportAllocs()
		next := 0
		for b.Loop() {
			if err := f(texts[next]); err != nil {
				b.Fatal(err)
			}
			next = (next + 1) % len(texts)
		}
	})
}

// BenchmarkRequest shows what the steps of a request cost, and the whole.
func BenchmarkRequest(b *testing.B) {
	h := masivoHandler(b, envelope.Options{Verifier: verifying.By(signed)})
	texts := variantsOf(b, golden(b, typical))
	exchanges := make([]*exchange, len(texts))
	for i, text := range texts {
		exchanges[i] = newExchange(b, text)
	}
	var payload masivo.CustomerRegistrationData
	if err := json.Unmarshal(memberOf(b, texts[0], "data"), &payload); err != nil {
		b.Fatal(err)
	}
	next := 0
	run := func(name string, step func(*exchange)) {
		runTexts(b, name, texts, func([]byte) error {
			next = (next + 1) % len(exchanges)
			step(exchanges[next])
			return nil
		})
	}
	run("read", func(e *exchange) { h.ReadBody(e.rewind()) })
	run("verify", func(e *exchange) { _ = signed(e.request, e.text) })
	run("validate", func(*exchange) { envelope.CheckRules(&payload) })
	run("whole", func(e *exchange) { e.send(h) })
	if status := exchanges[next].sink.status; status != http.StatusOK {
		b.Fatalf("status %d", status)
	}
}

// variantsOf makes 64 texts of a JSON body, itself first, in which ids, names,
// addresses and paths of URLs differ, but neither length nor shape does. One body
// again and again flatters a decoder that keeps texts for the next delivery.
// Package bench does the same.
func variantsOf(tb testing.TB, text []byte) [][]byte {
	tb.Helper()
	list := make([][]byte, 64)
	for n := range list {
		list[n] = bytes.Clone(text)
		if err := changeTexts(list[n], n); err != nil {
			tb.Fatal(err)
		}
	}
	return list
}

// changeTexts changes the texts of members in place.
func changeTexts(text []byte, n int) error {
	// The decoder reads from a copy, so that it never meets what was changed.
	d := jsontext.NewDecoder(bytes.NewReader(bytes.Clone(text)))
	for {
		start := d.InputOffset()
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case token.Kind() != '"':
			continue
		}
		parent, length := d.StackIndex(d.StackDepth())
		if parent == '{' && length%2 == 1 { // a name
			continue
		}
		pointer := d.StackPointer()
		if parent == '[' {
			pointer = pointer.Parent()
		}
		start += int64(bytes.IndexByte(text[start:], '"')) + 1
		if pointer != "/event/name" && pointer != "/eventName" {
			changeText(pointer.LastToken(), text[start:d.InputOffset()-1], n)
		}
	}
}

var (
	personal = regexp.MustCompile(`^id$|(Id|ID|_id|[nN]ame|[eE]mail)s?$`)
	uuid     = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	beforeOf = regexp.MustCompile(`^[a-z]+://[^/]*`) // the path of a URL
)

// changeText changes the text of a member if nothing but its length matters to
// anybody. Enumerations, dates and numbers stay.
func changeText(name string, value []byte, n int) {
	switch {
	case bytes.ContainsAny(value, `\%`):
	case beforeOf.Match(value):
		shift(value[len(beforeOf.Find(value)):], n)
	case uuid.Match(value):
		version, variant := value[14], value[19]
		shift(value, n)
		value[14], value[19] = version, variant
	case personal.MatchString(name) || bytes.IndexByte(value, '@') >= 0:
		shift(value, n)
	}
}

// shift moves every letter and digit of a text by a number below 64, of which
// characters at even places take one half and those at odd places the other.
// Hexadecimal digits stay such.
func shift(text []byte, n int) {
	for i, c := range text {
		by := byte(n >> (i % 2 * 3) & 7)
		for _, r := range []string{"09", "af", "gz", "AF", "GZ"} {
			if r[0] <= c && c <= r[1] {
				text[i] = r[0] + (c-r[0]+by)%(r[1]-r[0]+1)
			}
		}
	}
}

// BenchmarkMistyped shows what a megabyte costs whose members fit, or have one that
// does not, or have none that does.
func BenchmarkMistyped(b *testing.B) {
	const item = `{"number":"1","total":"12.50","status":"open","customer":{"id":"c-1","email":"a@example.com"},"lines":[{"sku":"x","amount":"1.5"}],` +
		`"labels":{"color":"green","size":"large"},"placed":"2026-03-01T10:00:00Z"}`
	const wrong = `{"number":1,"total":[12.50],"status":true,"customer":[["c-1","a@example.com"]],"lines":[["x","1.5"],5],` +
		`"labels":[["color","green","size","large"]],"placed":[2026,3,1,"10:00:00Z"]}`
	h := newShop(b, envelope.Options{Validation: envelope.ValidateOff}, ordersListed.Handle(done))
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
