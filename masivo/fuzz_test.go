package masivo_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
)

// Whatever the body, the handler refuses it as malformed or invalid, or its
// payload survives encoding and decoding.
func FuzzDispatch(f *testing.F) {
	for _, golden := range masivotest.Goldens() {
		f.Add(golden.Body)
	}
	for _, body := range []string{
		`{"event":"TIER_UPGRADE"}`,
		`{"data":{"customer_id":"1","event":{"result":"text"}},"event":"BEHAVIOR_EVENT_FAILED"}`,
		`{"event":"BEHAVIOR_EVENT_FAILED","data":{"customer_id":1,"event":{"result":{"wallet":{"totals":{"":"7e400"}}}}}}`,
	} {
		f.Add([]byte(body))
	}
	var payload any
	var routes []masivo.Route
	for _, event := range masivo.Events() {
		routes = append(routes, event.Handle(func(_ context.Context, d *masivo.Delivery[any]) error {
			payload = d.Payload
			return nil
		}))
	}
	config := unverified()
	config.Drift = func(context.Context, envelope.DriftReport) {}
	h, err := masivo.NewHandler(config, routes...)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		payload = nil
		err := h.Dispatch(t.Context(), envelope.Message{Body: body})
		var failure *envelope.Error
		if errors.As(err, &failure) {
			if failure.Kind != envelope.KindMalformed && failure.Kind != envelope.KindValidation {
				t.Fatalf("%s: %v", failure.Kind, err)
			}
			return
		}
		if payload == nil { // an event that nobody wants
			return
		}
		text, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		again := reflect.New(reflect.TypeOf(payload).Elem()).Interface()
		if err := json.Unmarshal(text, again); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if diff := cmp.Diff(payload, again); diff != "" {
			t.Errorf("decode(encode(v)) differs from v (-v +decoded):\n%s", diff)
		}
	})
}
