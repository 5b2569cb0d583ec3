package databases_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/pgxonce"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/redisstore"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/databases"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// TestPgx: the same with transactions of pgx: one effect, while the first of 64 rolls back
// and the server is restarted under the others.
func TestPgx(t *testing.T) {
	server := databases.StartPostgres(t)
	pool, err := pgxpool.New(t.Context(), server.Source+" pool_max_conns=4")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	once := pgxonce.New(pool)
	if err := once.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "CREATE TABLE effects (delivery text NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	var runs atomic.Int64
	restarted := make(chan struct{})
	do := sqlonce.Do(once, func(ctx context.Context, tx pgx.Tx, d *tierDelivery) error {
		run := runs.Add(1)
		_, err := tx.Exec(ctx, "INSERT INTO effects VALUES ($1)", d.Key)
		switch {
		case err != nil:
			return err
		case run == 1:
			return errors.New("the first one fails")
		case run == 2:
			server.Restart(t)
			close(restarted)
		}
		return nil
	})
	h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{
		Unverified: true, Key: func(envelope.Keyed) string { return "one" },
	}}, masivo.TierUpgrade.Handle(do))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var good, failed atomic.Int64
	for range 64 {
		group.Go(func() {
			l := ledger{T: t}
			if l.deliver(h, "").Status == http.StatusOK {
				good.Add(1)
			} else {
				failed.Add(1)
			}
		})
	}
	group.Wait()
	<-restarted
	var effects int
	if err := pool.QueryRow(t.Context(), "SELECT COUNT(*) FROM effects").Scan(&effects); err != nil {
		t.Fatal(err)
	}
	if effects != 1 || good.Load() != 63 || failed.Load() != 1 {
		t.Errorf("%d effects, %d times 200, %d failed", effects, good.Load(), failed.Load())
	}
	if n, err := once.Prune(t.Context(), time.Now().Add(time.Hour), 10); n != 1 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
}

func TestRedisStore(t *testing.T) {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: databases.Redis(t)})
	t.Cleanup(func() { _ = client.Close() })
	store, err := redisstore.New(client, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	envelopetest.TestStore(t, func() envelope.Store { return store })
	t.Run("time to live", func(t *testing.T) {
		short, err := redisstore.New(client, 50*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		c, err := short.Claim(t.Context(), "ttl", time.Hour)
		if err == nil {
			err = short.Finish(t.Context(), "ttl", c.Token)
		}
		if err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			again, err := short.Claim(t.Context(), "ttl", time.Hour)
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("%v %v", again, err)
			}
			if again.State == envelope.StateClaimed {
				return
			}
		}
	})
	t.Run("down", func(t *testing.T) {
		nobody := redis.NewClient(&redis.Options{Network: "unix", Addr: t.TempDir() + "/none", MaxRetries: -1})
		t.Cleanup(func() { _ = nobody.Close() })
		down, err := redisstore.New(nobody, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{
			Unverified: true, Idempotency: &envelope.Idempotency{Store: down}, Key: func(envelope.Keyed) string { return "k" },
		}}, masivo.TierUpgrade.Handle(func(context.Context, *tierDelivery) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
		l := ledger{T: t}
		if got := l.deliver(h, ""); got.Status != http.StatusServiceUnavailable {
			t.Errorf("%d %v", got.Status, got.Err)
		}
	})
	if _, err := redisstore.New(client, 0); err == nil {
		t.Error("a store that remembers nothing")
	}
	if keys, err := client.Keys(t.Context(), "*TestStore*").Result(); err != nil || len(keys) > 0 {
		t.Errorf("keys are readable: %s", fmt.Sprint(keys, err))
	}
}
