package masivo

import (
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Masivo documents no signature. What proves the origin of a delivery is a secret
// in the URL that you enter at Masivo: nobody else has been told it. It proves
// nothing about the body, which HTTPS protects on its way.

// SecretQuery is the query value that carries the secret, unless
// Config.SecretFrom names another place.
const SecretQuery = "secret"

// Sign puts a secret into a request, at the place that SecretFrom names. It is
// for tests and tools; at Masivo the URL does it.
func Sign(r *http.Request, from envelope.SecretSource, secret string) {
	orDefault(from).Put(r, secret)
}

// NewVerifier makes the verifier that NewHandler uses unless Options.Verifier is
// set. It reads Secrets and SecretFrom.
func NewVerifier(config Config) (envelope.Verifier, error) {
	return envelope.SharedSecret(orDefault(config.SecretFrom), config.Secrets...)
}

func orDefault(from envelope.SecretSource) envelope.SecretSource {
	if from.IsZero() {
		return envelope.FromQuery(SecretQuery)
	}
	return from
}
