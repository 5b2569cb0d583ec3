// Package form reads and writes form bodies with nested keys, as the encoders qs
// (Node) and http_build_query (PHP) write them:
//
//	event[name]=created&campaign[title][en]=Hello&person[groups][0]=Sales
//
// Parse makes a tree of such a body, within Limits, and refuses whatever two
// readers could understand in two ways. A Decoder fills structs from the tree,
// JSON turns a tree into JSON text, and Encode makes a form of JSON text.
//
// Brackets are the only syntax: a dot in a key is an ordinary character. A form
// has no types, no null and no empty list: every value is text, and an empty text
// may stand for null.
package form

import (
	"errors"
	"fmt"
)

// Limits bound what a body may ask of the reader. A zero field means its default.
type Limits struct {
	MaxPairs int // Pairs of key and value. Default 4096.
	MaxKey   int // Bytes of one key, as sent. Default 1024.
	MaxDepth int // Names in one key: 3 in a[b][c]. Default 32.
	MaxIndex int // Highest index of a list. Default 2047.
}

func (l Limits) withDefaults() Limits {
	for _, limit := range []struct {
		value    *int
		standard int
	}{{&l.MaxPairs, 4096}, {&l.MaxKey, 1024}, {&l.MaxDepth, 32}, {&l.MaxIndex, 2047}} {
		if *limit.value <= 0 {
			*limit.value = limit.standard
		}
	}
	return l
}

// The kinds of Error, for errors.Is. Those of a limit wrap ErrLimit.
var (
	ErrLimit    = errors.New("form beyond a limit")
	ErrPairs    = fmt.Errorf("%w: too many pairs", ErrLimit)
	ErrKey      = fmt.Errorf("%w: key too long", ErrLimit)
	ErrDepth    = fmt.Errorf("%w: key nested too deep", ErrLimit)
	ErrNodes    = fmt.Errorf("%w: too many nested names", ErrLimit)
	ErrSyntax   = errors.New("malformed key, percent-encoding or UTF-8")
	ErrConflict = errors.New("key with a value and with members")
	ErrRepeated = errors.New("key with two values")
	ErrCase     = errors.New("keys that differ only in case")
	ErrIndex    = errors.New("list index negative, too high, or with a gap before it")
)

// Error says why a form was refused, and where. It holds no text of the form.
type Error struct {
	Kind   error // one of the kinds above
	Offset int   // of the pair in the body
}

func (e *Error) Error() string { return fmt.Sprintf("form: %v at byte %d", e.Kind, e.Offset) }

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return e.Kind }
