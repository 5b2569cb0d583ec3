package envelope

import (
	"math/big"
	"strconv"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Decimal is an exact decimal number: an amount of money, of points or units.
// No float stands between the sender's digits and yours. It accepts a JSON
// number and a string that holds one. The zero Decimal means "not sent", which
// differs from a sent 0.
type Decimal struct{ wire string }

// ParseDecimal makes a Decimal of a number such as "12.50". It refuses text
// that is not a JSON number, is longer than 128 bytes, or has an exponent beyond
// 400 either way.
func ParseDecimal(text string) (Decimal, error) {
	if !wire.IsNumber(text, false) {
		return Decimal{}, errNotNumber
	}
	return Decimal{text}, nil
}

// MustDecimal is ParseDecimal for constants: it panics where that fails.
func MustDecimal(text string) Decimal {
	d, err := ParseDecimal(text)
	if err != nil {
		panic("envelope.MustDecimal: " + err.Error())
	}
	return d
}

// Sent reports whether a number was sent; 0 counts, null does not.
func (d Decimal) Sent() bool { return d.wire != "" }

// String is the number as it was sent, without quotes; "" if it was not sent.
func (d Decimal) String() string { return wireText(d.wire) }

// Float64 is the nearest float64; 0 if not sent.
func (d Decimal) Float64() float64 {
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// Rat is the exact value; 0 if not sent. The result is yours to change.
func (d Decimal) Rat() *big.Rat {
	r, ok := wire.Rat(d.String())
	if !ok {
		return new(big.Rat)
	}
	return r
}

// Int64 is the value if it is a whole number that fits; 1e3 and 5.00 do.
func (d Decimal) Int64() (n int64, ok bool) { return wire.ParseInt(d.String()) }

// Sign is -1, 0 or 1. It is 0 if the number was not sent.
func (d Decimal) Sign() int { return d.Rat().Sign() }

// Cmp compares values: -1 if d < other, 0 if equal, 1 if d > other.
func (d Decimal) Cmp(other Decimal) int { return d.Rat().Cmp(other.Rat()) }

// Equal reports whether both were sent and have the same value (1.50 equals
// 1.5), or neither was sent.
func (d Decimal) Equal(other Decimal) bool {
	return d.wire == other.wire || d.Sent() && other.Sent() && d.Cmp(other) == 0
}

// MarshalJSON writes the number as it was sent, or null.
func (d Decimal) MarshalJSON() ([]byte, error) { return marshalWire(d.wire) }

// UnmarshalJSON accepts a number, a string that holds one, null, and "".
func (d *Decimal) UnmarshalJSON(data []byte) (err error) {
	d.wire, err = parseNumber(data)
	return err
}

// MarshalText writes the digits.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText accepts a number in a form value.
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	d.wire, err = parseNumberText(text)
	return err
}

// Int is an integer for places where "not sent" must be told from 0, or where
// the sender's spelling varies: 5, 5.0 and "5" are the same. The zero Int means
// "not sent".
type Int struct{ wire string }

// NewInt is n as if it had been sent.
func NewInt(n int64) Int { return Int{strconv.FormatInt(n, 10)} }

// Sent reports whether an integer was sent; 0 counts, null does not.
func (i Int) Sent() bool { return i.wire != "" }

// Int64 is the value; 0 if not sent.
func (i Int) Int64() int64 {
	n, _ := wire.ParseInt(i.String())
	return n
}

// String is the integer as it was sent, without quotes; "" if it was not sent.
func (i Int) String() string { return wireText(i.wire) }

// Equal reports whether both were sent and have the same value, or neither was
// sent.
func (i Int) Equal(other Int) bool {
	return i.Sent() == other.Sent() && i.Int64() == other.Int64()
}

// MarshalJSON writes the integer as it was sent, or null.
func (i Int) MarshalJSON() ([]byte, error) { return marshalWire(i.wire) }

// UnmarshalJSON accepts a whole number within 64 bits, a string that holds one,
// null, and "".
func (i *Int) UnmarshalJSON(data []byte) error {
	kept, err := parseNumber(data)
	return i.set(kept, err)
}

// MarshalText writes the digits.
func (i Int) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText accepts a whole number in a form value.
func (i *Int) UnmarshalText(text []byte) error {
	kept, err := parseNumberText(text)
	return i.set(kept, err)
}

func (i *Int) set(kept string, err error) error {
	if err != nil {
		return err
	}
	if kept != "" {
		if _, ok := wire.ParseInt(wireText(kept)); !ok {
			return errNotInteger
		}
	}
	i.wire = kept
	return nil
}
