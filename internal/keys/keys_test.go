package keys_test

import (
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/internal/keys"
)

func TestPart(t *testing.T) {
	long := strings.Repeat("é", 1000)
	seen := map[string]string{}
	for _, text := range []string{"", "a", "a/b", "a%2Fb", long, long + "x", keys.Part(long), strings.Repeat("x", 256), strings.Repeat("x", 257)} {
		part := keys.Part(text)
		if other, ok := seen[part]; ok || strings.Contains(part, "/") || len(part) > 3*256 {
			t.Errorf("%.20q and %.20q have the part %.20q", text, other, part)
		}
		seen[part] = text
	}
}
