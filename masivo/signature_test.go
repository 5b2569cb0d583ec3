package masivo_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

const (
	secret  = "kT7-pZ0qWm3vXc9L"
	another = "new-4uJb1Rr8sYdE"
)

var sources = map[string]envelope.SecretSource{
	"default":    {},
	"query":      envelope.FromQuery("token"),
	"path value": envelope.FromPathValue("secret"),
	"header":     envelope.FromHeader("X-Masivo-Secret"),
	"basic auth": envelope.FromBasicAuth("masivo"),
}

func request(t *testing.T) *http.Request {
	t.Helper()
	return httptest.NewRequest(http.MethodPost, "https://shop.example.com/webhooks/masivo?account=7", http.NoBody)
}

// sign puts a secret into a request, whatever it is.
func sign(t *testing.T, r *http.Request, from envelope.SecretSource, secret string) {
	t.Helper()
	if err := masivo.Sign(masivo.Config{Secrets: []string{secret}, SecretFrom: from}, r, nil); err != nil {
		t.Fatal(err)
	}
}

func verifierOf(t *testing.T, config masivo.Config) func(*http.Request, []byte) error {
	t.Helper()
	verify, err := masivo.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	return func(r *http.Request, body []byte) error { return verifying.Both(verify, r, body) }
}

func TestVerify(t *testing.T) {
	for name, from := range sources {
		t.Run(name, func(t *testing.T) {
			verify := verifierOf(t, masivo.Config{Secrets: []string{secret, another}, SecretFrom: from})
			tests := map[string]struct {
				sent string
				want error
			}{
				"the secret":           {secret, nil},
				"the other secret":     {another, nil},
				"both in one":          {secret + another, envelope.ErrSignatureMismatch},
				"shorter":              {secret[:len(secret)-1], envelope.ErrSignatureMismatch},
				"longer":               {secret + "L", envelope.ErrSignatureMismatch},
				"other case":           {strings.ToLower(secret), envelope.ErrSignatureMismatch},
				"a comma list of them": {secret + "," + secret, envelope.ErrSignatureMismatch},
			}
			for name, test := range tests {
				r := request(t)
				sign(t, r, from, test.sent)
				if err := verify(r, nil); !errors.Is(err, test.want) {
					t.Errorf("%s: got %v, want %v", name, err, test.want)
				}
			}
		})
	}
}

func TestVerifyBitFlips(t *testing.T) {
	for name, from := range sources {
		t.Run(name, func(t *testing.T) {
			verify := verifierOf(t, masivo.Config{Secrets: []string{secret}, SecretFrom: from})
			for i := range len(secret) * 8 {
				flipped := []byte(secret)
				flipped[i/8] ^= 1 << (i % 8)
				r := request(t)
				sign(t, r, from, string(flipped))
				if err := verify(r, nil); !errors.Is(err, envelope.ErrSignature) {
					t.Errorf("bit %d: got %v, want ErrSignature", i, err)
				}
			}
		})
	}
}

func TestVerifyMissing(t *testing.T) {
	for name, from := range sources {
		t.Run(name, func(t *testing.T) {
			verify := verifierOf(t, masivo.Config{Secrets: []string{secret}, SecretFrom: from})
			if err := verify(request(t), nil); !errors.Is(err, envelope.ErrSignatureMissing) {
				t.Errorf("got %v, want ErrSignatureMissing", err)
			}
		})
	}
	t.Run("at another place", func(t *testing.T) {
		verify := verifierOf(t, masivo.Config{Secrets: []string{secret}})
		r := request(t)
		sign(t, r, sources["header"], secret)
		sign(t, r, sources["basic auth"], secret)
		sign(t, r, sources["query"], secret)
		if err := verify(r, nil); !errors.Is(err, envelope.ErrSignatureMissing) {
			t.Errorf("got %v, want ErrSignatureMissing", err)
		}
	})
}

func TestVerifyTwice(t *testing.T) {
	tests := map[string]struct {
		from envelope.SecretSource
		send func(*http.Request)
	}{
		"query": {envelope.SecretSource{}, func(r *http.Request) {
			r.URL.RawQuery = "secret=wrong&secret=" + secret
		}},
		"header": {sources["header"], func(r *http.Request) {
			r.Header["X-Masivo-Secret"] = []string{secret, secret}
		}},
		"basic auth": {sources["basic auth"], func(r *http.Request) {
			r.SetBasicAuth("masivo", secret)
			r.Header.Add("Authorization", "Basic eDp5")
		}},
		"basic auth of another user": {sources["basic auth"], func(r *http.Request) {
			r.SetBasicAuth("mallory", secret)
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			verify := verifierOf(t, masivo.Config{Secrets: []string{secret}, SecretFrom: test.from})
			r := request(t)
			test.send(r)
			if err := verify(r, nil); !errors.Is(err, envelope.ErrSignatureMalformed) {
				t.Errorf("got %v, want ErrSignatureMalformed", err)
			}
		})
	}
}

// A receiver that mounts the handler under a wildcard has the secret in the path.
func TestVerifyPattern(t *testing.T) {
	h := newHandler(t, masivo.Config{
		Secrets:    []string{secret},
		SecretFrom: envelope.FromPathValue("secret"),
	})
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/masivo/{secret}", h)
	for path, want := range map[string]int{
		"/webhooks/masivo/" + secret:  http.StatusOK,
		"/webhooks/masivo/" + another: http.StatusUnauthorized,
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{"event":"COUPON_REDEMPTION","data":{}}`)))
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", path, w.Code, want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	accept := func(*http.Request) (func([]byte) error, error) { return nil, nil }
	tests := map[string]masivo.Config{
		"nothing":                 {},
		"empty list":              {Secrets: []string{}},
		"unset variable":          {Secrets: []string{""}},
		"blank beside good":       {Secrets: []string{secret, "\t"}},
		"source without name":     {Secrets: []string{secret}, SecretFrom: envelope.FromHeader("")},
		"secrets and unverified":  {Secrets: []string{secret}, Options: envelope.Options{Unverified: true}},
		"secrets and a verifier":  {Secrets: []string{secret}, Options: envelope.Options{Verifier: accept}},
		"verifier and unverified": {Options: envelope.Options{Verifier: accept, Unverified: true}},
	}
	for name, config := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := masivo.NewHandler(config)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.HasPrefix(err.Error(), "masivo: ") || strings.Contains(err.Error(), secret) {
				t.Errorf("error text %q", err)
			}
		})
	}
	for name, config := range map[string]masivo.Config{
		"secrets":    {Secrets: []string{secret}},
		"verifier":   {Options: envelope.Options{Verifier: accept}},
		"unverified": {Options: envelope.Options{Unverified: true}},
	} {
		if _, err := masivo.NewHandler(config); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
