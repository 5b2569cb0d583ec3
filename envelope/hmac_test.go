package envelope_test

import (
	"crypto/sha512"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
)

var hmacTime = time.Unix(1_774_000_000, 0)

func fixedTime() time.Time { return hmacTime }

func emptyRequest() *http.Request { return httptest.NewRequest(http.MethodPost, "/in", http.NoBody) }

// TestHMACVectors: the signatures that openssl makes of the same text.
func TestHMACVectors(t *testing.T) {
	for name, test := range map[string]struct {
		envelope.HMAC
		want string
	}{
		// printf '{"a":1}' | openssl dgst -sha256 -hmac secret
		"body in hex": {envelope.HMAC{}, "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494"},
		// printf '1774000000.{"a":1}' | openssl dgst -sha256 -hmac secret -binary | base64
		"timestamp and body in base64": {envelope.HMAC{Base64: true, TimestampHeader: "X-Timestamp"}, "xJFXTSkgtqZ6xziUnl5nv5qv/rsg9szHuiSppmdD5R8="},
		// printf '{"a":1}' | openssl dgst -sha512 -hmac secret
		"SHA-512 with a prefix": {envelope.HMAC{Hash: sha512.New, Prefix: "sha512="}, "sha512=42f08c0da01c9a46d4e5663d5f2140526a016507c598182c6769cca2bcf7ba43c395b719b01d288f5ad322564dce1d40ca28ef50b876fc49a33d13d6783114dd"},
		// printf '/in {"a":1}' | openssl dgst -sha256 -hmac secret
		"a text of one's own": {envelope.HMAC{Signed: func(r *http.Request, _ string, body []byte) []byte {
			return append([]byte(r.URL.Path+" "), body...)
		}}, "5ac27206e08935bfe66c2e5974ae3ae1cceacd8d551fa26eba8ec6364d4fe019"},
	} {
		t.Run(name, func(t *testing.T) {
			scheme := test.HMAC
			scheme.Header, scheme.Now = "X-Signature", fixedTime
			r := emptyRequest()
			if err := scheme.Sign(r, []byte(`{"a":1}`), "secret"); err != nil {
				t.Fatal(err)
			}
			if got := r.Header.Get("X-Signature"); got != test.want {
				t.Errorf("signature %s, want %s", got, test.want)
			}
			for name, secrets := range map[string][]string{"alone": {"secret"}, "rotation": {"new", "secret"}, "from a file": {"secret\n"}} {
				verify, err := scheme.Verifier(secrets)
				if err != nil {
					t.Fatal(err)
				}
				if err := verifying.Both(verify, r, []byte(`{"a":1}`)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if err := verifying.Both(verify, r, []byte(`{"a":2}`)); !errors.Is(err, envelope.ErrSignatureMismatch) {
					t.Errorf("%s, another body: %v", name, err)
				}
			}
		})
	}
}

func TestHMACRefuses(t *testing.T) {
	scheme := envelope.HMAC{Header: "X-Signature", Prefix: "sha256=", TimestampHeader: "X-Timestamp", Now: fixedTime}
	verify, err := scheme.Verifier([]string{"secret"})
	if err != nil {
		t.Fatal(err)
	}
	at := func(late time.Duration) func(*http.Request) {
		return func(r *http.Request) {
			earlier := scheme
			earlier.Now = func() time.Time { return hmacTime.Add(-late) }
			if err := earlier.Sign(r, []byte("body"), "secret"); err != nil {
				t.Fatal(err)
			}
		}
	}
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	for name, test := range map[string]struct {
		change func(*http.Request)
		want   error
	}{
		"unchanged":            {func(*http.Request) {}, nil},
		"old enough":           {at(5 * time.Minute), nil},
		"too old":              {at(5*time.Minute + time.Second), envelope.ErrSignatureTooOld},
		"too new":              {at(-5*time.Minute - time.Second), envelope.ErrSignatureTooNew},
		"no signature":         {header("X-Signature"), envelope.ErrSignatureMissing},
		"empty signature":      {header("X-Signature", ""), envelope.ErrSignatureMissing},
		"two signatures":       {header("X-Signature", "sha256="+strings.Repeat("ab", 32), "x"), envelope.ErrSignatureMalformed},
		"no prefix":            {header("X-Signature", strings.Repeat("ab", 32)), envelope.ErrSignatureMalformed},
		"short":                {header("X-Signature", "sha256="+strings.Repeat("ab", 31)), envelope.ErrSignatureMalformed},
		"not hex":              {header("X-Signature", "sha256="+strings.Repeat("zz", 32)), envelope.ErrSignatureMalformed},
		"another":              {header("X-Signature", "sha256="+strings.Repeat("ab", 32)), envelope.ErrSignatureMismatch},
		"no timestamp":         {header("X-Timestamp"), envelope.ErrSignatureMissing},
		"two timestamps":       {header("X-Timestamp", "1774000000", "1774000000"), envelope.ErrSignatureMalformed},
		"another timestamp":    {header("X-Timestamp", "1774000001"), envelope.ErrSignatureMismatch},
		"timestamp with a dot": {header("X-Timestamp", "1774000000.0"), envelope.ErrSignatureMalformed},
		"signed timestamp":     {header("X-Timestamp", "+1774000000"), envelope.ErrSignatureMalformed},
		"endless timestamp":    {header("X-Timestamp", "1774000000000"), envelope.ErrSignatureMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			r := emptyRequest()
			at(0)(r)
			test.change(r)
			if err := verifying.Both(verify, r, []byte("body")); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	for name, refused := range map[string]struct {
		envelope.HMAC
		secrets []string
	}{
		"no header":          {envelope.HMAC{}, []string{"secret"}},
		"negative tolerance": {envelope.HMAC{Header: "X", Tolerance: -1}, []string{"secret"}},
		"no secret":          {envelope.HMAC{Header: "X"}, nil},
		"blank secret":       {envelope.HMAC{Header: "X"}, []string{"secret", " "}},
	} {
		if _, err := refused.Verifier(refused.secrets); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The vectors are those of the specification's reference libraries.
//
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/go/webhook_test.go
func TestStandardWebhooksVector(t *testing.T) {
	const secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", `{"test": 2432232314}`
	const other = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
	signed := time.Unix(1614265330, 0)
	scheme := envelope.StandardWebhooks{Now: func() time.Time { return signed }}
	r := emptyRequest()
	r.Header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	if err := scheme.Sign(r, []byte(body), secret); err != nil {
		t.Fatal(err)
	}
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := r.Header.Get("webhook-signature"); got != want {
		t.Fatalf("signature %s, want %s", got, want)
	}
	for name, test := range map[string]struct {
		header, value string
		now           time.Time
		want          error
	}{
		"valid":                      {"webhook-signature", want, signed, nil},
		"among others":               {"webhook-signature", other + " v2," + want[3:] + " " + want + " " + other, signed, nil},
		"no padding":                 {"webhook-signature", strings.TrimSuffix(want, "="), signed, nil},
		"another":                    {"webhook-signature", other, signed, envelope.ErrSignatureMismatch},
		"another version":            {"webhook-signature", "v2," + want[3:], signed, envelope.ErrSignatureMalformed},
		"no version":                 {"webhook-signature", want[3:], signed, envelope.ErrSignatureMalformed},
		"too many":                   {"webhook-signature", want + strings.Repeat(" "+other, 16), signed, envelope.ErrSignatureMalformed},
		"no signature":               {"webhook-signature", "", signed, envelope.ErrSignatureMissing},
		"no id":                      {"webhook-id", "", signed, envelope.ErrSignatureMissing},
		"another id":                 {"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJeK", signed, envelope.ErrSignatureMismatch},
		"no timestamp":               {"webhook-timestamp", "", signed, envelope.ErrSignatureMissing},
		"another timestamp":          {"webhook-timestamp", "1614265331", signed, envelope.ErrSignatureMismatch},
		"timestamp that is a date":   {"webhook-timestamp", "2021-02-25", signed, envelope.ErrSignatureMalformed},
		"too old":                    {"webhook-signature", want, signed.Add(5*time.Minute + time.Second), envelope.ErrSignatureTooOld},
		"too new":                    {"webhook-signature", want, signed.Add(-5*time.Minute - time.Second), envelope.ErrSignatureTooNew},
		"timestamp of the year 2000": {"webhook-timestamp", "946684800", signed, envelope.ErrSignatureTooOld},
	} {
		t.Run(name, func(t *testing.T) {
			for _, secrets := range [][]string{{secret}, {strings.TrimPrefix(secret, "whsec_")}, {"whsec_bmV3", secret + "\n"}} {
				verify, err := envelope.StandardWebhooks{Now: func() time.Time { return test.now }}.Verifier(secrets)
				if err != nil {
					t.Fatal(err)
				}
				changed := r.Clone(t.Context())
				changed.Header.Set(test.header, test.value)
				if err := verifying.Both(verify, changed, []byte(body)); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
			}
		})
	}
	for name, secrets := range map[string][]string{"none": nil, "blank": {" "}, "prefix alone": {"whsec_"}, "not base64": {"whsec_=="}} {
		if _, err := scheme.Verifier(secrets); err == nil || strings.Contains(err.Error(), "==") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	fresh := emptyRequest()
	if err := (envelope.StandardWebhooks{}).Sign(fresh, []byte(body), secret); err != nil || !strings.HasPrefix(fresh.Header.Get("webhook-id"), "msg_") {
		t.Errorf("header %v, error %v", fresh.Header, err)
	}
}
