package openloyalty

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/mac"
	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
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

// DefaultTolerance is how far the timestamp of a signature may lie before or
// behind the present, unless Config says otherwise.
const DefaultTolerance = 5 * time.Minute

// KeyEncoding says how the digits of a secret become the key of its signatures.
type KeyEncoding int

const (
	// KeyText takes the 64 digits behind whsec_ as text. This is the default.
	KeyText KeyEncoding = iota
	// KeyHex takes the 32 bytes that they stand for.
	KeyHex
)

const (
	algorithm    = "hmac-sha256"
	version      = "1"
	secretPrefix = "whsec_"
)

// Sign signs a request as Open Loyalty does and sets the five headers. It uses
// the first of the secrets, and KeyEncoding, PublicURL and Now. It is for tests
// and tools.
func Sign(config Config, r *http.Request, body []byte, requestID string) error {
	s, err := newSigner(config)
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	sum := s.keys[0].Sum("", s.canonical(r, body, timestamp, requestID))
	r.Header.Set(SignatureHeader, hex.EncodeToString(sum[:]))
	r.Header.Set(AlgorithmHeader, algorithm)
	r.Header.Set(TimestampHeader, timestamp)
	r.Header.Set(RequestIDHeader, requestID)
	r.Header.Set(VersionHeader, version)
	return nil
}

// NewVerifier makes the verifier that NewHandler uses unless Options.Verifier is
// set. It reads Secrets, SecretFrom, KeyEncoding, PublicURL, Tolerance and Now.
func NewVerifier(config Config) (envelope.Verifier, error) {
	if !config.SecretFrom.IsZero() {
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
	keys       []*mac.Key
	host, path string // of the public URL; empty for those of the request
	tolerance  time.Duration
	now        func() time.Time
}

func newSigner(config Config) (*signer, error) {
	s := &signer{tolerance: config.Tolerance, now: config.Now}
	if err := envelope.CheckSecrets(config.Secrets); err != nil {
		return nil, err
	}
	for _, secret := range config.Secrets {
		key, err := keyOf(secret, config.KeyEncoding)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, mac.NewKey(key))
	}
	if config.PublicURL != "" {
		public, err := url.Parse(config.PublicURL)
		if err != nil || public.Scheme != "https" && public.Scheme != "http" || public.Host == "" {
			return nil, errors.New("the public URL is not absolute")
		}
		s.host, s.path = public.Host, public.EscapedPath()
	}
	if s.tolerance < 0 {
		return nil, errors.New("the tolerance is negative")
	}
	if s.tolerance == 0 {
		s.tolerance = DefaultTolerance
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// keyOf makes a key of a secret, with or without its prefix.
func keyOf(secret string, encoding KeyEncoding) ([]byte, error) {
	digits := strings.TrimPrefix(strings.TrimSpace(secret), secretPrefix)
	switch {
	case digits == "":
		return nil, errors.New("a secret is blank")
	case encoding == KeyText:
		return []byte(digits), nil
	case encoding == KeyHex:
		key, err := hex.DecodeString(digits)
		if err != nil {
			return nil, errors.New("a secret is not hex") // The cause quotes the secret.
		}
		return key, nil
	}
	return nil, errors.New("unknown key encoding")
}

func (s *signer) verify(r *http.Request) (func([]byte) error, error) {
	sent, err := parseHeaders(r.Header)
	if err != nil {
		return nil, err
	}
	switch age := s.now().Sub(sent.moment); {
	case age > s.tolerance:
		return nil, envelope.ErrSignatureTooOld
	case age < -s.tolerance:
		return nil, envelope.ErrSignatureTooNew
	}
	return func(body []byte) error {
		canonical := s.canonical(r, body, sent.timestamp, sent.requestID)
		match := false
		for _, key := range s.keys {
			want := key.Sum("", canonical)
			if hmac.Equal(want[:], sent.digest[:]) {
				match = true
			}
		}
		if !match {
			return envelope.ErrSignatureMismatch
		}
		return nil
	}, nil
}

// canonical is the text that is signed. Host and path have their length with
// them, so that no end of one can pass for the start of the other.
func (s *signer) canonical(r *http.Request, body []byte, timestamp, requestID string) []byte {
	host, path := s.host, s.path
	if host == "" {
		host = hostOf(r)
	}
	if path == "" {
		path = pathOf(r)
	}
	sum := sha256.Sum256(body)
	size := len(r.Method) + len(host) + len(path) + hex.EncodedLen(len(sum)) + len(timestamp) + len(requestID)
	text := make([]byte, 0, size+32) // Two lengths and five line feeds besides.
	text = append(append(text, r.Method...), '\n')
	text = append(appendSized(text, host), '\n')
	text = append(appendSized(text, path), '\n')
	text = append(hex.AppendEncode(text, sum[:]), '\n')
	text = append(append(text, timestamp...), '\n')
	return append(text, requestID...)
}

func appendSized(text []byte, part string) []byte {
	text = append(strconv.AppendInt(text, int64(len(part)), 10), ':')
	return append(text, part...)
}

func hostOf(r *http.Request) string {
	if r.Host == "" { // An outgoing request.
		return r.URL.Host
	}
	return r.Host
}

// pathOf is the path as it was sent: routers and http.StripPrefix change r.URL
// and leave r.RequestURI alone.
func pathOf(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") { // An outgoing request, or one with a full URL.
		path = r.URL.EscapedPath()
	}
	if path == "" {
		return "/"
	}
	return path
}

// sentSignature is what the headers of a delivery say.
type sentSignature struct {
	digest    mac.Digest
	timestamp string // as it was sent, because it is signed so
	moment    time.Time
	requestID string
}

func parseHeaders(header http.Header) (sent sentSignature, err error) {
	signature, err := single(header, SignatureHeader)
	if err != nil {
		return sent, err
	}
	if sent.timestamp, err = single(header, TimestampHeader); err != nil {
		return sent, err
	}
	if sent.requestID, err = single(header, RequestIDHeader); err != nil {
		return sent, err
	}
	// Algorithm and version are not signed: they may be missing, and choose nothing.
	named := header[AlgorithmHeader]
	switch {
	case len(named) > 1:
		return sent, reason.New(envelope.ErrSignatureMalformed, AlgorithmHeader+" twice")
	case len(header[VersionHeader]) > 1:
		return sent, reason.New(envelope.ErrSignatureMalformed, VersionHeader+" twice")
	case len(named) == 1 && named[0] != "" && !strings.EqualFold(named[0], algorithm):
		return sent, reason.New(envelope.ErrSignatureMalformed, AlgorithmHeader+" is not "+algorithm)
	}
	_, err = hex.Decode(sent.digest[:], []byte(signature[:min(len(signature), hex.EncodedLen(sha256.Size))]))
	if err != nil || len(signature) != hex.EncodedLen(sha256.Size) {
		return sent, reason.New(envelope.ErrSignatureMalformed, SignatureHeader+" is not 64 hex digits")
	}
	sent.moment, err = momentOf(sent.timestamp)
	return sent, err
}

// single is the value of a header that must be there once. Its name is canonical.
func single(header http.Header, name string) (string, error) {
	values := header[name]
	switch {
	case len(values) > 1:
		return "", reason.New(envelope.ErrSignatureMalformed, name+" twice")
	case len(values) == 0 || values[0] == "":
		return "", reason.New(envelope.ErrSignatureMissing, "no "+name)
	}
	return values[0], nil
}

// maxTimestamp bounds the digits of a timestamp, to year 33,658.
const maxTimestamp = 12

var errTimestamp = reason.New(envelope.ErrSignatureMalformed, TimestampHeader+" is not in Unix seconds")

func momentOf(timestamp string) (time.Time, error) {
	for i := range len(timestamp) {
		if timestamp[i] < '0' || '9' < timestamp[i] {
			return time.Time{}, errTimestamp
		}
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || len(timestamp) > maxTimestamp {
		return time.Time{}, errTimestamp
	}
	return time.Unix(seconds, 0), nil
}
