package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Inject writes the present span into the metadata of a message, as W3C Trace Context. It is
// an Inject of package queue.
func (t *Telemetry) Inject(ctx context.Context, metadata map[string]string) {
	propagation.TraceContext{}.Inject(ctx, propagation.MapCarrier(metadata))
}

// Begin begins the span of a worker's attempt, a trace of its own that is linked with the span
// in the metadata; the spans of your function are within it. It is a Begin of package queue.
func (t *Telemetry) Begin(ctx context.Context, metadata map[string]string) (context.Context, func()) {
	options := []trace.SpanStartOption{
		trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(semconv.MessagingOperationTypeProcess, semconv.MessagingOperationName("process")),
	}
	remote := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier(metadata)))
	if remote.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: remote}))
	}
	ctx, span := t.tracer.Start(ctx, "webhook", options...)
	return context.WithValue(ctx, spanKey{}, span), func() { span.End() }
}
