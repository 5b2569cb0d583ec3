package masivo_test

import (
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/hostile"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

func FuzzDispatch(f *testing.F) {
	hostile.Target[masivo.Meta]{
		Provider: masivo.Name,
		Events:   masivo.Events(),
		NewHandler: func(common envelope.Config, routes ...masivo.Route) (*envelope.Handler, error) {
			return masivo.NewHandler(masivo.Config{Config: common}, routes...)
		},
	}.FuzzDispatch(f,
		`{"event":"TIER_UPGRADE"}`,
		`{"data":{"customer_id":"1","event":{"result":"text"}},"event":"BEHAVIOR_EVENT_FAILED"}`,
		`{"event":"BEHAVIOR_EVENT_FAILED","data":{"customer_id":1,"event":{"result":{"wallet":{"totals":{"":"7e400"}}}}}}`,
	)
}
