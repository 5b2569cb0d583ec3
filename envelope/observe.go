package envelope

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/probe"
)

// Observation is what an Observer learns of one delivery.
type Observation struct {
	Provider   string
	Handler    string // Options.Name
	Event      string // as sent; "" if the delivery was refused before it was read
	Known      bool   // whether the package knows the event; use it before Event becomes a metric's label
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

// LogValue is what the handler's own log line says: no text of the delivery and
// none of your function's error.
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
	if o.Handler != "" {
		attrs = append(attrs, slog.String("handler", o.Handler))
	}
	if o.Violations > 0 {
		attrs = append(attrs, slog.Int("violations", o.Violations))
	}
	if o.Drift > 0 {
		attrs = append(attrs, slog.Int("drift", o.Drift))
	}
	var err *Error
	if errors.As(o.Err, &err) {
		attrs = append(attrs, slog.String("kind", string(err.Kind)), slog.String("error", publicText(err)))
	}
	if o.StoreErr != nil {
		attrs = append(attrs, slog.Bool("store_failed", true))
	}
	return attrs
}

// publicText is the text of an error of this package. What stands in an error of
// your function, of a verifier or a store is not ours to publish.
func publicText(err *Error) string {
	var validation *ValidationError
	var panicked *PanicError
	switch {
	case errors.As(err.Err, &validation):
		return validation.Error()
	case errors.As(err.Err, &panicked):
		return panicked.Error()
	case err.Kind == KindMalformed:
		return (&Error{Kind: err.Kind, Offset: err.Offset, Err: ErrMalformed}).Error()
	}
	for _, known := range []error{
		ErrSignatureMissing, ErrSignatureMalformed, ErrSignatureMismatch, ErrSignatureTooOld, ErrSignatureTooNew,
		ErrSignature, ErrMethod, ErrMediaType, ErrTooLarge, ErrRead, ErrNoEvent, ErrBusy, ErrDraining, ErrRunning, ErrStore,
	} {
		if errors.Is(err.Err, known) {
			return known.Error()
		}
	}
	return "your function returned an error"
}

// observe completes what is known of a delivery and tells those who listen.
func (h *Handler) observe(ctx context.Context, o Observation, err *Error, start time.Time) {
	o.Provider, o.Handler = h.provider, h.options.Name
	row := resultOf(err, o.Outcome)
	o.Status, o.Outcome, o.Duration = row.status, row.outcome, time.Since(start)
	if err != nil {
		o.Err = err
	}
	if f := probe.From(ctx); f != nil {
		f(o, o.drift, o.violations)
	}
	if h.options.Observer != nil {
		h.options.Observer(ctx, o)
	}
	if h.options.Logger == nil {
		return
	}
	if h.options.Logger.Enabled(ctx, row.level) {
		h.options.Logger.LogAttrs(ctx, row.level, "webhook delivery", o.attrs()...)
	}
}
