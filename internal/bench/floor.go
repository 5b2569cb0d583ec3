package bench

import (
	"io"
	"net/http"

	jsonv2 "github.com/go-json-experiment/json"
)

// newFloor is the least that a receiver does: read a body of declared length into
// one allocation, check its signature, decode it once into its struct, answer. It
// has no limits, no routes, no validation and no care for a sender that lies.
func newFloor[T any](verify func(*http.Request, []byte) error, take func(*T)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := readSized(r)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if verify(r, body) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		value := new(T)
		if jsonv2.Unmarshal(body, value) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		take(value)
		w.WriteHeader(http.StatusOK)
	})
}

// newBare reads the body and answers: the cost of HTTP itself.
func newBare() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := readSized(r); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
}

func readSized(r *http.Request) ([]byte, error) {
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}
