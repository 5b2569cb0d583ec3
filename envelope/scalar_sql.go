package envelope

import (
	"database/sql/driver"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// What was not sent is NULL, and the other way round. Drivers return what they
// find in one of a few Go types, which depends on the column and on the driver:
// Scan accepts each that can have the meaning.

// Value is the number as text, or nil. NUMERIC columns of PostgreSQL and DECIMAL
// ones of MySQL keep it exactly; SQLite does in TEXT columns only.
func (d Decimal) Value() (driver.Value, error) { return valueOrNull(d.String(), d.Sent()) }

// Scan accepts a number, text that holds one, and nil. What a column holds may have
// more digits than what a sender may send.
func (d *Decimal) Scan(src any) error {
	text, err := scanText(src, errNotNumber)
	switch {
	case err != nil:
		return err
	case len(text) > maxPlain && isPlain(text):
		*d = decimalOf(scaled(text))
		return nil
	}
	return d.UnmarshalText([]byte(text))
}

// isPlain reports whether a text is a number without an exponent, of any length.
func isPlain(text string) bool {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && wire.Digits(whole) == len(whole) && wire.Digits(fraction) == len(fraction)
}

// Value is the integer, or nil. A number that is none is text, which a column of integers
// refuses.
func (i Int) Value() (driver.Value, error) {
	if i.isUnusual() {
		return i.String(), nil
	}
	return valueOrNull(i.Int64(), i.Sent())
}

// Scan accepts a number, text that holds one, and nil.
func (i *Int) Scan(src any) error {
	text, err := scanText(src, errNotNumber)
	if err != nil {
		return err
	}
	return i.UnmarshalText([]byte(text))
}

// Value is the boolean, or nil.
func (b Bool) Value() (driver.Value, error) { return valueOrNull(b.Bool(), b.Sent()) }

// Scan accepts a boolean, 1 and 0, the spellings listed at Bool, and nil.
func (b *Bool) Scan(src any) error {
	if v, ok := src.(bool); ok {
		*b = NewBool(v)
		return nil
	}
	text, err := scanText(src, errNotBool)
	if err != nil {
		return err
	}
	return b.UnmarshalText([]byte(text))
}

// Value is the moment as a time.Time in UTC, or nil. Columns keep less than was sent:
// not the offset, and in PostgreSQL and MySQL no more than microseconds.
func (t Time) Value() (driver.Value, error) { return valueOrNull(t.Time().UTC(), !t.Time().IsZero()) }

// Scan accepts a time.Time, text in one of the spellings listed at Time, and nil.
func (t *Time) Scan(src any) error {
	if moment, ok := src.(time.Time); ok {
		*t = NewTime(moment)
		return nil
	}
	text, err := scanText(src, errNotTime)
	if err != nil {
		return err
	}
	return t.set(text)
}

// Value is the moment as a time.Time; nil if none, or 0, was sent.
func (t UnixTime) Value() (driver.Value, error) { return valueOrNull(t.Time(), !t.Time().IsZero()) }

// Scan accepts a time.Time, a number of seconds, text that is one of these, and nil.
func (t *UnixTime) Scan(src any) (err error) {
	t.wire, err = scanCount(src, time.Second)
	return err
}

// Value is the moment as a time.Time; nil if none, or 0, was sent.
func (t UnixMilli) Value() (driver.Value, error) { return valueOrNull(t.Time(), !t.Time().IsZero()) }

// Scan accepts a time.Time, a number of milliseconds, text that is one of these, and
// nil.
func (t *UnixMilli) Scan(src any) (err error) {
	t.wire, err = scanCount(src, time.Millisecond)
	return err
}

func valueOrNull(value driver.Value, sent bool) (driver.Value, error) {
	if !sent {
		return nil, nil
	}
	return value, nil
}

// scanText is the text of a number or of a text; "" for nil.
func scanText(src any, mismatch error) (string, error) {
	switch src := src.(type) {
	case nil:
		return "", nil
	case string:
		return src, nil
	case []byte:
		return string(src), nil
	case int64:
		return strconv.FormatInt(src, 10), nil
	case float64:
		return strconv.FormatFloat(src, 'g', -1, 64), nil
	}
	return "", fmt.Errorf("%w: %T", mismatch, src)
}

// scanCount is the number of units since 1970, as it is kept.
func scanCount(src any, unit time.Duration) (string, error) {
	moment, ok := src.(time.Time)
	if !ok {
		text, err := scanText(src, errNotTime)
		if err != nil {
			return "", err
		}
		if moment, ok = parseTime(text); !ok {
			return parseNumberText([]byte(text))
		}
	}
	nanos := new(big.Int).Mul(big.NewInt(moment.Unix()), big.NewInt(int64(time.Second)))
	nanos.Add(nanos, big.NewInt(int64(moment.Nanosecond())))
	text := new(big.Rat).SetFrac(nanos, big.NewInt(int64(unit))).FloatString(9)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), "."), nil
}
