// Command otel shows webhook deliveries as OpenTelemetry spans and metrics: it
// delivers a few to a handler of its own, prints what was recorded, and ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/telemetry"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "otel:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(out), stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	numbers, err := stdoutmetric.New(stdoutmetric.WithWriter(out), stdoutmetric.WithPrettyPrint())
	if err != nil {
		return err
	}
	// In a service, an OTLP exporter and the global providers take their place.
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(numbers)))

	t, err := telemetry.New(telemetry.Options{Traces: traces, Metrics: metrics, Explain: true})
	if err != nil {
		return err
	}
	h, err := newHandler(t, []string{masivotest.Secret}, traces.Tracer("shop"))
	if err != nil {
		return err
	}
	if err := deliverSome(ctx, h); err != nil {
		return err
	}
	return errors.Join(traces.Shutdown(ctx), metrics.Shutdown(ctx))
}

// newHandler is an ordinary handler with telemetry around it.
func newHandler(t *telemetry.Telemetry, secrets []string, tracer trace.Tracer) (http.Handler, error) {
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: secrets, Options: t.Instrument(envelope.Options{})},
		masivo.TierUpgrade.Handle(func(ctx context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
			_, span := tracer.Start(ctx, "send mail") // It is within the span of the delivery.
			defer span.End()
			return nil
		}),
		masivo.CouponRedemption.Handle(func(context.Context, *masivo.Delivery[masivo.CouponRedemptionData]) error {
			return envelope.RetryAfter(0, errors.New("the till is closed"))
		}),
	)
	if err != nil {
		return nil, err
	}
	return t.Handler(h), nil
}

// deliverSome delivers what is handled, what differs from its documentation, what
// fails, and what is forged.
func deliverSome(ctx context.Context, h http.Handler) error {
	for _, d := range []struct{ event, situation, secret string }{
		{masivo.TierUpgrade.Name(), "", ""},
		{masivo.CouponRedemption.Name(), "drift-unknown-member", ""},
		{masivo.TierUpgrade.Name(), "", "guessed"},
	} {
		golden, err := envelopetest.Find(masivo.Name, d.event, d.situation, "")
		if err != nil {
			return err
		}
		r, err := masivotest.Request(golden, masivotest.Options{Secret: d.secret})
		if err != nil {
			return err
		}
		h.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	}
	return nil
}
