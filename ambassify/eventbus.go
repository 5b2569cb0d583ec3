package ambassify

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // For the algorithms of 384 and 512 bits.
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Ambassify's event bus signs what it sends to the company's own services: a
// header carries a JSON Web Token whose claim h is the SHA-256 of the body.
//
// Source: https://github.com/ambassify/eventbus-client

// EventBusHeader carries the token of the event bus.
const EventBusHeader = "X-EventBus-Authentication"

// maxAge bounds tokens that do not say when they expire, unless Config.EventBusMaxAge does.
const maxAge = time.Hour

// maxToken bounds the token in bytes. A real one has less than a thousand.
const maxToken = 8 << 10

var encoding = base64.RawURLEncoding.Strict()

// eventBus verifies tokens.
type eventBus struct {
	keys             []crypto.PublicKey // *rsa.PublicKey or *ecdsa.PublicKey
	clock            sign.Clock
	maxAge           time.Duration // 0 for maxAge, and only without an expiry
	audience, issuer string        // "" for any
}

func newEventBusVerifier(config Config) (envelope.Verifier, error) {
	v, err := config.newEventBus()
	if err != nil {
		return nil, err
	}
	return v.verify, nil
}

func (c Config) newEventBus() (*eventBus, error) {
	clock, err := sign.NewClock(c.Now, c.Tolerance)
	if err != nil {
		return nil, err
	}
	v := &eventBus{
		clock: clock, maxAge: c.EventBusMaxAge,
		audience: c.EventBusAudience, issuer: c.EventBusIssuer,
	}
	for _, text := range c.EventBusKeys {
		key, err := parseKey(text)
		if err != nil {
			return nil, err
		}
		v.keys = append(v.keys, key)
	}
	return v, nil
}

// minRSA is the least size of an RSA key, in bits.
const minRSA = 2048

// parseKey reads a public key, or the one in a certificate.
func parseKey(text string) (crypto.PublicKey, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("a key of the event bus is no PEM text")
	}
	if another, _ := pem.Decode(rest); another != nil {
		return nil, errors.New("a key of the event bus has a second PEM block: list each key")
	}
	var key crypto.PublicKey
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = certificate.PublicKey
		}
	default:
		return nil, errors.New("a key of the event bus is no public key")
	}
	if err != nil {
		return nil, fmt.Errorf("a key of the event bus can't be read: %w", err)
	}
	if key, ok := key.(*rsa.PublicKey); ok && key.N.BitLen() < minRSA {
		return nil, fmt.Errorf("a key of the event bus has fewer than %d bits", minRSA)
	}
	if len(algorithmsOf(key)) == 0 {
		return nil, errors.New("a key of the event bus is neither RSA nor ECDSA on a curve of JSON Web Tokens")
	}
	return key, nil
}

// algorithmsOf are the algorithms that a key may be used with, and no other: the
// token does not choose how it is verified.
func algorithmsOf(key crypto.PublicKey) map[string]crypto.Hash {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return map[string]crypto.Hash{"RS256": crypto.SHA256, "RS384": crypto.SHA384, "RS512": crypto.SHA512}
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return map[string]crypto.Hash{"ES256": crypto.SHA256}
		case elliptic.P384():
			return map[string]crypto.Hash{"ES384": crypto.SHA384}
		case elliptic.P521():
			return map[string]crypto.Hash{"ES512": crypto.SHA512}
		}
	}
	return nil
}

func (v *eventBus) verify(r *http.Request) (func([]byte) error, error) {
	token, err := tokenOf(r.Header)
	if err != nil {
		return nil, err
	}
	if err := v.verifySignature(token); err != nil {
		return nil, err
	}
	hash, err := v.verifyClaims(token)
	if err != nil {
		return nil, err
	}
	return func(body []byte) error {
		sum := sha256.Sum256(body)
		if !hmac.Equal([]byte(hash), []byte(hex.EncodeToString(sum[:]))) {
			return envelope.ErrSignatureMismatch
		}
		return nil
	}, nil
}

// token is a JSON Web Token in its compact form.
type token struct {
	signed    string // header and claims, as they were sent
	claims    string
	algorithm string
	signature []byte
}

var errToken = sign.Malformed(EventBusHeader + " is not a JSON Web Token that is understood")

func tokenOf(header http.Header) (token, error) {
	text, err := sign.Header(header, EventBusHeader)
	if err != nil {
		return token{}, err
	}
	parts := strings.Split(text, ".")
	if len(text) > maxToken || strings.ContainsAny(text, "\r\n") || len(parts) != 3 { // Package base64 would skip line feeds.
		return token{}, errToken
	}
	var head struct {
		Algorithm string   `json:"alg"`
		Critical  []string `json:"crit"`
	}
	// Members that must be understood are not.
	if !decodePart(parts[0], &head) || head.Critical != nil {
		return token{}, errToken
	}
	signature, err := encoding.DecodeString(parts[2])
	if err != nil {
		return token{}, errToken
	}
	return token{parts[0] + "." + parts[1], parts[1], head.Algorithm, signature}, nil
}

func decodePart(part string, target any) bool {
	text, err := encoding.DecodeString(part)
	return err == nil && jsonv2.Unmarshal(text, target) == nil
}

// verifySignature tries the keys whose kind has the token's algorithm. There is
// none for "none" and for algorithms with a shared secret.
func (v *eventBus) verifySignature(t token) error {
	served := false
	for _, key := range v.keys {
		hash, ok := algorithmsOf(key)[t.algorithm]
		if !ok {
			continue
		}
		served = true
		if verifyWith(key, hash, t) {
			return nil
		}
	}
	if !served {
		return sign.Malformed("algorithm not accepted")
	}
	return envelope.ErrSignatureMismatch
}

func verifyWith(key crypto.PublicKey, hash crypto.Hash, t token) bool {
	sum := sumOf(hash, t.signed)
	if key, ok := key.(*rsa.PublicKey); ok {
		return rsa.VerifyPKCS1v15(key, hash, sum, t.signature) == nil
	}
	curve := key.(*ecdsa.PublicKey) // No other kind has an algorithm.
	size := sizeOf(curve)
	if len(t.signature) != 2*size {
		return false
	}
	r := new(big.Int).SetBytes(t.signature[:size])
	s := new(big.Int).SetBytes(t.signature[size:])
	return ecdsa.Verify(curve, sum, r, s)
}

func sumOf(hash crypto.Hash, text string) []byte {
	h := hash.New()
	h.Write([]byte(text))
	return h.Sum(nil)
}

// sizeOf is the length of each half of an ECDSA signature.
func sizeOf(key *ecdsa.PublicKey) int { return (key.Curve.Params().BitSize + 7) / 8 }

// claims are what the token says.
type claims struct {
	Hash      string   `json:"h"`
	Issued    *float64 `json:"iat"` // in Unix seconds, like the next ones
	NotBefore *float64 `json:"nbf"`
	Expires   *float64 `json:"exp"`
	Issuer    string   `json:"iss"`
	Audience  any      `json:"aud"` // a string, or a list of them
}

// verifyClaims binds the token to its time and its receiver, and returns the hash of the
// body that it is for.
func (v *eventBus) verifyClaims(t token) (hash string, err error) {
	var c claims
	switch {
	case !decodePart(t.claims, &c) || c.Hash == "":
		return "", sign.Malformed("the token has no hash of the body")
	case v.issuer != "" && c.Issuer != v.issuer:
		return "", sign.Malformed("the token is of another issuer")
	case v.audience != "" && !c.isFor(v.audience):
		return "", sign.Malformed("the token is for another audience")
	}
	return c.Hash, v.verifyTime(&c)
}

func (c *claims) isFor(audience string) bool {
	list, ok := c.Audience.([]any)
	return ok && slices.Contains(list, any(audience)) || c.Audience == any(audience)
}

// verifyTime refuses a token before and after its time. One without an expiry ages from
// the time of its issue on.
func (v *eventBus) verifyTime(c *claims) error {
	from := cmp.Or(c.NotBefore, c.Issued)
	issued := cmp.Or(c.Issued, c.NotBefore)
	age := v.maxAge
	if age == 0 && c.Expires == nil {
		age = maxAge
	}
	var errs []error
	if from != nil {
		errs = append(errs, v.clock.CheckSpan(momentOf(*from), v.clock.Now()))
	}
	if c.Expires != nil {
		errs = append(errs, v.clock.CheckSpan(v.clock.Now(), momentOf(*c.Expires)))
	}
	switch {
	case age <= 0: // It has an expiry, or is good for ever.
	case issued == nil:
		return sign.Malformed("the token has no time")
	default:
		errs = append(errs, v.clock.CheckSpan(v.clock.Now(), momentOf(*issued).Add(age)))
	}
	return cmp.Or(errs...)
}

// momentOf is a time in a token. Beyond what a time.Time can hold it is the end or the
// beginning of time.
func momentOf(seconds float64) time.Time {
	const limit = 1 << 40
	seconds = max(-limit, min(seconds, limit))
	return time.UnixMilli(int64(seconds * 1000))
}
