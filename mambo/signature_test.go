package mambo_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

const secret = "whk_test"

var moment = time.Date(2026, 3, 20, 9, 46, 40, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func verifier(tb testing.TB, config mambo.Config) func(*http.Request, []byte) error {
	tb.Helper()
	verify, err := mambo.NewVerifier(config)
	if err != nil {
		tb.Fatal(err)
	}
	return func(r *http.Request, body []byte) error { return verifying.Both(verify, r, body) }
}

// signature is the header of a body signed with the secret at a time.
func signature(tb testing.TB, secret string, body []byte, at time.Time) string {
	tb.Helper()
	r := signedRequest("")
	config := mambo.Config{Secrets: []string{secret}, Options: envelope.Options{Now: func() time.Time { return at }}}
	if err := mambo.Sign(config, r, body); err != nil {
		tb.Fatal(err)
	}
	return r.Header.Get(mambo.SignatureHeader)
}

func signedRequest(name string, values ...string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", nil)
	for _, value := range values {
		r.Header.Add(name, value)
	}
	return r
}

// The vectors were made without any code of this module: see make.mjs beside them.
func TestSignatureVectors(t *testing.T) {
	text, err := os.ReadFile("../testdata/mambo/_vectors/signature.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name       string
		Want       string
		Secrets    []string
		Separators []string
		Now        int64
		Header     []string
		Body       string
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	wants := map[string]error{
		"ok":        nil,
		"Missing":   envelope.ErrSignatureMissing,
		"Malformed": envelope.ErrSignatureMalformed,
		"Mismatch":  envelope.ErrSignatureMismatch,
		"TooOld":    envelope.ErrSignatureTooOld,
		"TooNew":    envelope.ErrSignatureTooNew,
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			verify := verifier(t, mambo.Config{
				Secrets:    v.Secrets,
				Separators: v.Separators,
				Options:    envelope.Options{Now: at(time.Unix(v.Now, 0))},
			})
			want, ok := wants[v.Want]
			if !ok {
				t.Fatalf("no error named %s", v.Want)
			}
			if err := verify(signedRequest(mambo.SignatureHeader, v.Header...), []byte(v.Body)); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		})
	}
}

func TestSignatureRefusesEverySingleBit(t *testing.T) {
	verify := verifier(t, mambo.Config{Secrets: []string{secret}, Options: envelope.Options{Now: at(moment)}})
	body := []byte(`{"userId":"696380f0","balance":1280.5}`)
	header := signature(t, secret, body, moment)
	if err := verify(signedRequest(mambo.SignatureHeader, header), body); err != nil {
		t.Fatalf("unchanged: %v", err)
	}
	refused := func(what, header string, body []byte) {
		t.Helper()
		if err := verify(signedRequest(mambo.SignatureHeader, header), body); !errors.Is(err, envelope.ErrSignature) {
			t.Errorf("%s: got %v, want a refusal", what, err)
		}
	}
	flipped(body, func(changed []byte) { refused("body", header, changed) })

	_, digest, _ := strings.Cut(header, ",v1=")
	timestamp := strings.TrimPrefix(strings.TrimSuffix(header, ",v1="+digest), "t=")
	flipped([]byte(timestamp), func(changed []byte) { refused("timestamp", "t="+string(changed)+",v1="+digest, body) })

	sum, err := hex.DecodeString(digest)
	if err != nil {
		t.Fatal(err)
	}
	flipped(sum, func(changed []byte) { refused("digest", "t="+timestamp+",v1="+hex.EncodeToString(changed), body) })

	flipped([]byte(secret), func(changed []byte) { refused("secret", signature(t, string(changed), body, moment), body) })
}

// flipped calls f with every text that differs from the given one in one bit.
func flipped(text []byte, f func([]byte)) {
	for i := range text {
		for bit := range 8 {
			text[i] ^= 1 << bit
			f(text)
			text[i] ^= 1 << bit
		}
	}
}

func TestSignatureSettings(t *testing.T) {
	body := []byte(pingBody)
	t.Run("another header", func(t *testing.T) {
		verify := verifier(t, mambo.Config{
			Secrets: []string{secret}, SignatureHeader: "X-Acme-Signature", Options: envelope.Options{Now: at(moment)},
		})
		if err := verify(signedRequest("X-Acme-Signature", signature(t, secret, body, moment)), body); err != nil {
			t.Error(err)
		}
		if err := verify(signedRequest(mambo.SignatureHeader, signature(t, secret, body, moment)), body); !errors.Is(err, envelope.ErrSignatureMissing) {
			t.Errorf("got %v for the usual header", err)
		}
	})
	t.Run("another tolerance", func(t *testing.T) {
		verify := verifier(t, mambo.Config{
			Secrets: []string{secret}, Options: envelope.Options{Tolerance: time.Minute, Now: at(moment)},
		})
		for skew, want := range map[time.Duration]error{
			-61 * time.Second: envelope.ErrSignatureTooOld,
			-60 * time.Second: nil,
			60 * time.Second:  nil,
			61 * time.Second:  envelope.ErrSignatureTooNew,
		} {
			if err := verify(signedRequest(mambo.SignatureHeader, signature(t, secret, body, moment.Add(skew))), body); !errors.Is(err, want) {
				t.Errorf("skew %v: got %v, want %v", skew, err, want)
			}
		}
	})
	t.Run("the real clock", func(t *testing.T) {
		verify := verifier(t, mambo.Config{Secrets: []string{secret}})
		if err := verify(signedRequest(mambo.SignatureHeader, signature(t, secret, body, time.Now())), body); err != nil {
			t.Error(err)
		}
	})
	for name, config := range map[string]mambo.Config{
		"no secret":              {},
		"blank secret":           {Secrets: []string{secret, " "}},
		"separator with a digit": {Secrets: []string{secret}, Separators: []string{".1"}},
		"separator with a brace": {Secrets: []string{secret}, Separators: []string{"{"}},
		"negative tolerance":     {Secrets: []string{secret}, Options: envelope.Options{Tolerance: -time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := mambo.NewVerifier(config); err == nil {
				t.Error("no error")
			}
			if err := mambo.Sign(config, signedRequest(""), nil); err == nil {
				t.Error("no error from Sign")
			}
		})
	}
}

// What Sign makes by some settings is verified by the same ones.
func TestSign(t *testing.T) {
	body := []byte(pingBody)
	for name, config := range map[string]mambo.Config{
		"defaults":  {Secrets: []string{secret}},
		"full stop": {Secrets: []string{secret}, Separators: []string{"."}},
		"header":    {Secrets: []string{secret, "whk_old"}, SignatureHeader: "X-Acme-Signature"},
	} {
		t.Run(name, func(t *testing.T) {
			r := signedRequest("")
			if err := mambo.Sign(config, r, body); err != nil {
				t.Fatal(err)
			}
			if err := verifier(t, config)(r, body); err != nil {
				t.Error(err)
			}
		})
	}
}

// Nothing of a body can be taken for the end of a timestamp, so that white space and a byte
// order mark may be in front of it, as some senders write them.
func TestSignatureStartOfBody(t *testing.T) {
	verify := verifier(t, mambo.Config{Secrets: []string{secret}, Options: envelope.Options{Now: at(moment)}})
	for body, want := range map[string]error{
		`{"message":"ping"}`: nil,
		"\n{}":               nil,
		" \r\n\t{}":          nil,
		"\ufeff{}":           nil,
		"\ufeff\n{}":         nil,
		"[{}]":               nil,
		"":                   envelope.ErrSignatureMismatch,
		"482{}":              envelope.ErrSignatureMismatch,
		" 482":               envelope.ErrSignatureMismatch,
		".{}":                envelope.ErrSignatureMismatch,
		"\u00a0{}":           envelope.ErrSignatureMismatch,
		`"text"`:             envelope.ErrSignatureMismatch,
	} {
		if err := verify(signedRequest(mambo.SignatureHeader, signature(t, secret, []byte(body), moment)), []byte(body)); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", body, err, want)
		}
	}
	file := verifier(t, mambo.Config{Secrets: []string{secret + "\r\n"}, Options: envelope.Options{Now: at(moment)}})
	if err := file(signedRequest(mambo.SignatureHeader, signature(t, secret, []byte("{}"), moment)), []byte("{}")); err != nil {
		t.Errorf("a secret from a file: %v", err)
	}
}

func TestSignatureManyDigests(t *testing.T) {
	verify := verifier(t, mambo.Config{Secrets: []string{secret}, Options: envelope.Options{Now: at(moment)}})
	body := []byte(pingBody)
	header := signature(t, secret, body, moment) + strings.Repeat(","+strings.Repeat("ab", 32), 8)
	if err := verify(signedRequest(mambo.SignatureHeader, header), body); !errors.Is(err, envelope.ErrSignatureMalformed) {
		t.Errorf("got %v for nine digests", err)
	}
}

// Nobody without the secret gets anything accepted.
func FuzzSignature(f *testing.F) {
	body := pingBody
	f.Add(signature(f, "whk_guess", []byte(body), moment), body)
	f.Add("t=1774000000,v1="+strings.Repeat("0", 64), body)
	f.Add("1774000000482."+strings.Repeat("f", 64), "482"+body)
	f.Add(",;==\x00", "")
	verify := verifier(f, mambo.Config{Secrets: []string{secret}, Options: envelope.Options{Now: at(moment)}})
	f.Fuzz(func(t *testing.T, header, body string) {
		if err := verify(signedRequest(mambo.SignatureHeader, header), []byte(body)); !errors.Is(err, envelope.ErrSignature) {
			t.Errorf("got %v", err)
		}
	})
}
