package sqlonce

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Selection chooses stored deliveries: those for which all fields hold that are set. The
// zero value chooses all.
type Selection struct {
	From, To time.Time // when they were received: From, and before To
	Provider string
	Event    string
	Tenant   string
	Key      string // Delivery.Key
	State    State

	// Match decides by the message, after everything else. Decode its body to find the
	// deliveries of one person.
	Match func(envelope.Message) bool
}

// Report counts what a Replay has done.
type Report struct {
	Chosen     int // in all
	Handled    int // the function ran, or it is not bound by Do and nobody knows
	Duplicates int // the effect was there
	Failed     int // the function failed, or the delivery was refused
	Unhandled  int // there is no handler of that provider and name
}

// Replay has the handlers dispatch stored deliveries again, in the order in which they were
// received, whatever their state, and notes how that went. A function bound by Do changes
// nothing for a delivery whose key is there. Keys that were pruned are not there: keep them
// for longer than deliveries. Without handlers Replay only counts what is chosen, for a dry
// run.
//
// The handlers should have no Options.Idempotency: what that takes for a repetition counts as
// handled. An error is of the database or of ctx; the report says how far it came.
func (b *Inbox) Replay(ctx context.Context, chosen Selection, handlers ...*envelope.Handler) (Report, error) {
	return b.replay(ctx, chosen, false, handlers)
}

// Redo is Replay for deliveries whose effects you have removed, such as those of a function
// with a fault: functions bound by Do run although the key is there. An effect that is still
// there comes twice.
func (b *Inbox) Redo(ctx context.Context, chosen Selection, handlers ...*envelope.Handler) (Report, error) {
	return b.replay(ctx, chosen, true, handlers)
}

func (b *Inbox) replay(ctx context.Context, chosen Selection, redo bool, handlers []*envelope.Handler) (Report, error) {
	var report Report
	err := b.each(ctx, chosen, func(r *row) error {
		report.Chosen++
		if len(handlers) == 0 {
			return nil
		}
		h := handlerOf(r, handlers)
		if h == nil {
			report.Unhandled++
			return nil
		}
		r.redo = redo
		if err := b.open(r); err != nil {
			b.complain(ctx, "a delivery can't be opened", err)
			report.Failed++
			return nil
		}
		failure := h.Dispatch(context.WithValue(ctx, rowKey{}, r), r.message)
		switch {
		case failure != nil && ctx.Err() != nil:
			return ctx.Err()
		case failure != nil:
			report.Failed++
			return b.exec(ctx, `UPDATE loyaltyhooks_inbox SET state = 2, failure = ? WHERE id = ?`, kindOf(failure), r.id)
		case r.duplicate:
			report.Duplicates++
		default:
			report.Handled++
		}
		return b.end(ctx, r, nil)
	})
	return report, err
}

const deleteKey = `DELETE FROM loyaltyhooks_once WHERE id = ?`

func handlerOf(r *row, handlers []*envelope.Handler) *envelope.Handler {
	for _, h := range handlers {
		if column(h.Provider()) == r.provider && column(h.Name()) == r.handler {
			return h
		}
	}
	return nil
}

// Delete removes stored deliveries, and returns how many. Call it from time to time with a
// Selection.To and State Done, so that no more is kept than you need. The keys stay: a
// repetition is still recognised.
func (b *Inbox) Delete(ctx context.Context, chosen Selection) (removed int, err error) {
	return b.remove(ctx, chosen, false)
}

// Forget removes stored deliveries and their keys of Do: a key may hold the id of a person.
// If the sender repeats such a delivery, or you replay it from elsewhere, it runs again.
func (b *Inbox) Forget(ctx context.Context, chosen Selection) (removed int, err error) {
	return b.remove(ctx, chosen, true)
}

func (b *Inbox) remove(ctx context.Context, chosen Selection, keys bool) (removed int, err error) {
	err = b.each(ctx, chosen, func(r *row) error {
		err := b.once.inTransaction(ctx, "delete", func(tx *sql.Tx) error {
			_, err := b.once.exec(ctx, tx, `DELETE FROM loyaltyhooks_inbox WHERE id = ?`, r.id)
			if err != nil || !keys {
				return err
			}
			for _, id := range [][]byte{r.id, digestOf(r.key())} { // With a key, and without.
				if _, err := b.once.exec(ctx, tx, deleteKey, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			removed++
		}
		return err
	})
	return removed, err
}

// pageSize is how many rows are in memory at once: each may be as long as a body.
const pageSize = 16

// each calls do for the chosen rows, in the order of their reception. It looks at each row
// once, also if do changes it; what comes meanwhile may be missed.
func (b *Inbox) each(ctx context.Context, chosen Selection, do func(*row) error) error {
	var last *row
	for {
		rows, err := b.page(ctx, chosen, last)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if chosen.Match != nil {
				if err := b.open(r); err != nil {
					return err
				}
				if !chosen.Match(r.message) {
					continue
				}
			}
			if err := do(r); err != nil {
				return err
			}
		}
		if len(rows) < pageSize {
			return nil
		}
		last = rows[len(rows)-1]
	}
}

// page reads the rows that follow another one.
func (b *Inbox) page(ctx context.Context, chosen Selection, last *row) (list []*row, err error) {
	statement, args := chosen.where(last)
	rows, err := b.db.QueryContext(ctx, b.once.dialect.statement(statement), append(args, pageSize)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r := new(row)
		if err := rows.Scan(&r.id, &r.provider, &r.handler, &r.attempts, &r.state, &r.received, &r.sealed, &r.body); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// where writes the statement of a selection.
func (s Selection) where(last *row) (string, []any) {
	var conditions []string
	var args []any
	and := func(condition string, values ...any) {
		conditions = append(conditions, condition)
		args = append(args, values...)
	}
	if !s.From.IsZero() {
		and("received_at >= ?", s.From.UnixNano())
	}
	if !s.To.IsZero() {
		and("received_at < ?", s.To.UnixNano())
	}
	for name, value := range map[string]string{"provider": s.Provider, "event": s.Event, "tenant": s.Tenant} {
		if value != "" {
			and(name+" = ?", column(value))
		}
	}
	if s.Key != "" {
		and("id = ?", digestOf(s.Key))
	}
	if s.State != "" {
		and("state = ?", stateNumbers[s.State])
	}
	if last != nil {
		and("(received_at > ? OR received_at = ? AND id > ?)", last.received, last.received, last.id)
	}
	text := "SELECT id, provider, handler, attempts, state, received_at, message, body FROM loyaltyhooks_inbox"
	if len(conditions) > 0 {
		text += " WHERE " + strings.Join(conditions, " AND ")
	}
	return text + " ORDER BY received_at, id LIMIT ?", args
}
