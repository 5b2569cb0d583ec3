package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// providers is all that the receiver knows of the four: one entry each.
var providers = []provider{masivoProvider, openloyaltyProvider, mamboProvider, ambassifyProvider}

// provider is what the receiver needs of one provider, whatever its types.
type provider struct {
	name    string
	suffix  string                    // of a second path that is served, "" for none
	proof   string                    // where a delivery carries what proves its origin
	payload func(event string) string // JSON Pointer to the payload in a body

	// request makes a signed request of a golden delivery, as the provider sends it.
	request func(envelopetest.Golden, envelopetest.Options) (*http.Request, error)

	// The rest is made by describe.

	events     []string // that have a function here
	newHandler func(secret string, config envelope.Options, wanted func(event string) bool) (*envelope.Handler, error)
}

// variable is the environment variable that holds the provider's secret.
func (p provider) variable() string { return strings.ToUpper(p.name) + "_WEBHOOK_SECRET" }

func (p provider) path() string { return "/webhooks/" + p.name }

// function is the typed function of one event.
type function[M any] struct {
	event string
	route envelope.Route[M]
}

// on makes the function of an event out of what to say of its deliveries. In its
// place a service does its work.
func on[M, T any](event envelope.Event[M, T], say func(*envelope.Delivery[M, T]) string) function[M] {
	return function[M]{event.Name(), event.Handle(func(ctx context.Context, d *envelope.Delivery[M, T]) error {
		v := visitOf(ctx)
		v.Function = event.Name()
		v.Says = printable(say(d))
		v.Meta, v.Payload, v.Violations = d.Meta, &d.Payload, d.Violations
		return nil
	})}
}

// fallback takes the deliveries whose event has no function.
func fallback[M any](_ context.Context, d *envelope.Delivery[M, json.RawMessage]) error { return nil }

// describe completes an entry of the table by the functions of its events.
func describe[M any](
	p provider,
	newHandler func(secret string, config envelope.Options, routes ...envelope.Route[M]) (*envelope.Handler, error),
	functions ...function[M],
) provider {
	for _, f := range functions {
		p.events = append(p.events, f.event)
	}
	p.newHandler = func(secret string, config envelope.Options, wanted func(string) bool) (*envelope.Handler, error) {
		routes := []envelope.Route[M]{envelope.Fallback(fallback[M])}
		for _, f := range functions {
			if wanted(f.event) {
				routes = append(routes, f.route)
			}
		}
		return newHandler(secret, config, routes...)
	}
	return p
}

// inData is the place of the payload in the bodies of Masivo and Open Loyalty.
func inData(string) string { return "/data" }

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return "unknown"
}
