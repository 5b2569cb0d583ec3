package hostile_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	cryptorand "crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// eventBusSchemes are the tokens of Ambassify's event bus, under each kind of key.
func eventBusSchemes(tb testing.TB) []scheme {
	tb.Helper()
	rsaKey, err := rsa.GenerateKey(cryptorand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	keys := map[string]crypto.Signer{"RS256": rsaKey}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384()} {
		if keys[name], err = ecdsa.GenerateKey(curve, cryptorand.Reader); err != nil {
			tb.Fatal(err)
		}
	}
	var all []scheme
	for name, key := range keys {
		all = append(all, eventBusScheme(tb, name, key))
	}
	return all
}

func eventBusScheme(tb testing.TB, name string, key crypto.Signer) scheme {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		tb.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	genuine := attempt{host: "example.com", path: "/hooks/ambassify", header: http.Header{}, body: ambassifyBody}
	if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return at }}}, genuine.request(), genuine.body, key); err != nil {
		tb.Fatal(err)
	}
	old := genuine.clone()
	if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return at.Add(-2 * time.Hour) }}}, old.request(), old.body, key); err != nil {
		tb.Fatal(err)
	}
	early := genuine.clone()
	if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return at.Add(time.Hour) }}}, early.request(), early.body, key); err != nil {
		tb.Fatal(err)
	}
	share := 5
	if name == "ES384" { // The slowest by far.
		share = 1
	}
	f := tokenForger{algorithm: name, public: public, key: key.Public(), stranger: stranger, stale: []http.Header{old.header, early.header}}
	return scheme{
		name:  "ambassify/event bus " + name,
		share: share,
		handler: func(common envelope.Options) (*envelope.Handler, error) {
			config := ambassify.Config{EventBusKeys: []string{string(public)}, Options: fixed(common)}
			return ambassify.NewHandler(config, ambassify.Fallback(ignore))
		},
		genuine: func(testing.TB) attempt { return genuine },
		forge:   f.forge,
	}
}

type tokenForger struct {
	algorithm string
	public    []byte // PEM
	key       crypto.PublicKey
	stranger  *ecdsa.PrivateKey
	stale     []http.Header
}

func (f tokenForger) forge(r *rand.Rand, a *attempt) {
	parts := strings.Split(a.header.Get(ambassify.EventBusHeader), ".")
	switch r.IntN(12) {
	case 0: // The token of another body.
		a.body = []byte(changed(r, string(a.body)))
		return
	case 1:
		duplicate(r, a.header, []string{ambassify.EventBusHeader})
		return
	case 2:
		a.header = f.stale[r.IntN(len(f.stale))]
		return
	case 3: // No signature, under an algorithm that needs none.
		parts[0] = f.head(r, []string{"none", "None", "nOnE", "", "HS256", "none\x00"}[r.IntN(6)])
		parts[2] = ""
	case 4: // The public key taken for a shared secret.
		parts[0] = f.head(r, []string{"HS256", "HS384", "hs256", f.algorithm}[r.IntN(4)])
		mac := hmac.New(sha256.New, f.public)
		mac.Write([]byte(parts[0] + "." + parts[1]))
		parts[2] = encode(mac.Sum(nil))
	case 5: // A key of the attacker's, which the token recommends.
		parts = strings.Split(f.signedByStranger(r, a.body), ".")
	case 6:
		parts[0] = f.head(r, wrongTokenAlgorithm(r))
	case 7: // Signatures that careless arithmetic accepts.
		parts[2] = encode(f.degenerate(r))
	case 8: // Too few parts, too many, in another order, empty.
		switch i := r.IntN(4); i {
		case 0:
			parts = parts[:1+r.IntN(2)]
		case 1:
			parts = append(parts, parts[r.IntN(3)])
		case 2:
			parts[0], parts[1], parts[2] = parts[1], parts[2], parts[0]
		default:
			parts[r.IntN(3)] = ""
		}
	case 9: // Other claims under the same signature.
		parts[1] = encode([]byte(fmt.Sprintf(`{"h":%q,"exp":%d}`, digestText([]byte(changed(r, string(a.body)))), at.Unix()+3600)))
	case 10: // Another spelling of the same bytes.
		i := r.IntN(3)
		parts[i] = []string{parts[i] + "=", parts[i] + "==", parts[i] + "\x00", " " + parts[i], strings.ReplaceAll(parts[i], "_", "/") + "+"}[r.IntN(5)]
	default:
		i := r.IntN(3)
		parts[i] = changed(r, parts[i])
	}
	a.header.Set(ambassify.EventBusHeader, strings.Join(parts, "."))
}

func (f tokenForger) head(r *rand.Rand, algorithm string) string {
	members := map[string]any{"alg": algorithm, "typ": "JWT"}
	switch r.IntN(5) {
	case 0:
		members["alg"] = []string{algorithm, f.algorithm}
	case 1:
		delete(members, "alg")
	case 2:
		members["crit"] = []string{"alg"}
	}
	text, _ := json.Marshal(members)
	return encode(text)
}

// signedByStranger is a sound token of somebody else.
func (f tokenForger) signedByStranger(r *rand.Rand, body []byte) string {
	members := map[string]any{"alg": "ES256"}
	x := make([]byte, 32)
	public, _ := f.stranger.PublicKey.Bytes()
	copy(x, public[1:33])
	switch r.IntN(4) {
	case 0:
		members["jwk"] = map[string]string{"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(public[33:])}
	case 1:
		members["jku"] = "https://attacker.example/keys"
	case 2:
		members["kid"] = "../../../dev/null"
	}
	text, _ := json.Marshal(members)
	signed := encode(text) + "." + encode([]byte(fmt.Sprintf(`{"h":%q,"exp":%d}`, digestText(body), at.Unix()+3600)))
	sum := sha256.Sum256([]byte(signed))
	first, second, _ := ecdsa.Sign(cryptorand.Reader, f.stranger, sum[:])
	signature := make([]byte, 64)
	first.FillBytes(signature[:32])
	second.FillBytes(signature[32:])
	return signed + "." + encode(signature)
}

// degenerate is a signature of zeros, of the group's order, of ones, or in ASN.1.
func (f tokenForger) degenerate(r *rand.Rand) []byte {
	size, order := 128, big.NewInt(1)
	switch key := f.key.(type) {
	case *ecdsa.PublicKey:
		size, order = (key.Params().BitSize+7)/8, key.Params().N
	case *rsa.PublicKey:
		order = key.N
	}
	b := make([]byte, 2*size)
	switch r.IntN(5) {
	case 0: // All zero.
	case 1:
		b[size-1], b[2*size-1] = 1, 1
	case 2:
		if size < 128 {
			order.FillBytes(b[:size])
			order.FillBytes(b[size:])
		} else {
			b = order.Bytes()
		}
	case 3:
		b = []byte{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01}
	default:
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
	}
	return b
}

func wrongTokenAlgorithm(r *rand.Rand) string {
	names := []string{"PS256", "ES256K", "EdDSA", "RS1", "RS256 ", "es256", "rs256", "HS256", "none", "ES512", "dir", "A128KW"}
	return names[r.IntN(len(names))]
}

func digestText(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
