package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

type kind string

// figure has a variant for each kind, common members, and itself within itself.
type figure struct {
	Kind   kind            `json:"kind,omitzero" wire:"kind"`
	Name   string          `json:"name,omitzero"`
	Circle *circle         `json:"-" wire:"variant=circle"`
	Square *square         `json:"-" wire:"variant=square"`
	Group  *group          `json:"-" wire:"variant=group"`
	Other  json.RawMessage `json:"-" wire:"other"`
}

type circle struct {
	Kind   kind    `json:"kind,omitzero"`
	Name   string  `json:"name,omitzero"`
	Radius float64 `json:"radius,omitzero"`
}

type square struct { // has no name
	Kind kind  `json:"kind,omitzero"`
	Side int64 `json:"side,omitzero"`
}

type group struct {
	Kind  string   `json:"kind,omitzero"` // of another Go type than the holder's
	First *figure  `json:"first,omitzero"`
	All   []figure `json:"all,omitzero"`
}

func (f *figure) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, f) }
func (f figure) MarshalJSON() ([]byte, error)  { return wire.Marshal(&f) }

// strict has no place for unknown kinds.
type strict struct {
	Kind   string  `json:"kind,omitzero" wire:"kind"`
	Square *square `json:"-" wire:"variant=square"`
}

func (s *strict) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, s) }
func (s strict) MarshalJSON() ([]byte, error)  { return wire.Marshal(&s) }

// bag keeps the members that it has no field for.
type bag struct {
	Base
	Size  int64          `json:"size,omitzero"`
	Text  string         // without a tag
	Extra map[string]any `json:"-" wire:"extra"`
}

// Base is what several types have in common.
type Base struct {
	ID   string `json:"id,omitzero"`
	Size string `json:"size,omitzero"` // hidden by bag's
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

// linked embeds what a member makes when it comes, itself, and what is no struct.
type linked struct {
	*Options
	Label
	Extra map[string]any `json:"-" wire:"extra"`
}

// Options is a part that is there if one of its members is.
type Options struct {
	Level int64 `json:"level,omitzero"`
	*Options
	Deeper
}

// Deeper is a part of a part.
type Deeper struct {
	Depth int64 `json:"depth,omitzero"`
	Level int64 `json:"level,omitzero"` // hidden by that of Options
}

// Label is a text that is embedded under its own name.
type Label string

func (l *linked) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, l) }
func (l linked) MarshalJSON() ([]byte, error)     { return wire.Marshal(&l) }

// mixed keeps unknown kinds, extra members, and a part that may not be there.
type mixed struct {
	Kind string `json:"kind,omitzero" wire:"kind"`
	*Part
	Square *square         `json:"-" wire:"variant=square"`
	Other  json.RawMessage `json:"-" wire:"other"`
	Extra  map[string]any  `json:"-" wire:"extra"`
}

// Part is a part that may not be there.
type Part struct {
	Weight int64 `json:"weight,omitzero"`
}

func (m *mixed) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, m) }
func (m mixed) MarshalJSON() ([]byte, error)     { return wire.Marshal(&m) }

// texts keeps texts alone.
type texts struct {
	Extra map[string]string `json:"-" wire:"extra"`
}

func (x *texts) UnmarshalJSON(data []byte) error { return wire.Unmarshal(data, x) }

// decoders are the ways in which JSON reaches a type, also from a reader that gives
// a byte at a time.
var decoders = map[string]func(data string, target any) error{
	"encoding/json": func(data string, target any) error { return json.Unmarshal([]byte(data), target) },
	"the library":   func(data string, target any) error { return jsonv2.Unmarshal([]byte(data), target) },
	"a slow reader": func(data string, target any) error {
		return jsonv2.UnmarshalRead(iotest.OneByteReader(strings.NewReader(data)), target)
	},
	"a decoder of a stream": func(data string, target any) error {
		return json.NewDecoder(iotest.HalfReader(strings.NewReader(data))).Decode(target)
	},
	"the text alone": func(data string, target any) error { return target.(json.Unmarshaler).UnmarshalJSON([]byte(data)) },
}

// TestDecode: each shape of an object, decoded in every way, and encoded again.
func TestDecode(t *testing.T) {
	for _, test := range []struct {
		name, data string
		into, want any    // pointers
		encoded    string // data, if empty
	}{
		{"kind first", `{"kind":"circle","name":"c","radius":1.5}`, new(figure), &figure{Kind: "circle", Name: "c", Circle: &circle{"circle", "c", 1.5}}, ``},
		{"kind last", `{"radius":1.5,"name":"c","kind":"circle"}`, new(figure), &figure{Kind: "circle", Name: "c", Circle: &circle{"circle", "c", 1.5}}, `{"kind":"circle","name":"c","radius":1.5}`},
		{"kind alone", `{"kind":"circle"}`, new(figure), &figure{Kind: "circle", Circle: &circle{Kind: "circle"}}, ``},
		{"kind behind nested objects", `{"first":{"kind":"square","side":1},"all":[{"kind":"circle"}],"kind":"group"}`, new(figure),
			&figure{Kind: "group", Group: &group{Kind: "group", First: &figure{Kind: "square", Square: &square{"square", 1}}, All: []figure{{Kind: "circle", Circle: &circle{Kind: "circle"}}}}},
			`{"kind":"group","first":{"kind":"square","side":1},"all":[{"kind":"circle"}]}`},
		{"kind with an escape", `{"k\u0069nd":"circ\u006ce","radius":2}`, new(figure), &figure{Kind: "circle", Circle: &circle{Kind: "circle", Radius: 2}}, `{"kind":"circle","radius":2}`},
		{"white space", " { \"kind\" :\n\"circle\" ,\t\"radius\" : 2 } ", new(figure), &figure{Kind: "circle", Circle: &circle{Kind: "circle", Radius: 2}}, `{"kind":"circle","radius":2}`},
		{"member that the variant lacks", `{"kind":"square","name":"n","side":1}`, new(figure), &figure{Kind: "square", Name: "n", Square: &square{"square", 1}}, ``},
		{"member that nobody knows", `{"kind":"square","side":1,"color":"red"}`, new(figure), &figure{Kind: "square", Square: &square{"square", 1}}, `{"kind":"square","side":1}`},
		{"null for a member", `{"kind":"square","side":null}`, new(figure), &figure{Kind: "square", Square: &square{Kind: "square"}}, `{"kind":"square"}`},
		{"unknown kind", `{"kind":"star","name":"s","points":[5,{"a":null}]}`, new(figure), &figure{Kind: "star", Name: "s", Other: json.RawMessage(`{"kind":"star","name":"s","points":[5,{"a":null}]}`)}, ``},
		{"unknown kind with escapes", `{"k\u0069nd":"star","n\u0061me":"s"}`, new(figure), &figure{Kind: "star", Name: "s", Other: json.RawMessage(`{"k\u0069nd":"star","n\u0061me":"s"}`)}, ``},
		{"no kind", `{"name":"n","side":1}`, new(figure), &figure{Name: "n", Other: json.RawMessage(`{"name":"n","side":1}`)}, ``},
		{"null kind", `{"kind":null,"name":"n"}`, new(figure), &figure{Name: "n", Other: json.RawMessage(`{"kind":null,"name":"n"}`)}, ``},
		{"empty kind", `{"kind":"","name":"n"}`, new(figure), &figure{Name: "n", Other: json.RawMessage(`{"kind":"","name":"n"}`)}, ``},
		{"nothing", `{}`, new(figure), new(figure), ``},
		{"nothing in white space", "{ \n}", new(figure), new(figure), `{}`},
		{"null", `null`, new(figure), new(figure), `{}`},
		{"unknown kind without a place for it", `{"kind":"star","points":5}`, new(strict), &strict{Kind: "star"}, `{"kind":"star"}`},
		{"known kind without a place for others", `{"kind":"square","side":5}`, new(strict), &strict{Kind: "square", Square: &square{"square", 5}}, ``},
		{"extra members", `{"id":"i","size":1,"Text":"t","b":[true],"a":{"x":null}}`, new(bag),
			&bag{Base: Base{ID: "i"}, Size: 1, Text: "t", Extra: map[string]any{"a": map[string]any{"x": nil}, "b": []any{true}}}, `{"id":"i","size":1,"Text":"t","a":{"x":null},"b":[true]}`},
		{"extra members alone", `{"b":1,"a/c":"2","":3}`, new(bag), &bag{Extra: map[string]any{"b": 1.0, "a/c": "2", "": 3.0}}, `{"":3,"a/c":"2","b":1}`},
		{"no extra members", `{"size":1}`, new(bag), &bag{Size: 1}, ``},
		{"embedded pointer", `{"level":2,"x":1}`, new(linked), &linked{Options: &Options{Level: 2}, Extra: map[string]any{"x": 1.0}}, ``},
		{"embedded pointer to an embedded struct", `{"depth":3,"Label":"l"}`, new(linked), &linked{Options: &Options{Deeper: Deeper{Depth: 3}}, Label: "l"}, ``},
		{"embedded pointer that is not needed", `{"x":1}`, new(linked), &linked{Extra: map[string]any{"x": 1.0}}, ``},
		{"extra members beside a variant", `{"kind":"square","side":1,"color":"red","weight":2}`, new(mixed),
			&mixed{Kind: "square", Part: &Part{2}, Square: &square{"square", 1}, Extra: map[string]any{"color": "red"}}, ``},
		{"unknown kind with a part", `{"kind":"star","weight":2}`, new(mixed), &mixed{Kind: "star", Part: &Part{2}, Other: json.RawMessage(`{"kind":"star","weight":2}`)}, ``},
		{"unknown kind without a part", `{"kind":"star"}`, new(mixed), &mixed{Kind: "star", Other: json.RawMessage(`{"kind":"star"}`)}, ``},
		{"text for an object", `"hello"`, new(note), &note{Text: "hello"}, ``},
		{"empty text for an object", `""`, new(note), new(note), `{}`},
		{"object where a text may stand", `{"size":1}`, new(note), &note{Size: 1}, ``},
	} {
		for name, unmarshal := range decoders {
			if name == "the text alone" && strings.TrimSpace(test.data) != test.data {
				continue // UnmarshalJSON is handed a value without white space around it.
			}
			t.Run(test.name+"/"+name, func(t *testing.T) {
				into := reflect.New(reflect.TypeOf(test.into).Elem()).Interface()
				if err := unmarshal(test.data, into); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, into); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				want := test.encoded
				if want == "" {
					want = test.data
				}
				for encoder, marshal := range map[string]func(any) ([]byte, error){
					"encoding/json": json.Marshal,
					"the library":   func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
				} {
					if encoded, err := marshal(into); err != nil || !sameJSON(string(encoded), want) {
						t.Errorf("%s encodes it as %s (error %v), want %s", encoder, encoded, err, want)
					}
				}
			})
		}
	}
}

// sameJSON compares JSON but for the order of members.
func sameJSON(a, b string) bool {
	x, y := jsontext.Value(a), jsontext.Value(b)
	return x.Canonicalize() == nil && y.Canonicalize() == nil && bytes.Equal(x, y)
}

// TestDecodeReplaces: what a value held before does not stay.
func TestDecodeReplaces(t *testing.T) {
	f := figure{Kind: "circle", Name: "old", Circle: &circle{Radius: 1}}
	for _, data := range []string{`{"kind":"square","side":2}`, `null`} {
		if err := jsonv2.Unmarshal([]byte(data), &f); err != nil {
			t.Fatal(err)
		}
		if f.Circle != nil || f.Name != "" {
			t.Errorf("%s leaves %+v", data, f)
		}
	}
}

// TestDecodeRefuses: what is no such object is an error, however it is read.
func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct {
		name, data string
		into       any
		misfit     bool // well-formed
	}{
		{"list", `[5]`, new(figure), true},
		{"mistyped member of an unknown kind", `{"kind":"star","name":7}`, new(figure), true},
		{"number", `5`, new(figure), true},
		{"boolean", `true`, new(bag), true},
		{"text", `"circle"`, new(figure), true},
		{"number for a text", `5`, new(note), true},
		{"mistyped member", `{"kind":"circle","radius":"x"}`, new(figure), true},
		{"mistyped member of all variants", `{"kind":"square","name":5}`, new(figure), true},
		{"mistyped member beside extra ones", `{"a":1,"size":"x"}`, new(bag), true},
		{"mistyped member of an inner variant", `{"kind":"group","all":[{"kind":"square","side":true}]}`, new(figure), true},
		{"nothing", ``, new(figure), false},
		{"truncated", `{"kind":"circle","radius":1`, new(figure), false},
		{"truncated before the kind", `{"radius":1,`, new(figure), false},
		{"truncated in the kind", `{"kind":"cir`, new(figure), false},
		{"truncated name", `{"ki`, new(figure), false},
		{"truncated unknown kind", `{"kind":"star","x":[`, new(figure), false},
		{"truncated extra member", `{"size":1,"a":{"b"`, new(bag), false},
		{"no colon", `{"kind" "circle"}`, new(figure), false},
		{"garbage", `{"kind":"circle",x}`, new(figure), false},
		{"garbage before the kind", `{"x":!,"kind":"circle"}`, new(figure), false},
		{"garbage for the kind", `{"kind":!}`, new(figure), false},
		{"wrong bracket", `{"kind":"circle"]`, new(figure), false},
		{"member twice", `{"kind":"circle","radius":1,"radius":2}`, new(figure), false},
		{"kind twice", `{"kind":"circle","kind":"square"}`, new(figure), false},
		{"member of an unknown kind twice", `{"kind":"star","x":1,"x":2}`, new(figure), false},
		{"extra member twice", `{"a":1,"a":2}`, new(bag), false},
		{"unknown member twice", `{"kind":"circle","x":1,"x":2}`, new(figure), false},
		{"extra member of no type", `{"a":{"b":1}}`, new(texts), true},
		{"invalid UTF-8", "{\"kind\":\"circle\",\"name\":\"\xff\"}", new(figure), false},
	} {
		for name, unmarshal := range map[string]func(io.Reader, any) error{
			"whole": func(r io.Reader, v any) error {
				data, err := io.ReadAll(r)
				if err != nil {
					return err
				}
				return jsonv2.Unmarshal(data, v)
			},
			"slow reader": func(r io.Reader, v any) error { return jsonv2.UnmarshalRead(iotest.OneByteReader(r), v) },
		} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				into := reflect.New(reflect.TypeOf(test.into).Elem()).Interface()
				err := unmarshal(strings.NewReader(test.data), into)
				if err == nil {
					t.Fatalf("decoded as %+v", into)
				}
				var semantic *jsonv2.SemanticError
				var syntactic *jsontext.SyntacticError
				if misfit := errors.As(err, &semantic) && !errors.As(err, &syntactic); misfit != test.misfit {
					t.Errorf("error %v: a misfit is %t, want %t", err, misfit, test.misfit)
				}
			})
		}
	}
}

// TestMarshal: values that a program made, not a decoder.
func TestMarshal(t *testing.T) {
	for _, test := range []struct {
		name  string
		value any
		want  string
	}{
		{"variant without its kind", figure{Square: &square{Side: 1}}, `{"kind":"square","side":1}`},
		{"variant with a kind of its own making", figure{Circle: &circle{Kind: "ellipse"}}, `{"kind":"circle"}`},
		{"member of the holder alone", figure{Name: "n", Square: &square{Side: 1}}, `{"kind":"square","name":"n","side":1}`},
		{"empty variant", figure{Group: &group{}}, `{"kind":"group"}`},
		{"kind without a variant", figure{Kind: "circle", Name: "c"}, `{"kind":"circle","name":"c"}`},
		{"other text", figure{Kind: "star", Other: json.RawMessage(`{"kind":"star"}`)}, `{"kind":"star"}`},
		{"nothing", figure{}, `{}`},
		{"extra members in order, never in place of a field", bag{Size: 1, Extra: map[string]any{"z": 1, "size": 2, "a": 3, "id": 4}}, `{"size":1,"a":3,"z":1}`},
		{"text and members", note{Size: 1, Text: "t"}, `"t"`},
		{"text with quotes", note{Text: "\"<&>\u2028"}, "\"\\\"<&>\u2028\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 3 { // Maps have no order.
				encoded, err := jsonv2.Marshal(test.value)
				if err != nil || !sameJSON(string(encoded), test.want) {
					t.Errorf("encoded as %s (error %v), want %s", encoded, err, test.want)
				}
			}
		})
	}
	f := figure{Square: &square{Kind: "mine"}}
	if _, err := json.Marshal(f); err != nil || f.Square.Kind != "mine" {
		t.Errorf("encoding has changed the value to %q, error %v", f.Square.Kind, err)
	}
	for name, value := range map[string]any{
		"member":       failing{Bad: bad{true}},
		"extra member": bag{Extra: map[string]any{"c": make(chan int)}},
		"extra name":   bag{Extra: map[string]any{"\xff": 1}},
		"other text":   figure{Other: json.RawMessage(`{`)},
		"variant":      failingVariant{V: &failing{Bad: bad{true}}},
		"beside":       failingBeside{Bad: bad{true}, Square: &square{}},
	} {
		if encoded, err := jsonv2.Marshal(value); err == nil {
			t.Errorf("%s: encoded as %s", name, encoded)
		}
	}
}

type bad struct{ set bool }

func (bad) MarshalJSON() ([]byte, error) { return nil, errors.New("no") }

// failing can't be encoded.
type failing struct {
	Bad   bad            `json:"bad"`
	Name  string         `json:"name"`
	Extra map[string]any `json:"-" wire:"extra"`
}

func (f failing) MarshalJSON() ([]byte, error) { f.Name = "n"; return wire.Marshal(&f) }

type failingVariant struct {
	Kind string   `json:"kind" wire:"kind"`
	V    *failing `json:"-" wire:"variant=v"`
}

type failingBeside struct {
	Kind   string  `json:"kind" wire:"kind"`
	Bad    bad     `json:"bad"`
	Square *square `json:"-" wire:"variant=square"`
}

func (f failingBeside) MarshalJSON() ([]byte, error) { return wire.Marshal(&f) }

func (f failingVariant) MarshalJSON() ([]byte, error) { return wire.Marshal(&f) }

// TestDecodeIsLinear: each level of nesting costs the same few allocations, down to
// the depth that handlers allow.
func TestDecodeIsLinear(t *testing.T) {
	cost := func(depth int, open, end string) float64 {
		data := []byte(strings.Repeat(open, depth) + `{"kind":"square","side":1}` + strings.Repeat(end, depth))
		return testing.AllocsPerRun(20, func() {
			var f figure
			if err := jsonv2.Unmarshal(data, &f); err != nil {
				t.Fatal(err)
			}
		})
	}
	for name, shape := range map[string][2]string{
		"kind first": {`{"kind":"group","first":`, `}`},
		"kind last":  {`{"first":`, `,"kind":"group"}`},
	} {
		few, many := cost(4, shape[0], shape[1]), cost(64, shape[0], shape[1])
		if many > 2*64/4*few { // Twice, because the race detector lets pools forget.
			t.Errorf("%s: 4 levels take %v allocations, 64 levels %v", name, few, many)
		}
	}
}
