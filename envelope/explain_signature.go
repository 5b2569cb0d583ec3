package envelope

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/internal/explain"
	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Causes is for a Provider's field of that name: it tries other spellings of the secrets,
// digests in other places and forms, and what is done to a body on its way. Signed is
// called many times if it is set.
func (h HMAC) Causes(secrets []string, r *Refusal) []Cause {
	clock, err := h.check()
	keys, keyErr := h.keys(secrets)
	if err != nil || keyErr != nil || !r.isUnproven() {
		return nil
	}
	header := r.Request.Header
	syntax := explain.Syntax{
		Name: h.Header, Prefix: h.Prefix, Base64: h.Base64, Size: h.hash()().Size(),
		NameSetting: "Header: %q", PrefixSetting: "Prefix: %q", FormatSetting: "Base64: true",
	}
	if h.Base64 {
		syntax.FormatSetting = "Base64: false"
	}
	var usual []sign.Digest
	if digest, err := h.digest(header); err == nil {
		usual = append(usual, digest)
	}
	s := explain.Signature{Syntax: syntax, Header: header, Clock: clock, Declared: r.declared(), Err: r.Err}
	s.Missing = syntax.Missing(header)
	s.Keys = explain.Keys(h.hash(), secrets, keys)
	s.Bodies = explain.BodiesOf(r.Body)
	s.Digests = syntax.Digests(header, usual...)
	separators := explain.Usual("")
	if h.TimestampHeader != "" {
		s.Times = timesOf(header, h.TimestampHeader, h.Header)
		s.Missing = append(s.Missing, missingTime(header, h.TimestampHeader)...)
		separators = explain.Separators(`Signed: func(_ *http.Request, timestamp string, body []byte) []byte { return append([]byte(timestamp + %q), body...) }`, ".")
	}
	if h.Signed == nil {
		s.First = separators
	}
	s.Digest = func(g explain.Guess) []byte {
		switch {
		case h.Signed != nil:
			return g.Key.Sum("", h.Signed(r.Request, g.Time, g.Body.Text))
		case h.TimestampHeader != "":
			return g.Key.Sum(g.Time+g.First, g.Body.Text)
		}
		return g.Key.Sum("", g.Body.Text)
	}
	return explain.As[Cause](s.Causes())
}

// timesOf are the times that may be signed.
func timesOf(header http.Header, name string, others ...string) []explain.Choice[string] {
	usual := ""
	if text, err := sign.Header(header, name); err == nil {
		if _, ok := sign.Unix(text); ok {
			usual = text
		}
	}
	return explain.Times(header, usual, name, "Unix seconds", append(others, "X-Timestamp", "X-Signature-Timestamp", "X-Request-Timestamp", "Webhook-Timestamp", "Date")...)
}

func missingTime(header http.Header, name string) []explain.Cause {
	if len(header.Values(name)) == 0 {
		return []explain.Cause{{Code: "header_missing", Text: name + " did not come: a proxy removes it, or the sender is another one."}}
	}
	return nil
}

// isUnproven reports whether it is the signature that a request was refused for.
func (r *Refusal) isUnproven() bool { return r.Request != nil && errors.Is(r.Err, ErrSignature) }

// Causes is for a Provider's field of that name, as that of HMAC.
func (s StandardWebhooks) Causes(secrets []string, r *Refusal) []Cause {
	clock, err := sign.NewClock(s.Now, s.Tolerance)
	keys, keyErr := standardKeys(secrets)
	if err != nil || keyErr != nil || !r.isUnproven() {
		return nil
	}
	header := r.Request.Header
	syntax := explain.Syntax{Name: standardSignature, Prefix: "v1,", Base64: true, Size: sha256.Size}
	usual, _ := standardDigests(header) // Those of a header that can't be read are looked for.
	q := explain.Signature{Syntax: syntax, Header: header, Clock: clock, Declared: r.declared(), Err: r.Err}
	q.Missing = append(syntax.Missing(header), missingTime(header, standardTimestamp)...)
	q.Missing = append(q.Missing, missingTime(header, standardID)...)
	q.Keys = explain.Keys(sha256.New, secrets, keys)
	for _, secret := range secrets { // It is base64: as it is written it is another key.
		text := strings.TrimSpace(secret)
		for _, text := range []string{text, strings.TrimPrefix(text, "whsec_")} {
			q.Keys = append(q.Keys, explain.Choice[*sign.Key]{
				Value: sign.NewKey(sha256.New, []byte(text)),
				Cause: explain.Cause{Code: "secret_encoding", Text: "The sender signs with the secret's text, not with what its base64 stands for: that is not Standard Webhooks; use HMAC."},
			})
		}
	}
	q.Bodies = explain.BodiesOf(r.Body)
	q.Digests = syntax.Digests(header, usual...)
	q.Times = timesOf(header, standardTimestamp, standardSignature)
	id := header.Get(standardID)
	q.Digest = func(g explain.Guess) []byte { return g.Key.Sum(id+"."+g.Time+".", g.Body.Text) }
	return explain.As[Cause](q.Causes())
}

// Causes is for a Provider's field of that name: it looks for one of the secrets in all
// places of the request.
func (s SecretSource) Causes(secrets []string, r *Refusal) []Cause {
	if s.check(secrets) != nil || !r.isUnproven() {
		return nil
	}
	readings, _ := sign.Readings(secrets)
	place := explain.Place{
		Name:  s.String(),
		Found: func(c explain.Carrier) bool { return s.kind == carriers[c.In] && s.isNamed(c.Name) },
		Setting: func(c explain.Carrier) string {
			return "SecretFrom: " + SecretSource{carriers[c.In], c.Name}.source()
		},
		Usual: readings,
	}
	var values []string
	if s.kind == secretPath {
		values = append(values, r.Request.PathValue(s.name))
	}
	came, err := s.get(r.Request)
	place.IsMissing = errors.Is(err, ErrSignatureMissing)
	place.IsTwice = err != nil && !place.IsMissing && len(came) == 0 && s.kind != secretBasic
	return explain.As[Cause](place.Causes(r.Request, secrets, values...))
}

// carriers are the kinds of places, by the names that package explain has for them.
var carriers = map[explain.In]secretKind{
	explain.InQuery: secretQuery, explain.InPath: secretPath, explain.InHeader: secretHeader, explain.InBasic: secretBasic,
}

func (s SecretSource) isNamed(name string) bool {
	return s.kind == secretPath || s.name == name || s.kind == secretHeader && strings.EqualFold(s.name, name)
}

// source is the Go expression that makes the place.
func (s SecretSource) source() string {
	makers := map[secretKind]string{secretQuery: "FromQuery", secretPath: "FromPathValue", secretHeader: "FromHeader", secretBasic: "FromBasicAuth"}
	return "envelope." + makers[s.kind] + `("` + s.name + `")`
}
