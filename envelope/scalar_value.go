package envelope

import (
	"encoding/json"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Value is any JSON value, kept as it was sent: for members whose shape the
// provider leaves open. The zero Value means "not sent".
type Value struct{ wire string }

// ParseValue makes a Value of JSON text. It refuses text that is not one JSON
// value.
func ParseValue(text string) (Value, error) {
	raw := jsontext.Value(text)
	if !raw.IsValid() {
		return Value{}, wire.ErrNotJSON
	}
	return valueOf(raw), nil
}

// MustValue is ParseValue for constants: it panics where that fails.
func MustValue(text string) Value {
	v, err := ParseValue(text)
	if err != nil {
		panic("envelope.MustValue: " + err.Error())
	}
	return v
}

func valueOf(raw []byte) Value {
	if string(raw) == null {
		return Value{}
	}
	return Value{string(raw)}
}

// Sent reports whether a value other than null was sent.
func (v Value) Sent() bool { return v.wire != "" }

// String is the text of a string, and the JSON text of any other value; "" if
// nothing was sent.
func (v Value) String() string { return wireText(v.wire) }

// Raw is the JSON text as it was sent; nil if nothing was sent.
func (v Value) Raw() json.RawMessage {
	if v.wire == "" {
		return nil
	}
	return json.RawMessage(v.wire)
}

// Decode is json.Unmarshal into what target points to. It leaves target alone if
// nothing was sent. Its errors may quote the value: keep them out of logs.
func (v Value) Decode(target any) error {
	if v.wire == "" {
		return nil
	}
	return json.Unmarshal([]byte(v.wire), target)
}

// Get follows the names of object members, one a level, and gives the value
// there; the zero Value if there is none.
func (v Value) Get(names ...string) Value {
	for _, name := range names {
		var members map[string]Value
		if !strings.HasPrefix(v.wire, "{") || v.Decode(&members) != nil {
			return Value{}
		}
		v = members[name]
	}
	return v
}

// Decimal is the value as a number, also if it was sent as text.
func (v Value) Decimal() (d Decimal, ok bool) {
	err := d.UnmarshalJSON([]byte(v.wire))
	return d, err == nil && d.Sent()
}

// Bool is the value as a boolean, in the spellings of the type Bool.
func (v Value) Bool() (value, ok bool) {
	var b Bool
	err := b.UnmarshalJSON([]byte(v.wire))
	return b.Bool(), err == nil && b.Sent()
}

// Equal reports whether both are the same JSON: the order of members, white space
// and the escaping of strings do not count, the spelling of numbers does.
func (v Value) Equal(other Value) bool {
	return v.wire == other.wire || v.Sent() && other.Sent() && v.canonical() == other.canonical()
}

func (v Value) canonical() string {
	raw := jsontext.Value(v.wire)
	if err := raw.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)); err != nil {
		// A name twice: the order counts.
		_ = raw.Compact(jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(false))
	}
	return string(raw)
}

// MarshalJSON writes the value as it was sent, or null.
func (v Value) MarshalJSON() ([]byte, error) { return marshalWire(v.wire) }

// UnmarshalJSON accepts any value.
func (v *Value) UnmarshalJSON(data []byte) error {
	*v = valueOf(data)
	return nil
}

// MarshalText writes the JSON text.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.wire), nil }

// UnmarshalText accepts JSON text; any other text becomes a JSON string.
func (v *Value) UnmarshalText(text []byte) error {
	if raw := jsontext.Value(text); raw.IsValid() {
		*v = valueOf(raw)
		return nil
	}
	if len(text) == 0 {
		*v = Value{}
		return nil
	}
	v.wire = string(wire.Quote(string(text)))
	return nil
}
