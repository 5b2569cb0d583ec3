package databases_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/databases"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// workerVariable makes a worker of the test program: driver, source and socket.
const workerVariable = "ONCE_WORKER"

func TestMain(m *testing.M) {
	if text := os.Getenv(workerVariable); text != "" {
		if err := work(strings.Split(text, "|")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

var dialects = map[string]sqlonce.Dialect{"pgx": sqlonce.Postgres, "mysql": sqlonce.MySQL, "sqlite": sqlonce.SQLite}

// work receives deliveries until it is killed. Each adds points to a balance and a line to
// the effects; that the function ran is written down outside of the transaction.
func work(args []string) error {
	driver, source, socket, mode := args[0], args[1], args[2], args[3]
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	runs, err := os.OpenFile(socket+".runs", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	once := sqlonce.New(db, dialects[driver])
	add, note := "UPDATE balance SET points = points + ?", "INSERT INTO effects (delivery, points) VALUES (?, ?)"
	if driver == "pgx" {
		add, note = "UPDATE balance SET points = points + $1", "INSERT INTO effects (delivery, points) VALUES ($1, $2)"
	}
	credit := func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
		if _, err := runs.WriteString("."); err != nil {
			return err
		}
		points := d.Payload.ToTierLevel // Any number of the payload does.
		if _, err := tx.ExecContext(ctx, note, d.Key, points); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, add, points)
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	route := masivo.TierUpgrade.Handle(sqlonce.Do(once, credit))
	if mode == throughInbox {
		var workers sync.WaitGroup
		defer workers.Wait()
		if route, err = inboxRoute(ctx, &workers, db, dialects[driver], route); err != nil {
			return err
		}
	}
	h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{
		Unverified: true, Timeout: 10 * time.Second,
		Key: func(k envelope.Keyed) string { return k.Header.Get("X-Id") },
	}}, route)
	if err != nil {
		return err
	}
	_ = os.Remove(socket)
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", socket)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	go func() { <-ctx.Done(); _ = server.Close() }()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Ways from a delivery to its function.
const (
	direct       = "direct"
	throughInbox = "inbox"
)

// inboxRoute stores deliveries, and has workers of this process handle them by a route.
func inboxRoute(ctx context.Context, workers *sync.WaitGroup, db *sql.DB, dialect sqlonce.Dialect, route masivo.Route) (masivo.Route, error) {
	inbox, err := sqlonce.NewInbox(db, dialect, crashInbox)
	if err != nil {
		return route, err
	}
	worker, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{DispatchOnly: true, Timeout: time.Second}}, route)
	if err != nil {
		return route, err
	}
	n := 4
	if dialect.Schema() == sqlonce.SQLite.Schema() {
		n = 1
	}
	for range n {
		workers.Go(func() { inbox.Work(ctx, worker) })
	}
	return envelope.HandOff[masivo.Meta](inbox.Put), nil
}

// crashInbox forgets killed workers soon.
var crashInbox = sqlonce.InboxOptions{
	Lease: 1500 * time.Millisecond, Attempts: 1000, Poll: 50 * time.Millisecond,
	Backoff: func(int) time.Duration { return 10 * time.Millisecond },
}

// deliveries is how many the crash test sends; each comes at least twice.
func deliveries() int {
	if os.Getenv("LOYALTYHOOKS_ENDURANCE") != "" {
		return 20_000
	}
	return 2_000
}

// TestCrash: workers are killed at random moments, before, inside and after transactions and
// commits, and PostgreSQL is restarted twice, while senders repeat each delivery until they
// are told 200. Afterwards each has its effect once, and there is no other.
func TestCrash(t *testing.T) {
	for _, test := range []struct {
		name  string
		open  func(*testing.T) (driver, source string, restart func())
		kills int
	}{
		{"PostgreSQL", func(t *testing.T) (string, string, func()) {
			server := databases.StartPostgres(t)
			return "pgx", server.Source, func() { server.Restart(t) }
		}, 12},
		{"SQLite", func(t *testing.T) (string, string, func()) {
			return "sqlite", databases.SQLiteSource(t), nil
		}, 6},
	} {
		for _, mode := range []string{direct, throughInbox} {
			t.Run(test.name+"/"+mode, func(t *testing.T) {
				driver, source, restart := test.open(t)
				n := deliveries()
				if driver == "sqlite" {
					n /= 4 // One writer at a time.
				}
				c := newCrash(t, driver, source, mode)
				c.run(n, test.kills, restart)
				c.judge(n)
				if mode == throughInbox {
					c.replay(n)
				}
			})
		}
	}
}

// crash is one run of the test.
type crash struct {
	*testing.T

	db           *sql.DB
	once         *sqlonce.Once[*sql.Tx]
	inbox        *sqlonce.Inbox
	mode         string
	environment  []string
	socket       string
	acknowledged sync.Map // of the ids, for which a sender was told 200
	answers      atomic.Int64
	lost         atomic.Int64 // connections, and answers other than 200
}

func newCrash(t *testing.T, driver, source, mode string) *crash {
	t.Helper()
	folder, err := os.MkdirTemp("", "crash")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	c := &crash{T: t, mode: mode, socket: folder + "/s"}
	c.environment = append(os.Environ(), workerVariable+"="+strings.Join([]string{driver, source, c.socket, mode}, "|"))
	if c.db, err = sql.Open(driver, source); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.db.Close() })
	c.once = sqlonce.New(c.db, dialects[driver])
	if c.inbox, err = sqlonce.NewInbox(c.db, dialects[driver], crashInbox); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.once.Migrate(t.Context()), c.inbox.Migrate(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"CREATE TABLE effects (delivery varchar(600) NOT NULL, points bigint NOT NULL)", "CREATE TABLE balance (points bigint NOT NULL)", "INSERT INTO balance VALUES (0)"} {
		if _, err := c.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// run sends n deliveries from eight senders, while workers are killed and the database is
// restarted.
func (c *crash) run(n, kills int, restart func()) {
	ids := make(chan int)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for id := range ids {
				c.send(id)
			}
		})
	}
	var sent atomic.Int64
	go func() {
		defer close(ids)
		for i := range 2 * n { // Each of them twice, by different senders.
			ids <- i / 2
			sent.Store(int64(i))
		}
	}()
	ended := make(chan struct{})
	go func() { senders.Wait(); close(ended) }()
	restarts := 0
	for life := 0; ; life++ {
		worker := exec.Command(os.Args[0])
		worker.Env = c.environment
		var log bytes.Buffer
		worker.Stderr = &log
		if err := worker.Start(); err != nil {
			c.Fatal(err)
		}
		if life < kills {
			// A moment of its own for each life, and not before it has done something.
			target := int64(2*n) * int64(life+1) / int64(kills+1)
			for sent.Load() < target {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(rand.N(5 * time.Millisecond))
			if restart != nil && restarts < 2 && life >= kills*(restarts+1)/3 {
				restarts++
				restart()
			}
			_ = worker.Process.Kill()
			_ = worker.Wait()
			continue
		}
		select {
		case <-ended:
		case <-time.After(8 * time.Minute):
			c.Errorf("the senders have not ended; the worker says %s", &log)
		}
		c.drain()
		_ = worker.Process.Signal(syscall.SIGTERM)
		if err := worker.Wait(); err != nil {
			c.Errorf("worker: %v %s", err, &log)
		}
		return
	}
}

// drain waits until nothing waits in the inbox.
func (c *crash) drain() {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		waiting, err := c.inbox.Replay(c.Context(), sqlonce.Selection{State: sqlonce.Waiting})
		if err == nil && waiting.Chosen == 0 {
			return
		}
		if time.Now().After(deadline) {
			c.Errorf("%d deliveries wait, %v", waiting.Chosen, err)
			return
		}
	}
}

// replay repeats all deliveries: nothing changes. Without effects they are brought back.
func (c *crash) replay(n int) {
	credit := func(ctx context.Context, tx *sql.Tx, d *tierDelivery) error {
		points := d.Payload.ToTierLevel.Int64()
		_, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO effects (delivery, points) VALUES ('%s', %d)", d.Key, points))
		if err == nil {
			_, err = tx.ExecContext(ctx, fmt.Sprintf("UPDATE balance SET points = points + %d", points))
		}
		return err
	}
	h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{DispatchOnly: true}}, masivo.TierUpgrade.Handle(sqlonce.Do(c.once, credit)))
	if err != nil {
		c.Fatal(err)
	}
	report, err := c.inbox.Replay(c.Context(), sqlonce.Selection{}, h)
	if want := (sqlonce.Report{Chosen: n, Duplicates: n}); err != nil || report != want {
		c.Errorf("replay: %+v %v", report, err)
	}
	c.judge(n)
	for _, statement := range []string{"DELETE FROM effects", "UPDATE balance SET points = 0"} {
		if _, err := c.db.ExecContext(c.Context(), statement); err != nil {
			c.Fatal(err)
		}
	}
	report, err = c.inbox.Redo(c.Context(), sqlonce.Selection{}, h)
	if want := (sqlonce.Report{Chosen: n, Handled: n}); err != nil || report != want {
		c.Errorf("redo without effects: %+v %v", report, err)
	}
	c.judge(n)
}

// points is what a delivery is worth: no two of them are worth the same.
func points(id int) int { return 1_000_003*id + 17 }

// send repeats a delivery until it is told 200.
func (c *crash) send(id int) {
	body := fmt.Sprintf(`{"event":"TIER_UPGRADE","data":{"customer_id":"C","from_tier_id":"1","from_tier_name":"a","from_tier_level":1,"to_tier_id":"2","to_tier_name":"b","to_tier_level":%d,"triggered_by":"x"}}`, points(id))
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", c.socket)
	}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 15 * time.Second}
	for c.Context().Err() == nil {
		r, err := http.NewRequestWithContext(c.Context(), http.MethodPost, "http://worker/", strings.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("X-Id", fmt.Sprint("d", id))
		answer, err := client.Do(r)
		if err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			c.answers.Add(1)
			if answer.StatusCode == http.StatusOK {
				c.acknowledged.Store(id, true)
				return
			}
		}
		c.lost.Add(1)
		time.Sleep(5 * time.Millisecond)
	}
}

// judge compares effects with what was acknowledged.
func (c *crash) judge(n int) {
	acknowledged, want := 0, 0
	c.acknowledged.Range(func(any, any) bool { acknowledged++; return true })
	missing := map[string]int{}
	for id := range n {
		missing[fmt.Sprint("1/masivo///d", id)] = points(id)
		want += points(id)
	}
	effects := 0
	rows, err := c.db.QueryContext(c.Context(), "SELECT delivery, points FROM effects")
	if err != nil {
		c.Fatal(err)
	}
	for rows.Next() {
		var key string
		var got int
		if err := rows.Scan(&key, &got); err != nil {
			c.Fatal(err)
		}
		effects++
		if sent, ok := missing[key]; !ok || got != sent {
			c.Errorf("%s has an effect of %d, sent and not seen before: %t, %d", key, got, ok, sent)
		}
		delete(missing, key)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		c.Fatal(err)
	}
	var balance, keys int
	err = errors.Join(
		c.db.QueryRowContext(c.Context(), "SELECT points FROM balance").Scan(&balance),
		c.db.QueryRowContext(c.Context(), "SELECT COUNT(*) FROM loyaltyhooks_once").Scan(&keys),
	)
	if err != nil {
		c.Fatal(err)
	}
	runs, err := os.ReadFile(c.socket + ".runs")
	if err != nil {
		c.Fatal(err)
	}
	c.Logf("%s: %d deliveries, each sent twice at least: %d acknowledged, %d answers, %d failures; %d runs, %d effects, %d keys, balance %d",
		c.mode, n, acknowledged, c.answers.Load(), c.lost.Load(), len(runs), effects, keys, balance)
	if acknowledged != n || len(missing) > 0 || keys != n || balance != want {
		c.Errorf("%d acknowledged, %d without an effect, %d keys, balance %d: want %d, and %d", acknowledged, len(missing), keys, balance, n, want)
	}
	if c.lost.Load() == 0 {
		c.Error("nothing has failed: the workers were not killed in the midst of it")
	}
}
