package inspector

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// text writes a listing as the page lays it out.
func (l listing) text() string {
	var b strings.Builder
	for _, n := range l.Lines {
		b.WriteString(strings.Repeat("  ", n.Depth))
		for _, part := range []string{n.Name, n.Type} {
			if part != "" {
				b.WriteString(part + " ")
			}
		}
		b.WriteString(n.Text)
		if n.Comma {
			b.WriteString(",")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (l listing) pointers() []string {
	var list []string
	for _, n := range l.Lines {
		if n.Kind != kindClose {
			list = append(list, n.Pointer)
		}
	}
	return list
}

func TestWireListing(t *testing.T) {
	tests := map[string]struct {
		body string
		form bool
		want string
		more bool
	}{
		"JSON in the sender's spelling": {
			body: `{"a" : 12345678901234567890.10, "b":[true , null,{}], "\u0063":"\u003cb>", "d":[]}`,
			want: "{\n  \"a\" 12345678901234567890.10,\n  \"b\" [\n    true,\n    null,\n    {}\n  ],\n  \"\\u0063\" \"\\u003cb>\",\n  \"d\" []\n}\n",
		},
		"a single value":   {body: ` "x" `, want: "\"x\"\n"},
		"cut off":          {body: "{\"a\": 1,\n", want: "{\"a\": 1,\n"},
		"trailing garbage": {body: `{} x`, want: "{} x\n"},
		"two values":       {body: `{}{}`, want: "{}{}\n"},
		"not JSON":         {body: "one\r\ntwo", want: "one\ntwo\n"},
		"empty":            {body: "", want: ""},
		"form": {
			body: "campaign%5Btitle%5D[en]=%3Cb%3E+1&a=&b", form: true,
			want: "campaign[title][en] <b> 1\na \nb \n",
		},
		"form with bad escapes": {body: "a%ZZ=%", form: true, want: "a%ZZ %\n"},
	}
	for name, test := range tests {
		got := wireListing([]byte(test.body), test.form)
		if got.text() != test.want || got.More {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got.text(), test.want)
		}
	}
}

func TestPointers(t *testing.T) {
	got := wireListing([]byte(`{"a/b":[{"c~":1}],"":2}`), false).pointers()
	if want := "[ /a~1b /a~1b/0 /a~1b/0/c~0 /]"; fmt.Sprint(got) != want {
		t.Errorf("pointers of JSON %v, want %s", got, want)
	}
	got = wireListing([]byte("campaign%5Btitle%5D%5Ben%5D=x&a=1"), true).pointers()
	if want := "[/campaign/title/en /a]"; fmt.Sprint(got) != want {
		t.Errorf("pointers of a form %v, want %s", got, want)
	}
}

// Bodies that were refused can be anything. What the page shows of them is bounded,
// and so is what it takes to lay them out.
func TestListingIsBounded(t *testing.T) {
	const size = 1 << 20
	for name, body := range map[string]string{
		"brackets":       strings.Repeat("[", size),
		"braces":         strings.Repeat(`{"a":`, size/5),
		"closed":         strings.Repeat("[", size/2) + strings.Repeat("]", size/2),
		"many elements":  "[1" + strings.Repeat(",1", size/2) + "]",
		"many members":   `{"a":1` + strings.Repeat(`,"b":1`, size/6) + "}",
		"long string":    `{"a":"` + strings.Repeat("ä", size/2) + `"}`,
		"long name":      `{"` + strings.Repeat("ä", size/2) + `":1}`,
		"long number":    `{"a":` + strings.Repeat("1", size) + `}`,
		"many lines":     strings.Repeat("x\n", size/2),
		"one line":       strings.Repeat("x", size),
		"invalid UTF-8":  strings.Repeat("\xff", size),
		"form of pairs":  strings.Repeat("a=1&", size/4),
		"form of names":  strings.Repeat("[a]", size/3),
		"long form name": strings.Repeat("a", size) + "=1",
	} {
		l := wireListing([]byte(body), strings.HasPrefix(name, "form") || strings.HasSuffix(name, "form name"))
		text, err := json.Marshal(l)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(l.Lines) > maxLines || len(l.Lines) == 0 {
			t.Errorf("%s: %d lines", name, len(l.Lines))
		}
		for _, n := range l.Lines {
			if len(n.Text) > maxPlain*3 || len(n.Name) > maxText*4+3 || n.Depth > maxNesting+1 {
				t.Errorf("%s: a line with %d bytes and a name of %d, %d deep", name, len(n.Text), len(n.Name), n.Depth)
				break
			}
		}
		if most := 4 << 20; len(text) > most {
			t.Errorf("%s: %d bytes of JSON", name, len(text))
		}
	}
}

func TestCutKeepsCharacters(t *testing.T) {
	l := wireListing([]byte(`"`+strings.Repeat("日", 200)+`"`), false)
	n := l.Lines[0]
	if n.Length != 602 || n.Text != `"`+strings.Repeat("日", 99) {
		t.Errorf("cut to %q of %d bytes", n.Text, n.Length)
	}
}

// The page expects a list, also of nothing.
func TestNoLines(t *testing.T) {
	for name, l := range map[string]listing{
		"body": wireListing(nil, false), "form": wireListing(nil, true), "typed": typedListing(&Delivery{}, nil),
	} {
		if text, err := json.Marshal(l); err != nil || !strings.Contains(string(text), `"lines":[`) {
			t.Errorf("%s: %s %v", name, text, err)
		}
	}
}

func TestTypedListing(t *testing.T) {
	type other struct {
		Kind  string `json:"kind,omitzero"`
		Count int    `json:"count,omitzero"`
	}
	type payload struct {
		ID      string                    `json:"id,omitzero"`
		Points  envelope.Decimal          `json:"points,omitzero"`
		When    envelope.Time             `json:"when,omitzero"`
		Enabled envelope.Bool             `json:"enabled,omitzero"`
		Absent  string                    `json:"absent,omitzero"`
		Wrong   envelope.Int              `json:"wrong,omitzero"`
		List    []other                   `json:"list,omitzero"`
		Map     map[string]string         `json:"map,omitzero"`
		Extra   map[string]envelope.Value `json:"-"`
		Variant *other                    `json:"-"`
		Nothing *other                    `json:"nothing,omitzero"`
		Raw     json.RawMessage           `json:"raw,omitzero"`
		hidden  string
	}
	d := &Delivery{
		PayloadAt: "/data",
		Meta:      struct{ Store string }{"eu"},
		Payload: &payload{
			ID:      "a\nb",
			Points:  envelope.MustDecimal("12.50"),
			Enabled: envelope.NewBool(false),
			List:    []other{{Kind: "x"}, {Count: 2}},
			Map:     map[string]string{"b": "2", "a/": "1"},
			Extra:   map[string]envelope.Value{"more": envelope.MustValue(`{"x":1}`)},
			Variant: &other{Kind: "y"},
			Raw:     json.RawMessage(`[1]`),
			hidden:  "not shown",
		},
	}
	l := typedListing(d, []finding{{Kind: "wrong_type", Pointer: "/data/wrong"}})
	want := `Meta struct { Store string } 
  Store string "eu"
Payload inspector.payload 
  ID string "a\nb"
  Points envelope.Decimal 12.50
  Enabled envelope.Bool false
  Wrong envelope.Int 
  List []inspector.other 
    [0] inspector.other 
      Kind string "x"
    [1] inspector.other 
      Count int 2
  Map map[string]string 
    ["a/"] string "1"
    ["b"] string "2"
  Extra map[string]envelope.Value 
    ["more"] envelope.Value {"x":1}
  Variant inspector.other 
    Kind string "y"
  Raw json.RawMessage [1]
`
	// One type has two names from Go 1.27 on.
	if got := strings.ReplaceAll(l.text(), "jsontext.Value", "json.RawMessage"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	places := map[string]string{}
	for _, n := range l.Lines {
		places[n.Path] = n.Pointer
	}
	for path, pointer := range map[string]string{
		"d.Meta.Store":            "/Store",
		"d.Payload":               "/data",
		"d.Payload.List[1].Count": "/data/list/1/count",
		`d.Payload.Map["a/"]`:     "/data/map/a~1",
		`d.Payload.Extra["more"]`: "/data/more",
		"d.Payload.Variant.Kind":  "/data/kind",
	} {
		if places[path] != pointer {
			t.Errorf("%s is at %q, want %q", path, places[path], pointer)
		}
	}
}

func TestMark(t *testing.T) {
	l := wireListing([]byte(`{"data":{"a":1,"b":[{}]}}`), false)
	findings := []finding{
		{Kind: "unknown_member", Pointer: "/data/a"},
		{Kind: "violation", Rule: "required", Pointer: "/data/b/0/id/x"}, // is not there
		{Kind: "unknown_event", Pointer: ""},
		{Kind: "unknown_value", Pointer: "/data/a"},
	}
	l.mark(findings)
	got := map[string][]int{}
	for _, n := range l.Lines {
		if n.Findings != nil {
			got[n.Pointer] = n.Findings
		}
	}
	if want := map[string][]int{"/data/a": {0, 3}, "/data/b/0": {1}, "": {2}}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("marked %v, want %v", got, want)
	}
}
