package envelope

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"sync"

	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
)

// Tenant is the account that a request is for, where one handler serves several: its
// name, which is part of its keys, and the secrets that it has at present.
type Tenant struct {
	Name    string
	Secrets []string
}

// gate verifies requests. It does not change but for the verifiers that it has made of
// the secrets of tenants.
type gate struct {
	verifier Verifier // nil if the tenant's counts, or none
	tenant   func(*http.Request) (Tenant, error)
	newOne   func(secrets []string) (Verifier, error)
	secrets  []string // of the provider
	decoy    Verifier // does the work of a verifier for tenants that are unknown

	mu   sync.Mutex
	made map[string]tenantVerifier // by name
}

type tenantVerifier struct {
	secrets  []string
	verifier Verifier
}

// maxTenants bounds the verifiers that are kept.
const maxTenants = 4096

func newGate[M any](p *Provider[M], o *Options) (*gate, error) {
	g := &gate{verifier: o.Verifier, tenant: o.Tenant, newOne: p.Verifier, secrets: slices.Clone(p.Secrets), made: map[string]tenantVerifier{}}
	own := o.Verifier != nil || o.Unverified
	switch {
	case o.DispatchOnly:
		return g, nil
	case o.Unverified && o.Verifier != nil:
		return nil, errors.New("both a verifier and Unverified are set")
	case len(p.Secrets) > 0 && o.Tenant != nil:
		return nil, errors.New("both secrets and Tenant are set")
	case len(p.Secrets) > 0 && own:
		return nil, errors.New("secrets are set beside a verifier or Unverified")
	case own:
		return g, nil
	case len(p.Secrets) == 0 && o.Tenant == nil:
		return nil, errors.New("no secret and no verifier: deliveries can't be verified (set Unverified to accept them all the same)")
	case p.Verifier == nil:
		return nil, errors.New("the provider makes no verifier of secrets")
	}
	secrets := p.Secrets
	if o.Tenant != nil {
		random := make([]byte, 32)
		_, _ = rand.Read(random) // It never fails.
		secrets = []string{hex.EncodeToString(random)}
	}
	verifier, err := g.make(secrets)
	if err != nil {
		return nil, err
	}
	if o.Tenant != nil {
		g.decoy = verifier
	} else {
		g.verifier = verifier
	}
	return g, nil
}

// make makes a verifier. Without one everything would be accepted.
func (g *gate) make(secrets []string) (Verifier, error) {
	verifier, err := g.newOne(secrets)
	if err == nil && verifier == nil {
		err = errors.New("the provider makes no verifier of secrets")
	}
	return verifier, err
}

// enter looks at a request before its body is read. It returns its tenant, which is the
// provider's secrets alone where there is one account, and the check that is left for the
// body, or nil.
func (g *gate) enter(r *http.Request) (tenant Tenant, check func([]byte) error, err error) {
	verifier := g.verifier
	tenant.Secrets = g.secrets
	if g.tenant != nil {
		t, err := g.tenant(r)
		switch {
		case errors.Is(err, ErrUnknownTenant):
			check, err = g.pretend(r)
			return tenant, check, err
		case err != nil:
			return tenant, nil, refusal(KindUnverifiable, &causeError{ErrUnverifiable, err})
		case t.Name == "":
			return tenant, nil, refusal(KindUnverifiable, reason.New(ErrUnverifiable, "the tenant has no name"))
		}
		tenant = t
		if g.decoy != nil {
			if verifier, err = g.verifierOf(t); err != nil {
				return tenant, nil, refusal(KindUnverifiable, &causeError{ErrUnverifiable, err})
			}
		}
	}
	if verifier == nil {
		return tenant, nil, nil
	}
	check, err = verifier(r)
	return tenant, check, err
}

// pretend refuses a request of an unknown tenant where one of a known tenant with a wrong
// signature would be refused, and after the same work.
func (g *gate) pretend(r *http.Request) (func([]byte) error, error) {
	if g.decoy == nil {
		return nil, ErrUnknownTenant
	}
	check, err := g.decoy(r)
	switch {
	case isChallenge(err):
		return nil, challengeError{ErrUnknownTenant}
	case err != nil || check == nil:
		return nil, ErrUnknownTenant
	}
	return func(body []byte) error {
		_ = check(body)
		return ErrUnknownTenant
	}, nil
}

// verifierOf returns the verifier of a tenant's present secrets.
func (g *gate) verifierOf(t Tenant) (Verifier, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if made, ok := g.made[t.Name]; ok && slices.Equal(made.secrets, t.Secrets) {
		return made.verifier, nil
	}
	verifier, err := g.make(slices.Clone(t.Secrets))
	if err != nil {
		return nil, err
	}
	if len(g.made) >= maxTenants {
		for name := range g.made { // Any one: it is made again when it is needed.
			delete(g.made, name)
			break
		}
	}
	g.made[t.Name] = tenantVerifier{slices.Clone(t.Secrets), verifier}
	return verifier, nil
}
