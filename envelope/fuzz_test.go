package envelope_test

import (
	"bytes"
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// readable and writable are what the tolerant scalars have in common.
type readable[T any] interface {
	*T
	json.Unmarshaler
	encoding.TextUnmarshaler
}

type writable[T any] interface {
	json.Marshaler
	encoding.TextMarshaler
	Sent() bool
	String() string
	Equal(T) bool
}

// checkScalar reads a JSON value, or text of a form, writes it again and reads
// that: the meaning stays, and so does the spelling in JSON.
func checkScalar[T writable[T], P readable[T]](t *testing.T, data []byte) (read T, ok bool) {
	t.Helper()
	var fromText T
	if P(&fromText).UnmarshalText(data) == nil {
		checkWritten[T, P](t, fromText)
	}
	if !jsontext.Value(data).IsValid() {
		return read, false
	}
	data = bytes.TrimSpace(data)
	if err := P(&read).UnmarshalJSON(data); err != nil {
		if strings.Contains(err.Error(), string(data)) && len(data) > 8 {
			t.Errorf("the error quotes the value: %v", err)
		}
		return read, false
	}
	checkWritten[T, P](t, read)
	return read, true
}

func checkWritten[T writable[T], P readable[T]](t *testing.T, v T) {
	t.Helper()
	written, err := v.MarshalJSON()
	if err != nil || !json.Valid(written) {
		t.Fatalf("%T wrote %q, %v", v, written, err)
	}
	if !v.Sent() && string(written) != "null" {
		t.Errorf("%T was not sent, and wrote %s", v, written)
	}
	var again T
	if err := P(&again).UnmarshalJSON(written); err != nil {
		t.Fatalf("%T can't read what it wrote, %s: %v", v, written, err)
	}
	if !v.Equal(again) || v.String() != again.String() || v.Sent() != again.Sent() {
		t.Errorf("%T: got %q, want %q", v, again, v)
	}
	text, err := v.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	if err := P(&again).UnmarshalText(text); err != nil {
		t.Fatalf("%T can't read its text %q: %v", v, text, err)
	}
	if !v.Equal(again) {
		t.Errorf("%T as text: got %q, want %q", v, again, v)
	}
}

// checkMoment: every moment can be encoded.
func checkMoment(t *testing.T, moment time.Time) {
	t.Helper()
	if _, err := moment.MarshalJSON(); err != nil {
		t.Errorf("%v: %v", moment, err)
	}
}

func FuzzScalars(f *testing.F) {
	for _, seed := range []string{
		`0`, `-0`, `5.0`, `5e3`, `1E-400`, `"1e400"`, `"+007.50"`, `9223372036854775807`, `9223372036854775808`, `""`, `null`, `true`, `"yes"`, `"ON"`, `"N"`,
		`"2026-02-29T00:00:00Z"`, `"2026-02-28 23:59:60+0200"`, `"2026-02-28t23:59Z"`, `"2026-02-28T15:04:05,5 +02:00"`, `"2026-02-28"`, `"0000-00-00 00:00:00"`,
		`1760000000`, `1760000000123`, `-62135596800`, `"1760000000.25"`, `1e300`, `1760000000123456`, `1760000000123456789`, `"2026-02-28T15:04+02"`, `"2026-02-28 15:04:05 UTC"`, `"2016-12-31t23:59:60z"`, `"2026-03-01T10:30:00+24:00"`, `"9999-12-31T23:59:60Z"`,
		`{"date":"2026-05-01 10:00:00.000000","timezone_type":3,"timezone":"UTC"}`, `{"date":"2026-05-01","timezone":"Europe/Warsaw"}`, `1.5`, `{"a":[1,"\u00e9"]}`, `"\ud83d\ude00"`, `"\ud800"`, "\"\xff\"", `[]`, ` 1 `, `"1"`,
		strings.Repeat("9", 129), `{"a":1,"a":2}`, `"1_000"`, `"0x10"`, `"1/2"`, `"Inf"`, `"NaN"`, `"١٢"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, ok := checkScalar[envelope.Decimal](t, data); ok {
			checkDecimal(t, v)
		}
		if v, ok := checkScalar[envelope.Int](t, data); ok && v.Sent() {
			want, _ := new(big.Rat).SetString(v.String())
			rest := new(big.Rat).Sub(want, new(big.Rat).SetInt64(v.Int64()))
			if isLarge := len(new(big.Int).Quo(want.Num(), want.Denom()).String()) > 18; !isLarge && rest.Abs(rest).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Errorf("%q is %d", v, v.Int64())
			}
		}
		if v, ok := checkScalar[envelope.Bool](t, data); ok && v.Bool() == v.IsFalse() && v.Sent() {
			t.Errorf("%q is neither true nor false", v)
		}
		if v, ok := checkScalar[envelope.Time](t, data); ok {
			if want, err := time.Parse(time.RFC3339, v.String()); err == nil && !v.Time().Equal(want) {
				t.Errorf("%q is %v", v, v.Time())
			}
			checkMoment(t, v.Time())
			if !v.Sent() && !v.Time().IsZero() {
				t.Errorf("not sent, and %v", v.Time())
			}
		}
		if v, ok := checkScalar[envelope.UnixTime](t, data); ok {
			checkMoment(t, v.Time())
		}
		if v, ok := checkScalar[envelope.UnixMilli](t, data); ok {
			checkMoment(t, v.Time())
		}
		if v, ok := checkScalar[envelope.Value](t, data); ok {
			v.Get("a", "b")
			v.Decimal()
			v.Bool()
			if v.Sent() && string(v.Raw()) != string(bytes.TrimSpace(data)) {
				t.Errorf("kept %s", v.Raw())
			}
		}
	})
}

func checkDecimal(t *testing.T, v envelope.Decimal) {
	t.Helper()
	if !v.Sent() {
		return
	}
	want, ok := new(big.Rat).SetString(v.String())
	if !ok || v.Rat().Cmp(want) != 0 || v.Sign() != want.Sign() {
		t.Errorf("%q is %v", v, v.Rat())
	}
	if n, ok := v.Int64(); ok && new(big.Rat).SetInt64(n).Cmp(want) != 0 {
		t.Errorf("%q is the integer %d", v, n)
	}
	if _, err := envelope.ParseDecimal(v.String()); err == nil {
		checkWritten[envelope.Decimal](t, envelope.MustDecimal(v.String()))
	}
}

// A body that is JSON is refused as too deep exactly if it is nested deeper than
// MaxDepth, and one that is not is refused either way.
func FuzzDepth(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":{"b":{"c":{"d":[[]]}}}}`, `{"a":{"b":{"c":{"d":[[1]]}}}}`, `{"a":"{{{{[[[[","b":"\"{{{{\\"}`, `{"a":"\\","b":{"c":[[[[]]]]}}`, `[[[[[`,
		`{"[[[[[[":1,"x":[]}`, "{\"\xff\":[[[[[[]]]]]]}", `{"a":[],"b":[],"c":[],"d":[[[[]]]]}`, `"\`, `{"a":"\\\\\\\"[[[["}`, `0E1000`, `-1E400`, `[1e-400]`,
	} {
		f.Add([]byte(seed))
	}
	const limit = 5
	h, err := envelope.NewHandler(envelope.Provider[struct{}]{Name: "any"}, envelope.Options{Unverified: true, MaxDepth: limit},
		envelope.NewEvent[struct{}, any]("any").Handle(func(context.Context, *envelope.Delivery[struct{}, any]) error { return nil }))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := h.Dispatch(t.Context(), envelope.Message{Body: body, Event: "any"})
		depth, ok := depthOf(body)
		switch {
		case errors.As(err, new(*envelope.ValidationError)) && isTooLarge(body):
		case err != nil && !errors.Is(err, envelope.ErrMalformed):
			t.Errorf("got %v", err)
		case ok && depth > limit && err == nil:
			t.Errorf("accepted at depth %d", depth)
		case !ok && err == nil:
			t.Error("accepted what is not JSON")
		case ok && depth <= limit && err != nil:
			t.Errorf("refused at depth %d: %v", depth, err)
		}
	})
}

// isTooLarge reports whether a body is a number that no float holds.
func isTooLarge(body []byte) bool {
	_, err := strconv.ParseFloat(string(bytes.TrimSpace(body)), 64)
	return errors.Is(err, strconv.ErrRange)
}

// depthOf is the nesting of JSON text.
func depthOf(text []byte) (depth int, ok bool) {
	if !json.Valid(text) {
		return 0, false
	}
	open := 0
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		token, err := dec.Token()
		if err != nil {
			return depth, true
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open++
			depth = max(depth, open)
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
}
