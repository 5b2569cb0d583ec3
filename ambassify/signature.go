package ambassify

import (
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

// Sign puts a secret into a request, at the place that SecretFrom names. It is
// for tests and tools; at Ambassify the URL does it.
func Sign(r *http.Request, from envelope.SecretSource, secret string) {
	orDefault(from).Put(r, secret)
}

// NewVerifier makes the verifier that NewHandler uses unless Options.Verifier is
// set. It reads Secrets and SecretFrom, or EventBusKeys, Tolerance and Now.
func NewVerifier(config Config) (envelope.Verifier, error) {
	if len(config.EventBusKeys) == 0 {
		return envelope.SharedSecret(orDefault(config.SecretFrom), config.Secrets...)
	}
	if len(config.Secrets) > 0 {
		return nil, errors.New("both secrets and keys of the event bus are set")
	}
	return newEventBusVerifier(config)
}

func orDefault(from envelope.SecretSource) envelope.SecretSource {
	if from.IsZero() {
		return envelope.FromQuery(SecretQuery)
	}
	return from
}
