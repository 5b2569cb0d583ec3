package form

import (
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Parse and JSON make of a form what a plain and slow reading makes of it, and
// refuse what that can't tell.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "&&", "a", "a=1", "a=b=c", "event[name]=created&event[resource]=person", "campaign%5Btitle%5D%5Ben%5D=Hi+there", "a[0]=x&a[1]=y", "a[1]=y&a[0]=x",
		"a[]=x&a[]=y", "a=x&a=y&a=z", "a[17]=x&a[2024]=y", "a.b=1&c[d.e]=2", "a[[b]]=1&a[c[d]]=2", "a]=1", "a[x]=1&b=2&a[y]=3", "a=1&a[b]=2", "a[b]=2&a=1",
		"a[]=1&a=2", "a[]=1&a[0]=2", "a[0]=1&a[]=2", "a[][b]=1", "[a]=1", "=1", "a[b=1", "a[b]c=1", "a=%4", "a%zz=1", "a=%ff", "a[b]=1&a[b]=2", "a[00]=1", "a[-1]=x",
		"a[k0]=0&a[k1]=1&a[k2]=2&a[k3]=3&a[k4]=4&a[k5]=5&a[k6]=6&a[k7]=7&a[k8]=8&a[k9]=9&a[k0]=x",
		"a[2]=c&a[0]=a&a[1][x]=b", "a[0][0]=1&a[0][1]=2&a[1]=3", "é[ü]=ß&é[Ü]=ẞ",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, ok := readPlainly(string(body))
		tree, err := Parse(body, UTF8, Limits{})
		var refused *Error
		if err != nil && (!errors.As(err, &refused) || refused.Offset < 0 || refused.Offset > len(body)) {
			t.Fatalf("got %v", err)
		}
		if errors.Is(err, ErrNodes) {
			return
		}
		if (err == nil) != ok {
			t.Fatalf("got %v, plain reading accepts: %v", err, ok)
		}
		if err != nil {
			return
		}
		text := tree.Root().JSON()
		if len(text) != tree.Root().JSONLen() {
			t.Errorf("%d bytes of JSON, %d announced: %s", len(text), tree.Root().JSONLen(), text)
		}
		var got any
		for _, pointer := range tree.Invalid {
			if value, ok := wire.Find(text, pointer); !ok || !strings.Contains(string(value), "\uFFFD") {
				t.Errorf("invalid at %q: %s", pointer, value)
			}
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
	})
}

// branch is a place of a form in the plain reading.
type branch struct {
	kind    string // "text", "named", "items", "" for nothing yet
	texts   []string
	members map[string]*branch
}

func readPlainly(body string) (tree any, ok bool) {
	if strings.Count(body, "&") >= 4096 {
		return nil, false
	}
	root := &branch{kind: "named", members: map[string]*branch{}}
	for pair := range strings.SplitSeq(strings.TrimRight(body, "\r\n"), "&") {
		if pair != "" && !root.add(pair) {
			return nil, false
		}
	}
	return root.object(), true
}

func (b *branch) add(pair string) bool {
	key, value, _ := strings.Cut(pair, "=")
	if len(key) > 1024 {
		return false
	}
	key, badKey := url.QueryUnescape(key)
	value, badValue := url.QueryUnescape(value)
	names, ok := namesOf(key)
	if badKey != nil || badValue != nil || !utf8.ValidString(key) || !ok || len(names) > 32 {
		return false
	}
	value = strings.ToValidUTF8(value, "\uFFFD")
	items := len(names) > 1 && names[len(names)-1] == ""
	if items {
		names = names[:len(names)-1]
	}
	for _, name := range names {
		if name == "" || b.kind != "" && b.kind != "named" {
			return false
		}
		b.kind = "named"
		if b.members == nil {
			b.members = map[string]*branch{}
		}
		if b.members[name] == nil {
			b.members[name] = &branch{}
		}
		b = b.members[name]
	}
	kind := "text"
	if items {
		kind = "items"
	}
	if b.kind != "" && b.kind != kind {
		return false
	}
	b.kind = kind
	b.texts = append(b.texts, value)
	return true
}

// namesOf takes a[b][c] apart. The brackets of a name are in pairs.
func namesOf(key string) (names []string, ok bool) {
	first, rest, bracketed := strings.Cut(key, "[")
	if first == "" {
		return nil, false
	}
	names = []string{first}
	if !bracketed {
		return names, true
	}
	rest = "[" + rest
	for rest != "" {
		depth, end := 0, -1
		for i, c := range rest {
			if c == '[' {
				depth++
			}
			if c == ']' {
				depth--
			}
			if depth == 0 {
				end = i
				break
			}
		}
		if rest[0] != '[' || end < 0 {
			return nil, false
		}
		names = append(names, rest[1:end])
		rest = rest[end+1:]
	}
	return names, true
}

func (b *branch) value() any {
	switch {
	case b.kind == "text" && len(b.texts) == 1:
		return b.texts[0]
	case b.kind != "named":
		list := make([]any, len(b.texts))
		for i, text := range b.texts {
			list[i] = text
		}
		return list
	}
	list := make([]any, len(b.members))
	for i := range list {
		item := b.members[strconv.Itoa(i)]
		if item == nil {
			return b.object()
		}
		list[i] = item.value()
	}
	return list
}

func (b *branch) object() any {
	object := map[string]any{}
	for name, member := range b.members {
		object[name] = member.value()
	}
	return object
}
