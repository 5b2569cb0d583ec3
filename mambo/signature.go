package mambo

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Mambo signs the timestamp of each attempt and the body: HMAC-SHA256 under the
// secret that you chose when you created the webhook, in hex. Timestamp and digest
// share one header. How they stand in it, what stands between timestamp and body
// when they are signed, and whether the timestamp counts seconds or milliseconds
// is not published. So the header is read leniently, and then the comparison is
// strict: a digest must be that of the bytes received, for a timestamp that is in
// the header and within the tolerance.
//
// Source: https://docs.mambo.io/developers/webhooks/implementation/secure-webhooks

// SignatureHeader is the header of the signature, unless Config names another.
const SignatureHeader = "X-Mambo-Signature"

// Sign signs a request as Mambo may do it: it sets t=<timestamp>,v1=<digest>. It uses the
// first of Secrets and of Separators, SignatureHeader and Now; not Tenant. It is for tests
// and tools.
func Sign(config Config, r *http.Request, body []byte) error {
	s, err := newSigner(config)
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(s.clock.Now().Unix(), 10)
	sum := s.keys[0].Sum(timestamp+s.separators[0], body)
	r.Header.Set(s.header, "t="+timestamp+",v1="+hex.EncodeToString(sum))
	return nil
}

// NewVerifier makes the verifier that NewHandler uses unless Options.Verifier is set. It
// reads Secrets, SignatureHeader, Separators, Tolerance and Now; not Tenant.
func NewVerifier(config Config) (envelope.Verifier, error) {
	s, err := newSigner(config)
	if err != nil {
		return nil, err
	}
	return s.verify, nil
}

// signer makes signatures, to send them or to compare them.
type signer struct {
	header     string
	keys       []*sign.Key
	separators []string
	clock      sign.Clock
}

func newSigner(config Config) (*signer, error) {
	s := &signer{
		header:     cmp.Or(config.SignatureHeader, SignatureHeader),
		separators: config.Separators,
	}
	secrets, err := sign.Readings(config.Secrets)
	if err != nil {
		return nil, err
	}
	for _, secret := range secrets {
		s.keys = append(s.keys, sign.NewKey(sha256.New, []byte(secret)))
	}
	for _, separator := range s.separators {
		if strings.ContainsAny(separator, "0123456789{[") {
			return nil, errors.New("a separator has a digit or a bracket: it could be taken for timestamp or body")
		}
	}
	if len(s.separators) == 0 {
		s.separators = []string{"", "."}
	}
	s.clock, err = sign.NewClock(config.Now, config.Tolerance)
	return s, err
}

func (s *signer) verify(r *http.Request) (func([]byte) error, error) {
	header, err := sign.Header(r.Header, s.header)
	if err != nil {
		return nil, err
	}
	timestamp, digests, ok := parseSignature(header)
	if !ok {
		return nil, sign.Malformed(s.header + " has no timestamp and digest, or more than one timestamp")
	}
	moment, _ := momentOf(timestamp)
	if err := s.clock.Check(moment); err != nil {
		return nil, err
	}
	return func(body []byte) error {
		if !isContainer(body) || !s.match(timestamp, body, digests) {
			return envelope.ErrSignatureMismatch
		}
		return nil
	}, nil
}

// isContainer reports whether a body starts as an object or a list does, after white
// space. With nothing between them, the last digits of a timestamp could be taken for the
// first ones of a body, and a separator for its start; such a body can't gain or lose
// either.
func isContainer(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte(byteOrderMark)), " \t\r\n")
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

const byteOrderMark = "\ufeff"

// match compares every digest sent with every one that would be right, and takes
// the same time whichever it is.
func (s *signer) match(timestamp string, body []byte, digests []sign.Digest) bool {
	match := false
	for _, key := range s.keys {
		for _, separator := range s.separators {
			match = key.Match(timestamp+separator, body, digests...) || match
		}
	}
	return match
}

// Limits of a header.
const (
	maxSignature = 1024
	maxDigests   = 8 // a sender in the midst of a rotation may send several
)

// parseSignature finds the timestamp and the digests in a header, whatever their
// names, their order and what stands between them: the timestamp is the number of
// 10 or 13 digits, a digest is 64 hex digits. It does not choose between two
// timestamps.
func parseSignature(header string) (timestamp string, digests []sign.Digest, ok bool) {
	if len(header) > maxSignature {
		return "", nil, false
	}
	for word := range strings.FieldsFuncSeq(header, isPunctuation) {
		if _, ok := momentOf(word); ok {
			if timestamp != "" {
				return "", nil, false
			}
			timestamp = word
		}
		if digest, ok := sign.HexDigest(word, sha256.Size); ok {
			digests = append(digests, digest)
		}
	}
	return timestamp, digests, timestamp != "" && len(digests) > 0 && len(digests) <= maxDigests
}

// isPunctuation reports whether r is no part of a number or a name.
func isPunctuation(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9', 'A' <= r && r <= 'Z', r == '_':
		return false
	}
	return r < utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// momentOf reads a timestamp: 10 digits are seconds, 13 are milliseconds. Nothing
// else is one.
func momentOf(timestamp string) (moment time.Time, ok bool) {
	if len(timestamp) != 10 && len(timestamp) != 13 {
		return time.Time{}, false
	}
	n, err := strconv.ParseUint(timestamp, 10, 63)
	switch {
	case err != nil:
		return time.Time{}, false
	case len(timestamp) == 10:
		return time.Unix(int64(n), 0), true
	}
	return time.UnixMilli(int64(n)), true
}
