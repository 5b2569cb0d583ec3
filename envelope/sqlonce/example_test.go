package sqlonce_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"log"
	"net/http"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// The balance and the key of the delivery are committed together. Open Loyalty sends an id
// with each delivery, so that nothing else is needed.
func Example() {
	db, err := sql.Open("pgx", "postgres://loyalty@db/loyalty") // with the driver of your choice
	if err != nil {
		log.Fatal(err)
	}
	once := sqlonce.New(db, sqlonce.Postgres)
	if err := once.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{"whsec_..."}},
		openloyalty.AvailablePointsAmountChanged.Handle(sqlonce.Do(once, credit)),
	)
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("POST /webhooks/openloyalty", h)
}

func credit(ctx context.Context, tx *sql.Tx, d *openloyalty.Delivery[openloyalty.AvailablePointsAmountChangedData]) error {
	p := d.Payload
	_, err := tx.ExecContext(ctx,
		`INSERT INTO moves (customer, direction, points) VALUES ($1, $2, $3)`,
		p.Customer.CustomerID, p.AmountChangeType, p.AmountChange)
	return err
}

// A provider without ids needs a key function; what it has no key for is refused unless the
// function may run twice.
func ExampleUnkeyed() {
	once := sqlonce.New(openDatabase(), sqlonce.MySQL)
	_, err := masivo.NewHandler(
		masivo.Config{
			Secrets: []string{"..."},
			Options: envelope.Options{Key: masivo.NaturalKey},
		},
		masivo.TierUpgrade.Handle(sqlonce.Do(once, setTier, sqlonce.Unkeyed)),
	)
	if err != nil {
		log.Fatal(err)
	}
}

// To set a tier twice does no harm.
func setTier(ctx context.Context, tx *sql.Tx, d *masivo.Delivery[masivo.TierChangeData]) error {
	_, err := tx.ExecContext(ctx, `UPDATE customers SET tier = ? WHERE id = ?`, d.Payload.ToTierID, d.Payload.CustomerID)
	return err
}

// Once a day, the keys of the month before are removed, a thousand at a time.
func ExampleOnce_Prune() {
	once := sqlonce.New(openDatabase(), sqlonce.SQLite)
	for range time.Tick(24 * time.Hour) {
		removed, err := once.Prune(context.Background(), time.Now().AddDate(0, -1, 0), 1000)
		log.Print("keys removed: ", removed, " ", err)
	}
}

// A mail can't be rolled back. A store of claims sees to it that one worker sends it at a
// time, and none again after it is sent; a process that dies in between sends it twice.
func ExampleStore() {
	_, err := openloyalty.NewHandler(
		openloyalty.Config{
			Secrets: []string{"whsec_..."},
			Options: envelope.Options{
				Idempotency: &envelope.Idempotency{Store: sqlonce.NewStore(openDatabase(), sqlonce.Postgres)},
			},
		},
		openloyalty.CustomerRegistered.Handle(func(ctx context.Context, d *openloyalty.Delivery[openloyalty.CustomerRegisteredData]) error {
			return welcome(ctx, d.Payload.CustomerID)
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
}

// The receiver answers once a delivery is committed; workers of any process take it from
// there, try again what fails, and keep what fails in the end.
func ExampleInbox() {
	db := openDatabase()
	once := sqlonce.New(db, sqlonce.Postgres)
	inbox, err := sqlonce.NewInbox(db, sqlonce.Postgres, sqlonce.InboxOptions{})
	if err != nil {
		log.Fatal(err)
	}
	if err := inbox.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	receiver, err := openloyalty.NewHandler(openloyalty.Config{Secrets: []string{"whsec_..."}},
		envelope.HandOff[openloyalty.Meta](inbox.Put))
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("POST /webhooks/openloyalty", receiver)

	worker, err := openloyalty.NewHandler(openloyalty.Config{Options: envelope.Options{DispatchOnly: true}},
		openloyalty.AvailablePointsAmountChanged.Handle(sqlonce.Do(once, credit)))
	if err != nil {
		log.Fatal(err)
	}
	for range 4 {
		go inbox.Work(context.Background(), worker)
	}
}

// After a fault of a function is mended, what has failed since yesterday is handled again.
func ExampleInbox_Replay() {
	inbox, worker := openInbox()
	chosen := sqlonce.Selection{From: time.Now().AddDate(0, 0, -1), State: sqlonce.Failed}
	report, err := inbox.Replay(context.Background(), chosen) // no handler: only counted
	log.Print(report.Chosen, " ", err)
	report, err = inbox.Replay(context.Background(), chosen, worker)
	log.Printf("%+v %v", report, err)
}

// All deliveries of one customer are removed, and what is older than a month.
func ExampleInbox_Forget() {
	inbox, _ := openInbox()
	removed, err := inbox.Forget(context.Background(), sqlonce.Selection{
		Provider: openloyalty.Name,
		Match: func(m envelope.Message) bool {
			var body struct {
				Data struct {
					Customer struct {
						CustomerID string `json:"customerId"`
					} `json:"customer"`
				} `json:"data"`
			}
			return json.Unmarshal(m.Body, &body) == nil && body.Data.Customer.CustomerID == "1efcac2c-82eb-4c2c-9c95-d302ccf53110"
		},
	})
	log.Print(removed, " ", err)
	removed, err = inbox.Delete(context.Background(), sqlonce.Selection{State: sqlonce.Done, To: time.Now().AddDate(0, -1, 0)})
	log.Print(removed, " ", err)
}

func openInbox() (*sqlonce.Inbox, *envelope.Handler) { return nil, nil }

func openDatabase() *sql.DB { return nil }

func welcome(context.Context, string) error { return nil }
