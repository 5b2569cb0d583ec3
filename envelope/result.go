package envelope

import (
	"log/slog"
	"net/http"
)

// ErrorKind names a row of the table of results, for metrics and for people.
type ErrorKind string

// The kinds of errors, with the status that the sender is told.
const (
	KindMethod       ErrorKind = "method"       // 405
	KindMediaType    ErrorKind = "media_type"   // 415
	KindTooLarge     ErrorKind = "too_large"    // 413
	KindRead         ErrorKind = "read"         // 408
	KindSignature    ErrorKind = "signature"    // 401
	KindMalformed    ErrorKind = "malformed"    // 400
	KindValidation   ErrorKind = "validation"   // 422
	KindRejected     ErrorKind = "rejected"     // 422: your function returned Reject
	KindNoEvent      ErrorKind = "no_event"     // 500
	KindFailed       ErrorKind = "failed"       // 500: your function returned an error
	KindPanic        ErrorKind = "panic"        // 500: your function panicked
	KindRetry        ErrorKind = "retry"        // 503: your function returned RetryAfter
	KindBusy         ErrorKind = "busy"         // 503
	KindDraining     ErrorKind = "draining"     // 503
	KindRunning      ErrorKind = "running"      // 503
	KindStore        ErrorKind = "store"        // 503
	KindUnverifiable ErrorKind = "unverifiable" // 503: Options.Tenant failed, or there is DispatchOnly
	KindDropped      ErrorKind = "dropped"      // 200: your function returned Permanent
)

// Outcome says in one word what became of a delivery.
type Outcome string

// The outcomes. Ignored, dropped and duplicate deliveries are told 200 like the
// handled ones.
const (
	OutcomeHandled   Outcome = "handled"   // your function returned nil
	OutcomeFallback  Outcome = "fallback"  // the Fallback returned nil
	OutcomeIgnored   Outcome = "ignored"   // no function for the event, and no Fallback
	OutcomeDuplicate Outcome = "duplicate" // done before
	OutcomeDropped   Outcome = "dropped"   // your function returned Permanent
	OutcomeRefused   Outcome = "refused"   // 4xx: forged, malformed, too large, rejected by your function ...
	OutcomeFailed    Outcome = "failed"    // 500: your function failed or panicked, or ErrNoEvent
	OutcomeDeferred  Outcome = "deferred"  // 503: the sender shall try again
)

// result is what follows from the kind of what happened.
type result struct {
	status    int
	retryable bool // whether the same delivery may succeed later
	outcome   Outcome
	level     slog.Level
	reply     string // the constant body of the answer
}

var results = map[ErrorKind]result{
	KindMethod:       {http.StatusMethodNotAllowed, false, OutcomeRefused, slog.LevelWarn, "method not allowed\n"},
	KindMediaType:    {http.StatusUnsupportedMediaType, false, OutcomeRefused, slog.LevelWarn, "media type not served\n"},
	KindTooLarge:     {http.StatusRequestEntityTooLarge, false, OutcomeRefused, slog.LevelWarn, "too large\n"},
	KindRead:         {http.StatusRequestTimeout, false, OutcomeRefused, slog.LevelWarn, "body not read\n"},
	KindSignature:    {http.StatusUnauthorized, false, OutcomeRefused, slog.LevelWarn, "signature refused\n"},
	KindMalformed:    {http.StatusBadRequest, false, OutcomeRefused, slog.LevelWarn, "malformed\n"},
	KindValidation:   {http.StatusUnprocessableEntity, false, OutcomeRefused, slog.LevelWarn, "invalid\n"},
	KindRejected:     {http.StatusUnprocessableEntity, false, OutcomeRefused, slog.LevelWarn, "invalid\n"},
	KindNoEvent:      {http.StatusInternalServerError, true, OutcomeFailed, slog.LevelError, "failed\n"},
	KindFailed:       {http.StatusInternalServerError, true, OutcomeFailed, slog.LevelError, "failed\n"},
	KindPanic:        {http.StatusInternalServerError, true, OutcomeFailed, slog.LevelError, "failed\n"},
	KindRetry:        {http.StatusServiceUnavailable, true, OutcomeDeferred, slog.LevelWarn, "try again later\n"},
	KindBusy:         {http.StatusServiceUnavailable, true, OutcomeDeferred, slog.LevelWarn, "try again later\n"},
	KindDraining:     {http.StatusServiceUnavailable, true, OutcomeDeferred, slog.LevelWarn, "try again later\n"},
	KindRunning:      {http.StatusServiceUnavailable, true, OutcomeDeferred, slog.LevelWarn, "try again later\n"},
	KindStore:        {http.StatusServiceUnavailable, true, OutcomeDeferred, slog.LevelWarn, "try again later\n"},
	KindUnverifiable: {http.StatusServiceUnavailable, true, OutcomeDeferred, slog.LevelError, "try again later\n"},
	KindDropped:      {http.StatusOK, false, OutcomeDropped, slog.LevelWarn, ""},
}

// result is the row of the kind. An error of no kind of ours has failed.
func (k ErrorKind) result() result {
	if r, ok := results[k]; ok {
		return r
	}
	return results[KindFailed]
}

// resultOf is the row of an error, or of a delivery without one.
func resultOf(err *Error, outcome Outcome) result {
	if err == nil {
		return result{status: http.StatusOK, outcome: outcome, level: slog.LevelDebug}
	}
	return err.Kind.result()
}
