package envelope

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Verifier decides whether a request comes from the provider, in two steps. It is
// called before the body is read, so that a request that is wrong by its header costs
// nothing, and returns the check of the body, as it was sent; nil if nothing is left to
// be checked. It must not change or keep either. Any error refuses the delivery with
// 401; return one that wraps ErrSignature if you can, and RetryAfter if you could not
// decide. Its text must not contain secrets.
type Verifier func(*http.Request) (func(body []byte) error, error)

// SecretSource is the place in a request where a shared secret travels. Make one
// with FromQuery, FromPathValue, FromHeader or FromBasicAuth.
type SecretSource struct {
	kind secretKind
	name string
}

type secretKind int

const (
	secretNowhere secretKind = iota
	secretQuery
	secretPath
	secretHeader
	secretBasic
)

// FromQuery is a query value: https://example.com/hook?secret=...
func FromQuery(name string) SecretSource { return SecretSource{secretQuery, name} }

// FromPathValue is a wildcard of a net/http pattern: POST /hook/{secret}.
func FromPathValue(name string) SecretSource { return SecretSource{secretPath, name} }

// FromHeader is a header of the request.
func FromHeader(name string) SecretSource { return SecretSource{secretHeader, name} }

// FromBasicAuth is the password of HTTP Basic authentication under a user name:
// https://user:secret@example.com/hook
func FromBasicAuth(user string) SecretSource { return SecretSource{secretBasic, user} }

// header is the name of the header that carries the secret, or "".
func (s SecretSource) header() string {
	switch s.kind {
	case secretHeader:
		return s.name
	case secretBasic:
		return "Authorization"
	}
	return ""
}

// Put puts the first of the secrets where the source finds it, as the sender would. It is
// for tests and for tools. For FromPathValue it sets the path value of the request, which
// does not change its URL. It is an error if there is no secret, or a blank one.
func (s SecretSource) Put(r *http.Request, secrets ...string) error {
	if err := s.check(secrets); err != nil {
		return err
	}
	secret := strings.TrimSpace(secrets[0])
	switch s.kind {
	case secretQuery:
		query := r.URL.Query()
		query.Set(s.name, secret)
		r.URL.RawQuery = query.Encode()
	case secretPath:
		r.SetPathValue(s.name, secret)
	case secretHeader:
		r.Header.Set(s.name, secret)
	case secretBasic:
		r.SetBasicAuth(s.name, secret)
	}
	return nil
}

func (s SecretSource) check(secrets []string) error {
	if s.kind == secretNowhere || s.name == "" {
		return errors.New("the place of the shared secret has no name")
	}
	return sign.CheckSecrets(secrets)
}

// get finds the secret that was sent, in the readings that it may have. It must be there
// exactly once.
func (s SecretSource) get(r *http.Request) (readings []string, err error) {
	var found [][]string
	switch s.kind {
	case secretQuery:
		found = queryValues(r.URL.RawQuery, s.name)
	case secretPath:
		if value := r.PathValue(s.name); value != "" {
			found = [][]string{{value}}
		}
	case secretHeader:
		for _, value := range r.Header.Values(s.name) {
			found = append(found, []string{value})
		}
	case secretBasic:
		user, password, ok := r.BasicAuth()
		switch {
		case len(r.Header.Values("Authorization")) > 1:
			return nil, sign.Malformed("Authorization twice")
		case ok && user != s.name:
			return nil, sign.Malformed("Basic authentication of another user")
		case ok:
			found = [][]string{{password}}
		}
	}
	switch len(found) {
	case 0:
		return nil, sign.Missing("no " + s.String())
	case 1:
		return found[0], nil
	}
	return nil, sign.Malformed(s.String() + " twice")
}

// queryValues returns the values of a name in a query, each as it is decoded, as it is
// written, and with its plus signs: the + of a base64 secret in a URL is a blank when it is
// decoded, and a secret with % or ; in it is not a query that can be.
func queryValues(query, name string) (values [][]string) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, written, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(key); err == nil {
			key = decoded
		}
		if pair == "" || key != name {
			continue
		}
		readings := []string{written}
		if decoded, err := url.QueryUnescape(written); err == nil && decoded != written {
			readings = append(readings, decoded)
		}
		if decoded, err := url.PathUnescape(written); err == nil && decoded != written {
			readings = append(readings, decoded)
		}
		values = append(values, readings)
	}
	return values
}

// String names the place, for people.
func (s SecretSource) String() string {
	switch s.kind {
	case secretQuery:
		return "query value " + s.name
	case secretPath:
		return "path value " + s.name
	case secretHeader:
		return "header " + s.name
	case secretBasic:
		return "Basic authentication of " + s.name
	}
	return "place"
}

// secretPlaces are the sources of all shared secrets in the program. A header that
// carries a secret anywhere is shown to no function, and a path that has one is not
// logged; a Verifier of the user's own does not say what it is made of.
var secretPlaces sync.Map // of SecretSource

// hiddenHeaders are the headers of credentials.
func hiddenHeaders(more []string) []string {
	hidden := append([]string{"Authorization", "Proxy-Authorization", "Cookie"}, more...) // "" is none.
	secretPlaces.Range(func(source, _ any) bool {
		if name := source.(SecretSource).header(); !slices.Contains(hidden, name) {
			hidden = append(hidden, name)
		}
		return true
	})
	return hidden
}

// pathOf is the path of a request for the log: the pattern if the router tells one, else
// the path with each segment replaced in which a secret may travel.
func pathOf(r *http.Request) string {
	if r.Pattern != "" {
		return r.Pattern
	}
	path := r.URL.Path
	secretPlaces.Range(func(source, _ any) bool {
		if s := source.(SecretSource); s.kind == secretPath && r.PathValue(s.name) != "" {
			path = strings.ReplaceAll(path, r.PathValue(s.name), "*")
		}
		return true
	})
	return path
}

// SharedSecret verifies deliveries of senders that sign nothing by a secret that
// only they have been told. Several secrets serve rotation: each is accepted. Blanks
// around a secret do not count. It is an error if there is none, or a blank one.
func SharedSecret(source SecretSource, secrets ...string) (Verifier, error) {
	if err := source.check(secrets); err != nil {
		return nil, err
	}
	readings, err := sign.Readings(secrets)
	if err != nil {
		return nil, err
	}
	sums := make([][sha256.Size]byte, len(readings))
	for i, secret := range readings {
		sums[i] = sha256.Sum256([]byte(secret))
	}
	secretPlaces.Store(source, nil)
	return func(r *http.Request) (func([]byte) error, error) {
		sent, err := source.get(r)
		if err != nil {
			return nil, source.challenge(err)
		}
		match := 0
		for _, reading := range sent {
			sum := sha256.Sum256([]byte(reading)) // Of fixed size, so that no length leaks.
			for i := range sums {
				match |= subtle.ConstantTimeCompare(sum[:], sums[i][:])
			}
		}
		if match != 1 {
			return nil, source.challenge(ErrSignatureMismatch)
		}
		return nil, nil
	}, nil
}

// challengeError is a refusal that asks for Basic authentication.
type challengeError struct{ error }

func (e challengeError) Unwrap() error { return e.error }

// challenge makes a refusal ask for what the source expects.
func (s SecretSource) challenge(err error) error {
	if s.kind == secretBasic {
		return challengeError{err}
	}
	return err
}

// isChallenge reports whether a refusal asks for Basic authentication.
func isChallenge(err error) bool {
	var challenge challengeError
	return errors.As(err, &challenge)
}
