package envelope

import (
	"cmp"
	"math/big"
	"strconv"
	"strings"

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
	n, places := scaled(d.String())
	return new(big.Rat).SetFrac(n, power(places))
}

// Int64 is the value if it is a whole number that fits; 1e3 and 5.00 do.
func (d Decimal) Int64() (n int64, ok bool) { return wire.ParseInt(d.String()) }

// Sign is -1, 0 or 1. It is 0 if the number was not sent.
func (d Decimal) Sign() int { return d.Rat().Sign() }

// Cmp compares values: -1 if d < other, 0 if equal, 1 if d > other.
func (d Decimal) Cmp(other Decimal) int { return d.Rat().Cmp(other.Rat()) }

// Add is the exact sum, with as many decimal places as the longer of both has. What
// was not sent counts as 0; two that were not sent make one that was not sent.
func (d Decimal) Add(other Decimal) Decimal {
	if !d.Sent() && !other.Sent() {
		return Decimal{}
	}
	a, places := scaled(d.String())
	b, otherPlaces := scaled(other.String())
	a.Mul(a, power(otherPlaces-places))
	b.Mul(b, power(places-otherPlaces))
	return decimalOf(a.Add(a, b), max(places, otherPlaces))
}

// Sub is the exact difference d - other, as Add with -other.
func (d Decimal) Sub(other Decimal) Decimal { return d.Add(other.Neg()) }

// Neg is -d; not sent if d was not.
func (d Decimal) Neg() Decimal {
	if !d.Sent() {
		return d
	}
	n, places := scaled(d.String())
	return decimalOf(n.Neg(n), places)
}

// scaled is the value of a number as n / 10^places; 0 for "".
func scaled(text string) (n *big.Int, places int) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	n = new(big.Int)
	n.SetString(whole+fraction, 10) // Fails for "" only, and leaves 0.
	shift, _ := strconv.Atoi(exponent)
	places = len(fraction) - shift
	return n.Mul(n, power(-places)), max(places, 0)
}

// power is 10^exponent; 1 for negative exponents.
func power(exponent int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, 0))), nil)
}

// maxPlain is the length from which a computed number is written with an exponent.
// It is what ParseDecimal accepts.
const maxPlain = 128

// decimalOf is n / 10^places.
func decimalOf(n *big.Int, places int) Decimal {
	if n.Sign() == 0 {
		places = min(places, maxPlain/2)
	}
	text := new(big.Rat).SetFrac(n, power(places)).FloatString(places)
	if len(text) > maxPlain {
		digits := n.String()
		short := cmp.Or(strings.TrimRight(digits, "0"), "0")
		text = short + "e" + strconv.Itoa(len(digits)-len(short)-places)
	}
	return Decimal{text}
}

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
// the sender's spelling varies: 5, 5.0 and "5" are the same. A number that is no
// integer of 64 bits is kept, too, and is drift: see Decimal. The zero Int means "not
// sent".
type Int struct{ wire string }

// NewInt is n as if it had been sent.
func NewInt(n int64) Int { return Int{strconv.FormatInt(n, 10)} }

// Sent reports whether a number was sent; 0 counts, null does not.
func (i Int) Sent() bool { return i.wire != "" }

// Int64 is the value; 0 if not sent, or beyond 64 bits. Of a fraction it is the whole
// part: 1 of 1.5, -1 of -1.5.
func (i Int) Int64() int64 {
	text := i.String()
	if n, ok := wire.ParseInt(text); ok {
		return n
	}
	r := i.Decimal().Rat()
	whole := new(big.Int).Quo(r.Num(), r.Denom())
	if !whole.IsInt64() {
		return 0
	}
	return whole.Int64()
}

// Decimal is the exact number that was sent; not sent if none was.
func (i Int) Decimal() Decimal { return Decimal(i) }

// String is the number as it was sent, without quotes; "" if it was not sent.
func (i Int) String() string { return wireText(i.wire) }

// Equal reports whether both were sent and have the same value, or neither was
// sent.
func (i Int) Equal(other Int) bool { return i.Decimal().Equal(other.Decimal()) }

// MarshalJSON writes the number as it was sent, or null.
func (i Int) MarshalJSON() ([]byte, error) { return marshalWire(i.wire) }

// UnmarshalJSON accepts a number, a string that holds one, null, and "".
func (i *Int) UnmarshalJSON(data []byte) (err error) {
	i.wire, err = parseNumber(data)
	return err
}

// MarshalText writes the digits.
func (i Int) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText accepts a number in a form value.
func (i *Int) UnmarshalText(text []byte) (err error) {
	i.wire, err = parseNumberText(text)
	return err
}

// isUnusual reports whether the number is no integer of 64 bits.
func (i *Int) isUnusual() bool {
	_, ok := wire.ParseInt(i.String())
	return i.Sent() && !ok
}
