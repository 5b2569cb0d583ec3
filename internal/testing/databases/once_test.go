package databases_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/databases"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// engine is a database that Once runs on.
type engine struct {
	name    string
	open    func(testing.TB) *sql.DB
	dialect sqlonce.Dialect
	place   func(n int) string // of a value in a statement
	text    string             // type of a column
}

func engines() []engine {
	question := func(int) string { return "?" }
	return []engine{
		{"PostgreSQL", databases.Postgres, sqlonce.Postgres, func(n int) string { return fmt.Sprintf("$%d", n) }, "text"},
		{"MariaDB", databases.MariaDB, sqlonce.MySQL, question, "varbinary(600)"},
		{"SQLite", databases.SQLite, sqlonce.SQLite, question, "text"},
	}
}

// ledger is a table of effects, with a Once in front.
type ledger struct {
	*testing.T
	engine

	db   *sql.DB
	once *sqlonce.Once[*sql.Tx]
}

func newLedger(t *testing.T, e engine) ledger {
	t.Helper()
	l := ledger{t, e, e.open(t), nil}
	l.once = sqlonce.New(l.db, e.dialect)
	for range 2 { // The second time it is there.
		if err := l.once.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.db.ExecContext(t.Context(), "CREATE TABLE effects (delivery "+e.text+" NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	return l
}

// write is the effect of a delivery.
func (l ledger) write(ctx context.Context, tx *sql.Tx, key string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO effects (delivery) VALUES ("+l.place(1)+")", key)
	return err
}

// effects counts those of a key.
func (l ledger) effects(key string) (n int) {
	l.Helper()
	if err := l.db.QueryRowContext(l.Context(), "SELECT COUNT(*) FROM effects WHERE delivery = "+l.place(1), key).Scan(&n); err != nil {
		l.Fatal(err)
	}
	return n
}

type tierDelivery = masivo.Delivery[masivo.TierChangeData]

// handler delivers to a function by Once.
func (l ledger) handler(fn func(context.Context, *sql.Tx, *tierDelivery) error, options ...sqlonce.Option) *envelope.Handler {
	l.Helper()
	h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{
		Unverified: true, Timeout: 20 * time.Second,
		Key: func(k envelope.Keyed) string { return k.Header.Get("X-Id") },
	}}, masivo.TierUpgrade.Handle(sqlonce.Do(l.once, fn, options...)))
	if err != nil {
		l.Fatal(err)
	}
	return h
}

// deliver sends a delivery with an id, and returns the outcome.
func (l ledger) deliver(h *envelope.Handler, id string) envelopetest.Result {
	l.Helper()
	golden, err := envelopetest.Find(masivo.Name, masivo.TierUpgrade.Name(), "", "")
	if err != nil {
		l.Fatal(err)
	}
	r, err := http.NewRequestWithContext(l.Context(), http.MethodPost, "/", strings.NewReader(string(golden.Body)))
	if err != nil {
		l.Fatal(err)
	}
	r.Header.Set("X-Id", id)
	return envelopetest.Deliver(l, h, r)
}

func eachEngine(t *testing.T, test func(ledger)) {
	t.Helper()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) { test(newLedger(t, e)) })
	}
}

// TestOnce: a repetition finds its key, whatever is in it, and an error leaves none.
func TestOnce(t *testing.T) {
	eachEngine(t, func(l ledger) {
		result := error(nil)
		runs := 0
		h := l.handler(func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
			runs++
			return errors.Join(l.write(ctx, tx, d.Key), result)
		})
		want := func(id string, status, effects, ran int) {
			l.Helper()
			runs = 0
			got := l.deliver(h, id)
			key := "1/masivo///" + id
			if n := l.effects(key); got.Status != status || n != effects || runs != ran {
				l.Errorf("%q: status %d (%v), %d effects, %d runs", id, got.Status, got.Err, n, runs)
			}
		}
		for _, id := range []string{"abc", "ABC", "abc ", "äbc", strings.Repeat("k", 400)} {
			want(id, 200, 1, 1)
			want(id, 200, 1, 0)
		}
		result = errors.New("x")
		want("failed", 500, 0, 1)
		result = envelope.Reject(nil)
		want("failed", 422, 0, 1)
		result = envelope.ErrDuplicate
		want("failed", 200, 0, 1)
		result = nil
		want("failed", 200, 1, 1)
		if got := l.deliver(h, ""); got.Status != 500 || !errors.Is(got.Err, sqlonce.ErrNoKey) {
			l.Errorf("without a key: %d %v", got.Status, got.Err)
		}
		unkeyed := l.handler(func(ctx context.Context, tx *sql.Tx, _ *tierDelivery) error { return l.write(ctx, tx, "unkeyed") }, sqlonce.Unkeyed)
		for range 2 {
			if got := l.deliver(unkeyed, ""); got.Status != 200 {
				l.Errorf("unkeyed: %d %v", got.Status, got.Err)
			}
		}
		if n := l.effects("unkeyed"); n != 2 {
			l.Errorf("%d effects without a key", n)
		}
		panicking := l.handler(func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
			_ = l.write(ctx, tx, d.Key)
			panic("x")
		})
		if got := l.deliver(panicking, "panic"); got.Status != 500 || l.effects("1/masivo///panic") != 0 {
			l.Errorf("a panic: %d", got.Status)
		}
		want("panic", 200, 1, 1)
		if open := l.db.Stats().InUse; open != 0 {
			l.Errorf("%d connections are in use", open)
		}
	})
}

// TestFirstRollsBack: while 64 repetitions wait, the first run rolls back. One effect, and 64
// times 200, in one process and as several, with a small pool while other keys go on.
func TestFirstRollsBack(t *testing.T) {
	eachEngine(t, func(l ledger) {
		for _, pool := range []int{0, 4} {
			for _, processes := range []int{1, 8} {
				l.Run(fmt.Sprintf("pool %d, processes %d", pool, processes), func(t *testing.T) {
					l := l
					l.T = t
					if pool > 0 && l.name != "SQLite" {
						l.db.SetMaxOpenConns(pool)
					}
					l.rollBackFirst(processes, fmt.Sprintf("%d-%d", pool, processes))
				})
			}
		}
	})
}

func (l ledger) rollBackFirst(processes int, id string) {
	before := runtime.NumGoroutine()
	var runs atomic.Int64
	entered, fail := make(chan struct{}), make(chan struct{})
	handlers := make([]*envelope.Handler, processes)
	for i := range handlers {
		one := l
		one.once = sqlonce.New(l.db, l.dialect) // As in a process of its own.
		handlers[i] = one.handler(func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
			if err := l.write(ctx, tx, d.Key); err != nil {
				return err
			}
			if runs.Add(1) == 1 {
				close(entered)
				<-fail
				return errors.New("the first one fails")
			}
			return nil
		})
	}
	var group sync.WaitGroup
	first := make(chan int, 1)
	group.Go(func() { first <- l.deliver(handlers[0], id).Status })
	<-entered
	var good, others atomic.Int64
	for i := range 64 {
		group.Go(func() {
			if got := l.deliver(handlers[i%processes], id); got.Status == http.StatusOK {
				good.Add(1)
			} else {
				l.Errorf("a repetition: %d %v", got.Status, got.Err)
			}
		})
	}
	if l.name != "SQLite" { // There all writers wait for each other.
		free := l.handler(func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error { return l.write(ctx, tx, d.Key) })
		if processes == 1 {
			for i := range 8 {
				if l.deliver(free, fmt.Sprintf("%s-other-%d", id, i)).Status == http.StatusOK {
					others.Add(1)
				}
			}
			if others.Load() != 8 {
				l.Errorf("%d of 8 other keys", others.Load())
			}
		}
	}
	close(fail)
	group.Wait()
	if status := <-first; status != http.StatusInternalServerError {
		l.Errorf("the first: %d", status)
	}
	if n := l.effects("1/masivo///" + id); n != 1 || good.Load() != 64 {
		l.Errorf("%d effects, %d times 200", n, good.Load())
	}
	if stats := l.db.Stats(); stats.InUse != 0 {
		l.Errorf("%d connections are in use", stats.InUse)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+4; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestPrune: old keys go in batches, the younger ones stay.
func TestPrune(t *testing.T) {
	eachEngine(t, func(l ledger) {
		h := l.handler(func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error { return l.write(ctx, tx, d.Key) })
		for i := range 25 {
			l.deliver(h, fmt.Sprint("old", i))
		}
		if n, err := l.once.Prune(l.Context(), time.Now().Add(-time.Hour), 10); n != 0 || err != nil {
			l.Errorf("%d removed, %v", n, err)
		}
		if n, err := l.once.Prune(l.Context(), time.Now().Add(time.Hour), 10); n != 25 || err != nil {
			l.Errorf("%d removed, %v", n, err)
		}
		if got := l.deliver(h, "old1"); got.Status != 200 || l.effects("1/masivo///old1") != 2 {
			l.Errorf("a pruned key: %d", got.Status)
		}
		if _, err := l.once.Prune(l.Context(), time.Now(), 0); err == nil {
			l.Error("a batch of nothing")
		}
	})
}

// TestDown: a database that is down or does not answer is told 503, and nothing is half
// done.
func TestDown(t *testing.T) {
	eachEngine(t, func(l ledger) {
		h := l.handler(func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error { return l.write(ctx, tx, d.Key) })
		if err := l.db.Close(); err != nil {
			l.Fatal(err)
		}
		if got := l.deliver(h, "down"); got.Status != http.StatusServiceUnavailable {
			l.Errorf("%d %v", got.Status, got.Err)
		}
	})
	t.Run("no connection is free", func(t *testing.T) {
		l := newLedger(t, engines()[0])
		l.db.SetMaxOpenConns(1)
		conn, err := l.db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{
			Unverified: true, Timeout: 200 * time.Millisecond, Key: func(envelope.Keyed) string { return "k" },
		}}, masivo.TierUpgrade.Handle(sqlonce.Do(l.once, func(context.Context, *sql.Tx, *tierDelivery) error { return nil })))
		if err != nil {
			t.Fatal(err)
		}
		if got := l.deliver(h, ""); got.Status != http.StatusServiceUnavailable || !errors.Is(got.Err, context.DeadlineExceeded) {
			t.Errorf("%d %v", got.Status, got.Err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if got := l.deliver(h, ""); got.Status != http.StatusOK {
			t.Errorf("afterwards %d %v", got.Status, got.Err)
		}
	})
}

// TestIndex: with many keys the look-up goes by the index.
func TestIndex(t *testing.T) {
	l := newLedger(t, engines()[0])
	const fill = `INSERT INTO loyaltyhooks_once SELECT sha256(n::text::bytea), concat('key ', n), n, NULL, NULL FROM generate_series(1, 1000000) AS n`
	if _, err := l.db.ExecContext(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.ExecContext(t.Context(), "ANALYZE loyaltyhooks_once"); err != nil {
		t.Fatal(err)
	}
	for query, index := range map[string]string{
		"SELECT 1 FROM loyaltyhooks_once WHERE id = sha256('7')":                          "loyaltyhooks_once_pkey",
		"SELECT id FROM loyaltyhooks_once WHERE done_at < 1000 ORDER BY done_at LIMIT 10": "loyaltyhooks_once_done_at",
	} {
		rows, err := l.db.QueryContext(t.Context(), "EXPLAIN "+query)
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan.String(), index) || strings.Contains(plan.String(), "Seq Scan") {
			t.Errorf("%s:\n%s", query, &plan)
		}
	}
}

// TestStore: the store in the table of Once does what envelope.Store says.
func TestStore(t *testing.T) {
	eachEngine(t, func(l ledger) {
		envelopetest.TestStore(l.T, func() envelope.Store { return sqlonce.NewStore(l.db, l.dialect) })
	})
}

// TestStoreAndOnce: with Idempotency in the same table, a delivery runs once, and its
// repetition is found by the store; when the store has forgotten, the table has not.
func TestStoreAndOnce(t *testing.T) {
	eachEngine(t, func(l ledger) {
		store := sqlonce.NewStore(l.db, l.dialect)
		h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{
			Unverified: true, Idempotency: &envelope.Idempotency{Store: store},
			Key: func(k envelope.Keyed) string { return k.Header.Get("X-Id") },
		}}, masivo.TierUpgrade.Handle(sqlonce.Do(l.once, func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
			return l.write(ctx, tx, d.Key)
		})))
		if err != nil {
			l.Fatal(err)
		}
		for i := range 3 {
			if i == 2 {
				if _, err := l.db.ExecContext(l.Context(), "DELETE FROM loyaltyhooks_once WHERE id <> "+l.place(1), sha256Of("1/masivo///both")); err != nil {
					l.Fatal(err)
				}
			}
			if got := l.deliver(h, "both"); got.Status != http.StatusOK || l.effects("1/masivo///both") != 1 {
				l.Errorf("%d: status %d %v", i, got.Status, got.Err)
			}
		}
	})
}

func sha256Of(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// BenchmarkDo is what Do adds to the bare effect in a transaction of its own.
func BenchmarkDo(b *testing.B) {
	for _, e := range engines() {
		db := e.open(b)
		once := sqlonce.New(db, e.dialect)
		if err := once.Migrate(b.Context()); err != nil {
			b.Fatal(err)
		}
		if _, err := db.ExecContext(b.Context(), "CREATE TABLE effects (delivery "+e.text+" NOT NULL)"); err != nil {
			b.Fatal(err)
		}
		write := func(ctx context.Context, tx *sql.Tx, key string) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO effects (delivery) VALUES ("+e.place(1)+")", key)
			return err
		}
		b.Run(e.name+"/bare", func(b *testing.B) {
			for b.Loop() {
				tx, err := db.BeginTx(b.Context(), nil)
				if err == nil {
					err = errors.Join(write(b.Context(), tx, "k"), tx.Commit())
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(e.name+"/once", func(b *testing.B) {
			do := sqlonce.Do(once, func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error { return write(ctx, tx, "k") })
			for i := 0; b.Loop(); i++ {
				if err := do(b.Context(), &tierDelivery{Key: fmt.Sprint(b.Name(), i, b.N, time.Now().UnixNano())}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
