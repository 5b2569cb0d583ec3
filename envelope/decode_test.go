package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// everything has a field of every shape that a payload can have.
type everything struct {
	Trip int64 `json:"trip,omitzero"` // mistyped, to have the body decoded once more

	Text    string  `json:"text,omitzero"`
	Status  status  `json:"status,omitzero"`
	Flag    bool    `json:"flag,omitzero"`
	Int     int64   `json:"int,omitzero"`
	Int8    int8    `json:"int8,omitzero"`
	Uint    uint8   `json:"uint,omitzero"`
	Large   uint64  `json:"large,omitzero"`
	Float   float64 `json:"float,omitzero"`
	Float32 float32 `json:"float32,omitzero"`

	Texts   []string          `json:"texts,omitzero"`
	Grid    [][]int64         `json:"grid,omitzero"`
	Lines   []line            `json:"lines,omitzero"`
	Array   [2]int64          `json:"array,omitzero"`
	Bytes   []byte            `json:"bytes,omitzero"`
	Labels  map[string]string `json:"labels,omitzero"`
	Numbers map[int64]string  `json:"numbers,omitzero"`
	Line    line              `json:"line,omitzero"`
	Pointer *line             `json:"pointer,omitzero"`
	Count   *int64            `json:"count,omitzero"`

	Decimal   envelope.Decimal   `json:"decimal,omitzero"`
	Integer   envelope.Int       `json:"integer,omitzero"`
	Bool      envelope.Bool      `json:"bool,omitzero"`
	Time      envelope.Time      `json:"time,omitzero"`
	UnixTime  envelope.UnixTime  `json:"unix,omitzero"`
	UnixMilli envelope.UnixMilli `json:"milli,omitzero"`
	Value     envelope.Value     `json:"value,omitzero"`

	Moment time.Time       `json:"moment,omitzero"`
	Word   word            `json:"word,omitzero"`
	Raw    json.RawMessage `json:"raw,omitzero"`
	Any    any             `json:"any,omitzero"`

	Shape   figure   `json:"shape,omitzero"`
	Shapes  []figure `json:"shapes,omitzero"`
	Bag     bag      `json:"bag,omitzero"`
	Note    note     `json:"note,omitzero"`
	Either  either   `json:"either,omitzero"`
	Eithers []either `json:"eithers,omitzero"`
}

// word is made of a text, and refuses those in capitals.
type word string

func (w word) MarshalText() ([]byte, error) { return []byte(w), nil }

func (w *word) UnmarshalText(text []byte) error {
	if strings.ToLower(string(text)) != string(text) {
		return errors.New("capitals")
	}
	*w = word(text)
	return nil
}

// figure is an object of one shape a kind.
type figure struct {
	Kind   string          `json:"kind,omitzero" wire:"kind"`
	Name   string          `json:"name,omitzero"`
	Circle *circle         `json:"-" wire:"variant=circle"`
	Square *square         `json:"-" wire:"variant=square"`
	Other  json.RawMessage `json:"-" wire:"other"`
}

type circle struct {
	Kind   string           `json:"kind,omitzero"`
	Name   string           `json:"name,omitzero"`
	Radius envelope.Decimal `json:"radius,omitzero"`
	Inner  *figure          `json:"inner,omitzero"`
}

type square struct {
	Kind string `json:"kind,omitzero"`
	Side int64  `json:"side,omitzero"`
}

func (f *figure) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, f) }
func (f figure) MarshalJSON() ([]byte, error)  { return wire.Marshal(&f) }

// bag keeps the members that it has no field for.
type bag struct {
	Size  int64             `json:"size,omitzero"`
	Extra map[string]string `json:"-" wire:"extra"`
}

func (b *bag) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, b) }
func (b bag) MarshalJSON() ([]byte, error)     { return wire.Marshal(&b) }

// note is an object, or its text alone.
type note struct {
	Size int64  `json:"size,omitzero"`
	Text string `json:"-" wire:"text"`
}

func (n *note) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, n) }
func (n note) MarshalJSON() ([]byte, error)     { return wire.Marshal(&n) }

// either is a number, or an object like line, by a method of its own.
type either struct {
	Number int64            `json:"-"`
	SKU    string           `json:"sku,omitzero"`
	Amount envelope.Decimal `json:"amount,omitzero"`
}

func (e *either) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case '0':
		return jsonv2.UnmarshalDecode(dec, &e.Number)
	case '{':
		type plain either
		if err := jsonv2.UnmarshalDecode(dec, (*plain)(e)); err != nil {
			return err
		}
		if e.SKU == "refused" {
			return errors.New("refused")
		}
		return nil
	}
	return errors.New("neither")
}

func (e either) MarshalJSON() ([]byte, error) {
	if e.Number != 0 {
		return json.Marshal(e.Number)
	}
	type plain either
	return json.Marshal(plain(e))
}

var everythingSent = envelope.NewEvent[shopMeta, everything]("everything")

// misfitsOf delivers a payload in one order of the envelope and gives what became
// of it, and the pointers of the members whose type did not fit.
func misfitsOf(t *testing.T, data string, eventFirst bool) (d *shopDelivery[everything], pointers []string, total int, err error) {
	t.Helper()
	h := newShop(t, envelope.Options{Drift: func(_ context.Context, r envelope.DriftReport) {
		for _, drift := range r.Drift {
			if drift.Kind == envelope.DriftWrongType {
				pointers = append(pointers, drift.Pointer)
			}
		}
		total = r.Total
	}}, everythingSent.Handle(keep(&d)))
	body := `{"event":"everything","data":` + data + `}`
	if !eventFirst {
		body = `{"data":` + data + `,"event":"everything"}`
	}
	err = h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)})
	return d, pointers, total, err
}

// TestMisfits: a member whose type does not fit becomes drift and never fails the
// delivery. What can be told without loss is kept, the rest is zero.
func TestMisfits(t *testing.T) {
	tests := []struct {
		name, member, wire string
		want               string   // what the member is encoded to; "" if it is zero
		misfits            []string // pointers relative to the member; "." is the member itself
	}{
		{"text", "text", `"a"`, `"a"`, nil},
		{"null", "text", `null`, ``, nil},
		{"number for text", "text", `1.50`, `"1.50"`, []string{"."}},
		{"boolean for text", "text", `true`, `"true"`, []string{"."}},
		{"PHP's false for no text", "text", `false`, ``, []string{"."}},
		{"object for text", "text", `{"a":1}`, ``, []string{"."}},
		{"list for text", "text", `["a"]`, ``, []string{"."}},
		{"empty list for text", "text", `[]`, ``, []string{"."}},
		{"number for a listed text", "status", `5`, `"5"`, []string{"."}},

		{"boolean", "flag", `true`, `true`, nil},
		{"text for a boolean", "flag", `"true"`, `true`, []string{"."}},
		{"yes for a boolean", "flag", `"Yes"`, `true`, []string{"."}},
		{"number for a boolean", "flag", `1`, `true`, []string{"."}},
		{"zero for a boolean", "flag", `0`, ``, []string{"."}},
		{"word for a boolean", "flag", `"perhaps"`, ``, []string{"."}},
		{"list for a boolean", "flag", `[true]`, ``, []string{"."}},

		{"integer", "int", `5`, `5`, nil},
		{"whole fraction for an integer", "int", `5.0`, `5`, nil},
		{"exponent for an integer", "int", `5e2`, `500`, nil},
		{"text for an integer", "int", `"-5"`, `-5`, []string{"."}},
		{"text of a whole fraction for an integer", "int", `"5.0"`, `5`, []string{"."}},
		{"fraction for an integer", "int", `5.5`, ``, []string{"."}},
		{"word for an integer", "int", `"five"`, ``, []string{"."}},
		{"empty text for an integer", "int", `""`, ``, []string{"."}},
		{"boolean for an integer", "int", `true`, ``, []string{"."}},
		{"object for an integer", "int", `{}`, ``, []string{"."}},
		{"too large for an integer", "int", `9223372036854775808`, ``, []string{"."}},
		{"enormous for an integer", "int", `1e400`, ``, []string{"."}},
		{"small integer", "int8", `-128`, `-128`, nil},
		{"too large for a small integer", "int8", `128`, ``, []string{"."}},
		{"text for a small integer", "int8", `"7"`, `7`, []string{"."}},
		{"pointer to an integer", "count", `0`, `0`, nil},
		{"text for a pointer to an integer", "count", `"7"`, `7`, []string{"."}},
		{"unsigned", "uint", `255`, `255`, nil},
		{"whole fraction for an unsigned", "uint", `5.0`, `5`, nil},
		{"text for an unsigned", "uint", `"5"`, `5`, []string{"."}},
		{"negative for an unsigned", "uint", `-1`, ``, []string{"."}},
		{"too large for an unsigned", "uint", `256`, ``, []string{"."}},
		{"word for an unsigned", "uint", `"x"`, ``, []string{"."}},
		{"nothing for an unsigned", "uint", `""`, ``, []string{"."}},
		{"largest unsigned", "large", `18446744073709551615`, `18446744073709551615`, nil},
		{"text for the largest unsigned", "large", `"18446744073709551615"`, `18446744073709551615`, []string{"."}},
		{"beyond the largest unsigned", "large", `"18446744073709551616"`, ``, []string{"."}},
		{"list for an unsigned", "uint", `[]`, ``, []string{"."}},

		{"float", "float", `1.5`, `1.5`, nil},
		{"text for a float", "float", `"1.5"`, `1.5`, []string{"."}},
		{"word for a float", "float", `"much"`, ``, []string{"."}},
		{"no number for a float", "float", `"NaN"`, ``, []string{"."}},
		{"infinity for a float", "float", `"-Inf"`, ``, []string{"."}},
		{"hexadecimal for a float", "float", `"0x1p4"`, ``, []string{"."}},
		{"boolean for a float", "float", `true`, ``, []string{"."}},
		{"too large for a float", "float", `1e999`, ``, []string{"."}},
		{"too large for a small float", "float32", `1e39`, ``, []string{"."}},

		{"list", "texts", `["a","b"]`, `["a","b"]`, nil},
		{"object with numbers for a list", "texts", `{"0":"a","2":"b"}`, `["a","b"]`, nil},
		{"empty object for a list", "texts", `{}`, ``, nil},
		{"object for a list", "texts", `{"a":"b","c":"d"}`, ``, []string{"."}},
		{"object with some numbers for a list", "texts", `{"0":"a","x/y":"b","-1":"c","":"d","1":"e"}`, `["a","e"]`, []string{"/x~1y", "/-1", "/"}},
		{"text for a list", "texts", `"a,b"`, ``, []string{"."}},
		{"number for a list", "texts", `0`, ``, []string{"."}},
		{"null in a list", "texts", `["a",null]`, `["a",""]`, nil},
		{"mistyped element", "texts", `["a",5,{},"b"]`, `["a","5","","b"]`, []string{"/1", "/2"}},
		{"mistyped element of an object for a list", "texts", `{"7":5}`, `["5"]`, []string{"/7"}},
		{"list of lists", "grid", `[[1],[2,3]]`, `[[1],[2,3]]`, nil},
		{"objects for lists of lists", "grid", `{"0":{"0":1},"1":[2,"3"]}`, `[[1],[2,3]]`, []string{"/1/1"}},
		{"object with numbers for a list of objects", "lines", `{"1":{"sku":"a"},"4":[]}`, `[{"sku":"a"},{}]`, nil},
		{"mistyped member of an element", "lines", `[{"sku":"a"},{"sku":5,"amount":"x"},"b"]`, `[{"sku":"a"},{"sku":"5"},{}]`, []string{"/1/sku", "/1/amount", "/2"}},
		{"array", "array", `[1,2]`, `[1,2]`, nil},
		{"array too short", "array", `[1]`, ``, []string{"."}},
		{"text for an array", "array", `"1,2"`, ``, []string{"."}},
		{"bytes", "bytes", `"aGk="`, `"aGk="`, nil},
		{"no bytes", "bytes", `"?"`, ``, []string{"."}},
		{"number for bytes", "bytes", `5`, ``, []string{"."}},

		{"map", "labels", `{"a":"b"}`, `{"a":"b"}`, nil},
		{"empty list for a map", "labels", "[ \n ]", ``, nil},
		{"list for a map", "labels", `["a"]`, ``, []string{"."}},
		{"text for a map", "labels", `"a"`, ``, []string{"."}},
		{"mistyped values", "labels", `{"a":5,"b/c~d":[],"e":"f"}`, `{"a":"5","b/c~d":"","e":"f"}`, []string{"/a", "/b~1c~0d"}},
		{"map by number", "numbers", `{"1":"a"}`, `{"1":"a"}`, nil},
		{"word in a map by number", "numbers", `{"one":"a"}`, ``, []string{"."}},

		{"object", "line", `{"sku":"a"}`, `{"sku":"a"}`, nil},
		{"empty list for an object", "line", `[]`, ``, nil},
		{"list for an object", "line", `[{"sku":"a"}]`, ``, []string{"."}},
		{"text for an object", "line", `"a"`, ``, []string{"."}},
		{"boolean for an object", "line", `false`, ``, []string{"."}},
		{"mistyped member", "line", `{"amount":[],"sku":"a"}`, `{"sku":"a"}`, []string{"/amount"}},
		{"pointer", "pointer", `{"sku":"a"}`, `{"sku":"a"}`, nil},
		{"null for a pointer", "pointer", `null`, ``, nil},
		{"empty list for a pointer", "pointer", `[]`, `{}`, nil},
		{"text for a pointer", "pointer", `"a"`, `{}`, []string{"."}},

		{"decimal", "decimal", `"1.50"`, `"1.50"`, nil},
		{"word for a decimal", "decimal", `"much"`, ``, []string{"."}},
		{"list for a decimal", "decimal", `[1]`, ``, []string{"."}},
		{"integer scalar", "integer", `"5"`, `"5"`, nil},
		{"fraction for an integer scalar", "integer", `5.5`, `5.5`, []string{"."}},
		{"boolean scalar", "bool", `"no"`, `"no"`, nil},
		{"word for a boolean scalar", "bool", `"perhaps"`, ``, []string{"."}},
		{"time", "time", `"2026-03-01 10:00:00"`, `"2026-03-01 10:00:00"`, nil},
		{"number for a time", "time", `1772361000`, `1772361000`, []string{"."}},
		{"unix time", "unix", `"1772361000"`, `"1772361000"`, nil},
		{"date for a unix time", "unix", `"2026-03-01"`, `"2026-03-01"`, []string{"."}},
		{"milliseconds for a unix time", "unix", `1772361000123`, `1772361000123`, []string{"."}},
		{"milliseconds", "milli", `1772361000123`, `1772361000123`, nil},
		{"date for milliseconds", "milli", `"2026-03-01"`, `"2026-03-01"`, []string{"."}},
		{"seconds for milliseconds", "milli", `1772361000`, `1772361000`, []string{"."}},
		{"anything for a value", "value", `{"a":[1,"b"]}`, `{"a":[1,"b"]}`, nil},
		{"list for a value", "value", `[]`, `[]`, nil},
		{"moment", "moment", `"2026-03-01T10:00:00Z"`, `"2026-03-01T10:00:00Z"`, nil},
		{"word for a moment", "moment", `"now"`, ``, []string{"."}},
		{"number for a moment", "moment", `5`, ``, []string{"."}},
		{"word", "word", `"ok"`, `"ok"`, nil},
		{"word that is refused", "word", `"NO"`, ``, []string{"."}},
		{"number for a word", "word", `5`, ``, []string{"."}},
		{"raw JSON", "raw", `{"a":1}`, `{"a":1}`, nil},
		{"anything", "any", `[1,"a",{"b":null}]`, `[1,"a",{"b":null}]`, nil},

		{"variant", "shape", `{"kind":"square","side":5}`, `{"kind":"square","side":5}`, nil},
		{"mistyped member of a variant", "shape", `{"side":"5","kind":"square"}`, `{"kind":"square","side":5}`, []string{"/side"}},
		{"mistyped member of all variants", "shape", `{"kind":"circle","name":7,"radius":1.5}`, `{"kind":"circle","name":"7","radius":1.5}`, []string{"/name"}},
		{"mistyped members of variants in variants", "shape", `{"kind":"circle","inner":{"kind":"circle","inner":{"kind":"square","side":"x"},"radius":true}}`,
			`{"kind":"circle","inner":{"kind":"circle","inner":{"kind":"square"}}}`, []string{"/inner/inner/side", "/inner/radius"}},
		{"unknown kind", "shape", `{"kind":"star","points":[5]}`, `{"kind":"star","points":[5]}`, nil},
		{"no kind", "shape", `{"name":"x"}`, `{"name":"x"}`, nil},
		{"mistyped kind", "shape", `{"kind":5,"name":"x"}`, `{"kind":5,"name":"x"}`, []string{"/kind"}},
		{"empty list for variants", "shape", `[]`, ``, nil},
		{"list for variants", "shape", `[5]`, ``, []string{"."}},
		{"text for variants", "shape", `"square"`, ``, []string{"."}},
		{"list of variants", "shapes", `[{"kind":"square","side":"5"},"x",{"kind":"circle","radius":"1"}]`,
			`[{"kind":"square","side":5},{},{"kind":"circle","radius":"1"}]`, []string{"/0/side", "/1"}},
		{"extra members", "bag", `{"size":1,"color":"red"}`, `{"size":1,"color":"red"}`, nil},
		{"mistyped extra member", "bag", `{"size":"1","color":5}`, `{"size":1,"color":"5"}`, []string{"/size", "/color"}},
		{"number for a bag", "bag", `5`, ``, []string{"."}},
		{"text in place of an object", "note", `"hello"`, `"hello"`, nil},
		{"object in place of a text", "note", `{"size":"3"}`, `{"size":3}`, []string{"/size"}},
		{"number in place of both", "note", `5`, ``, []string{"."}},

		{"own method, number", "either", `5`, `5`, nil},
		{"own method, object", "either", `{"sku":"a"}`, `{"sku":"a"}`, nil},
		{"own method, mistyped member", "either", `{"sku":7,"amount":"x"}`, ``, []string{"."}},
		{"own method, neither", "either", `"x"`, ``, []string{"."}},
		{"own method, refused behind a misfit", "either", `{"amount":"x","sku":"refused"}`, ``, []string{"."}},
		{"list of own methods", "eithers", `[1,"x",{"sku":2},[]]`, `[1,{},{},{}]`, []string{"/1", "/2", "/3"}},
	}
	for _, test := range tests {
		for _, first := range []bool{true, false} {
			for _, trip := range []string{``, `"trip":"x",`} {
				t.Run(fmt.Sprintf("%s/event first %t/forced %t", test.name, first, trip != ""), func(t *testing.T) {
					d, pointers, _, err := misfitsOf(t, `{`+trip+fmt.Sprintf(`%q:%s}`, test.member, test.wire), first)
					if err != nil {
						t.Fatal(err)
					}
					encoded, err := json.Marshal(d.Payload)
					if err != nil {
						t.Fatal(err)
					}
					var members map[string]json.RawMessage
					if err := json.Unmarshal(encoded, &members); err != nil {
						t.Fatal(err)
					}
					if got := string(members[test.member]); got != test.want {
						t.Errorf("got %s, want %s", got, test.want)
					}
					var want []string
					if trip != "" {
						want = []string{"/data/trip"}
					}
					for _, pointer := range test.misfits {
						want = append(want, "/data/"+test.member+strings.TrimPrefix(pointer, "."))
					}
					slices.Sort(want)
					slices.Sort(pointers)
					if diff := cmp.Diff(want, pointers); diff != "" {
						t.Errorf("misfits (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

// TestMisfitsOfMeta: members around the payload are as tolerant as those in it.
func TestMisfitsOfMeta(t *testing.T) {
	for _, test := range []struct{ id, want string }{{`7`, "7"}, {`{"a":1}`, ""}, {`null`, ""}, {`"x"`, "x"}} {
		for _, body := range []string{
			`{"id":` + test.id + `,"event":"order.placed","data":{"number":"1"}}`,
			`{"data":{"number":"1"},"event":"order.placed","id":` + test.id + `}`,
		} {
			var drift []envelope.Drift
			d, _, err := dispatch(t, envelope.Options{Drift: func(_ context.Context, r envelope.DriftReport) { drift = r.Drift }}, body)
			if err != nil || d.Meta.ID != test.want {
				t.Fatalf("%s: %+v, error %v", body, d, err)
			}
			want := []envelope.Drift{{Kind: envelope.DriftWrongType, Pointer: "/id"}}
			if test.want == "x" || test.id == "null" {
				want = nil
			}
			if diff := cmp.Diff(want, drift); diff != "" {
				t.Errorf("%s\n%s", body, diff)
			}
		}
	}
}

// TestMisfitsAreBounded: a hundred misfits are listed, all are counted.
func TestMisfitsAreBounded(t *testing.T) {
	repeat := func(n int, element string) string {
		return strings.TrimSuffix(strings.Repeat(element+",", n), ",")
	}
	named := func(n int, value string) string {
		var members []string
		for i := range n {
			members = append(members, fmt.Sprintf(`"k%d":%s`, i, value))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	for _, test := range []struct {
		name, data string
		total      int
		last       string // the last one that is listed
	}{
		{"99", `{"texts":[` + repeat(99, `5`) + `]}`, 99, "/data/texts/98"},
		{"100", `{"texts":[` + repeat(100, `5`) + `]}`, 100, "/data/texts/99"},
		{"101", `{"texts":[` + repeat(101, `5`) + `]}`, 101, "/data/texts/99"},
		{"thousands", `{"texts":[` + repeat(5000, `5`) + `]}`, 5000, "/data/texts/99"},
		{"objects", `{"lines":[` + repeat(150, `{"sku":5,"amount":true}`) + `]}`, 300, "/data/lines/49/amount"},
		{"objects for lists", `{"grid":[` + repeat(150, `{"k":5}`) + `]}`, 150, "/data/grid/99"},
		{"members beside elements", `{"texts":{"0":"a",` + strings.TrimPrefix(named(150, `5`), "{") + `}`, 150, "/data/texts/k99"},
		{"maps", `{"labels":` + named(150, `{}`) + `}`, 150, "/data/labels/k99"},
		{"own methods", `{"eithers":[` + repeat(150, `{"sku":5}`) + `]}`, 150, "/data/eithers/99"},
		{"own methods that refuse", `{"eithers":[` + repeat(150, `{"amount":"x","sku":"refused"}`) + `]}`, 150, "/data/eithers/99"},
		{"both sides of the limit", `{"texts":[` + repeat(99, `5`) + `],"eithers":[{"sku":5},{"sku":5},"x"]}`, 102, "/data/eithers/0"},
	} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/%t", test.name, first), func(t *testing.T) {
				_, pointers, total, err := misfitsOf(t, test.data, first)
				if err != nil {
					t.Fatal(err)
				}
				if total != test.total || len(pointers) != min(test.total, 100) || pointers[len(pointers)-1] != test.last {
					t.Errorf("%d listed of %d, the last one %s; want %d, %s", len(pointers), total, pointers[len(pointers)-1], test.total, test.last)
				}
			})
		}
	}
}

// TestSecondPass: what fits is the same whether the body was decoded once or twice.
func TestSecondPass(t *testing.T) {
	const fits = `"text":"a","flag":true,"int":5,"float":1.5,"texts":["a"],"grid":[[1],[]],"lines":[{"sku":"a","amount":"1"}],"labels":{"a":"b"},` +
		`"line":{"sku":"a"},"pointer":{"sku":"b"},"count":0,"decimal":"1.50","integer":"5","bool":0,"time":"2026-03-01","unix":5,"milli":"5","value":{"a":[]},` +
		`"moment":"2026-03-01T10:00:00Z","word":"ok","raw":{"a":1},"any":{"a":[1]},"shape":{"kind":"circle","radius":1,"inner":{"kind":"star","x":1}},` +
		`"shapes":[{"kind":"square","side":1}],"bag":{"a":"b"},"note":"n","either":{"sku":"a"},"eithers":[1,{"sku":"c"}]`
	once, pointers, _, err := misfitsOf(t, `{`+fits+`}`, true)
	if err != nil || pointers != nil {
		t.Fatalf("misfits %v, error %v", pointers, err)
	}
	for _, data := range []string{`{"trip":"x",` + fits + `}`, `{` + fits + `,"trip":"x"}`} {
		for _, first := range []bool{true, false} {
			twice, pointers, _, err := misfitsOf(t, data, first)
			if err != nil || !slices.Equal(pointers, []string{"/data/trip"}) {
				t.Fatalf("misfits %v, error %v", pointers, err)
			}
			if diff := cmp.Diff(once.Payload, twice.Payload); diff != "" {
				t.Errorf("(-once +twice)\n%s", diff)
			}
		}
	}
}
