package mambo

import (
	"crypto/hmac"
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
	"github.com/loyaltyhooks/loyaltyhooks/internal/mac"
	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
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

// DefaultTolerance is how far the timestamp of a signature may lie before or
// behind the present, unless Config says otherwise.
const DefaultTolerance = 5 * time.Minute

// Sign signs a request as Mambo may do it: it sets t=<timestamp>,v1=<digest>. It
// uses the first of the secrets and of the separators, SignatureHeader and Now. It
// is for tests and tools.
func Sign(config Config, r *http.Request, body []byte) error {
	s, err := newSigner(config)
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	sum := s.keys[0].Sum(timestamp+s.separators[0], body)
	r.Header.Set(s.header, "t="+timestamp+",v1="+hex.EncodeToString(sum[:]))
	return nil
}

// NewVerifier makes the verifier that NewHandler uses unless Options.Verifier is
// set. It reads Secrets, SignatureHeader, Separators, Tolerance and Now.
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
	keys       []*mac.Key
	separators []string
	tolerance  time.Duration
	now        func() time.Time
}

func newSigner(config Config) (*signer, error) {
	s := &signer{
		header:     config.SignatureHeader,
		separators: config.Separators,
		tolerance:  config.Tolerance,
		now:        config.Now,
	}
	if err := envelope.CheckSecrets(config.Secrets); err != nil {
		return nil, err
	}
	for _, secret := range config.Secrets {
		s.keys = append(s.keys, mac.NewKey([]byte(secret)))
	}
	for _, separator := range s.separators {
		if strings.ContainsAny(separator, "0123456789{") {
			return nil, errors.New("a separator has a digit or a brace: it could be taken for timestamp or body")
		}
	}
	if s.tolerance < 0 {
		return nil, errors.New("the tolerance is negative")
	}
	if s.header == "" {
		s.header = SignatureHeader
	}
	if len(s.separators) == 0 {
		s.separators = []string{"", "."}
	}
	if s.tolerance == 0 {
		s.tolerance = DefaultTolerance
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

func (s *signer) verify(r *http.Request) (func([]byte) error, error) {
	values := r.Header.Values(s.header)
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return nil, reason.New(envelope.ErrSignatureMissing, "no "+s.header)
	}
	if len(values) > 1 {
		return nil, reason.New(envelope.ErrSignatureMalformed, s.header+" twice")
	}
	timestamp, digests, ok := parseSignature(values[0])
	if !ok {
		return nil, reason.New(envelope.ErrSignatureMalformed, s.header+" has no timestamp and digest, or more than one timestamp")
	}
	moment, _ := momentOf(timestamp)
	switch age := s.now().Sub(moment); {
	case age > s.tolerance:
		return nil, envelope.ErrSignatureTooOld
	case age < -s.tolerance:
		return nil, envelope.ErrSignatureTooNew
	}
	return func(body []byte) error {
		// With nothing between them, the last digits of a timestamp could be taken for
		// the first ones of a body. A body that starts with a brace can't gain or lose
		// digits, and every model is an object.
		if len(body) == 0 || body[0] != '{' || !s.match(timestamp, body, digests) {
			return envelope.ErrSignatureMismatch
		}
		return nil
	}, nil
}

// match compares every digest sent with every one that would be right, and takes
// the same time whichever it is.
func (s *signer) match(timestamp string, body []byte, digests []mac.Digest) bool {
	match := false
	for _, key := range s.keys {
		for _, separator := range s.separators {
			want := key.Sum(timestamp+separator, body)
			for i := range digests {
				if hmac.Equal(want[:], digests[i][:]) {
					match = true
				}
			}
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
func parseSignature(header string) (timestamp string, digests []mac.Digest, ok bool) {
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
		if len(word) != hex.EncodedLen(sha256.Size) {
			continue
		}
		var sum mac.Digest
		if _, err := hex.Decode(sum[:], []byte(word)); err == nil {
			digests = append(digests, sum)
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
