package main

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	fiberrecover "github.com/gofiber/fiber/v3/middleware/recover"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// withFiber adapts handlers to fasthttp, which reads the whole body before it calls
// any of them: size and time are limited here, and not by envelope.Options.
func withFiber(h handlers) *fiber.App {
	app := fiber.New(fiber.Config{
		BodyLimit:   envelope.DefaultMaxBody,
		ReadTimeout: envelope.DefaultReadTimeout,
		IdleTimeout: 2 * time.Minute,
		// fasthttp closes the connection when a body is longer than BodyLimit.
		ErrorHandler: func(c fiber.Ctx, err error) error {
			if conn, ok := c.RequestCtx().Conn().(*lingerConn); ok && errors.Is(err, fiber.ErrRequestEntityTooLarge) {
				conn.refuse()
			}
			return fiber.DefaultErrorHandler(c, err)
		},
	})
	// net/http survives a panic in a handler. fasthttp ends the program.
	app.Use(fiberrecover.New())
	group := app.Group("/webhooks")
	group.Post("/openloyalty", adapted(h.openloyalty))
	group.Post("/mambo/:event", paramOut("event"), adapted(paramIn("event", h.mambo)))
	return app
}

// adapted mounts a handler as net/http would: with every value of each header, of which
// the adaptor keeps the last, so that a request with two signatures can be refused.
func adapted(h http.Handler) fiber.Handler {
	handler := adaptor.HTTPHandler(owned(h))
	return func(c fiber.Ctx) error {
		header := http.Header{}
		for name, value := range c.Request().Header.All() {
			header.Add(string(name), string(value))
		}
		c.Locals(headerKey{}, header)
		return handler(c)
	}
}

// headerKey is where adapted leaves the header for owned.
type headerKey struct{}

// owned gives a handler a request that it may keep. All texts of an adapted request
// are in buffers that fasthttp uses again: once the handler has returned they
// change. A Delivery has its own copy of the body, and not of the header.
func owned(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		returned := false
		defer func() {
			if !returned { // The adaptor takes runtime.Goexit for success.
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		own := r.WithContext(r.Context())
		own.Method = strings.Clone(r.Method)
		own.Host = strings.Clone(r.Host)
		own.RequestURI = strings.Clone(r.RequestURI)
		own.Header, _ = r.Context().Value(headerKey{}).(http.Header)
		u, err := url.ParseRequestURI(own.RequestURI)
		if err != nil { // It was parsed before.
			panic("malformed URI")
		}
		own.URL = u
		next.ServeHTTP(w, own)
		returned = true
	})
}

// paramKey is where paramOut leaves a parameter of the path for paramIn.
type paramKey string

// paramOut and paramIn carry a parameter of the path over to Request.PathValue.
func paramOut(name string) fiber.Handler {
	return func(c fiber.Ctx) error {
		c.Locals(paramKey(name), strings.Clone(c.Params(name)))
		return c.Next()
	}
}

func paramIn(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if value, ok := r.Context().Value(paramKey(name)).(string); ok {
			r.SetPathValue(name, value)
		}
		next.ServeHTTP(w, r)
	})
}
