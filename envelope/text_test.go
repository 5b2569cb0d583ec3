package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// TestDuplicates: of a typed member that is sent twice the last value counts, and
// replaces the first; it is drift. What decides is refused.
func TestDuplicates(t *testing.T) {
	const twice = "duplicate_member"
	for _, test := range []struct {
		name, data string
		want       string // what the payload encodes to; "" if it is refused
		drift      []envelope.Drift
	}{
		{"text", `{"number":"1","status":"open","status":"closed"}`, `{"number":"1","status":"closed"}`, drifts(twice, "/data/status")},
		{"thrice", `{"number":"1","count":1,"count":2,"count":3}`, `{"number":"1","count":3}`, drifts(twice, "/data/count", twice, "/data/count")},
		{"null after a value", `{"number":"1","count":1,"count":null}`, `{"number":"1"}`, drifts(twice, "/data/count")},
		{"under an escape", `{"number":"1","count":1,"c\u006funt":2}`, `{"number":"1","count":2}`, drifts(twice, "/data/count")},
		{"objects do not merge", `{"number":"1","customer":{"id":"a"},"customer":{"email":"b"}}`, `{"number":"1","customer":{"email":"b"}}`, drifts(twice, "/data/customer")},
		{"lists do not merge", `{"number":"1","lines":[{"sku":"a"},{"sku":"b"}],"lines":[{}]}`, `{"number":"1","lines":[{}]}`, drifts(twice, "/data/lines")},
		{"a shorter list", `{"number":"1","lines":[{"sku":"a"}],"lines":[]}`, `{"number":"1","lines":[]}`, drifts(twice, "/data/lines")},
		{"entry of a map", `{"number":"1","labels":{"a":"1","b":"2","a":"3"}}`, `{"number":"1","labels":{"a":"3","b":"2"}}`, drifts(twice, "/data/labels/a")},
		{"element of a numbered object", `{"number":"1","lines":{"0":{"sku":"a"},"1":{},"0":{"amount":1}}}`, `{"number":"1","lines":[{"amount":1},{}]}`, drifts(twice, "/data/lines/0")},
		{"within an element", `{"number":"1","lines":[{"sku":"a","sku":"b"}]}`, `{"number":"1","lines":[{"sku":"b"}]}`, drifts(twice, "/data/lines/0/sku")},
		{"where no field is", `{"number":"1","free":{"a":1,"a":2}}`, `{"number":"1","free":{"a":1,"a":2}}`, nil},
		{"identity", `{"number":"1","number":"1"}`, ``, nil},
		{"identity of a part", `{"number":"1","parent":{"number":"2","number":"3"}}`, ``, nil},
		{"a member that leads to an identity", `{"number":"1","parent":{"number":"2"},"parent":{"number":"3"}}`, ``, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var reports []envelope.DriftReport
			d, _, err := dispatch(t, hooked(&reports), `{"event":"order.placed","data":`+test.data+`}`)
			if test.want == "" {
				if !errors.Is(err, envelope.ErrMalformed) || !strings.Contains(err.Error(), "a name twice at /data/") {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := encodeLoosely(t, d.Payload); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			var got []envelope.Drift
			if len(reports) > 0 {
				got = reports[0].Drift
			}
			if diff := cmp.Diff(test.drift, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// encodeLoosely is the JSON of a value, whose open parts may hold a name twice.
func encodeLoosely(t *testing.T, v order) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestHasLast: Has looks at the value that counts.
func TestHasLast(t *testing.T) {
	d, _, err := dispatch(t, envelope.Options{}, `{"event":"order.placed","data":{"number":"1","customer":{"id":""},"customer":{"email":""}}}`)
	if err != nil {
		t.Fatal(err)
	}
	if d.Has("/data/customer/id") || !d.Has("/data/customer/email") {
		t.Error("Has looks at a value that was replaced")
	}
}

// TestInvalidText: text that is not Unicode gets U+FFFD, and is drift; Raw is as it
// was sent. What decides is refused.
func TestInvalidText(t *testing.T) {
	const invalid = "invalid_text"
	for _, test := range []struct {
		name, data string
		want       string
		drift      []envelope.Drift
	}{
		{"half of an emoji", `{"number":"1","status":"Eva \ud83d"}`, `{"number":"1","status":"Eva �"}`, drifts(invalid, "/data/status", "unknown_value", "/data/status")},
		{"the other half", `{"number":"1","customer":{"email":"\uDE00"}}`, `{"number":"1","customer":{"email":"�"}}`, drifts(invalid, "/data/customer/email")},
		{"a whole one", `{"number":"1","customer":{"email":"\ud83d\ude00"}}`, `{"number":"1","customer":{"email":"😀"}}`, nil},
		{"Latin-1", "{\"number\":\"1\",\"customer\":{\"email\":\"caf\xe9\"}}", `{"number":"1","customer":{"email":"caf�"}}`, drifts(invalid, "/data/customer/email")},
		{"in a list", "{\"number\":\"1\",\"lines\":[{},{\"sku\":\"\xe9\"}]}", `{"number":"1","lines":[{},{"sku":"�"}]}`, drifts(invalid, "/data/lines/1/sku")},
		{"in an open value", "{\"number\":\"1\",\"free\":{\"a\":[\"\xe9\"]}}", `{"number":"1","free":{"a":["�"]}}`, drifts(invalid, "/data/free")},
		{"in a value of a map", "{\"number\":\"1\",\"labels\":{\"a\":\"\xe9\"}}", `{"number":"1","labels":{"a":"�"}}`, drifts(invalid, "/data/labels/a")},
		{"in a name of a map", "{\"number\":\"1\",\"labels\":{\"\xe9\":\"a\"}}", `{"number":"1","labels":{"�":"a"}}`, drifts(invalid, "/data/labels/�")},
		{"where no field is", "{\"number\":\"1\",\"x\":\"\xe9\"}", `{"number":"1"}`, drifts("unknown_member", "/data/x")},
		{"identity", "{\"number\":\"\xe9\"}", ``, nil},
		{"identity, half of an emoji", `{"number":"\ud83d"}`, ``, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, format := range []string{`{"event":"order.placed","data":@}`, `{"data":@,"event":"order.placed"}`} {
				body := strings.Replace(format, "@", test.data, 1)
				var reports []envelope.DriftReport
				d, _, err := dispatch(t, hooked(&reports), body)
				if test.want == "" {
					if !errors.Is(err, envelope.ErrMalformed) || !strings.Contains(err.Error(), "not Unicode at /data/number") {
						t.Fatalf("error %v", err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := encodeLoosely(t, d.Payload); got != test.want || string(d.Raw) != body {
					t.Errorf("got %s, want %s; raw %q", got, test.want, d.Raw)
				}
				var got []envelope.Drift
				if len(reports) > 0 {
					got = reports[0].Drift
				}
				if diff := cmp.Diff(test.drift, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			}
		})
	}
	for name, body := range map[string]string{
		"event": "{\"event\":\"order.pl\xe9ced\",\"data\":{\"number\":\"1\"}}",
		"meta":  `{"event":"order.placed","id":"\ud83d","data":{"number":"1"}}`,
	} {
		if _, _, err := dispatch(t, envelope.Options{}, body); !errors.Is(err, envelope.ErrMalformed) || !strings.Contains(err.Error(), "not Unicode at /") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestMaxMemory: what elements take is counted as they are made.
func TestMaxMemory(t *testing.T) {
	body := func(data string) string { return `{"event":"everything","data":{` + data + `}}` }
	lists := strings.TrimSuffix(strings.Repeat("{},", 2000), ",")
	entries := new(strings.Builder)
	for i := range 2000 {
		entries.WriteString(`"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + `":"",`)
	}
	for _, test := range []struct {
		name, data string
		limit      int
		ok         bool
	}{
		{"list", `"lines":[` + lists + `]`, 0, true},
		{"list beyond", `"lines":[` + lists + `]`, 10_000, false},
		{"list within", `"lines":[` + lists + `]`, 2000*64 + 1000, true},
		{"numbered list beyond", `"texts":{"1":"","2":"","3":"","4":"","5":"","6":"","7":"","8":"","9":""}`, 300, false},
		{"map beyond", `"labels":{` + strings.TrimSuffix(entries.String(), ",") + `}`, 10_000, false},
		{"variants beyond", `"shapes":[` + strings.TrimSuffix(strings.Repeat(`{"kind":"square"},`, 500), ",") + `]`, 10_000, false},
		{"anything beyond", `"any":[` + lists + `]`, 10_000, false},
		{"pointer beyond", `"pointer":{}`, 10, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newShop(t, envelope.Options{MaxMemory: test.limit}, everythingSent.Handle(done))
			err := h.Dispatch(context.Background(), envelope.Message{Body: []byte(body(test.data))})
			if (err == nil) != test.ok {
				t.Fatalf("error %v", err)
			}
			if !test.ok && (!errors.Is(err, envelope.ErrMalformed) || !strings.Contains(err.Error(), "MaxMemory")) {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := envelope.NewHandler(shop(), envelope.Options{Unverified: true, MaxMemory: -1}); err == nil {
		t.Error("a negative limit is accepted")
	}
}
