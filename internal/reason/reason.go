// Package reason keeps apart what this module says of a refused delivery, which may be
// logged, from the texts of others, which may quote the delivery.
package reason

import "errors"

// Error is an error with a reason that carries nothing of a delivery and no secret.
type Error struct {
	Err    error
	Reason string // "" if the text of Err has it
}

// New returns an error that wraps err. The reason may name headers and declared members.
func New(err error, reason string) error { return &Error{err, reason} }

func (e *Error) Error() string {
	if e.Reason == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + ": " + e.Reason
}

// Unwrap returns the error behind the reason.
func (e *Error) Unwrap() error { return e.Err }

// Of returns the text of the first such error in err's tree, or "".
func Of(err error) string {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Error()
	}
	return ""
}
