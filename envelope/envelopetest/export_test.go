package envelopetest

import (
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// StoreChecks are the checks of TestStore by name, with times for a store that counts in
// nanoseconds.
func StoreChecks(newStore func() envelope.Store) map[string]func(testing.TB) {
	checks := map[string]func(testing.TB){}
	for _, check := range storeChecks {
		checks[check.name] = func(tb testing.TB) {
			check.run(&storeTest{tb, newStore(), "test/", 100 * time.Millisecond, time.Second})
		}
	}
	return checks
}
