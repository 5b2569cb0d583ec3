package sign

import (
	"errors"
	"strconv"
	"time"
)

// Clock compares the time of a signature with the present.
type Clock struct {
	now       func() time.Time
	tolerance time.Duration
}

// NewClock returns a clock by the settings of a user: now is time.Now if it is nil, and
// tolerance is five minutes if it is 0.
func NewClock(now func() time.Time, tolerance time.Duration) (Clock, error) {
	switch {
	case tolerance < 0:
		return Clock{}, errors.New("the tolerance is negative")
	case tolerance == 0:
		tolerance = 5 * time.Minute
	}
	if now == nil {
		now = time.Now
	}
	return Clock{now, tolerance}, nil
}

// Now is the present.
func (c Clock) Now() time.Time { return c.now() }

// Check refuses a signature that was made too long before or after the present.
func (c Clock) Check(moment time.Time) error { return c.CheckSpan(moment, moment) }

// CheckSpan refuses a signature that is good from one time to another, if the present is
// before or after that.
func (c Clock) CheckSpan(from, to time.Time) error {
	now := c.now()
	switch {
	case now.Sub(to) > c.tolerance:
		return ErrTooOld
	case from.Sub(now) > c.tolerance:
		return ErrTooNew
	}
	return nil
}

// Off returns how far a moment is before the present, or after it if that is negative; 0 if
// it is within the tolerance.
func (c Clock) Off(moment time.Time) time.Duration {
	if age := c.now().Sub(moment); age.Abs() > c.tolerance {
		return age
	}
	return 0
}

// maxUnix bounds the digits of a timestamp, to year 33,658.
const maxUnix = 12

// Unix reads a timestamp in Unix seconds: digits and nothing else.
func Unix(timestamp string) (moment time.Time, ok bool) {
	if timestamp == "" || len(timestamp) > maxUnix {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseUint(timestamp, 10, 63)
	return time.Unix(int64(seconds), 0), err == nil
}
