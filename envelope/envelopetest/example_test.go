package envelopetest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
)

// newService is the handler under test.
func newService(routes ...masivo.Route) *envelope.Handler {
	h, err := masivo.NewHandler(masivo.Config{Secrets: []string{masivotest.Secret}}, routes...)
	if err != nil {
		log.Fatal(err)
	}
	return h
}

// A test of your own handler takes real deliveries from the kit of the provider,
// with the changes that it is about, and looks at what became of them. In a test, t
// is the test's.
func ExampleDeliver() {
	t := new(testing.T)
	h := newService(masivo.TierUpgrade.Handle(func(_ context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
		if d.Payload.ToTierLevel.Int64() > 9 {
			return envelope.Permanent(fmt.Errorf("there is no level %s", d.Payload.ToTierLevel))
		}
		return nil
	}))

	for _, level := range []int64{3, 10} {
		r := masivotest.NewRequest(t, masivo.TierUpgrade, func(d *masivo.TierChangeData) { d.ToTierLevel = envelope.NewInt(level) })
		result := envelopetest.Deliver(t, h, r)
		fmt.Println(result.Status, result.Outcome, result.Err)
	}
	forged := envelopetest.Deliver(t, h, masivotest.Forged(t, masivo.TierUpgrade))
	fmt.Println(forged.Status, forged.Err)
	// Output:
	// 200 handled <nil>
	// 200 dropped there is no level 10
	// 401 signature refused: does not match
}

// Every bundled delivery of a provider through one handler: nothing of it is lost on
// the way to your function.
func ExampleGoldens() {
	var size int
	h := newService(masivo.Fallback(func(_ context.Context, d *masivo.Delivery[json.RawMessage]) error {
		size = len(d.Payload)
		return nil
	}))
	t := new(testing.T)
	for event, golden := range envelopetest.Goldens("masivo") {
		r, err := masivotest.Request(golden, masivotest.Options{})
		if err != nil {
			log.Fatal(err)
		}
		if size = 0; envelopetest.Deliver(t, h, r).Status != 200 || size == 0 {
			fmt.Println(event, golden.Situation, "did not arrive")
		}
	}
	// Output:
}
