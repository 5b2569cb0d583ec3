package ambassify_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/hostile"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
)

func FuzzDispatch(f *testing.F) {
	seeds := []string{
		`{"event":{"name":"created","resource":"person"},"person_id":"1"}`,
		`{"event":{"name":"exploded","resource":"person"},"person":{"id":7}}`,
		`{"event":{"name":"changed","resource":"campaign"},"campaign_id":"1","campaign":{"title":["x"],"config":{"properties":[{"properties":[{}]}]}}}`,
		`event[name]=created&event[resource]=person&person_id=1&person[groups][]=a&person[profile][a][b]=c`,
	}
	for _, tt := range hostileForms {
		if len(tt.body) < 1000 {
			seeds = append(seeds, tt.body)
		}
	}
	hostile.Target[ambassify.Meta]{
		Provider: ambassify.Name,
		Events:   ambassify.Events(),
		NewHandler: func(common envelope.Options, routes ...ambassify.Route) (*envelope.Handler, error) {
			return ambassify.NewHandler(ambassify.Config{Options: common}, routes...)
		},
	}.FuzzDispatch(f, seeds...)
}

// A token is accepted only if it is one that the holder of the key has made, for
// the body that came with it.
func FuzzEventBus(f *testing.F) {
	// The same key in every process of the fuzzer.
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	now := time.Unix(1_760_000_000, 0)
	const genuineBody = `{"event":{"name":"removed","resource":"person"},"person_id":"7"}`
	genuine := tokenFor(f, key, genuineBody, now)
	head, rest, _ := strings.Cut(genuine, ".")
	claims, signature, _ := strings.Cut(rest, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	for _, token := range []string{
		genuine, genuine + "=", genuine + ".", "." + genuine, head + "." + claims + ".", none + "." + claims + ".", none + "." + claims + "." + signature,
		"..", "", head + "..", tokenFor(f, key, "{}", now), tokenFor(f, key, genuineBody, now.Add(-2*time.Hour)),
	} {
		f.Add(token, []byte(genuineBody))
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		f.Fatal(err)
	}
	verify, err := ambassify.NewVerifier(ambassify.Config{
		EventBusKeys: []string{string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))},
		Options:      envelope.Options{Now: func() time.Time { return now }},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token string, body []byte) {
		err := verifying.Both(verify, &http.Request{Method: http.MethodPost, Header: http.Header{http.CanonicalHeaderKey(ambassify.EventBusHeader): {token}}}, body)
		if err != nil && !errors.Is(err, envelope.ErrSignature) {
			t.Fatalf("an error that is no ErrSignature: %v", err)
		}
		signed := strings.HasPrefix(token, head+"."+claims+".")
		if err == nil && (!signed || string(body) != genuineBody) {
			t.Errorf("accepted %q", token)
		}
		if err != nil && token == genuine && string(body) == genuineBody {
			t.Errorf("the genuine token: %v", err)
		}
	})
}

func tokenFor(tb testing.TB, key crypto.Signer, body string, at time.Time) string {
	tb.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: func() time.Time { return at }}}, r, []byte(body), key); err != nil {
		tb.Fatal(err)
	}
	return r.Header.Get(ambassify.EventBusHeader)
}
