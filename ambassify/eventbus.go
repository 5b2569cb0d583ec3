package ambassify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // For the algorithms of 384 and 512 bits.
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
)

// Ambassify's event bus signs what it sends to the company's own services: a
// header carries a JSON Web Token whose claim h is the SHA-256 of the body.
//
// Source: https://github.com/ambassify/eventbus-client

// EventBusHeader carries the token of the event bus.
const EventBusHeader = "X-EventBus-Authentication"

// DefaultTolerance is how far the clock of the event bus may differ, unless
// Config.Tolerance says otherwise.
const DefaultTolerance = 5 * time.Minute

// maxToken bounds the token in bytes. A real one has less than a thousand.
const maxToken = 8 << 10

var encoding = base64.RawURLEncoding.Strict()

// eventBus verifies tokens.
type eventBus struct {
	keys      []crypto.PublicKey // *rsa.PublicKey or *ecdsa.PublicKey
	tolerance time.Duration
	now       func() time.Time
}

func newEventBusVerifier(config Config) (envelope.Verifier, error) {
	v := &eventBus{tolerance: config.Tolerance, now: config.Now}
	if v.tolerance == 0 {
		v.tolerance = DefaultTolerance
	}
	if v.tolerance < 0 {
		return nil, errors.New("the tolerance is negative")
	}
	if v.now == nil {
		v.now = time.Now
	}
	for _, text := range config.EventBusKeys {
		key, err := parseKey(text)
		if err != nil {
			return nil, err
		}
		v.keys = append(v.keys, key)
	}
	return v.verify, nil
}

// parseKey reads a public key, or the one in a certificate.
func parseKey(text string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("a key of the event bus is no PEM text")
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

var errToken = reason.New(envelope.ErrSignatureMalformed, EventBusHeader+" is not a JSON Web Token that is understood")

func tokenOf(header http.Header) (token, error) {
	values := header.Values(EventBusHeader)
	switch {
	case len(values) == 0, len(values) == 1 && values[0] == "":
		return token{}, reason.New(envelope.ErrSignatureMissing, "no "+EventBusHeader)
	case len(values) > 1:
		return token{}, reason.New(envelope.ErrSignatureMalformed, EventBusHeader+" twice")
	case len(values[0]) > maxToken, strings.ContainsAny(values[0], "\r\n"): // Package base64 would skip them.
		return token{}, errToken
	}
	parts := strings.Split(values[0], ".")
	if len(parts) != 3 {
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
		return reason.New(envelope.ErrSignatureMalformed, "algorithm not accepted")
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

// verifyClaims binds the token to its time, and returns the hash of the body that it is
// for.
func (v *eventBus) verifyClaims(t token) (hash string, err error) {
	var claims struct {
		Hash      string   `json:"h"`
		Expires   *float64 `json:"exp"` // in seconds
		NotBefore *float64 `json:"nbf"`
	}
	if !decodePart(t.claims, &claims) || claims.Hash == "" {
		return "", reason.New(envelope.ErrSignatureMalformed, "the token has no hash of the body")
	}
	now, tolerance := float64(v.now().UnixMilli())/1000, v.tolerance.Seconds()
	switch {
	case claims.Expires != nil && now >= *claims.Expires+tolerance:
		return "", envelope.ErrSignatureTooOld
	case claims.NotBefore != nil && now < *claims.NotBefore-tolerance:
		return "", envelope.ErrSignatureTooNew
	}
	return claims.Hash, nil
}

// SignEventBus puts a token into a request as the event bus does: an RSA key signs
// with RS256, an ECDSA key with the algorithm of its curve. The token is good from
// at for an hour. It is for tests and tools.
func SignEventBus(r *http.Request, body []byte, key crypto.Signer, at time.Time) error {
	algorithm := "RS256"
	if public, ok := key.Public().(*ecdsa.PublicKey); ok {
		for name := range algorithmsOf(public) {
			algorithm = name
		}
	}
	hash, ok := algorithmsOf(key.Public())[algorithm]
	if !ok {
		return errors.New("ambassify: the event bus has no algorithm for the key")
	}
	sum := sha256.Sum256(body)
	signed := encodePart(map[string]any{"alg": algorithm, "typ": "JWT"}) + "." +
		encodePart(map[string]any{"h": hex.EncodeToString(sum[:]), "nbf": at.Unix(), "exp": at.Add(time.Hour).Unix()})
	signature, err := key.Sign(rand.Reader, sumOf(hash, signed), hash)
	if err != nil {
		return fmt.Errorf("ambassify: %w", err)
	}
	if public, ok := key.Public().(*ecdsa.PublicKey); ok {
		if signature, err = fixedSize(signature, sizeOf(public)); err != nil {
			return fmt.Errorf("ambassify: %w", err)
		}
	}
	r.Header.Set(EventBusHeader, signed+"."+encoding.EncodeToString(signature))
	return nil
}

func encodePart(claims map[string]any) string {
	text, _ := jsonv2.Marshal(claims, jsonv2.Deterministic(true)) // Text and numbers can be encoded.
	return encoding.EncodeToString(text)
}

// fixedSize turns an ECDSA signature of Go, in ASN.1, into that of a token.
func fixedSize(signature []byte, size int) ([]byte, error) {
	var halves struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &halves); err != nil {
		return nil, err
	}
	fixed := make([]byte, 2*size)
	halves.R.FillBytes(fixed[:size])
	halves.S.FillBytes(fixed[size:])
	return fixed, nil
}
