//go:build !race

// The race detector lets sync.Pool drop things at random: allocations can be counted
// without it only.

package envelope_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// allocations counts what one more run allocates, once pools and caches are warm.
func allocations(f func()) float64 { return testing.AllocsPerRun(200, f) }

// TestAllocationBudget bounds what a delivery costs beyond decoding its payload.
// The budgets only ever shrink.
func TestAllocationBudget(t *testing.T) {
	text := golden(t, typical)
	var parts struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		t.Fatal(err)
	}
	decode := allocations(func() {
		payload := new(masivo.CustomerRegistrationData)
		if err := wire.Unmarshal(parts.Data, payload); err != nil {
			t.Fatal(err)
		}
	})
	e := newExchange(t, text)
	h := masivoHandler(t, envelope.Options{Verifier: accept})
	const (
		raw      = 1 // the body
		delivery = 2 // the Delivery, whose payload decode has counted, and its context
	)
	if whole := allocations(func() { e.send(h) }); whole > decode+raw+delivery-1 {
		t.Errorf("a whole delivery costs %v allocations, decoding alone %v", whole, decode)
	}
	if e.sink.status != http.StatusOK {
		t.Fatalf("status %d", e.sink.status)
	}

	ignoring, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{Verifier: accept}})
	if err != nil {
		t.Fatal(err)
	}
	if n := allocations(func() { e.send(ignoring) }); n > raw {
		t.Errorf("an ignored delivery costs %v allocations", n)
	}
}

// TestAllocationsOfRoutes: two hundred events cost as much as one.
func TestAllocationsOfRoutes(t *testing.T) {
	e := newExchange(t, []byte(`{"event":"event-0","id":"1","data":{"number":"A"}}`))
	count := func(events int) float64 {
		provider := shop()
		routes := make([]shopRoute, events)
		for i := range routes {
			event := envelope.NewEvent[shopMeta, order](fmt.Sprintf("event-%d", i))
			provider.Events = append(provider.Events, event.Any())
			routes[i] = event.Handle(func(context.Context, *shopDelivery[order]) error { return nil })
		}
		h, err := envelope.NewHandler(provider, envelope.Options{Verifier: accept}, routes...)
		if err != nil {
			t.Fatal(err)
		}
		return allocations(func() { e.send(h) })
	}
	if one, many := count(1), count(200); one != many {
		t.Errorf("%v allocations with 1 event, %v with 200", one, many)
	}
}
