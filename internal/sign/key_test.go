package sign_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// The vectors of RFC 4231, section 4.
var vectors = []struct{ key, text, digest string }{
	{strings.Repeat("0b", 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{hex.EncodeToString([]byte("Jefe")), "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{strings.Repeat("aa", 20), strings.Repeat("\xdd", 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{strings.Repeat("aa", 131), "Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		secret, err := hex.DecodeString(v.key)
		if err != nil {
			t.Fatal(err)
		}
		key := sign.NewKey(sha256.New, secret)
		for i := range len(v.text) + 1 {
			if sum := key.Sum(v.text[:i], []byte(v.text[i:])); hex.EncodeToString(sum) != v.digest {
				t.Errorf("%q, cut at %d: %x, not %s", v.text, i, sum, v.digest)
			}
		}
	}
}

// A Key may be used at the same time, and what it keeps of one text is not in the
// digest of another.
func TestConcurrent(t *testing.T) {
	key := sign.NewKey(sha256.New, []byte("secret"))
	one, two := key.Sum("1", []byte("one")), key.Sum("2", []byte("two"))
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 1000 {
				if !bytes.Equal(key.Sum("1", []byte("one")), one) || !bytes.Equal(key.Sum("", []byte("2two")), two) {
					t.Error("another digest")
					return
				}
			}
		})
	}
	running.Wait()
	if bytes.Equal(one, two) {
		t.Error("the digests of two texts are equal")
	}
}
