package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
)

// book is the ledger in its database.
type book struct {
	db      *sql.DB
	dialect sqlonce.Dialect
	once    *sqlonce.Once[*sql.Tx]
	inbox   *sqlonce.Inbox
}

// schema is understood by both databases. Points are decimals as text: no digit is lost, and
// sums are made in Go.
var schema = []string{
	`CREATE TABLE IF NOT EXISTS moves (
	delivery text NOT NULL,
	provider text NOT NULL,
	account text NOT NULL,
	unit text NOT NULL,
	event text NOT NULL,
	points text NOT NULL,
	stated text,
	happened_at bigint NOT NULL,
	ordered boolean NOT NULL
)`,
	`CREATE INDEX IF NOT EXISTS moves_account ON moves (provider, account)`,
	`CREATE TABLE IF NOT EXISTS stated (
	provider text NOT NULL,
	account text NOT NULL,
	unit text NOT NULL,
	points text NOT NULL,
	stated_at bigint NOT NULL,
	PRIMARY KEY (provider, account, unit)
)`,
}

// openBook opens the database and makes its tables.
func openBook(ctx context.Context, dsn string, log *slog.Logger) (*book, error) {
	driver, dialect := "sqlite", sqlonce.SQLite
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "host=") {
		driver, dialect = "pgx", sqlonce.Postgres
	} else {
		dsn = "file:" + cmp.Or(dsn, "ledger.db") + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	b := &book{db: db, dialect: dialect, once: sqlonce.New(db, dialect)}
	if b.inbox, err = sqlonce.NewInbox(db, dialect, sqlonce.InboxOptions{Logger: log}); err != nil {
		return nil, err
	}
	if err := errors.Join(b.once.Migrate(ctx), b.inbox.Migrate(ctx)); err != nil {
		b.close()
		return nil, err
	}
	for _, statement := range schema {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

func (b *book) close() { _ = b.db.Close() }

// move is what happened to the points of an account.
type move struct {
	provider, account, unit string
	event, delivery         string
	points                  envelope.Decimal // with its sign
	stated                  envelope.Decimal // what is left, as the provider says; not sent if it does not
	at                      time.Time
	ordered                 bool // at is the provider's, and tells what came first
}

// write adds a move. Whether it was there is the business of its delivery's key.
func (m move) write(ctx context.Context, tx *sql.Tx) error {
	if !m.points.Sent() {
		return errors.New("a move without points")
	}
	_, err := tx.ExecContext(ctx, insertMove,
		m.delivery, m.provider, m.account, m.unit, m.event, m.points, m.stated, m.at.UnixNano(), m.ordered)
	return err
}

// state remembers a balance that a provider states without a move, unless a newer one is
// there: twice does no harm, and late none either.
func (m move) state(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx,
		`INSERT INTO stated (provider, account, unit, points, stated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (provider, account, unit) DO UPDATE SET points = excluded.points, stated_at = excluded.stated_at
		WHERE excluded.stated_at >= stated.stated_at`,
		m.provider, m.account, m.unit, m.stated, m.at.UnixNano())
	return err
}

// entry is a line of an account's statement.
type entry struct {
	At      time.Time         `json:"at"`
	Event   string            `json:"event"`
	Points  envelope.Decimal  `json:"points"`
	Balance envelope.Decimal  `json:"balance"`
	Missing *envelope.Decimal `json:"missing,omitempty"` // what the provider states beyond that
}

// statement is an account of one unit.
type statement struct {
	Provider string            `json:"provider"`
	Account  string            `json:"account"`
	Unit     string            `json:"unit"`
	Opening  envelope.Decimal  `json:"opening"` // before the first entry
	Entries  []entry           `json:"entries,omitempty"`
	Balance  envelope.Decimal  `json:"balance"`
	Stated   *envelope.Decimal `json:"stated,omitempty"` // by a delivery that moves nothing
	Checked  int               `json:"checked"`          // entries after which the provider states the same
	Gaps     int               `json:"gaps"`             // entries before which a move is missing
}

// statements reads the accounts; empty names stand for all.
func (b *book) statements(ctx context.Context, provider, account string) ([]statement, error) {
	rows, err := b.db.QueryContext(ctx,
		`SELECT provider, account, unit, event, points, stated, happened_at, ordered FROM moves
		WHERE ($1 = '' OR provider = $1) AND ($2 = '' OR account = $2)`, provider, account)
	if err != nil {
		return nil, err
	}
	var moves []move
	for rows.Next() {
		var m move
		var at int64
		if err := rows.Scan(&m.provider, &m.account, &m.unit, &m.event, &m.points, &m.stated, &at, &m.ordered); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		m.at = time.Unix(0, at).UTC()
		moves = append(moves, m)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	return balance(moves), nil
}

// balance makes statements of moves, in whatever order they have come.
func balance(moves []move) []statement {
	slices.SortStableFunc(moves, func(a, b move) int {
		return cmp.Or(
			cmp.Compare(a.provider, b.provider), cmp.Compare(a.account, b.account), cmp.Compare(a.unit, b.unit),
			a.at.Compare(b.at),
		)
	})
	var list []statement
	for i, m := range moves {
		if i == 0 || m.provider != moves[i-1].provider || m.account != moves[i-1].account || m.unit != moves[i-1].unit {
			opening := envelope.MustDecimal("0")
			if m.ordered && m.stated.Sent() {
				opening = m.stated.Sub(m.points) // What was there before the first delivery.
			}
			list = append(list, statement{Provider: m.provider, Account: m.account, Unit: m.unit, Opening: opening, Balance: opening})
		}
		list[len(list)-1].add(m)
	}
	return list
}

// add adds a move, and compares with what the provider states. Where times do not tell what
// came first, there is nothing to compare.
func (s *statement) add(m move) {
	s.Balance = s.Balance.Add(m.points)
	e := entry{At: m.at, Event: m.event, Points: m.points}
	switch {
	case !m.ordered || !m.stated.Sent():
	case s.Balance.Equal(m.stated):
		s.Checked++
	default:
		missing := m.stated.Sub(s.Balance)
		e.Missing = &missing
		s.Gaps++
		s.Balance = m.stated
	}
	e.Balance = s.Balance
	s.Entries = append(s.Entries, e)
}

// statedBalances reads the balances that were stated without a move.
func (b *book) statedBalances(ctx context.Context) (map[[3]string]envelope.Decimal, error) {
	rows, err := b.db.QueryContext(ctx, `SELECT provider, account, unit, points FROM stated`)
	if err != nil {
		return nil, err
	}
	found := map[[3]string]envelope.Decimal{}
	for rows.Next() {
		var of [3]string
		var points envelope.Decimal
		if err := rows.Scan(&of[0], &of[1], &of[2], &points); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		found[of] = points
	}
	return found, errors.Join(rows.Err(), rows.Close())
}
