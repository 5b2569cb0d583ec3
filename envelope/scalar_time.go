package envelope

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Time is a moment sent as text. It accepts RFC 3339 and its usual variants: an
// offset without a colon (+0200), a space for the T, no offset (taken as UTC),
// and a date alone (midnight UTC). The zero Time means "not sent".
type Time struct {
	text string
	t    time.Time
}

// NewTime is t as if it had been sent, with as many digits of a second as it has.
func NewTime(t time.Time) Time { return Time{t.Format(time.RFC3339Nano), t} }

// Sent reports whether a moment was sent.
func (t Time) Sent() bool { return t.text != "" }

// Time is the moment, with the offset that was sent; the zero time.Time if none
// was sent.
func (t Time) Time() time.Time { return t.t }

// String is the text as it was sent; "" if it was not sent.
func (t Time) String() string { return t.text }

// Equal reports whether both are the same instant, or neither was sent.
func (t Time) Equal(other Time) bool {
	return t.Sent() == other.Sent() && t.t.Equal(other.t)
}

// MarshalJSON writes the text as it was sent, or null.
func (t Time) MarshalJSON() ([]byte, error) {
	if !t.Sent() {
		return []byte(null), nil
	}
	return wire.Quote(t.text), nil
}

// UnmarshalJSON accepts the spellings listed at Time, null, and "".
func (t *Time) UnmarshalJSON(data []byte) error {
	text, quoted, err := wire.Unquote(data)
	switch {
	case err != nil:
		return err
	case quoted:
		return t.set(text)
	case text == null:
		*t = Time{}
		return nil
	}
	return errNotTime
}

// MarshalText writes the text as it was sent.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.text), nil }

// UnmarshalText accepts the spellings listed at Time in a form value.
func (t *Time) UnmarshalText(text []byte) error { return t.set(string(text)) }

func (t *Time) set(text string) error {
	if text == "" {
		*t = Time{}
		return nil
	}
	moment, ok := parseTime(text)
	if !ok {
		return errNotTime
	}
	*t = Time{text, moment}
	return nil
}

// timeLayouts are tried in order; the first is by far the most frequent. A
// fraction of a second is accepted by time.Parse wherever seconds end.
var timeLayouts = [...]string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00",
	time.DateOnly,
}

func parseTime(text string) (time.Time, bool) {
	if len(text) > 64 {
		return time.Time{}, false
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, true
	}
	if len(text) > 10 && (text[10] == ' ' || text[10] == 't') {
		text = text[:10] + "T" + text[11:]
	}
	text = strings.Replace(text, " ", "", 1) // "15:04:05 +0200"
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// milliThreshold is the number from which a count is taken for milliseconds: as
// seconds it would be the year 5138, as milliseconds it is in 1973.
const milliThreshold = 100_000_000_000

// UnixTime is a moment sent as a number of seconds since 1970. It accepts a
// number, also with a fraction, and a string that holds one. A magnitude of 10^11
// or more is taken for milliseconds, because some senders do not say which they
// mean. The zero UnixTime means "not sent"; a sent 0 has no moment either.
type UnixTime struct{ wire string }

// NewUnixTime is t as if it had been sent, in whole seconds.
func NewUnixTime(t time.Time) UnixTime {
	return UnixTime{strconv.FormatInt(t.Unix(), 10)}
}

// Sent reports whether a number was sent; 0 counts, null does not.
func (t UnixTime) Sent() bool { return t.wire != "" }

// Time is the moment in UTC; the zero time.Time if none, or 0, was sent.
func (t UnixTime) Time() time.Time {
	seconds, ok := wire.Rat(t.String())
	if !ok {
		return time.Time{}
	}
	if new(big.Rat).Abs(seconds).Cmp(big.NewRat(milliThreshold, 1)) >= 0 {
		return momentOf(seconds, int64(time.Millisecond))
	}
	return momentOf(seconds, int64(time.Second))
}

// String is the number as it was sent, without quotes; "" if it was not sent.
func (t UnixTime) String() string { return wireText(t.wire) }

// Equal reports whether both are the same instant, or neither was sent.
func (t UnixTime) Equal(other UnixTime) bool {
	return t.Sent() == other.Sent() && t.Time().Equal(other.Time())
}

// MarshalJSON writes the number as it was sent, or null.
func (t UnixTime) MarshalJSON() ([]byte, error) { return marshalWire(t.wire) }

// UnmarshalJSON accepts a number, a string that holds one, null, and "".
func (t *UnixTime) UnmarshalJSON(data []byte) (err error) {
	t.wire, err = parseNumber(data)
	return err
}

// MarshalText writes the digits.
func (t UnixTime) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText accepts a number in a form value.
func (t *UnixTime) UnmarshalText(text []byte) (err error) {
	t.wire, err = parseNumberText(text)
	return err
}

// UnixMilli is a moment sent as a number of milliseconds since 1970, as a number
// or a string that holds one. The zero UnixMilli means "not sent"; a sent 0 has
// no moment either.
type UnixMilli struct{ wire string }

// NewUnixMilli is t as if it had been sent, in whole milliseconds.
func NewUnixMilli(t time.Time) UnixMilli {
	return UnixMilli{strconv.FormatInt(t.UnixMilli(), 10)}
}

// Sent reports whether a number was sent; 0 counts, null does not.
func (t UnixMilli) Sent() bool { return t.wire != "" }

// Time is the moment in UTC; the zero time.Time if none, or 0, was sent.
func (t UnixMilli) Time() time.Time {
	millis, ok := wire.Rat(t.String())
	if !ok {
		return time.Time{}
	}
	return momentOf(millis, int64(time.Millisecond))
}

// String is the number as it was sent, without quotes; "" if it was not sent.
func (t UnixMilli) String() string { return wireText(t.wire) }

// Equal reports whether both are the same instant, or neither was sent.
func (t UnixMilli) Equal(other UnixMilli) bool {
	return t.Sent() == other.Sent() && t.Time().Equal(other.Time())
}

// MarshalJSON writes the number as it was sent, or null.
func (t UnixMilli) MarshalJSON() ([]byte, error) { return marshalWire(t.wire) }

// UnmarshalJSON accepts a number, a string that holds one, null, and "".
func (t *UnixMilli) UnmarshalJSON(data []byte) (err error) {
	t.wire, err = parseNumber(data)
	return err
}

// MarshalText writes the digits.
func (t UnixMilli) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText accepts a number in a form value.
func (t *UnixMilli) UnmarshalText(text []byte) (err error) {
	t.wire, err = parseNumberText(text)
	return err
}

// momentOf is count units after 1970, to the nanosecond; the zero time for 0 and
// for what no int64 of seconds can hold.
func momentOf(count *big.Rat, unit int64) time.Time {
	if count.Sign() == 0 {
		return time.Time{}
	}
	nanos := new(big.Rat).Mul(count, big.NewRat(unit, 1))
	whole := new(big.Int).Quo(nanos.Num(), nanos.Denom())
	seconds, rest := new(big.Int).QuoRem(whole, big.NewInt(int64(time.Second)), new(big.Int))
	if !seconds.IsInt64() {
		return time.Time{}
	}
	return time.Unix(seconds.Int64(), rest.Int64()).UTC()
}
