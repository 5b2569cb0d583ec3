package envelope_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// handlerOf makes a handler of a provider that is not the shop.
func handlerOf[M any](tb testing.TB, p envelope.Provider[M], config envelope.Options, routes ...envelope.Route[M]) *envelope.Handler {
	tb.Helper()
	config.Unverified = config.Verifier == nil
	h, err := envelope.NewHandler(p, config, routes...)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// errorOf is the *Error of a Dispatch, or nil.
func errorOf(tb testing.TB, err error) *envelope.Error {
	tb.Helper()
	var own *envelope.Error
	if err != nil && !errors.As(err, &own) {
		tb.Fatalf("%T is no *Error: %v", err, err)
	}
	return own
}

// TestEnvelopeOrder: the members of an envelope may come in any order.
func TestEnvelopeOrder(t *testing.T) {
	for _, test := range []struct{ name, body string }{
		{"event first", `{"event":"order.placed","id":"m","data":{"number":"A-7"}}`},
		{"payload first", `{"data":{"number":"A-7"},"id":"m","event":"order.placed"}`},
		{"meta first", `{"id":"m","event":"order.placed","data":{"number":"A-7"}}`},
		{"meta last", `{"event":"order.placed","data":{"number":"A-7"},"id":"m"}`},
		{"the other name of the event", `{"type":"order.placed","id":"m","data":{"number":"A-7"}}`},
		{"the other name behind the payload", `{"id":"m","data":{"number":"A-7"},"type":"order.placed"}`},
		{"both names", `{"event":"order.placed","type":"order.eaten","id":"m","data":{"number":"A-7"}}`},
		{"both names, the weaker one first", `{"type":"order.eaten","event":"order.placed","id":"m","data":{"number":"A-7"}}`},
		{"both names around the payload", `{"type":"order.eaten","data":{"number":"A-7"},"event":"order.placed","id":"m"}`},
		{"the stronger name is null", `{"event":null,"type":"order.placed","id":"m","data":{"number":"A-7"}}`},
		{"the stronger name is mistyped", `{"event":7,"type":"order.placed","id":"m","data":{"number":"A-7"}}`},
		{"the weaker name is mistyped", `{"type":[7],"event":"order.placed","id":"m","data":{"number":"A-7"}}`},
		{"escapes", `{"\u0065vent":"order\u002eplaced","i\u0064":"\u006d","d\u0061ta":{"num\u0062er":"A\u002d7"}}`},
		{"white space", " \r\n{\t\"event\" : \"order.placed\" ,\n\"id\": \"m\" , \"data\" : { \"number\" : \"A-7\" } } \n\t\r"},
		{"members that nobody knows", `{"a":[{}],"event":"order.placed","b":{"event":"order.eaten","data":1},"id":"m","data":{"number":"A-7","data":{}},"c":"d"}`},
		{"a second pass", `{"event":"order.placed","id":"m","data":{"number":"A-7","count":"5"}}`},
		{"a second pass behind the payload", `{"data":{"number":"A-7","count":"5"},"event":"order.placed","id":"m"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, raw, err := dispatch(t, envelope.Options{}, test.body)
			if err != nil || raw != nil || d == nil {
				t.Fatalf("typed %v, raw %v, error %v", d, raw, err)
			}
			if d.Event != "order.placed" || d.Meta.ID != "m" || d.Payload.Number != "A-7" || d.Key != "1/shop///m" || string(d.Raw) != test.body {
				t.Errorf("event %q, meta %q, number %q, key %q, raw %s", d.Event, d.Meta.ID, d.Payload.Number, d.Key, d.Raw)
			}
		})
	}
}

// audiences are handlers with a function for the event, with a fallback, and with
// neither: what is malformed is refused whoever waits for it.
func audiences(t *testing.T, config envelope.Options) map[string]*envelope.Handler {
	t.Helper()
	return map[string]*envelope.Handler{
		"typed":    newShop(t, config, orderPlaced.Handle(done), ordersListed.Handle(done)),
		"any":      newShop(t, config, orderPlaced.Any().Handle(done)),
		"fallback": newShop(t, config, envelope.Fallback(done[json.RawMessage])),
		"nobody":   newShop(t, config),
	}
}

func TestMalformed(t *testing.T) {
	const deep = 100_000
	for name, body := range map[string]string{
		"nothing":                              ``,
		"white space":                          " \n",
		"null":                                 `null`,
		"list":                                 `[]`,
		"text":                                 `"order.placed"`,
		"number":                               `5`,
		"boolean":                              `true`,
		"no JSON":                              `event=order.placed`,
		"XML":                                  `<event/>`,
		"two byte order marks":                 "\uFEFF\uFEFF" + goodBody,
		"single quotes":                        `{'event':'order.placed','data':{}}`,
		"comment":                              `{"event":"order.placed",/* */"data":{"number":"1"}}`,
		"comma at the end":                     `{"event":"order.placed","data":{"number":"1"},}`,
		"comma at the end of a list":           `{"event":"order.placed","data":{"number":"1","lines":[{},]}}`,
		"no comma":                             `{"event":"order.placed" "data":{"number":"1"}}`,
		"no colon":                             `{"event" "order.placed","data":{"number":"1"}}`,
		"no quotes":                            `{event:"order.placed","data":{"number":"1"}}`,
		"number that is none":                  `{"event":"order.placed","data":{"number":"1","total":01}}`,
		"not a number":                         `{"event":"order.placed","data":{"number":"1","total":NaN}}`,
		"control character":                    "{\"event\":\"order.placed\",\"data\":{\"number\":\"1\n\"}}",
		"bad escape":                           `{"event":"order.placed","data":{"number":"\x31"}}`,
		"garbage behind":                       goodBody + `x`,
		"bracket behind":                       goodBody + `}`,
		"comma behind":                         goodBody + `,`,
		"zero byte behind":                     goodBody + "\x00",
		"second body behind":                   goodBody + "\n" + goodBody,
		"garbage behind, payload first":        `{"data":{"number":"1"},"event":"order.placed"} null`,
		"garbage behind, second pass":          `{"event":"order.placed","data":{"number":"1","count":"5"}} null`,
		"event twice":                          `{"event":"order.placed","event":"order.placed","data":{"number":"1"}}`,
		"payload twice":                        `{"event":"order.placed","data":{"number":"1"},"data":{"number":"2"}}`,
		"payload twice, before event":          `{"data":{"number":"1"},"data":{"number":"2"},"event":"order.placed"}`,
		"meta twice":                           `{"event":"order.placed","id":"1","id":"2","data":{"number":"1"}}`,
		"same name under an escape":            `{"event":"order.placed","\u0065vent":"order.closed","data":{"number":"1"}}`,
		"invalid UTF-8 in the event":           "{\"event\":\"order.placed\xff\",\"data\":{\"number\":\"1\"}}",
		"deep list":                            strings.Repeat("[", deep) + strings.Repeat("]", deep),
		"deep list without an end":             strings.Repeat("[", deep),
		"many lists and a text without an end": strings.Repeat(`[],`, 200) + `"text`,
	} {
		t.Run(name, func(t *testing.T) {
			for audience, h := range audiences(t, envelope.Options{MaxBody: 4 << 20}) {
				failure := errorOf(t, h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}))
				switch {
				case failure == nil || failure.Kind != envelope.KindMalformed || failure.Status() != 400 || failure.Retryable() || !errors.Is(failure, envelope.ErrMalformed):
					t.Errorf("%s: %v, want ErrMalformed", audience, failure)
				case failure.Offset < 0 || failure.Offset > int64(len(body)):
					t.Errorf("%s: noticed at byte %d of %d", audience, failure.Offset, len(body))
				case len(failure.Error()) > 180:
					t.Errorf("%s: long error: %v", audience, failure)
				}
			}
		})
	}
}

// TestMalformedPayload: what is looked at only where the payload is decoded.
func TestMalformedPayload(t *testing.T) {
	const deep = 100
	for name, body := range map[string]string{
		"member of the payload twice":   `{"event":"order.placed","data":{"number":"1","number":"2"}}`,
		"duplicate, second pass":        `{"event":"order.placed","data":{"count":"5","number":"1","number":"2"}}`,
		"invalid UTF-8 in the payload":  "{\"event\":\"order.placed\",\"data\":{\"number\":\"\xc3\x28\"}}",
		"invalid UTF-8, payload first":  "{\"data\":{\"number\":\"\xff\"},\"event\":\"order.placed\"}",
		"invalid UTF-8, second pass":    "{\"event\":\"order.placed\",\"data\":{\"count\":\"5\",\"number\":\"\xff\"}}",
		"half a surrogate pair":         `{"event":"order.placed","data":{"number":"\ud800"}}`,
		"deep payload":                  `{"event":"order.placed","data":` + strings.Repeat(`{"parent":`, deep) + `{}` + strings.Repeat("}", deep) + `}`,
		"deep payload before its event": `{"data":` + strings.Repeat(`{"parent":`, deep) + `{}` + strings.Repeat("}", deep) + `,"event":"order.placed"}`,
	} {
		t.Run(name, func(t *testing.T) {
			for audience, h := range audiences(t, envelope.Options{MaxBody: 4 << 20}) {
				decodes := audience == "typed" || audience == "any"
				failure := errorOf(t, h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}))
				if refused := failure != nil && failure.Kind == envelope.KindMalformed; refused != decodes {
					t.Errorf("%s: %v, want refused %t", audience, failure, decodes)
				}
			}
		})
	}
}

// TestTruncated: no part of a delivery is taken for the whole.
func TestTruncated(t *testing.T) {
	for _, whole := range []string{
		`{"event":"order.placed","id":"m-1","data":{"number":"A-7","lines":[{"sku":"x","amount":1.5}],"labels":{"a":"b"},"free":[null,true]},"new":{"a":[false]}}`,
		`{"data":{"number":"A-7","count":"5"},"event":"order.placed"}`,
		`{"event":"everything","data":{"trip":"x","texts":{"0":"a","x":{}},"lines":{"1":{"sku":5}},"labels":[ ],"bytes":"aGk=","int":"5","decimal":"x","either":{"sku":5},"shape":{"name":"x","kind":"star"},"bag":{"a":5},"note":"n","word":"NO"}}`,
	} {
		handlers := audiences(t, envelope.Options{})
		handlers["every shape"] = newShop(t, envelope.Options{}, everythingSent.Handle(done))
		for audience, h := range handlers {
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(whole)}); err != nil {
				t.Fatalf("%s: %v", audience, err)
			}
			for i := range whole {
				if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(whole[:i])}); !errors.Is(err, envelope.ErrMalformed) {
					t.Errorf("%s: %s: %v", audience, whole[:i], err)
				}
			}
		}
	}
}

// TestMalformedOffset: the error tells where in the body.
func TestMalformedOffset(t *testing.T) {
	for _, test := range []struct{ name, before, after string }{
		{"in the envelope", `{"event":"order.placed",`, `!`},
		{"in the payload", `{"event":"order.placed","data":{"number":"A-7","total":`, `!}}`},
		{"in a payload before its event", `{"data":{"number":"A-7","total":`, `!},"event":"order.placed"}`},
		{"in a second pass", `{"event":"order.placed","data":{"count":"5","total":`, `!}}`},
		{"behind the body", goodBody, `!`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := dispatch(t, envelope.Options{}, test.before+test.after)
			if failure := errorOf(t, err); failure == nil || failure.Offset != int64(len(test.before)) {
				t.Errorf("noticed at %+v, want byte %d", failure, len(test.before))
			} else if want := fmt.Sprintf("near byte %d", len(test.before)); !strings.HasSuffix(failure.Error(), want) {
				t.Errorf("error %q, want %q", failure, want)
			}
		})
	}
}

// TestDepth: the limit counts every level of the body, strings aside.
func TestDepth(t *testing.T) {
	nested := func(levels int) string { // The body and data are two levels.
		return `{"event":"order.placed","data":` + strings.Repeat(`{"number":"1","parent":`, levels-2) + `{"number":"1"}` + strings.Repeat(`}`, levels-1)
	}
	free := func(open, end string) string {
		return `{"event":"order.placed","data":{"number":"1","free":` + strings.Repeat(open, 1000) + `1` + strings.Repeat(end, 1000) + `}}`
	}
	brackets := `{"event":"order.placed","data":{"number":"\"` + strings.Repeat(`[{`, 200) + `\\","labels":{"[[[[":"{{{{"}}}`
	flat := `{"event":"order.placed","data":{"number":"1","lines":[{}` + strings.Repeat(`,{}`, 200) + `]}}`
	for _, test := range []struct {
		name  string
		limit int
		body  string
		ok    bool
	}{
		{"64 objects", 0, nested(64), true},
		{"65 objects", 0, nested(65), false},
		{"lists that are not decoded", 0, free("[", "]"), true},
		{"objects that are not decoded", 0, free(`{"a":`, `}`), true},
		{"limit of two", 2, `{"event":"order.placed","data":{"number":"1"}}`, true},
		{"limit of two and a list", 2, `{"event":"order.placed","data":{"number":"1","lines":[]}}`, false},
		{"brackets in strings", 0, brackets, true},
		{"many brackets side by side", 0, flat, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := dispatch(t, envelope.Options{MaxDepth: test.limit}, test.body)
			if failure := errorOf(t, err); (failure == nil) != test.ok {
				t.Errorf("error %v", failure)
			} else if failure != nil && !strings.HasPrefix(failure.Error(), "body is malformed: nested deeper than MaxDepth") {
				t.Errorf("error %q", failure)
			}
		})
	}
}

// TestNoEvent: a body that is an envelope without the event's name.
func TestNoEvent(t *testing.T) {
	for _, test := range []struct{ name, body, rule string }{
		{"nothing", `{}`, envelope.RuleRequired},
		{"missing", `{"data":{"number":"1"}}`, envelope.RuleRequired},
		{"null", `{"event":null,"data":{"number":"1"}}`, envelope.RuleRequired},
		{"empty", `{"event":"","data":{"number":"1"}}`, envelope.RuleRequired},
		{"number", `{"event":7,"data":{"number":"1"}}`, envelope.RuleType},
		{"boolean", `{"event":true,"data":{"number":"1"}}`, envelope.RuleType},
		{"object", `{"event":{"name":"order.placed"},"data":{"number":"1"}}`, envelope.RuleType},
		{"list", `{"event":["order.placed"],"data":{"number":"1"}}`, envelope.RuleType},
		{"both null", `{"event":null,"type":null}`, envelope.RuleRequired},
		{"in the payload alone", `{"data":{"event":"order.placed","number":"1"}}`, envelope.RuleRequired},
	} {
		for _, policy := range []envelope.Validation{envelope.ValidateIdentities, envelope.ValidateAll, envelope.ValidateOff} {
			for audience, h := range audiences(t, envelope.Options{Validation: policy}) {
				t.Run(fmt.Sprintf("%s/%d/%s", test.name, policy, audience), func(t *testing.T) {
					err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(test.body)})
					var validation *envelope.ValidationError
					if !errors.As(err, &validation) || errorOf(t, err).Status() != 422 {
						t.Fatalf("error %v", err)
					}
					want := []envelope.Violation{{Pointer: "/event", Rule: test.rule}}
					if diff := cmp.Diff(want, validation.Violations, cmp.Comparer(sameViolation)); diff != "" {
						t.Error(diff)
					}
				})
			}
		}
	}
}

func sameViolation(a, b envelope.Violation) bool { return a.Pointer == b.Pointer && a.Rule == b.Rule }

// TestNoPayload: a payload that is not there.
func TestNoPayload(t *testing.T) {
	for _, test := range []struct{ name, data, pointer, rule string }{
		{"missing", ``, "/data", envelope.RuleRequired},
		{"null", `,"data":null`, "/data", envelope.RuleRequired},
		{"text", `,"data":"x"`, "/data", envelope.RuleType},
		{"number", `,"data":5`, "/data", envelope.RuleType},
		{"list", `,"data":[{"number":"1"}]`, "/data", envelope.RuleType},
		{"empty object", `,"data":{}`, "/data/number", envelope.RuleRequired},
		{"empty list for an object", `,"data":[ ]`, "/data/number", envelope.RuleRequired},
	} {
		for name, body := range map[string]string{
			"event first": `{"event":"order.placed"` + test.data + `}`,
			"event last":  `{` + strings.TrimPrefix(test.data+`,`, ",") + `"event":"order.placed"}`,
		} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				_, _, err := dispatch(t, envelope.Options{}, body)
				var validation *envelope.ValidationError
				if !errors.As(err, &validation) {
					t.Fatalf("error %v", err)
				}
				want := []envelope.Violation{{Pointer: test.pointer, Rule: test.rule}}
				if diff := cmp.Diff(want, validation.Violations, cmp.Comparer(sameViolation)); diff != "" {
					t.Error(diff)
				}
				typed, _, err := dispatch(t, envelope.Options{Validation: envelope.ValidateOff}, body)
				if err != nil || typed == nil || !reflect.ValueOf(typed.Payload).IsZero() {
					t.Errorf("without validation: %+v, error %v", typed, err)
				}
			})
		}
	}
}

// TestFallbackPayload: a fallback gets the payload's bytes, which lie in Raw and
// can't be appended to at its cost.
func TestFallbackPayload(t *testing.T) {
	for _, test := range []struct{ name, body, payload string }{
		{"event first", `{"event":"order.eaten","data":{ "a" : [1, 2] },"id":"m"}`, `{ "a" : [1, 2] }`},
		{"event last", `{"data": { "a" : [1, 2] } ,"event":"order.eaten","id":"m"}`, `{ "a" : [1, 2] }`},
		{"known event", `{"event":"order.closed","data":{"number":5}}`, `{"number":5}`},
		{"text", `{"event":"order.eaten","data":"text"}`, `"text"`},
		{"number", `{"data":-1.50,"event":"order.eaten"}`, `-1.50`},
		{"a second pass", `{"id":7,"event":"order.eaten","data":[]}`, `[]`},
		{"null", `{"event":"order.eaten","data":null}`, `null`},
		{"missing", `{"event":"order.eaten"}`, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, d, err := dispatch(t, envelope.Options{}, test.body)
			if err != nil {
				t.Fatal(err)
			}
			checkAlias(t, d.Raw, test.body, d.Payload, test.payload)
		})
	}
}

// checkAlias checks that the payload is a part of raw, with no room behind it.
func checkAlias(t *testing.T, raw []byte, body string, payload json.RawMessage, want string) {
	t.Helper()
	if string(payload) != want || string(raw) != body {
		t.Fatalf("payload %s of %s, want %s of %s", payload, raw, want, body)
	}
	if cap(payload) != len(payload) {
		t.Errorf("payload of %d bytes has room for %d", len(payload), cap(payload))
	}
	if _ = append(payload, "overwritten"...); string(raw) != body {
		t.Errorf("an append to the payload has changed Raw: %s", raw)
	}
	if len(payload) == 0 {
		return
	}
	at := strings.Index(body, want)
	raw[at]++
	if payload[0] != raw[at] {
		t.Error("the payload is a copy")
	}
	raw[at]--
}

func TestKnown(t *testing.T) {
	orderEaten := envelope.NewEvent[shopMeta, order]("order.eaten") // not in the shop's list
	for _, test := range []struct {
		event    string
		handle   bool // whether the event has a function
		known    bool
		outcome  envelope.Outcome
		unwanted envelope.Outcome // without a fallback
	}{
		{"order.placed", true, true, envelope.OutcomeHandled, envelope.OutcomeHandled},
		{"order.closed", false, true, envelope.OutcomeFallback, envelope.OutcomeIgnored},
		{"order.burnt", false, false, envelope.OutcomeFallback, envelope.OutcomeIgnored},
		{"order.eaten", true, true, envelope.OutcomeHandled, envelope.OutcomeHandled},
		{"Order.Placed", false, false, envelope.OutcomeFallback, envelope.OutcomeIgnored},
		{"order.placed ", false, false, envelope.OutcomeFallback, envelope.OutcomeIgnored},
	} {
		t.Run(test.event, func(t *testing.T) {
			var seen []envelope.Observation
			config := envelope.Options{Observer: func(_ context.Context, o envelope.Observation) { seen = append(seen, o) }}
			known, ran := false, false
			routes := []shopRoute{
				orderPlaced.Handle(func(_ context.Context, d *shopDelivery[order]) error {
					known, ran = d.Known, true
					return nil
				}),
				orderEaten.Handle(func(_ context.Context, d *shopDelivery[order]) error {
					known, ran = d.Known, true
					return nil
				}),
			}
			message := envelope.Message{Body: fmt.Appendf(nil, `{"event":%q,"data":{"number":"1"}}`, test.event)}
			if err := newShop(t, config, routes...).Dispatch(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			if ran != test.handle {
				t.Errorf("a function ran: %t", ran)
			}
			routes = append(routes, envelope.Fallback(func(_ context.Context, d *shopDelivery[json.RawMessage]) error {
				known, ran = d.Known, true
				return nil
			}))
			if err := newShop(t, config, routes...).Dispatch(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			if !ran || known != test.known {
				t.Errorf("a function ran: %t, known: %t, want %t", ran, known, test.known)
			}
			for i, outcome := range []envelope.Outcome{test.unwanted, test.outcome} {
				if o := seen[i]; o.Outcome != outcome || o.Known != test.known || o.Event != test.event || o.Provider != "shop" {
					t.Errorf("observed %q %s, known %t; want %s, %t", o.Event, o.Outcome, o.Known, outcome, test.known)
				}
			}
		})
	}
}

// TestAnyEvent: the list of events is enough to take every one of them.
func TestAnyEvent(t *testing.T) {
	var got []any
	var routes []shopRoute
	for _, event := range shop().Events {
		routes = append(routes, event.Handle(func(_ context.Context, d *shopDelivery[any]) error {
			got = append(got, d.Payload)
			return nil
		}))
	}
	h := newShop(t, envelope.Options{}, routes...)
	for _, body := range []string{
		`{"event":"order.placed","data":{"number":"1","count":"5"}}`,
		`{"data":{"number":"2"},"event":"order.closed"}`,
		`{"event":"orders.listed","data":[{"number":"3"}]}`,
	} {
		if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	want := []any{&order{Number: "1", Count: 5}, &order{Number: "2"}, &[]order{{Number: "3"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var violations *envelope.ValidationError
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"event":"order.placed","data":{}}`)}); !errors.As(err, &violations) {
		t.Errorf("error %v", err)
	}
	for i, want := range []reflect.Type{reflect.TypeFor[order](), reflect.TypeFor[order](), reflect.TypeFor[[]order]()} {
		if event := shop().Events[i]; event.Payload() != want || !slices.Contains(h.Registered(), event.Name()) {
			t.Errorf("event %s with %s, want %s, registered %s", event.Name(), event.Payload(), want, h.Registered())
		}
	}
}

// TestRegistered: what the handler tells of itself can't be changed.
func TestRegistered(t *testing.T) {
	h := newShop(t, envelope.Options{}, ordersListed.Handle(done), envelope.Fallback(done[json.RawMessage]), orderPlaced.Handle(done))
	want := []string{"order.placed", "orders.listed"}
	h.Registered()[0] = "changed"
	if diff := cmp.Diff(want, h.Registered()); diff != "" {
		t.Error(diff)
	}
	if envelope.Fallback(done[json.RawMessage]).Event() != "" || orderPlaced.Handle(done).Event() != orderPlaced.Name() {
		t.Error("Event is wrong")
	}
}

// TestMetaOfOwnMaking: the members around the payload reach the fields of M that
// encoding/json would fill.
func TestMetaOfOwnMaking(t *testing.T) {
	type Sender struct {
		Shop string `json:"shop"`
	}
	type meta struct {
		Sender
		ID      string
		Attempt int            `json:",omitzero"`
		Seen    *envelope.Time `json:"seen"`
	}
	const body = `{"shop":"s","event":"order.placed","ID":"m","Attempt":2,"seen":"2026-03-01","data":{"number":"1"}}`
	var want meta
	if err := json.Unmarshal([]byte(body), &want); err != nil {
		t.Fatal(err)
	}
	event := envelope.NewEvent[meta, order]("order.placed")
	var d *envelope.Delivery[meta, order]
	var drift []envelope.Drift
	h := handlerOf(t, envelope.Provider[meta]{Name: "shop", Layout: shop().Layout}, envelope.Options{
		Drift: func(_ context.Context, r envelope.DriftReport) { drift = r.Drift },
	}, event.Handle(keepOf(&d)))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, d.Meta); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if drift != nil {
		t.Errorf("drift %v", drift)
	}
}

// TestMessageEvent: a name that comes with the message goes before any in the body.
func TestMessageEvent(t *testing.T) {
	for _, body := range []string{
		`{"event":"order.eaten","type":"order.eaten","data":{"number":"1"}}`,
		`{"data":{"number":"1"}}`,
		`{"data":{"number":"1"},"event":5}`,
	} {
		var d *shopDelivery[order]
		h := newShop(t, envelope.Options{}, orderPlaced.Handle(keep(&d)))
		if err := h.Dispatch(t.Context(), envelope.Message{Event: "order.placed", Body: []byte(body)}); err != nil || d == nil {
			t.Fatalf("%s: delivery %v, error %v", body, d, err)
		}
		if d.Event != "order.placed" || d.Payload.Number != "1" {
			t.Errorf("%s: event %s, payload %+v", body, d.Event, d.Payload)
		}
	}
}

// header is a provider that names the event in a header.
func headed() envelope.Provider[shopMeta] {
	p := shop()
	p.Layout.Event = nil
	p.EventName = func(r *http.Request) string { return r.Header.Get("X-Event") }
	return p
}

// bare is a provider whose whole body is the payload.
func bare() envelope.Provider[shopMeta] {
	p := headed()
	p.Layout = envelope.Layout{}
	p.Key = nil
	return p
}

// TestEventName: the event's name in a header, asked for after verification.
func TestEventName(t *testing.T) {
	verified := false
	config := envelope.Options{Verifier: func(*http.Request) (func([]byte) error, error) {
		verified = true
		return nil, nil
	}}
	for _, test := range []struct {
		name, body string
		provider   envelope.Provider[shopMeta]
	}{
		{"envelope", `{"id":"m","data":{"number":"1"}}`, headed()},
		{"event in the body as well", `{"event":"order.eaten","data":{"number":"1"}}`, func() envelope.Provider[shopMeta] {
			p := shop()
			p.EventName = headed().EventName
			return p
		}()},
		{"whole body", `{"number":"1","id":"m","event":"order.eaten"}`, bare()},
		{"whole body, second pass", `{"count":"1","number":"1"}`, bare()},
	} {
		t.Run(test.name, func(t *testing.T) {
			var d *shopDelivery[order]
			name := test.provider.EventName
			test.provider.EventName = func(r *http.Request) string {
				if !verified {
					t.Error("asked before the delivery was verified")
				}
				return name(r)
			}
			h := handlerOf(t, test.provider, config, orderPlaced.Handle(keep(&d)))
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
			r.Header.Set("X-Event", "order.placed")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != 200 || d == nil || d.Event != "order.placed" || d.Payload.Number != "1" {
				t.Errorf("status %d, delivery %+v", w.Code, d)
			}
		})
	}
}

// TestEventCanNotBeTold: nothing in the body can help, so the sender is told to
// try again, unless a fallback takes what has no name.
func TestEventCanNotBeTold(t *testing.T) {
	for name, p := range map[string]envelope.Provider[shopMeta]{"envelope": headed(), "whole body": bare()} {
		t.Run(name, func(t *testing.T) {
			message := envelope.Message{Body: []byte(`{"data":{"number":"1"}}`)}
			err := handlerOf(t, p, envelope.Options{}, orderPlaced.Handle(done)).Dispatch(t.Context(), message)
			failure := errorOf(t, err)
			if !errors.Is(err, envelope.ErrNoEvent) || failure.Kind != envelope.KindNoEvent || failure.Status() != 500 || !failure.Retryable() {
				t.Errorf("error %+v", failure)
			}
			var raw *shopDelivery[json.RawMessage]
			h := handlerOf(t, p, envelope.Options{}, orderPlaced.Handle(done), envelope.Fallback(keep(&raw)))
			if err := h.Dispatch(t.Context(), message); err != nil || raw == nil || raw.Event != "" || raw.Known {
				t.Errorf("delivery %v, error %v", raw, err)
			}
		})
	}
}

func TestWholeBody(t *testing.T) {
	var listed *shopDelivery[[]order]
	var raw *shopDelivery[json.RawMessage]
	h := handlerOf(t, bare(), envelope.Options{}, ordersListed.Handle(keep(&listed)), envelope.Fallback(keep(&raw)))
	body := ` [{"number":"1","count":"7"},{"number":"2"}] `
	if err := h.Dispatch(t.Context(), envelope.Message{Event: "orders.listed", Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]order{{Number: "1", Count: 7}, {Number: "2"}}, listed.Payload); diff != "" {
		t.Error(diff)
	}
	if err := h.Dispatch(t.Context(), envelope.Message{Event: "order.eaten", Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	checkAlias(t, raw.Raw, body, raw.Payload, strings.TrimSpace(body))
	for name, body := range map[string]string{
		"nothing": ``, "garbage behind": `[] x`, "second value": `[] []`, "truncated": `[{"number"`,
		"too deep as typed": `[` + strings.Repeat(`{"parent":`, 64) + `{` + strings.Repeat("}", 65) + `]`, "duplicate as typed": `[{"number":"1","number":"1"}]`,
	} {
		for _, event := range []string{"orders.listed", "order.eaten"} {
			accepted := strings.Contains(name, "as typed") && event == "order.eaten" // It is not looked into.
			if err := h.Dispatch(t.Context(), envelope.Message{Event: event, Body: []byte(body)}); errors.Is(err, envelope.ErrMalformed) == accepted {
				t.Errorf("%s as %s: %v", name, event, err)
			}
		}
	}
	for name, test := range map[string]struct {
		body string
		want []envelope.Violation
	}{
		"one object":        {`{"number":"1"}`, []envelope.Violation{{Rule: envelope.RuleType}}},
		"identity missing":  {`[{"number":"1"},{}]`, []envelope.Violation{{Pointer: "/1/number", Rule: envelope.RuleRequired}}},
		"identity mistyped": {`[{"number":"1"},{"number":true}]`, []envelope.Violation{{Pointer: "/1/number", Rule: envelope.RuleType}}},
	} {
		err := h.Dispatch(t.Context(), envelope.Message{Event: "orders.listed", Body: []byte(test.body)})
		var validation *envelope.ValidationError
		var got []envelope.Violation
		if errors.As(err, &validation) {
			got = validation.Violations
		}
		if diff := cmp.Diff(test.want, got, cmp.Comparer(sameViolation)); diff != "" {
			t.Errorf("%s: error %v\n%s", name, err, diff)
		}
	}
}

// wrapped is a provider with an Open function: the order stands under "order" or
// in a list, and the event under "about".
type wrapped struct {
	About struct {
		Name string `json:"name,omitzero" validate:"required"`
	} `json:"about,omitzero"`
	Order *order `json:"order,omitzero" validate:"omitempty"`
}

func opened(open func(*envelope.Contents[wrapped]) error) envelope.Provider[wrapped] {
	return envelope.Provider[wrapped]{
		Name:   "wrapped",
		Events: []envelope.AnyEvent[wrapped]{placed.Any()},
		Open:   open,
	}
}

var placed = envelope.NewEvent[wrapped, order]("placed")

// TestOpen: what an Open function says about a delivery is what the function gets.
func TestOpen(t *testing.T) {
	const body = `{"about":{"name":"placed"},"order":{"number":"1","count":"5"},"list":[{"number":"2"}],"a/b":{"number":"3"}}`
	const other = `{"number":"4"}`
	tests := []struct {
		name    string
		open    func(*envelope.Contents[wrapped]) error
		number  string
		payload string // of a fallback
		inside  bool   // the payload is a part of Raw
	}{
		{"pointer", func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/order"
			return nil
		}, "1", `{"number":"1","count":"5"}`, true},
		{"pointer into a list", func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/list/0"
			return nil
		}, "2", `{"number":"2"}`, true},
		{"pointer with an escape", func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/a~1b"
			return nil
		}, "3", `{"number":"3"}`, true},
		{"value", func(o *envelope.Contents[wrapped]) error {
			if err := o.Decode(o.Message.Body, "", &o.Meta); err != nil {
				return err
			}
			o.Value, o.Pointer, o.Body = o.Meta.Order, "/order", reflect.TypeFor[wrapped]()
			return nil
		}, "1", `{"number":"1","count":"5"}`, true},
		{"value of another type", func(o *envelope.Contents[wrapped]) error {
			o.Value, o.Pointer = new(string), "/order"
			return nil
		}, "1", `{"number":"1","count":"5"}`, true},
		{"no value after all", func(o *envelope.Contents[wrapped]) error {
			o.Value, o.Pointer = (*order)(nil), "/order"
			return nil
		}, "", `{"number":"1","count":"5"}`, true},
		{"whole body", func(*envelope.Contents[wrapped]) error { return nil }, "", body, true},
		{"another JSON", func(o *envelope.Contents[wrapped]) error {
			o.JSON = []byte(other)
			return nil
		}, "4", other, false},
		{"pointer into another JSON", func(o *envelope.Contents[wrapped]) error {
			o.JSON, o.Pointer = []byte(`{"x":`+other+`}`), "/x"
			return nil
		}, "4", other, false},
		{"pointer that leads nowhere", func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/nowhere"
			return nil
		}, "", ``, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := envelope.Options{Validation: envelope.ValidateOff}
			open := func(event string) func(*envelope.Contents[wrapped]) error {
				return func(o *envelope.Contents[wrapped]) error {
					o.Event = event
					return test.open(o)
				}
			}
			var typed *envelope.Delivery[wrapped, order]
			h := handlerOf(t, opened(open("placed")), config, placed.Handle(keepOf(&typed)))
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
			if typed == nil || typed.Event != "placed" || typed.Payload.Number != test.number || !typed.Known {
				t.Errorf("delivery %+v", typed)
			}
			var anything *envelope.Delivery[wrapped, any]
			h = handlerOf(t, opened(open("placed")), config, placed.Any().Handle(keepOf(&anything)))
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
			if payload, ok := anything.Payload.(*order); !ok || payload.Number != test.number {
				t.Errorf("payload of any event: %+v", anything.Payload)
			}
			var raw *envelope.Delivery[wrapped, json.RawMessage]
			h = handlerOf(t, opened(open("eaten")), config, envelope.Fallback(keepOf(&raw)))
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
			if raw == nil || raw.Known || string(raw.Payload) != test.payload || cap(raw.Payload) != len(raw.Payload) {
				t.Errorf("delivery %+v", raw)
			}
			if test.inside {
				checkAlias(t, raw.Raw, body, raw.Payload, test.payload)
			}
		})
	}
}

func keepOf[M, T any](into **envelope.Delivery[M, T]) envelope.Func[M, T] {
	return func(_ context.Context, d *envelope.Delivery[M, T]) error {
		*into = d
		return nil
	}
}

func doneOf[M, T any](context.Context, *envelope.Delivery[M, T]) error { return nil }

// TestOpenForNobody: a delivery that Open understood, and that nobody wants, is not
// decoded.
func TestOpenForNobody(t *testing.T) {
	var seen envelope.Observation
	h := handlerOf(t, opened(func(o *envelope.Contents[wrapped]) error {
		o.Event = "placed"
		return nil
	}), envelope.Options{Observer: observeInto(&seen)})
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{}`)}); err != nil || seen.Outcome != envelope.OutcomeIgnored || !seen.Known || seen.Event != "placed" {
		t.Errorf("observed %+v, error %v", seen, err)
	}
}

// TestOpenRefuses: the errors of an Open function are refusals without a text of
// the body, whatever they say.
func TestOpenRefuses(t *testing.T) {
	const marked = "marked@example.com"
	decode := func(target func(o *envelope.Contents[wrapped]) any) func(*envelope.Contents[wrapped]) error {
		return func(o *envelope.Contents[wrapped]) error { return o.Decode(o.Message.Body, "", target(o)) }
	}
	for _, test := range []struct {
		name, body, text string
		open             func(*envelope.Contents[wrapped]) error
	}{
		{"its own reason", `{}`, "body is malformed: no order", func(*envelope.Contents[wrapped]) error { return envelope.Malformed("no order") }},
		{"any error", `{}`, "body is malformed", func(*envelope.Contents[wrapped]) error { return errors.New(marked) }},
		{"an error of a decoder", `{"about":{"name":"` + marked, "body is malformed", func(o *envelope.Contents[wrapped]) error { return json.Unmarshal(o.Message.Body, &o.Meta) }},
		{"a decoder of its own that finds another type", `{"about":"` + marked + `"}`, "body is malformed", func(o *envelope.Contents[wrapped]) error {
			return json.Unmarshal(o.Message.Body, &o.Meta)
		}},
		{"Decode of no JSON", `{"about":{"name":"` + marked + `"`, "body is malformed near byte 37", decode(func(o *envelope.Contents[wrapped]) any { return &o.Meta })},
		{"Decode with garbage behind", `{"about":{}} x` + marked, "body is malformed: text after the end near byte 12", decode(func(o *envelope.Contents[wrapped]) any { return &o.Meta })},
		{"Decode of duplicate names", `{"about":{},"about":{}}`, "body is malformed: a name twice at /about near byte 19", decode(func(o *envelope.Contents[wrapped]) any { return &o.Meta })},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := handlerOf(t, opened(func(o *envelope.Contents[wrapped]) error {
				o.Event = "placed"
				return test.open(o)
			}), envelope.Options{}, placed.Handle(doneOf[wrapped, order]))
			err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(test.body)})
			failure := errorOf(t, err)
			if failure == nil || failure.Kind != envelope.KindMalformed || failure.Status() != 400 || !errors.Is(err, envelope.ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			if text := err.Error(); strings.Contains(text, marked) || test.text != "" && text != test.text {
				t.Errorf("error %q, want %q", err, test.text)
			}
		})
	}
}

// TestOpenTrailing: a body that is not one JSON value is malformed, also where Open
// points at a part of it.
func TestOpenTrailing(t *testing.T) {
	for name, body := range map[string]string{
		"garbage behind":       `{"order":{"number":"1"}} x`,
		"second body behind":   `{"order":{"number":"1"}}{"order":{"number":"2"}}`,
		"truncated":            `{"order":{"number":"1"},"list":[`,
		"truncated in between": `{"list":["order":{"number":"1"}}`,
		"payload twice":        `{"order":{"number":"1"},"order":{"number":"2"}}`,
		"duplicate within":     `{"order":{"number":"1","number":"2"}}`,
	} {
		for _, event := range []string{"placed", "eaten"} { // eaten goes to the fallback
			t.Run(name+"/"+event, func(t *testing.T) {
				h := handlerOf(t, opened(func(o *envelope.Contents[wrapped]) error {
					o.Event, o.Pointer = event, "/order"
					return nil
				}), envelope.Options{Validation: envelope.ValidateOff}, placed.Handle(doneOf[wrapped, order]), envelope.Fallback(doneOf[wrapped, json.RawMessage]))
				accepted := name == "duplicate within" && event == "eaten" // It is not looked into.
				if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); errors.Is(err, envelope.ErrMalformed) == accepted {
					t.Errorf("error %v", err)
				}
			})
		}
	}
}

// TestOpenOnce: an Open function is called once, whatever does not fit.
func TestOpenOnce(t *testing.T) {
	calls := 0
	h := handlerOf(t, opened(func(o *envelope.Contents[wrapped]) error {
		calls++
		if o.Event != "" || o.Members != nil || o.Meta.About.Name != "" {
			t.Errorf("call %d starts with %+v", calls, o)
		}
		o.Event, o.Members, o.Meta.About.Name = "placed", []string{"about"}, "placed"
		o.Mistyped("/about")
		return nil
	}), envelope.Options{Drift: func(_ context.Context, r envelope.DriftReport) {
		want := []envelope.Drift{{Kind: envelope.DriftWrongType, Pointer: "/about"}, {Kind: envelope.DriftWrongType, Pointer: "/count"}}
		if diff := cmp.Diff(want, r.Drift); diff != "" || r.Total != 2 {
			t.Errorf("total %d\n%s", r.Total, diff)
		}
	}}, placed.Handle(doneOf[wrapped, order]))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"number":"1","count":"5"}`)}); err != nil {
		t.Fatal(err)
	}
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// TestReuse: what one delivery leaves behind never shows in the next one.
func TestReuse(t *testing.T) {
	var orders []*shopDelivery[order]
	var raws []*shopDelivery[json.RawMessage]
	h := newShop(t, envelope.Options{Name: "n"}, orderPlaced.Handle(func(_ context.Context, d *shopDelivery[order]) error {
		orders = append(orders, d)
		return nil
	}), envelope.Fallback(func(_ context.Context, d *shopDelivery[json.RawMessage]) error {
		raws = append(raws, d)
		return nil
	}))
	bodies := []string{
		`{"event":"order.placed","id":"m","data":{"number":"1","lines":[{"sku":"a"},{"sku":"b"}],"customer":{"id":"no uuid"},"labels":{"a":"b"}}}`,
		`{"event":"order.placed","data":`,
		`{"event":"order.placed","data":{"number":"2","lines":[{"amount":1}],"parent":{"number":"p"}}}`,
		`{"data":{"count":"x"},"event":"order.placed"}`,
		`{"event":"order.eaten","data":{"number":"3"}}`,
		`{"event":"order.placed","data":{"number":"4"}}`,
	}
	for range 3 {
		orders, raws = nil, nil
		for _, body := range bodies {
			_ = h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)})
		}
		want := []order{
			{Number: "1", Lines: []line{{SKU: "a"}, {SKU: "b"}}, Customer: customer{ID: "no uuid"}, Labels: map[string]string{"a": "b"}},
			{Number: "2", Lines: []line{{Amount: envelope.MustDecimal("1")}}, Parent: &order{Number: "p"}},
			{Number: "4"},
		}
		var got []order
		for _, d := range orders {
			got = append(got, d.Payload)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if orders[0].Key != "1/shop/n//m" || orders[1].Key != "" || len(orders[0].Violations) != 1 || orders[2].Violations != nil || len(raws) != 1 {
			t.Fatalf("keys %q, %q; violations %v, %v; %d raw", orders[0].Key, orders[1].Key, orders[0].Violations, orders[2].Violations, len(raws))
		}
	}
	if !slices.Equal(bytes.TrimSpace(raws[0].Payload), []byte(`{"number":"3"}`)) {
		t.Errorf("payload %s", raws[0].Payload)
	}
}
