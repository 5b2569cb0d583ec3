package openloyalty

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/explain"
	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Explain returns why a handler of this configuration, with a function for each event,
// refuses a request with the body as it was received; nil if it does not. It accepts
// nothing, and holds no secret and no text of the body. In a handler, see Options.Refused.
func Explain(config Config, r *http.Request, body []byte) []envelope.Cause {
	return config.provider().Explain(config.Options, r, body)
}

// causes is the Causes function of the provider.
func (c Config) causes(secrets []string, r *envelope.Refusal) []envelope.Cause {
	c.Secrets = secrets
	switch {
	case r.Request == nil || !errors.Is(r.Err, envelope.ErrSignature):
		return nil
	case c.SecretFrom != (envelope.SecretSource{}):
		return c.SecretFrom.Causes(secrets, r)
	}
	s, err := newSigner(c)
	if err != nil {
		return nil
	}
	return explain.As[envelope.Cause](s.causes(c, r))
}

func (s *signer) causes(config Config, r *envelope.Refusal) []explain.Cause {
	header := r.Request.Header
	syntax := explain.Syntax{Name: SignatureHeader, Size: sha256.Size}
	q := explain.Signature{Syntax: syntax, Header: header, Clock: s.clock, Declared: r.Request.ContentLength}
	q.Missing = append(syntax.Missing(header), missing(header)...)
	var behind []explain.Cause // causes that are less likely than another secret
	if suspects := s.suspects(r.Request); isProxied(header) {
		q.Suspects = suspects
	} else {
		behind = suspects
	}
	var usual []sign.Digest
	if sent, err := sign.Header(header, SignatureHeader); err == nil {
		if digest, ok := sign.HexDigest(sent, sha256.Size); ok {
			usual = append(usual, digest)
		}
	}
	q.Digests = syntax.Digests(header, usual...)
	q.Times = timesOf(header)
	q.Keys = explain.Keys(sha256.New, config.Secrets, s.keys, otherKeys(config)...)
	q.First = s.places(r.Request)
	q.Second = requestIDs(header, r.Body)
	q.Bodies = explain.BodiesOf(r.Body)
	q.HashesBody = true
	q.Digest = func(g explain.Guess) []byte {
		host, path, _ := strings.Cut(g.First, placeSeparator)
		sent := sentSignature{timestamp: g.Time, requestID: g.Second}
		return g.Key.Sum("", appendCanonical(nil, r.Method, host, path, g.Body.SHA256(), sent))
	}
	causes := q.Causes()
	if len(causes) > 0 && causes[0].Certain {
		return causes
	}
	return append(causes, behind...)
}

// missing are the headers of a signature besides its own that are not as documented.
func missing(header http.Header) (causes []explain.Cause) {
	for _, name := range []string{TimestampHeader, RequestIDHeader} {
		if header.Get(name) == "" {
			causes = append(causes, explain.Cause{Code: "header_missing", Text: name + " did not come: a proxy removes it, signing is switched off for the subscription, or the sender is another one."})
		}
	}
	for _, name := range []string{AlgorithmHeader, VersionHeader, TimestampHeader, RequestIDHeader} {
		if n := len(header.Values(name)); n > 1 {
			causes = append(causes, explain.Cause{Code: "header_twice", Text: name + " came " + strconv.Itoa(n) + " times: a proxy or a middleware adds it. Let one through."})
		}
	}
	if named := header.Get(AlgorithmHeader); named != "" && !strings.EqualFold(named, algorithm) {
		causes = append(causes, explain.Cause{Code: "algorithm", Text: AlgorithmHeader + " is not " + algorithm + ": Open Loyalty signs in a new way, or the sender is another one."})
	}
	return causes
}

func timesOf(header http.Header) []explain.Choice[string] {
	usual := ""
	if text, err := sign.Header(header, TimestampHeader); err == nil {
		if _, ok := sign.Unix(text); ok {
			usual = text
		}
	}
	return explain.Times(header, usual, TimestampHeader, "Unix seconds", "X-Timestamp", "X-Webhook-Time", "Date")
}

// otherKeys are the readings of the secrets that KeyEncoding leaves out.
func otherKeys(config Config) (list []explain.Spelling) {
	for _, secret := range config.Secrets {
		digits := strings.TrimPrefix(strings.TrimSpace(secret), secretPrefix)
		sum, _ := hex.DecodeString(digits)
		text := "The secret's digits are the key in another encoding than KeyEncoding says."
		switch config.KeyEncoding {
		case KeyText:
			list = append(list, explain.Spelling{Text: string(sum), Cause: explain.Cause{Code: "key_encoding", Text: text, Setting: "KeyEncoding: openloyalty.KeyHex"}})
		case KeyHex:
			list = append(list, explain.Spelling{Text: digits, Cause: explain.Cause{Code: "key_encoding", Text: text, Setting: "KeyEncoding: openloyalty.KeyText"}})
		case KeyEither:
		}
	}
	return list
}

// requestIDs are the ids that may be signed: that of the header, or of the body if a proxy
// has changed it.
func requestIDs(header http.Header, body []byte) []explain.Choice[string] {
	values := header.Values(RequestIDHeader)
	var choices []explain.Choice[string]
	if len(values) == 1 {
		choices = explain.Usual(values[0])
	} else {
		for _, value := range values[:min(len(values), 4)] {
			choices = append(choices, explain.Choice[string]{Value: value, Cause: explain.Cause{Code: "header_twice", Text: RequestIDHeader + " came " + strconv.Itoa(len(values)) + " times: a proxy or a middleware adds it. Let one through."}})
		}
	}
	var meta Meta
	if json.Unmarshal(body, &meta) == nil {
		for _, id := range []string{meta.RequestID, meta.MessageID} {
			choices = append(choices, explain.Choice[string]{Value: id, Cause: explain.Cause{Code: "request_id", Text: RequestIDHeader + " is not the id that was signed, which the body has: a proxy sets the header to an id of its own."}})
		}
	}
	return choices
}
