package sqlonce

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Inbox remembers deliveries as they came, in a table of your database: to handle them
// later, to handle them again after a fault is mended, and to see what has failed. Make one
// with NewInbox; it is safe for concurrent use.
//
// Functions are bound by Do with a Once of the same database. Such a function, its key and
// the mark in the inbox are committed together. Other functions may run again for a
// delivery that they have handled, when a process dies in between.
type Inbox struct {
	once    *Once[*sql.Tx] // for its transactions
	db      *sql.DB
	options InboxOptions
	stored  chan struct{} // wakes an idle worker of this process
}

// InboxOptions are the settings of an Inbox. Zero values mean the defaults.
type InboxOptions struct {
	// Lease is how long a delivery stays with a worker that has vanished. It must be
	// longer than Options.Timeout of the handlers. Default: 2 minutes.
	Lease time.Duration

	// Attempts is how often a delivery is tried before it counts as failed. Default: 20.
	Attempts int

	// Backoff is the wait after an attempt; the first is 1. A longer wait that the function
	// asked for with envelope.RetryAfter counts. Default: a second, doubled from one attempt
	// to the next, and 10 minutes at most: with 20 attempts about two hours in all.
	Backoff func(attempt int) time.Duration

	// Poll is how often an idle worker looks for what other processes have stored.
	// Default: a second.
	Poll time.Duration

	// Seal and Open make what is stored of header, body and key unreadable, and readable
	// again, with a cipher and a key of yours. Provider, event, tenant and times stay
	// readable, because deliveries are selected by them, and so does a SHA-256 of the key,
	// by which a key can be guessed. Default: nothing is sealed.
	Seal, Open func([]byte) ([]byte, error)

	// Logger is told when a worker meets a database that does not answer, or a row that
	// can't be opened. Default: silent.
	Logger *slog.Logger
}

// State says what became of a stored delivery.
type State string

// The states.
const (
	Waiting State = "waiting" // for its first attempt, or for another one
	Done    State = "done"
	Failed  State = "failed" // too often, or in a way that another attempt does not mend
)

// stateNumbers are what the table has.
var stateNumbers = map[State]int{Waiting: 0, Done: 1, Failed: 2}

// NewInbox makes an Inbox. Migrate makes its table.
func NewInbox(db *sql.DB, dialect Dialect, options InboxOptions) (*Inbox, error) {
	if (options.Seal == nil) != (options.Open == nil) {
		return nil, errors.New("sqlonce: Seal and Open need each other")
	}
	if options.Seal == nil {
		asIs := func(text []byte) ([]byte, error) { return text, nil }
		options.Seal, options.Open = asIs, asIs
	}
	if options.Backoff == nil {
		options.Backoff = func(attempt int) time.Duration {
			return min(time.Second<<min(attempt-1, 10), 10*time.Minute)
		}
	}
	options.Lease = cmp.Or(options.Lease, 2*time.Minute)
	options.Attempts = cmp.Or(options.Attempts, 20)
	options.Poll = cmp.Or(options.Poll, time.Second)
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &Inbox{once: New(db, dialect), db: db, options: options, stored: make(chan struct{}, 1)}, nil
}

// InboxSchema is the SQL that Inbox.Migrate executes: one table and two indexes. The table
// holds deliveries, and so personal data, unless it is sealed.
func (d Dialect) InboxSchema() string { return d.inbox }

// Migrate makes the table, if it is not there.
func (b *Inbox) Migrate(ctx context.Context) error { return b.once.migrate(ctx, b.once.dialect.inbox) }

// Put stores a delivery, for Work to handle: it is the function of envelope.HandOff, so that
// the sender is told 200 once the delivery is committed, and 503 if the database does not
// answer. A repetition that is known by its key is stored once; one of a delivery that has
// failed lets it be tried again.
func (b *Inbox) Put(ctx context.Context, m envelope.Message) error {
	_, _, err := b.put(ctx, m, 0, 0)
	if err != nil {
		return envelope.RetryAfter(0, err)
	}
	select {
	case b.stored <- struct{}{}:
	default:
	}
	return nil
}

// Through stores a delivery and has a handler dispatch it at once, for envelope.HandOff: the
// sender is told what the handler says, and what fails is remembered. A repetition of what is
// done is told 200. Work may try again what has failed, beside the sender.
func (b *Inbox) Through(h *envelope.Handler) func(context.Context, envelope.Message) error {
	return func(ctx context.Context, m envelope.Message) error {
		r, fresh, err := b.put(ctx, m, 1, b.options.Lease)
		if err == nil && !fresh {
			err = b.exec(ctx, `UPDATE loyaltyhooks_inbox SET attempts = attempts + 1, due_at = {now} + ? WHERE id = ? AND state = 0`, b.options.Lease.Milliseconds(), r.id)
		}
		if err != nil {
			return envelope.RetryAfter(0, err)
		}
		failure := h.Dispatch(context.WithValue(ctx, rowKey{}, r), m)
		if err := b.end(ctx, r, failure); err != nil {
			return envelope.RetryAfter(0, err)
		}
		return told(failure)
	}
}

// told is an error of a handler as the function of another one returns it.
func told(err error) error {
	var e *envelope.Error
	switch {
	case !errors.As(err, &e):
		return err
	case !e.Retryable() && e.Status() != http.StatusOK:
		return envelope.Reject(err)
	case e.Status() == http.StatusServiceUnavailable:
		return envelope.RetryAfter(e.RetryAfter, err)
	}
	return err
}

// row is a stored delivery on its way to a function.
type row struct {
	id                []byte
	provider, handler string // as columns have them
	attempts          int
	state             int
	received          int64  // in Unix nanoseconds
	sealed, body      []byte // until they are opened
	message           envelope.Message

	redo      bool // also if its key is there
	done      bool // committed with the effect
	duplicate bool // the effect was there
}

type rowKey struct{}

// rowOf is the row that a function runs for, or nil.
func rowOf(ctx context.Context) *row {
	r, _ := ctx.Value(rowKey{}).(*row)
	return r
}

// key stands for the key of a delivery without one: the same each time that it is taken
// from the inbox.
func (r *row) key() string { return "inbox/" + hex.EncodeToString(r.id) }

// kept is what the table has of a message beside its body. The columns are for selections,
// and may differ in what is not Unicode or too long.
type kept struct {
	Header                                 http.Header
	Provider, Handler, Event, Tenant, Name string
	Received                               time.Time
}

// put inserts a row, and reports whether it was not there.
func (b *Inbox) put(ctx context.Context, m envelope.Message, attempts int, due time.Duration) (_ *row, fresh bool, err error) {
	r := &row{id: make([]byte, sha256.Size), attempts: attempts, message: m}
	if m.Key != "" {
		r.id = digestOf(m.Key)
	} else if _, err := rand.Read(r.id); err != nil {
		return nil, false, err
	}
	var frame bytes.Buffer
	if err := gob.NewEncoder(&frame).Encode(kept{m.Header, m.Provider, m.Handler, m.Event, m.Tenant, m.Key, m.Received.Round(0)}); err != nil {
		return nil, false, fmt.Errorf("sqlonce: message: %w", err)
	}
	message, err := b.options.Seal(frame.Bytes())
	if err != nil {
		return nil, false, fmt.Errorf("sqlonce: seal: %w", err)
	}
	body, err := b.options.Seal(m.Body)
	if err != nil {
		return nil, false, fmt.Errorf("sqlonce: seal: %w", err)
	}
	if body == nil {
		body = []byte{}
	}
	err = b.once.inTransaction(ctx, "put", func(tx *sql.Tx) error {
		n, err := b.once.exec(ctx, tx, b.once.dialect.put, r.id, column(m.Provider), column(m.Handler), column(m.Tenant), column(m.Event),
			m.Received.UnixNano(), message, body, attempts, due.Milliseconds())
		if fresh = n > 0; err == nil && !fresh {
			_, err = b.once.exec(ctx, tx, `UPDATE loyaltyhooks_inbox SET state = 0, attempts = 0, due_at = {now} WHERE id = ? AND state = 2`, r.id)
		}
		return err
	})
	return r, fresh, err
}

// maxColumn bounds what is selected by, in bytes.
const maxColumn = 200

// column is a name as the table has it.
func column(name string) string {
	return readable(strings.ToValidUTF8(name[:min(len(name), maxColumn)], "\uFFFD"))
}

// open makes the message of what a row holds, once.
func (b *Inbox) open(r *row) error {
	if r.sealed == nil {
		return nil
	}
	frame, err := b.options.Open(r.sealed)
	if err != nil {
		return fmt.Errorf("sqlonce: open: %w", err)
	}
	body, err := b.options.Open(r.body)
	if err != nil {
		return fmt.Errorf("sqlonce: open: %w", err)
	}
	var k kept
	if err := gob.NewDecoder(bytes.NewReader(frame)).Decode(&k); err != nil {
		return fmt.Errorf("sqlonce: message: %w", err)
	}
	r.message = envelope.Message{
		Body: body, Header: k.Header, Provider: k.Provider, Handler: k.Handler,
		Event: k.Event, Tenant: k.Tenant, Key: k.Name, Received: k.Received,
	}
	r.sealed, r.body = nil, nil
	return nil
}

// exec executes a statement in a transaction of its own.
func (b *Inbox) exec(ctx context.Context, statement string, args ...any) error {
	return b.once.inTransaction(ctx, "inbox", func(tx *sql.Tx) error {
		_, err := b.once.exec(ctx, tx, statement, args...)
		return err
	})
}
