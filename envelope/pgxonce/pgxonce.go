// Package pgxonce is package sqlonce for users of pgx: a function runs once for each key, in
// a transaction of pgx.
package pgxonce

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
)

// New makes a Once whose functions get a pgx.Tx, for sqlonce.Do.
func New(pool *pgxpool.Pool) *sqlonce.Once[pgx.Tx] {
	return sqlonce.NewFor(sqlonce.Database[pgx.Tx](database{pool}), sqlonce.Postgres)
}

type database struct{ pool *pgxpool.Pool }

func (d database) Begin(ctx context.Context) (pgx.Tx, error)     { return d.pool.Begin(ctx) }
func (d database) Commit(ctx context.Context, tx pgx.Tx) error   { return tx.Commit(ctx) }
func (d database) Rollback(ctx context.Context, tx pgx.Tx) error { return tx.Rollback(ctx) }

func (d database) Exec(ctx context.Context, tx pgx.Tx, query string, args ...any) (int64, error) {
	tag, err := tx.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}
