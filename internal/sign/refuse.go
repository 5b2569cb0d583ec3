package sign

import (
	"errors"
	"fmt"

	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
)

// Why a signature is refused. Package envelope has them under its own names.
var (
	Err          = errors.New("signature refused")
	ErrMissing   = fmt.Errorf("%w: missing", Err)
	ErrMalformed = fmt.Errorf("%w: malformed", Err)
	ErrMismatch  = fmt.Errorf("%w: does not match", Err)
	ErrTooOld    = fmt.Errorf("%w: timestamp too old", Err)
	ErrTooNew    = fmt.Errorf("%w: timestamp too new", Err)
)

// Malformed returns an ErrMalformed with its reason, which must not quote the delivery.
func Malformed(why string) error { return reason.New(ErrMalformed, why) }

// Missing returns an ErrMissing with its reason.
func Missing(why string) error { return reason.New(ErrMissing, why) }
