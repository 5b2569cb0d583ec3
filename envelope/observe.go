package envelope

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/probe"
	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
)

// Observation is what an Observer learns of one delivery.
type Observation struct {
	Provider   string
	Handler    string    // Options.Name
	Tenant     string    // name of the account; "" if there is none, or it is not known yet
	Method     string    // of the request; "" with Dispatch
	Path       string    // pattern of the request, or its path without a secret; "" with Dispatch
	RequestID  string    // value of Options.RequestIDHeader
	Received   time.Time // when the body had been read; zero if it was refused before
	Event      string    // as sent; "" if the delivery was refused before it was read
	Key        string    // Delivery.Key. It may hold a customer's id
	Known      bool      // whether the package knows the event; use it before Event becomes a metric's label
	Outcome    Outcome
	Status     int           // what the sender is told
	Size       int           // bytes of the body that were read
	Duration   time.Duration // from the first line of the handler to the written answer
	Violations int           // documented rules that the delivery breaks, as far as they are listed
	Drift      int           // differences reported to Options.Drift; 0 if that is not set
	Err        error         // *Error, or nil. It may hold the text of your own error
	StoreErr   error         // a key that could not be marked after the function had run

	drift      []Drift
	violations []Violation
}

// LogValue is what the handler's own log line says: no text of the delivery, and of its
// key no more than the first 16 hex digits of the SHA-256.
func (o Observation) LogValue() slog.Value { return slog.GroupValue(o.attrs()...) }

func (o Observation) attrs() []slog.Attr {
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs,
		slog.String("provider", o.Provider),
		slog.String("event", loggable(o.Event, o.Known)),
		slog.String("outcome", string(o.Outcome)),
		slog.Int("status", o.Status),
		slog.Int("size", o.Size),
		slog.Duration("duration", o.Duration),
	)
	for _, text := range []slog.Attr{
		slog.String("handler", o.Handler), slog.String("tenant", o.Tenant),
		slog.String("path", o.Path), slog.String("request_id", o.RequestID),
	} {
		if text.Value.String() != "" {
			attrs = append(attrs, text)
		}
	}
	if o.Key != "" {
		attrs = append(attrs, slog.String("key_id", digestOfKey(o.Key)))
	}
	if o.Violations > 0 {
		attrs = append(attrs, slog.Int("violations", o.Violations))
	}
	if o.Drift > 0 {
		attrs = append(attrs, slog.Int("drift", o.Drift))
	}
	if err := (*Error)(nil); errors.As(o.Err, &err) {
		attrs = append(attrs, slog.String("kind", string(err.Kind)), slog.String("error", publicText(err)))
	}
	if o.StoreErr != nil {
		attrs = append(attrs, slog.Bool("store_failed", true))
	}
	return attrs
}

// publicText is what may be logged of an error: the text of this package, with its
// reason, and that of your function's own error. What a verifier, a tenant function, a
// store or a panic says may quote the delivery.
func publicText(err *Error) string {
	var validation *ValidationError
	var panicked *PanicError
	switch {
	case errors.As(err.Err, &validation):
		return validation.Error()
	case errors.As(err.Err, &panicked):
		if panicked.File == "" {
			return panicked.Error()
		}
		return panicked.Error() + " at " + filepath.Base(panicked.File) + ":" + strconv.Itoa(panicked.Line)
	case err.isAbort():
		return "function aborted the connection"
	case err.yours:
		return err.Err.Error()
	}
	if text := reason.Of(err.Err); text != "" {
		return (&Error{Kind: err.Kind, Offset: err.Offset, Err: errors.New(text)}).Error()
	}
	for _, known := range []error{
		ErrSignatureMissing, ErrSignatureMalformed, ErrSignatureMismatch, ErrSignatureTooOld, ErrSignatureTooNew,
		ErrUnknownTenant, ErrSignature, ErrMethod, ErrMediaType, ErrTooLarge, ErrRead, ErrMalformed, ErrNoEvent,
		ErrBusy, ErrDraining, ErrRunning, ErrStore, ErrUnverifiable,
	} {
		if errors.Is(err.Err, known) {
			return (&Error{Kind: err.Kind, Offset: err.Offset, Err: known}).Error()
		}
	}
	return string(err.Kind)
}

// observe completes what is known of a delivery and tells those who listen. What they do
// changes nothing about the delivery any more.
func (h *Handler) observe(v *visit, err *Error) {
	o := v.o
	o.Provider, o.Handler = h.provider, h.options.Name
	row := resultOf(err, o.Outcome)
	o.Status, o.Outcome, o.Duration = row.status, row.outcome, time.Since(v.start)
	if err != nil {
		o.Err = err
	}
	if f := probe.From(v.ctx); f != nil {
		f(o, o.drift, o.violations)
	}
	h.log(v.ctx, &o, row.level)
	if h.options.Observer != nil {
		h.guard(v.ctx, "observer panicked", func() { h.options.Observer(v.ctx, o) })
	}
}

func (h *Handler) log(ctx context.Context, o *Observation, level slog.Level) {
	if h.options.Logger == nil {
		return
	}
	if o.StoreErr != nil {
		level = slog.LevelError
	}
	h.guard(ctx, "", func() {
		if h.options.Logger.Enabled(ctx, level) {
			h.options.Logger.LogAttrs(ctx, level, "webhook delivery", o.attrs()...)
		}
	})
}

// guard calls a hook, whose panic must not end more than itself. It is logged, unless it
// is the Logger's.
func (h *Handler) guard(ctx context.Context, what string, hook func()) {
	defer func() {
		if thrown := recover(); thrown != nil && what != "" && h.options.Logger != nil {
			h.guard(ctx, "", func() {
				h.options.Logger.ErrorContext(ctx, what, slog.String("provider", h.provider), slog.String("error", publicText(caught(thrown))))
			})
		}
	}()
	hook()
}
