package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// signedRequest is a delivery as its provider sends it: the part of the platforms
// in the demonstration and in the tests.
func signedRequest(ctx context.Context, base string, golden envelopetest.Golden, secret string) (*http.Request, error) {
	url := base + "/webhooks/" + golden.Provider
	if golden.Provider == mambo.Name {
		url += "/" + golden.Event
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(golden.Body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", golden.ContentType)
	return r, sign(r, golden, secret)
}

func sign(r *http.Request, golden envelopetest.Golden, secret string) error {
	secrets := []string{secret}
	switch golden.Provider {
	case ambassify.Name:
		return ambassify.Sign(ambassify.Config{Secrets: secrets}, r, golden.Body)
	case mambo.Name:
		return mambo.Sign(mambo.Config{Secrets: secrets}, r, golden.Body)
	case masivo.Name:
		return masivo.Sign(masivo.Config{Secrets: secrets}, r, golden.Body)
	case openloyalty.Name:
		return openloyalty.Sign(openloyalty.Config{Secrets: secrets}, r, golden.Body)
	}
	return fmt.Errorf("unknown provider %s", golden.Provider)
}
