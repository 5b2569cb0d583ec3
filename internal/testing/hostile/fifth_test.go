package hostile_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"math/rand/v2"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// A provider of a user's own is attacked like the four.

const (
	fifthSecret    = "fifth+S3cret/42"
	standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

// signing is what envelope.HMAC and envelope.StandardWebhooks have in common.
type signing interface {
	Verifier(secrets []string) (envelope.Verifier, error)
	Sign(r *http.Request, body []byte, secret string) error
}

func fifthScheme() scheme {
	return ownScheme("hmac", func(now func() time.Time) signing {
		return envelope.HMAC{Header: "X-Signature", Prefix: "sha256=", TimestampHeader: "X-Timestamp", Now: now}
	}, fifthSecret, "X-Signature", "X-Timestamp")
}

func standardScheme() scheme {
	return ownScheme("standard webhooks", func(now func() time.Time) signing {
		return envelope.StandardWebhooks{Now: now}
	}, standardSecret, "Webhook-Signature", "Webhook-Timestamp", "Webhook-Id")
}

// ownScheme attacks a way of signing by its headers, that of the signature first, and that
// of the time second.
func ownScheme(name string, at func(now func() time.Time) signing, secret string, headers ...string) scheme {
	return scheme{
		name:  "fifth/" + name,
		share: 60,
		handler: func(common envelope.Options) (*envelope.Handler, error) {
			common = fixed(common)
			return envelope.NewHandler(envelope.Provider[struct{}]{
				Name:     "fifth",
				Layout:   envelope.Layout{Event: []string{"event"}, Payload: "data"},
				Secrets:  []string{"whsec_bmV3", secret},
				Verifier: at(common.Now).Verifier,
			}, common, envelope.Fallback(ignore[struct{}]))
		},
		genuine: func(tb testing.TB) attempt {
			tb.Helper()
			a := attempt{host: "example.com", path: "/hooks/fifth", header: http.Header{}, body: masivoBody}
			if err := at(fixed(envelope.Options{}).Now).Sign(a.request(), a.body, secret); err != nil {
				tb.Fatal(err)
			}
			return a
		},
		forge: func(r *rand.Rand, a *attempt) {
			switch r.IntN(6) {
			case 0:
				a.body = []byte(changed(r, string(a.body)))
			case 1: // Bytes move over the border of what is signed.
				n := 1 + r.IntN(3)
				timestamp := a.header.Get(headers[1])
				a.body = append([]byte(timestamp[len(timestamp)-n:]+"."), a.body...)
				a.header.Set(headers[1], timestamp[:len(timestamp)-n])
			case 2:
				duplicate(r, a.header, headers)
			case 3: // A genuine delivery that is sent again, and one that was signed ahead.
				old := time.Duration(301+r.IntN(1e8)) * time.Second * time.Duration(1-2*r.IntN(2))
				_ = at(func() time.Time { return fixed(envelope.Options{}).Now().Add(old) }).Sign(a.request(), a.body, secret)
			case 4: // Signed with a secret that is not ours.
				guess := "whsec_" + randomHex(r, 32)
				_ = at(fixed(envelope.Options{}).Now).Sign(a.request(), a.body, guess)
			default:
				name := headers[r.IntN(len(headers))]
				before := a.header.Get(name)
				for strings.Contains(a.header.Get(name), strings.TrimRight(before, "=")) { // More signatures beside it would be fine.
					changeHeader(r, a.header, name)
				}
			}
		},
	}
}
