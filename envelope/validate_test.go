package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// ruled has a rule at the end of every way that a pointer can take.
type ruled struct {
	Free     string                `json:"free,omitzero"`
	Ref      string                `json:"ref,omitzero" validate:"omitempty,uuid4"`
	Item     item                  `json:"item,omitzero" validate:"omitzero"`
	Pointer  *item                 `json:"pointer,omitzero" validate:"omitempty"`
	Items    []item                `json:"items,omitzero" validate:"dive"`
	Pointers []*item               `json:"pointers,omitzero" validate:"dive"`
	Map      map[string]item       `json:"map,omitzero" validate:"dive"`
	Lists    map[string][]item     `json:"lists,omitzero" validate:"dive,dive"`
	ByNumber map[int64]item        `json:"byNumber,omitzero" validate:"dive"`
	Codes    []postcode            `json:"codes,omitzero" validate:"dive,omitempty,format"`
	ByName   map[string]postcode   `json:"byName,omitzero" validate:"dive,omitempty,format"`
	Odd      postcode              `json:"a.b[0]/c~d,omitzero" validate:"omitempty,format"`
	Shape    ruledFigure           `json:"shape,omitzero" validate:"omitzero"`
	Shapes   []ruledFigure         `json:"shapes,omitzero" validate:"dive"`
	Ignored  item                  `json:"ignored,omitzero" validate:"-"`
	Deep     map[string]*ruled     `json:"deep,omitzero" validate:"dive"`
	Value    envelope.Value        `json:"value,omitzero"`
	Labels   map[string]string     `json:"labels,omitzero"`
	Embedded embedder              `json:"embedded,omitzero" validate:"omitzero"`
	Parts    []assembly            `json:"parts,omitzero" validate:"dive"`
	Format   map[string][]postcode `json:"format,omitzero" validate:"dive,dive,omitempty,format"`
}

type item struct {
	ID   string       `json:"id,omitzero" validate:"required"`
	No   envelope.Int `json:"no,omitzero" validate:"required"`
	Code postcode     `json:"code,omitzero" validate:"omitempty,format"`
	Inner
}

// Inner is a part that another struct embeds.
type Inner struct {
	Zip postcode `json:"zip,omitzero" validate:"omitempty,format"`
}

type part struct {
	Part string `json:"part,omitzero" validate:"required"`
}

// assembly embeds a struct whose name is not exported: its members are.
type assembly struct {
	part
	Name string `json:"name,omitzero"`
}

type embedder struct {
	*Inner
	Name string `json:"name,omitzero"`
}

// ruledFigure has rules in one variant, and none in another that has a member of
// the same name.
type ruledFigure struct {
	Kind  string          `json:"kind,omitzero" wire:"kind"`
	Item  *item           `json:"-" wire:"variant=item"`
	Loose *loose          `json:"-" wire:"variant=loose"`
	Other json.RawMessage `json:"-" wire:"other"`
}

type loose struct {
	ID int64 `json:"id,omitzero"`
}

// rules makes violations: pointer, rule, ...
func rules(pairs ...string) []envelope.Violation {
	var list []envelope.Violation
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, envelope.Violation{Pointer: pairs[i], Rule: pairs[i+1]})
	}
	return list
}

// violationsOf gives what a refused or accepted delivery breaks, sorted by pointer,
// and the text of the refusal.
func violationsOf[M, T any](t *testing.T, p envelope.Provider[M], policy envelope.Validation, event envelope.Event[M, T], body string) (found []envelope.Violation, refused bool, text string) {
	t.Helper()
	var d *envelope.Delivery[M, T]
	err := handlerOf(t, p, envelope.Options{Validation: policy}, event.Handle(keepOf(&d))).
		Dispatch(t.Context(), envelope.Message{Body: []byte(body), Event: event.Name()})
	var validation *envelope.ValidationError
	switch {
	case errors.As(err, &validation):
		found, refused, text = validation.Violations, true, err.Error()
	case err != nil:
		t.Fatalf("%s: %v", body, err)
	default:
		found = d.Violations
	}
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b envelope.Violation) int { return strings.Compare(a.Pointer, b.Pointer) })
	return found, refused, text
}

// TestViolations: each broken rule is told with the pointer of its member, and the
// text of a refusal has a * for each name that the sender chose.
func TestViolations(t *testing.T) {
	const required, mistyped = envelope.RuleRequired, envelope.RuleType
	event := envelope.NewEvent[shopMeta, ruled]("ruled")
	const whole = `"id":"x","no":1`
	for _, test := range []struct {
		name, data string
		want       []envelope.Violation
		text       string // of the refusal; "" if there is none
	}{
		{"nothing sent", `{}`, nil, ""},
		{"nothing broken", `{"ref":"3f0c6d2e-8f0b-4a53-9c0f-2f2f3a1b7c11","item":{` + whole + `},"codes":["12345",""]}`, nil, ""},
		{"format", `{"ref":"x"}`, rules("/data/ref", "uuid4"), ""},
		{"all optional parts absent, null or empty", `{"item":{},"pointer":null,"items":[],"map":{},"shape":[],"deep":{}}`, nil, ""},

		{"identity missing", `{"item":{"id":"x"}}`, rules("/data/item/no", required), "/data/item/no required"},
		{"identity null", `{"item":{"id":null,"no":1}}`, rules("/data/item/id", required), "/data/item/id required"},
		{"identity empty", `{"item":{"id":"","no":1}}`, rules("/data/item/id", required), "/data/item/id required"},
		{"zero is a number", `{"item":{"id":"x","no":0}}`, nil, ""},
		{"number for a text", `{"item":{"id":7,"no":1}}`, nil, ""}, // Its digits say all of it.
		{"PHP's false for a text", `{"item":{"id":false,"no":1}}`, rules("/data/item/id", mistyped), "/data/item/id type"},
		{"list for a text", `{"item":{"id":["x"],"no":1}}`, rules("/data/item/id", mistyped), "/data/item/id type"},
		{"boolean for a text", `{"item":{"id":true,"no":1}}`, rules("/data/item/id", mistyped), "/data/item/id type"},
		{"object for a text", `{"item":{"id":{},"no":1}}`, rules("/data/item/id", mistyped), "/data/item/id type"},
		{"text for a number", `{"item":{"id":"x","no":"1"}}`, nil, ""}, // a spelling of Int
		{"word for a number", `{"item":{"id":"x","no":"one"}}`, rules("/data/item/no", mistyped), "/data/item/no type"},
		{"mistyped member that is no identity", `{"item":{` + whole + `,"code":12345}}`, nil, ""},

		{"pointer", `{"pointer":{"id":"x"}}`, rules("/data/pointer/no", required), "/data/pointer/no required"},
		{"empty object behind a pointer", `{"pointer":{}}`, rules("/data/pointer/id", required, "/data/pointer/no", required), "/data/pointer/id required /data/pointer/no required"},
		{"elements", `{"items":[{` + whole + `},{"id":"x"},{"no":2}]}`, rules("/data/items/1/no", required, "/data/items/2/id", required), "/data/items/1/no required /data/items/2/id required"},
		{"mistyped in an element", `{"items":[{` + whole + `},{"id":true,"no":1}]}`, rules("/data/items/1/id", mistyped), "/data/items/1/id type"},
		{"many elements", `{"items":[` + strings.Repeat(`{`+whole+`},`, 11) + `{"id":"x"}]}`, rules("/data/items/11/no", required), "/data/items/11/no required"},
		{"pointers in a list", `{"pointers":[null,{"id":"x"}]}`, rules("/data/pointers/1/no", required), "/data/pointers/1/no required"},
		{"texts in a list", `{"codes":["12345","x"]}`, rules("/data/codes/1", "format"), ""},
		{"texts in lists in a map", `{"format":{"a":["12345","x"]}}`, rules("/data/format/a/1", "format"), ""},

		{"map", `{"map":{"home":{"id":"x"}}}`, rules("/data/map/home/no", required), "/data/map/*/no required"},
		{"key with dots", `{"map":{"a.b..c.no":{"id":"x"}}}`, rules("/data/map/a.b..c.no/no", required), "/data/map/*/no required"},
		{"key with slashes and tildes", `{"map":{"a/b~c":{"id":"x"}}}`, rules("/data/map/a~1b~0c/no", required), "/data/map/*/no required"},
		{"key with brackets", `{"map":{"a[0].no]":{"id":"x"},"a":{` + whole + `},"a[0]":{` + whole + `}}}`, rules("/data/map/a[0].no]/no", required), "/data/map/*/no required"},
		{"empty key", `{"map":{"":{"id":"x"}}}`, rules("/data/map//no", required), "/data/map/*/no required"},
		{"key that is a number", `{"map":{"0":{"id":"x"}}}`, rules("/data/map/0/no", required), "/data/map/*/no required"},
		{"mistyped behind a key", `{"map":{"ana@example.com":{"id":true,"no":1}}}`, rules("/data/map/ana@example.com/id", mistyped), "/data/map/*/id type"},
		{"missing and mistyped behind a key", `{"map":{"ana@example.com":{"id":[],"no":1}}}`, rules("/data/map/ana@example.com/id", mistyped), "/data/map/*/id type"},
		{"texts in a map", `{"byName":{"a.b":"x","c":"12345"}}`, rules("/data/byName/a.b", "format"), ""},
		{"numbers as keys", `{"byNumber":{"7":{"id":"x"}}}`, rules("/data/byNumber/7/no", required), "/data/byNumber/*/no required"},
		{"lists in a map", `{"lists":{"a":[{` + whole + `},{"id":"x"}]}}`, rules("/data/lists/a/1/no", required), "/data/lists/*/1/no required"},
		{"odd name of a member", `{"a.b[0]\/c~d":"x"}`, rules("/data/a.b[0]~1c~0d", "format"), ""},

		{"variant", `{"shape":{"kind":"item","id":"x"}}`, rules("/data/shape/no", required), "/data/shape/no required"},
		{"mistyped in a variant", `{"shape":{"id":{},"no":1,"kind":"item"}}`, rules("/data/shape/id", mistyped), "/data/shape/id type"},
		{"format in a variant", `{"shapes":[{"kind":"item",` + whole + `,"code":"x"}]}`, rules("/data/shapes/0/code", "format"), ""},
		{"embedded struct in a variant", `{"shapes":[{"kind":"item",` + whole + `,"zip":"x"}]}`, rules("/data/shapes/0/zip", "format"), ""},
		{"mistyped in a variant without that rule", `{"shape":{"id":"x","kind":"loose"}}`, nil, ""},
		{"unknown variant", `{"shape":{"kind":"other","id":7}}`, nil, ""},
		{"embedded struct", `{"item":{` + whole + `,"zip":"x"}}`, rules("/data/item/zip", "format"), ""},
		{"identity of an embedded struct", `{"parts":[{"name":"n"}]}`, rules("/data/parts/0/part", required), "/data/parts/0/part required"},
		{"mistyped identity of an embedded struct", `{"parts":[{"part":[7]}]}`, rules("/data/parts/0/part", mistyped), "/data/parts/0/part type"},
		{"embedded pointer", `{"embedded":{"name":"n","zip":"x"}}`, rules("/data/embedded/zip", "format"), ""},
		{"embedded pointer to nothing", `{"embedded":{"name":"n"}}`, nil, ""},
		{"rules that are ignored", `{"ignored":{"id":"x"}}`, nil, ""},
		{
			"all together", `{"ref":"x","deep":{"a/b":{"items":[{"id":"x"}],"ref":"y","deep":{"c.d":{"pointer":{"id":true,"no":1}}}}}}`,
			rules("/data/deep/a~1b/deep/c.d/pointer/id", mistyped, "/data/deep/a~1b/items/0/no", required, "/data/deep/a~1b/ref", "uuid4", "/data/ref", "uuid4"),
			"/data/deep/*/items/0/no required /data/deep/*/deep/*/pointer/id type",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := `{"event":"ruled","data":` + test.data + `}`
			found, refused, text := violationsOf(t, shop(), envelope.ValidateIdentities, event, body)
			if refused != (test.text != "") {
				t.Fatalf("refused: %t, %s", refused, text)
			}
			want := test.want
			if refused { // The error lists what refuses.
				want = slices.DeleteFunc(slices.Clone(want), func(v envelope.Violation) bool { return v.Rule != required && v.Rule != mistyped })
				if text != "validation failed: "+test.text {
					t.Errorf("error %q, want %q", text, test.text)
				}
			}
			if diff := cmp.Diff(want, found, cmp.Comparer(sameViolation)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			found, refused, _ = violationsOf(t, shop(), envelope.ValidateAll, event, body)
			if diff := cmp.Diff(test.want, found, cmp.Comparer(sameViolation)); diff != "" || refused != (test.want != nil) {
				t.Errorf("ValidateAll refused: %t\n%s", refused, diff)
			}
			found, refused, _ = violationsOf(t, shop(), envelope.ValidateOff, event, body)
			if refused || found != nil {
				t.Errorf("ValidateOff refused: %t, %v", refused, found)
			}
		})
	}
}

// TestIdentityWithMoreRules: an identity that has a format as well is one all the
// same.
func TestIdentityWithMoreRules(t *testing.T) {
	type strict struct {
		ID    string   `json:"id,omitzero" validate:"required,uuid4"`
		Names []string `json:"names,omitzero" validate:"required,dive,required"`
	}
	event := envelope.NewEvent[shopMeta, strict]("strict")
	const id = `"id":"3f0c6d2e-8f0b-4a53-9c0f-2f2f3a1b7c11"`
	for _, test := range []struct {
		name, data string
		refused    bool
		want       []envelope.Violation
	}{
		{"whole", `{` + id + `,"names":["a"]}`, false, nil},
		{"missing", `{"names":["a"]}`, true, rules("/data/id", "required")},
		{"wrong format", `{"id":"x","names":["a"]}`, false, rules("/data/id", "uuid4")},
		{"mistyped", `{"id":true,"names":["a"]}`, true, rules("/data/id", "type")},
		{"list missing", `{` + id + `}`, true, rules("/data/names", "required")},
		{"list mistyped", `{` + id + `,"names":"a"}`, true, rules("/data/names", "type")},
		{"element missing", `{` + id + `,"names":["a",null]}`, true, rules("/data/names/1", "required")},
		{"number", `{"id":7,"names":["a",5]}`, false, rules("/data/id", "uuid4")},
		{"element mistyped", `{` + id + `,"names":["a",true]}`, true, rules("/data/names/1", "type")},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, refused, _ := violationsOf(t, shop(), envelope.ValidateIdentities, event, `{"event":"strict","data":`+test.data+`}`)
			found = slices.DeleteFunc(found, func(v envelope.Violation) bool { return refused && v.Rule == "uuid4" })
			if diff := cmp.Diff(test.want, found, cmp.Comparer(sameViolation)); diff != "" || refused != test.refused {
				t.Errorf("refused %t (-want +got)\n%s", refused, diff)
			}
		})
	}
}

// TestMistypedIdentityBehindMany: no number of other misfits hides an identity that
// is mistyped, also not one of an element. What is not listed any more counts as
// missing.
func TestMistypedIdentityBehindMany(t *testing.T) {
	labels := `"labels":{`
	for i := range 150 {
		labels += fmt.Sprintf(`"k%d":5,`, i)
	}
	labels = strings.TrimSuffix(labels, ",") + `}`
	type element struct {
		SKU string `json:"sku,omitzero" validate:"required"`
	}
	type payload struct {
		Labels map[string]string  `json:"labels,omitzero"`
		Number string             `json:"number,omitzero" validate:"required"`
		Lines  []element          `json:"lines,omitzero" validate:"dive"`
		Places map[string]element `json:"places,omitzero" validate:"dive"`
	}
	event := envelope.NewEvent[shopMeta, payload]("many")
	for _, test := range []struct{ name, data, pointer string }{
		{"member", `{` + labels + `,"number":true}`, "/data/number"},
		{"member of an element", `{` + labels + `,"number":"7","lines":[{"sku":"a"},{"sku":true}]}`, "/data/lines/1/sku"},
		{"member of an element of a map", `{` + labels + `,"number":"7","places":{"home":{"sku":[]}}}`, "/data/places/home/sku"},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := `{"event":"many","data":` + test.data + `}`
			found, refused, _ := violationsOf(t, shop(), envelope.ValidateIdentities, event, body)
			if diff := cmp.Diff(rules(test.pointer, "required"), found, cmp.Comparer(sameViolation)); diff != "" || !refused {
				t.Errorf("refused %t (-want +got)\n%s", refused, diff)
			}
		})
	}
}

// TestRightIdentitiesAmongMany: many misfits elsewhere do not make an identity wrong.
func TestRightIdentitiesAmongMany(t *testing.T) {
	var labels []string
	for i := range 150 {
		labels = append(labels, fmt.Sprintf(`"k%d":5`, i))
	}
	const whole = `{"id":"x","no":1}`
	found, refused, text := violationsOf(t, shop(), envelope.ValidateIdentities, envelope.NewEvent[shopMeta, ruled]("ruled"),
		`{"event":"ruled","data":{"labels":{`+strings.Join(labels, ",")+`},"item":`+whole+`,"items":[`+whole+`],"map":{"a":`+whole+`}}}`)
	if found != nil || refused {
		t.Errorf("refused %t, %v: %s", refused, found, text)
	}
}

// TestMetaRules: rules of the members around the payload count from the body on.
func TestMetaRules(t *testing.T) {
	type meta struct {
		ID       string          `json:"id,omitzero" validate:"required"`
		DataNo   int64           `json:"datanumber,omitzero"`
		DataPath int64           `json:"data.number,omitzero"`
		Places   map[string]item `json:"places,omitzero" validate:"dive"`
	}
	event := envelope.NewEvent[meta, order]("order.placed")
	p := envelope.Provider[meta]{Name: "shop", Layout: shop().Layout}
	for _, test := range []struct {
		name, meta string
		want       []envelope.Violation
		text       string
	}{
		{"whole", `"id":"m"`, nil, ""},
		{"missing", `"x":1`, rules("/id", "required"), "/id required"},
		{"mistyped", `"id":true`, rules("/id", "type"), "/id type"},
		{"in a map", `"id":"m","places":{"home":{"id":"x"}}`, rules("/places/home/no", "required"), "/places/*/no required"},
		{"mistyped member whose name begins like the payload's", `"id":"m","datanumber":"x","data.number":"x"`, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, refused, text := violationsOf(t, p, envelope.ValidateIdentities, event, `{`+test.meta+`,"event":"order.placed","data":{"number":"1"}}`)
			if diff := cmp.Diff(test.want, found, cmp.Comparer(sameViolation)); diff != "" || refused != (test.want != nil) || strings.TrimPrefix(text, "validation failed: ") != test.text {
				t.Errorf("refused %t, %q (-want +got)\n%s", refused, text, diff)
			}
		})
	}
}

type page[T any] struct {
	Items []T `json:"items,omitzero" validate:"dive"`
}

// TestRulesOfPayloadTypes: whatever type the payload has, its rules hold.
func TestRulesOfPayloadTypes(t *testing.T) {
	for _, test := range []struct {
		name, data string
		check      func(t *testing.T, data string) (found []envelope.Violation, refused bool, text string)
		want       []envelope.Violation
	}{
		{"pointer", `{"id":"x"}`, violationsAs[*item], rules("/data/no", "required")},
		{"list", `[{"id":"x"}]`, violationsAs[[]item], rules("/data/0/no", "required")},
		{"list of pointers", `[null,{"id":"x"}]`, violationsAs[[]*item], rules("/data/1/no", "required")},
		{"list of lists", `[[],[{"id":"x"}]]`, violationsAs[[][]item], rules("/data/1/0/no", "required")},
		{"map", `{"a/b":{"id":"x"}}`, violationsAs[map[string]item], rules("/data/a~1b/no", "required")},
		{"generic struct", `{"items":[{"id":"x"}]}`, violationsAs[page[item]], rules("/data/items/0/no", "required")},
		{"mistyped in a pointer", `{"id":true,"no":1}`, violationsAs[*item], rules("/data/id", "type")},
		{"mistyped in a map", `{"a/b":{"id":[7],"no":1}}`, violationsAs[map[string]item], rules("/data/a~1b/id", "type")},
		{"struct without a name", `{"item":{"id":"x"}}`, violationsAs[struct {
			Item item `json:"item"`
		}], rules("/data/item/no", "required")},
		{"variant", `{"kind":"item","id":"x"}`, violationsAs[ruledFigure], rules("/data/no", "required")},
		{"text", `"x"`, violationsAs[string], nil},
		{"number", `5`, violationsAs[int64], nil},
		{"boolean", `true`, violationsAs[bool], nil},
		{"texts", `["x"]`, violationsAs[[]string], nil},
		{"anything", `{"id":1}`, violationsAs[any], nil},
		{"open value", `{"id":1}`, violationsAs[envelope.Value], nil},
		{"raw JSON", `{"id":1}`, violationsAs[json.RawMessage], nil},
		{"scalar", `"1.50"`, violationsAs[envelope.Decimal], nil},
		{"map without rules", `{"a":"b"}`, violationsAs[map[string]string], nil},
		{"struct without rules", `{"sku":"b"}`, violationsAs[line], nil},
		{"no members at all", `{"sku":"b"}`, violationsAs[struct{}], nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, refused, text := test.check(t, test.data)
			if diff := cmp.Diff(test.want, found, cmp.Comparer(sameViolation)); diff != "" || refused != (test.want != nil) {
				t.Errorf("refused %t (-want +got)\n%s", refused, diff)
			}
			if strings.Contains(text, "a~1b") {
				t.Errorf("%q shows a key", text)
			}
		})
	}
}

func violationsAs[T any](t *testing.T, data string) (found []envelope.Violation, refused bool, text string) {
	t.Helper()
	event := envelope.NewEvent[shopMeta, T]("any")
	return violationsOf(t, shop(), envelope.ValidateIdentities, event, `{"event":"any","data":`+data+`}`)
}

// TestValidationErrorText: a long list is cut, and no value is in it.
func TestValidationErrorText(t *testing.T) {
	body := `{"event":"ruled","data":{"items":[` + strings.TrimSuffix(strings.Repeat(`{"id":"marked@example.com"},`, 10), ",") + `]}}`
	_, _, text := violationsOf(t, shop(), envelope.ValidateIdentities, envelope.NewEvent[shopMeta, ruled]("ruled"), body)
	if !strings.HasPrefix(text, "validation failed: /data/items/0/no required /data/items/1/no required") || !strings.HasSuffix(text, "/data/items/7/no required and 2 more") {
		t.Errorf("error %q", text)
	}
	if strings.Contains(text, "marked") {
		t.Errorf("%q shows a value", text)
	}
	whole := envelope.ValidationError{Violations: rules("", "own rule", "/a", "type")}
	if got, want := whole.Error(), "validation failed: the body own rule /a type"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

// TestCheck: a provider's own rules go beside those of the tags.
func TestCheck(t *testing.T) {
	var seen []any
	p := shop()
	var own []envelope.Violation
	p.Check = func(meta *shopMeta, payload any) []envelope.Violation {
		seen = append(seen, meta.ID, payload)
		return own
	}
	for _, test := range []struct {
		name, body string
		own        []envelope.Violation
		policy     envelope.Validation
		want       []envelope.Violation
		refused    bool
		calls      int
	}{
		{"none", `{"event":"order.placed","id":"m","data":{"number":"1"}}`, nil, envelope.ValidateIdentities, nil, false, 1},
		{"reported", `{"event":"order.placed","id":"m","data":{"number":"1"}}`, rules("/data/total", "positive"), envelope.ValidateIdentities, rules("/data/total", "positive"), false, 1},
		{"identity", `{"event":"order.placed","id":"m","data":{"number":"1"}}`, rules("/id", "required"), envelope.ValidateIdentities, rules("/id", "required"), true, 1},
		{"identity that is mistyped", `{"event":"order.placed","id":[],"data":{"number":"1"}}`, rules("/id", "required"), envelope.ValidateIdentities, rules("/id", "type"), true, 1},
		{"beside a tag", `{"event":"order.placed","id":"m","data":{}}`, rules("/data/total", "positive"), envelope.ValidateIdentities, rules("/data/number", "required"), true, 1},
		{"all", `{"event":"order.placed","id":"m","data":{"number":"1"}}`, rules("/data/total", "positive"), envelope.ValidateAll, rules("/data/total", "positive"), true, 1},
		{"all, beside a tag", `{"event":"order.placed","id":"m","data":{}}`, rules("/data/total", "positive"), envelope.ValidateAll, rules("/data/number", "required", "/data/total", "positive"), true, 1},
		{"off", `{"event":"order.placed","id":"m","data":{"number":"1"}}`, rules("/id", "required"), envelope.ValidateOff, nil, false, 0},
		{"any event", `{"event":"order.closed","id":"m","data":{"number":"1"}}`, rules("/data/total", "positive"), envelope.ValidateIdentities, nil, false, 1},
		{"nobody's event", `{"event":"orders.listed","id":"m","data":[]}`, rules("/id", "required"), envelope.ValidateAll, nil, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen, own = nil, test.own
			var d *shopDelivery[order]
			h := handlerOf(t, p, envelope.Options{Validation: test.policy}, orderPlaced.Handle(keep(&d)), orderClosed.Any().Handle(done))
			err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(test.body)})
			var validation *envelope.ValidationError
			var got []envelope.Violation
			if errors.As(err, &validation) {
				got = validation.Violations
			} else if d != nil {
				got = d.Violations
			}
			if diff := cmp.Diff(test.want, got, cmp.Comparer(sameViolation)); diff != "" || (err != nil) != test.refused {
				t.Errorf("error %v (-want +got)\n%s", err, diff)
			}
			if len(seen) != 2*test.calls {
				t.Fatalf("called with %v", seen)
			}
			if test.calls > 0 {
				if _, ok := seen[1].(*order); !ok {
					t.Errorf("called with a %T", seen[1])
				}
			}
		})
	}
	h := handlerOf(t, p, envelope.Options{}, envelope.Fallback(done[json.RawMessage]))
	seen = nil
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"event":"order.placed","data":{}}`)}); err != nil || seen != nil {
		t.Errorf("a fallback was checked with %v, error %v", seen, err)
	}
}

// TestViolationsAreCounted: the observer learns how many rules a delivery breaks,
// refused or not.
func TestViolationsAreCounted(t *testing.T) {
	for body, want := range map[string]int{
		`{"event":"order.placed","data":{"number":"1"}}`:                                         0,
		`{"event":"order.placed","data":{"number":"1","customer":{"id":"x"}}}`:                   1,
		`{"event":"order.placed","data":{"customer":{"id":"x"},"places":{"home":{"code":"x"}}}}`: 3,
		`{"event":"order.placed"}`:                                1,
		`{"data":{"customer":{"id":"x"}}}`:                        0, // not looked at
		`{"event":"order.closed","data":{"customer":{"id":"x"}}}`: 0, // nobody's
		`{"event":"order.placed","data":{"number":"1","customer":{"id":"x"},"parent":{"number":"1"}}}`: 1,
	} {
		var seen envelope.Observation
		h := newShop(t, envelope.Options{Observer: func(_ context.Context, o envelope.Observation) { seen = o }}, orderPlaced.Handle(done))
		_ = h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)})
		if seen.Violations != want {
			t.Errorf("%s: %d violations, want %d", body, seen.Violations, want)
		}
	}
}
