package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// scope names this instrumentation in spans and metrics.
const scope = "github.com/loyaltyhooks/loyaltyhooks/examples/otel"

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
)

// telemetry makes OpenTelemetry spans and metrics of deliveries. Nothing in them
// comes from a body.
type telemetry struct {
	tracer     trace.Tracer
	deliveries metric.Int64Counter
	duration   metric.Float64Histogram
	size       metric.Int64Histogram
	drift      metric.Int64Counter
}

func newTelemetry(traces trace.TracerProvider, metrics metric.MeterProvider) (*telemetry, error) {
	t := &telemetry{tracer: traces.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL))}
	meter := metrics.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	var errs [4]error
	t.deliveries, errs[0] = meter.Int64Counter("loyaltyhooks.deliveries",
		metric.WithUnit("{delivery}"),
		metric.WithDescription("Deliveries by what became of them."))
	t.duration, errs[1] = meter.Float64Histogram("loyaltyhooks.delivery.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Time from the request to the answer, your function included."),
		// The buckets that the semantic conventions ask for at http.server.request.duration.
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10))
	t.size, errs[2] = meter.Int64Histogram("loyaltyhooks.delivery.body.size",
		metric.WithUnit("By"),
		metric.WithDescription("Size of the bodies that were read."),
		metric.WithExplicitBucketBoundaries(256, 1<<10, 4<<10, 16<<10, 64<<10, 256<<10, 1<<20))
	t.drift, errs[3] = meter.Int64Counter("loyaltyhooks.drift",
		metric.WithUnit("{difference}"),
		metric.WithDescription("Differences between deliveries and the types of the package."))
	return t, errors.Join(errs[:]...)
}

// instrument adds the telemetry to a handler's config.
func (t *telemetry) instrument(config envelope.Options) envelope.Options {
	config.Observer = t.observe
	config.Drift = t.observeDrift
	return config
}

// spanKey is where handler leaves its span for observe. The span that is current
// there may be somebody else's.
type spanKey struct{}

// handler begins the span of a delivery, so that the spans of your function are
// within it. Whether the sender sent a trace of its own is not looked at: it is not
// part of your system.
func (t *telemetry) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.tracer.Start(r.Context(), "webhook", trace.WithSpanKind(requestKind(r.Context())),
			trace.WithAttributes(semconv.HTTPRequestMethodKey.String(methodName(r.Method))))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, spanKey{}, span)))
	})
}

// requestKind is the kind of a request's span. Where a middleware such as otelhttp has
// begun a span of this process, that is the server's, and ours is within it.
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
func (t *telemetry) observe(ctx context.Context, o envelope.Observation) {
	common := metric.WithAttributeSet(attribute.NewSet(attributesOf(o)...))
	t.deliveries.Add(ctx, 1, common)
	t.duration.Record(ctx, o.Duration.Seconds(), common)
	if o.Size > 0 {
		t.size.Record(ctx, int64(o.Size), common)
	}
	if span, ok := ctx.Value(spanKey{}).(trace.Span); ok {
		describe(span, o)
		return
	}
	// A delivery out of a queue, or a handler without t.handler around it: the span is
	// made now that it is over.
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
func (t *telemetry) observeDrift(ctx context.Context, report envelope.DriftReport) {
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
