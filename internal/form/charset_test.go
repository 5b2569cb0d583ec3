package form

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCharsets: texts come out as their senders meant them, and what can't be told is
// listed.
func TestCharsets(t *testing.T) {
	for _, test := range []struct {
		name, charset, body, want string
		invalid                   []string
	}{
		{"UTF-8", "", "a=%C3%A9&b=é", `{"a":"é","b":"é"}`, nil},
		{"invalid byte", "utf-8", "a=x%E9y&b=1", "{\"a\":\"x\uFFFDy\",\"b\":\"1\"}", []string{"/a"}},
		{"invalid run", "", "a=\xff\xfe-\xff", "{\"a\":\"\uFFFD-\uFFFD\"}", []string{"/a"}},
		{"replacement that was sent", "", "a=\uFFFD", "{\"a\":\"\uFFFD\"}", nil},
		{"invalid in lists", "", "a[b][0]=%ff&a[b][1]=x&c[]=x&c[]=%ff", "{\"a\":{\"b\":[\"\uFFFD\",\"x\"]},\"c\":[\"x\",\"\uFFFD\"]}", []string{"/a/b/0", "/c/1"}},
		{"invalid under a name to escape", "", "a[b/c~]=%ff", "{\"a\":{\"b/c~\":\"\uFFFD\"}}", []string{"/a/b~1c~0"}},
		{"windows-1252", "Windows-1252", "a=%E9%80%93\xfc&\xe9=+x", `{"a":"é€“ü","é":" x"}`, nil},
		{"latin 1", "ISO-8859-1", "a=Andr%E9", `{"a":"André"}`, nil},
		{"latin 1 means what it says", "latin1", "a=%C3%A9", `{"a":"Ã©"}`, nil},
		{"another charset", "koi8-r", "a=%C1&b=x", "{\"a\":\"\uFFFD\",\"b\":\"x\"}", []string{"/a"}},
		{"line feed at the end", "", "a=1&b=x y\r\n", `{"a":"1","b":"x y"}`, nil},
		{"line feed of the text", "", "a=1%0D%0A\n", `{"a":"1\r\n"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree, err := Parse([]byte(test.body), CharsetOf(test.charset), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(tree.Root().JSON())); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.invalid, tree.Invalid); diff != "" {
				t.Error(diff)
			}
		})
	}
}
