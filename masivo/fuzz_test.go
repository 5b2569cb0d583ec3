package masivo_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/hostile"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

func FuzzDispatch(f *testing.F) {
	hostile.Target[masivo.Meta]{
		Provider: masivo.Name,
		Events:   masivo.Events(),
		NewHandler: func(common envelope.Options, routes ...masivo.Route) (*envelope.Handler, error) {
			return masivo.NewHandler(masivo.Config{Options: common}, routes...)
		},
	}.FuzzDispatch(f,
		`{"event":"TIER_UPGRADE"}`,
		`{"data":{"customer_id":"1","event":{"result":"text"}},"event":"BEHAVIOR_EVENT_FAILED"}`,
		`{"event":"BEHAVIOR_EVENT_FAILED","data":{"customer_id":1,"event":{"result":{"wallet":{"totals":{"":"7e400"}}}}}}`,
	)
}

// Whatever the query, the delivery is accepted exactly if the secret is there, once, as it
// is decoded, or as it is written.
func FuzzVerify(f *testing.F) {
	const secret = "masivo/secret+42=%"
	for _, query := range []string{
		"secret=" + url.QueryEscape(secret), "secret=" + secret, "a=b&secret=masivo%2Fsecret%2B42%3D%25", "secret=" + url.QueryEscape(secret) + "&secret=",
		"SECRET=" + url.QueryEscape(secret), "secret=" + url.QueryEscape(secret) + "&%zz", "secret", "secret=&x", "secret=%00", "sécret=1", "secret=a;b",
	} {
		f.Add(query)
	}
	verify, err := masivo.NewVerifier(masivo.Config{Secrets: []string{"another", secret}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		err := verifying.Both(verify, &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/", RawQuery: query}, Header: http.Header{}}, nil)
		if err != nil && !errors.Is(err, envelope.ErrSignature) {
			t.Fatalf("an error that is no ErrSignature: %v", err)
		}
		sent := secretsIn(query)
		want := len(sent) == 1 && (slices.Contains(sent[0], secret) || slices.Contains(sent[0], "another"))
		if got := err == nil; got != want {
			t.Errorf("accepted: %v, want %v (%v)", got, want, err)
		}
	})
}

func secretsIn(query string) (secrets [][]string) {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != "secret" {
			continue
		}
		plus, _ := url.QueryUnescape(value)
		percent, _ := url.PathUnescape(value)
		secrets = append(secrets, []string{value, plus, percent})
	}
	return secrets
}
