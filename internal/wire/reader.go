package wire

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits bound what reading may cost.
type Limits struct {
	Depth  int // nesting of what is decoded into Go types
	Memory int // bytes of elements, entries, and what pointers lead to
}

// Reader decodes JSON along plans. One that was used can be Reset for another
// delivery; what it has noted and what it has taken from its limits holds for all
// texts in between.
type Reader struct {
	Notes

	// Unusual reports whether a value that decodes itself is kept and understood, and not
	// what its type documents. It is optional.
	Unusual func(target any) bool

	dec    jsontext.Decoder
	buf    bytes.Buffer
	text   []byte
	prefix string // pointer to the text in the body
	depth  int
	limits Limits
	memory int  // that is left
	ahead  int  // bytes that may still be looked at to count elements
	dirty  bool // the text is not all Unicode, or may not be
	long   bool // a name was too long for a pointer
}

// Reasons to refuse a text, beside its syntax.
var (
	ErrDepth  = errors.New("nested deeper than MaxDepth")
	ErrMemory = errors.New("more memory than MaxMemory")
	ErrBehind = errors.New("text after the end")
	ErrTwice  = errors.New("a name twice")
	ErrText   = errors.New("not Unicode")
)

// RefusedError says why a text was refused, and where.
type RefusedError struct {
	Pointer string // to the member; it may hold names that the sender chose
	Offset  int64  // in the text
	Reason  error  // one of the errors above; nil if the text is not JSON
}

func (e *RefusedError) Error() string {
	if e.Reason == nil {
		return "not JSON"
	}
	return e.Reason.Error()
}

// Unwrap returns the reason.
func (e *RefusedError) Unwrap() error { return e.Reason }

// Syntax belongs to jsontext; duplicate names and what is not Unicode are looked
// for here, where the value is typed.
var options = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Reset begins a delivery.
func (r *Reader) Reset(limits Limits) {
	r.Notes = Notes{}
	r.limits, r.memory, r.ahead, r.long = limits, limits.Memory, 0, false
}

// Release keeps nothing of a delivery, so that the reader can wait for another.
func (r *Reader) Release() {
	r.Notes, r.text, r.buf = Notes{}, nil, bytes.Buffer{}
	r.dec.Reset(&r.buf)
}

// aheadFactor bounds the looks ahead at nested lists.
const aheadFactor = 8

// Begin begins a text, which must not change while it is read. The pointer leads to
// it in the body.
func (r *Reader) Begin(text []byte, pointer string) {
	r.text, r.prefix = text, pointer
	r.depth = strings.Count(pointer, "/")
	r.ahead = max(r.ahead, aheadFactor*len(text))
	r.dirty = !utf8.Valid(text) || bytes.IndexByte(text, '\\') >= 0 && (bytes.Contains(text, []byte(`\ud`)) || bytes.Contains(text, []byte(`\uD`)))
	r.buf = *bytes.NewBuffer(text)
	r.dec.Reset(&r.buf, options)
}

// Decode reads a whole text into what target points to. The members of the outermost
// object are refused if they are sent twice, or are not Unicode, if they belong to
// an envelope.
func (r *Reader) Decode(text []byte, pointer string, target any, isEnvelope bool) error {
	r.Begin(text, pointer)
	v := reflect.ValueOf(target).Elem()
	p := PlanOf(v.Type())
	var err error
	if isEnvelope && p.Kind == Object && r.Kind() == '{' {
		err = r.object(p, v, true)
	} else {
		err = r.Value(p, v, nil)
	}
	if err == nil {
		err = r.End()
	}
	return err
}

// Kind is the kind of what comes next.
func (r *Reader) Kind() jsontext.Kind { return r.dec.PeekKind() }

// End refuses anything that follows the value.
func (r *Reader) End() error {
	if r.dec.PeekKind() != 0 || len(bytes.TrimLeft(r.dec.UnreadBuffer(), " \t\r\n")) > 0 {
		return r.refuse(ErrBehind)
	}
	return nil
}

// Raw reads the next value. It is part of the text.
func (r *Reader) Raw() (jsontext.Value, error) {
	raw, err := r.dec.ReadValue()
	if err != nil {
		return nil, r.syntax(err)
	}
	return raw, nil
}

// Name reads a member's name, as its JSON text. After a very long one no pointers are
// made: jsontext appends to them a character at a time, and takes several times their
// length.
func (r *Reader) Name() (jsontext.Value, error) {
	raw, err := r.Raw()
	r.long = r.long || len(raw) > maxPointers
	return raw, err
}

// Skip passes over the next value.
func (r *Reader) Skip() error {
	if err := r.dec.SkipValue(); err != nil {
		return r.syntax(err)
	}
	return nil
}

// Enter reads the bracket that opens an object or list.
func (r *Reader) Enter() error {
	if r.depth++; r.depth > r.limits.Depth {
		return r.refuse(ErrDepth)
	}
	return r.token()
}

// Leave reads the bracket that closes it.
func (r *Reader) Leave() error {
	r.depth--
	return r.token()
}

func (r *Reader) token() error {
	if _, err := r.dec.ReadToken(); err != nil {
		return r.syntax(err)
	}
	return nil
}

// Twice refuses a second member of the name that was read last.
func (r *Reader) Twice() error { return r.refuse(ErrTwice) }

// Unicode refuses a value that was read if it is not Unicode.
func (r *Reader) Unicode(raw jsontext.Value) error {
	if r.isDirty(raw) {
		return r.refuse(ErrText)
	}
	return nil
}

// Pointer leads to what was read last.
func (r *Reader) Pointer() string { return r.prefix + string(r.dec.StackPointer()) }

func (r *Reader) refuse(reason error) error {
	e := &RefusedError{Offset: r.dec.InputOffset(), Reason: reason}
	if !r.long {
		e.Pointer = r.Pointer()
	}
	return e
}

// syntax keeps the place of an error of jsontext, whose text quotes the body.
func (r *Reader) syntax(err error) error {
	e := &RefusedError{Offset: r.dec.InputOffset()}
	if syntactic := new(jsontext.SyntacticError); errors.As(err, &syntactic) {
		e.Offset = syntactic.ByteOffset
	} else if errors.Is(err, io.EOF) {
		e.Offset = int64(len(r.text))
	}
	return e
}

// Charge takes bytes from what is left of the memory.
func (r *Reader) Charge(size int) error {
	if r.memory -= size; r.memory < 0 {
		return r.refuse(ErrMemory)
	}
	return nil
}

// isDirty reports whether a value holds text that is not Unicode.
func (r *Reader) isDirty(raw jsontext.Value) bool {
	return r.dirty && !raw.IsValid(jsontext.AllowDuplicateNames(true))
}

// clean replaces in a value what is not Unicode by U+FFFD, and notes it.
func (r *Reader) clean(raw jsontext.Value, rule *Rule) (jsontext.Value, error) {
	if !r.isDirty(raw) {
		return raw, nil
	}
	if rule != nil && rule.strict {
		return nil, r.refuse(ErrText)
	}
	r.differs(InvalidText)
	raw = raw.Clone()
	if err := raw.Compact(options, jsontext.PreserveRawStrings(false)); err != nil {
		return nil, r.syntax(err)
	}
	return raw, nil
}

// decoder reads a text in place, for a look ahead. It is used again for others.
type decoder struct {
	jsontext.Decoder
	buf bytes.Buffer
}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

func borrow(text []byte) *decoder {
	d := decoders.Get().(*decoder)
	d.buf = *bytes.NewBuffer(text)
	d.Reset(&d.buf, options)
	return d
}

// free gives the decoder back. It keeps nobody's text alive.
func (d *decoder) free() {
	d.buf = bytes.Buffer{}
	d.Reset(&d.buf)
	decoders.Put(d)
}

// unread is the text from the next value on. What the decoder has peeked at may
// still be preceded by a comma or a colon.
func unread(dec *jsontext.Decoder) []byte {
	return bytes.TrimLeft(dec.UnreadBuffer(), " \t\r\n,:")
}

var readers = sync.Pool{New: func() any { return new(Reader) }}

// Read calls read with a reader of a text, which is used again for others, and
// refuses what follows.
func Read(text []byte, limits Limits, read func(*Reader) error) error {
	r := readers.Get().(*Reader)
	r.Reset(limits)
	r.Begin(text, "")
	err := read(r)
	if err == nil {
		err = r.End()
	}
	r.Release()
	readers.Put(r)
	return err
}

var errMisfit = errors.New("JSON of another type than a member's")

// Unmarshal decodes the text of one value. It is for methods UnmarshalJSON: as
// strict as encoding/json, it refuses what does not fit.
func Unmarshal(text []byte, target any) error {
	const unlimited = math.MaxInt / 2
	return Read(text, Limits{Depth: unlimited, Memory: unlimited}, func(r *Reader) error {
		v := reflect.ValueOf(target).Elem()
		v.SetZero()
		err := r.Value(PlanOf(v.Type()), v, nil)
		if err == nil && r.Misfits.Total > 0 {
			err = errMisfit
		}
		return err
	})
}
