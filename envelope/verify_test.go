package envelope_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// TestSharedSecret: a secret is accepted only where it belongs, once and whole.
func TestSharedSecret(t *testing.T) {
	const secret, older, foreign = "first secret/+&=%", "second secret", "third secret"
	type request struct {
		query  string
		path   string // the part of the path that holds the secret, escaped
		header http.Header
	}
	query, path, header, auth := envelope.FromQuery("key"), envelope.FromPathValue("key"), envelope.FromHeader("X-Shop-Key"), envelope.FromBasicAuth("shop")
	const escaped = "first%20secret%2F+&=%25"
	for _, test := range []struct {
		name   string
		source envelope.SecretSource
		request
		want error
	}{
		{"query", query, request{query: "key=first+secret%2F%2B%26%3D%25"}, nil},
		{"query beside others", query, request{query: "a=b&key=second%20secret&c"}, nil},
		{"query, wrong", query, request{query: "key=third+secret"}, envelope.ErrSignatureMismatch},
		{"query, wrong case", query, request{query: "key=Second+secret"}, envelope.ErrSignatureMismatch},
		{"query, cut", query, request{query: "key=second+secre"}, envelope.ErrSignatureMismatch},
		{"query, longer", query, request{query: "key=second+secret+"}, envelope.ErrSignatureMismatch},
		{"query, both secrets in one", query, request{query: "key=first+secret%2F%2B%26%3D%25second+secret"}, envelope.ErrSignatureMismatch},
		{"query, missing", query, request{query: "a=b"}, envelope.ErrSignatureMissing},
		{"query, another name", query, request{query: "Key=second+secret"}, envelope.ErrSignatureMissing},
		{"query, empty", query, request{query: "key="}, envelope.ErrSignatureMismatch},
		{"query, no value", query, request{query: "key"}, envelope.ErrSignatureMismatch},
		{"query, twice", query, request{query: "key=second+secret&key=second+secret"}, envelope.ErrSignatureMalformed},
		{"query, wrong and right", query, request{query: "key=x&key=second+secret"}, envelope.ErrSignatureMalformed},
		{"query, in a header", query, request{header: http.Header{"Key": {older}}}, envelope.ErrSignatureMissing},
		{"path", path, request{path: escaped}, nil},
		{"path, rotation", path, request{path: "second%20secret"}, nil},
		{"path, wrong", path, request{path: "third%20secret"}, envelope.ErrSignatureMismatch},
		{"path, missing", path, request{}, envelope.ErrSignatureMissing},
		{"path, in the query", path, request{query: "key=second+secret"}, envelope.ErrSignatureMissing},
		{"header", header, request{header: http.Header{"X-Shop-Key": {secret}}}, nil},
		{"header, rotation", header, request{header: http.Header{"X-Shop-Key": {older}}}, nil},
		{"header, wrong", header, request{header: http.Header{"X-Shop-Key": {foreign}}}, envelope.ErrSignatureMismatch},
		{"header, missing", header, request{header: http.Header{"Authorization": {secret}}}, envelope.ErrSignatureMissing},
		{"header, empty", header, request{header: http.Header{"X-Shop-Key": {""}}}, envelope.ErrSignatureMismatch},
		{"header, twice", header, request{header: http.Header{"X-Shop-Key": {secret, secret}}}, envelope.ErrSignatureMalformed},
		{"header, listed", header, request{header: http.Header{"X-Shop-Key": {secret + ", " + older}}}, envelope.ErrSignatureMismatch},
		{"basic", auth, request{header: http.Header{"Authorization": {basic("shop", secret)}}}, nil},
		{"basic, rotation", auth, request{header: http.Header{"Authorization": {basic("shop", older)}}}, nil},
		{"basic, scheme in small letters", auth, request{header: http.Header{"Authorization": {strings.Replace(basic("shop", secret), "Basic", "basic", 1)}}}, nil},
		{"basic, wrong", auth, request{header: http.Header{"Authorization": {basic("shop", foreign)}}}, envelope.ErrSignatureMismatch},
		{"basic, empty", auth, request{header: http.Header{"Authorization": {basic("shop", "")}}}, envelope.ErrSignatureMismatch},
		{"basic, another user", auth, request{header: http.Header{"Authorization": {basic("Shop", secret)}}}, envelope.ErrSignatureMalformed},
		{"basic, secret as user", auth, request{header: http.Header{"Authorization": {basic(secret, "shop")}}}, envelope.ErrSignatureMalformed},
		{"basic, missing", auth, request{}, envelope.ErrSignatureMissing},
		{"basic, another scheme", auth, request{header: http.Header{"Authorization": {"Bearer " + secret}}}, envelope.ErrSignatureMissing},
		{"basic, no base64", auth, request{header: http.Header{"Authorization": {"Basic " + secret}}}, envelope.ErrSignatureMissing},
		{"basic, twice", auth, request{header: http.Header{"Authorization": {basic("shop", secret), basic("shop", secret)}}}, envelope.ErrSignatureMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			verify, err := envelope.SharedSecret(test.source, secret, older)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/hook/"+test.path+"?"+test.query, nil)
			r.Header = test.header
			var verified error
			mux := http.NewServeMux()
			check := func(_ http.ResponseWriter, r *http.Request) { verified = verifying.Both(verify, r, nil) }
			mux.HandleFunc("POST /hook/{key}", check)
			mux.HandleFunc("POST /hook/{$}", check)
			mux.ServeHTTP(httptest.NewRecorder(), r)
			if !errors.Is(verified, test.want) || test.want != nil && !errors.Is(verified, envelope.ErrSignature) {
				t.Errorf("error %v, want %v", verified, test.want)
			}
			if verified != nil && strings.Contains(verified.Error(), "secret") {
				t.Errorf("%q shows a secret", verified)
			}
		})
	}
}

// TestSharedSecretReadings: half of all secrets that openssl makes have a plus sign in
// base64, which is a blank in a query.
func TestSharedSecretReadings(t *testing.T) {
	for _, test := range []struct {
		name, configured, query string
		want                    error
	}{
		{"plus as it is written", "a+b/c=", "key=a+b/c=", nil},
		{"plus that is escaped", "a+b/c=", "key=a%2Bb%2Fc%3D", nil},
		{"plus and an escape", "a+b/c=", "key=a+b%2Fc%3D", nil},
		{"a blank as a plus", "a b", "key=a+b", nil},
		{"percent sign as it is written", "50%", "key=50%", nil},
		{"percent sign and digits", "a%41", "key=a%41", nil},
		{"percent sign that is escaped", "a%41", "key=a%2541", nil},
		{"semicolon", "a;b", "key=a;b", nil},
		{"line feed of a file", "a+b\n", "key=a+b", nil},
		{"blanks on purpose", " a ", "key=%20a%20", nil},
		{"a blank for nothing", "ab", "key=a+b", envelope.ErrSignatureMismatch},
		{"plus for an escape", "a%2Bb", "key=a+b", envelope.ErrSignatureMismatch},
		{"decoded twice", "a+b", "key=a%252Bb", envelope.ErrSignatureMismatch},
		{"another case of an escape", "a%2fb", "key=a%2Fb", envelope.ErrSignatureMismatch},
		{"twice, once escaped", "a+b", "key=a+b&k%65y=a+b", envelope.ErrSignatureMalformed},
	} {
		verify, err := envelope.SharedSecret(envelope.FromQuery("key"), test.configured)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/in", nil)
		r.URL.RawQuery = test.query
		if err := verifying.Both(verify, r, nil); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

// TestChallenge: a sender that is expected to use Basic authentication is asked for it.
func TestChallenge(t *testing.T) {
	for name, test := range map[string]struct {
		source envelope.SecretSource
		sent   http.Header
		want   bool
	}{
		"nothing":              {envelope.FromBasicAuth("shop"), nil, true},
		"another user":         {envelope.FromBasicAuth("shop"), http.Header{"Authorization": {basic("x", "secret")}}, true},
		"another secret":       {envelope.FromBasicAuth("shop"), http.Header{"Authorization": {basic("shop", "x")}}, true},
		"header that is asked": {envelope.FromHeader("X-Key"), nil, false},
	} {
		for _, tenant := range []string{"", "known", "unknown"} {
			p := shop()
			p.Verifier = func(secrets []string) (envelope.Verifier, error) {
				return envelope.SharedSecret(test.source, secrets...)
			}
			var options envelope.Options
			if p.Secrets = []string{"secret"}; tenant != "" {
				p.Secrets = nil
				options.Tenant = func(*http.Request) (envelope.Tenant, error) {
					if tenant == "unknown" {
						return envelope.Tenant{}, envelope.ErrUnknownTenant
					}
					return envelope.Tenant{Name: tenant, Secrets: []string{"secret"}}, nil
				}
			}
			h, err := envelope.NewHandler(p, options)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/in", strings.NewReader("{}"))
			for name, values := range test.sent {
				r.Header[name] = values
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusUnauthorized || (got == `Basic realm="webhooks", charset="UTF-8"`) != test.want {
				t.Errorf("%s, tenant %q: status %d, WWW-Authenticate %q", name, tenant, w.Code, got)
			}
		}
	}
}

// TestSharedSecretRefusesBlanks: what an unset environment variable gives is no
// secret.
func TestSharedSecretRefusesBlanks(t *testing.T) {
	for _, test := range []struct {
		name    string
		source  envelope.SecretSource
		secrets []string
	}{
		{"none", envelope.FromQuery("key"), nil},
		{"empty list", envelope.FromQuery("key"), []string{}},
		{"empty", envelope.FromQuery("key"), []string{""}},
		{"blank", envelope.FromQuery("key"), []string{" \t\r\n"}},
		{"one of two", envelope.FromQuery("key"), []string{"secret", ""}},
		{"no source", envelope.SecretSource{}, []string{"secret"}},
		{"no query name", envelope.FromQuery(""), []string{"secret"}},
		{"no path name", envelope.FromPathValue(""), []string{"secret"}},
		{"no header name", envelope.FromHeader(""), []string{"secret"}},
		{"no user", envelope.FromBasicAuth(""), []string{"secret"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			verify, err := envelope.SharedSecret(test.source, test.secrets...)
			if err == nil || verify != nil {
				t.Errorf("verifier %v, error %v", verify != nil, err)
			}
		})
	}
}

// TestSecretSource: what a source puts into a request is what it finds there, in
// place of what was there before.
func TestSecretSource(t *testing.T) {
	const secret = "a secret: /+&=%ü"
	for _, test := range []struct {
		name   string
		source envelope.SecretSource
	}{
		{"query", envelope.FromQuery("key")},
		{"path", envelope.FromPathValue("key")},
		{"header", envelope.FromHeader("x-shop-key")},
		{"basic", envelope.FromBasicAuth("shop")},
		{"nowhere", envelope.SecretSource{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/?key=old&a=b", nil)
			r.Header.Set("X-Shop-Key", "old")
			r.Header.Set("Authorization", "Bearer old")
			r.SetPathValue("key", "old")
			before := r.URL.String()
			for _, secrets := range [][]string{nil, {""}, {secret, " "}} {
				if err := test.source.Put(r, secrets...); err == nil || r.URL.String() != before || r.Header.Get("X-Shop-Key") != "old" {
					t.Errorf("%q: error %v", secrets, err)
				}
			}
			if err := test.source.Put(r, secret+"\n", "another"); (err != nil) != (test.source == envelope.SecretSource{}) {
				t.Fatal(err)
			}
			if test.name == "nowhere" {
				return
			}
			verify, err := envelope.SharedSecret(test.source, secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := verifying.Both(verify, r, nil); err != nil {
				t.Error(err)
			}
			if r.URL.Query().Get("a") != "b" {
				t.Error("the rest of the query is lost")
			}
		})
	}
}

// TestSecretsAreCopied: a list of secrets that changes later changes nothing.
func TestSecretsAreCopied(t *testing.T) {
	secrets := []string{"secret"}
	verify, err := envelope.SharedSecret(envelope.FromHeader("X-Key"), secrets...)
	if err != nil {
		t.Fatal(err)
	}
	secrets[0] = "changed"
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("X-Key", "secret")
	if err := verifying.Both(verify, r, nil); err != nil {
		t.Error(err)
	}
	r.Header.Set("X-Key", "changed")
	if err := verifying.Both(verify, r, nil); !errors.Is(err, envelope.ErrSignatureMismatch) {
		t.Errorf("error %v", err)
	}
}

// TestVerifierErrors: any error of a verifier refuses, but for one that asks for
// another try.
func TestVerifierErrors(t *testing.T) {
	own := errors.New("certificate expired")
	for _, test := range []struct {
		name   string
		err    error
		status int
		kind   envelope.ErrorKind
		retry  string
	}{
		{"accepted", nil, 200, "", ""},
		{"mismatch", envelope.ErrSignatureMismatch, 401, envelope.KindSignature, ""},
		{"error of its own", own, 401, envelope.KindSignature, ""},
		{"status that is not its to choose", envelope.Permanent(own), 401, envelope.KindSignature, ""},
		{"malformed, of all things", envelope.Malformed("x"), 401, envelope.KindSignature, ""},
		{"could not decide", envelope.RetryAfter(20*time.Second, own), 503, envelope.KindRetry, "20"},
		{"could not decide, wrapped", errors.Join(errors.New("keys"), envelope.RetryAfter(90*time.Millisecond, own)), 503, envelope.KindRetry, "1"},
		{"could not decide, without a time", envelope.RetryAfter(0, own), 503, envelope.KindRetry, "5"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ran := false
			var seen envelope.Observation
			h := newShop(t, envelope.Options{
				Verifier: verifying.By(func(r *http.Request, body []byte) error {
					if string(body) != goodBody || r.Method != http.MethodPost {
						t.Errorf("asked about %s %s", r.Method, body)
					}
					return test.err
				}),
				Observer: observeInto(&seen),
			}, orderPlaced.Handle(doneAnd(&ran)))
			w := post(h, goodBody)
			if w.Code != test.status || w.Header().Get("Retry-After") != test.retry || ran != (test.err == nil) {
				t.Errorf("status %d, Retry-After %q, ran %t", w.Code, w.Header().Get("Retry-After"), ran)
			}
			if test.err == nil {
				return
			}
			failure := errorOf(t, seen.Err)
			if failure.Kind != test.kind || failure.Status() != test.status || failure.Retryable() != (test.status == 503) || seen.Event != "" || seen.Size != len(goodBody) {
				t.Errorf("observed %+v", seen)
			}
			if errors.Is(failure, envelope.ErrSignature) != (test.status == 401) || !errors.Is(failure, test.err) && test.status == 401 {
				t.Errorf("error %v", failure)
			}
		})
	}
}
