package envelope_test

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// scalar is what the tolerant scalars have in common.
type scalar interface {
	Sent() bool
	fmt.Stringer
	json.Marshaler
	json.Unmarshaler
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

// scalars makes one "not sent" of each type.
func scalars() map[string]scalar {
	return map[string]scalar{
		"Decimal":   new(envelope.Decimal),
		"Int":       new(envelope.Int),
		"Bool":      new(envelope.Bool),
		"Time":      new(envelope.Time),
		"UnixTime":  new(envelope.UnixTime),
		"UnixMilli": new(envelope.UnixMilli),
		"Value":     new(envelope.Value),
	}
}

// meaning is what a scalar says, whatever its spelling.
func meaning(s scalar) string {
	moment := func(t time.Time) string {
		if t.IsZero() {
			return "none"
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	switch s := s.(type) {
	case *envelope.Decimal:
		return s.Rat().RatString()
	case *envelope.Int:
		return strconv.FormatInt(s.Int64(), 10)
	case *envelope.Bool:
		return strconv.FormatBool(s.Bool())
	case *envelope.Time:
		return moment(s.Time())
	case *envelope.UnixTime:
		return moment(s.Time())
	case *envelope.UnixMilli:
		return moment(s.Time())
	case *envelope.Value:
		return string(s.Raw())
	}
	return "unknown type"
}

// decoders are the ways in which JSON reaches a scalar.
var decoders = map[string]func(data []byte, target any) error{
	"encoding/json": json.Unmarshal,
	"the library":   func(data []byte, target any) error { return jsonv2.Unmarshal(data, target) },
}

// encoders are the ways in which a scalar becomes JSON.
var encoders = map[string]func(any) ([]byte, error){
	"encoding/json": json.Marshal,
	"the library":   func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
}

// TestScalarSpellings: each accepted spelling has its meaning, and is encoded as
// it was sent.
func TestScalarSpellings(t *testing.T) {
	zeros := strings.Repeat("0", 100)
	tests := []struct {
		kind, name, wire string
		text, meaning    string
	}{
		{"Decimal", "integer", `5`, "5", "5"},
		{"Decimal", "fraction", `12.50`, "12.50", "25/2"},
		{"Decimal", "negative", `-0.1`, "-0.1", "-1/10"},
		{"Decimal", "zero", `0`, "0", "0"},
		{"Decimal", "negative zero", `-0.00`, "-0.00", "0"},
		{"Decimal", "more digits than a float holds", `9007199254740993.01`, "9007199254740993.01", "900719925474099301/100"},
		{"Decimal", "exponent", `1.5e3`, "1.5e3", "1500"},
		{"Decimal", "large exponent sign", `15E+2`, "15E+2", "1500"},
		{"Decimal", "negative exponent", `25e-2`, "25e-2", "1/4"},
		{"Decimal", "largest exponent", `1e400`, "1e400", "1" + strings.Repeat("0", 400)},
		{"Decimal", "smallest exponent", `1e-400`, "1e-400", "1/1" + strings.Repeat("0", 400)},
		{"Decimal", "longest number", `1` + zeros + `.` + zeros[:26], "1" + zeros + "." + zeros[:26], "1" + zeros},
		{"Decimal", "text", `"12.50"`, "12.50", "25/2"},
		{"Decimal", "text with a plus", `"+5"`, "+5", "5"},
		{"Decimal", "text with zeros in front", `"0075.10"`, "0075.10", "751/10"},
		{"Decimal", "text that is no octal number", `"010"`, "010", "10"},
		{"Decimal", "escaped text", `"\u0031\u0032"`, "12", "12"},
		{"Int", "integer", `5`, "5", "5"},
		{"Int", "zero", `0`, "0", "0"},
		{"Int", "negative", `-7`, "-7", "-7"},
		{"Int", "whole fraction", `5.0`, "5.0", "5"},
		{"Int", "exponent", `5e3`, "5e3", "5000"},
		{"Int", "exponent that takes a fraction", `1.25e2`, "1.25e2", "125"},
		{"Int", "text", `"5"`, "5", "5"},
		{"Int", "text of a whole fraction", `"5.00"`, "5.00", "5"},
		{"Int", "text with a plus and zeros", `"+007"`, "+007", "7"},
		{"Int", "largest", `9223372036854775807`, "9223372036854775807", "9223372036854775807"},
		{"Int", "smallest", `"-9223372036854775808"`, "-9223372036854775808", "-9223372036854775808"},
		{"Int", "fraction", `1.5`, "1.5", "1"},
		{"Int", "negative fraction as text", `"-1.5"`, "-1.5", "-1"},
		{"Int", "one above the largest", `9223372036854775808`, "9223372036854775808", "0"},
		{"Int", "enormous", `1e400`, "1e400", "0"},
		{"Bool", "true", `true`, "true", "true"},
		{"Bool", "false", `false`, "false", "false"},
		{"Bool", "one", `1`, "true", "true"},
		{"Bool", "zero", `0`, "false", "false"},
		{"Bool", "text true", `"true"`, "true", "true"},
		{"Bool", "text in capitals", `"FALSE"`, "false", "false"},
		{"Bool", "text one", `"1"`, "true", "true"},
		{"Bool", "text zero", `"0"`, "false", "false"},
		{"Bool", "yes", `"Yes"`, "true", "true"},
		{"Bool", "no", `"no"`, "false", "false"},
		{"Bool", "y", `"y"`, "true", "true"},
		{"Bool", "n", `"N"`, "false", "false"},
		{"Bool", "t", `"t"`, "true", "true"},
		{"Bool", "f", `"F"`, "false", "false"},
		{"Bool", "white space", `" False\n"`, "false", "false"},
		{"Bool", "on", `"on"`, "true", "true"},
		{"Bool", "off", `"off"`, "false", "false"},
		{"Bool", "escaped", `"\u006eo"`, "false", "false"},
		{"Time", "zulu", `"2026-03-01T10:30:00Z"`, "2026-03-01T10:30:00Z", "2026-03-01T10:30:00Z"},
		{"Time", "offset", `"2026-03-01T10:30:00+02:00"`, "2026-03-01T10:30:00+02:00", "2026-03-01T08:30:00Z"},
		{"Time", "offset without a colon", `"2026-03-01T10:30:00+0200"`, "2026-03-01T10:30:00+0200", "2026-03-01T08:30:00Z"},
		{"Time", "fraction", `"2026-03-01T10:30:00.123456789-01:00"`, "2026-03-01T10:30:00.123456789-01:00", "2026-03-01T11:30:00.123456789Z"},
		{"Time", "fraction and offset without a colon", `"2026-03-01T10:30:00.5+0000"`, "2026-03-01T10:30:00.5+0000", "2026-03-01T10:30:00.5Z"},
		{"Time", "space for the T", `"2026-03-01 10:30:00Z"`, "2026-03-01 10:30:00Z", "2026-03-01T10:30:00Z"},
		{"Time", "space before the offset", `"2026-03-01 10:30:00 +0200"`, "2026-03-01 10:30:00 +0200", "2026-03-01T08:30:00Z"},
		{"Time", "small t", `"2026-03-01t10:30:00Z"`, "2026-03-01t10:30:00Z", "2026-03-01T10:30:00Z"},
		{"Time", "no offset", `"2026-03-01T10:30:00"`, "2026-03-01T10:30:00", "2026-03-01T10:30:00Z"},
		{"Time", "no offset, with a space and a fraction", `"2026-03-01 10:30:00.250"`, "2026-03-01 10:30:00.250", "2026-03-01T10:30:00.25Z"},
		{"Time", "no seconds", `"2026-03-01T10:30Z"`, "2026-03-01T10:30Z", "2026-03-01T10:30:00Z"},
		{"Time", "date", `"2026-03-01"`, "2026-03-01", "2026-03-01T00:00:00Z"},
		{"Time", "no seconds and no offset", `"2026-03-01 10:30"`, "2026-03-01 10:30", "2026-03-01T10:30:00Z"},
		{"Time", "small letters", `"2026-03-01t10:30:00z"`, "2026-03-01t10:30:00z", "2026-03-01T10:30:00Z"},
		{"Time", "end of a day", `"2026-12-31T24:00:00Z"`, "2026-12-31T24:00:00Z", "2027-01-01T00:00:00Z"},
		{"Time", "offset of a day", `"2026-03-01T10:30:00+24:00"`, "2026-03-01T10:30:00+24:00", "2026-02-28T10:30:00Z"},
		{"Time", "leap second", `"2016-12-31T23:59:60Z"`, "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
		{"Time", "leap second with a fraction", `"2016-12-31 23:59:60.5+00:00"`, "2016-12-31 23:59:60.5+00:00", "2017-01-01T00:00:00.5Z"},
		{"Time", "offset without minutes", `"2026-03-01T10:30:00+02"`, "2026-03-01T10:30:00+02", "2026-03-01T08:30:00Z"},
		{"Time", "fraction and offset without minutes", `"2026-03-01 10:30:00.25 -03"`, "2026-03-01 10:30:00.25 -03", "2026-03-01T13:30:00.25Z"},
		{"Time", "no seconds, offset without minutes", `"2026-03-01T10:30+02"`, "2026-03-01T10:30+02", "2026-03-01T08:30:00Z"},
		{"Time", "UTC", `"2026-03-01 10:30:00 UTC"`, "2026-03-01 10:30:00 UTC", "2026-03-01T10:30:00Z"},
		{"Time", "GMT", `"2026-03-01T10:30:00GMT"`, "2026-03-01T10:30:00GMT", "2026-03-01T10:30:00Z"},
		{"Time", "offset and UTC", `"2026-03-01 10:30:00.5 +0000 UTC"`, "2026-03-01 10:30:00.5 +0000 UTC", "2026-03-01T10:30:00.5Z"},
		{"Time", "blanks around", `" 2026-03-01T10:30:00Z\n"`, " 2026-03-01T10:30:00Z\n", "2026-03-01T10:30:00Z"},
		{"Time", "seconds", `1772361000`, "1772361000", "2026-03-01T10:30:00Z"},
		{"Time", "milliseconds as text", `"1772361000123"`, "1772361000123", "2026-03-01T10:30:00.123Z"},
		{"Time", "microseconds", `1772361000123456`, "1772361000123456", "2026-03-01T10:30:00.123456Z"},
		{"Time", "DateTime of PHP", `{"date":"2026-03-01 10:30:00.250000","timezone_type":3,"timezone":"UTC"}`, `{"date":"2026-03-01 10:30:00.250000","timezone_type":3,"timezone":"UTC"}`, "2026-03-01T10:30:00.25Z"},
		{"Time", "DateTime of PHP with an offset", `{"date":"2026-03-01 10:30:00.000000","timezone_type":1,"timezone":"+02:00"}`, `{"date":"2026-03-01 10:30:00.000000","timezone_type":1,"timezone":"+02:00"}`, "2026-03-01T08:30:00Z"},
		{"Time", "DateTime of PHP with a city", `{"date":"2026-07-01 10:30:00.000000","timezone_type":3,"timezone":"Europe/Warsaw"}`, `{"date":"2026-07-01 10:30:00.000000","timezone_type":3,"timezone":"Europe/Warsaw"}`, "2026-07-01T08:30:00Z"},
		{"Time", "DateTime of PHP somewhere unknown", `{"date":"2026-03-01 10:30:00.000000","timezone":"Moon/Base"}`, `{"date":"2026-03-01 10:30:00.000000","timezone":"Moon/Base"}`, "none"},
		{"UnixTime", "microseconds", `1772361000123456`, "1772361000123456", "2026-03-01T10:30:00.123456Z"},
		{"UnixTime", "nanoseconds", `"1772361000123456789"`, "1772361000123456789", "2026-03-01T10:30:00.123456789Z"},
		{"UnixTime", "text of a time", `"2026-03-01T10:30:00Z"`, "2026-03-01T10:30:00Z", "2026-03-01T10:30:00Z"},
		{"UnixTime", "DateTime of PHP", `{"date":"2026-03-01 10:30:00.000000","timezone":"UTC"}`, `{"date":"2026-03-01 10:30:00.000000","timezone":"UTC"}`, "2026-03-01T10:30:00Z"},
		{"UnixTime", "beyond the year 9999", `1e30`, "1e30", "none"},
		{"UnixMilli", "seconds", `1772361000`, "1772361000", "2026-03-01T10:30:00Z"},
		{"UnixMilli", "microseconds", `1772361000123456`, "1772361000123456", "2026-03-01T10:30:00.123456Z"},
		{"UnixMilli", "text of a time", `"2026-03-01 10:30:00"`, "2026-03-01 10:30:00", "2026-03-01T10:30:00Z"},
		{"UnixMilli", "the seventies", `86400000`, "86400000", "1970-01-02T00:00:00Z"},
		{"Time", "escaped", `"2026-03-01T10:30:00\u005a"`, "2026-03-01T10:30:00Z", "2026-03-01T10:30:00Z"},
		{"Time", "leap day", `"2028-02-29T00:00:00Z"`, "2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"UnixTime", "seconds", `1772361000`, "1772361000", "2026-03-01T10:30:00Z"},
		{"UnixTime", "text", `"1772361000"`, "1772361000", "2026-03-01T10:30:00Z"},
		{"UnixTime", "fraction", `1772361000.5`, "1772361000.5", "2026-03-01T10:30:00.5Z"},
		{"UnixTime", "exponent", `1.772361e9`, "1.772361e9", "2026-03-01T10:30:00Z"},
		{"UnixTime", "finer than a nanosecond", `1772361000.1234567899`, "1772361000.1234567899", "2026-03-01T10:30:00.123456789Z"},
		{"UnixTime", "before 1970", `-1.5`, "-1.5", "1969-12-31T23:59:58.5Z"},
		{"UnixTime", "zero has no moment", `0`, "0", "none"},
		{"UnixTime", "the last second", `99999999999`, "99999999999", "5138-11-16T09:46:39Z"},
		{"UnixTime", "a fraction below the bound", `99999999999.9`, "99999999999.9", "5138-11-16T09:46:39.9Z"},
		{"UnixTime", "the first millisecond", `100000000000`, "100000000000", "1973-03-03T09:46:40Z"},
		{"UnixTime", "milliseconds", `1772361000123`, "1772361000123", "2026-03-01T10:30:00.123Z"},
		{"UnixTime", "negative milliseconds", `-100000000000`, "-100000000000", "1966-10-31T14:13:20Z"},
		{"UnixTime", "beyond all time", `1e400`, "1e400", "none"},
		{"UnixTime", "nearly nothing", `1e-400`, "1e-400", "1970-01-01T00:00:00Z"},
		{"UnixMilli", "milliseconds", `1772361000123`, "1772361000123", "2026-03-01T10:30:00.123Z"},
		{"UnixMilli", "text", `"1772361000123"`, "1772361000123", "2026-03-01T10:30:00.123Z"},
		{"UnixMilli", "fraction", `1772361000123.25`, "1772361000123.25", "2026-03-01T10:30:00.12325Z"},
		{"UnixMilli", "few milliseconds", `1`, "1", "1970-01-01T00:00:00.001Z"},
		{"UnixMilli", "zero has no moment", `"0"`, "0", "none"},
		{"UnixMilli", "before 1970", `-1`, "-1", "1969-12-31T23:59:59.999Z"},
		{"UnixMilli", "beyond all time", `-1e300`, "-1e300", "none"},
		{"Value", "number", `1.50`, "1.50", `1.50`},
		{"Value", "text", `"some \u00e9 text"`, "some é text", `"some \u00e9 text"`},
		{"Value", "empty text", `""`, "", `""`},
		{"Value", "boolean", `false`, "false", `false`},
		{"Value", "object", `{"b":[1,2],"a":null}`, `{"b":[1,2],"a":null}`, `{"b":[1,2],"a":null}`},
		{"Value", "empty list", `[]`, "[]", "[]"},
	}
	for _, test := range tests {
		for decoder, unmarshal := range decoders {
			t.Run(test.kind+"/"+test.name+"/"+decoder, func(t *testing.T) {
				s := scalars()[test.kind]
				if err := unmarshal([]byte(test.wire), s); err != nil {
					t.Fatal(err)
				}
				if !s.Sent() || s.String() != test.text || meaning(s) != test.meaning {
					t.Errorf("sent %t, text %q, meaning %q; want %q, %q", s.Sent(), s.String(), meaning(s), test.text, test.meaning)
				}
				for encoder, marshal := range encoders {
					// Escapes within a string are the encoder's to choose.
					if encoded, err := marshal(s); err != nil || unescaped(encoded) != unescaped([]byte(test.wire)) {
						t.Errorf("%s encodes it as %s (error %v), want %s", encoder, encoded, err, test.wire)
					}
				}
			})
		}
	}
}

// unescaped is the text of a JSON string in quotes, or any other JSON as it is.
func unescaped(data []byte) string {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return string(data)
	}
	return `"` + text + `"`
}

// TestScalarRefusals: what is not in the spellings is an error that says nothing
// of the text.
func TestScalarRefusals(t *testing.T) {
	notNumbers := map[string]string{
		"word": `"secret"`, "boolean": `true`, "object": `{"a":1}`, "list": `[1]`, "white space": `" "`,
		"number in white space": `" 5"`, "two points": `"1.2.3"`, "point at the end": `"5."`, "point in front": `".5"`,
		"sign alone": `"-"`, "two signs": `"--5"`, "fraction": `"1/2"`, "hexadecimal": `"0x10"`, "underscores": `"1_000"`,
		"comma": `"1,5"`, "infinity": `"Inf"`, "not a number": `"NaN"`, "exponent without digits": `"1e"`,
		"exponent too large": `1e401`, "exponent too small": `1e-401`, "enormous exponent": `1e99999999999999999999`,
		"more after the exponent": `"1e5x"`, "too long": `1` + strings.Repeat("0", 128), "too long as text": `"` + strings.Repeat("1", 129) + `"`,
		"arabic digits": `"٥"`,
	}
	notTimes := map[string]string{
		"number of 8 digits": `20260301`, "number of 14 digits": `20260301103000`, "number of 12 digits as text": `"202603011030"`, "fraction": `1772361000.5`, "boolean": `true`, "object": `{}`,
		"object without a time zone": `{"date":"2026-03-01 10:30:00.000000"}`, "object with another date": `{"date":"soon","timezone":"UTC"}`, "list": `[]`, "word": `"yesterday"`,
		"month 13": `"2026-13-01T00:00:00Z"`, "leap second into the year 10000": `"9999-12-31T23:59:60Z"`, "after the end of a day": `"2026-03-01T24:00:01Z"`, "no leap day": `"2026-02-29"`, "hour 25": `"2026-03-01T25:00:00Z"`, "time alone": `"10:30:00"`,
		"white space": `" "`, "too long": `"2026-03-01T10:30:00.` + strings.Repeat("0", 64) + `Z"`,
	}
	tests := map[string]map[string]string{
		"Decimal": notNumbers, "UnixTime": notNumbers, "UnixMilli": notNumbers, "Time": notTimes,
		"Int": {
			"too long": `1` + strings.Repeat("0", 128), "word": `"five"`, "boolean": `true`, "object": `{}`, "list": `[]`,
		},
		"Bool": {
			"number": `2`, "negative": `-1`, "fraction": `1.0`, "word": `"perhaps"`, "white space": `" "`, "object": `{}`, "list": `[]`,
		},
	}
	for kind, wires := range tests {
		for name, wire := range wires {
			for decoder, unmarshal := range decoders {
				t.Run(kind+"/"+name+"/"+decoder, func(t *testing.T) {
					s := scalars()[kind]
					err := unmarshal([]byte(wire), s)
					if err == nil || s.Sent() {
						t.Fatalf("accepted as %q", s)
					}
					own := s.UnmarshalJSON([]byte(wire))
					if text := strings.Trim(wire, `" `); own == nil || text != "" && strings.Contains(own.Error(), text) {
						t.Errorf("error %v", own)
					}
				})
			}
		}
	}
}

// TestScalarBrokenText: a call without a decoder in between must not be trusted to
// bring a whole JSON string.
func TestScalarBrokenText(t *testing.T) {
	for kind, s := range scalars() {
		if kind == "Value" {
			continue
		}
		for _, data := range []string{`"`, `"\`, `"\u12`, `"\x"`} {
			if err := s.UnmarshalJSON([]byte(data)); err == nil || s.Sent() {
				t.Errorf("%s accepts %s", kind, data)
			}
		}
	}
}

// TestScalarNotSent: null and an empty string are no values, replace an earlier
// one, and encode as null.
func TestScalarNotSent(t *testing.T) {
	earlier := map[string]string{
		"Decimal": `5`, "Int": `5`, "Bool": `true`, "Time": `"2026-03-01"`, "UnixTime": `5`, "UnixMilli": `5`, "Value": `5`,
	}
	check := func(t *testing.T, s scalar) {
		t.Helper()
		if s.Sent() || s.String() != "" {
			t.Errorf("sent %t, text %q", s.Sent(), s)
		}
		if text, err := s.MarshalText(); err != nil || len(text) > 0 {
			t.Errorf("encoded in a form as %q (error %v)", text, err)
		}
		for encoder, marshal := range encoders {
			if encoded, err := marshal(s); err != nil || string(encoded) != `null` {
				t.Errorf("%s encodes it as %s (error %v)", encoder, encoded, err)
			}
		}
	}
	for kind := range scalars() {
		t.Run(kind+"/zero value", func(t *testing.T) { check(t, scalars()[kind]) })
		t.Run(kind+"/empty form value", func(t *testing.T) {
			s := scalars()[kind]
			if err := s.UnmarshalJSON([]byte(earlier[kind])); err != nil || !s.Sent() {
				t.Fatalf("earlier value: %v", err)
			}
			if err := s.UnmarshalText(nil); err != nil {
				t.Fatal(err)
			}
			check(t, s)
		})
		for _, wire := range []string{`null`, `""`} {
			if kind == "Value" && wire == `""` { // An open value can be an empty string.
				continue
			}
			for decoder, unmarshal := range decoders {
				t.Run(kind+"/"+wire+"/"+decoder, func(t *testing.T) {
					s := scalars()[kind]
					for _, wire := range []string{earlier[kind], wire} {
						if err := unmarshal([]byte(wire), s); err != nil {
							t.Fatal(err)
						}
					}
					check(t, s)
				})
			}
		}
	}
}

// TestScalarOmitted: a scalar that was not sent leaves no trace where its member
// is tagged omitzero, and a sent zero does.
func TestScalarOmitted(t *testing.T) {
	type all struct {
		Decimal   envelope.Decimal   `json:"decimal,omitzero"`
		Int       envelope.Int       `json:"int,omitzero"`
		Bool      envelope.Bool      `json:"bool,omitzero"`
		Time      envelope.Time      `json:"time,omitzero"`
		UnixTime  envelope.UnixTime  `json:"unix,omitzero"`
		UnixMilli envelope.UnixMilli `json:"milli,omitzero"`
		Value     envelope.Value     `json:"value,omitzero"`
	}
	for _, test := range []struct{ name, in, out string }{
		{"nothing", `{}`, `{}`},
		{"null", `{"decimal":null,"int":null,"bool":null,"time":null,"unix":null,"milli":null,"value":null}`, `{}`},
		{
			"zeros",
			`{"decimal":0,"int":0,"bool":false,"time":"0001-01-01T00:00:00Z","unix":0,"milli":0,"value":0}`,
			`{"decimal":0,"int":0,"bool":false,"time":"0001-01-01T00:00:00Z","unix":0,"milli":0,"value":0}`,
		},
	} {
		for decoder, unmarshal := range decoders {
			for encoder, marshal := range encoders {
				t.Run(test.name+"/"+decoder+"/"+encoder, func(t *testing.T) {
					var v all
					if err := unmarshal([]byte(test.in), &v); err != nil {
						t.Fatal(err)
					}
					out, err := marshal(v)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(test.out, string(out)); diff != "" {
						t.Error(diff)
					}
				})
			}
		}
	}
}

// TestScalarForms: text without a JSON type, as it stands in a form.
func TestScalarForms(t *testing.T) {
	for _, test := range []struct {
		kind, text    string
		encoded, wire string // as text, as JSON
		refused       bool
	}{
		{kind: "Decimal", text: "12.50", encoded: "12.50", wire: `12.50`},
		{kind: "Decimal", text: "+012.50", encoded: "+012.50", wire: `"+012.50"`},
		{kind: "Decimal", text: "twelve", refused: true},
		{kind: "Int", text: "-5", encoded: "-5", wire: `-5`},
		{kind: "Int", text: "05", encoded: "05", wire: `"05"`},
		{kind: "Int", text: "5.5", encoded: "5.5", wire: `5.5`},
		{kind: "Int", text: "five", refused: true},
		{kind: "Int", text: "five", refused: true},
		{kind: "Bool", text: "Yes", encoded: "true", wire: `true`},
		{kind: "Bool", text: "0", encoded: "false", wire: `false`},
		{kind: "Bool", text: "maybe", refused: true},
		{kind: "Time", text: "2026-03-01 10:30:00", encoded: "2026-03-01 10:30:00", wire: `"2026-03-01 10:30:00"`},
		{kind: "Time", text: "now", refused: true},
		{kind: "UnixTime", text: "1772361000", encoded: "1772361000", wire: `1772361000`},
		{kind: "UnixTime", text: "soon", refused: true},
		{kind: "UnixMilli", text: "1772361000123", encoded: "1772361000123", wire: `1772361000123`},
		{kind: "UnixMilli", text: "soon", refused: true},
		{kind: "Value", text: `{"a": 1}`, encoded: `{"a": 1}`, wire: `{"a":1}`},
		{kind: "Value", text: "null", encoded: "", wire: `null`},
		{kind: "Value", text: "plain text", encoded: `"plain text"`, wire: `"plain text"`},
		{kind: "Value", text: "invalid \xff", encoded: "\"invalid \uFFFD\"", wire: "\"invalid \uFFFD\""},
	} {
		t.Run(test.kind+"/"+test.text, func(t *testing.T) {
			s := scalars()[test.kind]
			err := s.UnmarshalText([]byte(test.text))
			if test.refused {
				if err == nil || s.Sent() || strings.Contains(err.Error(), test.text) {
					t.Errorf("accepted as %q, error %v", s, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if text, err := s.MarshalText(); err != nil || string(text) != test.encoded {
				t.Errorf("encoded in a form as %q (error %v), want %q", text, err, test.encoded)
			}
			if wire, err := json.Marshal(s); err != nil || string(wire) != test.wire {
				t.Errorf("encoded in JSON as %s (error %v), want %s", wire, err, test.wire)
			}
		})
	}
}

// TestScalarEqual: spellings of one meaning are equal for Equal and for go-cmp,
// and different meanings are not. A value that was sent never equals none.
func TestScalarEqual(t *testing.T) {
	testEqual(t, "Decimal", [][]string{{`null`, `""`}, {`0`, `-0.0`, `"0"`, `0e5`}, {`1.5`, `1.50`, `"1.5"`, `15e-1`}, {`1.51`}, {`-1.5`}})
	testEqual(t, "Int", [][]string{{`null`}, {`0`, `"0"`, `0.0`}, {`5`, `5.0`, `"5"`, `"+05"`}, {`6`}})
	testEqual(t, "Bool", [][]string{{`null`}, {`false`, `0`, `"no"`}, {`true`, `1`, `"YES"`}})
	testEqual(t, "Time", [][]string{
		{`null`}, {`"0001-01-01T00:00:00Z"`},
		{`"2026-03-01T10:30:00Z"`, `"2026-03-01 12:30:00+0200"`, `"2026-03-01T10:30:00.000Z"`, `"2026-03-01T10:30Z"`},
		{`"2026-03-01T10:30:00+02:00"`},
	})
	testEqual(t, "UnixTime", [][]string{{`null`}, {`0`, `"0"`}, {`1772361000`, `"1772361000.0"`, `1772361000000`}, {`1772361001`}})
	testEqual(t, "UnixMilli", [][]string{{`null`}, {`0`}, {`1772361000000`, `"1772361000000"`, `1.772361e12`}, {`1772361000001`}})
	testEqual(t, "Value", [][]string{
		{`null`}, {`""`}, {`{"a":1,"b":["x"]}`, `{ "b" : ["\u0078"], "a" : 1 }`}, {`{"a":1,"b":["x"],"c":null}`},
		{`9007199254740992`}, {`9007199254740993`}, {`1`}, {`1.0`}, {`[1,2]`, `[1, 2]`}, {`[2,1]`},
		{`{"a":1,"a":2}`, `{"a":1, "a":2}`}, {`{"a":2,"a":1}`},
	})
}

func testEqual(t *testing.T, kind string, groups [][]string) {
	t.Helper()
	for i, left := range groups {
		for _, a := range left {
			for j, right := range groups {
				for _, b := range right {
					x, y := scalars()[kind], scalars()[kind]
					if err := x.UnmarshalJSON([]byte(a)); err != nil {
						t.Fatal(err)
					}
					if err := y.UnmarshalJSON([]byte(b)); err != nil {
						t.Fatal(err)
					}
					if got := equal(x, y); got != (i == j) || got != cmp.Equal(x, y) {
						t.Errorf("%s: %s equals %s: %t", kind, a, b, got)
					}
				}
			}
		}
	}
}

func equal(x, y scalar) bool {
	switch x := x.(type) {
	case *envelope.Decimal:
		return x.Equal(*y.(*envelope.Decimal))
	case *envelope.Int:
		return x.Equal(*y.(*envelope.Int))
	case *envelope.Bool:
		return x.Equal(*y.(*envelope.Bool))
	case *envelope.Time:
		return x.Equal(*y.(*envelope.Time))
	case *envelope.UnixTime:
		return x.Equal(*y.(*envelope.UnixTime))
	case *envelope.UnixMilli:
		return x.Equal(*y.(*envelope.UnixMilli))
	case *envelope.Value:
		return x.Equal(*y.(*envelope.Value))
	}
	return false
}

// TestScalarMade: values made by this package's functions are those that a sender
// would have sent.
func TestScalarMade(t *testing.T) {
	moment := time.Date(2026, 3, 1, 12, 30, 0, 123_000_000, time.FixedZone("", 2*60*60))
	for _, test := range []struct {
		made scalar
		wire string
	}{
		{new(envelope.MustDecimal("-12.50")), `-12.50`},
		{new(envelope.NewInt(math.MinInt64)), `-9223372036854775808`},
		{new(envelope.NewInt(0)), `0`},
		{new(envelope.NewBool(true)), `true`},
		{new(envelope.NewBool(false)), `false`},
		{new(envelope.NewTime(moment)), `"2026-03-01T12:30:00.123+02:00"`},
		{new(envelope.NewUnixTime(moment)), `1772361000`},
		{new(envelope.NewUnixMilli(moment)), `1772361000123`},
		{new(envelope.MustValue(`{"a":[]}`)), `{"a":[]}`},
		{new(envelope.MustValue(`null`)), `null`},
	} {
		encoded, err := json.Marshal(test.made)
		if err != nil || string(encoded) != test.wire {
			t.Errorf("%T is %s (error %v), want %s", test.made, encoded, err, test.wire)
		}
		if test.made.Sent() != (test.wire != `null`) {
			t.Errorf("%T %s: sent is %t", test.made, encoded, test.made.Sent())
		}
	}
}

// TestScalarConstants: a constant that is none panics at once.
func TestScalarConstants(t *testing.T) {
	for name, f := range map[string]func(){
		"decimal": func() { envelope.MustDecimal("+5") },
		"value":   func() { envelope.MustValue(`{"a":}`) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "envelope.Must") {
					t.Errorf("recovered %q", text)
				}
			}()
			f()
			t.Error("no panic")
		})
	}
	if _, err := envelope.ParseDecimal(""); err == nil {
		t.Error("an empty text is a decimal")
	}
	if _, err := envelope.ParseValue("1 2"); err == nil {
		t.Error("two values are one")
	}
}

func TestDecimalArithmetic(t *testing.T) {
	d := envelope.MustDecimal
	for _, test := range []struct {
		a, b      envelope.Decimal
		cmp, sign int
	}{
		{d("0.1"), d("0.10"), 0, 1},
		{d("0.1"), d("0.2"), -1, 1},
		{d("-3"), d("-4"), 1, -1},
		{d("1e2"), d("100"), 0, 1},
		{d("0"), envelope.Decimal{}, 0, 0},
		{envelope.Decimal{}, d("-1e-400"), 1, 0},
	} {
		if got := test.a.Cmp(test.b); got != test.cmp || test.b.Cmp(test.a) != -got {
			t.Errorf("%s compared with %s is %d, want %d", test.a, test.b, got, test.cmp)
		}
		if got := test.a.Sign(); got != test.sign {
			t.Errorf("the sign of %s is %d, want %d", test.a, got, test.sign)
		}
	}
	for _, test := range []struct {
		d  envelope.Decimal
		n  int64
		ok bool
	}{
		{d("1e3"), 1000, true},
		{d("5.00"), 5, true},
		{d("-0"), 0, true},
		{d("9223372036854775807"), math.MaxInt64, true},
		{d("9223372036854775808"), 0, false},
		{d("0.5"), 0, false},
		{d("1e400"), 0, false},
		{envelope.Decimal{}, 0, false},
	} {
		if n, ok := test.d.Int64(); n != test.n || ok != test.ok {
			t.Errorf("%q as an integer is %d, %t; want %d, %t", test.d, n, ok, test.n, test.ok)
		}
	}
	if f := d("12.5").Float64(); f != 12.5 {
		t.Errorf("12.5 is %v", f)
	}
	if f := (envelope.Decimal{}).Float64(); f != 0 {
		t.Errorf("nothing is %v", f)
	}
	x := d("1.5")
	x.Rat().Neg(x.Rat())
	r := x.Rat()
	r.Neg(r)
	if !x.Equal(d("1.5")) {
		t.Error("a change of Rat's result has changed the decimal")
	}
}

func TestBoolIsFalse(t *testing.T) {
	for _, test := range []struct {
		b    envelope.Bool
		want bool
	}{{envelope.Bool{}, false}, {envelope.NewBool(true), false}, {envelope.NewBool(false), true}} {
		if got := test.b.IsFalse(); got != test.want {
			t.Errorf("IsFalse of %q is %t", test.b, got)
		}
	}
}

// TestTimeKeepsOffset: the offset that was sent stays, so that the sender's own
// day can be told.
func TestTimeKeepsOffset(t *testing.T) {
	var moment envelope.Time
	if err := moment.UnmarshalText([]byte("2026-03-01 00:30:00+0200")); err != nil {
		t.Fatal(err)
	}
	if _, offset := moment.Time().Zone(); offset != 2*60*60 || moment.Time().Day() != 1 {
		t.Errorf("moment %v", moment.Time())
	}
	var seconds envelope.UnixTime
	if err := seconds.UnmarshalText([]byte("1772361000")); err != nil {
		t.Fatal(err)
	}
	if seconds.Time().Location() != time.UTC {
		t.Errorf("location %v", seconds.Time().Location())
	}
}

func TestValueLooksInside(t *testing.T) {
	v := envelope.MustValue(`{"customer":{"name":"Ana","points":"12.50","active":"yes","tags":["a"],"none":null}}`)
	for _, test := range []struct {
		path []string
		want string
	}{
		{nil, v.String()},
		{[]string{"customer", "name"}, "Ana"},
		{[]string{"customer", "tags"}, `["a"]`},
		{[]string{"customer", "none"}, ""},
		{[]string{"customer", "name", "deeper"}, ""},
		{[]string{"customer", "tags", "0"}, ""},
		{[]string{"nobody", "name"}, ""},
	} {
		if got := v.Get(test.path...); got.String() != test.want {
			t.Errorf("Get(%q) is %q, want %q", test.path, got, test.want)
		}
	}
	customer := v.Get("customer")
	if d, ok := customer.Get("points").Decimal(); !ok || d.Float64() != 12.5 {
		t.Errorf("points are %q, %t", d, ok)
	}
	if active, ok := customer.Get("active").Bool(); !ok || !active {
		t.Errorf("active is %t, %t", active, ok)
	}
	for _, name := range []string{"name", "tags", "none", "missing"} {
		if d, ok := customer.Get(name).Decimal(); ok {
			t.Errorf("%s is the number %q", name, d)
		}
		if b, ok := customer.Get(name).Bool(); ok {
			t.Errorf("%s is the boolean %t", name, b)
		}
	}
	var target struct{ Name string }
	if err := customer.Decode(&target); err != nil {
		t.Error(err)
	}
	target.Name = "kept"
	if err := (envelope.Value{}).Decode(&target); err != nil || target.Name != "kept" {
		t.Errorf("nothing was decoded into %q, error %v", target.Name, err)
	}
	if err := v.Decode(new(int)); err == nil {
		t.Error("an object is an integer")
	}
	if raw := (envelope.Value{}).Raw(); raw != nil {
		t.Errorf("nothing is %s", raw)
	}
	if v := envelope.MustValue(`{"a":1,"b":2}`); v.Equal(envelope.MustValue(`{"a":1}`)) {
		t.Error("a member more is no difference")
	}
	var twice envelope.Value // The last one counts.
	err := twice.UnmarshalJSON([]byte(`{"a":1,"a":2}`))
	if same := twice; err != nil || twice.Equal(v) || !twice.Equal(same) || twice.Get("a").String() != "2" {
		t.Errorf("duplicate names: %q, error %v", twice, err)
	}
}

// TestScalarProperties: random values survive encoding and decoding, in JSON and
// in forms, with their text and their meaning.
func TestScalarProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		n := random.Int64() >> random.IntN(63)
		if random.IntN(2) == 0 {
			n = -n
		}
		moment := time.Unix(n%253_402_300_800, random.Int64N(int64(time.Second))).In(time.FixedZone("", (random.IntN(1440)-720)*60))
		if year := moment.UTC().Year(); year < 1 || year > 9998 {
			moment = time.Unix(random.Int64N(4_000_000_000), 0)
		}
		number := randomNumber(random)
		for _, made := range []scalar{
			new(envelope.NewInt(n)),
			new(envelope.NewBool(n%2 == 0)),
			new(envelope.NewTime(moment)),
			new(envelope.NewUnixTime(moment)),
			new(envelope.NewUnixMilli(moment)),
			new(envelope.MustDecimal(number)),
			new(envelope.MustValue(fmt.Sprintf(`{"a":%s,"b":[%q]}`, number, moment))),
		} {
			kind := strings.TrimPrefix(fmt.Sprintf("%T", made), "*envelope.")
			wire, err := json.Marshal(made)
			if err != nil {
				t.Fatal(err)
			}
			again := scalars()[kind]
			if err := jsonv2.Unmarshal(wire, again); err != nil || !equal(made, again) || again.String() != made.String() || meaning(again) != meaning(made) {
				t.Fatalf("%s %s comes back as %s, error %v", kind, made, again, err)
			}
			text, err := made.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			again = scalars()[kind]
			if err := again.UnmarshalText(text); err != nil || !equal(made, again) {
				t.Fatalf("%s %s comes back from a form as %s, error %v", kind, made, again, err)
			}
		}
		inMillis := envelope.NewUnixMilli(moment)
		if !envelope.NewTime(moment).Time().Equal(moment) || slices.Contains([]int{12, 13, 14}, len(inMillis.String())) && moment.Unix() > 0 && inMillis.Time().UnixMilli() != moment.UnixMilli() {
			t.Fatalf("%v is another moment", moment)
		}
		want, ok := new(big.Rat).SetString(number)
		if got := envelope.MustDecimal(number).Rat(); !ok || got.Cmp(want) != 0 {
			t.Fatalf("%s is %s", number, got)
		}
		if quoted, plain := decimalOf(t, strconv.Quote(number)), decimalOf(t, number); !quoted.Equal(plain) || quoted.Cmp(plain) != 0 {
			t.Fatalf("%s differs from its text", number)
		}
	}
}

func decimalOf(t *testing.T, wire string) (d envelope.Decimal) {
	t.Helper()
	if err := d.UnmarshalJSON([]byte(wire)); err != nil {
		t.Fatalf("%s: %v", wire, err)
	}
	return d
}

// randomNumber writes a number in the grammar of JSON.
func randomNumber(random *rand.Rand) string {
	b := []byte{}
	if random.IntN(2) == 0 {
		b = append(b, '-')
	}
	b = strconv.AppendUint(b, random.Uint64()>>random.IntN(64), 10)
	if random.IntN(2) == 0 {
		b = fmt.Appendf(b, ".%0*d", 1+random.IntN(30), random.IntN(1000))
	}
	if random.IntN(3) == 0 {
		b = fmt.Appendf(b, "%c%d", "eE"[random.IntN(2)], random.IntN(801)-400)
	}
	return string(b)
}
