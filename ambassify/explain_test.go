package ambassify_test

import (
	"crypto"
	"crypto/elliptic"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// TestExplainEventBus: what a token is refused for, and what happened to its body.
func TestExplainEventBus(t *testing.T) {
	key := newRSA(t)
	good := `{"iat":1780315200,"h":"` + bodyHash() + `","iss":"bus","aud":["a"]}`
	signed := func(head, claims string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set(ambassify.EventBusHeader, withToken(t, key, crypto.SHA256, head, claims).Header.Get(ambassify.EventBusHeader))
		}
	}
	const rs256 = `{"alg":"RS256"}`
	for name, test := range map[string]struct {
		change func(*http.Request)
		body   string
		config func(*ambassify.Config)
		codes  []string
	}{
		"accepted":           {change: signed(rs256, good)},
		"no token":           {change: func(r *http.Request) { r.Header.Set("X-Other-Signature", "x") }, codes: []string{"signature_header", "not_signed"}},
		"a word in front":    {change: func(r *http.Request) { r.Header.Set(ambassify.EventBusHeader, "Bearer abc") }, codes: []string{"token"}},
		"another key":        {change: signed(rs256, good), config: func(c *ambassify.Config) { c.EventBusKeys = []string{publicPEM(t, rsaKeys()[1])} }, codes: []string{"token_key"}},
		"another kind":       {change: signed(rs256, good), config: func(c *ambassify.Config) { c.EventBusKeys = []string{publicPEM(t, newECDSA(t, elliptic.P256()))} }, codes: []string{"token_key"}},
		"old":                {change: signed(rs256, `{"iat":1780000000,"h":"`+bodyHash()+`"}`), codes: []string{"clock*"}},
		"early":              {change: signed(rs256, `{"iat":1790000000,"h":"`+bodyHash()+`"}`), codes: []string{"clock*"}},
		"no time":            {change: signed(rs256, `{"h":"`+bodyHash()+`"}`), codes: []string{"token_claims*"}},
		"issuer":             {change: signed(rs256, good), config: func(c *ambassify.Config) { c.EventBusIssuer = "other" }, codes: []string{"token_issuer*"}},
		"audience":           {change: signed(rs256, good), config: func(c *ambassify.Config) { c.EventBusAudience = "b" }, codes: []string{"token_audience*"}},
		"body in base64":     {change: signed(rs256, good), body: base64.StdEncoding.EncodeToString(body), codes: []string{"body_base64*"}},
		"line feed added":    {change: signed(rs256, good), body: string(body) + "\n", codes: []string{"body_blanks*"}},
		"body changed":       {change: signed(rs256, good), body: strings.Replace(string(body), "7", "8", 1), codes: []string{"body_changed*"}},
		"media type besides": {change: func(r *http.Request) { signed(rs256, good)(r); r.Header.Set("Content-Type", "text/plain") }, codes: []string{"media_type*"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := ambassify.Config{EventBusKeys: []string{publicPEM(t, key)}, Options: envelope.Options{Now: func() time.Time { return now }}}
			if test.config != nil {
				test.config(&config)
			}
			came := test.body
			if came == "" {
				came = string(body)
			}
			r := request(typeJSON, came)
			r.Header.Del(ambassify.EventBusHeader)
			test.change(r)
			var codes []string
			for _, c := range ambassify.Explain(config, r, []byte(came)) {
				if c.Certain {
					c.Code += "*"
				}
				codes = append(codes, c.Code)
			}
			if diff := cmp.Diff(test.codes, codes); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestExplainForms: what makes a form ambiguous is named, with the limit that ends it.
func TestExplainForms(t *testing.T) {
	const head = "event[name]=created&event[resource]=person&person_id=7&"
	for form, code := range map[string]string{
		"person[id]=1&person[id][a]=2":            "form_conflict",
		"person[firstName]=1&person[firstName]=2": "form_repeated",
		"person[groups][-1]=1":                    "form_index",
		"person[%zz]=1":                           "form_syntax",
		strings.Repeat("a[]=1&", 2000):            "form_limit",
	} {
		r := request("application/x-www-form-urlencoded", head+form)
		causes := ambassify.Explain(ambassify.Config{Options: envelope.Options{Unverified: true}}, r, []byte(head+form))
		if len(causes) != 1 || causes[0].Code != code || !causes[0].Certain || (causes[0].Setting != "") != (code == "form_limit") {
			t.Errorf("%.60s: %+v", form, causes)
		}
	}
}
