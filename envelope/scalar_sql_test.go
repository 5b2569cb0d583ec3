package envelope_test

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/gob"
	"log/slog"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// column is a scalar that a column of a database can hold.
type column interface {
	scalar
	driver.Valuer
	sql.Scanner
}

func columns() map[string]column {
	all := map[string]column{}
	for name, s := range scalars() {
		if c, ok := s.(column); ok {
			all[name] = c
		}
	}
	return all
}

// TestScan: what drivers return has its meaning, whichever Go type they choose.
func TestScan(t *testing.T) {
	moment := time.Date(2026, 3, 1, 10, 30, 0, 123456789, time.FixedZone("", 2*60*60))
	long := strings.Repeat("1234567890", 20)
	for _, test := range []struct {
		kind, name string
		src        any
		text       string // "-" where it can't be scanned
	}{
		{"Decimal", "text", "12.50", "12.50"},
		{"Decimal", "bytes", []byte("-0.10"), "-0.10"},
		{"Decimal", "integer", int64(5), "5"},
		{"Decimal", "float", 0.1, "0.1"},
		{"Decimal", "empty text", "", ""},
		{"Decimal", "more digits than senders may send", "-" + long + ".5", "-" + long + "5e-1"},
		{"Decimal", "not a number", "NaN", "-"},
		{"Decimal", "long and not a number", long + "x", "-"},
		{"Decimal", "boolean", true, "-"},
		{"Int", "integer", int64(-7), "-7"},
		{"Int", "text", "42", "42"},
		{"Int", "whole float", 5.0, "5"},
		{"Int", "fraction", 1.5, "1.5"},
		{"Int", "bytes that are too large", []byte("9223372036854775808"), "9223372036854775808"},
		{"Int", "time", moment, "-"},
		{"Bool", "boolean", false, "false"},
		{"Bool", "one", int64(1), "true"},
		{"Bool", "two", int64(2), "-"},
		{"Bool", "text", "t", "true"},
		{"Bool", "word", "maybe", "-"},
		{"Bool", "bytes", []byte("0"), "false"},
		{"Bool", "time", moment, "-"},
		{"Time", "time", moment, "2026-03-01T10:30:00.123456789+02:00"},
		{"Time", "text", "2026-03-01 10:30:00", "2026-03-01 10:30:00"},
		{"Time", "bytes", []byte("2026-03-01"), "2026-03-01"},
		{"Time", "integer", int64(5), "-"},
		{"Time", "seconds", int64(1772361000), "1772361000"},
		{"Time", "boolean", true, "-"},
		{"UnixTime", "time", moment, "1772353800.123456789"},
		{"UnixTime", "whole second", moment.Truncate(time.Second), "1772353800"},
		{"UnixTime", "before 1970", time.Unix(-2, 5e8), "-1.5"},
		{"UnixTime", "integer", int64(1772353800), "1772353800"},
		{"UnixTime", "text of a number", "1772353800", "1772353800"},
		{"UnixTime", "text of a time", "2026-03-01 08:30:00", "1772353800"},
		{"UnixTime", "text", "yesterday", "-"},
		{"UnixTime", "boolean", true, "-"},
		{"UnixMilli", "time", moment, "1772353800123.456789"},
		{"UnixMilli", "bytes", []byte("1772353800123"), "1772353800123"},
		{"UnixMilli", "text", "1772353800 123", "-"},
	} {
		t.Run(test.kind+"/"+test.name, func(t *testing.T) {
			c := columns()[test.kind]
			switch err := c.Scan(test.src); {
			case test.text == "-" && err == nil:
				t.Errorf("scanned as %q", c)
			case test.text != "-" && (err != nil || c.String() != test.text):
				t.Errorf("scanned as %q, error %v, want %q", c, err, test.text)
			}
		})
	}
}

// TestNull: what was not sent is NULL, and NULL replaces what there was.
func TestNull(t *testing.T) {
	sent := map[string]string{
		"Decimal": "1.5", "Int": "1", "Bool": "true", "Time": "2026-03-01T10:30:00Z", "UnixTime": "1772353800", "UnixMilli": "1772353800123",
	}
	if len(sent) != len(columns()) {
		t.Fatalf("%d types can be in a column", len(columns()))
	}
	for name, c := range columns() {
		if value, err := c.Value(); value != nil || err != nil {
			t.Errorf("%s that was not sent is %v, error %v", name, value, err)
		}
		if err := c.UnmarshalText([]byte(sent[name])); err != nil {
			t.Fatal(err)
		}
		value, err := c.Value()
		if err != nil || !driver.IsValue(value) || value == nil {
			t.Errorf("%s is %v of %[2]T, error %v", name, value, err)
		}
		if err := c.Scan(nil); err != nil || c.Sent() {
			t.Errorf("%s: NULL is %q, error %v", name, c, err)
		}
	}
	zero := envelope.NewUnixTime(time.Unix(0, 0))
	if value, err := zero.Value(); value != nil || err != nil {
		t.Errorf("0 seconds are the moment %v, error %v", value, err)
	}
}

// TestDecimalSums: sums are exact, and have the places that people expect.
func TestDecimalSums(t *testing.T) {
	for _, test := range []struct{ name, a, b, sum, difference string }{
		{"money", "12.50", "0.25", "12.75", "12.25"},
		{"places stay", "1.50", "1.50", "3.00", "0.00"},
		{"different places", "1", "0.125", "1.125", "0.875"},
		{"not a float", "0.1", "0.2", "0.3", "-0.1"},
		{"negative", "-5", "3", "-2", "-8"},
		{"exponents", "1e3", "5e-2", "1000.05", "999.95"},
		{"one was not sent", "", "1.50", "1.50", "-1.50"},
		{"the other was not sent", "1.50", "", "1.50", "1.50"},
		{"neither was sent", "", "", "", ""},
		{"large", "1e400", "1e400", "2e400", "0"},
		{"small", "3e-400", "1e-400", "4e-400", "2e-400"},
		{"small and equal", "1e-400", "1e-400", "2e-400", "0." + strings.Repeat("0", 64)},
	} {
		t.Run(test.name, func(t *testing.T) {
			var a, b envelope.Decimal
			if err := a.UnmarshalText([]byte(test.a)); err != nil {
				t.Fatal(err)
			}
			if err := b.UnmarshalText([]byte(test.b)); err != nil {
				t.Fatal(err)
			}
			if got := a.Add(b).String(); got != test.sum {
				t.Errorf("sum %q, want %q", got, test.sum)
			}
			if got := a.Sub(b).String(); got != test.difference {
				t.Errorf("difference %q, want %q", got, test.difference)
			}
		})
	}
	for text, want := range map[string]string{`"+05"`: "-5", `-1.50`: "1.50", `0`: "0", `null`: "", `1e2`: "-100"} {
		if got := decimalOf(t, text).Neg().String(); got != want {
			t.Errorf("-(%s) is %q, want %q", text, got, want)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a, b := decimalOf(t, randomNumber(random)), decimalOf(t, randomNumber(random))
		sum := a.Add(b)
		if want := new(big.Rat).Add(a.Rat(), b.Rat()); sum.Rat().Cmp(want) != 0 {
			t.Fatalf("%s + %s = %s", a, b, sum)
		}
		if back := sum.Sub(b); !back.Equal(a) {
			t.Fatalf("%s + %s - %[2]s = %s", a, b, back)
		}
	}
}

// TestGob: scalars come back as they were sent.
func TestGob(t *testing.T) {
	type record struct {
		Decimal, Quoted, NotSent envelope.Decimal
		Int                      envelope.Int
		Bool                     envelope.Bool
		Time                     envelope.Time
		UnixTime                 envelope.UnixTime
		UnixMilli                envelope.UnixMilli
		Value                    envelope.Value
	}
	now := time.Now()
	want := record{
		Decimal: envelope.MustDecimal("12.50"), Quoted: decimalOf(t, `"+5"`), Int: envelope.NewInt(0), Bool: envelope.NewBool(false),
		Time: envelope.NewTime(now), UnixTime: envelope.NewUnixTime(now), UnixMilli: envelope.NewUnixMilli(now), Value: envelope.MustValue(`{"a":[1.0]}`),
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(want); err != nil {
		t.Fatal(err)
	}
	var got record
	if err := gob.NewDecoder(&b).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Quoted.String() != "+5" || got.NotSent.Sent() {
		t.Errorf("%q and %q", got.Quoted, got.NotSent)
	}
	for name, s := range scalars() {
		if err := s.(gob.GobDecoder).GobDecode([]byte("\x00")); name != "Value" && err == nil {
			t.Errorf("%s takes what is no gob of its own", name)
		}
	}
}

// TestSlog: both handlers write what was sent.
func TestSlog(t *testing.T) {
	attributes := []any{
		"decimal", envelope.MustDecimal("12.50"), "int", envelope.NewInt(5), "bool", envelope.NewBool(false),
		"time", envelope.NewTime(time.Unix(0, 0).UTC()), "seconds", envelope.NewUnixTime(time.Unix(5, 0)), "none", envelope.UnixMilli{},
	}
	for _, test := range []struct {
		name    string
		handler func(*bytes.Buffer, *slog.HandlerOptions) slog.Handler
		want    string
	}{
		{"text", func(b *bytes.Buffer, o *slog.HandlerOptions) slog.Handler { return slog.NewTextHandler(b, o) },
			`decimal=12.50 int=5 bool=false time=1970-01-01T00:00:00Z seconds=5 none=""`},
		{"json", func(b *bytes.Buffer, o *slog.HandlerOptions) slog.Handler { return slog.NewJSONHandler(b, o) },
			`"decimal":12.50,"int":5,"bool":false,"time":"1970-01-01T00:00:00Z","seconds":5,"none":null`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			slog.New(test.handler(&b, nil)).Info("points", attributes...)
			if !strings.Contains(b.String(), test.want) {
				t.Errorf("%s", b.String())
			}
		})
	}
}
