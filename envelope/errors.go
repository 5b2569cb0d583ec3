package envelope

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// What can happen to a delivery. Every error that a Handler reports is an
// *Error that wraps one of these, a *ValidationError, a *PanicError, or what
// your function returned; test with errors.Is and errors.As.
var (
	// ErrMethod: the request was not a POST. Status 405.
	ErrMethod = errors.New("method is not POST")
	// ErrMediaType: the body is encoded in a way that is not served. Status 415.
	ErrMediaType = errors.New("media type or content encoding is not served")
	// ErrTooLarge: the body is longer than Options.MaxBody. Status 413.
	ErrTooLarge = errors.New("body is too large")
	// ErrRead: the body could not be read, or not in time. Status 408.
	ErrRead = errors.New("body could not be read")
	// ErrSignature: the delivery is not proven to come from the provider. Status
	// 401. The finer errors below wrap it.
	ErrSignature = sign.Err
	// ErrMalformed: the body is not JSON (or not a form), nested too deep, or not
	// an envelope of the provider. Status 400.
	ErrMalformed = errors.New("body is malformed")
	// ErrNoEvent: the event's name can't be told and there is no Fallback. Status
	// 500, so that it is seen at the sender and tried again.
	ErrNoEvent = errors.New("event name can not be told")
	// ErrBusy: Options.MaxConcurrent deliveries are being handled. Status 503.
	ErrBusy = errors.New("too many deliveries at once")
	// ErrDraining: Shutdown was called. Status 503.
	ErrDraining = errors.New("handler is shutting down")
	// ErrRunning: another delivery with the same key is being handled. Status 503.
	ErrRunning = errors.New("delivery with the same key is running")
	// ErrStore: the idempotency store did not answer. Status 503.
	ErrStore = errors.New("idempotency store is not available")
	// ErrUnverifiable: Options.Tenant failed, or the handler has Options.DispatchOnly.
	// Status 503.
	ErrUnverifiable = errors.New("delivery can not be verified now")
	// ErrDuplicate is for your function to return when it finds that the delivery's
	// work is done: status 200, the outcome is duplicate, and with Idempotency the key
	// is finished. Dispatch returns nil.
	ErrDuplicate = errors.New("delivery is done already")
)

// Why a signature was refused. Each wraps ErrSignature.
var (
	ErrSignatureMissing   = sign.ErrMissing   // nothing proves the origin
	ErrSignatureMalformed = sign.ErrMalformed // the proof can't be understood
	ErrSignatureMismatch  = sign.ErrMismatch  // it was made with another secret, or of another text
	ErrSignatureTooOld    = sign.ErrTooOld    // by more than the tolerance
	ErrSignatureTooNew    = sign.ErrTooNew    // by more than the tolerance
	// ErrUnknownTenant is for Options.Tenant to return when a request is for nobody it
	// knows. The request is refused like one with a wrong signature.
	ErrUnknownTenant = fmt.Errorf("%w: unknown tenant", ErrSignature)
)

// Error is what a Handler reports of a delivery that was not handled. Its text
// never quotes the delivery or a secret; the text of an error that your function
// returned stands behind it as it is.
type Error struct {
	Kind       ErrorKind
	RetryAfter time.Duration // how long the sender is asked to wait; 0 if not asked
	Offset     int64         // KindMalformed: the byte of the body where it was noticed
	Err        error         // one of the Err variables, *ValidationError, *PanicError, or your own

	yours bool // a function returned it
}

// Error says what happened.
func (e *Error) Error() string {
	if e.Kind == KindMalformed && e.Offset > 0 {
		return e.Err.Error() + " near byte " + strconv.FormatInt(e.Offset, 10)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Status is what the sender is told. It follows from the kind.
func (e *Error) Status() int { return e.Kind.result().status }

// Retryable reports whether the same delivery may succeed later. It follows from the
// kind.
func (e *Error) Retryable() bool { return e.Kind.result().retryable }

func refusal(kind ErrorKind, err error) *Error { return &Error{Kind: kind, Err: err} }

func unavailable(kind ErrorKind, after time.Duration, err error) *Error {
	return &Error{Kind: kind, RetryAfter: after, Err: err}
}

func malformed(offset int64, err error) *Error {
	return &Error{Kind: KindMalformed, Offset: offset, Err: err}
}

// Malformed is for the Open function of a Provider: it refuses a body as
// ErrMalformed and says why. That is logged, and must not quote the body.
func Malformed(why string) error {
	return refusal(KindMalformed, reason.New(ErrMalformed, why))
}

// RetryAfter is for your function to return when the sender shall try again, not
// sooner than in d: status 503 with Retry-After. The wait is rounded up to whole
// seconds. err may be nil.
func RetryAfter(d time.Duration, err error) error {
	if err == nil {
		err = errors.New("try again later")
	}
	return unavailable(KindRetry, d, err)
}

// Permanent is for your function to return when trying again is useless: the
// sender is told 200 and stops, and the delivery counts as dropped. err may be
// nil.
func Permanent(err error) error {
	if err == nil {
		err = errors.New("dropped")
	}
	return refusal(KindDropped, err)
}

// Reject is for your function to return when it will never take the delivery and the
// sender shall see that: status 422. The key is free again. err may be nil.
func Reject(err error) error {
	if err == nil {
		err = errors.New("rejected")
	}
	return refusal(KindRejected, err)
}

// ValidationError says which identities of a delivery are missing or mistyped
// (or, with ValidateAll, which rules it breaks). Status 422.
type ValidationError struct {
	Violations []Violation // the first ones
}

// Error lists pointers and rules, never values.
func (e *ValidationError) Error() string {
	var b strings.Builder
	b.WriteString("validation failed:")
	for i, v := range e.Violations {
		if i == maxInText {
			fmt.Fprintf(&b, " and %d more", len(e.Violations)-i)
			break
		}
		b.WriteString(" " + v.safePointer() + " " + v.Rule)
	}
	return b.String()
}

// maxInText bounds the violations that one error text lists.
const maxInText = 8

// PanicError says that your function, or another one that you gave to the handler,
// panicked. It carries the type of what was thrown and the place, not its text, which may
// quote the delivery. Status 500. A panic of your function with http.ErrAbortHandler is no PanicError, but
// an error of KindPanic that wraps it: ServeHTTP aborts the connection, once it has
// observed the delivery.
type PanicError struct {
	Type  string // Go type of the value, such as runtime.boundsError
	File  string // where it was thrown, as runtime.Frame has it; "" if that is unknown
	Line  int
	Stack []byte // as debug.Stack returns it
}

// Error names the type.
func (e *PanicError) Error() string { return "function panicked with " + e.Type }

// caught makes an error of what was thrown.
func caught(thrown any) *Error {
	e := &PanicError{Type: fmt.Sprintf("%T", thrown), Stack: debug.Stack()}
	e.File, e.Line = thrownAt()
	return refusal(KindPanic, e)
}

// thrownAt finds the line that panicked: the first one below the runtime's.
func thrownAt() (file string, line int) {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	for panicked := false; ; {
		frame, more := frames.Next()
		isRuntime := strings.HasPrefix(frame.Function, "runtime.")
		switch {
		case panicked && !isRuntime:
			return frame.File, frame.Line
		case frame.Function == "runtime.gopanic":
			panicked = true
		}
		if !more {
			return "", 0
		}
	}
}

// aborted makes an error of what your function has thrown, which may ask for the
// connection to be aborted.
func aborted(thrown any) *Error {
	if err, ok := thrown.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		return refusal(KindPanic, http.ErrAbortHandler)
	}
	return caught(thrown)
}

// isAbort reports whether your function asks for the connection to be aborted.
func (e *Error) isAbort() bool {
	return e != nil && e.Kind == KindPanic && errors.Is(e.Err, http.ErrAbortHandler)
}

// chosen are the kinds that a function chooses by what it returns.
var chosen = []ErrorKind{KindRetry, KindDropped, KindRejected}

// classify makes an *Error of what a function returned. A nil pointer in an error is no
// failure: it comes from a variable of a type of the function's own.
func classify(err error) *Error {
	if err == nil || isNil(err) {
		return nil
	}
	var own *Error
	if errors.As(err, &own) && own != nil && slices.Contains(chosen, own.Kind) {
		wrapped := *own
		wrapped.yours = true
		if _, bare := err.(*Error); !bare { //nolint:errorlint // keep what the function wrapped around it
			wrapped.Err = err
		}
		return &wrapped
	}
	return &Error{Kind: KindFailed, Err: err, yours: true}
}

func isNil(err error) bool {
	switch v := reflect.ValueOf(err); v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Func, reflect.Chan:
		return v.IsNil()
	}
	return false
}
