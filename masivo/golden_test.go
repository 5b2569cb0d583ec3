package masivo_test

import (
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/conformance"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Suite[masivo.Meta]{
		Provider: masivo.Name,
		Events:   masivo.Events(),
		Key:      masivo.NaturalKey,
		NewHandler: func(config envelope.Options, routes ...masivo.Route) (*envelope.Handler, error) {
			return masivo.NewHandler(masivo.Config{Options: config}, routes...)
		},
	})
}
