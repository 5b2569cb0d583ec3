package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// scope names this instrumentation in spans and metrics.
const scope = "github.com/loyaltyhooks/loyaltyhooks/envelope/telemetry"

// Attributes of spans and metrics, beside those of the semantic conventions:
// error.type, http.request.method, http.response.status_code and so on.
const (
	providerKey   = attribute.Key("loyaltyhooks.provider")         // openloyalty
	handlerKey    = attribute.Key("loyaltyhooks.handler")          // envelope.Options.Name, if it is set
	eventKey      = attribute.Key("loyaltyhooks.event")            // CustomerRegistered; see eventName
	outcomeKey    = attribute.Key("loyaltyhooks.outcome")          // an envelope.Outcome
	driftKindKey  = attribute.Key("loyaltyhooks.drift.kind")       // an envelope.DriftKind
	driftKey      = attribute.Key("loyaltyhooks.drift.count")      // of one delivery
	violationsKey = attribute.Key("loyaltyhooks.violations.count") // of one delivery
	storeKey      = attribute.Key("loyaltyhooks.store.failed")     // see envelope.Observation.StoreErr
	causeKey      = attribute.Key("loyaltyhooks.cause")            // code of an envelope.Cause
)

// Options are the settings of New.
type Options struct {
	Traces  trace.TracerProvider // Default: the global one.
	Metrics metric.MeterProvider // Default: the global one.

	// Explain counts why deliveries were refused, by the code of the first cause. One a
	// second is looked at, on the average: see envelope.Refusal.
	Explain bool
}

// Telemetry is made by New. It is safe for concurrent use.
type Telemetry struct {
	tracer     trace.Tracer
	explains   bool
	explained  *rate.Limiter
	deliveries metric.Int64Counter
	unkeyed    metric.Int64Counter
	refusals   metric.Int64Counter
	duration   metric.Float64Histogram
	size       metric.Int64Histogram
	drift      metric.Int64Counter
}

// New makes the instruments. An error is of the meter.
func New(o Options) (*Telemetry, error) {
	if o.Traces == nil {
		o.Traces = otel.GetTracerProvider()
	}
	if o.Metrics == nil {
		o.Metrics = otel.GetMeterProvider()
	}
	t := &Telemetry{tracer: o.Traces.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)), explains: o.Explain, explained: rate.NewLimiter(1, 60)}
	meter := o.Metrics.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	var errs []error
	counter := func(name, unit, text string) metric.Int64Counter {
		c, err := meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(text))
		errs = append(errs, err)
		return c
	}
	t.deliveries = counter("loyaltyhooks.deliveries", "{delivery}", "Deliveries by what became of them.")
	t.unkeyed = counter("loyaltyhooks.deliveries.unkeyed", "{delivery}", "Deliveries that ran a function and have no key, so that a repetition runs it again.")
	t.refusals = counter("loyaltyhooks.refusals", "{delivery}", "Refused deliveries by the first cause that was found.")
	t.drift = counter("loyaltyhooks.drift", "{difference}", "Differences between deliveries and the types of the package.")
	var err error
	t.duration, err = meter.Float64Histogram("loyaltyhooks.delivery.duration", metric.WithUnit("s"),
		metric.WithDescription("Time from the request to the answer, your function included."),
		// The buckets that the semantic conventions ask for at http.server.request.duration.
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10))
	errs = append(errs, err)
	t.size, err = meter.Int64Histogram("loyaltyhooks.delivery.body.size", metric.WithUnit("By"),
		metric.WithDescription("Size of the bodies that were read."),
		metric.WithExplicitBucketBoundaries(256, 1<<10, 4<<10, 16<<10, 64<<10, 256<<10, 1<<20))
	return t, errors.Join(append(errs, err)...)
}

// Instrument adds the telemetry to the Options of a handler. Hooks that are set are called,
// too.
func (t *Telemetry) Instrument(o envelope.Options) envelope.Options {
	o.Observer = both(t.observe, o.Observer)
	o.Drift = both(t.observeDrift, o.Drift)
	if t.explains {
		o.Refused = both(t.observeRefusal, o.Refused)
	}
	return o
}

func both[T any](first, second func(context.Context, T)) func(context.Context, T) {
	if second == nil {
		return first
	}
	return func(ctx context.Context, what T) {
		first(ctx, what)
		second(ctx, what)
	}
}

// spanKey is where Handler and Begin leave its span for observe. The span that is current
// there may be somebody else's.
type spanKey struct{}

// Handler begins the span of a delivery, so that the spans of your function are
// within it. Whether the sender sent a trace of its own is not looked at: it is not
// part of your system.
func (t *Telemetry) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.tracer.Start(r.Context(), "webhook", trace.WithSpanKind(requestKind(r.Context())),
			trace.WithAttributes(semconv.HTTPRequestMethodKey.String(methodName(r.Method))))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, spanKey{}, span)))
	})
}

// requestKind is the kind of a request's span, which is within that of otelhttp if there is one.
func requestKind(ctx context.Context) trace.SpanKind {
	if around := trace.SpanContextFromContext(ctx); around.IsValid() && !around.IsRemote() {
		return trace.SpanKindInternal
	}
	return trace.SpanKindServer
}

// methodName keeps methods that anybody can make up out of the attributes.
func methodName(method string) string {
	switch method {
	case http.MethodPost, http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return other
}

// observe is an envelope.Options.Observer.
func (t *Telemetry) observe(ctx context.Context, o envelope.Observation) {
	common := metric.WithAttributeSet(attribute.NewSet(attributesOf(o)...))
	t.deliveries.Add(ctx, 1, common)
	t.duration.Record(ctx, o.Duration.Seconds(), common)
	if o.Size > 0 {
		t.size.Record(ctx, int64(o.Size), common)
	}
	if o.Key == "" && (o.Outcome == envelope.OutcomeHandled || o.Outcome == envelope.OutcomeFallback) {
		t.unkeyed.Add(ctx, 1, common)
	}
	if span, ok := ctx.Value(spanKey{}).(trace.Span); ok {
		describe(span, o)
		return
	}
	// There is neither Handler nor Begin: the span is made now that it is over.
	kind := trace.SpanKindConsumer
	if o.Method != "" {
		kind = requestKind(ctx)
	}
	_, span := t.tracer.Start(ctx, "webhook", trace.WithSpanKind(kind), trace.WithTimestamp(time.Now().Add(-o.Duration)))
	if o.Method != "" {
		span.SetAttributes(semconv.HTTPRequestMethodKey.String(methodName(o.Method)))
	}
	describe(span, o)
	span.End()
}

// observeDrift is an envelope.Options.Drift. Where a delivery differs is for the
// logs of people who may read it; here only the kinds are counted.
func (t *Telemetry) observeDrift(ctx context.Context, report envelope.DriftReport) {
	kinds := map[envelope.DriftKind]int64{}
	for _, d := range report.Drift {
		kinds[d.Kind]++
	}
	for kind, n := range kinds {
		t.drift.Add(ctx, n, metric.WithAttributes(
			providerKey.String(report.Provider),
			eventKey.String(eventName(report.Event, report.Known)),
			driftKindKey.String(string(kind)),
		))
	}
}

// observeRefusal is an envelope.Options.Refused.
func (t *Telemetry) observeRefusal(ctx context.Context, r *envelope.Refusal) {
	code := other
	if t.explained.Allow() {
		if causes := r.Explain(); len(causes) > 0 {
			code = causes[0].Code
		}
	}
	t.refusals.Add(ctx, 1, metric.WithAttributes(providerKey.String(r.Provider), causeKey.String(code)))
}

// attributesOf are the attributes of metrics. Each has few values, whatever is sent.
func attributesOf(o envelope.Observation) []attribute.KeyValue {
	attributes := []attribute.KeyValue{
		providerKey.String(o.Provider),
		outcomeKey.String(string(o.Outcome)),
	}
	if o.Handler != "" {
		attributes = append(attributes, handlerKey.String(o.Handler))
	}
	if name := eventName(o.Event, o.Known); name != "" {
		attributes = append(attributes, eventKey.String(name))
	}
	var err *envelope.Error
	if errors.As(o.Err, &err) {
		attributes = append(attributes, semconv.ErrorTypeKey.String(string(err.Kind)))
	}
	return attributes
}

// other stands for all values that are not known, as in the semantic conventions.
const other = "_OTHER"

// eventName is the event as an attribute: a name that the package does not know is
// text from outside, of which there can be any number. It is empty if the delivery
// was refused before its name was read.
func eventName(event string, known bool) string {
	if event == "" || known {
		return event
	}
	return other
}

// describe writes on a span what became of its delivery.
func describe(span trace.Span, o envelope.Observation) {
	span.SetName(spanName(o))
	span.SetAttributes(attributesOf(o)...)
	span.SetAttributes(
		semconv.HTTPResponseStatusCode(o.Status),
		semconv.HTTPRequestBodySize(o.Size),
		driftKey.Int(o.Drift),
		violationsKey.Int(o.Violations),
	)
	if o.StoreErr != nil {
		span.SetAttributes(storeKey.Bool(true))
	}
	// The text of an error may be your function's, and quote the delivery: its kind
	// says enough here.
	var err *envelope.Error
	if errors.As(o.Err, &err) && o.Status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, string(err.Kind))
	}
	var panicked *envelope.PanicError
	if errors.As(o.Err, &panicked) {
		span.AddEvent(semconv.ExceptionEventName, trace.WithAttributes(
			semconv.ExceptionType(panicked.Type),
			semconv.ExceptionStacktrace(string(panicked.Stack)),
		))
	}
}

func spanName(o envelope.Observation) string {
	if name := eventName(o.Event, o.Known); name != "" && name != other {
		return fmt.Sprintf("webhook %s %s", o.Provider, name)
	}
	return "webhook " + o.Provider
}
