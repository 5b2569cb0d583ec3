package bench

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"

	"github.com/go-playground/validator/v10"
)

const maxBody = 1 << 20

// opener finds the event's name and the payload in a delivery.
type opener func(r *http.Request, body []byte) (event string, payload []byte, err error)

// newHandwritten is what a service writes that uses no library for webhooks:
// net/http, encoding/json, and validator for the tags of the struct. It checks the
// same signature by the same code as the others.
func newHandwritten[T any](event string, verify func(*http.Request, []byte) error, open opener, take func(*T)) http.Handler {
	validate := validator.New(validator.WithRequiredStructEnabled())
	check := func(payload *T) error { return validate.Struct(payload) }
	if reflect.TypeFor[T]().Kind() == reflect.Slice {
		check = func(payload *T) error { return validate.Var(*payload, "dive") }
	}
	// A rule of this module's models, for types that know their format.
	err := validate.RegisterValidation("format", func(level validator.FieldLevel) bool {
		f, ok := level.Field().Interface().(interface{ Valid() bool })
		return !ok || f.Valid()
	})
	if err != nil {
		panic(err) // The rule is a constant.
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		if verify(r, body) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		name, text, err := open(r, body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if name != event {
			w.WriteHeader(http.StatusOK)
			return
		}
		var payload T
		if json.Unmarshal(text, &payload) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if check(&payload) != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		take(&payload)
		w.WriteHeader(http.StatusOK)
	})
}

// openHeader is the opener of a sender that names the event in a header.
func openHeader(header string) opener {
	return func(r *http.Request, body []byte) (string, []byte, error) {
		return r.Header.Get(header), body, nil
	}
}
