package masivo

import (
	"cmp"
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Masivo documents no signature. What proves the origin of a delivery is a secret
// in the URL that you enter at Masivo: nobody else has been told it. It proves
// nothing about the body, which HTTPS protects on its way.

// SecretQuery is the query value that carries the secret, unless
// Config.SecretFrom names another place.
const SecretQuery = "secret"

// Sign puts the first of Secrets into a request, at the place that SecretFrom names; it
// does not use Tenant. It is for tests and tools; at Masivo the URL does it.
func Sign(config Config, r *http.Request, _ []byte) error {
	return config.place().Put(r, config.Secrets...)
}

// NewVerifier makes the verifier that NewHandler uses unless Options.Verifier is
// set. It reads Secrets and SecretFrom; not Tenant.
func NewVerifier(config Config) (envelope.Verifier, error) {
	return envelope.SharedSecret(config.place(), config.Secrets...)
}

func (c Config) place() envelope.SecretSource {
	return cmp.Or(c.SecretFrom, envelope.FromQuery(SecretQuery))
}
