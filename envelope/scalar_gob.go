package envelope

// In gob a scalar is its JSON text, so that it comes back as it was sent.

// GobEncode writes the number as it was sent.
func (d Decimal) GobEncode() ([]byte, error) { return d.MarshalJSON() }

// GobDecode reads what GobEncode has written.
func (d *Decimal) GobDecode(data []byte) error { return d.UnmarshalJSON(data) }

// GobEncode writes the integer as it was sent.
func (i Int) GobEncode() ([]byte, error) { return i.MarshalJSON() }

// GobDecode reads what GobEncode has written.
func (i *Int) GobDecode(data []byte) error { return i.UnmarshalJSON(data) }

// GobEncode writes the boolean as it was sent.
func (b Bool) GobEncode() ([]byte, error) { return b.MarshalJSON() }

// GobDecode reads what GobEncode has written.
func (b *Bool) GobDecode(data []byte) error { return b.UnmarshalJSON(data) }

// GobEncode writes the text as it was sent.
func (t Time) GobEncode() ([]byte, error) { return t.MarshalJSON() }

// GobDecode reads what GobEncode has written.
func (t *Time) GobDecode(data []byte) error { return t.UnmarshalJSON(data) }

// GobEncode writes the number as it was sent.
func (t UnixTime) GobEncode() ([]byte, error) { return t.MarshalJSON() }

// GobDecode reads what GobEncode has written.
func (t *UnixTime) GobDecode(data []byte) error { return t.UnmarshalJSON(data) }

// GobEncode writes the number as it was sent.
func (t UnixMilli) GobEncode() ([]byte, error) { return t.MarshalJSON() }

// GobDecode reads what GobEncode has written.
func (t *UnixMilli) GobDecode(data []byte) error { return t.UnmarshalJSON(data) }

// GobEncode writes the value as it was sent.
func (v Value) GobEncode() ([]byte, error) { return v.MarshalJSON() }

// GobDecode reads what GobEncode has written.
func (v *Value) GobDecode(data []byte) error { return v.UnmarshalJSON(data) }
