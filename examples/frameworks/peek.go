package main

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// peek is middleware that looks at the body and leaves it as it was. A body is read
// once: who reads it before a handler must put it back, byte for byte, because the
// bytes are what is signed, and must limit its size and time as the handler would have.
func peek(look func(body []byte), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limitReading(w, r)
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

// limitReading sets a deadline for the body, unless the server's own is stricter. The
// handler lifts it.
func limitReading(w http.ResponseWriter, r *http.Request) {
	server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	if server != nil && 0 < server.ReadTimeout && server.ReadTimeout <= envelope.DefaultReadTimeout {
		return
	}
	// Where it is not supported, the handler can't set one either.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(envelope.DefaultReadTimeout))
}

// failing is a reader that gives an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
