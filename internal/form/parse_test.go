package form

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"empty body", "", `{}`},
		{"no pairs", "&&", `{}`},
		{"one pair", "a=1", `{"a":"1"}`},
		{"no equals sign", "a&b=", `{"a":"","b":""}`},
		{"equals sign in a value", "a=b=c", `{"a":"b=c"}`},
		{"nested", "event[name]=created&event[resource]=person", `{"event":{"name":"created","resource":"person"}}`},
		{"escaped brackets", "campaign%5Btitle%5D%5Ben%5D=Hi", `{"campaign":{"title":{"en":"Hi"}}}`},
		{"lower case escapes", "a%5bb%5d=%c3%a9", `{"a":{"b":"é"}}`},
		{"space as %20 and +", "a=x%20y+z&b+c=%2B", `{"a":"x y z","b c":"+"}`},
		{"list with indices", "a[0]=x&a[1]=y", `{"a":["x","y"]}`},
		{"indices out of order", "a[1]=y&a[0]=x", `{"a":["x","y"]}`},
		{"list of objects", "a[0][k]=x&a[0][v]=1&a[1][k]=y", `{"a":[{"k":"x","v":"1"},{"k":"y"}]}`},
		{"list in a list", "a[0][0]=x&a[0][1]=y", `{"a":[["x","y"]]}`},
		{"empty brackets", "a[]=x&a[]=y", `{"a":["x","y"]}`},
		{"one item", "a[]=x", `{"a":["x"]}`},
		{"repeated key", "a=x&a=y&a=z", `{"a":["x","y","z"]}`},
		{"numbers that are names", "a[17]=x&a[2024]=y", `{"a":{"17":"x","2024":"y"}}`},
		{"a gap", "a[1]=x", `{"a":{"1":"x"}}`},
		{"JSON-LD names", "r[action][@type]=VoteAction", `{"r":{"action":{"@type":"VoteAction"}}}`},
		{"a dot is no path", "a.b=1&c[d.e]=2", `{"a.b":"1","c":{"d.e":"2"}}`},
		{"brackets in a value", "id=%5Banonymous%5D", `{"id":"[anonymous]"}`},
		{"brackets in a name", "a[[b]]=1&a[c[d]]=2", `{"a":{"[b]":"1","c[d]":"2"}}`},
		{"bracket that opens nothing", "a]=1", `{"a]":"1"}`},
		{"members apart", "a[x]=1&b=2&a[y]=3", `{"a":{"x":"1","y":"3"},"b":"2"}`},
		{"text that JSON escapes", "a=%22%5C%0A", `{"a":"\"\\\n"}`},
		{"semicolon", "a=1;b=2", `{"a":"1;b=2"}`},
		{"many members", "a[k0]=0&a[k1]=1&a[k2]=2&a[k3]=3&a[k4]=4&a[k5]=5&a[k6]=6&a[k7]=7&a[k8]=8&a[k9]=9&a[k0][x]=", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree, err := Parse([]byte(tt.body), UTF8, Limits{})
			if tt.want == "" {
				if !errors.Is(err, ErrConflict) {
					t.Fatalf("got %v, want a conflict", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := string(tree.Root().JSON()); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, body string
		kind       error
		offset     int
	}{
		{"no name", "a=1&=2", ErrSyntax, 4},
		{"brackets first", "[a]=1", ErrSyntax, 0},
		{"bracket not closed", "a[b=1", ErrSyntax, 0},
		{"text behind brackets", "a[b]c=1", ErrSyntax, 0},
		{"one bracket too many", "a[b]]=1", ErrSyntax, 0},
		{"empty brackets inside", "a[][b]=1", ErrSyntax, 0},
		{"escape cut short", "a=%4", ErrSyntax, 0},
		{"escape of nothing", "a%zz=1", ErrSyntax, 0},
		{"key that is not UTF-8", "a%ff=1", ErrSyntax, 0},
		{"value, then members", "a=1&a[b]=2", ErrConflict, 4},
		{"members, then value", "a[b]=2&a=1", ErrConflict, 7},
		{"value, then item", "a=1&a[]=2", ErrConflict, 4},
		{"item, then value", "a[]=1&a=2", ErrConflict, 6},
		{"item, then index", "a[]=1&a[0]=2", ErrConflict, 6},
		{"index, then item", "a[0]=1&a[]=2", ErrConflict, 7},
		{"values, then members", "a=1&a=2&a[b]=3", ErrConflict, 8},
		{"key too long", strings.Repeat("k", 1025) + "=1", ErrKey, 0},
		{"too deep", "a" + strings.Repeat("[b]", 32) + "=1", ErrDepth, 0},
		{"too many pairs", strings.Repeat("a=1&", 4096), ErrPairs, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.body), UTF8, Limits{})
			var e *Error
			if !errors.Is(err, tt.kind) || !errors.As(err, &e) || e.Offset != tt.offset {
				t.Errorf("got %v, want %v at byte %d", err, tt.kind, tt.offset)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	body := []byte("a[b][c]=1&d=2")
	for _, limits := range []Limits{{}, {MaxPairs: 2}, {MaxKey: 7}, {MaxDepth: 3}, {MaxPairs: -1, MaxKey: -1, MaxDepth: -1, MaxIndex: -1}} {
		if _, err := Parse(body, UTF8, limits); err != nil {
			t.Errorf("%+v: %v", limits, err)
		}
	}
	for kind, limits := range map[error]Limits{ErrPairs: {MaxPairs: 1}, ErrKey: {MaxKey: 6}, ErrDepth: {MaxDepth: 2}} {
		if _, err := Parse(body, UTF8, limits); !errors.Is(err, kind) {
			t.Errorf("%+v: got %v, want %v", limits, err, kind)
		}
	}
	var nested []string
	for i := range 300 {
		nested = append(nested, fmt.Sprintf("k%d[a][b][c][d]=1", i))
	}
	if _, err := Parse([]byte(strings.Join(nested, "&")), UTF8, Limits{}); !errors.Is(err, ErrNodes) {
		t.Errorf("got %v, want %v", err, ErrNodes)
	}
}

func TestErrorsHoldNoText(t *testing.T) {
	_, err := Parse([]byte("secret=1&secret[hidden]=2"), UTF8, Limits{})
	if got, want := err.Error(), "form: key with a value and with members at byte 9"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNodeGet(t *testing.T) {
	tree, err := Parse([]byte("a[b][0]=x&a[b][1][c]=y&l[]=p&l[]=q"), UTF8, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		names []string
		want  string
		ok    bool
	}{
		{[]string{"a", "b", "0"}, "x", true},
		{[]string{"a", "b", "1", "c"}, "y", true},
		{[]string{"l", "1"}, "q", true},
		{[]string{"l", "2"}, "", false},
		{[]string{"l", "-1"}, "", false},
		{[]string{"a", "b"}, "", false},
		{[]string{"a", "x", "y"}, "", false},
		{[]string{"a", "b", "0", "c"}, "", false},
	}
	for _, tt := range tests {
		if got, ok := tree.Root().Get(tt.names...).Text(); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %q, %v", tt.names, got, ok)
		}
	}
	if node := tree.Root().Get("none").Get("below"); node.Sent() || string(node.JSON()) != "null" {
		t.Errorf("a place that was not sent: %v, %s", node.Sent(), node.JSON())
	}
	if !tree.Root().Get("a", "b").Sent() {
		t.Error("a place that was sent is missing")
	}
}

func TestFoldCase(t *testing.T) {
	for _, names := range [][2]string{{"title", "Title"}, {"K", "\u212a"}, {"s", "\u017f"}, {"é", "É"}, {"i", "İ"}, {"ß", "ẞ"}, {"a", "b"}} {
		if got, want := foldCase(names[0]) == foldCase(names[1]), strings.EqualFold(names[0], names[1]); got != want {
			t.Errorf("%q: got %v, want %v", names, got, want)
		}
	}
}

// JSON is made in one piece of memory, of the length that JSONLen tells before.
func TestJSONLen(t *testing.T) {
	for _, body := range []string{
		"", "a=", "a=b&c=d", "a[]=1&a[]=2", "a[0]=x&a[1]=y", "a[1]=x", "a[b][c]=d&a[b][e]=%22%5C%0A%09%0D%08%0C%00%1F%7F", "%01%22=%C3%A9",
		"a=1&a=2", "a[0][0]=1&a[0][1]=2&a[1]=3", "0=a&1=b", "a=%E2%80%A8%3C%26", "a=" + strings.Repeat("\x01", 1000),
	} {
		tree, err := Parse([]byte(body), UTF8, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		root := tree.Root()
		if text := root.JSON(); len(text) != root.JSONLen() || cap(text) != root.JSONLen() {
			t.Errorf("%q: %d bytes in %d, %d announced: %s", body, len(text), cap(text), root.JSONLen(), text)
		}
	}
}
