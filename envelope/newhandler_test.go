package envelope_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// TestNewHandlerErrors: what would make a handler refuse or lose deliveries is
// found when it is made.
func TestNewHandlerErrors(t *testing.T) {
	verifier := func(*http.Request) (func([]byte) error, error) { return nil, nil }
	store := envelope.NewMemoryStore(1, time.Hour)
	type misspelt struct {
		ID string `json:"id" validate:"required,uiid4"`
	}
	for _, test := range []struct {
		name   string
		change func(*envelope.Provider[shopMeta], *envelope.Options)
		routes []shopRoute
		want   string
	}{
		{name: "no name", change: func(p *envelope.Provider[shopMeta], _ *envelope.Options) { p.Name = "" }, want: "envelope: the provider has no name"},
		{name: "no verification", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) { c.Unverified = false }, want: "shop: no secret and no verifier"},
		{name: "verified and unverified", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) { c.Verifier = verifier }, want: "shop: both a verifier and Unverified are set"},
		{name: "negative body", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) { c.MaxBody = -1 }, want: "shop: a limit is negative"},
		{name: "negative depth", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) { c.MaxDepth = -1 }, want: "shop: a limit is negative"},
		{name: "negative timeout", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) { c.Timeout = -1 }, want: "shop: a limit is negative"},
		{name: "negative concurrency", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) { c.MaxConcurrent = -1 }, want: "shop: a limit is negative"},
		{name: "negative wait", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) { c.RetryAfter = -1 }, want: "shop: a limit is negative"},
		{name: "unknown policy", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) { c.Validation = 3 }, want: "shop: unknown validation policy 3"},
		{name: "negative policy", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) { c.Validation = -1 }, want: "shop: unknown validation policy -1"},
		{name: "idempotency without a store", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) {
			c.Idempotency = &envelope.Idempotency{}
		}, want: "shop: idempotency has no store"},
		{name: "idempotency with a negative timeout", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) {
			c.Idempotency = &envelope.Idempotency{Store: store, Timeout: -1}
		}, want: "shop: a limit is negative"},
		{name: "lease as long as the timeout", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) {
			c.Timeout, c.Idempotency = time.Minute, &envelope.Idempotency{Store: store, Lease: time.Minute}
		}, want: "shop: the idempotency lease is not longer than the function's timeout"},
		{name: "negative lease", change: func(_ *envelope.Provider[shopMeta], c *envelope.Options) {
			c.Idempotency = &envelope.Idempotency{Store: store, Lease: -1}
		}, want: "shop: the idempotency lease is not longer than the function's timeout"},
		{name: "idempotency without a key", change: func(p *envelope.Provider[shopMeta], c *envelope.Options) {
			p.Key, c.Idempotency = nil, &envelope.Idempotency{Store: store}
		}, want: "shop: idempotency needs Options.Key"},
		{name: "empty route", routes: []shopRoute{{}}, want: "shop: a route is empty"},
		{name: "no function", routes: []shopRoute{orderPlaced.Handle(nil)}, want: "shop: the function of order.placed is nil"},
		{name: "no function for any event", routes: []shopRoute{orderPlaced.Any().Handle(nil)}, want: "shop: the function of order.placed is nil"},
		{name: "fallback without a function", routes: []shopRoute{envelope.Fallback[shopMeta](nil)}, want: "shop: the function of the fallback is nil"},
		{name: "two fallbacks", routes: []shopRoute{envelope.Fallback(done[json.RawMessage]), envelope.Fallback(done[json.RawMessage])}, want: "shop: there are two fallbacks"},
		{name: "two functions", routes: []shopRoute{orderPlaced.Handle(done), orderClosed.Handle(done), orderPlaced.Handle(done)}, want: "shop: event order.placed is registered twice"},
		{name: "two functions of different types", routes: []shopRoute{orderPlaced.Handle(done), orderPlaced.Any().Handle(done)}, want: "shop: event order.placed is registered twice"},
		{name: "event without a name", routes: []shopRoute{envelope.NewEvent[shopMeta, order]("").Handle(done)}, want: "shop: "},
		{name: "rule that does not exist", routes: []shopRoute{envelope.NewEvent[shopMeta, misspelt]("x").Handle(done)}, want: "shop: "},
		// Such a Layout would look for the name in no member, and refuse every delivery.
		{name: "event in a body that is the payload", change: func(p *envelope.Provider[shopMeta], _ *envelope.Options) { p.Layout.Payload = "" }, want: "shop: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, c := shop(), envelope.Options{Unverified: true}
			if test.change != nil {
				test.change(&p, &c)
			}
			h, err := envelope.NewHandler(p, c, test.routes...)
			if err == nil || h != nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("handler %v, error %v, want %q", h != nil, err, test.want)
			}
		})
	}
}

// TestNewHandlerDefaults: zero means the documented default, and a setting may be
// at its very limit.
func TestNewHandlerDefaults(t *testing.T) {
	for name, config := range map[string]envelope.Options{
		"nothing set":        {},
		"no read deadline":   {ReadTimeout: -1},
		"every policy":       {Validation: envelope.ValidateOff},
		"lease just longer":  {Timeout: time.Minute, Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(1, 1), Lease: time.Minute + 1}},
		"a key of your own":  {Key: func(envelope.Keyed) string { return "k" }, Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(1, 1)}},
		"the provider's key": {Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(1, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newShop(t, config)
			if got := h.Registered(); len(got) != 0 {
				t.Errorf("registered %v", got)
			}
			if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestConfigIsCopied: a handler does not change when the Config that it was made of
// does.
func TestConfigIsCopied(t *testing.T) {
	idempotency := &envelope.Idempotency{Store: envelope.NewMemoryStore(10, time.Hour)}
	p := shop()
	p.MediaTypes, p.SecretHeaders = []string{"application/json"}, []string{"X-Secret"}
	routes := []shopRoute{orderPlaced.Handle(done)}
	runs := 0
	routes[0] = orderPlaced.Handle(func(_ context.Context, d *shopDelivery[order]) error {
		runs++
		if d.Header().Get("X-Secret") != "" {
			t.Error("the secret's header is shown")
		}
		return nil
	})
	h := handlerOf(t, p, envelope.Options{Idempotency: idempotency}, routes...)
	if idempotency.Lease != 0 || idempotency.Timeout != 0 {
		t.Errorf("NewHandler has changed the user's Idempotency: %+v", idempotency)
	}
	idempotency.Store, idempotency.Timeout = nil, -1
	routes[0] = shopRoute{}
	p.Layout.Event[0], p.SecretHeaders[0], p.MediaTypes[0] = "changed", "changed", "changed"
	for range 2 {
		m := envelope.Message{Body: []byte(goodBody), Header: http.Header{"X-Secret": {"s"}}}
		if err := h.Dispatch(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
	if runs != 1 {
		t.Errorf("%d runs", runs)
	}
}

type (
	// conflicting has two fields for one member.
	conflicting struct {
		Name  string
		Title string `json:"Name"`
	}
	secretly struct {
		ID string `json:"id"`
	}
	// unreachable embeds a pointer that no other package can set.
	unreachable struct{ *secretly }
)

// TestNewHandlerTypes: a type that JSON can't fill would fail at every delivery, and
// is found when the handler is made.
func TestNewHandlerTypes(t *testing.T) {
	for name, err := range map[string]error{
		"two fields for one member": newHandlerErr[shopMeta, conflicting](),
		"two fields, further down":  newHandlerErr[shopMeta, map[string][]struct{ X *conflicting }](),
		"rule that does not exist": newHandlerErr[struct {
			ID string `validate:"uiid4"`
		}, order](),
		"two fields around":       newHandlerErr[conflicting, order](),
		"channel":                 newHandlerErr[shopMeta, struct{ C chan int }](),
		"function":                newHandlerErr[shopMeta, struct{ F func() }](),
		"embedded, out of reach":  newHandlerErr[unreachable, order](),
		"embedded in the payload": newHandlerErr[shopMeta, unreachable](),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "shop: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"anything":    newHandlerErr[shopMeta, any](),
		"every shape": newHandlerErr[shopMeta, everything](),
		"ignored members": newHandlerErr[shopMeta, struct {
			C chan int `json:"-"`
		}](),
		"meta that is no struct": newHandlerErr[map[string]string, order](),
	} {
		if err != nil {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func newHandlerErr[M, T any]() error {
	_, err := envelope.NewHandler(envelope.Provider[M]{Name: "shop", Layout: shop().Layout}, envelope.Options{Unverified: true},
		envelope.NewEvent[M, T]("x").Handle(doneOf[M, T]))
	return err
}
