package envelope

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// HMAC is how many providers sign: a digest of the body under a shared secret, in a
// header. Its method Verifier is what a Provider of your own needs; Sign is for tests.
type HMAC struct {
	// Header carries the digest.
	Header string

	// Prefix is in front of the digest, such as "sha256=". Default: nothing.
	Prefix string

	// Base64 says that the digest is written in base64. Default: in hex.
	Base64 bool

	// Hash is the hash function. Default: sha256.New.
	Hash func() hash.Hash

	// TimestampHeader carries the time of the signature in Unix seconds. Without one a
	// delivery that somebody has recorded can be sent again at any time. Default: none.
	TimestampHeader string

	// Signed returns the text that is signed; timestamp is empty without
	// TimestampHeader. It must not change the body. Whatever it leaves out is not proven.
	// Default: the body, with a timestamp and a full stop in front if there is one.
	Signed func(r *http.Request, timestamp string, body []byte) []byte

	// Tolerance is how far the timestamp may be before or after the present. Default: 5
	// minutes.
	Tolerance time.Duration

	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Verifier makes a verifier that accepts a signature under any of the secrets. It is an
// error if there is none, or a blank one. Blanks around a secret do not count.
func (h HMAC) Verifier(secrets []string) (Verifier, error) {
	clock, err := h.check()
	if err != nil {
		return nil, err
	}
	keys, err := h.keys(secrets)
	if err != nil {
		return nil, err
	}
	return func(r *http.Request) (func([]byte) error, error) {
		timestamp, err := h.timestamp(r.Header, clock)
		if err != nil {
			return nil, err
		}
		digest, err := h.digest(r.Header)
		if err != nil {
			return nil, err
		}
		return func(body []byte) error {
			head, body := h.text(r, timestamp, body)
			for _, key := range keys {
				if key.Match(head, body, digest) {
					return nil
				}
			}
			return ErrSignatureMismatch
		}, nil
	}, nil
}

// Sign sets the headers of a signed request.
func (h HMAC) Sign(r *http.Request, body []byte, secret string) error {
	clock, err := h.check()
	if err != nil {
		return err
	}
	keys, err := h.keys([]string{secret})
	if err != nil {
		return err
	}
	timestamp := ""
	if h.TimestampHeader != "" {
		timestamp = strconv.FormatInt(clock.Now().Unix(), 10)
		r.Header.Set(h.TimestampHeader, timestamp)
	}
	encode := hex.EncodeToString
	if h.Base64 {
		encode = base64.StdEncoding.EncodeToString
	}
	r.Header.Set(h.Header, h.Prefix+encode(keys[0].Sum(h.text(r, timestamp, body))))
	return nil
}

func (h HMAC) check() (sign.Clock, error) {
	if h.Header == "" {
		return sign.Clock{}, errors.New("the header of the signature has no name")
	}
	return sign.NewClock(h.Now, h.Tolerance)
}

func (h HMAC) hash() func() hash.Hash {
	if h.Hash == nil {
		return sha256.New
	}
	return h.Hash
}

func (h HMAC) keys(secrets []string) ([]*sign.Key, error) {
	readings, err := sign.Readings(secrets)
	if err != nil {
		return nil, err
	}
	keys := make([]*sign.Key, len(readings))
	for i, secret := range readings {
		keys[i] = sign.NewKey(h.hash(), []byte(secret))
	}
	return keys, nil
}

func (h HMAC) timestamp(header http.Header, clock sign.Clock) (string, error) {
	if h.TimestampHeader == "" {
		return "", nil
	}
	return timestampOf(header, h.TimestampHeader, clock)
}

// timestampOf returns a timestamp as it was sent, because it is signed so.
func timestampOf(header http.Header, name string, clock sign.Clock) (string, error) {
	timestamp, err := sign.Header(header, name)
	if err != nil {
		return "", err
	}
	moment, ok := sign.Unix(timestamp)
	if !ok {
		return "", sign.Malformed(name + " is not in Unix seconds")
	}
	return timestamp, clock.Check(moment)
}

func (h HMAC) digest(header http.Header) (digest sign.Digest, err error) {
	text, err := sign.Header(header, h.Header)
	if err != nil {
		return digest, err
	}
	text, ok := strings.CutPrefix(text, h.Prefix)
	if !ok {
		return digest, sign.Malformed(h.Header + " does not start with " + h.Prefix)
	}
	read, format := sign.HexDigest, "hex"
	if h.Base64 {
		read, format = sign.Base64Digest, "base64"
	}
	size := h.hash()().Size()
	if digest, ok = read(text, size); !ok {
		return digest, sign.Malformed(h.Header + " is not a digest of " + strconv.Itoa(size) + " bytes in " + format)
	}
	return digest, nil
}

// text is what is signed, in two parts.
func (h HMAC) text(r *http.Request, timestamp string, body []byte) (head string, rest []byte) {
	switch {
	case h.Signed != nil:
		return "", h.Signed(r, timestamp, body)
	case timestamp != "":
		return timestamp + ".", body
	}
	return "", body
}
