package envelopetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// The tests take the golden deliveries of two providers, one with an envelope and
// one with forms, and describe as much of them as they need.

type tierChange struct {
	CustomerID string       `json:"customer_id,omitzero" validate:"required"`
	ToTierName string       `json:"to_tier_name,omitzero"`
	ToLevel    envelope.Int `json:"to_tier_level,omitzero"`
	From       string       `json:"from_tier_id,omitzero" validate:"omitempty,uuid"`
}

type none struct{}

var (
	tierUpgrade     = envelope.NewEvent[none, tierChange]("TIER_UPGRADE")
	campaignChanged = envelope.NewEvent[none, map[string]any]("campaign.changed")
	missing         = envelope.NewEvent[none, tierChange]("NO_SUCH_EVENT")
)

// config is the Config of a provider.
type config struct {
	Secrets []string
	Mark    string
	envelope.Options
}

const secret = "kit secret"

var source = envelope.FromHeader("X-Secret")

func newKit() envelopetest.Kit[none, config] {
	return envelopetest.Kit[none, config]{
		Provider: "masivo",
		Secret:   secret,
		Fields:   func(c *config) (*[]string, *envelope.Options) { return &c.Secrets, &c.Options },
		Sign: func(c config, r *http.Request, _ []byte) error {
			at := time.Now
			if c.Now != nil {
				at = c.Now
			}
			r.Header.Set("X-At", at().UTC().Format(time.RFC3339))
			return source.Put(r, c.Secrets...)
		},
		Pointer: func(string) string { return "/data" },
		Prepare: func(c config, r *http.Request, event string) { r.Header.Set("X-Event", event+c.Mark) },
	}
}

func newFormKit() envelopetest.Kit[none, config] {
	kit := newKit()
	kit.Provider = "ambassify"
	kit.Pointer = func(string) string { return "/campaign" }
	kit.Encode = func(body []byte, encoder string) ([]byte, error) {
		return []byte(encoder + "=" + url.QueryEscape(string(body))), nil
	}
	return kit
}

func newHandler(t *testing.T, routes ...envelope.Route[none]) *envelope.Handler {
	t.Helper()
	verifier, err := envelope.SharedSecret(source, secret)
	if err != nil {
		t.Fatal(err)
	}
	h, err := envelope.NewHandler(envelope.Provider[none]{
		Name:   "masivo",
		Events: []envelope.AnyEvent[none]{tierUpgrade.Any()},
		Layout: envelope.Layout{Event: []string{"event"}, Payload: "data"},
	}, envelope.Options{Verifier: verifier}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func take(into *tierChange) envelope.Route[none] {
	return tierUpgrade.Handle(func(_ context.Context, d *envelope.Delivery[none, tierChange]) error {
		*into = d.Payload
		return nil
	})
}

// TestGoldens: every provider has deliveries, in order, each with the encoding that
// it claims.
func TestGoldens(t *testing.T) {
	for _, provider := range []string{"masivo", "openloyalty", "mambo", "ambassify"} {
		var events []string
		last := ""
		for event, g := range envelopetest.Goldens(provider) {
			if g.Event != event || g.Provider != provider || g.Situation == "" || len(g.Body) == 0 {
				t.Errorf("%s: golden %+v", event, g)
			}
			if event != last {
				if g.Situation != "basic" {
					t.Errorf("%s of %s begins with %s", event, provider, g.Situation)
				}
				events, last = append(events, event), event
			}
			isJSON := g.ContentType == envelopetest.JSON
			if isJSON != json.Valid(g.Body) || isJSON != (g.Encoder == "") || !isJSON && g.ContentType != envelopetest.Form {
				t.Errorf("%s/%s is %s by %q", event, g.Situation, g.ContentType, g.Encoder)
			}
		}
		if len(events) < 10 || !slices.IsSorted(events) {
			t.Errorf("events of %s: %v", provider, events)
		}
	}
	for event := range envelopetest.Goldens("nobody") {
		t.Errorf("nobody has %s", event)
	}
	for range envelopetest.Goldens("masivo") {
		break // A loop may end early.
	}
}

// TestGoldensAreCopies: a test that writes into a body harms no other.
func TestGoldensAreCopies(t *testing.T) {
	first, err := envelopetest.Find("masivo", "TIER_UPGRADE", "", "")
	if err != nil {
		t.Fatal(err)
	}
	clear(first.Body)
	second, err := envelopetest.Find("masivo", "TIER_UPGRADE", "", "")
	if err != nil || !json.Valid(second.Body) {
		t.Errorf("body %q, error %v", second.Body, err)
	}
}

func TestFind(t *testing.T) {
	for _, test := range []struct {
		provider, event, situation, encoder string
		found                               string // situation and encoder
		err                                 string // a part of it
	}{
		{"masivo", "TIER_UPGRADE", "", "", "basic ", ""},
		{"masivo", "TIER_UPGRADE", "two-levels", "", "two-levels ", ""},
		{"ambassify", "campaign.changed", "", "qs", "basic qs", ""},
		{"ambassify", "campaign.changed", "drift-milliseconds", "php", "drift-milliseconds php", ""},
		{"masivo", "TIER_UPGRADE", "nothing", "", "", `masivo/TIER_UPGRADE/nothing in encoding ""; there are: basic, `},
		{"ambassify", "campaign.changed", "basic", "xml", "", `basic, basic.php, basic.qs`},
		{"masivo", "NO_SUCH_EVENT", "", "", "", "masivo/NO_SUCH_EVENT/basic"},
		{"nobody", "TIER_UPGRADE", "", "", "", "nobody/TIER_UPGRADE/basic"},
		{"masivo", "../masivo/TIER_UPGRADE", "", "qs", "", "no golden delivery"},
	} {
		g, err := envelopetest.Find(test.provider, test.event, test.situation, test.encoder)
		switch {
		case test.err == "" && (err != nil || g.Situation+" "+g.Encoder != test.found || len(g.Body) == 0):
			t.Errorf("%+v: golden %+v, error %v", test, g, err)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%+v: error %v", test, err)
		}
	}
}

func TestReadCatalog(t *testing.T) {
	for _, provider := range []string{"masivo", "openloyalty", "mambo", "ambassify"} {
		c, err := envelopetest.ReadCatalog(provider)
		if err != nil {
			t.Fatal(err)
		}
		if c.Provider != provider || len(c.Events) < 10 || len(c.Models) < 10 {
			t.Errorf("catalogue of %s: provider %s, %d events, %d models", provider, c.Provider, len(c.Events), len(c.Models))
		}
		for _, e := range c.Events {
			if e.Name == "" || e.Payload == "" || e.Confidence == "" || len(e.Source) == 0 {
				t.Errorf("event %+v", e)
			}
			if _, ok := c.Models[e.Payload]; !ok {
				t.Errorf("event %s has payload %s, which is no model", e.Name, e.Payload)
			}
		}
	}
	if c, err := envelopetest.ReadCatalog("nobody"); err == nil {
		t.Errorf("catalogue %+v", c)
	}
}

// TestNewRequest: the request of a golden delivery, as it is or changed.
func TestNewRequest(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	basic, err := envelopetest.Find("masivo", "TIER_UPGRADE", "", "")
	if err != nil {
		t.Fatal(err)
	}
	r := envelopetest.NewRequest(t, newKit(), envelopetest.Options[config]{}, tierUpgrade)
	body := readAll(t, r.Body)
	if !bytes.Equal(body, basic.Body) || r.ContentLength != int64(len(body)) || r.Method != http.MethodPost {
		t.Errorf("%s with %d of %d bytes", r.Method, len(body), r.ContentLength)
	}
	if r.URL.String() != "https://example.com/webhooks/masivo" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Event") != "TIER_UPGRADE" || r.Header.Get("X-Secret") != secret {
		t.Errorf("URL %s, header %v", r.URL, r.Header)
	}
	if at, err := time.Parse(time.RFC3339, r.Header.Get("X-At")); err != nil || at.Before(time.Now().Add(-time.Hour)) {
		t.Errorf("signed at %v, error %v", at, err)
	}
	kit := newKit()
	kit.Prepare = nil
	r = envelopetest.NewRequest(t, kit, envelopetest.Options[config]{Situation: "two-levels", Secret: "another", URL: "https://shop.example.com/in?a=b", At: at}, tierUpgrade)
	if bytes.Equal(readAll(t, r.Body), basic.Body) || r.URL.Host != "shop.example.com" || r.Header.Get("X-Secret") != "another" || r.Header.Get("X-At") != "2026-03-01T10:00:00Z" || r.Header.Get("X-Event") != "" {
		t.Errorf("URL %s, header %v", r.URL, r.Header)
	}
}

func readAll(t *testing.T, r io.Reader) []byte {
	t.Helper()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestChanges: changes apply to the payload in turn, before the request is signed;
// the rest of the body stays as it is.
func TestChanges(t *testing.T) {
	var signed []byte
	kit := newKit()
	sign := kit.Sign
	kit.Sign = func(c config, r *http.Request, body []byte) error {
		signed = body
		return sign(c, r, body)
	}
	var got tierChange
	h := newHandler(t, take(&got))
	r := envelopetest.NewRequest(t, kit, envelopetest.Options[config]{}, tierUpgrade,
		func(c *tierChange) { c.ToTierName = "Diamond" },
		func(c *tierChange) { c.ToTierName += "!"; c.ToLevel = envelope.NewInt(9) },
	)
	if sent := readAll(t, envelopetest.Again(t, r).Body); !bytes.Equal(sent, signed) || !bytes.HasPrefix(sent, []byte(`{"event":"TIER_UPGRADE","data":{`)) {
		t.Errorf("signed %s, sent %s", signed, sent)
	}
	if result := envelopetest.Deliver(t, h, r); result.Status != 200 {
		t.Errorf("result %+v", result)
	}
	if got.ToTierName != "Diamond!" || got.ToLevel.Int64() != 9 || got.CustomerID == "" {
		t.Errorf("payload %+v", got)
	}

	kit.Pointer = func(string) string { return "" } // The whole body.
	whole := envelope.NewEvent[none, map[string]any]("TIER_UPGRADE")
	r = envelopetest.NewRequest(t, kit, envelopetest.Options[config]{}, whole, func(m *map[string]any) { (*m)["event"] = "TIER_DOWNGRADE" })
	if body := readAll(t, r.Body); !json.Valid(body) || !bytes.Contains(body, []byte(`"event":"TIER_DOWNGRADE"`)) || !bytes.Contains(body, []byte(`"to_tier_name":"Oro"`)) {
		t.Errorf("body %s", body)
	}
}

// TestChangesOfForms: the JSON twin is changed, and encoded again.
func TestChangesOfForms(t *testing.T) {
	options := envelopetest.Options[config]{Encoder: "php"}
	r := envelopetest.NewRequest(t, newFormKit(), options, campaignChanged)
	if body := readAll(t, r.Body); json.Valid(body) || r.Header.Get("Content-Type") != envelopetest.Form {
		t.Errorf("%s: %s", r.Header.Get("Content-Type"), body)
	}
	r = envelopetest.NewRequest(t, newFormKit(), options, campaignChanged, func(m *map[string]any) { (*m)["id"] = "changed" })
	values, err := url.ParseQuery(string(readAll(t, r.Body)))
	if err != nil || !strings.Contains(values.Get("php"), `"id":"changed"`) || !strings.Contains(values.Get("php"), `"event":{`) {
		t.Errorf("form %v, error %v", values, err)
	}
}

// TestOwnGoldens: a kit for a provider of one's own has its own deliveries.
func TestOwnGoldens(t *testing.T) {
	kit := newKit()
	kit.Provider = "shop"
	kit.FS = ownGoldens()
	event := envelope.NewEvent[none, map[string]any]("order")
	r := envelopetest.NewRequest(t, kit, envelopetest.Options[config]{}, event, func(m *map[string]any) { (*m)["number"] = "2" })
	if body := readAll(t, r.Body); string(body) != `{"event":"order","data":{"number":"2"},"z":[1]}` {
		t.Errorf("body %s", body)
	}
	r = envelopetest.NewRequest(t, kit, envelopetest.Options[config]{Situation: "other"}, event)
	if body := readAll(t, r.Body); string(body) != `{}` {
		t.Errorf("body %s", body)
	}
}

func ownGoldens() fstest.MapFS {
	return fstest.MapFS{
		"shop/order/basic.json":     {Data: []byte(`{"event": "order", "data": {"number": "1"}, "z": [1]}`)},
		"shop/order/other.json":     {Data: []byte(`{}`)},
		"shop/order/list.json":      {Data: []byte(`[{"data":{}}]`)},
		"shop/order/nothing.json":   {Data: []byte(``)},
		"shop/order/truncated.json": {Data: []byte(`{"event":"order","data":{"a"`)},
		"shop/order/broken.json":    {Data: []byte(`{"event":"order",5}`)},
	}
}

// stopped is a TB whose Fatal ends the goroutine and not the test.
type stopped struct {
	testing.TB
	message string
}

func (s *stopped) Helper() {}

func (s *stopped) Fatal(args ...any) {
	s.message = fmt.Sprint(args...)
	runtime.Goexit()
}

func (s *stopped) Fatalf(format string, args ...any) { s.Fatal(fmt.Sprintf(format, args...)) }

// TestFatal: what can't be made ends the test that asks for it, and says why.
func TestFatal(t *testing.T) {
	change := func(*tierChange) {}
	with := func(change func(*envelopetest.Kit[none, config])) envelopetest.Kit[none, config] {
		kit := newKit()
		change(&kit)
		return kit
	}
	formKit := newFormKit()
	formKit.Encode = func([]byte, string) ([]byte, error) { return nil, errors.New("no such encoding") }
	for _, test := range []struct {
		name string
		ask  func(tb testing.TB)
		want string
	}{
		{"no such event", func(tb testing.TB) {
			envelopetest.NewRequest(tb, newKit(), envelopetest.Options[config]{}, missing)
		}, "no golden delivery masivo/NO_SUCH_EVENT/basic"},
		{"no such situation", func(tb testing.TB) {
			envelopetest.NewRequest(tb, newKit(), envelopetest.Options[config]{Situation: "x"}, tierUpgrade)
		}, "there are: basic"},
		{"signing fails", func(tb testing.TB) {
			envelopetest.NewRequest(tb, with(func(k *envelopetest.Kit[none, config]) {
				k.Sign = func(config, *http.Request, []byte) error { return errors.New("no key") }
			}), envelopetest.Options[config]{}, tierUpgrade)
		}, "signing: no key"},
		{"no payload to change", func(tb testing.TB) {
			envelopetest.NewRequest(tb, with(func(k *envelopetest.Kit[none, config]) {
				k.Pointer = func(string) string { return "/payload" }
			}), envelopetest.Options[config]{}, tierUpgrade, change)
		}, `has no member "payload" to change`},
		{"payload of another type", func(tb testing.TB) {
			envelopetest.NewRequest(tb, newKit(), envelopetest.Options[config]{}, envelope.NewEvent[none, int]("TIER_UPGRADE"), func(*int) {})
		}, "cannot unmarshal"},
		{"payload that can't be encoded", func(tb testing.TB) {
			envelopetest.NewRequest(tb, newKit(), envelopetest.Options[config]{}, envelope.NewEvent[none, map[string]any]("TIER_UPGRADE"), func(m *map[string]any) { (*m)["f"] = change })
		}, "unsupported type"},
		{"form that can't be encoded", func(tb testing.TB) {
			envelopetest.NewRequest(tb, formKit, envelopetest.Options[config]{Encoder: "qs"}, campaignChanged, func(*map[string]any) {})
		}, "no such encoding"},
		{"delivery of one's own that is a list", func(tb testing.TB) { changeOwn(tb, "list") }, "no member"},
		{"delivery of one's own without a text", func(tb testing.TB) { changeOwn(tb, "nothing") }, "EOF"},
		{"delivery of one's own that is cut", func(tb testing.TB) { changeOwn(tb, "truncated") }, "EOF"},
		{"delivery of one's own that is no JSON", func(tb testing.TB) { changeOwn(tb, "broken") }, ""},
		{"body that is gone", func(tb testing.TB) {
			r := envelopetest.NewRequest(t, newKit(), envelopetest.Options[config]{}, tierUpgrade)
			r.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("gone") }
			envelopetest.Again(tb, r)
		}, "gone"},
		{"body that can't be read", func(tb testing.TB) {
			r := envelopetest.NewRequest(t, newKit(), envelopetest.Options[config]{}, tierUpgrade)
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(io.MultiReader(failingReader{})), nil }
			envelopetest.TooLarge(tb, r)
		}, "broken"},
		{"body of another's request that can't be read", func(tb testing.TB) {
			envelopetest.Again(tb, httptest.NewRequest(http.MethodPost, "/", failingReader{}))
		}, "broken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tb := &stopped{TB: t}
			ended := make(chan any)
			go func() {
				defer func() { ended <- recover() }()
				test.ask(tb)
			}()
			if thrown := <-ended; thrown != nil {
				t.Fatalf("panicked: %v", thrown)
			}
			if !strings.Contains(tb.message, test.want) {
				t.Errorf("message %q, want %q", tb.message, test.want)
			}
		})
	}
}

// changeOwn asks for a change to a delivery of one's own.
func changeOwn(tb testing.TB, situation string) {
	kit := newKit()
	kit.Provider, kit.FS = "shop", ownGoldens()
	envelopetest.NewRequest(tb, kit, envelopetest.Options[config]{Situation: situation}, envelope.NewEvent[none, map[string]any]("order"), func(*map[string]any) {})
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("broken") }

// TestRepeats: a request can be sent again, altered and enlarged; the original
// stays what it is.
func TestRepeats(t *testing.T) {
	var got tierChange
	h := newHandler(t, take(&got))
	r := envelopetest.NewRequest(t, newKit(), envelopetest.Options[config]{}, tierUpgrade)
	original := readAll(t, envelopetest.Again(t, r).Body)
	for range 3 {
		got = tierChange{}
		if result := envelopetest.Deliver(t, h, envelopetest.Again(t, r)); result.Status != 200 || got.CustomerID == "" {
			t.Errorf("result %+v", result)
		}
	}
	altered := envelopetest.Altered(t, r)
	if body := readAll(t, altered.Body); string(body) != string(original)+" " || altered.ContentLength != int64(len(body)) {
		t.Errorf("altered body %q", body)
	}
	large := envelopetest.TooLarge(t, r)
	if result := envelopetest.Deliver(t, h, large); result.Status != 413 || !errors.Is(result.Err, envelope.ErrTooLarge) || large.ContentLength <= envelope.DefaultMaxBody {
		t.Errorf("result %+v", result)
	}
	if body := readAll(t, envelopetest.Again(t, large).Body); len(body) != int(large.ContentLength) || !bytes.HasPrefix(body, original) {
		t.Errorf("the large request has %d bytes the second time", len(body))
	}
	if result := envelopetest.Deliver(t, h, r); result.Status != 200 {
		t.Errorf("the original: %+v", result)
	}
	forged := envelopetest.NewRequest(t, newKit(), envelopetest.Options[config]{Secret: "forged"}, tierUpgrade)
	if result := envelopetest.Deliver(t, h, forged); result.Status != 401 || result.Outcome != envelope.OutcomeRefused || !errors.Is(result.Err, envelope.ErrSignatureMismatch) {
		t.Errorf("result %+v", result)
	}
}

// TestRepeatsOfAnother: a request that no kit made can be repeated as well.
func TestRepeatsOfAnother(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"event":"x"}`))
	for range 3 {
		if body := readAll(t, envelopetest.Again(t, r).Body); string(body) != `{"event":"x"}` {
			t.Errorf("body %q", body)
		}
	}
	if body := readAll(t, envelopetest.Altered(t, r).Body); string(body) != `{"event":"x"} ` {
		t.Errorf("altered body %q", body)
	}
}

// TestDeliver: the result tells what became of a request, whatever stands around
// the handler.
func TestDeliver(t *testing.T) {
	type key struct{}
	var value any
	var got tierChange
	h := newHandler(t, take(&got))
	seesContext := newHandler(t, tierUpgrade.Handle(func(ctx context.Context, _ *envelope.Delivery[none, tierChange]) error {
		value = ctx.Value(key{})
		return envelope.RetryAfter(3*time.Second, nil)
	}))
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/masivo", h)
	request := func(changes ...func(*tierChange)) *http.Request {
		return envelopetest.NewRequest(t, newKit(), envelopetest.Options[config]{}, tierUpgrade, changes...)
	}
	for _, test := range []struct {
		name    string
		h       http.Handler
		r       *http.Request
		status  int
		outcome envelope.Outcome
		event   string
		body    string
	}{
		{"handler", h, request(), 200, envelope.OutcomeHandled, "TIER_UPGRADE", ""},
		{"mux", mux, request(), 200, envelope.OutcomeHandled, "TIER_UPGRADE", ""},
		{"middleware", http.StripPrefix("/webhooks", h), request(), 200, envelope.OutcomeHandled, "TIER_UPGRADE", ""},
		{"not reached", mux, httptest.NewRequest(http.MethodPost, "/elsewhere", nil), 404, "", "", "404 page not found\n"},
		{"refused", h, request(func(c *tierChange) { c.CustomerID = "" }), 422, envelope.OutcomeRefused, "TIER_UPGRADE", "invalid\n"},
		{"ignored", newHandler(t), request(), 200, envelope.OutcomeIgnored, "TIER_UPGRADE", ""},
		{"deferred", seesContext, request().WithContext(context.WithValue(t.Context(), key{}, "value")), 503, envelope.OutcomeDeferred, "TIER_UPGRADE", "try again later\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := envelopetest.Deliver(t, test.h, test.r)
			if result.Status != test.status || result.Outcome != test.outcome || result.Event != test.event || result.Body != test.body {
				t.Errorf("result %+v", result)
			}
			var failure *envelope.Error
			if errors.As(result.Err, &failure) != (test.status >= 400 && test.outcome != "") || failure != nil && failure.Status() != test.status {
				t.Errorf("error %v", result.Err)
			}
			if after := result.Header.Get("Retry-After"); after != map[bool]string{true: "3"}[test.status == 503] {
				t.Errorf("header %v", result.Header)
			}
		})
	}
	if value != "value" {
		t.Errorf("the function's context has lost its values: %v", value)
	}
}

// TestDeliverShowsAll: drift and violations, without a hook in the handler.
func TestDeliverShowsAll(t *testing.T) {
	var got tierChange
	r := envelopetest.NewRequest(t, newKit(), envelopetest.Options[config]{}, tierUpgrade, func(c *tierChange) { c.From = "no uuid" })
	result := envelopetest.Deliver(t, newHandler(t, take(&got)), r)
	want := []envelope.Violation{{Pointer: "/data/from_tier_id", Rule: "uuid"}}
	if diff := cmp.Diff(want, result.Violations, cmp.Comparer(func(a, b envelope.Violation) bool { return a.Pointer == b.Pointer && a.Rule == b.Rule })); diff != "" || result.Drift != nil {
		t.Errorf("drift %v\n%s", result.Drift, diff)
	}
	// tierChange knows four members of the delivery's ten.
	result = envelopetest.Deliver(t, newHandler(t, take(&got)), envelopetest.NewRequest(t, newKit(), envelopetest.Options[config]{}, tierUpgrade))
	if len(result.Drift) != 6 || result.Drift[0] != (envelope.Drift{Kind: envelope.DriftUnknownMember, Pointer: "/data/to_tier_id"}) || result.Violations != nil {
		t.Errorf("drift %v, violations %v", result.Drift, result.Violations)
	}
}
