package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

// providers is all that the receiver knows of the four: one entry each.
var providers = []provider{masivoProvider, openloyaltyProvider, mamboProvider, ambassifyProvider}

// provider is what the receiver needs of one provider, whatever its types.
type provider struct {
	name    string
	suffix  string                    // of a second path that is served, "" for none
	proof   string                    // where a delivery carries what proves its origin
	payload func(event string) string // JSON Pointer to the payload in a body

	// request makes a request of a golden delivery, signed as the provider does it.
	request func(golden envelopetest.Golden, settings cli.Settings, url string) (*http.Request, error)

	// The rest is made by describe.

	events     []string // that have a function here
	newHandler func(settings cli.Settings, config envelope.Options, wanted func(event string) bool) (*envelope.Handler, error)
}

// variable is the environment variable that holds the provider's secret.
func (p provider) variable() string { return strings.ToUpper(p.name) + "_WEBHOOK_SECRET" }

func (p provider) path() string { return "/webhooks/" + p.name }

// settingsFrom reads the secret and the settings of a provider from the environment.
func (p provider) settingsFrom(getenv func(string) string) (settings cli.Settings, err error) {
	if secret := getenv(p.variable()); secret != "" {
		settings.Secrets = []string{secret}
	}
	return settings, settings.Environment(p.name, getenv)
}

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

// requestOf is the function of a test kit for any Config.
func requestOf[C any](
	config func(cli.Settings, envelope.Options) C,
	kit func(envelopetest.Golden, envelopetest.Options[C]) (*http.Request, error),
) func(envelopetest.Golden, cli.Settings, string) (*http.Request, error) {
	return func(golden envelopetest.Golden, settings cli.Settings, url string) (*http.Request, error) {
		return kit(golden, envelopetest.Options[C]{Config: config(settings, envelope.Options{}), URL: url})
	}
}

// describe completes an entry of the table by the functions of its events.
func describe[C, M any](
	p provider,
	config func(cli.Settings, envelope.Options) C,
	newHandler func(C, ...envelope.Route[M]) (*envelope.Handler, error),
	functions ...function[M],
) provider {
	for _, f := range functions {
		p.events = append(p.events, f.event)
	}
	p.newHandler = func(settings cli.Settings, options envelope.Options, wanted func(string) bool) (*envelope.Handler, error) {
		routes := []envelope.Route[M]{envelope.Fallback(fallback[M])}
		for _, f := range functions {
			if wanted(f.event) {
				routes = append(routes, f.route)
			}
		}
		return newHandler(config(settings, options), routes...)
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
