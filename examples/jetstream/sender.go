package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
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
	switch golden.Provider {
	case ambassify.Name:
		ambassify.Sign(r, envelope.SecretSource{}, secret)
		return nil
	case mambo.Name:
		return mambo.Sign(mambo.Config{Secrets: []string{secret}}, r, golden.Body)
	case masivo.Name:
		masivo.Sign(r, envelope.SecretSource{}, secret)
		return nil
	case openloyalty.Name:
		var meta openloyalty.Meta
		if err := json.Unmarshal(golden.Body, &meta); err != nil {
			return err
		}
		return openloyalty.Sign(openloyalty.Config{Secrets: []string{secret}}, r, golden.Body, meta.RequestID)
	}
	return fmt.Errorf("unknown provider %s", golden.Provider)
}
