// Package verifying takes both steps of an envelope.Verifier at once, for tests.
package verifying

import (
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Both verifies a request and its body.
func Both(verify envelope.Verifier, r *http.Request, body []byte) error {
	check, err := verify(r)
	if err != nil || check == nil {
		return err
	}
	return check(body)
}

// By makes a Verifier of a function that looks at the body.
func By(check func(r *http.Request, body []byte) error) envelope.Verifier {
	return func(r *http.Request) (func([]byte) error, error) {
		return func(body []byte) error { return check(r, body) }, nil
	}
}
