package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// drifts is a short way to write down what is expected: kind, pointer, ...
func drifts(pairs ...string) []envelope.Drift {
	var list []envelope.Drift
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, envelope.Drift{Kind: envelope.DriftKind(pairs[i]), Pointer: pairs[i+1]})
	}
	return list
}

// hooked gives a Config whose drift hook keeps the reports.
func hooked(reports *[]envelope.DriftReport) envelope.Options {
	return envelope.Options{Drift: func(_ context.Context, r envelope.DriftReport) { *reports = append(*reports, r) }}
}

// TestDrift: every difference is told with the pointer of its member, from the
// whole body on, and nothing else is.
func TestDrift(t *testing.T) {
	const event, member, value, mistyped = "unknown_event", "unknown_member", "unknown_value", "wrong_type"
	for _, test := range []struct {
		name, body string
		want       []envelope.Drift
	}{
		{"as documented", `{"event":"order.placed","id":"m","data":{"number":"1","total":"5","status":"open","lines":[{"sku":"a"}],"labels":{"any":"key"},"free":{"any":["thing"]}}}`, nil},
		{"members left out", `{"event":"order.placed","data":{"number":"1"}}`, nil},
		{"null for everything", `{"event":"order.placed","id":null,"data":{"number":"1","total":null,"status":null,"lines":null,"customer":null,"labels":null,"parent":null}}`, nil},
		{"spellings of a scalar", `{"event":"order.placed","data":{"number":"1","total":"1.50","placed":"2026-03-01 10:00:00","count":5.0}}`, nil},
		{"both names of the event", `{"event":"order.placed","type":"x","data":{"number":"1"}}`, nil},

		{"unknown event", `{"event":"order.eaten","data":{"anything":1}}`, drifts(event, "/event")},
		{"unknown event by its other name", `{"type":"order.eaten","data":{}}`, drifts(event, "/type")},
		{"unknown event behind a null", `{"event":null,"type":"order.eaten","data":{}}`, drifts(event, "/type")},
		{"unknown event without a payload", `{"event":"order.eaten"}`, drifts(event, "/event")},

		{"member of the envelope", `{"event":"order.placed","data":{"number":"1"},"version":2}`, drifts(member, "/version")},
		{"object in the envelope", `{"event":"order.placed","data":{"number":"1"},"version":{"a":{"b":1}}}`, drifts(member, "/version")},
		{"member of the payload", `{"event":"order.placed","data":{"number":"1","color":"red"}}`, drifts(member, "/data/color")},
		{"member of a nested object", `{"event":"order.placed","data":{"number":"1","customer":{"age":7}}}`, drifts(member, "/data/customer/age")},
		{"member of an element", `{"event":"order.placed","data":{"number":"1","lines":[{},{"sku":"a","tax":[1]}]}}`, drifts(member, "/data/lines/1/tax")},
		{"member of a map's value", `{"event":"order.placed","data":{"number":"1","places":{"home":{"street":"x"}}}}`, drifts(member, "/data/places/home/street")},
		{"member behind a pointer", `{"event":"order.placed","data":{"number":"1","parent":{"number":"2","parent":{"number":"3","x":1}}}}`, drifts(member, "/data/parent/parent/x")},
		{"another case", `{"event":"order.placed","data":{"number":"1","Number":"1"}}`, drifts(member, "/data/Number")},
		{"escaped name", `{"event":"order.placed","data":{"number":"1","a\/b~c":1,"":2,"\u00e9":3}}`, drifts(member, "/data/a~1b~0c", member, "/data/", member, "/data/é")},
		{"escaped key", `{"event":"order.placed","data":{"number":"1","places":{"a/b":{"x":1},"~":{"y":[]}}}}`, drifts(member, "/data/places/a~1b/x", member, "/data/places/~0/y")},
		{"member of a list with gaps", `{"event":"order.placed","data":{"number":"1","lines":{"4":{"tax":1}}}}`, drifts(member, "/data/lines/4/tax")},
		{"payload first", `{"data":{"number":"1","color":"red"},"event":"order.placed"}`, drifts(member, "/data/color")},

		{"value", `{"event":"order.placed","data":{"number":"1","status":"lost"}}`, drifts(value, "/data/status")},
		{"empty value", `{"event":"order.placed","data":{"number":"1","status":""}}`, nil},
		{"value in a nested object", `{"event":"order.placed","data":{"number":"1","parent":{"number":"2","status":"lost"}}}`, drifts(value, "/data/parent/status")},

		{"type", `{"event":"order.placed","data":{"number":"1","total":"much"}}`, drifts(mistyped, "/data/total")},
		{"type that could be told", `{"event":"order.placed","data":{"number":"1","count":"5"}}`, drifts(mistyped, "/data/count")},
		{"type of meta", `{"event":"order.placed","id":7,"data":{"number":"1"}}`, drifts(mistyped, "/id")},
		{"type of the weaker name", `{"event":"order.placed","type":7,"data":{"number":"1"}}`, drifts(mistyped, "/type")},
		{"type at an escaped key", `{"event":"order.placed","data":{"number":"1","labels":{"a/b":5,"~":[]}}}`, drifts(mistyped, "/data/labels/a~1b", mistyped, "/data/labels/~0")},
		{"empty list for an object", `{"event":"order.placed","data":{"number":"1","customer":[],"labels":[],"parent":[]}}`, nil},

		{
			"all kinds", `{"event":"order.placed","new":1,"data":{"number":"1","status":"lost","count":[],"lines":[{"x":1}]},"newer":2}`,
			drifts(member, "/new", value, "/data/status", member, "/data/lines/0/x", member, "/newer", mistyped, "/data/count"),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, routes := range [][]shopRoute{
				{orderPlaced.Handle(done)},
				{orderPlaced.Any().Handle(done)},
				{orderPlaced.Handle(done), envelope.Fallback(done[json.RawMessage])},
			} {
				var reports []envelope.DriftReport
				config := hooked(&reports)
				config.Validation = envelope.ValidateOff
				if err := newShop(t, config, routes...).Dispatch(t.Context(), envelope.Message{Body: []byte(test.body)}); err != nil {
					t.Fatal(err)
				}
				if test.want == nil {
					if len(reports) > 0 {
						t.Errorf("reported %+v", reports)
					}
					continue
				}
				if len(reports) != 1 {
					t.Fatalf("%d reports", len(reports))
				}
				r := reports[0]
				if diff := cmp.Diff(test.want, r.Drift); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if known := !strings.Contains(test.body, "eaten"); r.Total != len(test.want) || r.Known != known || r.Provider != "shop" || !strings.Contains(test.body, r.Event) {
					t.Errorf("report %+v", r)
				}
			}
		})
	}
}

// TestDriftOfShapes: the types of package object, and those with methods of their
// own, differ where their members do.
func TestDriftOfShapes(t *testing.T) {
	const member = "unknown_member"
	for _, test := range []struct {
		name, data string
		want       []envelope.Drift
	}{
		{"member of a variant", `"shape":{"kind":"square","side":1}`, nil},
		{"member of another variant", `"shape":{"kind":"square","radius":1}`, drifts(member, "/data/shape/radius")},
		{"kind at the end", `"shape":{"radius":1,"x":2,"kind":"circle"}`, drifts(member, "/data/shape/x")},
		{"variant in a variant", `"shape":{"kind":"circle","inner":{"kind":"square","x":2}}`, drifts(member, "/data/shape/inner/x")},
		{"list of variants", `"shapes":[{"kind":"square","radius":1},{"kind":"circle","side":1}]`, drifts(member, "/data/shapes/0/radius", member, "/data/shapes/1/side")},
		{"member without a kind", `"shape":{"name":"a","side":1}`, drifts(member, "/data/shape/side")},
		{"null kind", `"shape":{"kind":null,"side":1}`, drifts(member, "/data/shape/side")},
		{"unknown kind", `"shape":{"kind":"star","points":[5]}`, nil}, // figure's kind lists no values
		{"extra members", `"bag":{"size":1,"any":"thing"}`, nil},
		{"text for an object", `"note":"text"`, nil},
		{"object for a text", `"note":{"size":1,"x":2}`, drifts(member, "/data/note/x")},
		{"own method, object", `"either":{"sku":"a","tax":1}`, nil},
		{"own method, number", `"either":5`, nil},
		{"open values", `"value":{"a":{"b":1}},"raw":{"a":1},"any":{"a":1}`, nil},
		{"own text", `"word":"ok"`, nil},
		{"lists of lists", `"grid":{"0":[1],"1":{"0":2}}`, nil},
		{"array", `"array":[1,2]`, nil},
		{"bytes", `"bytes":"aGk="`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var reports []envelope.DriftReport
			h := newShop(t, hooked(&reports), everythingSent.Handle(done))
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"event":"everything","data":{` + test.data + `}}`)}); err != nil {
				t.Fatal(err)
			}
			var got []envelope.Drift
			if len(reports) > 0 {
				got = reports[0].Drift
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

type planet string

func (p planet) Known() bool { return p == "earth" }

// heavenly is a payload of a provider's own making: with kinds that are listed, a part
// that it shares, a list type with a method, and a type that hides its members.
type heavenly struct {
	shared
	*Satellites
	Kind  planet   `json:"kind,omitzero"`
	List  planets  `json:"list,omitzero"`
	Shape globe    `json:"shape,omitzero"`
	Other opaque   `json:"other,omitzero"`
	Names []planet `json:"names,omitzero"`
}

type shared struct {
	Mass int64 `json:"mass,omitzero"`
}

// Satellites is a part that is there if one of its members is.
type Satellites struct {
	Moons int64 `json:"moons,omitzero"`
}

type globe struct {
	Kind  planet          `json:"kind,omitzero" wire:"kind"`
	Earth *shared         `json:"-" wire:"variant=earth"`
	Other json.RawMessage `json:"-" wire:"other"`
}

// planets is a list that a sender may also write as one text.
type planets []planet

func (p *planets) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '[' {
		return jsonv2.UnmarshalDecode(dec, (*[]planet)(p))
	}
	*p = make(planets, 1)
	return jsonv2.UnmarshalDecode(dec, &(*p)[0])
}

// opaque decodes objects into no field that a tag names.
type opaque struct{ count int }

func (o *opaque) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	members := map[string]envelope.Value{}
	err := jsonv2.UnmarshalDecode(dec, &members)
	o.count = len(members)
	return err
}

func TestDriftOfOwnTypes(t *testing.T) {
	const member, value = "unknown_member", "unknown_value"
	seen := envelope.NewEvent[shopMeta, heavenly]("seen")
	for _, test := range []struct {
		name, data string
		want       []envelope.Drift
	}{
		{"part that is shared", `{"mass":5}`, nil},
		{"part that is shared by a pointer", `{"moons":2,"other":{}}`, nil},
		{"unknown value", `{"kind":"pluto"}`, drifts(value, "/data/kind")},
		{"unknown values in a list", `{"names":["earth","pluto","earth","x"]}`, drifts(value, "/data/names/1", value, "/data/names/3")},
		{"list with a method", `{"list":["earth","pluto"]}`, nil},
		{"text for a list with a method", `{"list":"earth"}`, nil},
		{"unknown kind with members of its own", `{"shape":{"kind":"pluto","mass":1,"ice":{"a":1}}}`, drifts(value, "/data/shape/kind")},
		{"known kind", `{"shape":{"kind":"earth","mass":1,"sea":2}}`, drifts(member, "/data/shape/sea")},
		{"type that hides its members", `{"other":{"a":1,"b":2}}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var reports []envelope.DriftReport
			h := newShop(t, hooked(&reports), seen.Handle(done))
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"event":"seen","data":` + test.data + `}`)}); err != nil {
				t.Fatal(err)
			}
			var got []envelope.Drift
			if len(reports) > 0 {
				got = reports[0].Drift
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestDriftOfOpen: an Open function says what it understood of a body.
func TestDriftOfOpen(t *testing.T) {
	const member, mistyped = "unknown_member", "wrong_type"
	for _, test := range []struct {
		name, body string
		open       func(*envelope.Contents[wrapped]) error
		want       []envelope.Drift
	}{
		{"pointer", `{"about":{"name":"x"},"order":{"number":"1","x":1},"new":1}`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/order"
			return nil
		}, drifts(member, "/order/x", member, "/new")},
		{"members", `{"about":{"name":"x"},"order":{"number":"1"},"seq":1,"new":1}`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer, o.Members = "/order", []string{"seq", "new"}
			return nil
		}, nil},
		{"body", `{"about":{"name":"x","age":1},"order":{"number":"1","x":1,"count":"5"},"new":1}`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer, o.Body = "/order", reflect.TypeFor[wrapped]()
			if err := o.Decode(o.Message.Body, "", &o.Meta); err != nil {
				return err
			}
			o.Value = o.Meta.Order
			return nil
		}, drifts(member, "/about/age", member, "/order/x", member, "/new", mistyped, "/order/count")},
		{"whole body", `{"number":"1","x":1}`, func(*envelope.Contents[wrapped]) error { return nil }, drifts(member, "/x")},
		{"another JSON", `number=1`, func(o *envelope.Contents[wrapped]) error {
			o.JSON = []byte(`{"number":"1","x":1}`)
			return nil
		}, drifts(member, "/x")},
		{"mistyped by its own means", `{"number":"1"}`, func(o *envelope.Contents[wrapped]) error {
			o.Mistyped("/own/~1way")
			return nil
		}, drifts(mistyped, "/own/~1way")},
		{"decoded in parts", `{"about":{"name":7},"order":{"number":"1"}}`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/order"
			return o.Decode([]byte(`{"name":7}`), "/about", &o.Meta.About)
		}, drifts(mistyped, "/about/name")},
		{"pointer to a nested payload", `{"about":{"name":"x"},"order":{"parent":{"number":"1","x":1}}}`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/order/parent"
			return nil
		}, drifts(member, "/order/parent/x")},
		{"pointer into a list", `{"about":{"name":"x"},"list":[{"number":"1","x":1}]}`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/list/0"
			return nil
		}, drifts(member, "/list/0/x")},
		{"pointer beside others", `{"about":{"name":"x"},"x":{"y":{"z":1},"order":{"number":"1","x":1},"w":[1]}}`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/x/order"
			return nil
		}, drifts(member, "/x/order/x")},
		{"pointer through a text", `{"about":{"name":"x"},"order":"text"}`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/order/number"
			return nil
		}, nil},
		{"pointer into no object", `[{"number":"1"}]`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/order"
			return nil
		}, nil},
		{"pointer with an escape", `{"about":{"name":"x"},"a/b":{"number":"1","x":1}}`, func(o *envelope.Contents[wrapped]) error {
			o.Pointer = "/a~1b"
			return nil
		}, drifts(member, "/a~1b/x")},
	} {
		t.Run(test.name, func(t *testing.T) {
			var reports []envelope.DriftReport
			config := hooked(&reports)
			config.Validation = envelope.ValidateOff
			h := handlerOf(t, opened(func(o *envelope.Contents[wrapped]) error {
				o.Event = "placed"
				return test.open(o)
			}), config, placed.Handle(doneOf[wrapped, order]))
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(test.body)}); err != nil {
				t.Fatal(err)
			}
			var got []envelope.Drift
			if len(reports) > 0 {
				got = reports[0].Drift
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestDriftOfMessageEvent: a name that came with the message stands at no pointer.
func TestDriftOfMessageEvent(t *testing.T) {
	for _, body := range []string{`{"data":{}}`, `{"event":"order.placed","data":{}}`} {
		var reports []envelope.DriftReport
		h := newShop(t, hooked(&reports))
		if err := h.Dispatch(t.Context(), envelope.Message{Event: "order.eaten", Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
		if len(reports) != 1 {
			t.Fatalf("%s: %d reports", body, len(reports))
		}
		if diff := cmp.Diff(drifts("unknown_event", ""), reports[0].Drift); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", body, diff)
		}
	}
}

// TestDriftIsBounded: a hundred differences of the walk are listed, and a hundred
// mistyped members; all are counted.
func TestDriftIsBounded(t *testing.T) {
	var members, lines []string
	for i := range 150 {
		members = append(members, fmt.Sprintf(`"k%d":%d`, i, i))
		lines = append(lines, `{"sku":5}`)
	}
	var reports []envelope.DriftReport
	h := newShop(t, hooked(&reports), orderPlaced.Handle(done))
	body := `{"event":"order.placed","data":{"number":"1","lines":[` + strings.Join(lines, ",") + `],` + strings.Join(members, ",") + `}}`
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	count := map[envelope.DriftKind]int{}
	for _, d := range reports[0].Drift {
		count[d.Kind]++
	}
	want := map[envelope.DriftKind]int{envelope.DriftUnknownMember: 100, envelope.DriftWrongType: 100}
	if diff := cmp.Diff(want, count); diff != "" || reports[0].Total != 300 {
		t.Errorf("total %d\n%s", reports[0].Total, diff)
	}
}

// TestDriftWithoutHook: without a hook nobody looks, and nothing is counted.
func TestDriftWithoutHook(t *testing.T) {
	var seen envelope.Observation
	config := envelope.Options{Observer: func(_ context.Context, o envelope.Observation) { seen = o }}
	body := []byte(`{"event":"order.placed","data":{"number":"1","x":1,"count":"5"}}`)
	if err := newShop(t, config, orderPlaced.Handle(done)).Dispatch(t.Context(), envelope.Message{Body: body}); err != nil {
		t.Fatal(err)
	}
	if seen.Drift != 0 {
		t.Errorf("counted %d differences", seen.Drift)
	}
	config.Drift = func(context.Context, envelope.DriftReport) {}
	if err := newShop(t, config, orderPlaced.Handle(done)).Dispatch(t.Context(), envelope.Message{Body: body}); err != nil {
		t.Fatal(err)
	}
	if seen.Drift != 2 {
		t.Errorf("counted %d differences, want 2", seen.Drift)
	}
}

// TestDriftOfRefused: drift is told before the function runs, also of a delivery
// that is refused for an identity, and not of one that is no envelope.
func TestDriftOfRefused(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       []envelope.Drift
		is         error
	}{
		{"identity mistyped", `{"event":"order.placed","data":{"number":[]}}`, drifts("wrong_type", "/data/number"), nil},
		{"identity under another name", `{"event":"order.placed","data":{"no":"5"}}`, drifts("unknown_member", "/data/no"), nil},
		{"event under another name", `{"name":"order.placed","data":{}}`, drifts("unknown_member", "/name"), nil},
		{"malformed", `{"event":"order.placed","x":1,"data":`, nil, envelope.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			var reports []envelope.DriftReport
			err := newShop(t, hooked(&reports), orderPlaced.Handle(done)).Dispatch(t.Context(), envelope.Message{Body: []byte(test.body)})
			var validation *envelope.ValidationError
			if err == nil || test.is != nil && !errors.Is(err, test.is) || test.is == nil && !errors.As(err, &validation) {
				t.Errorf("error %v", err)
			}
			var got []envelope.Drift
			if len(reports) > 0 {
				got = reports[0].Drift
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	order := []string{}
	config := envelope.Options{Drift: func(context.Context, envelope.DriftReport) { order = append(order, "drift") }}
	h := newShop(t, config, envelope.Fallback(func(context.Context, *shopDelivery[json.RawMessage]) error {
		order = append(order, "function")
		return nil
	}))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"event":"order.eaten"}`)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"drift", "function"}, order); diff != "" {
		t.Error(diff)
	}
}
