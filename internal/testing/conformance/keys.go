package conformance

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// testKeys delivers each golden delivery to a handler that hands it over, and what that
// got, without its key, to one with typed functions: both make the same key, and it is the
// one on record. Another key than yesterday's runs old deliveries again.
//
// LOYALTYHOOKS_KEYS=write writes the record.
func (s Suite[M]) testKeys(t *testing.T) {
	var handed envelope.Message
	front, err := s.NewHandler(envelope.Options{Unverified: true, Key: s.Key}, envelope.HandOff[M](func(_ context.Context, m envelope.Message) error {
		handed = m
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	var typed string
	routes := make([]envelope.Route[M], len(s.Events))
	for i, event := range s.Events {
		routes[i] = event.Handle(func(_ context.Context, d *envelope.Delivery[M, any]) error {
			typed = d.Key
			return nil
		})
	}
	worker, err := s.NewHandler(envelope.Options{DispatchOnly: true, Key: s.Key}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	var keys strings.Builder
	for _, golden := range envelopetest.Goldens(s.Provider) {
		name := strings.TrimSuffix(golden.Event+"/"+golden.Situation+"."+golden.Encoder, ".")
		if err := front.Dispatch(t.Context(), s.message(golden, golden.Body)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		key := handed.Key
		handed.Key = ""
		if err := worker.Dispatch(t.Context(), handed); err != nil || typed != key {
			t.Errorf("%s: key %q for the front, %q for the worker, error %v", name, key, typed, err)
		}
		fmt.Fprintf(&keys, "%s\t%s\n", name, key)
	}
	record := "../internal/testing/conformance/keys/" + s.Provider + ".txt"
	if os.Getenv("LOYALTYHOOKS_KEYS") == "write" {
		if err := os.WriteFile(record, []byte(keys.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(record) //nolint:gosec // of the provider that the test names
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(keys.String(), "\n")); diff != "" {
		t.Errorf("keys differ from those on record:\n%s", diff)
	}
}
