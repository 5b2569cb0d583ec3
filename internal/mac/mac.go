// Package mac makes the digests of signatures.
package mac

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// Digest is an HMAC-SHA256. Compare two with hmac.Equal.
type Digest = [sha256.Size]byte

// Key makes digests under one secret. To begin with the secret is most of the work
// for a short text, so that a Key keeps what is needed of it.
type Key struct{ states sync.Pool }

type state struct {
	hash.Hash
	head []byte
	sum  Digest
}

// NewKey takes the secret as it is.
func NewKey(secret []byte) *Key {
	k := new(Key)
	k.states.New = func() any { return &state{Hash: hmac.New(sha256.New, secret)} }
	return k
}

// Sum is the digest of a text in two parts, between which nothing stands.
func (k *Key) Sum(head string, body []byte) Digest {
	s := k.states.Get().(*state)
	defer k.states.Put(s)
	s.Reset()
	s.head = append(s.head[:0], head...)
	s.Write(s.head)
	s.Write(body)
	s.Sum(s.sum[:0])
	return s.sum
}
