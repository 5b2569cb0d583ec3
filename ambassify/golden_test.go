package ambassify_test

import (
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/conformance"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Suite[ambassify.Meta]{
		Provider:      ambassify.Name,
		Events:        ambassify.Events(),
		Key:           ambassify.NaturalKey,
		EnvelopeModel: "Event",
		NewHandler: func(c envelope.Options, routes ...ambassify.Route) (*envelope.Handler, error) {
			return ambassify.NewHandler(ambassify.Config{Options: c}, routes...)
		},
	})
}
