package databases_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/databases"
)

// row has each scalar that a column can hold.
type row struct {
	Decimal   envelope.Decimal
	Int       envelope.Int
	Bool      envelope.Bool
	Time      envelope.Time
	UnixTime  envelope.UnixTime
	UnixMilli envelope.UnixMilli
}

// values are the row's fields for a statement.
func (r row) values() []any { return []any{r.Decimal, r.Int, r.Bool, r.Time, r.UnixTime, r.UnixMilli} }

// targets are the row's fields for Scan.
func (r *row) targets() []any {
	return []any{&r.Decimal, &r.Int, &r.Bool, &r.Time, &r.UnixTime, &r.UnixMilli}
}

func decimal(t *testing.T, text string) (d envelope.Decimal) {
	t.Helper()
	if err := d.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestScalars: what goes to a database comes back with the same meaning, and what was
// not sent is NULL there.
func TestScalars(t *testing.T) {
	moment := time.Date(2026, 3, 1, 10, 30, 0, 123456000, time.FixedZone("", 2*60*60))
	whole := moment.Truncate(time.Second)
	millis := moment.Truncate(time.Millisecond)
	rows := []struct {
		name string
		row  row
	}{
		{"not sent", row{}},
		{"basic", row{envelope.MustDecimal("12.50"), envelope.NewInt(7), envelope.NewBool(true), envelope.NewTime(moment), envelope.NewUnixTime(whole), envelope.NewUnixMilli(millis)}},
		{"zero", row{envelope.MustDecimal("0"), envelope.NewInt(0), envelope.NewBool(false), envelope.NewTime(time.Unix(0, 0)), envelope.NewUnixTime(time.Unix(1, 0)), envelope.NewUnixMilli(time.UnixMilli(1))}},
		{"exact", row{envelope.MustDecimal("9007199254740993.01"), envelope.NewInt(1<<63 - 1), envelope.NewBool(true), envelope.NewTime(moment.UTC()), envelope.NewUnixTime(whole), envelope.NewUnixMilli(millis)}},
		{"negative", row{envelope.MustDecimal("-0.10"), envelope.NewInt(-1 << 63), envelope.NewBool(false), envelope.NewTime(time.Date(1901, 1, 1, 0, 0, 0, 0, time.UTC)), envelope.NewUnixTime(time.Unix(-5, 0)), envelope.NewUnixMilli(time.UnixMilli(-5))}},
		{"other spellings", row{decimal(t, "+0075.10"), envelope.NewInt(5), envelope.NewBool(true), envelope.NewTime(whole), envelope.NewUnixTime(whole), envelope.NewUnixMilli(whole)}},
		{"extreme", row{envelope.MustDecimal("1e400"), envelope.NewInt(5), envelope.NewBool(true), envelope.NewTime(whole), envelope.NewUnixTime(whole), envelope.NewUnixMilli(whole)}},
	}
	for _, database := range []struct {
		name, table string
		open        func(testing.TB) *sql.DB
	}{
		{"SQLite", `CREATE TABLE scalars (id INTEGER, d TEXT, i INTEGER, b BOOLEAN, t TIMESTAMP, s TIMESTAMP, m TIMESTAMP)`, databases.SQLite},
		{"SQLite without types", `CREATE TABLE scalars (id, d, i, b, t, s, m)`, databases.SQLite},
		{"PostgreSQL", `CREATE TABLE scalars (id int, d numeric, i bigint, b boolean, t timestamptz, s timestamptz, m timestamptz)`, databases.Postgres},
	} {
		t.Run(database.name, func(t *testing.T) {
			db := database.open(t)
			if _, err := db.ExecContext(t.Context(), database.table); err != nil {
				t.Fatal(err)
			}
			for i, test := range rows {
				t.Run(test.name, func(t *testing.T) {
					values := append([]any{i}, test.row.values()...)
					if _, err := db.ExecContext(t.Context(), `INSERT INTO scalars VALUES ($1, $2, $3, $4, $5, $6, $7)`, values...); err != nil {
						t.Fatal(err)
					}
					var got row
					if err := db.QueryRowContext(t.Context(), `SELECT d, i, b, t, s, m FROM scalars WHERE id = $1`, i).Scan(got.targets()...); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(test.row, got); diff != "" {
						t.Error(diff)
					}
				})
			}
			var nulls int
			if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM scalars WHERE d IS NULL AND i IS NULL AND b IS NULL AND t IS NULL AND s IS NULL AND m IS NULL`).Scan(&nulls); err != nil || nulls != 1 {
				t.Errorf("%d rows of NULL, error %v", nulls, err)
			}
		})
	}
}
