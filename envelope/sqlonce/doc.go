// Package sqlonce runs a function once for each key, inside the database transaction of its
// effect: the effect and the note that it is done are committed together, or not at all. A
// process that dies at any point, a sender that repeats a delivery, and several machines
// that receive it leave one effect.
//
//	once := sqlonce.New(db, sqlonce.Postgres) // once.Migrate(ctx) makes the table
//	openloyalty.AvailablePointsAmountChanged.Handle(sqlonce.Do(once, credit))
//
//	func credit(ctx context.Context, tx *sql.Tx, d *openloyalty.Delivery[openloyalty.AvailablePointsAmountChangedData]) error {
//		_, err := tx.ExecContext(ctx, `UPDATE ... `, ...)
//		return err
//	}
//
// # What happens
//
// The key's row is inserted first. A repetition of a delivery that is done finds it, and is
// told 200 without running. One of a delivery that is running waits for its transaction on
// the lock of the database, and then is told 200 or runs itself. There are no leases and no
// clocks. In one process repetitions wait for each other before they take a connection, so
// that they do not use up the pool.
//
// An error of your function, also envelope.ErrDuplicate, Reject and Permanent, rolls back
// the key and the effect, and the next try runs again. Return every error of the database,
// wrapped or not: a deadlock, a serialization failure and a lost connection are known by it,
// and are tried again here, a few times within the time that the function has. So your
// function may run more than once, and only the last transaction counts: it must do nothing
// that a rollback does not undo, such as sending a mail. For that there is
// envelope.Idempotency. With both, Idempotency asks first.
//
// Once means once for each key: Delivery.Key is the id that the provider repeats, or what
// Options.Key makes of the delivery. Where a provider sends no id, the guide of its package
// says what its natural key can't tell apart. Deliveries that come late or out of order are
// different keys; compare a time or a version of the payload in your function.
//
// # Deliveries that are remembered
//
// An Inbox stores deliveries as they came, before their functions run: as a queue in your
// database (Put and Work), or beside a handler that answers the sender itself (Through).
// What fails is tried again, and stays. Replay has deliveries handled again, those of a day,
// an event or a person: what is done is recognised by its key, and changes nothing.
//
// Deliveries are personal data. Delete them when you no longer need them for a replay, those
// of one person by Selection.Match, and keep them sealed if the table is read by others.
// Delete keeps the keys, so that a repetition does nothing; Forget removes them as well.
//
// # Databases
//
// PostgreSQL, any isolation: INSERT ... ON CONFLICT DO NOTHING waits for the transaction
// that holds the key. With REPEATABLE READ and SERIALIZABLE it fails with 40001 when that
// commits, and is tried again.
//
// MySQL 8 and MariaDB 10.5, InnoDB, any isolation: INSERT IGNORE waits for the row's lock,
// at most innodb_lock_wait_timeout. When the first transaction rolls back, waiters of other
// processes may meet deadlocks (1213), which are tried again. A deadlock ends the transaction
// on the spot: a function that meets one and goes on instead of returning the error writes
// outside of any transaction. The key is compared byte for byte, whatever the collation.
//
// SQLite: writers wait for each other, for whatever key. Set a busy timeout (with modernc's
// driver ?_pragma=busy_timeout(5000)) and, for readers beside writers, journal_mode(WAL).
// What is busy all the same is tried again.
package sqlonce
