package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// withChi mounts handlers as they are. What chi finds in a path is where net/http
// has it, in Request.PathValue.
func withChi(h handlers) http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.Recoverer)
	r.Route("/webhooks", func(r chi.Router) {
		r.Method(http.MethodPost, "/openloyalty", h.openloyalty)
		r.Method(http.MethodPost, "/mambo/{event}", h.mambo)
	})
	return r
}
