package envelope

import (
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Time is a moment sent as text. It accepts RFC 3339 and its usual variants: an
// offset without a colon or minutes (+0200, +02), small letters, a space for the T
// and before the offset, UTC or GMT for it, no offset (taken as UTC), no seconds, a
// leap second (:60), and a date alone (midnight UTC). Where a number of 10, 13, 16 or 19
// digits comes, it is taken for seconds, milli-, micro- or nanoseconds since 1970, and an
// object with date and timezone for a DateTime of PHP. The zero Time means "not sent".
type Time struct {
	text string    // as sent
	t    time.Time // not of a DateTime, whose zone may have to be looked up
	json bool      // the text is JSON of another type
}

// NewTime is t as if it had been sent, with as many digits of a second as it has.
func NewTime(t time.Time) Time { return Time{text: t.Format(time.RFC3339Nano), t: t} }

// Sent reports whether a moment was sent.
func (t Time) Sent() bool { return t.text != "" }

// Time is the moment, with the offset that was sent; the zero time.Time if none was sent,
// or in a time zone that this machine does not know.
func (t Time) Time() time.Time {
	if t.json && t.t.IsZero() {
		moment, _ := parsePHPTime([]byte(t.text))
		return moment.moment()
	}
	return t.t
}

// String is the text as it was sent, or the JSON of what was no text; "" if it was not
// sent.
func (t Time) String() string { return t.text }

// Equal reports whether both are the same instant, or neither was sent.
func (t Time) Equal(other Time) bool {
	return t.Sent() == other.Sent() && t.Time().Equal(other.Time())
}

// MarshalJSON writes what was sent, or null.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.json || !t.Sent() {
		return marshalWire(t.text)
	}
	return wire.Quote(t.text), nil
}

// UnmarshalJSON accepts the spellings listed at Time, null, and "".
func (t *Time) UnmarshalJSON(data []byte) error {
	text, quoted, err := wire.Unquote(data)
	switch {
	case err != nil:
		return err
	case quoted, strings.HasPrefix(text, "{"):
		return t.set(text)
	case text == null:
		*t = Time{}
		return nil
	}
	moment, ok := parseStamp(text)
	if !ok {
		return errNotTime
	}
	*t = Time{text, moment, true}
	return nil
}

// MarshalText writes what was sent.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.text), nil }

// UnmarshalText accepts the spellings listed at Time in a form value.
func (t *Time) UnmarshalText(text []byte) error { return t.set(string(text)) }

func (t *Time) set(text string) error {
	if text == "" {
		*t = Time{}
		return nil
	}
	if _, ok := parsePHPTime([]byte(text)); ok {
		*t = Time{text: text, json: true}
		return nil
	}
	moment, ok := parseTime(text)
	if !ok {
		moment, ok = parseStamp(text)
	}
	if !ok {
		return errNotTime
	}
	*t = Time{text: text, t: moment}
	return nil
}

// isUnusual reports whether the moment was sent as a number, or as an object.
func (t *Time) isUnusual() bool { return t.json || wire.Digits(t.text) == len(t.text) && t.Sent() }

// UnixTime is a moment sent as a number of seconds since 1970. It accepts a number,
// also with a fraction, and a string that holds one. Some senders mean another unit:
// from 10^11 on the number is taken for milliseconds, from 10^14 on for microseconds,
// from 10^17 on for nanoseconds. A text or an object that Time understands is one, too.
// The zero UnixTime means "not sent"; a sent 0 has no moment either.
type UnixTime struct{ wire string }

// NewUnixTime is t as if it had been sent, in whole seconds.
func NewUnixTime(t time.Time) UnixTime {
	return UnixTime{strconv.FormatInt(t.Unix(), 10)}
}

// Sent reports whether a number was sent; 0 counts, null does not.
func (t UnixTime) Sent() bool { return t.wire != "" }

// Time is the moment in UTC; the zero time.Time if none, or 0, was sent, or one beyond
// the years 1 to 9999.
func (t UnixTime) Time() time.Time {
	return momentOfJSON([]byte(t.wire), time.Second).UTC()
}

// isUnusual reports whether the moment is no number of seconds.
func (t *UnixTime) isUnusual() bool { return isUnusualCount(t.wire, time.Second) }

// String is the number as it was sent, without quotes; "" if it was not sent.
func (t UnixTime) String() string { return wireText(t.wire) }

// Equal reports whether both are the same instant, or neither was sent.
func (t UnixTime) Equal(other UnixTime) bool {
	return t.Sent() == other.Sent() && t.Time().Equal(other.Time())
}

// MarshalJSON writes the number as it was sent, or null.
func (t UnixTime) MarshalJSON() ([]byte, error) { return marshalWire(t.wire) }

// UnmarshalJSON accepts a number, a string that holds one, what Time accepts, null, and
// "".
func (t *UnixTime) UnmarshalJSON(data []byte) (err error) {
	t.wire, err = parseCount(data)
	return err
}

// MarshalText writes the digits.
func (t UnixTime) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText accepts a number in a form value, and what Time accepts.
func (t *UnixTime) UnmarshalText(text []byte) (err error) {
	t.wire, err = parseCountText(text)
	return err
}

// UnixMilli is a moment sent as a number of milliseconds since 1970, as a number
// or a string that holds one. Some senders mean another unit: a number of 10 digits is
// taken for seconds, from 10^14 on it is taken for what UnixTime takes it for. A text or an object that
// Time understands is one, too. The zero UnixMilli means "not sent"; a sent 0 has no
// moment either.
type UnixMilli struct{ wire string }

// NewUnixMilli is t as if it had been sent, in whole milliseconds.
func NewUnixMilli(t time.Time) UnixMilli {
	return UnixMilli{strconv.FormatInt(t.UnixMilli(), 10)}
}

// Sent reports whether a number was sent; 0 counts, null does not.
func (t UnixMilli) Sent() bool { return t.wire != "" }

// Time is the moment in UTC; the zero time.Time if none, or 0, was sent, or one beyond
// the years 1 to 9999.
func (t UnixMilli) Time() time.Time {
	return momentOfJSON([]byte(t.wire), time.Millisecond).UTC()
}

// isUnusual reports whether the moment is no number of milliseconds.
func (t *UnixMilli) isUnusual() bool { return isUnusualCount(t.wire, time.Millisecond) }

// String is the number as it was sent, without quotes; "" if it was not sent.
func (t UnixMilli) String() string { return wireText(t.wire) }

// Equal reports whether both are the same instant, or neither was sent.
func (t UnixMilli) Equal(other UnixMilli) bool {
	return t.Sent() == other.Sent() && t.Time().Equal(other.Time())
}

// MarshalJSON writes the number as it was sent, or null.
func (t UnixMilli) MarshalJSON() ([]byte, error) { return marshalWire(t.wire) }

// UnmarshalJSON accepts a number, a string that holds one, what Time accepts, null, and
// "".
func (t *UnixMilli) UnmarshalJSON(data []byte) (err error) {
	t.wire, err = parseCount(data)
	return err
}

// MarshalText writes the digits.
func (t UnixMilli) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText accepts a number in a form value, and what Time accepts.
func (t *UnixMilli) UnmarshalText(text []byte) (err error) {
	t.wire, err = parseCountText(text)
	return err
}
