package mambo

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/explain"
	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Explain returns why a handler of this configuration, with a function for each event,
// refuses a request with the body as it was received; nil if it does not. It accepts
// nothing, and holds no secret and no text of the body. In a handler, see Options.Refused.
func Explain(config Config, r *http.Request, body []byte) []envelope.Cause {
	return config.provider(newNamer(config, false)).Explain(config.Options, r, body)
}

// causes is the Causes function of the provider.
func (c Config) causes(secrets []string, r *envelope.Refusal) []envelope.Cause {
	c.Secrets = secrets
	var causes []explain.Cause
	switch {
	case r.Request == nil:
	case errors.Is(r.Err, envelope.ErrSignature):
		causes = c.signatureCauses(r)
	case errors.Is(r.Err, envelope.ErrNoEvent):
		causes = c.eventCauses(r.Request)
	}
	return explain.As[envelope.Cause](causes)
}

func (c Config) signatureCauses(r *envelope.Refusal) []explain.Cause {
	s, err := newSigner(c)
	if err != nil {
		return nil
	}
	header := r.Request.Header
	syntax := explain.Syntax{Name: s.header, Size: sha256.Size, NameSetting: "SignatureHeader: %q"}
	q := explain.Signature{Syntax: syntax, Header: header, Clock: s.clock, Declared: r.Request.ContentLength}
	q.Missing = syntax.Missing(header)
	in := s.header // The header that has the time.
	var timestamp string
	var digests []sign.Digest
	switch values := header.Values(s.header); len(values) {
	case 0:
		for _, name := range syntax.Similar(header) {
			if found, _, ok := parseSignature(header.Get(name)); ok && timestamp == "" {
				in, timestamp = name, found
			}
		}
	case 1:
		timestamp, digests, _ = parseSignature(values[0])
	}
	q.Digests = syntax.Digests(header, digests...)
	q.Times = explain.Times(header, timestamp, in, "Unix seconds or milliseconds", headersOfTimes(header)...)
	q.Keys = explain.Keys(sha256.New, c.Secrets, s.keys)
	q.First = explain.Separators("Separators: []string{%q}", s.separators...)
	q.Second = orders
	q.Bodies = explain.BodiesOf(r.Body)
	q.Digest = digestOf
	return q.Causes()
}

// headersOfTimes are the headers that may have the time of a signature besides its own.
func headersOfTimes(header http.Header) []string {
	names := []string{"X-Mambo-Timestamp", "X-Mambo-Signature-Timestamp", "X-Mambo-Request-Timestamp", "X-Mambo-Date"}
	for name := range header {
		if strings.HasPrefix(name, "X-") && strings.Contains(strings.ToLower(name), "time") {
			names = append(names, name)
		}
	}
	return append(names, "X-Mambo-Signature", "Date")
}

// What may be signed. That it is time and body, in this order, is inferred.
const (
	timeFirst = ""
	bodyFirst = "body first"
	bodyAlone = "body"
)

var orders = append(explain.Usual(timeFirst),
	explain.Choice[string]{Value: bodyAlone, Cause: explain.Cause{
		Code: "signed_text", Text: "The body alone is signed, without a time: verify with envelope.HMAC as Options.Verifier, and tell this project.",
	}},
	explain.Choice[string]{Value: bodyFirst, Cause: explain.Cause{
		Code: "signed_text", Text: "The time is signed after the body: verify with envelope.HMAC and its Signed as Options.Verifier, and tell this project.",
	}},
)

func digestOf(g explain.Guess) []byte {
	switch g.Second {
	case bodyAlone:
		return g.Key.Sum("", g.Body.Text)
	case bodyFirst:
		text := make([]byte, 0, len(g.Body.Text)+len(g.First)+len(g.Time))
		return g.Key.Sum("", append(append(append(text, g.Body.Text...), g.First...), g.Time...))
	}
	return g.Key.Sum(g.Time+g.First, g.Body.Text)
}

// eventCauses say where the event's name was looked for, and where it may be.
func (c Config) eventCauses(r *http.Request) []explain.Cause {
	names := make([]string, len(events))
	for i, event := range events {
		names[i] = event.Name()
	}
	var causes []explain.Cause
	if c.EventPathValue != "" {
		value := r.PathValue(c.EventPathValue)
		text := "The path value " + c.EventPathValue + " names no event of Mambo: a typing error in the URL that the webhook has."
		if name, ok := explain.Nearest(value, names); ok {
			text += " It is nearest to " + name + "."
		}
		if value == "" {
			text = "There is no path value " + c.EventPathValue + ": mount the handler on a pattern with {" + c.EventPathValue + "}."
		}
		causes = append(causes, explain.Cause{Code: "event_path", Text: text, Certain: true})
	}
	if c.EventHeader != "" && len(r.Header.Values(c.EventHeader)) != 1 {
		causes = append(causes, explain.Cause{Code: "event_header", Text: "The header " + c.EventHeader + ", which has the event's name by the configuration, did not come once.", Certain: true})
	}
	for name, values := range r.Header {
		if len(values) == 1 && isEvent(values[0], names) && explain.Quotable(name) {
			causes = append(causes, explain.Cause{Code: "event_header", Text: "The header " + name + " names an event.", Setting: `EventHeader: "` + name + `"`})
		}
	}
	for part := range strings.SplitSeq(r.URL.Path, "/") {
		if c.EventPathValue == "" && isEvent(part, names) {
			causes = append(causes, explain.Cause{Code: "event_path", Text: "The path names an event: mount the handler on a pattern with {event} there.", Setting: `EventPathValue: "event"`})
		}
	}
	return causes
}

func isEvent(text string, names []string) bool {
	name, ok := explain.Nearest(text, names)
	return ok && strings.EqualFold(name, text)
}
