package main

import (
	"bytes"
	"io"
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// peek is middleware that looks at the body and leaves it as it was. A body is read
// once: who reads it before a handler must put it back, byte for byte, because the
// bytes are what is signed.
func peek(look func(body []byte), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, envelope.DefaultMaxBody))
		if err != nil {
			// The handler will see the same end, and answer it: 413 or 408.
			r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
			next.ServeHTTP(w, r)
			return
		}
		look(body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// failing is a reader that gives an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
