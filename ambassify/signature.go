package ambassify

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Ambassify documents no signature. What proves the origin of a delivery is a
// secret in the URL that you enter at Ambassify: nobody else has been told it. It
// proves nothing about the body, which HTTPS protects on its way. For deliveries
// of the company's event bus, which are signed, see eventbus.go.

// SecretQuery is the query value that carries the secret, unless
// Config.SecretFrom names another place.
const SecretQuery = "secret"

// Sign puts the first of Secrets into a request, at the place that SecretFrom names; it
// does not use Tenant. It is for tests and tools; at Ambassify the URL does it.
func Sign(config Config, r *http.Request, _ []byte) error {
	return config.place().Put(r, config.Secrets...)
}

// NewVerifier makes the verifier that NewHandler uses unless Options.Verifier is
// set. It reads Secrets and SecretFrom, or EventBusKeys, Tolerance and Now.
func NewVerifier(config Config) (envelope.Verifier, error) {
	if len(config.EventBusKeys) == 0 {
		return envelope.SharedSecret(config.place(), config.Secrets...)
	}
	if len(config.Secrets) > 0 {
		return nil, errors.New("both secrets and keys of the event bus are set")
	}
	return newEventBusVerifier(config)
}

func (c Config) place() envelope.SecretSource {
	return cmp.Or(c.SecretFrom, envelope.FromQuery(SecretQuery))
}
