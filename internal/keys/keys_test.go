package keys_test

import (
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/internal/keys"
)

func TestJoin(t *testing.T) {
	long := strings.Repeat("é", 1000)
	seen := map[string][]string{}
	for _, parts := range [][]string{
		{"a"}, {"a", ""}, {"", "a"}, {"a", "b"}, {"a/b"}, {"a%2Fb"}, {long}, {long + "x"}, {keys.Join(long)},
		{strings.Repeat("x", 256)}, {strings.Repeat("x", 257)}, {long, long}, {long + "/" + long},
	} {
		key := keys.Join(parts...)
		if other, ok := seen[key]; ok || len(key) > 3*256 {
			t.Errorf("%.20q and %.20q have the key %.20q", parts, other, key)
		}
		seen[key] = parts
	}
	for _, text := range []string{"\uFFFD", "a\xff", "\xed\xa0\x80"} {
		if key := keys.Join("a", text); key != "" {
			t.Errorf("%q: key %q", text, key)
		}
	}
}
