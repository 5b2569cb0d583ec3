package envelope

import "github.com/loyaltyhooks/loyaltyhooks/internal/wire"

// Bool is a boolean for places where an explicit false must be told from "not
// sent", or where the sender's spelling varies: true, 1, "true", "t", "yes", "y" and
// "on" are true; false, 0, "false", "f", "no", "n" and "off" are false, in any case and
// with white space around. The zero Bool means "not sent".
type Bool struct{ wire string }

// NewBool is b as if it had been sent.
func NewBool(b bool) Bool {
	if b {
		return Bool{"true"}
	}
	return Bool{"false"}
}

// Sent reports whether a boolean was sent; false counts, null does not.
func (b Bool) Sent() bool { return b.wire != "" }

// Bool is the value; false if not sent.
func (b Bool) Bool() bool {
	v, _ := wire.ParseBool(wireText(b.wire))
	return v
}

// IsFalse reports whether a false was sent.
func (b Bool) IsFalse() bool { return b.Sent() && !b.Bool() }

// String is "true", "false", or "" if it was not sent.
func (b Bool) String() string {
	switch {
	case !b.Sent():
		return ""
	case b.Bool():
		return "true"
	}
	return "false"
}

// Equal reports whether both were sent and have the same value, or neither was
// sent.
func (b Bool) Equal(other Bool) bool { return b.String() == other.String() }

// MarshalJSON writes the boolean as it was sent, or null.
func (b Bool) MarshalJSON() ([]byte, error) { return marshalWire(b.wire) }

// UnmarshalJSON accepts the spellings listed at Bool, null, and "".
func (b *Bool) UnmarshalJSON(data []byte) error {
	text, quoted, err := wire.Unquote(data)
	switch {
	case err != nil:
		return err
	case !quoted && text == null, quoted && text == "":
		b.wire = ""
		return nil
	}
	if _, ok := wire.ParseBool(text); !ok {
		return errNotBool
	}
	b.wire = string(data)
	return nil
}

// MarshalText writes true, false, or nothing.
func (b Bool) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText accepts the spellings listed at Bool in a form value.
func (b *Bool) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		b.wire = ""
		return nil
	}
	v, ok := wire.ParseBool(string(text))
	if !ok {
		return errNotBool
	}
	*b = NewBool(v)
	return nil
}
