package sqlonce

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// What a worker does with a row. A state of 0 is Waiting, 1 is Done, 2 is Failed.
const (
	selectDue   = `SELECT id FROM loyaltyhooks_inbox WHERE provider = ? AND handler = ? AND state = 0 AND due_at <= {now} ORDER BY due_at LIMIT 1`
	claimDue    = `UPDATE loyaltyhooks_inbox SET attempts = attempts + 1, due_at = {now} + ? WHERE id = ?`
	loadRow     = `SELECT message, body, attempts, state FROM loyaltyhooks_inbox WHERE id = ?`
	markDone    = `UPDATE loyaltyhooks_inbox SET state = 1, failure = '' WHERE id = ?`
	markWaiting = `UPDATE loyaltyhooks_inbox SET failure = ?, due_at = {now} + ? WHERE id = ? AND state = 0`
	giveBack    = `UPDATE loyaltyhooks_inbox SET attempts = attempts - 1, due_at = {now} + ? WHERE id = ? AND state = 0`
	markFailed  = `UPDATE loyaltyhooks_inbox SET state = 2, failure = ? WHERE id = ? AND state = 0`
)

// Work handles stored deliveries, one after the other, until ctx ends; the one that is being
// handled then is finished. Call it several times for more at once, in as many processes as
// you like; with SQLite one is enough. The handlers are those of workers, with DispatchOnly;
// each gets the deliveries of its provider and name. Deliveries are taken as they become due,
// which is no order to rely on.
//
// What fails is tried again after a while, if envelope.Error.Retryable says so, and stays as
// Failed in the end. The handlers log and observe every attempt. A database that does not
// answer is waited for.
func (b *Inbox) Work(ctx context.Context, handlers ...*envelope.Handler) {
	for ctx.Err() == nil {
		worked := false
		for _, h := range handlers {
			r, err := b.take(ctx, h)
			switch {
			case err != nil:
				b.complain(ctx, "no delivery can be taken", err)
			case r != nil && b.handle(context.WithoutCancel(ctx), h, r):
				worked = true
			}
		}
		if worked {
			continue
		}
		timer := time.NewTimer(b.options.Poll)
		select {
		case <-ctx.Done():
		case <-b.stored:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// take claims the delivery of a handler that is due, or returns nil. Who claims it has it for
// the time of a lease.
func (b *Inbox) take(ctx context.Context, h *envelope.Handler) (*row, error) {
	var r *row
	err := b.once.inTransaction(ctx, "take", func(tx *sql.Tx) error {
		r = new(row)
		statement := b.once.dialect.statement(selectDue + b.once.dialect.locked)
		err := tx.QueryRowContext(ctx, statement, column(h.Provider()), column(h.Name())).Scan(&r.id)
		if errors.Is(err, sql.ErrNoRows) {
			r = nil
			return nil
		}
		if err != nil {
			return err
		}
		_, err = b.once.exec(ctx, tx, claimDue, b.options.Lease.Milliseconds(), r.id)
		return err
	})
	if err != nil {
		r = nil
		if ctx.Err() != nil {
			err = nil
		}
	}
	return r, err
}

// handle dispatches a delivery that was taken, and reports whether to go on at once.
func (b *Inbox) handle(ctx context.Context, h *envelope.Handler, r *row) bool {
	err := b.db.QueryRowContext(ctx, b.once.dialect.statement(loadRow), r.id).Scan(&r.sealed, &r.body, &r.attempts, &r.state)
	if errors.Is(err, sql.ErrNoRows) || err == nil && r.state != stateNumbers[Waiting] {
		return true // It was deleted, or done by somebody whose lease had ended.
	}
	if err != nil {
		b.complain(ctx, "a delivery can't be read", err)
		return false // It is due again when the lease ends.
	}
	if err := b.open(r); err != nil {
		b.complain(ctx, "a delivery can't be opened", err)
		return true
	}
	failure := h.Dispatch(context.WithValue(ctx, rowKey{}, r), r.message)
	isFull := false // The handler takes nothing now: that is no attempt.
	var e *envelope.Error
	if errors.As(failure, &e) && (e.Kind == envelope.KindDraining || e.Kind == envelope.KindBusy) {
		isFull = true
		err = b.exec(ctx, giveBack, b.options.Poll.Milliseconds(), r.id)
	} else {
		err = b.end(ctx, r, failure)
	}
	if err != nil {
		b.complain(ctx, "an attempt can't be noted", err)
	}
	return err == nil && !isFull
}

// end notes how an attempt went, for which the function's own time may be over. With Do a
// success has been noted already.
func (b *Inbox) end(ctx context.Context, r *row, failure error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	var e *envelope.Error
	switch {
	case failure == nil && r.done:
		return nil
	case failure == nil:
		return b.exec(ctx, markDone, r.id)
	case errors.As(failure, &e) && e.Retryable() && r.attempts < b.options.Attempts:
		delay := max(b.options.Backoff(max(r.attempts, 1)), e.RetryAfter)
		return b.exec(ctx, markWaiting, string(e.Kind), delay.Milliseconds(), r.id)
	}
	return b.exec(ctx, markFailed, kindOf(failure), r.id)
}

func kindOf(err error) string {
	var e *envelope.Error
	if errors.As(err, &e) {
		return string(e.Kind)
	}
	return string(envelope.KindFailed)
}

func (b *Inbox) complain(ctx context.Context, what string, err error) {
	b.options.Logger.LogAttrs(ctx, slog.LevelError, "sqlonce: "+what, slog.Any("error", err))
}
