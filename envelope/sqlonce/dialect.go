package sqlonce

import (
	"strconv"
	"strings"
)

// Dialect is the SQL of a database. Use Postgres, MySQL or SQLite.
type Dialect struct{ statements }

// The databases. MySQL is MariaDB, too.
var (
	Postgres = Dialect{postgres}
	MySQL    = Dialect{mySQL}
	SQLite   = Dialect{sqlite}
)

// statements are what differs between databases.
type statements struct {
	schema   string
	insert   string // of a row; does nothing if its id is there
	prune    string // of rows before a moment, a number of them
	now      string // present of the database, in Unix milliseconds
	numbered bool   // places of values are $1, not ?
	attempts int    // transactions of one delivery, at most

	inbox  string // schema of an Inbox
	put    string // a row of it; does nothing if its id is there
	locked string // what passes over rows that others are about to take
}

var (
	postgres = statements{
		schema: `CREATE TABLE IF NOT EXISTS loyaltyhooks_once (
	id bytea PRIMARY KEY,
	delivery_key text NOT NULL,
	done_at bigint NOT NULL,
	token text,
	expires_at bigint
);
CREATE INDEX IF NOT EXISTS loyaltyhooks_once_done_at ON loyaltyhooks_once (done_at);
`,
		insert:   `INSERT INTO loyaltyhooks_once (id, delivery_key, done_at, token, expires_at) VALUES (?, ?, ?, ?, {now} + ?) ON CONFLICT (id) DO NOTHING`,
		prune:    `DELETE FROM loyaltyhooks_once WHERE id IN (SELECT id FROM loyaltyhooks_once WHERE done_at < ? AND (token IS NULL OR expires_at < {now}) ORDER BY done_at LIMIT ?)`,
		now:      `(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint`,
		numbered: true,
		attempts: 10,

		inbox: `CREATE TABLE IF NOT EXISTS loyaltyhooks_inbox (
	id bytea PRIMARY KEY,
	provider text NOT NULL,
	handler text NOT NULL,
	tenant text NOT NULL,
	event text NOT NULL,
	received_at bigint NOT NULL,
	message bytea NOT NULL,
	body bytea NOT NULL,
	state integer NOT NULL,
	attempts integer NOT NULL,
	failure text NOT NULL,
	due_at bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS loyaltyhooks_inbox_due_at ON loyaltyhooks_inbox (provider, handler, state, due_at);
CREATE INDEX IF NOT EXISTS loyaltyhooks_inbox_received_at ON loyaltyhooks_inbox (received_at, id);
`,
		put:    `INSERT INTO loyaltyhooks_inbox (id, provider, handler, tenant, event, received_at, message, body, state, attempts, failure, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '', {now} + ?) ON CONFLICT (id) DO NOTHING`,
		locked: ` FOR UPDATE SKIP LOCKED`,
	}
	mySQL = statements{
		schema: `CREATE TABLE IF NOT EXISTS loyaltyhooks_once (
	id binary(32) PRIMARY KEY,
	delivery_key varbinary(512) NOT NULL,
	done_at bigint NOT NULL,
	token varbinary(64),
	expires_at bigint,
	INDEX loyaltyhooks_once_done_at (done_at)
) ENGINE = InnoDB;
`,
		insert:   `INSERT IGNORE INTO loyaltyhooks_once (id, delivery_key, done_at, token, expires_at) VALUES (?, ?, ?, ?, {now} + ?)`,
		prune:    `DELETE FROM loyaltyhooks_once WHERE done_at < ? AND (token IS NULL OR expires_at < {now}) ORDER BY done_at LIMIT ?`,
		now:      `CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)`,
		attempts: 10,

		inbox: `CREATE TABLE IF NOT EXISTS loyaltyhooks_inbox (
	id binary(32) PRIMARY KEY,
	provider varbinary(255) NOT NULL,
	handler varbinary(255) NOT NULL,
	tenant varbinary(255) NOT NULL,
	event varbinary(255) NOT NULL,
	received_at bigint NOT NULL,
	message longblob NOT NULL,
	body longblob NOT NULL,
	state integer NOT NULL,
	attempts integer NOT NULL,
	failure varbinary(255) NOT NULL,
	due_at bigint NOT NULL,
	INDEX loyaltyhooks_inbox_due_at (provider, handler, state, due_at),
	INDEX loyaltyhooks_inbox_received_at (received_at, id)
) ENGINE = InnoDB;
`,
		put:    `INSERT IGNORE INTO loyaltyhooks_inbox (id, provider, handler, tenant, event, received_at, message, body, state, attempts, failure, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '', {now} + ?)`,
		locked: ` FOR UPDATE SKIP LOCKED`,
	}
	sqlite = statements{
		schema: `CREATE TABLE IF NOT EXISTS loyaltyhooks_once (
	id blob PRIMARY KEY,
	delivery_key text NOT NULL,
	done_at integer NOT NULL,
	token text,
	expires_at integer
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS loyaltyhooks_once_done_at ON loyaltyhooks_once (done_at);
`,
		insert:   `INSERT INTO loyaltyhooks_once (id, delivery_key, done_at, token, expires_at) VALUES (?, ?, ?, ?, {now} + ?) ON CONFLICT (id) DO NOTHING`,
		prune:    `DELETE FROM loyaltyhooks_once WHERE id IN (SELECT id FROM loyaltyhooks_once WHERE done_at < ? AND (token IS NULL OR expires_at < {now}) ORDER BY done_at LIMIT ?)`,
		now:      `CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`,
		attempts: 100, // Whoever writes is in the way of all others.

		inbox: `CREATE TABLE IF NOT EXISTS loyaltyhooks_inbox (
	id blob PRIMARY KEY,
	provider text NOT NULL,
	handler text NOT NULL,
	tenant text NOT NULL,
	event text NOT NULL,
	received_at integer NOT NULL,
	message blob NOT NULL,
	body blob NOT NULL,
	state integer NOT NULL,
	attempts integer NOT NULL,
	failure text NOT NULL,
	due_at integer NOT NULL
);
CREATE INDEX IF NOT EXISTS loyaltyhooks_inbox_due_at ON loyaltyhooks_inbox (provider, handler, state, due_at);
CREATE INDEX IF NOT EXISTS loyaltyhooks_inbox_received_at ON loyaltyhooks_inbox (received_at, id);
`,
		put: `INSERT INTO loyaltyhooks_inbox (id, provider, handler, tenant, event, received_at, message, body, state, attempts, failure, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '', {now} + ?) ON CONFLICT (id) DO NOTHING`,
	}
)

// What a Store does with a row that is there, in every dialect.
const (
	takeOver = `UPDATE loyaltyhooks_once SET token = ?, expires_at = {now} + ?, done_at = ? WHERE id = ? AND token IS NOT NULL AND expires_at < {now}`
	look     = `SELECT token IS NULL FROM loyaltyhooks_once WHERE id = ?`
	finish   = `UPDATE loyaltyhooks_once SET token = NULL, expires_at = NULL, done_at = ? WHERE id = ? AND token = ?`
	release  = `DELETE FROM loyaltyhooks_once WHERE id = ? AND token = ?`
)

// Schema is the SQL that Migrate executes, for a migration tool of your own: one table and
// one index. The table holds the SHA-256 of each key, by which it is found, the key as text
// for people, when it was done in Unix seconds, and the lease of a Store. A key may hold the
// id of a customer.
func (d Dialect) Schema() string { return d.schema }

// statement writes one of the statements above for the database.
func (d Dialect) statement(text string) string {
	text = strings.ReplaceAll(text, "{now}", d.now)
	if !d.numbered {
		return text
	}
	var b strings.Builder
	for i, part := range strings.Split(text, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}
