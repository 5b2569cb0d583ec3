package inspector

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// summary is a delivery in the list of the page.
type summary struct {
	ID         int64            `json:"id"`
	At         time.Time        `json:"at"`
	Provider   string           `json:"provider"`
	Event      string           `json:"event"`
	Known      bool             `json:"known"`
	Source     Source           `json:"source"`
	Outcome    envelope.Outcome `json:"outcome"`
	Status     int              `json:"status"`
	Duration   float64          `json:"duration"` // milliseconds
	Size       int              `json:"size"`
	Drift      int              `json:"drift"`
	Violations int              `json:"violations"`
	Says       string           `json:"says"`
}

func (d *Delivery) summary() summary {
	return summary{
		ID:         d.ID,
		At:         d.At,
		Provider:   d.Provider,
		Event:      shorten(d.Event),
		Known:      d.Known,
		Source:     d.Source,
		Outcome:    d.Outcome,
		Status:     d.Status,
		Duration:   milliseconds(d.Duration),
		Size:       len(d.Raw),
		Drift:      d.DriftTotal,
		Violations: len(d.violations()),
		Says:       shorten(d.says()),
	}
}

// says is one line on what became of the delivery.
func (d *Delivery) says() string {
	switch {
	case d.Err != nil:
		return d.Err.Error()
	case d.Says == "" && d.Outcome == envelope.OutcomeFallback:
		return "no function for this event"
	}
	return d.Says
}

// violations are those that the function was told, or those that it was refused for.
func (d *Delivery) violations() []envelope.Violation {
	var refused *envelope.ValidationError
	if errors.As(d.Err, &refused) {
		return refused.Violations
	}
	return d.Violations
}

// detail is all that the page shows of one delivery.
type detail struct {
	summary

	Method   string    `json:"method"`
	Target   string    `json:"target"`
	Header   []header  `json:"header"`
	Payload  string    `json:"payload"` // Go type
	Findings []finding `json:"findings"`
	Why      []cause   `json:"why"`
	Wire     listing   `json:"wire"`
	Typed    listing   `json:"typed"`
	Partial  bool      `json:"partial"`
	Curl     string    `json:"curl"`
	Replay   replay    `json:"replay"`
}

type header struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Hidden bool   `json:"hidden"`
}

// cause is one reason why a delivery may have been refused.
type cause struct {
	Code    string `json:"code"`
	Text    string `json:"text"`
	Setting string `json:"setting"`
	Certain bool   `json:"certain"`
}

func (d *Delivery) causes() []cause {
	causes := []cause{}
	if d.Why != nil {
		for _, c := range d.Why() {
			causes = append(causes, cause(c))
		}
	}
	return causes
}

// finding is one thing to know about a place of the body.
type finding struct {
	Kind    string `json:"kind"` // of drift, or "violation"
	Rule    string `json:"rule,omitzero"`
	Pointer string `json:"pointer"`
}

// replay says what sending the delivery again means.
type replay string

const (
	replayNot    replay = ""       // the body is not complete
	replaySigned replay = "signed" // signed anew: the delivery was proven genuine
	replayAsWas  replay = "as-was" // with the proof that it had, if any
)

func (i *Inspector) detail(d *Delivery) detail {
	findings := d.findings()
	result := detail{
		summary:  d.summary(),
		Method:   d.Method,
		Target:   i.shownTarget(d),
		Header:   i.shownHeader(d),
		Findings: findings,
		Why:      d.causes(),
		Wire:     wireListing(d.Raw, d.isForm()),
		Typed:    typedListing(d, findings),
		Partial:  d.Partial,
		Curl:     i.curl(d),
		Replay:   d.replay(),
	}
	if t := reflect.TypeOf(d.Payload); t != nil && t.Kind() == reflect.Pointer {
		result.Payload = t.Elem().String()
	}
	result.Wire.mark(findings)
	result.Typed.mark(findings)
	return result
}

func (d *Delivery) findings() []finding {
	findings := []finding{}
	for _, drift := range d.Drift {
		findings = append(findings, finding{Kind: string(drift.Kind), Pointer: extended("", drift.Pointer)})
	}
	for _, v := range d.violations() {
		findings = append(findings, finding{Kind: "violation", Rule: v.Rule, Pointer: extended("", v.Pointer)})
	}
	return findings
}

func (d *Delivery) isForm() bool {
	if strings.HasPrefix(d.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return true
	}
	return d.Header.Get("Content-Type") == "" && len(d.Raw) > 0 && !bytes.ContainsAny(d.Raw[:1], "{[\" \t\r\n")
}

// replay of a delivery whose origin was not proven does not prove it now: whoever
// sent it must not get it signed by a click.
func (d *Delivery) replay() replay {
	switch {
	case d.Partial || d.Method != http.MethodPost:
		return replayNot
	case d.proven():
		return replaySigned
	}
	return replayAsWas
}

// proven reports whether the delivery got past verification.
func (d *Delivery) proven() bool {
	var err *envelope.Error
	if !errors.As(d.Err, &err) {
		return true
	}
	return slices.Contains([]envelope.ErrorKind{
		envelope.KindMalformed, envelope.KindValidation, envelope.KindNoEvent, envelope.KindFailed, envelope.KindPanic,
		envelope.KindRetry, envelope.KindRunning, envelope.KindStore, envelope.KindDropped,
	}, err.Kind)
}

// Redacted stands for what the page does not show.
const Redacted = "hidden"

// shownTarget is the path, with the values of the query hidden: two providers prove
// their deliveries by one of them.
func (i *Inspector) shownTarget(d *Delivery) string {
	path, query, found := strings.Cut(d.Target, "?")
	path = i.shownPath(path, i.provider(d.Provider))
	if !found {
		return path
	}
	pairs := strings.Split(query, "&")
	for n, pair := range pairs {
		if name, _, ok := strings.Cut(pair, "="); ok {
			pairs[n] = name + "=" + Redacted
		}
	}
	return path + "?" + strings.Join(pairs, "&")
}

// shownPath hides what follows the provider's own path: all of it if the secret belongs
// there, else what has a secret in it.
func (i *Inspector) shownPath(path string, p Provider) string {
	rest, ok := strings.CutPrefix(path, p.Path+"/")
	if !ok {
		return path
	}
	segments := strings.Split(rest, "/")
	for n, segment := range segments {
		if p.SecretInPath || i.hasSecret(segment) {
			segments[n] = Redacted
		}
	}
	return p.Path + "/" + strings.Join(segments, "/")
}

func (i *Inspector) shownHeader(d *Delivery) []header {
	own := i.provider(d.Provider).SecretHeader
	list := make([]header, 0, len(d.Header))
	for name, values := range d.Header {
		for _, value := range values {
			h := header{Name: name, Value: value, Hidden: isSecret(name) || strings.EqualFold(name, own) || i.hasSecret(value)}
			if h.Hidden {
				h.Value = Redacted
			}
			list = append(list, h)
		}
	}
	slices.SortStableFunc(list, func(a, b header) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// isSecret goes by the name: a header that is not known to be harmless is hidden
// rather than shown.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"auth", "cookie", "secret", "token", "key", "passw", "credential"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

// hasSecret reports whether a text has the secret of a provider in it, in one of the
// spellings in which it may travel.
func (i *Inspector) hasSecret(text string) bool {
	unescaped, err := url.QueryUnescape(text)
	if err != nil {
		unescaped = text
	}
	return slices.ContainsFunc(i.config.Providers, func(p Provider) bool {
		return p.Secret != "" && (strings.Contains(text, p.Secret) || strings.Contains(unescaped, p.Secret) ||
			strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(p.Secret))))
	})
}
