package envelope

import (
	"bytes"
	"math/big"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// How moments are spelled, whichever type a provider documents.

// longestTime bounds the text of a moment.
const longestTime = 64

// timeLayouts are those of a date and a clock, by the length of the offset from UTC. A
// fraction of a second is accepted by time.Parse wherever seconds end.
var timeLayouts = map[int][2]string{
	len(""):       {"2006-01-02T15:04", "2006-01-02T15:04:05"},
	len("Z"):      {"2006-01-02T15:04Z07:00", time.RFC3339},
	len("+02"):    {"2006-01-02T15:04Z07", "2006-01-02T15:04:05Z07"},
	len("+0200"):  {"2006-01-02T15:04Z0700", "2006-01-02T15:04:05Z0700"},
	len("+02:00"): {"2006-01-02T15:04Z07:00", time.RFC3339},
}

func parseTime(text string) (time.Time, bool) {
	if text = strings.TrimSpace(text); len(text) > longestTime {
		return time.Time{}, false
	}
	if len(text) >= len("2006-01-02T15:04:05Z") && text[10] == 'T' && text[17] < '6' { // By far the most frequent.
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return encodable(t)
		}
	}
	if len(text) == len(time.DateOnly) {
		t, err := time.Parse(time.DateOnly, text)
		return t, err == nil
	}
	text, leap := plainTime(text)
	if len(text) < len("2006-01-02T15:04") || text[10] != 'T' {
		return time.Time{}, false
	}
	offset := 0
	if at := strings.LastIndexAny(text[16:], "Z+-"); at >= 0 {
		offset = len(text[16:]) - at
	}
	seconds := 0
	if len(text) > 16 && text[16] == ':' {
		seconds = 1
	}
	layout, ok := timeLayouts[offset]
	if !ok {
		return time.Time{}, false
	}
	// One try: an error of time.Parse takes more memory than the text.
	t, err := time.Parse(layout[seconds], text)
	if err != nil {
		return time.Time{}, false
	}
	return encodable(t.Add(leap))
}

// encodable is a moment that can be written in RFC 3339, which knows no year of five
// digits and no offset of a day.
func encodable(t time.Time) (time.Time, bool) {
	const day = 24 * 60 * 60
	if _, offset := t.Zone(); offset <= -day || offset >= day {
		t = t.UTC()
	}
	return t, t.Year() >= 0 && t.Year() <= 9999
}

// plainTime is a text in capital letters, without white space and names of UTC. A leap
// second becomes the one before it, and what is to be added; so does the end of a day,
// 24:00.
func plainTime(text string) (plain string, leap time.Duration) {
	text = strings.ToUpper(text)
	text = strings.TrimSuffix(strings.TrimSuffix(text, "UTC"), "GMT")
	if len(text) > 10 && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	text = strings.ReplaceAll(text, " ", "") // "15:04:05 +0200"
	if len(text) >= 19 && text[16:19] == ":60" {
		return text[:16] + ":59" + text[19:], time.Second
	}
	if len(text) >= 16 && text[11:16] == "24:00" {
		if rest := strings.TrimPrefix(text[16:], ":00"); rest == "" || strings.ContainsAny(rest[:1], "Z+-") {
			return text[:11] + "00:00" + text[16:], 24 * time.Hour
		}
	}
	return text, 0
}

// parseCount takes a number, a text that holds one, or what else Time accepts, and
// returns the JSON to keep.
func parseCount(data []byte) (kept string, err error) {
	if kept, err = parseNumber(data); err == nil {
		return kept, nil
	}
	var ok bool
	if data[0] == '"' {
		text, _, _ := wire.Unquote(data)
		_, ok = parseTime(text)
	} else {
		_, ok = parsePHPTime(data)
	}
	if !ok {
		return "", errNotNumber
	}
	return string(data), nil
}

// parseCountText is parseCount for text that has no JSON type, as in a form.
func parseCountText(text []byte) (kept string, err error) {
	if kept, err = parseNumberText(text); err == nil || len(text) > 4*longestTime {
		return kept, err
	}
	if text[0] == '{' { // A DateTime of PHP.
		return parseCount(text)
	}
	return parseCount(wire.Quote(string(text)))
}

// momentOfJSON is the moment that a number, a text or an object stands for; the zero time
// for 0, and for what is beyond the years 1 to 9999.
func momentOfJSON(data []byte, unit time.Duration) time.Time {
	if len(data) > 0 && data[0] == '{' {
		t, _ := parsePHPTime(data)
		return t.moment()
	}
	text := wireText(string(data))
	if count, ok := wire.Rat(text); ok {
		return momentOf(count, unitOf(count, unit))
	}
	moment, _ := parseTime(text)
	return moment
}

// isUnusualCount reports whether what was kept is no number in the unit that is
// documented.
func isUnusualCount(kept string, unit time.Duration) bool {
	count, ok := wire.Rat(wireText(kept))
	return kept != "" && (!ok || unitOf(count, unit) != unit)
}

// unitOf is the unit that a count must have to be a moment of these decades: a count of
// 10^11 seconds is in the year 5138, one of so many milliseconds in 1973. One of 10
// digits is in the January or February of 1970 if it is in milliseconds.
func unitOf(count *big.Rat, documented time.Duration) time.Duration {
	whole := new(big.Int).Quo(count.Num(), count.Denom())
	switch digits := len(new(big.Int).Abs(whole).String()); {
	case digits > 17:
		return time.Nanosecond
	case digits > 14:
		return time.Microsecond
	case digits > 11:
		return time.Millisecond
	case digits == 10 && whole.Sign() > 0:
		return time.Second
	}
	return documented
}

// parseStamp reads a number of seconds, or of thousandths of them, of the years 2001 to
// 2286. Others may be dates without punctuation.
func parseStamp(text string) (time.Time, bool) {
	if n := len(text); n != 10 && n != 13 && n != 16 && n != 19 || wire.Digits(text) < n || text[0] == '0' {
		return time.Time{}, false
	}
	count, ok := wire.Rat(text)
	return momentOf(count, unitOf(count, 0)), ok
}

// momentOf is count units after 1970, to the nanosecond.
func momentOf(count *big.Rat, unit time.Duration) time.Time {
	if count.Sign() == 0 {
		return time.Time{}
	}
	nanos := new(big.Rat).Mul(count, big.NewRat(int64(unit), 1))
	whole := new(big.Int).Quo(nanos.Num(), nanos.Denom())
	seconds, rest := new(big.Int).QuoRem(whole, big.NewInt(int64(time.Second)), new(big.Int))
	if !seconds.IsInt64() {
		return time.Time{}
	}
	moment := time.Unix(seconds.Int64(), rest.Int64()).UTC()
	if year := moment.Year(); year < 1 || year > 9999 {
		return time.Time{}
	}
	return moment
}

// phpTime is what PHP makes of a DateTime in JSON:
// {"date":"2026-05-01 10:00:00.000000","timezone_type":3,"timezone":"UTC"}.
type phpTime struct {
	Date     string `json:"date"`
	Timezone string `json:"timezone"`
}

func parsePHPTime(data []byte) (t phpTime, ok bool) {
	if len(data) == 0 || data[0] != '{' || len(data) > 4*longestTime || !bytes.Contains(data, []byte(`"timezone"`)) {
		return t, false
	}
	if err := wire.Unmarshal(data, &t); err != nil || t.Timezone == "" {
		return t, false
	}
	_, ok = parseTime(t.Date)
	return t, ok
}

// moment is the zero time if the name of the time zone is not known here.
func (t phpTime) moment() time.Time {
	if moment, ok := parseTime(t.Date + t.Timezone); ok { // An offset, or "UTC".
		return moment
	}
	zone, err := time.LoadLocation(t.Timezone)
	if err != nil || zone == time.Local {
		return time.Time{}
	}
	date, _ := parseTime(t.Date)
	moment, _ := encodable(time.Date(date.Year(), date.Month(), date.Day(), date.Hour(), date.Minute(), date.Second(), date.Nanosecond(), zone))
	return moment
}
