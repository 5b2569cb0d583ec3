package explain

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// In is a kind of place in a request.
type In int

// The places in which a shared secret may travel.
const (
	InQuery In = iota
	InPath
	InHeader
	InBasic
)

// Carrier is a place with its value.
type Carrier struct {
	In    In
	Name  string // of the query value or header, or the user
	value string
}

// Place is where a shared secret is expected.
type Place struct {
	Name    string               // as people call it
	Found   func(Carrier) bool   // reports whether a carrier is that place
	Setting func(Carrier) string // that makes it the place
	Usual   []string             // what the verifier takes

	IsMissing, IsTwice bool
}

// maxCarriers bounds the values that are looked at.
const maxCarriers = 128

// Causes looks for a secret in all places of a request. Values are what the configured place
// has, where it is a part of the path.
func (p Place) Causes(r *http.Request, secrets []string, values ...string) []Cause {
	secrets = secrets[:min(len(secrets), maxSpelled)]
	var spelled []Spelling
	for _, secret := range secrets {
		spelled = append(spelled, Spellings(secret)...)
	}
	carriers := carriersOf(r)
	for _, value := range values {
		carriers = append(carriers, Carrier{In: InPath, value: value})
	}
	var causes []Cause
	for _, c := range carriers {
		for _, cause := range p.compare(c, spelled) {
			causes = append(causes, certain(cause)...)
		}
	}
	switch {
	case p.IsTwice:
		causes = append(causes, Cause{Code: "secret_twice", Text: "There is more than one " + p.Name + ", or one that can't be read: let one through."})
	case len(causes) > 0:
	case p.IsMissing:
		causes = append(causes, p.missing(carriers))
	default:
		causes = append(causes, Secret("secrets"))
	}
	return causes
}

// compare explains a carrier that has one of the secrets, if it does.
func (p Place) compare(c Carrier, spelled []Spelling) []Cause {
	isHere := p.Found(c)
	if slices.ContainsFunc(p.Usual, func(secret string) bool { return isEqual(c.value, secret) }) {
		switch {
		case isHere && p.IsMissing: // Only of a path.
			return []Cause{{Code: "secret_pattern", Text: "The path has the secret, and the handler sees no " + p.Name + ": mount it on a pattern with that wildcard."}}
		case isHere:
			return nil // It came twice.
		}
		return []Cause{p.elsewhere(c)}
	}
	for _, reading := range readings(c.value) {
		if slices.ContainsFunc(p.Usual, func(secret string) bool { return isEqual(reading, secret) }) {
			if !isHere {
				return []Cause{p.elsewhere(c)}
			}
			return []Cause{{Code: "secret_escaped", Text: "The secret came with quotes, a scheme or an escape around it: enter it at the provider as it is."}}
		}
	}
	for _, s := range spelled {
		if isEqual(c.value, s.Text) {
			if !isHere {
				return []Cause{s.Cause, p.elsewhere(c)}
			}
			return []Cause{s.Cause}
		}
	}
	return nil
}

// isEqual compares in a time that does not depend on where the texts differ.
func isEqual(a, b string) bool {
	one, two := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(one[:], two[:]) == 1
}

// readings are what a value may stand for.
func readings(value string) []string {
	list := []string{strings.TrimSpace(value), strings.Trim(value, "\"' "), strings.ReplaceAll(value, " ", "+"), strings.TrimRight(value, "/.,;")}
	for _, scheme := range []string{"Bearer ", "bearer ", "Token ", "ApiKey ", "Basic "} {
		if text, ok := strings.CutPrefix(value, scheme); ok {
			list = append(list, text)
		}
	}
	if text, err := url.PathUnescape(value); err == nil {
		list = append(list, text)
	}
	return list
}

func (p Place) elsewhere(c Carrier) Cause {
	where := map[In]string{InQuery: "query value", InPath: "path", InHeader: "header", InBasic: "password of Basic authentication, of the user"}[c.In]
	cause := Cause{Code: "secret_place", Text: "The secret is in another place, the " + where + called(c.Name) + ", not in the " + p.Name + ": set that place, or move it at the provider."}
	if c.In != InPath && Quotable(c.Name) {
		cause.Setting = p.Setting(c)
	}
	return cause
}

// missing says what came where nothing came in the place that is expected.
func (p Place) missing(carriers []Carrier) Cause {
	var similar []string
	for _, c := range carriers {
		name := strings.ToLower(c.Name)
		isLike := slices.ContainsFunc([]string{"secret", "token", "key", "auth", "pass", "sign"}, func(word string) bool { return strings.Contains(name, word) })
		if isLike && Quotable(c.Name) {
			similar = append(similar, c.Name)
		}
	}
	cause := Cause{Code: "secret_missing", Text: "There is no " + p.Name + ", and the secret is nowhere else in the request: enter the URL at the provider with the secret."}
	if len(similar) > 0 {
		cause.Text = fmt.Sprintf("There is no %s; there is %s, with another value than the secret: is it the right sender?", p.Name, join(similar))
	}
	return cause
}

// carriersOf lists what a request has, in the order in which secrets are met.
func carriersOf(r *http.Request) []Carrier {
	var list []Carrier
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		list = append(list, Carrier{InQuery, name, value})
		if decoded, err := url.QueryUnescape(value); err == nil && decoded != value {
			list = append(list, Carrier{InQuery, name, decoded})
		}
	}
	if user, password, ok := r.BasicAuth(); ok {
		list = append(list, Carrier{InBasic, user, password}, Carrier{InBasic, "", user})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			list = append(list, Carrier{InHeader, name, value})
		}
	}
	for part := range strings.SplitSeq(r.URL.Path, "/") {
		list = append(list, Carrier{InPath, "", part})
	}
	return list[:min(len(list), maxCarriers)]
}
