package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// The reader is compared with json/v2, which knows nothing of it but in the types
// that have a method UnmarshalJSON of this package.

var tolerant = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

var bounds = wire.Limits{Depth: 10_000, Memory: 1 << 30}

// sample is a text with the Go type that it is meant for.
type sample struct {
	name string
	text []byte
	t    reflect.Type
}

// samples are the payloads of all golden deliveries.
func samples(t testing.TB) []sample {
	t.Helper()
	var all []sample
	add := func(provider string, types map[string]reflect.Type, pointer string) {
		for event, golden := range envelopetest.Goldens(provider) {
			if types[event] == nil || golden.ContentType != envelopetest.JSON {
				continue
			}
			text, ok := wire.Find(golden.Body, pointer)
			if !ok {
				text = golden.Body
			}
			all = append(all, sample{provider + "/" + event + "/" + golden.Situation, text, types[event]})
		}
	}
	add(masivo.Name, typesOf(masivo.Events()), "/data")
	add(openloyalty.Name, typesOf(openloyalty.Events()), "/data")
	add(mambo.Name, typesOf(mambo.Events()), "")
	meta := typesOf(ambassify.Events())
	for event := range meta {
		meta[event] = reflect.TypeFor[ambassify.Meta]()
	}
	add(ambassify.Name, meta, "")
	if len(all) < 200 {
		t.Fatalf("%d samples", len(all))
	}
	return all
}

func typesOf[M any](events []envelope.AnyEvent[M]) map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, event := range events {
		types[event.Name()] = event.Payload()
	}
	return types
}

// read decodes a text with the reader.
func read(text []byte, t reflect.Type) (v any, r *wire.Reader, err error) {
	r = new(wire.Reader)
	r.Reset(bounds)
	r.Listening = true
	target := reflect.New(t)
	err = r.Decode(text, "", target.Interface(), false)
	return target.Interface(), r, err
}

// compare decodes a text in both ways and returns how they differ.
func compare(s sample) string {
	want := reflect.New(s.t).Interface()
	wantErr := jsonv2.Unmarshal(s.text, want, tolerant)
	got, r, err := read(s.text, s.t)
	var syntactic *jsontext.SyntacticError
	isSyntax := errors.As(wantErr, &syntactic)
	twice := slices.ContainsFunc(r.Others.List, func(n wire.Note) bool { return n.Kind == wire.DuplicateMember })
	switch {
	case isSyntax != (err != nil) && !errors.Is(err, wire.ErrTwice) && !errors.Is(err, wire.ErrText):
		return fmt.Sprintf("errors %v and %v", wantErr, err)
	case err != nil || twice: // json/v2 merges what is sent twice.
		return ""
	case wantErr == nil && r.Misfits.Total > 0:
		return fmt.Sprintf("misfits %+v", r.Misfits.List)
	case wantErr != nil: // What does not fit ends json/v2.
		return ""
	}
	return cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true }), cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }))
}

// TestGoldensAsJSONv2: every golden payload has the value that json/v2 has of it.
func TestGoldensAsJSONv2(t *testing.T) {
	for _, s := range samples(t) {
		if diff := compare(s); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
	}
}

// oddValues are put in the place of every value of a sample, in turn.
var oddValues = []string{
	`null`, `true`, `false`, `0`, `-1`, `5`, `5.0`, `5.5`, `1e3`, `1e400`, `-0`, `9223372036854775807`, `9223372036854775808`, `1.50`,
	`""`, `" "`, `"a"`, `"5"`, `"5.5"`, `"true"`, `"no"`, `"2026-05-01T10:00:00Z"`, `"2026-05-01"`, `"\u0000"`, `"\ud83d"`, `"\ud83d\ude00"`, "\"\xe9\"", `"` + strings.Repeat("x", 300) + `"`,
	`[]`, `[[]]`, `[null]`, `[5]`, `["a","b"]`, `[{}]`, `{}`, `{"a":1}`, `{"0":"a","1":"b"}`, `{"":{}}`,
}

// mutate calls yield with many variations of a sample.
func mutate(s sample, yield func(sample)) {
	var v any
	dec := json.NewDecoder(bytes.NewReader(s.text))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return
	}
	root := &v
	emit := func(what string) {
		text, err := jsonv2.Marshal(*root, tolerant)
		if err == nil {
			yield(sample{s.name + " " + what, text, s.t})
		}
	}
	walkValues(v, func(place string, get any, set func(any)) {
		for _, odd := range oddValues {
			set(jsontext.Value(odd))
			emit(place + "=" + odd)
		}
		set([]any{get})
		emit(place + " in a list")
		set(map[string]any{"0": get})
		emit(place + " in an object")
		set(get)
	})
}

// walkValues visits every value within v.
func walkValues(v any, visit func(place string, get any, set func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			visit(name, value, func(other any) { v[name] = other })
			walkValues(value, visit)
		}
		v["unknown to everybody"] = map[string]any{"a": []any{1}}
	case []any:
		for i, value := range v {
			visit(fmt.Sprint(i), value, func(other any) { v[i] = other })
			walkValues(value, visit)
		}
	}
}

// TestMutationsAsJSONv2: where json/v2 decodes a mutated golden, the reader has the
// same value; where it does not, because of a type, the reader goes on.
func TestMutationsAsJSONv2(t *testing.T) {
	every := 8
	switch {
	case os.Getenv("LOYALTYHOOKS_SOAK") != "":
		every = 1
	case raceEnabled:
		every = 64
	}
	n, failed := 0, 0
	for _, s := range samples(t) {
		mutate(s, func(m sample) {
			if n++; n%every > 0 || failed > 20 {
				return
			}
			if diff := compare(m); diff != "" {
				failed++
				t.Errorf("%s: %s\n%s", m.name, diff, m.text)
			}
		})
	}
	t.Logf("%d mutations, one of %d compared", n, every)
	if n < 50_000 {
		t.Errorf("only %d mutations", n)
	}
}

// foreign is a type as other libraries have them: pointers everywhere.
type foreign struct {
	A *string             `json:"a,omitempty"`
	B *int64              `json:"b"`
	C **float64           `json:"c"`
	D []*foreign          `json:"d"`
	E map[string]*foreign `json:"e"`
	F *[]map[int8][]bool  `json:"f"`
	G [3]*uint16          `json:"g"`
	H any                 `json:"h"`
	I []byte              `json:"i"`
	J *time.Time          `json:"j"`
	K json.RawMessage     `json:"k"`
	embeddedForeign
	*Pointed
	L struct {
		M map[string][]string
		N []struct{ O *bool }
	}
}

type embeddedForeign struct {
	P string
	A int // hidden by that of foreign
}

// Pointed is embedded by a pointer.
type Pointed struct {
	Q *Pointed `json:"q"`
	R float32
}

// random fills a value with a random one.
func random(rng *rand.Rand, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		if depth > 0 && rng.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			random(rng, v.Elem(), depth-1)
		}
	case reflect.String:
		v.SetString([]string{"", "a", "ä\"\\\n", "\u2028<&>", strings.Repeat("long", 20)}[rng.IntN(5)])
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int64:
		v.SetInt(int64(int8(rng.Uint64())))
	case reflect.Uint8, reflect.Uint16:
		v.SetUint(rng.Uint64N(200))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(rng.IntN(1000)) / 8)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"x":[1,null]}`))
			return
		}
		n := rng.IntN(8)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			random(rng, v.Index(i), depth-1)
		}
	case reflect.Array:
		for i := range v.Len() {
			random(rng, v.Index(i), depth-1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rng.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			random(rng, key, depth-1)
			random(rng, value, depth-1)
			v.SetMapIndex(key, value)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf([]any{1.5, "a", nil, map[string]any{"b": true}}))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(rng.Int64N(1<<32), 0).UTC()))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				random(rng, v.Field(i), depth-1)
			}
		}
	}
}

// TestForeignTypesAsJSONv2: types that are not made for this package decode as they
// do with json/v2.
func TestForeignTypesAsJSONv2(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 1200 {
		v := reflect.New(reflect.TypeFor[foreign]()).Elem()
		random(rng, v, 6)
		text, err := jsonv2.Marshal(v.Interface())
		if err != nil {
			t.Fatal(err)
		}
		if diff := compare(sample{fmt.Sprint(i), text, v.Type()}); diff != "" {
			t.Fatalf("%d: %s\n%s", i, diff, text)
		}
	}
}

// twins keeps every member, so that each duplicate is found.
type twins struct {
	A     any            `json:"a"`
	B     []twins        `json:"b"`
	C     *twins         `json:"c"`
	D     map[string]any `json:"d"`
	Extra map[string]any `json:"-" wire:"extra"`
}

// FuzzSyntax: what jsontext takes for JSON is read, and nothing else; a name twice
// is found where jsontext finds one.
func FuzzSyntax(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` [1,{"a":[]}] `, `{"a":1,"a":2}`, `{"b":[{"x":1,"x":2}]}`, `{"c":{"d":{"a":1,"\u0061":2}}}`, `{"z":{"y":{"x":0,"x":0}}}`, `[`, `{"a"`,
		`"\ud83d"`, "\"\xff\"", `{"b":{"0":{},"0":{}}}`, `{"c":null,"c":{}}`, `[] []`, `{"d":{"":0,"":0}}`, `nul`, `01`, `{"a":[1,2,3,4,5,6,7,8,9]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, r, err := read(text, reflect.TypeFor[twins]())
		valid := jsontext.Value(text).IsValid(tolerant)
		if valid != (err == nil) {
			t.Fatalf("%q: JSON %t, error %v", text, valid, err)
		}
		if !valid || r.Misfits.Total > 0 { // A misfit is not looked into.
			return
		}
		unique := jsontext.Value(text).IsValid(jsontext.AllowInvalidUTF8(true))
		if noted := slices.ContainsFunc(r.Others.List, func(n wire.Note) bool { return n.Kind == wire.DuplicateMember }); r.Others.Total < 100 && noted == unique {
			t.Fatalf("%q: unique %t, noted %+v", text, unique, r.Others)
		}
	})
}
