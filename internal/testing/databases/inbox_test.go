package databases_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// inboxes is a ledger whose deliveries are remembered.
type inboxed struct {
	ledger

	inbox *sqlonce.Inbox
	front *envelope.Handler // stores
}

func newInboxed(l ledger, options sqlonce.InboxOptions) inboxed {
	l.Helper()
	inbox, err := sqlonce.NewInbox(l.db, l.dialect, options)
	if err != nil {
		l.Fatal(err)
	}
	for range 2 {
		if err := inbox.Migrate(l.Context()); err != nil {
			l.Fatal(err)
		}
	}
	i := inboxed{ledger: l, inbox: inbox}
	i.front = i.receiver(inbox.Put)
	return i
}

// receiver is a handler that hands over to a function of the inbox. A delivery without an id
// has no key.
func (i inboxed) receiver(put func(context.Context, envelope.Message) error) *envelope.Handler {
	i.Helper()
	h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{
		Unverified: true, Key: func(k envelope.Keyed) string { return k.Header.Get("X-Id") },
		Tenant: func(r *http.Request) (envelope.Tenant, error) {
			return envelope.Tenant{Name: "north"}, nil
		},
	}}, envelope.HandOff[masivo.Meta](put))
	if err != nil {
		i.Fatal(err)
	}
	return h
}

// worker is the handler of a worker, with a function for one event.
func (i inboxed) worker(fn func(context.Context, *sql.Tx, *tierDelivery) error) *envelope.Handler {
	i.Helper()
	h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{DispatchOnly: true}},
		masivo.TierUpgrade.Handle(sqlonce.Do(i.once, fn, sqlonce.Unkeyed)))
	if err != nil {
		i.Fatal(err)
	}
	return h
}

// credit writes an effect for a customer.
func (i inboxed) credit(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
	return i.write(ctx, tx, d.Payload.CustomerID)
}

// send delivers the upgrade of a customer.
func (i inboxed) send(h *envelope.Handler, customer, id string) envelopetest.Result {
	i.Helper()
	body := `{"event":"TIER_UPGRADE","data":{"customer_id":"` + customer + `","from_tier_id":"1","from_tier_name":"a","from_tier_level":1,"to_tier_id":"2","to_tier_name":"b","to_tier_level":2,"triggered_by":"x"}}`
	r := httptest.NewRequestWithContext(i.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Authorization", "marked-credential")
	if id != "" {
		r.Header.Set("X-Id", id)
	}
	return envelopetest.Deliver(i, h, r)
}

// count is how many stored deliveries are chosen.
func (i inboxed) count(chosen sqlonce.Selection) int {
	i.Helper()
	report, err := i.inbox.Replay(i.Context(), chosen)
	if err != nil {
		i.Fatal(err)
	}
	return report.Chosen
}

// work runs workers until nothing waits.
func (i inboxed) work(n int, handlers ...*envelope.Handler) {
	i.Helper()
	ctx, cancel := context.WithCancel(i.Context())
	var group sync.WaitGroup
	for range n {
		group.Go(func() { i.inbox.Work(ctx, handlers...) })
	}
	for deadline := time.Now().Add(time.Minute); i.count(sqlonce.Selection{State: sqlonce.Waiting}) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			i.Error("deliveries still wait")
			break
		}
	}
	cancel()
	group.Wait()
}

// all are the effects, sorted.
func (i inboxed) all() (list []string) {
	i.Helper()
	rows, err := i.db.QueryContext(i.Context(), "SELECT delivery FROM effects")
	if err != nil {
		i.Fatal(err)
	}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			i.Fatal(err)
		}
		list = append(list, text)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		i.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func (i inboxed) exec(statements ...string) {
	i.Helper()
	for _, statement := range statements {
		if _, err := i.db.ExecContext(i.Context(), statement); err != nil {
			i.Fatal(err)
		}
	}
}

var quick = sqlonce.InboxOptions{Poll: 5 * time.Millisecond, Backoff: func(int) time.Duration { return time.Millisecond }}

func eachInbox(t *testing.T, options sqlonce.InboxOptions, test func(inboxed)) {
	t.Helper()
	eachEngine(t, func(l ledger) { test(newInboxed(l, options)) })
}

// TestInboxAsQueue: what is stored is handled once, by several workers, with and without
// keys, and a message comes out as it went in.
func TestInboxAsQueue(t *testing.T) {
	eachInbox(t, quick, func(i inboxed) {
		var want []string
		for n := range 40 {
			id, customer := fmt.Sprint("d", n), fmt.Sprint("c", n)
			if n%4 == 0 {
				id = ""
			}
			for range 2 { // A repetition without a key is another delivery.
				if got := i.send(i.front, customer, id); got.Status != http.StatusOK {
					i.Fatalf("%d %v", got.Status, got.Err)
				}
			}
			want = append(want, customer)
			if id == "" {
				want = append(want, customer)
			}
		}
		var seen atomic.Pointer[tierDelivery]
		h := i.worker(func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
			seen.Store(d)
			return i.credit(ctx, tx, d)
		})
		i.work(4, h)
		slices.Sort(want)
		if diff := cmp.Diff(want, i.all()); diff != "" {
			i.Errorf("effects (-want +got)\n%s", diff)
		}
		d := seen.Load()
		if d.Tenant != "north" || d.Header().Get("Authorization") != "" || time.Since(d.Received) > time.Hour || d.Received.IsZero() {
			i.Errorf("%+v", d)
		}
		if n := i.count(sqlonce.Selection{State: sqlonce.Done}); n != len(want) {
			i.Errorf("%d are done, want %d", n, len(want))
		}
	})
}

// TestInboxFailures: what fails is tried again with the wait that it asks for, and stays in
// the end; a repetition by the sender revives it.
func TestInboxFailures(t *testing.T) {
	options := quick
	options.Attempts = 3
	eachInbox(t, options, func(i inboxed) {
		var broken atomic.Bool
		broken.Store(true)
		runs := map[string]int{}
		h := i.worker(func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
			runs[d.Payload.CustomerID]++
			switch {
			case !broken.Load():
			case d.Payload.CustomerID == "often":
				return errors.Join(i.credit(ctx, tx, d), errors.New("fails"))
			case d.Payload.CustomerID == "later" && runs["later"] < 3:
				return envelope.RetryAfter(10*time.Millisecond, nil)
			case d.Payload.CustomerID == "never":
				return envelope.Reject(nil)
			case d.Payload.CustomerID == "dropped":
				return envelope.Permanent(nil)
			case d.Payload.CustomerID == "panic":
				panic("x")
			}
			return i.credit(ctx, tx, d)
		})
		for _, customer := range []string{"often", "later", "never", "dropped", "panic", "good"} {
			i.send(i.front, customer, customer)
		}
		i.work(1, h)
		if diff := cmp.Diff(map[string]int{"often": 3, "later": 3, "never": 1, "dropped": 1, "panic": 3, "good": 1}, runs); diff != "" {
			i.Errorf("runs (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]string{"good", "later"}, i.all()); diff != "" {
			i.Errorf("effects (-want +got)\n%s", diff)
		}
		kinds := map[string]int{}
		rows, err := i.db.QueryContext(i.Context(), "SELECT failure, attempts FROM loyaltyhooks_inbox WHERE state = 2")
		if err != nil {
			i.Fatal(err)
		}
		for rows.Next() {
			var kind string
			var attempts int
			if err := rows.Scan(&kind, &attempts); err != nil {
				i.Fatal(err)
			}
			kinds[kind] = attempts
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			i.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{"failed": 3, "rejected": 1, "dropped": 1, "panic": 3}, kinds); diff != "" {
			i.Errorf("failures (-want +got)\n%s", diff)
		}
		broken.Store(false)
		i.send(i.front, "often", "often")
		i.work(1, h)
		report, err := i.inbox.Replay(i.Context(), sqlonce.Selection{State: sqlonce.Failed}, h)
		if want := (sqlonce.Report{Chosen: 3, Handled: 3}); err != nil || report != want {
			i.Errorf("replay of what has failed: %+v %v", report, err)
		}
		if diff := cmp.Diff([]string{"dropped", "good", "later", "never", "often", "panic"}, i.all()); diff != "" {
			i.Errorf("effects (-want +got)\n%s", diff)
		}
	})
}

// TestInboxDraining: a handler that is shut down takes nothing, and that costs no attempt.
func TestInboxDraining(t *testing.T) {
	options := quick
	options.Attempts = 2
	eachInbox(t, options, func(i inboxed) {
		for n := range 5 {
			i.send(i.front, fmt.Sprint("c", n), fmt.Sprint("d", n))
		}
		h := i.worker(i.credit)
		if err := h.Shutdown(i.Context()); err != nil {
			i.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(i.Context(), 100*time.Millisecond)
		defer cancel()
		i.inbox.Work(ctx, h)
		if n := i.count(sqlonce.Selection{State: sqlonce.Waiting}); n != 5 {
			i.Errorf("%d wait", n)
		}
		var attempts int
		if err := i.db.QueryRowContext(i.Context(), "SELECT COALESCE(SUM(attempts), 0) FROM loyaltyhooks_inbox").Scan(&attempts); err != nil || attempts != 0 {
			i.Errorf("%d attempts, %v", attempts, err)
		}
		i.work(1, i.worker(i.credit))
		if got := len(i.all()); got != 5 {
			i.Errorf("%d effects", got)
		}
	})
}

// TestInboxThrough: a delivery is stored and handled before the sender is told.
func TestInboxThrough(t *testing.T) {
	eachInbox(t, quick, func(i inboxed) {
		result := error(nil)
		h := i.worker(func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
			return errors.Join(i.credit(ctx, tx, d), result)
		})
		front := i.receiver(i.inbox.Through(h))
		for _, test := range []struct {
			id     string
			result error
			status int
			state  sqlonce.State
		}{
			{"good", nil, 200, sqlonce.Done},
			{"good", errors.New("does not run"), 200, sqlonce.Done},
			{"bad", errors.New("x"), 500, sqlonce.Waiting},
			{"bad", nil, 200, sqlonce.Done},
			{"rejected", envelope.Reject(nil), 422, sqlonce.Failed},
			{"rejected", nil, 200, sqlonce.Done},
			{"later", envelope.RetryAfter(3*time.Second, nil), 503, sqlonce.Waiting},
			{"dropped", envelope.Permanent(nil), 200, sqlonce.Failed},
		} {
			result = test.result
			got := i.send(front, test.id, test.id)
			if n := i.count(sqlonce.Selection{Key: "1/masivo//north/" + test.id, State: test.state}); got.Status != test.status || n != 1 {
				i.Errorf("%s: status %d (%v), %d %s", test.id, got.Status, got.Err, n, test.state)
			}
		}
		if diff := cmp.Diff([]string{"bad", "good", "rejected"}, i.all()); diff != "" {
			i.Errorf("effects (-want +got)\n%s", diff)
		}
		invalid := `{"event":"TIER_UPGRADE","data":{}}`
		r := httptest.NewRequestWithContext(i.Context(), http.MethodPost, "/", strings.NewReader(invalid))
		if got := envelopetest.Deliver(i, front, r); got.Status != http.StatusUnprocessableEntity {
			i.Errorf("an invalid one: %d %v", got.Status, got.Err)
		}
		if n := i.count(sqlonce.Selection{State: sqlonce.Failed, Match: func(m envelope.Message) bool { return string(m.Body) == invalid }}); n != 1 {
			i.Errorf("%d invalid ones are remembered", n)
		}
	})
}

// TestReplay: a whole day again changes nothing and says so; without its effects and keys it
// makes the same effects.
func TestReplay(t *testing.T) {
	eachInbox(t, quick, func(i inboxed) {
		const n = 50 // More than are read at once.
		for d := range n {
			id := fmt.Sprint("d", d)
			if d%5 == 0 {
				id = "" // Without a key, once for each reception.
			}
			i.send(i.front, fmt.Sprint("c", d), id)
		}
		i.send(i.receiver(func(ctx context.Context, m envelope.Message) error {
			m.Handler = "another"
			return i.inbox.Put(ctx, m)
		}), "c", "another")
		h := i.worker(i.credit)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { i.inbox.Work(ctx, h) })
		for i.count(sqlonce.Selection{State: sqlonce.Waiting}) > 1 {
			time.Sleep(time.Millisecond)
		}
		cancel()
		group.Wait()
		before := i.all()
		day := sqlonce.Selection{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}
		report, err := i.inbox.Replay(i.Context(), day, h)
		if want := (sqlonce.Report{Chosen: n + 1, Duplicates: n, Unhandled: 1}); err != nil || report != want {
			i.Errorf("replay: %+v %v", report, err)
		}
		if diff := cmp.Diff(before, i.all()); diff != "" || len(before) != n {
			i.Errorf("effects (-want +got)\n%s", diff)
		}
		i.exec("DELETE FROM effects")
		report, err = i.inbox.Redo(i.Context(), day, h)
		if want := (sqlonce.Report{Chosen: n + 1, Handled: n, Unhandled: 1}); err != nil || report != want {
			i.Errorf("redo: %+v %v", report, err)
		}
		if diff := cmp.Diff(before, i.all()); diff != "" {
			i.Errorf("effects (-want +got)\n%s", diff)
		}
		i.exec("DELETE FROM effects", "DELETE FROM loyaltyhooks_once")
		failing := i.worker(func(context.Context, *sql.Tx, *tierDelivery) error { return errors.New("x") })
		report, err = i.inbox.Replay(i.Context(), sqlonce.Selection{Key: "1/masivo//north/d1"}, failing)
		if want := (sqlonce.Report{Chosen: 1, Failed: 1}); err != nil || report != want || i.count(sqlonce.Selection{State: sqlonce.Failed}) != 1 {
			i.Errorf("a failing replay: %+v %v", report, err)
		}
		day.Provider, day.Event, day.Tenant = masivo.Name, masivo.TierUpgrade.Name(), "north"
		report, err = i.inbox.Replay(i.Context(), day, h)
		if want := (sqlonce.Report{Chosen: n + 1, Handled: n, Unhandled: 1}); err != nil || report != want {
			i.Errorf("replay: %+v %v", report, err)
		}
		if diff := cmp.Diff(before, i.all()); diff != "" {
			i.Errorf("effects (-want +got)\n%s", diff)
		}
		for name, none := range map[string]sqlonce.Selection{
			"from": {From: time.Now().Add(time.Hour)}, "to": {To: time.Now().Add(-time.Hour)}, "event": {Event: "x"},
			"tenant": {Tenant: "south"}, "provider": {Provider: "mambo"}, "key": {Key: "x"}, "failed": {State: sqlonce.Failed},
		} {
			if found := i.count(none); found != 0 {
				i.Errorf("%s: %d", name, found)
			}
		}
	})
}

// TestForget: what is deleted leaves no row, and no key where that is asked.
func TestForget(t *testing.T) {
	eachInbox(t, quick, func(i inboxed) {
		h := i.worker(i.credit)
		for d := range 40 {
			i.send(i.front, fmt.Sprint("c", d%4), map[bool]string{true: fmt.Sprint("d", d)}[d > 10])
		}
		i.work(1, h)
		rows := func(table string) (n int) {
			if err := i.db.QueryRowContext(i.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
				i.Fatal(err)
			}
			return n
		}
		of := func(customer string) func(envelope.Message) bool {
			return func(m envelope.Message) bool { return bytes.Contains(m.Body, []byte(`"`+customer+`"`)) }
		}
		removed, err := i.inbox.Forget(i.Context(), sqlonce.Selection{Match: of("c1")})
		if err != nil || removed != 10 || rows("loyaltyhooks_inbox") != 30 || rows("loyaltyhooks_once") != 30 {
			i.Errorf("%d removed, %v; %d stored, %d keys", removed, err, rows("loyaltyhooks_inbox"), rows("loyaltyhooks_once"))
		}
		removed, err = i.inbox.Delete(i.Context(), sqlonce.Selection{Match: of("c2"), State: sqlonce.Done})
		if err != nil || removed != 10 || rows("loyaltyhooks_inbox") != 20 || rows("loyaltyhooks_once") != 30 {
			i.Errorf("%d removed, %v; %d stored, %d keys", removed, err, rows("loyaltyhooks_inbox"), rows("loyaltyhooks_once"))
		}
		if removed, err := i.inbox.Delete(i.Context(), sqlonce.Selection{To: time.Now().Add(time.Hour)}); err != nil || removed != 20 || rows("loyaltyhooks_inbox") != 0 {
			i.Errorf("%d removed, %v", removed, err)
		}
	})
}

// TestSealed: the table holds no word of a sealed delivery.
func TestSealed(t *testing.T) {
	block, err := aes.NewCipher(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	options := quick
	options.Seal = func(text []byte) ([]byte, error) { return sealer.Seal(nil, nil, text, nil), nil }
	options.Open = func(text []byte) ([]byte, error) { return sealer.Open(nil, nil, text, nil) }
	eachInbox(t, options, func(i inboxed) {
		i.send(i.front, "marked-customer", "marked-key")
		if dump := i.dump("loyaltyhooks_inbox"); strings.Contains(dump, "marked") || !strings.Contains(dump, "TIER_UPGRADE") {
			i.Errorf("the table has %q", dump)
		}
		i.work(1, i.worker(i.credit))
		if diff := cmp.Diff([]string{"marked-customer"}, i.all()); diff != "" {
			i.Errorf("effects (-want +got)\n%s", diff)
		}
		plain := newInboxed(i.ledger, quick)
		report, err := plain.inbox.Replay(i.Context(), sqlonce.Selection{}, i.worker(i.credit))
		if want := (sqlonce.Report{Chosen: 1, Failed: 1}); err != nil || report != want {
			i.Errorf("without the key: %+v %v", report, err)
		}
		all := func(envelope.Message) bool { return true }
		if n, err := plain.inbox.Forget(i.Context(), sqlonce.Selection{Match: all}); err == nil {
			i.Errorf("%d sealed deliveries are looked into without the key", n)
		}
		if n, err := plain.inbox.Forget(i.Context(), sqlonce.Selection{}); n != 1 || err != nil { // Retention needs no key.
			i.Errorf("%d forgotten, %v", n, err)
		}
	})
}

// dump is all that a table has, as text.
func (i inboxed) dump(table string) string {
	i.Helper()
	rows, err := i.db.QueryContext(i.Context(), "SELECT * FROM "+table)
	if err != nil {
		i.Fatal(err)
	}
	columns, err := rows.Columns()
	if err != nil {
		i.Fatal(err)
	}
	var text strings.Builder
	for rows.Next() {
		values := make([]sql.RawBytes, len(columns))
		places := make([]any, len(columns))
		for n := range values {
			places[n] = &values[n]
		}
		if err := rows.Scan(places...); err != nil {
			i.Fatal(err)
		}
		fmt.Fprintf(&text, "%s\n", values)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		i.Fatal(err)
	}
	return text.String()
}

// TestInboxDown: a delivery that can't be stored is told 503, and workers wait for a database
// until they are told to end.
func TestInboxDown(t *testing.T) {
	eachInbox(t, quick, func(i inboxed) {
		if err := i.db.Close(); err != nil {
			i.Fatal(err)
		}
		if got := i.send(i.front, "c", "d"); got.Status != http.StatusServiceUnavailable {
			i.Errorf("%d %v", got.Status, got.Err)
		}
		ctx, cancel := context.WithTimeout(i.Context(), 30*time.Millisecond)
		defer cancel()
		i.inbox.Work(ctx, i.worker(i.credit))
	})
	if _, err := sqlonce.NewInbox(nil, sqlonce.SQLite, sqlonce.InboxOptions{Seal: func(text []byte) ([]byte, error) { return text, nil }}); err == nil {
		t.Error("what is sealed can't be opened")
	}
}
