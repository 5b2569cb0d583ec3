//go:build !race

// The race detector lets sync.Pool drop things at random: allocations can be counted
// without it only.

package mac_test

import (
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/internal/mac"
)

func TestAllocations(t *testing.T) {
	key := mac.NewKey([]byte("secret"))
	body := []byte(`{"a":1}`)
	if n := testing.AllocsPerRun(100, func() { key.Sum("1700000000.", body) }); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}
