package envelope

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
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

// IsZero reports whether no place was chosen.
func (s SecretSource) IsZero() bool { return s.kind == secretNowhere }

// Header is the name of the header that carries the secret, or "".
func (s SecretSource) Header() string {
	switch s.kind {
	case secretHeader:
		return s.name
	case secretBasic:
		return "Authorization"
	}
	return ""
}

// Put puts the secret where the source finds it, as the sender would. It is for
// tests and for tools; it does not serve FromPathValue, whose pattern only the
// receiver knows.
func (s SecretSource) Put(r *http.Request, secret string) {
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
}

// get finds the secret that was sent. It must be there exactly once.
func (s SecretSource) get(r *http.Request) (string, error) {
	var values []string
	switch s.kind {
	case secretQuery:
		values = r.URL.Query()[s.name]
	case secretPath:
		if value := r.PathValue(s.name); value != "" {
			values = []string{value}
		}
	case secretHeader:
		values = r.Header.Values(s.name)
	case secretBasic:
		user, password, ok := r.BasicAuth()
		if len(r.Header.Values("Authorization")) > 1 {
			return "", reason.New(ErrSignatureMalformed, "Authorization twice")
		}
		if ok && user != s.name {
			return "", reason.New(ErrSignatureMalformed, "Basic authentication of another user")
		}
		if ok {
			values = []string{password}
		}
	}
	switch len(values) {
	case 0:
		return "", reason.New(ErrSignatureMissing, "no "+s.String())
	case 1:
		return values[0], nil
	}
	return "", reason.New(ErrSignatureMalformed, s.String()+" twice")
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
		if name := source.(SecretSource).Header(); !slices.Contains(hidden, name) {
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
// only they have been told. Several secrets serve rotation: each is accepted. It
// is an error if there is none, or a blank one.
func SharedSecret(source SecretSource, secrets ...string) (Verifier, error) {
	if source.IsZero() || source.name == "" {
		return nil, errors.New("the place of the shared secret has no name")
	}
	if err := CheckSecrets(secrets); err != nil {
		return nil, err
	}
	sums := make([][sha256.Size]byte, len(secrets))
	for i, secret := range secrets {
		sums[i] = sha256.Sum256([]byte(secret))
	}
	secretPlaces.Store(source, nil)
	return func(r *http.Request) (func([]byte) error, error) {
		sent, err := source.get(r)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(sent)) // Of fixed size, so that no length leaks.
		match := 0
		for i := range sums {
			match |= subtle.ConstantTimeCompare(sum[:], sums[i][:])
		}
		if match != 1 {
			return nil, ErrSignatureMismatch
		}
		return nil, nil
	}, nil
}

// CheckSecrets refuses an empty list and blank secrets: what an unset
// environment variable gives.
func CheckSecrets(secrets []string) error {
	if len(secrets) == 0 {
		return errors.New("no secret")
	}
	for _, secret := range secrets {
		if strings.TrimSpace(secret) == "" {
			return errors.New("a secret is blank")
		}
	}
	return nil
}
