package sqlonce

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// ErrNoKey is what Do returns for a delivery without a key, which can't be recognised when
// it is repeated. The sender is told 500. See Unkeyed.
var ErrNoKey = errors.New("sqlonce: the delivery has no key: set Options.Key, or allow it with Unkeyed")

// Once keeps the keys of what was done in a table of your database. Make one with New for
// all functions of a database; it is safe for concurrent use.
type Once[TX any] struct {
	db      Database[TX]
	dialect Dialect
	turns   turns
}

// Database is what Once needs of a database: New has one of database/sql. Implement it for
// a driver that has transactions of its own.
type Database[TX any] interface {
	// Begin begins a transaction, which ends with the context.
	Begin(ctx context.Context) (TX, error)
	Commit(ctx context.Context, tx TX) error
	// Rollback ends a transaction that may have failed or ended already.
	Rollback(ctx context.Context, tx TX) error
	// Exec executes a statement in the transaction and returns how many rows it changed.
	Exec(ctx context.Context, tx TX, query string, args ...any) (int64, error)
}

// New makes a Once of database/sql.
func New(db *sql.DB, dialect Dialect) *Once[*sql.Tx] {
	return NewFor(Database[*sql.Tx](pool{db}), dialect)
}

// NewFor makes a Once of a driver's own transactions.
func NewFor[TX any](db Database[TX], dialect Dialect) *Once[TX] {
	return &Once[TX]{db: db, dialect: dialect}
}

// pool is the Database of database/sql.
type pool struct{ db *sql.DB }

func (p pool) Begin(ctx context.Context) (*sql.Tx, error)   { return p.db.BeginTx(ctx, nil) }
func (p pool) Commit(_ context.Context, tx *sql.Tx) error   { return tx.Commit() }
func (p pool) Rollback(_ context.Context, tx *sql.Tx) error { return tx.Rollback() }
func (p pool) Exec(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Option changes what Do makes of a function.
type Option func(*settings)

type settings struct{ unkeyed bool }

// Unkeyed lets deliveries without a key run, in a transaction, each time they come. It is
// for functions that do no harm when they run twice.
func Unkeyed(s *settings) { s.unkeyed = true }

// Do makes a function of an event that runs once for each key, in a transaction. fn does
// its work with tx, and neither commits nor rolls back; what it does otherwise is not undone
// when it runs again. A repetition returns envelope.ErrDuplicate: the sender is told 200. A
// database that does not answer is told 503.
func Do[TX, M, T any](once *Once[TX], fn func(context.Context, TX, *envelope.Delivery[M, T]) error, options ...Option) envelope.Func[M, T] {
	var s settings
	for _, option := range options {
		option(&s)
	}
	return func(ctx context.Context, d *envelope.Delivery[M, T]) error {
		if d.Key == "" && !s.unkeyed {
			return ErrNoKey
		}
		r := rowOf(ctx)
		if r == nil {
			return once.run(ctx, d.Key, func(tx TX) error { return fn(ctx, tx, d) })
		}
		key := d.Key
		if key == "" {
			key = r.key()
		}
		err := once.run(ctx, key, func(tx TX) error {
			if err := fn(ctx, tx, d); err != nil {
				return err
			}
			if _, err := once.exec(ctx, tx, markDone, r.id); err != nil {
				return &databaseError{what: "mark as done", err: err}
			}
			return nil
		})
		r.done, r.duplicate = err == nil, errors.Is(err, envelope.ErrDuplicate)
		return err
	}
}

// exec executes one of our statements.
func (o *Once[TX]) exec(ctx context.Context, tx TX, statement string, args ...any) (int64, error) {
	return o.db.Exec(ctx, tx, o.dialect.statement(statement), args...)
}

// digestOf is what a key is found by.
func digestOf(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

// run runs fn until its transaction has ended in one way or the other.
func (o *Once[TX]) run(ctx context.Context, key string, fn func(TX) error) error {
	if key != "" {
		leave, err := o.turns.enter(ctx, key)
		if err != nil {
			return envelope.RetryAfter(0, err)
		}
		defer leave()
	}
	lost := false // The connection, during a commit: it may have been done.
	for attempt := 1; ; attempt++ {
		err := o.try(ctx, key, fn)
		var failed *databaseError
		isOurs := errors.As(err, &failed)
		switch {
		case err == nil:
			return nil
		case lost && errors.Is(err, envelope.ErrDuplicate):
			return nil
		case attempt < o.dialect.attempts && ctx.Err() == nil && isTransient(err):
			lost = lost || isOurs && failed.commit
			if !pause(ctx, attempt) {
				return envelope.RetryAfter(0, err)
			}
		case isOurs:
			return envelope.RetryAfter(0, err)
		default:
			return err
		}
	}
}

// pause waits longer from one attempt to the next, and reports whether there is time left.
func pause(ctx context.Context, attempt int) bool {
	limit := min(5*time.Millisecond<<min(attempt, 7), 500*time.Millisecond)
	timer := time.NewTimer(rand.N(limit) + time.Millisecond) //nolint:gosec // It only spreads the attempts.
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// databaseError is one of the statements of this package, not of your function.
type databaseError struct {
	what   string
	commit bool
	err    error
}

func (e *databaseError) Error() string { return "sqlonce: " + e.what + ": " + e.err.Error() }
func (e *databaseError) Unwrap() error { return e.err }

// try is one transaction.
func (o *Once[TX]) try(ctx context.Context, key string, fn func(TX) error) (err error) {
	tx, err := o.db.Begin(ctx)
	if err != nil {
		return &databaseError{what: "begin", err: err}
	}
	committed := false
	defer func() { // Also when fn panics.
		if committed {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
		defer cancel()
		// What was not committed is undone by the database in any case.
		rollback := o.db.Rollback(ctx, tx)
		if rollback != nil && !errors.Is(rollback, sql.ErrTxDone) && isLost(err) {
			err = &databaseError{what: "lost", err: err}
		}
	}()
	if key != "" {
		if r := rowOf(ctx); r != nil && r.redo {
			if _, err := o.exec(ctx, tx, deleteKey, digestOf(key)); err != nil {
				return &databaseError{what: "delete key", err: err}
			}
		}
		n, err := o.exec(ctx, tx, o.dialect.insert, digestOf(key), readable(key), time.Now().Unix(), nil, nil)
		switch {
		case err != nil:
			return &databaseError{what: "insert key", err: err}
		case n == 0:
			return envelope.ErrDuplicate
		}
	}
	if err := fn(tx); err != nil {
		return err
	}
	if err := o.db.Commit(ctx, tx); err != nil {
		return &databaseError{what: "commit", commit: true, err: err}
	}
	committed = true
	return nil
}

// rollbackTime bounds a rollback and a note of what has happened, for which the function's own time may be over.
const rollbackTime = 5 * time.Second

// readable is a key as a column of text takes it. No two keys need to differ in it.
func readable(key string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(key, "\uFFFD"), "\x00", "\uFFFD")
}

// Migrate makes the table, if it is not there.
func (o *Once[TX]) Migrate(ctx context.Context) error { return o.migrate(ctx, o.dialect.schema) }

func (o *Once[TX]) migrate(ctx context.Context, schema string) error {
	return o.inTransaction(ctx, "migrate", func(tx TX) error {
		for statement := range strings.SplitSeq(schema, ";\n") {
			if statement == "" {
				continue
			}
			if _, err := o.db.Exec(ctx, tx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// Prune removes the keys of what was done before a moment, at most batch of them in one
// transaction, until none is left, and returns how many it removed. A repetition that comes
// later runs again: keep keys for as long as a sender may repeat a delivery, and you may
// replay one.
func (o *Once[TX]) Prune(ctx context.Context, before time.Time, batch int) (removed int64, err error) {
	if batch <= 0 {
		return 0, errors.New("sqlonce: a batch has no rows")
	}
	for {
		var n int64
		err := o.inTransaction(ctx, "prune", func(tx TX) (err error) {
			n, err = o.exec(ctx, tx, o.dialect.prune, before.Unix(), batch)
			return err
		})
		removed += n
		if err != nil || n < int64(batch) {
			return removed, err
		}
	}
}

// inTransaction does something of our own.
func (o *Once[TX]) inTransaction(ctx context.Context, what string, do func(TX) error) error {
	for attempt := 1; ; attempt++ {
		err := o.try(ctx, "", do)
		switch {
		case err == nil:
			return nil
		case attempt == o.dialect.attempts || !isTransient(err) || !pause(ctx, attempt):
			return fmt.Errorf("sqlonce: %s: %w", what, err)
		}
	}
}
