package envelope_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/object"
)

// holdings is a type that holds others in every way that memory is counted for.
type holdings struct {
	Name    string              `json:"name"`
	List    []holdings          `json:"list"`
	Texts   []string            `json:"texts"`
	Deep    [][]line            `json:"deep"`
	Map     map[string]holdings `json:"map"`
	Labels  map[string]string   `json:"labels"`
	Pointer *holdings           `json:"pointer"`
	Any     any                 `json:"any"`
	Figure  figure              `json:"figure"`
	Choice  choice              `json:"choice"`
	Numbers *[]*int             `json:"numbers"`
}

// heldBy is the memory of what a value holds in lists, in maps and behind pointers,
// not counting what a map needs besides its elements.
func heldBy(v reflect.Value) int {
	sum := 0
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			sum = int(v.Type().Elem().Size()) + heldBy(v.Elem())
		}
	case reflect.Interface:
		if !v.IsNil() {
			sum = heldBy(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return 0
		}
		sum = v.Len() * int(v.Type().Elem().Size())
		for i := range v.Len() {
			sum += heldBy(v.Index(i))
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			sum += int(v.Type().Elem().Size()) + int(v.Type().Key().Size()) + heldBy(entry.Value())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				sum += heldBy(v.Field(i))
			}
		}
	}
	return sum
}

// Whatever a text is, the look ahead at it ends. If it is JSON, it ends where the
// value does, refuses what is nested too deep or has too many names and nothing
// else, and counts at least the memory that decoding takes.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		``, ` `, `1`, ` -1.5e3 `, `null`, `tru`, `"a"`, `"`, `"\"`, `"\\"`, `[`, `]`, `{`, `}`, `,`, `:`, `[1,2]`, `[,]`, `[1 2]`, `{"a":1}`, `{"a" 1}`, `{"a":}`, `{a:1}`, `{"a":1,}`,
		`{"list":[{},{"list":[{},null]}],"texts":["a","b"]}`, `{"map":{"a":{"map":{"b":{}}}},"labels":{"a":"b"}}`, `{"pointer":{"pointer":null,"list":[{}]}}`,
		`{"any":{"a":[1,[2,{"b":null}]]}}`, `{"figure":{"kind":"circle","radius":1}}`, `{"figure":{"items":[{},{"kind":"group","items":[{}]}],"kind":"group"}}`,
		`{"choice":{"items":[{},{"list":[{}]}],"kind":"lines"}}`, `{"choice":{"kind":"texts","items":["a","b"]}}`, `{"choice":{"kind":"`, `{"choice":{"k`, `{"choice":{"kind"`,
		`{"deep":[[{}],[],[{},{}]],"numbers":[1,null,2]}`, `{"l\u0069st":[{},{}]}`, `{"list":{"0":{},"1":{}}}`, `{"list":[1,tru]}`, `{"list":[1}`, `[[[[[[[[1]]]]]]]]`,
		strings.Repeat(`[`, 100), strings.Repeat(`{"":`, 100), `{"list":[` + strings.Repeat(`{},`, 300) + `{}]}`, `{"` + strings.Repeat("n", 1025) + `":1}`, "\x00", "[\x00]",
	} {
		f.Add([]byte(seed))
	}
	const maxDepth = 7
	f.Fuzz(func(t *testing.T, text []byte) {
		plain, typed := envelope.Scan(text, nil, maxDepth), envelope.Scan(text, reflect.TypeFor[holdings](), maxDepth)
		for _, s := range []envelope.Scanned{plain, typed} {
			if s.End < 0 || s.End > len(text) || s.Exact < 0 || s.Grown < s.Exact || s.Refused && !s.Ended {
				t.Fatalf("%+v", s)
			}
		}
		if !jsontext.Value(text).IsValid() {
			return
		}
		depth, _ := depthOf(text)
		if tooMany := depth > maxDepth || hasLargeObject(text); plain.Refused != tooMany || typed.Refused != tooMany {
			t.Fatalf("refused %t and %t at depth %d", plain.Refused, typed.Refused, depth)
		}
		if plain.Refused {
			return
		}
		if end := len(strings.TrimRight(string(text), " \t\r\n")); plain.Ended || typed.Ended || plain.End != end || typed.End != end {
			t.Fatalf("ends at %d and %d, not at %d", plain.End, typed.End, end)
		}
		var value holdings
		if jsonv2.Unmarshal(text, &value) != nil {
			return
		}
		if held := heldBy(reflect.ValueOf(value)); held > typed.Exact {
			t.Errorf("holds %d bytes, %d counted", held, typed.Exact)
		}
	})
}

// hasLargeObject reports whether an object in JSON text has more members, or a
// longer name, than the handler takes.
func hasLargeObject(text []byte) bool {
	type object struct{ members int }
	var open []*object
	dec := jsontext.NewDecoder(strings.NewReader(string(text)))
	for {
		kind := dec.PeekKind()
		inName := len(open) > 0 && open[len(open)-1] != nil && kind == '"'
		if inName {
			_, length := dec.StackIndex(dec.StackDepth())
			inName = length%2 == 0
		}
		if kind == '"' && inName {
			raw, err := dec.ReadValue()
			if err != nil {
				return false
			}
			if open[len(open)-1].members++; open[len(open)-1].members > 1024 || len(raw)-2 > 1024 {
				return true
			}
			continue
		}
		if _, err := dec.ReadToken(); err != nil {
			return false
		}
		switch kind {
		case '{':
			open = append(open, new(object))
		case '[':
			open = append(open, nil)
		case '}', ']':
			open = open[:len(open)-1]
		}
	}
}

// TestScanLimits: where the limits of names are, with a plan and without.
func TestScanLimits(t *testing.T) {
	members := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"%d":0`, i)
		}
		return "{" + b.String()[1:] + "}"
	}
	for _, test := range []struct {
		name, text string
		refused    bool
	}{
		{"1024 members", members(1024), false},
		{"1025 members", members(1025), true},
		{"long name", `{"` + strings.Repeat("n", 1024) + `":0}`, false},
		{"longer name", `{"` + strings.Repeat("n", 1025) + `":0}`, true},
		{"long text", `{"a":"` + strings.Repeat("n", 5000) + `"}`, false},
		{"long text in a list", `["` + strings.Repeat("n", 5000) + `"]`, false},
		{"many objects", `[` + strings.TrimSuffix(strings.Repeat(`{"a":0},`, 5000), ",") + `]`, false},
	} {
		for _, wrap := range []string{`%s`, `{"any":%s}`, `{"nobody":%s}`, `{"map":{"a":%s}}`} {
			text := []byte(fmt.Sprintf(wrap, test.text))
			for _, of := range []reflect.Type{nil, reflect.TypeFor[holdings]()} {
				if s := envelope.Scan(text, of, 64); s.Refused != test.refused || !s.Refused && s.End != len(text) {
					t.Errorf("%s in %s as %v: %+v", test.name, wrap, of, s)
				}
			}
		}
	}
}

// TestCountElements: as encoding/json counts them.
func TestCountElements(t *testing.T) {
	for text, want := range map[string]int{
		`[]`: 0, `[1]`: 1, `[1,2]`: 2, `["a,b","c]"]`: 2, `[[1,2],[3]]`: 2, `[{"a":1,"b":2}]`: 1, `{}`: 0, `{"a":1}`: 1, `{"a":[1,2],"b":{}}`: 2,
		"[\n ]": 0, "[\t{}\r]": 1, `[null,null,null]`: 3,
	} {
		if !json.Valid([]byte(text)) {
			t.Fatal(text)
		}
		if got := envelope.CountElements([]byte(strings.TrimSpace(text) + ` , [9,9,9,9]`)); got != want {
			t.Errorf("%s has %d elements, not %d", text, want, got)
		}
	}
}

// choice has a member of one name in both of its variants, of different types.
type choice struct {
	Kind  string `json:"kind,omitzero" wire:"kind"`
	Texts *texts `json:"-" wire:"variant=texts"`
	Lines *lines `json:"-" wire:"variant=lines"`
}

type (
	texts struct {
		Items []string `json:"items,omitzero"`
	}
	lines struct {
		Items []holdings `json:"items,omitzero"`
	}
)

func (c *choice) UnmarshalJSONFrom(dec *jsontext.Decoder) error { return object.Decode(dec, c) }

// TestScanVariants: the elements are those of the variant that the object is of.
func TestScanVariants(t *testing.T) {
	sizeOf := func(v any) int { return int(reflect.TypeOf(v).Size()) }
	const n = 50
	items := func(element string) string {
		return `"items":[` + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + `]`
	}
	ofTexts, ofLines := sizeOf(texts{})+n*sizeOf(""), sizeOf(lines{})+n*sizeOf(holdings{})
	for text, want := range map[string]int{
		`{"kind":"texts",` + items(`"a"`) + `}`:                           ofTexts,
		`{` + items(`"a"`) + `,"kind":"texts"}`:                           ofTexts,
		`{"kind":"lines",` + items(`{}`) + `}`:                            ofLines,
		` { "x" : {"kind":"texts"} , ` + items(`{}`) + `,"kind":"lines"}`: ofLines,
		`{` + items(`{}`) + `,"k\u0069nd":"l\u0069nes"}`:                  ofLines,
		`{` + items(`{}`) + `,"kind":"other"}`:                            0,
		`{` + items(`{}`) + `}`:                                           0,
	} {
		for range 20 { // Whatever the order of a map is.
			s := envelope.Scan([]byte(text), reflect.TypeFor[choice](), 64)
			var value choice
			if err := jsonv2.Unmarshal([]byte(text), &value); err != nil {
				t.Fatal(err)
			}
			if held := heldBy(reflect.ValueOf(value)); s.Exact != want || held != want || s.End != len(text) {
				t.Fatalf("%.40s counts %d and holds %d, want %d; %+v", text, s.Exact, held, want, s)
			}
		}
	}
}
