package openloyalty_test

import (
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/conformance"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Suite[openloyalty.Meta]{
		Provider: openloyalty.Name,
		Events:   openloyalty.Events(),
		NewHandler: func(common envelope.Options, routes ...openloyalty.Route) (*envelope.Handler, error) {
			return openloyalty.NewHandler(openloyalty.Config{Options: common}, routes...)
		},
	})
}
