package form

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type record struct {
	ID       int64             `json:"id,omitzero"`
	Number   count             `json:"number,omitzero"`
	Name     string            `json:"name,omitzero"`
	Hidden   bool              `json:"hidden,omitzero"`
	Titles   map[string]string `json:"titles,omitzero"`
	Groups   []string          `json:"groups,omitzero"`
	Kinds    []kindName        `json:"kinds,omitzero"`
	Numbers  []count           `json:"numbers,omitzero"`
	Channel  channel           `json:"channel,omitzero"`
	Parent   *record           `json:"parent,omitzero"`
	Children []child           `json:"children,omitzero"`
	Value    open              `json:"value,omitzero"`
	Ignored  string            `json:"-"`
}

type kindName string

type channel struct {
	On    bool      `json:"on,omitzero"`
	Inner *innerOne `json:"inner,omitzero"`
}

type innerOne struct {
	Text string `json:"text,omitzero"`
}

type child struct {
	Key      string  `json:"key,omitzero"`
	Value    open    `json:"value,omitzero"`
	Children []child `json:"children,omitzero"`
}

// count takes whole numbers of one or two digits.
type count struct{ text string }

func (c *count) UnmarshalText(text []byte) error {
	if _, is := parseIndex(string(text)); is != goodIndex && len(text) > 0 {
		return errors.New("no count")
	}
	c.text = string(text)
	return nil
}

func (c count) Equal(other count) bool { return c == other }

// open keeps any JSON.
type open struct{ raw string }

func (o *open) UnmarshalJSON(raw []byte) error { o.raw = string(raw); return nil }

func (o open) Equal(other open) bool { return o == other }

var records = NewDecoder(open{}, map[string]string(nil))

// decode decodes a form, and tells what did not fit.
func decode(body string) (r record, mistyped []string, err error) {
	tree, err := Parse([]byte(body), UTF8, Limits{})
	if err != nil {
		return r, nil, err
	}
	err = records.Decode(tree.Root(), &r, Options{
		Mistyped: func(pointer string) { mistyped = append(mistyped, pointer) },
	})
	slices.Sort(mistyped)
	return r, mistyped, err
}

func TestDecode(t *testing.T) {
	tests := []struct {
		name, body string
		want       record
	}{
		{"nothing", "", record{}},
		{"basic values", "id=5&number=7&name=Ann&hidden=true", record{ID: 5, Number: count{"7"}, Name: "Ann", Hidden: true}},
		{"booleans of PHP", "hidden=1&channel[on]=0", record{Hidden: true}},
		{"booleans of people", "hidden=Yes", record{Hidden: true}},
		{"nulls", "id=&number=&name=&hidden=&titles=&groups=&numbers=&channel=&parent=&children=&value=", record{}},
		{"map", "titles[en]=Hello&titles[pt-BR]=Ol%C3%A1", record{Titles: map[string]string{"en": "Hello", "pt-BR": "Olá"}}},
		{"map with numbers for names", "titles[0]=x&titles[-7]=y", record{Titles: map[string]string{"0": "x", "-7": "y"}}},
		{"map with names that differ in case", "titles[a]=x&titles[A]=y", record{Titles: map[string]string{"a": "x", "A": "y"}}},
		{"list with indices", "groups[1]=b&groups[0]=a", record{Groups: []string{"a", "b"}}},
		{"list with empty brackets", "groups[]=a&kinds[]=k", record{Groups: []string{"a"}, Kinds: []kindName{"k"}}},
		{"list by repeated key", "groups=a&groups=b&kinds=k", record{Groups: []string{"a", "b"}, Kinds: []kindName{"k"}}},
		{"commas do not split", "groups[0]=a,b", record{Groups: []string{"a,b"}}},
		{"empty item keeps its place", "groups[0]=&groups[1]=b", record{Groups: []string{"", "b"}}},
		{"list of scalars", "numbers[0]=1&numbers[1]=2", record{Numbers: []count{{"1"}, {"2"}}}},
		{"list of scalars by repeated key", "numbers=1&numbers=2", record{Numbers: []count{{"1"}, {"2"}}}},
		{"list of one scalar", "numbers=1", record{Numbers: []count{{"1"}}}},
		{"struct and pointer", "channel[on]=true&channel[inner][text]=x&parent[id]=4", record{
			Channel: channel{On: true, Inner: &innerOne{"x"}}, Parent: &record{ID: 4},
		}},
		{"recursion", "children[0][key]=a&children[0][children][0][key]=b&children[0][children][0][children][0][value]=c&children[1][key]=d", record{
			Children: []child{
				{Key: "a", Children: []child{{Key: "b", Children: []child{{Value: open{`"c"`}}}}}},
				{Key: "d"},
			},
		}},
		{"null among objects", "children[0]=&children[1][key]=b", record{Children: []child{{}, {Key: "b"}}}},
		{"open text", "value=17", record{Value: open{`"17"`}}},
		{"open list", "value[0]=a&value[1][b]=c", record{Value: open{`["a",{"b":"c"}]`}}},
		{"open list by repeated key", "value=a&value=b", record{Value: open{`["a","b"]`}}},
		{"open object", "value[a]=1&value[A]=2&value[x.y]=3", record{Value: open{`{"a":"1","A":"2","x.y":"3"}`}}},
		{"open object with numbers for names", "value[-1]=a&value[999999999]=b", record{Value: open{`{"-1":"a","999999999":"b"}`}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, mistyped, err := decode(tt.body)
			if err != nil || len(mistyped) > 0 {
				t.Fatal(mistyped, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeTellsMisfits(t *testing.T) {
	tests := []struct {
		name, body string
		want       record
		mistyped   []string
	}{
		{"unknown members", "id=5&new=1&channel[new][0]=x", record{ID: 5}, nil},
		{"a dot is no path", "parent.id=5", record{}, nil},
		{"a dot in brackets is no path", "parent[channel.on]=1", record{}, nil},
		{"slash and tilde", "a/b~c=1", record{}, nil},
		{"other case", "ID=5", record{}, nil},
		{"ignored field", "Ignored=5&-=6", record{}, nil},
		{"values of another type", "id=five&number=x&hidden=maybe&name=Ann", record{Name: "Ann"}, []string{"/hidden", "/id", "/number"}},
		{"too large a number", "id=9223372036854775808", record{}, []string{"/id"}},
		{"object for a value", "id[x]=5&name[0]=b", record{}, []string{"/id", "/name"}},
		{"value for an object", "channel=x&parent=y&children=z&titles=w", record{}, []string{"/channel", "/children", "/parent", "/titles"}},
		{"list for an object", "channel[]=x&titles[]=y", record{}, []string{"/channel", "/titles"}},
		{"object for a list", "groups[a]=x&children[key]=y", record{}, []string{"/children", "/groups"}},
		{"item of another type", "groups[0]=x&groups[1][a]=y&numbers[0]=x&numbers[1]=2", record{
			Groups: []string{"x", ""}, Numbers: []count{{}, {"2"}},
		}, []string{"/groups/1", "/numbers/0"}},
		{"value among objects", "children[0]=x&children[1][key]=b", record{Children: []child{{}, {Key: "b"}}}, []string{"/children/0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, mistyped, err := decode(tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.mistyped, mistyped); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	many := strings.Repeat("&groups[]=x", 2049)
	tests := []struct {
		name, body string
		kind       error
	}{
		{"repeated value", "id=1&id=1", ErrRepeated},
		{"repeated unknown value", "a=1&a=2", ErrRepeated},
		{"repeated nested value", "a[b][0]=1&a[b][0]=2", ErrRepeated},
		{"repeated item", "groups[0]=1&groups[0]=2", ErrRepeated},
		{"repeated item of objects", "children[0]=1&children[0]=2", ErrRepeated},
		{"object twice", "channel=1&channel=2", ErrRepeated},
		{"negative index", "groups[-1]=x", ErrIndex},
		{"negative index of objects", "children[-1][key]=x", ErrIndex},
		{"negative index of an unknown member", "a[-1]=1", ErrIndex},
		{"negative index of an object", "channel[-1]=1", ErrIndex},
		{"huge index", "children[999999999][key]=x", ErrIndex},
		{"huge index of an unknown member", "a[999999999]=1", ErrIndex},
		{"index of twenty digits", "a[99999999999999999999]=1", ErrIndex},
		{"index with zeros", "groups[00]=x", ErrIndex},
		{"index with plus", "groups[%2B0]=x", ErrIndex},
		{"gap", "groups[0]=a&groups[2]=c", ErrIndex},
		{"gap in an unknown member", "a[b][1]=x", ErrIndex},
		{"too many items", many, ErrIndex},
		{"case", "name=1&Name=2", ErrCase},
		{"case of nested names", "channel[on]=1&channel[ON]=1", ErrCase},
		{"case of unknown names", "a[x]=1&a[X]=2", ErrCase},
		{"case in a list", "groups[a]=1&groups[A]=1", ErrCase},
		{"case among many", "a0=&a1=&a2=&a3=&a4=&a5=&a6=&a7=&a8=&a9=&A3=", ErrCase},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := decode(tt.body)
			if !errors.Is(err, tt.kind) {
				t.Errorf("got %v, want %v", err, tt.kind)
			}
		})
	}
}

func TestDecodeSalvages(t *testing.T) {
	tree, err := Parse([]byte("id=5&parent[titles][en]=Hello&parent[titles][nl][x]=1"), UTF8, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var r record
	var pointers []string
	err = records.Decode(tree.Root(), &r, Options{
		Mistyped: func(pointer string) { t.Errorf("mistyped: %s", pointer) },
		Salvage: func(text []byte, pointer string, target any) error {
			pointers = append(pointers, pointer+" "+string(text))
			*target.(*map[string]string) = map[string]string{"en": "Hello"}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`/parent/titles {"en":"Hello","nl":{"x":"1"}}`}, pointers); diff != "" {
		t.Error(diff)
	}
	want := record{ID: 5, Parent: &record{Titles: map[string]string{"en": "Hello"}}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeTarget(t *testing.T) {
	tree, err := Parse([]byte("parent[id]=5"), UTF8, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := records.Decode(tree.Root().Get("parent"), &r, Options{}); err != nil || r.ID != 5 {
		t.Errorf("part of a tree: got %+v, %v", r, err)
	}
	r = record{}
	if err := records.Decode(tree.Root().Get("none"), &r, Options{}); err != nil || r.ID != 0 {
		t.Errorf("nothing sent: got %+v, %v", r, err)
	}
	for _, target := range []any{nil, 5, record{}, new(int)} {
		if err := records.Decode(tree.Root(), target, Options{}); err == nil {
			t.Errorf("%T: no error", target)
		}
	}
}

// A Decoder learns its types while others use it.
func TestDecodeConcurrently(t *testing.T) {
	d := NewDecoder(open{}, map[string]string(nil))
	tree, err := Parse([]byte("id=5&hidden=maybe&titles[en]=x&children[0][children][0][key]=a&parent[groups][]=b"), UTF8, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 20 {
				var r record
				if err := d.Decode(tree.Root(), &r, Options{}); err != nil || r.Children[0].Children[0].Key != "a" || r.Parent.Groups[0] != "b" {
					t.Errorf("got %+v, %v", r, err)
				}
			}
		})
	}
	running.Wait()
}

func TestDecoderRefusesTypes(t *testing.T) {
	tree, err := Parse([]byte("a=1"), UTF8, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]any{
		"map that is not listed": new(struct {
			A map[string]int `json:"a"`
		}),
		"interface": new(struct {
			A any `json:"a"`
		}),
		"list of open values": new(struct {
			A []open `json:"a"`
		}),
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			_ = NewDecoder(open{}).Decode(tree.Root(), target, Options{})
		}()
	}
}

func TestEncode(t *testing.T) {
	tests := []struct {
		name, object string
		style        Style
		want         string
	}{
		{"nothing", `{}`, QS, ""},
		{"values of qs", `{"a":1,"b":true,"c":null,"d":"x y+z&ü~","e":12.50}`, QS, "a=1&b=true&c=&d=x%20y%2Bz%26%C3%BC~&e=12.50"},
		{"values of PHP", `{"a":1,"b":true,"c":null,"d":"x y+z&ü~","f":false}`, PHP, "a=1&b=1&d=x+y%2Bz%26%C3%BC%7E&f=0"},
		{"nested", `{"a":{"b":[{"c":"d"},["e"]]}}`, QS, "a%5Bb%5D%5B0%5D%5Bc%5D=d&a%5Bb%5D%5B1%5D%5B0%5D=e"},
		{"empty containers", `{"a":[],"b":{},"c":[{},[]]}`, QS, ""},
		{"names", `{"r":{"@type":"x","a.b":"y"}}`, QS, "r%5B%40type%5D=x&r%5Ba.b%5D=y"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Encode([]byte(tt.object), tt.style)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
	for _, text := range []string{"", "[]", "1", `{"a":`, `{"a":1]`, `{"a":[`, `{"a":[1`, `{"a":[{`, `{"a"`, `{1`} {
		if _, err := Encode([]byte(text), QS); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func TestEncodeIsTheReverseOfParse(t *testing.T) {
	const object = `{"event":{"name":"created"},"person":{"groups":["Sales","R&D [EU]"],"profile":{"[odd]":"x","a.b":"y"},"properties":[{"key":"home","properties":[{"key":"city","value":"Århus"}]}]}}`
	body, err := Encode([]byte(object), QS)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Parse(body, UTF8, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(tree.Root().JSON()); got != object {
		t.Errorf("got  %s\nwant %s", got, object)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "a=1&a[b]=2", "id=5&children[0][key]=a&children[0][children][0][value]=b", "a[-1]=1&a[999999999]=1",
		"groups[]=x&numbers=1&numbers=2&titles[en]=x&value[0][1]=2", "parent[parent][channel][inner][text]=%5B", "a[b]]=%zz", "name=&Name=",
		"parent=&parent[id]=1", "hidden[on]=1", "children[1][key]=x", "[=]&]=[", "a[[]]=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		tree, err := Parse([]byte(body), UTF8, Limits{})
		if err != nil {
			return
		}
		text := tree.Root().JSON()
		if !json.Valid(text) {
			t.Fatalf("not JSON: %s", text)
		}
		again, err := Encode(text, QS)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := Parse(again, UTF8, Limits{MaxKey: 3 * 1024}); err == nil {
			if got := second.Root().JSON(); string(got) != string(text) {
				t.Fatalf("got %s\nwant %s", got, text)
			}
		}
		var r record
		if err := records.Decode(tree.Root(), &r, Options{}); err != nil && !errors.As(err, new(*Error)) {
			t.Fatal(err)
		}
	})
}
