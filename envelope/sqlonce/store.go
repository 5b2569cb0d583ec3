package sqlonce

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Store is an envelope.Store in the table of Once, for effects that no transaction holds: a
// mail, or a call of another service. Its keys are not those of Do: with both, each asks its
// own. Leases end by the clock of the database. Use NewStore.
type Store struct {
	db      *sql.DB
	dialect Dialect
}

var _ envelope.Store = (*Store)(nil)

// NewStore makes a Store. The table is that of Once.Migrate.
func NewStore(db *sql.DB, dialect Dialect) *Store { return &Store{db, dialect} }

// idOf is the digest under which a Store has a key. It is no digest of a key alone, which
// is what Do has.
func idOf(key string) []byte {
	return digestOf("store\x00" + key)
}

// Claim takes a key, as envelope.Store says.
func (s *Store) Claim(ctx context.Context, key string, lease time.Duration) (envelope.Claim, error) {
	id, token, now := idOf(key), rand.Text(), time.Now().Unix()
	n, err := s.exec(ctx, s.dialect.insert, id, readable(key), now, token, lease.Milliseconds())
	if err == nil && n == 0 {
		n, err = s.exec(ctx, takeOver, token, lease.Milliseconds(), now, id)
	}
	switch {
	case err != nil:
		return envelope.Claim{}, err
	case n > 0:
		return envelope.Claim{State: envelope.StateClaimed, Token: token}, nil
	}
	isDone := false
	err = s.db.QueryRowContext(ctx, s.dialect.statement(look), id).Scan(&isDone)
	switch {
	case errors.Is(err, sql.ErrNoRows): // It was released in this moment.
		return envelope.Claim{State: envelope.StateRunning}, nil
	case err != nil:
		return envelope.Claim{}, err
	case isDone:
		return envelope.Claim{State: envelope.StateDone}, nil
	}
	return envelope.Claim{State: envelope.StateRunning}, nil
}

// Finish marks a key as done, as envelope.Store says, also after the lease has ended, unless
// the key was claimed again.
func (s *Store) Finish(ctx context.Context, key, token string) error {
	return s.end(ctx, finish, time.Now().Unix(), idOf(key), token)
}

// Release frees a key, as envelope.Store says, when Finish would mark it.
func (s *Store) Release(ctx context.Context, key, token string) error {
	return s.end(ctx, release, idOf(key), token)
}

func (s *Store) end(ctx context.Context, statement string, args ...any) error {
	n, err := s.exec(ctx, statement, args...)
	if err == nil && n == 0 {
		return envelope.ErrLeaseLost
	}
	return err
}

// exec executes a statement, again if others were in its way.
func (s *Store) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	for attempt := 1; ; attempt++ {
		result, err := s.db.ExecContext(ctx, s.dialect.statement(statement), args...)
		if err == nil {
			return result.RowsAffected()
		}
		if attempt == s.dialect.attempts || !walk(err, isTransientCode) || !pause(ctx, attempt) {
			return 0, err
		}
	}
}
