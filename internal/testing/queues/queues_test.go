package queues_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	watermillnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	watermillsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/redis/go-redis/v9"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/queue"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/databases"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// broker is a queue that can be restarted.
type broker struct {
	publisher  message.Publisher
	subscriber func(consumer string) message.Subscriber
	restart    func()
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// postgres is Watermill's SQL. The payload is a column of bytes: one of JSON takes no other
// text than JSON, and a body is whatever was sent.
func postgres(t *testing.T) broker {
	t.Helper()
	s := databases.StartPostgres(t)
	db := must[*sql.DB](t)(sql.Open("pgx", s.Source))
	t.Cleanup(func() { _ = db.Close() })
	schema := watermillsql.DefaultPostgreSQLSchema{GeneratePayloadType: func(string) string { return "BYTEA" }, SubscribeBatchSize: 10}
	return broker{
		publisher: must[*watermillsql.Publisher](t)(watermillsql.NewPublisher(watermillsql.BeginnerFromStdSQL(db), watermillsql.PublisherConfig{
			SchemaAdapter: schema, AutoInitializeSchema: true,
		}, watermill.NopLogger{})),
		subscriber: func(string) message.Subscriber {
			return must[*watermillsql.Subscriber](t)(watermillsql.NewSubscriber(watermillsql.BeginnerFromStdSQL(db), watermillsql.SubscriberConfig{
				ConsumerGroup: "workers", SchemaAdapter: schema, OffsetsAdapter: watermillsql.DefaultPostgreSQLOffsetsAdapter{}, InitializeSchema: true,
				PollInterval: 10 * time.Millisecond, ResendInterval: 10 * time.Millisecond, RetryInterval: 50 * time.Millisecond,
			}, watermill.NopLogger{}))
		},
		restart: func() { s.Restart(t) },
	}
}

func redisStream(t *testing.T) broker {
	t.Helper()
	s := databases.StartRedis(t)
	client := func() *redis.Client { // One for each: Close of a Publisher or a Subscriber closes it.
		c := redis.NewClient(&redis.Options{Network: "unix", Addr: s.Socket})
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	return broker{
		publisher: must[*redisstream.Publisher](t)(redisstream.NewPublisher(redisstream.PublisherConfig{Client: client()}, watermill.NopLogger{})),
		subscriber: func(consumer string) message.Subscriber {
			return must[*redisstream.Subscriber](t)(redisstream.NewSubscriber(redisstream.SubscriberConfig{
				Client: client(), ConsumerGroup: "workers", Consumer: consumer, OldestId: "0",
				NackResendSleep: 10 * time.Millisecond, BlockTime: 100 * time.Millisecond, DisableIndefiniteInitialBlock: true,
				ClaimInterval: 200 * time.Millisecond, MaxIdleTime: time.Second,
				ShouldStopOnReadErrors: func(error) bool { return false },
			}, watermill.NopLogger{}))
		},
		restart: func() { s.Restart(t) },
	}
}

func jetStream(t *testing.T) broker {
	t.Helper()
	folder := t.TempDir()
	var running *server.Server
	port := server.RANDOM_PORT
	start := func() {
		running = must[*server.Server](t)(server.NewServer(&server.Options{
			Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: folder, NoSigs: true, SyncAlways: true,
		}))
		running.Start()
		if !running.ReadyForConnections(20 * time.Second) {
			t.Fatal("NATS does not answer")
		}
	}
	start()
	url := running.ClientURL()
	_, _ = fmt.Sscanf(url[strings.LastIndex(url, ":")+1:], "%d", &port)
	t.Cleanup(func() { running.Shutdown(); running.WaitForShutdown() })
	options := []nats.Option{nats.MaxReconnects(-1), nats.ReconnectWait(50 * time.Millisecond), nats.RetryOnFailedConnect(true)}
	js := watermillnats.JetStreamConfig{AutoProvision: true, TrackMsgId: true, DurablePrefix: "workers"}
	return broker{
		publisher: must[*watermillnats.Publisher](t)(watermillnats.NewPublisher(watermillnats.PublisherConfig{
			URL: url, NatsOptions: options, Marshaler: &watermillnats.NATSMarshaler{}, JetStream: js,
		}, watermill.NopLogger{})),
		subscriber: func(string) message.Subscriber {
			return must[*watermillnats.Subscriber](t)(watermillnats.NewSubscriber(watermillnats.SubscriberConfig{
				URL: url, NatsOptions: options, Unmarshaler: &watermillnats.NATSMarshaler{}, QueueGroupPrefix: "workers", SubscribersCount: 2,
				AckWaitTimeout: 5 * time.Second, CloseTimeout: 5 * time.Second, JetStream: js,
			}, watermill.NopLogger{}))
		},
		restart: func() {
			running.Shutdown()
			running.WaitForShutdown()
			start()
		},
	}
}

type upgrade = masivo.Delivery[masivo.TierChangeData]

// effects is where the functions of workers write, once for each key.
type effects struct {
	*testing.T

	db     *sql.DB
	worker *envelope.Handler
	runs   atomic.Int64
}

func newEffects(t *testing.T) *effects {
	t.Helper()
	e := &effects{T: t, db: databases.SQLite(t)}
	once := sqlonce.New(e.db, sqlonce.SQLite)
	if err := once.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.db.ExecContext(t.Context(), "CREATE TABLE effects (customer text NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	credit := func(ctx context.Context, tx *sql.Tx, d *upgrade) error {
		run := e.runs.Add(1)
		_, err := tx.ExecContext(ctx, "INSERT INTO effects (customer) VALUES (?)", d.Payload.CustomerID)
		if run%50 == 0 {
			err = errors.Join(err, errors.New("fails now and then"))
		}
		return err
	}
	var err error
	e.worker, err = masivo.NewHandler(masivo.Config{Options: envelope.Options{DispatchOnly: true}}, masivo.TierUpgrade.Handle(sqlonce.Do(once, credit)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// count is how many effects there are, and of how many customers.
func (e *effects) count() (all, customers int) {
	e.Helper()
	if err := e.db.QueryRowContext(e.Context(), "SELECT COUNT(*), COUNT(DISTINCT customer) FROM effects").Scan(&all, &customers); err != nil {
		e.Fatal(err)
	}
	return all, customers
}

// start runs a router with a worker, and returns what stops it.
func (e *effects) start(b broker, name string) (stop func()) {
	e.Helper()
	router := must[*message.Router](e.T)(message.NewRouter(message.RouterConfig{CloseTimeout: 10 * time.Second}, watermill.NopLogger{}))
	again := must[message.HandlerMiddleware](e.T)(queue.Retry(queue.RetryOptions{Wait: 5 * time.Millisecond, MaxWait: 50 * time.Millisecond, DeadLetters: b.publisher, Topic: "dead"}))
	router.AddConsumerHandler(name, "webhooks", b.subscriber(name), queue.Worker(e.worker)).AddMiddleware(again)
	ended := make(chan error, 1)
	go func() { ended <- router.Run(context.Background()) }()
	select {
	case <-router.Running():
	case err := <-ended:
		e.Fatalf("the worker %s has ended: %v", name, err)
	}
	return func() {
		_ = router.Close()
		if err := <-ended; err != nil {
			e.Error(err)
		}
	}
}

// deliveries is how many are sent; each twice.
func deliveries() int {
	if os.Getenv("LOYALTYHOOKS_ENDURANCE") != "" {
		return 5000
	}
	return 2000
}

// TestBrokers: deliveries go through real brokers, which are restarted once, to workers, of
// which one is replaced in the midst of it. Each that was acknowledged has its effect once.
func TestBrokers(t *testing.T) {
	for name, open := range map[string]func(*testing.T) broker{"PostgreSQL": postgres, "Redis": redisStream, "JetStream": jetStream} {
		t.Run(name, func(t *testing.T) {
			b, e := open(t), newEffects(t)
			front, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{
				Unverified: true, Timeout: 5 * time.Second, Key: func(k envelope.Keyed) string { return k.Header.Get("X-Id") },
			}}, envelope.HandOff[masivo.Meta](queue.Publish(b.publisher, "webhooks")))
			if err != nil {
				t.Fatal(err)
			}
			stops := []func(){e.start(b, "one"), e.start(b, "two")}
			n := deliveries()
			var group sync.WaitGroup
			var acknowledged, refused atomic.Int64
			ids := make(chan int)
			for range 8 {
				group.Go(func() {
					for id := range ids {
						for send(t, front, id) != http.StatusOK {
							refused.Add(1)
							time.Sleep(5 * time.Millisecond)
						}
						acknowledged.Add(1)
					}
				})
			}
			for i := range 2 * n {
				switch i {
				case n / 2:
					b.restart()
				case n:
					stops[0]()
					stops[0] = e.start(b, "three")
				}
				ids <- i / 2
			}
			close(ids)
			group.Wait()
			for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				if _, customers := e.count(); customers == n {
					break
				}
			}
			for _, stop := range stops {
				stop()
			}
			all, customers := e.count()
			t.Logf("%s: %d acknowledged of %d sent twice, %d refused; %d runs, %d effects", name, acknowledged.Load(), n, refused.Load(), e.runs.Load(), all)
			if all != n || customers != n || acknowledged.Load() != int64(2*n) {
				t.Errorf("%d effects of %d customers, want %d", all, customers, n)
			}
		})
	}
}

func send(t *testing.T, h *envelope.Handler, id int) int {
	t.Helper()
	body := fmt.Sprintf(`{"event":"TIER_UPGRADE","data":{"customer_id":"c%d","from_tier_id":"1","from_tier_name":"a","from_tier_level":1,"to_tier_id":"2","to_tier_name":"b","to_tier_level":2,"triggered_by":"x"}}`, id)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Id", fmt.Sprint("d", id))
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer.Code
}
