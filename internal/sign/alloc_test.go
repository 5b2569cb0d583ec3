//go:build !race

// The race detector lets sync.Pool drop things at random: allocations can be counted
// without it only.

package sign_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

func TestAllocations(t *testing.T) {
	key := sign.NewKey(sha256.New, []byte("secret"))
	body := []byte(`{"a":1}`)
	digest, _ := sign.HexDigest(strings.Repeat("ab", sha256.Size), sha256.Size)
	if n := testing.AllocsPerRun(100, func() { key.Match("1700000000.", body, digest) }); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}
