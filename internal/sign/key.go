// Package sign has what the signatures of all providers have in common: keys and digests,
// the age of a signature, the headers that carry it, and the errors that refuse it.
package sign

import (
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"sync"

	"crypto/hmac"
)

// Digest is an HMAC as it was sent, of at most 64 bytes.
type Digest struct {
	sum  [sha512.Size]byte
	size int
}

// HexDigest reads a digest of size bytes in hex.
func HexDigest(text string, size int) (d Digest, ok bool) {
	if len(text) != hex.EncodedLen(size) || size > len(d.sum) {
		return d, false
	}
	d.size = size
	_, err := hex.Decode(d.sum[:], []byte(text))
	return d, err == nil
}

// Base64Digest reads a digest of size bytes in base64, with or without padding.
func Base64Digest(text string, size int) (d Digest, ok bool) {
	sum, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		sum, err = base64.RawStdEncoding.Strict().DecodeString(text)
	}
	if err != nil || len(sum) != size || size > len(d.sum) {
		return d, false
	}
	d.size = copy(d.sum[:], sum)
	return d, true
}

// Equal reports whether a sum is the one that was sent.
func (d Digest) Equal(sum []byte) bool {
	return subtle.ConstantTimeCompare(sum, d.sum[:d.size]) == 1
}

// Key makes digests under one secret. Most of the work for a short text is to begin with
// the secret, so a Key keeps the state after it.
type Key struct{ states sync.Pool }

type state struct {
	hash.Hash
	head []byte
	sum  [sha512.Size]byte
}

// NewKey takes the secret as it is.
func NewKey(newHash func() hash.Hash, secret []byte) *Key {
	k := new(Key)
	k.states.New = func() any { return &state{Hash: hmac.New(newHash, secret)} }
	return k
}

// Sum returns the digest of a text in two parts, with nothing between them.
func (k *Key) Sum(head string, body []byte) []byte {
	s := k.states.Get().(*state)
	defer k.states.Put(s)
	return append([]byte(nil), s.of(head, body)...)
}

// Match reports whether one of the digests is that of a text in two parts. It takes the
// same time whichever it is.
func (k *Key) Match(head string, body []byte, digests ...Digest) bool {
	s := k.states.Get().(*state)
	defer k.states.Put(s)
	want := s.of(head, body)
	match := 0
	for i := range digests {
		match |= subtle.ConstantTimeCompare(want, digests[i].sum[:digests[i].size])
	}
	return match == 1
}

func (s *state) of(head string, body []byte) []byte {
	s.Reset()
	s.head = append(s.head[:0], head...)
	s.Write(s.head)
	s.Write(body)
	return s.Sum(s.sum[:0])
}
