package envelope_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// post sends a body to a handler.
func post(h http.Handler, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	return w
}

// observeInto is an observer that keeps the last observation.
func observeInto(into *envelope.Observation) func(context.Context, envelope.Observation) {
	return func(_ context.Context, o envelope.Observation) { *into = o }
}

// doneAnd is a function that notes that it ran.
func doneAnd(ran *bool) func(context.Context, *shopDelivery[order]) error {
	return func(context.Context, *shopDelivery[order]) error {
		*ran = true
		return nil
	}
}

// jsonLogger writes every line as JSON.
func jsonLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// accept is a Verifier.
func accept(*http.Request) (func([]byte) error, error) { return nil, nil }
