package main

import "net/http"

// netHTTP needs nothing but a pattern.
func netHTTP(h handlers) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/openloyalty", h.openloyalty)
	mux.Handle("POST /webhooks/mambo/{event}", h.mambo)
	return mux
}
