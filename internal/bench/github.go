package bench

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"hash"
	"net/http"
	"strings"
	"sync"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// issues is GitHub's sample of an "issues" event, as go-playground/webhooks ships
// it with its tests (MIT License, copyright 2015 Dean Karn).
//
//go:embed testdata/issues.json
var issues []byte

const (
	secret          = "bench-3f1c0a7d95e84b26"
	eventHeader     = "X-Github-Event" // in the spelling that http.Header keeps
	signatureHeader = "X-Hub-Signature-256"
	signaturePrefix = "sha256="
)

// newGitHubExchange is an event about an issue as GitHub sends it.
func newGitHubExchange(text []byte) (*exchange, error) {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(text)
	return newExchange(http.Header{
		"Content-Type":      {"application/json"},
		"User-Agent":        {"GitHub-Hookshot/044aadd"},
		"X-Github-Delivery": {"72d3162e-cc78-11e3-81ab-4c9367dc0958"},
		eventHeader:         {"issues"},
		signatureHeader:     {signaturePrefix + hex.EncodeToString(mac.Sum(nil))},
	}, "https://example.com/webhooks/github", text), nil
}

// signature checks X-Hub-Signature-256. It is an envelope.Verifier, and serves the
// hand-written handlers too.
type signature struct{ macs sync.Pool }

type keyedMAC struct {
	hash.Hash
	hex  [2 * sha256.Size]byte
	sent [sha256.Size]byte
	sum  [sha256.Size]byte
}

func newSignature() *signature {
	return &signature{sync.Pool{New: func() any {
		return &keyedMAC{Hash: hmac.New(sha256.New, []byte(secret))}
	}}}
}

func (s *signature) verify(r *http.Request, body []byte) error {
	digits, ok := strings.CutPrefix(r.Header.Get(signatureHeader), signaturePrefix)
	if !ok {
		return envelope.ErrSignatureMissing
	}
	mac := s.macs.Get().(*keyedMAC)
	defer s.macs.Put(mac)
	if len(digits) != copy(mac.hex[:], digits) || len(digits) != len(mac.hex) {
		return envelope.ErrSignatureMalformed
	}
	if _, err := hex.Decode(mac.sent[:], mac.hex[:]); err != nil {
		return envelope.ErrSignatureMalformed
	}
	mac.Reset()
	mac.Write(body)
	if !hmac.Equal(mac.Sum(mac.sum[:0]), mac.sent[:]) {
		return envelope.ErrSignatureMismatch
	}
	return nil
}

// gitHubMeta is what GitHub sends beside the payload, in headers.
type gitHubMeta struct{}

// newLibrary is a GitHub receiver made of package envelope: what this module costs
// for a provider that it does not have. The payload is the whole body, its type
// the peer's.
func newLibrary[T any](config envelope.Options, take func(*T), names ...string) (http.Handler, error) {
	var events []envelope.AnyEvent[gitHubMeta]
	var routes []envelope.Route[gitHubMeta]
	for _, name := range names {
		event := envelope.NewEvent[gitHubMeta, T](name)
		events = append(events, event.Any())
		routes = append(routes, event.Handle(func(_ context.Context, d *envelope.Delivery[gitHubMeta, T]) error {
			take(&d.Payload)
			return nil
		}))
	}
	check := newSignature()
	config.Verifier = func(r *http.Request) (func([]byte) error, error) {
		return func(body []byte) error { return check.verify(r, body) }, nil
	}
	return envelope.NewHandler(envelope.Provider[gitHubMeta]{
		Name:      "github",
		Events:    events,
		EventName: func(r *http.Request) string { return r.Header.Get(eventHeader) },
	}, config, routes...)
}
