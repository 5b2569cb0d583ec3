package openloyalty

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
	"github.com/loyaltyhooks/loyaltyhooks/internal/uuid"
)

// Open Loyalty signs deliveries of subscriptions for which signing was enabled:
// HMAC-SHA256, in hex, of six lines without a line feed at the end.
//
//	POST
//	<length of host>:<host>
//	<length of path>:<path>
//	<SHA-256 of the body, in hex>
//	<X-Webhook-Timestamp>
//	<X-Webhook-Request-Id>
//
// Observed: what each line holds, from the code of another receiver; the rest is
// documented.
//
// Source: https://help.openloyalty.io/main-features/webhooks/hmac/verifying-the-signature

// Headers of a signed delivery.
const (
	SignatureHeader = "X-Webhook-Signature"           // the signature, in hex
	AlgorithmHeader = "X-Webhook-Signature-Algorithm" // hmac-sha256
	TimestampHeader = "X-Webhook-Timestamp"           // when it was signed, in Unix seconds
	RequestIDHeader = "X-Webhook-Request-Id"          // id of this attempt
	VersionHeader   = "X-Webhook-Signature-Version"   // how often the secret has been rotated, from 1 on
)

// KeyEncoding says how the digits of a secret become the key of its signatures. That is
// not published.
type KeyEncoding int

const (
	// KeyEither tries both. This is the default.
	KeyEither KeyEncoding = iota
	// KeyText takes the 64 digits behind whsec_ as text.
	KeyText
	// KeyHex takes the 32 bytes that they stand for.
	KeyHex
)

const (
	algorithm    = "hmac-sha256"
	version      = "1"
	secretPrefix = "whsec_"
)

// Sign signs a request as Open Loyalty does and sets the five headers. The request id is
// that of the header if it is set, or else that of the body, or else a new one. It uses the
// first of Secrets, and KeyEncoding, PublicURL and Now; not Tenant. With SecretFrom it puts
// the secret there. It is for tests and tools.
func Sign(config Config, r *http.Request, body []byte) error {
	if config.SecretFrom != (envelope.SecretSource{}) {
		return config.SecretFrom.Put(r, config.Secrets...)
	}
	s, err := newSigner(config)
	if err != nil {
		return err
	}
	if r.Header.Get(RequestIDHeader) == "" {
		var meta Meta
		_ = json.Unmarshal(body, &meta) // A body that is not JSON has no id.
		r.Header.Set(RequestIDHeader, cmp.Or(meta.RequestID, uuid.New()))
	}
	sent := sentSignature{
		timestamp: strconv.FormatInt(s.clock.Now().Unix(), 10),
		requestID: r.Header.Get(RequestIDHeader),
	}
	host, path := s.place(r)
	text := appendCanonical(nil, r.Method, host, path, sha256.Sum256(body), sent)
	r.Header.Set(SignatureHeader, hex.EncodeToString(s.keys[0].Sum("", text)))
	r.Header.Set(AlgorithmHeader, algorithm)
	r.Header.Set(TimestampHeader, sent.timestamp)
	r.Header.Set(VersionHeader, version)
	return nil
}

// NewVerifier makes the verifier that NewHandler uses unless Options.Verifier is set. It
// reads Secrets, SecretFrom, KeyEncoding, PublicURL, Tolerance and Now; not Tenant.
func NewVerifier(config Config) (envelope.Verifier, error) {
	if config.SecretFrom != (envelope.SecretSource{}) {
		return envelope.SharedSecret(config.SecretFrom, config.Secrets...)
	}
	s, err := newSigner(config)
	if err != nil {
		return nil, err
	}
	return s.verify, nil
}

// signer makes signatures, to send them or to compare them.
type signer struct {
	keys   []*sign.Key
	public *url.URL // nil for host and path of the request
	clock  sign.Clock
}

func newSigner(config Config) (s *signer, err error) {
	s = new(signer)
	if err := sign.CheckSecrets(config.Secrets); err != nil {
		return nil, err
	}
	for _, secret := range config.Secrets {
		keys, err := keysOf(secret, config.KeyEncoding)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, keys...)
	}
	if config.PublicURL != "" {
		if s.public, err = parsePublicURL(config.PublicURL); err != nil {
			return nil, err
		}
	}
	s.clock, err = sign.NewClock(config.Now, config.Tolerance)
	return s, err
}

// keysOf makes the keys that a secret may stand for. Its digits are documented, so that
// what can't be a secret is found here, and not by refusing every delivery.
func keysOf(secret string, encoding KeyEncoding) ([]*sign.Key, error) {
	digits := strings.TrimPrefix(strings.TrimSpace(secret), secretPrefix)
	sum, err := hex.DecodeString(digits)
	switch {
	case digits == "":
		return nil, errors.New("a secret is blank")
	case strings.ContainsAny(digits, "\"'"):
		return nil, errors.New("a secret has quotes: it is whsec_ and 64 hex digits")
	case err != nil || len(sum) != sha256.Size: // The error quotes the secret.
		return nil, fmt.Errorf("a secret of %d characters is not whsec_ and 64 hex digits", len(digits))
	}
	text, bytes := sign.NewKey(sha256.New, []byte(digits)), sign.NewKey(sha256.New, sum)
	switch encoding {
	case KeyEither:
		return []*sign.Key{text, bytes}, nil
	case KeyText:
		return []*sign.Key{text}, nil
	case KeyHex:
		return []*sign.Key{bytes}, nil
	}
	return nil, errors.New("unknown key encoding")
}

func (s *signer) verify(r *http.Request) (func([]byte) error, error) {
	sent, err := parseHeaders(r.Header)
	if err != nil {
		return nil, err
	}
	if err := s.clock.Check(sent.moment); err != nil {
		return nil, err
	}
	return func(body []byte) error {
		sum := sha256.Sum256(body)
		host, path := s.place(r)
		text := make([]byte, 0, 256+len(host)+len(path))
		if s.match(text, r.Method, host, path, sum, sent) {
			return nil
		}
		for _, host := range hostsOf(host) {
			for _, path := range s.pathsOf(path) {
				if s.match(text, r.Method, host, path, sum, sent) {
					return nil
				}
			}
		}
		return envelope.ErrSignatureMismatch
	}, nil
}

func (s *signer) match(text []byte, method, host, path string, sum [sha256.Size]byte, sent sentSignature) bool {
	text = appendCanonical(text[:0], method, host, path, sum, sent)
	match := false
	for _, key := range s.keys {
		match = key.Match("", text, sent.digest) || match
	}
	return match
}

// appendCanonical appends the text that is signed. Host and path have their length with
// them, so that no end of one can pass for the start of the other.
func appendCanonical(text []byte, method, host, path string, sum [sha256.Size]byte, sent sentSignature) []byte {
	text = append(append(text, method...), '\n')
	text = append(appendSized(text, host), '\n')
	text = append(appendSized(text, path), '\n')
	text = append(hex.AppendEncode(text, sum[:]), '\n')
	text = append(append(text, sent.timestamp...), '\n')
	return append(text, sent.requestID...)
}

func appendSized(text []byte, part string) []byte {
	text = append(strconv.AppendInt(text, int64(len(part)), 10), ':')
	return append(text, part...)
}

// sentSignature is what the headers of a delivery say.
type sentSignature struct {
	digest    sign.Digest
	timestamp string // as it was sent, because it is signed so
	moment    time.Time
	requestID string
}

func parseHeaders(header http.Header) (sent sentSignature, err error) {
	signature, err := sign.Header(header, SignatureHeader)
	if err != nil {
		return sent, err
	}
	if sent.timestamp, err = sign.Header(header, TimestampHeader); err != nil {
		return sent, err
	}
	if sent.requestID, err = sign.Header(header, RequestIDHeader); err != nil {
		return sent, err
	}
	// Algorithm and version are not signed: they may be missing, and choose nothing.
	named := header[AlgorithmHeader]
	switch {
	case len(named) > 1:
		return sent, sign.Malformed(AlgorithmHeader + " twice")
	case len(header[VersionHeader]) > 1:
		return sent, sign.Malformed(VersionHeader + " twice")
	case len(named) == 1 && named[0] != "" && !strings.EqualFold(named[0], algorithm):
		return sent, sign.Malformed(AlgorithmHeader + " is not " + algorithm)
	}
	var ok bool
	if sent.digest, ok = sign.HexDigest(signature, sha256.Size); !ok {
		return sent, sign.Malformed(SignatureHeader + " is not 64 hex digits")
	}
	if sent.moment, ok = sign.Unix(sent.timestamp); !ok {
		return sent, sign.Malformed(TimestampHeader + " is not in Unix seconds")
	}
	return sent, nil
}
