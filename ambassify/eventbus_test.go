package ambassify_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

var (
	rsaKeys = sync.OnceValue(func() []*rsa.PrivateKey {
		keys := make([]*rsa.PrivateKey, 2)
		for i := range keys {
			keys[i], _ = rsa.GenerateKey(rand.Reader, 2048)
		}
		return keys
	})
	body = []byte(removed)
)

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	return rsaKeys()[0]
}

func newECDSA(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicPEM(t *testing.T, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func eventBus(t *testing.T, keys ...string) func(*http.Request, []byte) error {
	t.Helper()
	verifier, err := ambassify.NewVerifier(ambassify.Config{
		EventBusKeys: keys,
		Options:      envelope.Options{Now: func() time.Time { return now }},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(r *http.Request, body []byte) error { return verifying.Both(verifier, r, body) }
}

func TestEventBusClaims(t *testing.T) {
	key := newRSA(t)
	tests := []struct {
		name   string
		change func(*ambassify.Config)
		claims string
		want   error
	}{
		{"age that is set, with an expiry", func(c *ambassify.Config) { c.EventBusMaxAge = time.Minute }, `"iat":1780314839,"exp":1790000000`, envelope.ErrSignatureTooOld},
		{"young enough", func(c *ambassify.Config) { c.EventBusMaxAge = time.Minute }, `"iat":1780314841,"exp":1790000000`, nil},
		{"for ever", func(c *ambassify.Config) { c.EventBusMaxAge = -1 }, `"iat":1`, nil},
		{"for ever, no time", func(c *ambassify.Config) { c.EventBusMaxAge = -1 }, `"x":1`, nil},
		{"for ever does not outlive the expiry", func(c *ambassify.Config) { c.EventBusMaxAge = -1 }, `"exp":1780314899`, envelope.ErrSignatureTooOld},
		{"issuer", func(c *ambassify.Config) { c.EventBusIssuer = "bus" }, `"iat":1780315200,"iss":"bus"`, nil},
		{"other issuer", func(c *ambassify.Config) { c.EventBusIssuer = "bus" }, `"iat":1780315200,"iss":"Bus"`, envelope.ErrSignatureMalformed},
		{"no issuer", func(c *ambassify.Config) { c.EventBusIssuer = "bus" }, `"iat":1780315200`, envelope.ErrSignatureMalformed},
		{"audience", func(c *ambassify.Config) { c.EventBusAudience = "me" }, `"iat":1780315200,"aud":"me"`, nil},
		{"audience in a list", func(c *ambassify.Config) { c.EventBusAudience = "me" }, `"iat":1780315200,"aud":["you","me"]`, nil},
		{"other audience", func(c *ambassify.Config) { c.EventBusAudience = "me" }, `"iat":1780315200,"aud":["you",{"me":1}]`, envelope.ErrSignatureMalformed},
		{"no audience", func(c *ambassify.Config) { c.EventBusAudience = "me" }, `"iat":1780315200`, envelope.ErrSignatureMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config := ambassify.Config{EventBusKeys: []string{publicPEM(t, key)}, Options: envelope.Options{Now: func() time.Time { return now }}}
			tt.change(&config)
			verifier, err := ambassify.NewVerifier(config)
			if err != nil {
				t.Fatal(err)
			}
			r := withToken(t, key, crypto.SHA256, `{"alg":"RS256"}`, `{"h":"`+bodyHash()+`",`+tt.claims+`}`)
			if err := verifying.Both(verifier, r, body); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			signed := request(typeJSON, removed)
			if err := ambassify.SignEventBus(config, signed, body, key); err != nil {
				t.Fatal(err)
			}
			if err := verifying.Both(verifier, signed, body); err != nil {
				t.Errorf("what SignEventBus makes: %v", err)
			}
		})
	}
}

// withToken makes a request of a token's parts, signed with an RSA key.
func withToken(t *testing.T, key *rsa.PrivateKey, hash crypto.Hash, head, claims string) *http.Request {
	t.Helper()
	signed := encode(head) + "." + encode(claims)
	h := hash.New()
	h.Write([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, hash, h.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	r := request(typeJSON, removed)
	r.Header.Set(ambassify.EventBusHeader, signed+"."+encode(string(signature)))
	return r
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func bodyHash() string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func TestEventBusAccepts(t *testing.T) {
	for name, key := range map[string]crypto.Signer{
		"RS256": newRSA(t),
		"ES256": newECDSA(t, elliptic.P256()),
		"ES384": newECDSA(t, elliptic.P384()),
		"ES512": newECDSA(t, elliptic.P521()),
	} {
		t.Run(name, func(t *testing.T) {
			other := publicPEM(t, newECDSA(t, elliptic.P256()))
			for _, keys := range [][]string{{publicPEM(t, key)}, {other, publicPEM(t, key)}, {publicPEM(t, rsaKeys()[1]), publicPEM(t, key)}} {
				r := request(typeJSON, removed)
				if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return now }}}, r, body, key); err != nil {
					t.Fatal(err)
				}
				head, _, _ := strings.Cut(r.Header.Get(ambassify.EventBusHeader), ".")
				if text, err := base64.RawURLEncoding.DecodeString(head); err != nil || !strings.Contains(string(text), name) {
					t.Errorf("header %s, %v", text, err)
				}
				if err := eventBus(t, keys...)(r, body); err != nil {
					t.Error(err)
				}
			}
		})
	}
	key := newRSA(t)
	for name, hash := range map[string]crypto.Hash{"RS256": crypto.SHA256, "RS384": crypto.SHA384, "RS512": crypto.SHA512} {
		r := withToken(t, key, hash, `{"alg":"`+name+`","typ":"JWT"}`, `{"h":"`+bodyHash()+`","iss":"bus","iat":1780314000}`)
		if err := eventBus(t, publicPEM(t, key))(r, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEventBusKeyFormats(t *testing.T) {
	key := newRSA(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	r := request(typeJSON, removed)
	if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return now }}}, r, body, key); err != nil {
		t.Fatal(err)
	}
	for kind, der := range map[string][]byte{"CERTIFICATE": certificate, "RSA PUBLIC KEY": x509.MarshalPKCS1PublicKey(&key.PublicKey)} {
		text := string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
		if err := eventBus(t, text)(r, body); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}

	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]string{
		"Ed25519":     publicPEM(t, ed),
		"P-224":       publicPEM(t, newECDSA(t, elliptic.P224())),
		"private key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	bad["weak RSA"] = publicPEM(t, weak)
	bad["two keys in one text"] = publicPEM(t, key) + publicPEM(t, newECDSA(t, elliptic.P256()))
	for _, kind := range []string{"PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"} {
		bad["damaged "+kind] = string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("x")}))
	}
	for name, text := range bad {
		if _, err := ambassify.NewVerifier(ambassify.Config{EventBusKeys: []string{text}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, key := range []crypto.Signer{ed, newECDSA(t, elliptic.P224())} {
		if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return now }}}, request(typeJSON, removed), body, key); err == nil {
			t.Errorf("%T: no error", key)
		}
	}
}

func TestEventBusRefuses(t *testing.T) {
	key := newRSA(t)
	good := `{"iat":1780315200,"h":"` + bodyHash() + `"}`
	rs256 := `{"alg":"RS256"}`
	tests := []struct {
		name, head, claims string
		want               error
	}{
		{"other body", rs256, `{"iat":1780315200,"h":"` + strings.Repeat("0", 64) + `"}`, envelope.ErrSignatureMismatch},
		{"hash in capitals", rs256, `{"iat":1780315200,"h":"` + strings.ToUpper(bodyHash()) + `"}`, envelope.ErrSignatureMismatch},
		{"hash cut short", rs256, `{"iat":1780315200,"h":"` + bodyHash()[:63] + `"}`, envelope.ErrSignatureMismatch},
		{"no hash", rs256, `{}`, envelope.ErrSignatureMalformed},
		{"hash is a number", rs256, `{"h":1}`, envelope.ErrSignatureMalformed},
		{"claims are a list", rs256, `[]`, envelope.ErrSignatureMalformed},
		{"claims are no JSON", rs256, `{`, envelope.ErrSignatureMalformed},
		{"hash twice", rs256, `{"h":"x","h":"` + bodyHash() + `"}`, envelope.ErrSignatureMalformed},
		{"expired", rs256, `{"h":"` + bodyHash() + `","exp":1780314899}`, envelope.ErrSignatureTooOld},
		{"expired long ago", rs256, `{"h":"` + bodyHash() + `","exp":0}`, envelope.ErrSignatureTooOld},
		{"not yet", rs256, `{"h":"` + bodyHash() + `","nbf":1780315501}`, envelope.ErrSignatureTooNew},
		{"not for ages", rs256, `{"h":"` + bodyHash() + `","nbf":1e300}`, envelope.ErrSignatureTooNew},
		{"no time at all", rs256, `{"h":"` + bodyHash() + `"}`, envelope.ErrSignatureMalformed},
		{"issued an hour ago", rs256, `{"h":"` + bodyHash() + `","iat":1780311299}`, envelope.ErrSignatureTooOld},
		{"issued in the future", rs256, `{"h":"` + bodyHash() + `","iat":1780315501}`, envelope.ErrSignatureTooNew},
		{"expiry is a text", rs256, `{"h":"` + bodyHash() + `","exp":"1980000000"}`, envelope.ErrSignatureMalformed},
		{"none", `{"alg":"none"}`, good, envelope.ErrSignatureMalformed},
		{"None", `{"alg":"None"}`, good, envelope.ErrSignatureMalformed},
		{"no algorithm", `{}`, good, envelope.ErrSignatureMalformed},
		{"shared secret", `{"alg":"HS256"}`, good, envelope.ErrSignatureMalformed},
		{"algorithm of another kind of key", `{"alg":"ES256"}`, good, envelope.ErrSignatureMalformed},
		{"PSS", `{"alg":"PS256"}`, good, envelope.ErrSignatureMalformed},
		{"other hash than was signed", `{"alg":"RS512"}`, good, envelope.ErrSignatureMismatch},
		{"critical members", `{"alg":"RS256","crit":["b64"],"b64":false}`, good, envelope.ErrSignatureMalformed},
		{"header is no JSON", `RS256`, good, envelope.ErrSignatureMalformed},
	}
	verify := eventBus(t, publicPEM(t, key))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := verify(withToken(t, key, crypto.SHA256, tt.head, tt.claims), body); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	for _, claims := range []string{`"exp":1780314901`, `"nbf":1780315499.5`, `"exp":null,"iat":1780315200`, `"iat":1780311301`, `"nbf":1780311301`} { // Within the tolerance of 5 minutes.
		r := withToken(t, key, crypto.SHA256, rs256, `{"h":"`+bodyHash()+`",`+claims+`}`)
		if err := verify(r, body); err != nil {
			t.Errorf("%s: %v", claims, err)
		}
	}
}

func TestEventBusHeader(t *testing.T) {
	key := newRSA(t)
	verify := eventBus(t, publicPEM(t, key))
	good := request(typeJSON, removed)
	if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return now }}}, good, body, key); err != nil {
		t.Fatal(err)
	}
	token := good.Header.Get(ambassify.EventBusHeader)
	parts := strings.Split(token, ".")
	tests := []struct {
		name   string
		values []string
		want   error
	}{
		{"missing", nil, envelope.ErrSignatureMissing},
		{"empty", []string{""}, envelope.ErrSignatureMissing},
		{"twice", []string{token, token}, envelope.ErrSignatureMalformed},
		{"two parts", []string{parts[0] + "." + parts[1]}, envelope.ErrSignatureMalformed},
		{"four parts", []string{token + "."}, envelope.ErrSignatureMalformed},
		{"no signature", []string{parts[0] + "." + parts[1] + "."}, envelope.ErrSignatureMismatch},
		{"padded signature", []string{token + "=="}, envelope.ErrSignatureMalformed},
		{"line break in a signature", []string{token[:len(token)-2] + "\n" + token[len(token)-2:]}, envelope.ErrSignatureMalformed},
		{"a word", []string{"Bearer"}, envelope.ErrSignatureMalformed},
		{"a scheme", []string{"Bearer " + token}, envelope.ErrSignatureMalformed},
		{"far too long", []string{token + strings.Repeat("A", 8<<10)}, envelope.ErrSignatureMalformed},
	}
	for _, tt := range tests {
		r := request(typeJSON, removed)
		if tt.values != nil {
			r.Header[http.CanonicalHeaderKey(ambassify.EventBusHeader)] = tt.values
		}
		if err := verify(r, body); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	if err := eventBus(t, publicPEM(t, rsaKeys()[1]))(good, body); !errors.Is(err, envelope.ErrSignatureMismatch) {
		t.Errorf("other key: got %v", err)
	}
	curve := newECDSA(t, elliptic.P256())
	short := request(typeJSON, removed)
	short.Header.Set(ambassify.EventBusHeader, encode(`{"alg":"ES256"}`)+"."+parts[1]+"."+encode("short"))
	if err := eventBus(t, publicPEM(t, curve))(short, body); !errors.Is(err, envelope.ErrSignatureMismatch) {
		t.Errorf("signature of another length: got %v", err)
	}
	if err := verify(good, append([]byte(" "), body...)); !errors.Is(err, envelope.ErrSignatureMismatch) {
		t.Errorf("other body: got %v", err)
	}
}

// The public key is public: a token that is signed with its text as a shared
// secret must not pass.
func TestEventBusAlgorithmConfusion(t *testing.T) {
	text := publicPEM(t, newRSA(t))
	for _, algorithm := range []string{"HS256", "RS256"} {
		signed := encode(`{"alg":"`+algorithm+`"}`) + "." + encode(`{"h":"`+bodyHash()+`"}`)
		mac := hmac.New(sha256.New, []byte(text))
		mac.Write([]byte(signed))
		r := request(typeJSON, removed)
		r.Header.Set(ambassify.EventBusHeader, signed+"."+encode(string(mac.Sum(nil))))
		if err := eventBus(t, text)(r, body); !errors.Is(err, envelope.ErrSignature) {
			t.Errorf("%s: got %v", algorithm, err)
		}
	}
}

// No bit of a token can be turned.
func TestEventBusBits(t *testing.T) {
	for _, key := range []crypto.Signer{newRSA(t), newECDSA(t, elliptic.P256())} {
		verify := eventBus(t, publicPEM(t, key))
		r := request(typeJSON, removed)
		if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return now }}}, r, body, key); err != nil {
			t.Fatal(err)
		}
		token := []byte(r.Header.Get(ambassify.EventBusHeader))
		for i := range token {
			for bit := range 7 {
				token[i] ^= 1 << bit
				r.Header.Set(ambassify.EventBusHeader, string(token))
				if verify(r, body) == nil {
					t.Errorf("%T: bit %d of character %d can be turned", key, bit, i)
				}
				token[i] ^= 1 << bit
			}
		}
	}
}

// A handler of the event bus verifies the raw bytes of a form, too, and shows no
// token.
func TestEventBusHandler(t *testing.T) {
	key := newECDSA(t, elliptic.P256())
	shown := "not run"
	h, err := ambassify.NewHandler(
		ambassify.Config{EventBusKeys: []string{publicPEM(t, key)}},
		ambassify.Fallback(func(_ context.Context, d *ambassify.Delivery[json.RawMessage]) error {
			shown = d.Header().Get(ambassify.EventBusHeader)
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	const text = "event[name]=removed&event[resource]=campaign&campaign_id=7"
	r := request(form, text)
	if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: time.Now}}, r, []byte(text), key); err != nil {
		t.Fatal(err)
	}
	if result := envelopetest.Deliver(t, h, r); result.Status != http.StatusOK || shown != "" {
		t.Errorf("got %d, token %q", result.Status, shown)
	}
}

type failingSigner struct{ crypto.Signer }

func (failingSigner) Sign(_ io.Reader, _ []byte, _ crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("no hardware")
}

type damagedSigner struct{ crypto.Signer }

func (damagedSigner) Sign(_ io.Reader, _ []byte, _ crypto.SignerOpts) ([]byte, error) {
	return []byte("x"), nil
}

func TestSignEventBusFails(t *testing.T) {
	for _, key := range []crypto.Signer{failingSigner{newRSA(t)}, damagedSigner{newECDSA(t, elliptic.P256())}} {
		r := request(typeJSON, removed)
		if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return now }}}, r, body, key); err == nil || r.Header.Get(ambassify.EventBusHeader) != "" {
			t.Errorf("%T: got %v", key, err)
		}
	}
}
