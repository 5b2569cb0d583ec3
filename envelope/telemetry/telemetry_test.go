package telemetry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
)

// recorded is telemetry that a test can read.
type recorded struct {
	*Telemetry
	spans  *tracetest.InMemoryExporter
	reader *sdkmetric.ManualReader
	traces trace.TracerProvider
	tracer trace.Tracer // of the service
}

func record(t *testing.T, options ...Options) recorded {
	t.Helper()
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	r := recorded{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	r.traces = sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	o.Traces, o.Metrics = r.traces, metrics
	var err error
	if r.Telemetry, err = New(o); err != nil {
		t.Fatal(err)
	}
	r.tracer = r.traces.Tracer("service")
	return r
}

// handlerOf is a handler with one function for tier upgrades.
func (r recorded) handlerOf(t *testing.T, fn func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error) *envelope.Handler {
	t.Helper()
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{masivotest.Secret}, Options: r.Instrument(envelope.Options{Name: "shop-1"})},
		masivo.TierUpgrade.Handle(fn),
	)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func succeed(context.Context, *masivo.Delivery[masivo.TierChangeData]) error { return nil }

// points are the data points of a metric, by the text of their attributes.
func (r recorded) points(t *testing.T, name string) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	points := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					points[text(p.Attributes.ToSlice())] = float64(p.Value)
				}
			case metricdata.Histogram[int64]:
				for _, p := range data.DataPoints {
					points[text(p.Attributes.ToSlice())] = float64(p.Sum)
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					points[text(p.Attributes.ToSlice())] = float64(p.Count)
				}
			}
		}
	}
	return points
}

// text is attributes as a=b,c=d.
func text(attributes []attribute.KeyValue) string {
	set := attribute.NewSet(attributes...)
	return set.Encoded(attribute.DefaultEncoder())
}

func wantPoints(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for attributes, value := range want {
		if got[attributes] != value {
			t.Errorf("%s is %v, want %v", attributes, got[attributes], value)
		}
	}
	for attributes := range got {
		if _, ok := want[attributes]; !ok {
			t.Errorf("unexpected %s", attributes)
		}
	}
}

func TestMetrics(t *testing.T) {
	r := record(t)
	h := r.handlerOf(t, succeed)
	upgrade := masivotest.NewRequest(t, masivo.TierUpgrade)
	size := float64(upgrade.ContentLength)
	envelopetest.Deliver(t, h, envelopetest.Again(t, upgrade))
	envelopetest.Deliver(t, h, upgrade)
	ignored := masivotest.NewRequest(t, masivo.TierDowngrade)
	envelopetest.Deliver(t, h, ignored)
	forged := masivotest.Forged(t, masivo.TierUpgrade)
	envelopetest.Deliver(t, h, forged)

	const (
		handled = "loyaltyhooks.event=TIER_UPGRADE,loyaltyhooks.handler=shop-1,loyaltyhooks.outcome=handled,loyaltyhooks.provider=masivo"
		unused  = "loyaltyhooks.event=TIER_DOWNGRADE,loyaltyhooks.handler=shop-1,loyaltyhooks.outcome=ignored,loyaltyhooks.provider=masivo"
		refused = "error.type=signature,loyaltyhooks.handler=shop-1,loyaltyhooks.outcome=refused,loyaltyhooks.provider=masivo"
	)
	counts := map[string]float64{handled: 2, unused: 1, refused: 1}
	wantPoints(t, r.points(t, "loyaltyhooks.deliveries"), counts)
	wantPoints(t, r.points(t, "loyaltyhooks.delivery.duration"), counts)
	wantPoints(t, r.points(t, "loyaltyhooks.delivery.body.size"), map[string]float64{
		handled: 2 * size, unused: float64(ignored.ContentLength), refused: 0, // A wrong secret is refused before the body is read.
	})
	wantPoints(t, r.points(t, "loyaltyhooks.drift"), nil)
}

// Whoever has the secret can invent any number of events, and must not be able to
// make any number of time series.
func TestUnknownEventsAreNoLabels(t *testing.T) {
	r := record(t)
	h := r.handlerOf(t, succeed)
	for _, name := range []string{"INVENTED_1", "INVENTED_2", "INVENTED_3"} {
		golden := envelopetest.Golden{Provider: masivo.Name, ContentType: envelopetest.JSON, Body: []byte(`{"event": "` + name + `", "data": {}}`)}
		request, err := masivotest.Request(golden, masivotest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if result := envelopetest.Deliver(t, h, request); result.Event != name {
			t.Fatalf("%+v", result)
		}
	}
	wantPoints(t, r.points(t, "loyaltyhooks.deliveries"), map[string]float64{
		"loyaltyhooks.event=_OTHER,loyaltyhooks.handler=shop-1,loyaltyhooks.outcome=ignored,loyaltyhooks.provider=masivo": 3,
	})
	wantPoints(t, r.points(t, "loyaltyhooks.drift"), map[string]float64{
		"loyaltyhooks.drift.kind=unknown_event,loyaltyhooks.event=_OTHER,loyaltyhooks.provider=masivo": 3,
	})
	for _, span := range r.spans.GetSpans() {
		if span.Name != "webhook masivo" || strings.Contains(text(span.Attributes), "INVENTED") {
			t.Errorf("%s %v", span.Name, span.Attributes)
		}
	}
}

func TestDriftByKind(t *testing.T) {
	r := record(t)
	h, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{masivotest.Secret}, Options: r.Instrument(envelope.Options{})},
		masivo.CustomerAccumulation.Handle(func(context.Context, *masivo.Delivery[masivo.RewardLinesData]) error { return nil }),
	)
	if err != nil {
		t.Fatal(err)
	}
	result := envelopetest.Deliver(t, h, masivotest.NewRequestWith(t, masivotest.Options{Situation: "drift-wrong-types"}, masivo.CustomerAccumulation))
	want := map[string]float64{}
	for _, d := range result.Drift {
		want["loyaltyhooks.drift.kind="+string(d.Kind)+",loyaltyhooks.event=CUSTOMER_ACCUMULATION,loyaltyhooks.provider=masivo"]++
	}
	if len(want) == 0 {
		t.Fatal("no drift")
	}
	wantPoints(t, r.points(t, "loyaltyhooks.drift"), want)
	if span := r.spans.GetSpans()[0]; !has(span, driftKey.Int(len(result.Drift))) {
		t.Errorf("the span has %v", span.Attributes)
	}
}

func has(span tracetest.SpanStub, want attribute.KeyValue) bool {
	for _, a := range span.Attributes {
		if a == want {
			return true
		}
	}
	return false
}

func TestSpans(t *testing.T) {
	const secret = "4711 of the body"
	tests := map[string]struct {
		fn     func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error
		forged bool
		name   string
		status int
		code   codes.Code
		kind   string // error.type
	}{
		"handled": {succeed, false, "webhook masivo TIER_UPGRADE", 200, codes.Unset, ""},
		"failed": {
			func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error { return errors.New(secret) },
			false, "webhook masivo TIER_UPGRADE", 500, codes.Error, "failed",
		},
		"panicked": {
			func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error { panic(secret) },
			false, "webhook masivo TIER_UPGRADE", 500, codes.Error, "panic",
		},
		"again later": {
			func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error {
				return envelope.RetryAfter(0, errors.New(secret))
			},
			false, "webhook masivo TIER_UPGRADE", 503, codes.Error, "retry",
		},
		"dropped": {
			func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error {
				return envelope.Permanent(errors.New(secret))
			},
			false, "webhook masivo TIER_UPGRADE", 200, codes.Unset, "dropped",
		},
		// The sender's mistake is no error of a server, say the semantic conventions.
		"forged": {succeed, true, "webhook masivo", 401, codes.Unset, "signature"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := record(t)
			request := masivotest.NewRequest(t, masivo.TierUpgrade)
			if test.forged {
				request = masivotest.Forged(t, masivo.TierUpgrade)
			}
			envelopetest.Deliver(t, r.Handler(r.handlerOf(t, test.fn)), request)
			spans := r.spans.GetSpans()
			if len(spans) != 1 {
				t.Fatalf("%d spans", len(spans))
			}
			span := spans[0]
			size := int(request.ContentLength)
			if test.forged { // Nobody has read the body.
				size = 0
			}
			if span.Name != test.name || span.SpanKind != trace.SpanKindServer || span.Status.Code != test.code {
				t.Errorf("%q %v %v", span.Name, span.SpanKind, span.Status)
			}
			if !has(span, attribute.Int("http.response.status_code", test.status)) ||
				!has(span, attribute.String("http.request.method", http.MethodPost)) ||
				!has(span, attribute.Int("http.request.body.size", size)) ||
				test.kind != "" && !has(span, attribute.String("error.type", test.kind)) {
				t.Errorf("attributes %v", span.Attributes)
			}
			if test.kind == "panic" && (len(span.Events) != 1 || span.Events[0].Name != "exception") {
				t.Errorf("events %v", span.Events)
			}
			if strings.Contains(span.Status.Description, secret) || strings.Contains(text(span.Attributes), secret) {
				t.Error("the span quotes the error of the function")
			}
		})
	}
}

// The spans of a function are within that of its delivery.
func TestSpanOfTheFunction(t *testing.T) {
	r := record(t)
	h := r.handlerOf(t, func(ctx context.Context, _ *masivo.Delivery[masivo.TierChangeData]) error {
		_, span := r.tracer.Start(ctx, "mine")
		span.End()
		return nil
	})
	envelopetest.Deliver(t, r.Handler(h), masivotest.NewRequest(t, masivo.TierUpgrade))
	spans := r.spans.GetSpans()
	if len(spans) != 2 || spans[0].Name != "mine" || spans[0].Parent.SpanID() != spans[1].SpanContext.SpanID() {
		t.Errorf("%v", spans)
	}
}

// There is one span of the server, and under otelhttp it is that of otelhttp: the
// delivery's is within it, in one trace.
func TestUnderOtelhttp(t *testing.T) {
	const delivery = "webhook masivo TIER_UPGRADE"
	for name, test := range map[string]struct {
		middleware, otelhttp bool
		want                 []string
	}{
		"Observer":                  {false, false, []string{delivery + " server"}},
		"middleware":                {true, false, []string{delivery + " server"}},
		"Observer under otelhttp":   {false, true, []string{"POST server", delivery + " internal"}},
		"middleware under otelhttp": {true, true, []string{"POST server", delivery + " internal"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t)
			var h http.Handler = r.handlerOf(t, succeed)
			if test.middleware {
				h = r.Handler(h)
			}
			if test.otelhttp {
				h = otelhttp.NewHandler(h, "hooks", otelhttp.WithTracerProvider(r.traces))
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, masivotest.NewRequest(t, masivo.TierUpgrade))
			if w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
			// A span ends before the one around it.
			spans := r.spans.GetSpans()
			slices.Reverse(spans)
			var got []string
			parent := trace.SpanContext{}
			for _, span := range spans {
				got = append(got, span.Name+" "+span.SpanKind.String())
				if !span.Parent.Equal(parent) {
					t.Errorf("%s is within %v, want %v", span.Name, span.Parent, parent)
				}
				if !has(span, attribute.String("http.request.method", http.MethodPost)) {
					t.Errorf("%s has %v", span.Name, span.Attributes)
				}
				parent = span.SpanContext
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("spans %q, want %q", got, test.want)
			}
		})
	}
}

// A delivery out of a queue has a span too, within the one of who dispatched it.
func TestSpanOfDispatch(t *testing.T) {
	r := record(t)
	h := r.handlerOf(t, succeed)
	golden, err := envelopetest.Find(masivo.Name, "TIER_UPGRADE", "", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, parent := r.tracer.Start(t.Context(), "consume")
	if err := h.Dispatch(ctx, envelope.Message{Body: golden.Body}); err != nil {
		t.Fatal(err)
	}
	parent.End()
	spans := r.spans.GetSpans()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	span := spans[0]
	if span.SpanKind != trace.SpanKindConsumer || span.Parent.SpanID() != parent.SpanContext().SpanID() || span.EndTime.Before(span.StartTime) {
		t.Errorf("%+v", span)
	}
	if has(spans[1], providerKey.String(masivo.Name)) {
		t.Error("somebody else's span was described")
	}
}

func TestMethodName(t *testing.T) {
	for method, want := range map[string]string{"POST": "POST", "GET": "GET", "INVENTED": "_OTHER"} {
		if got := methodName(method); got != want {
			t.Errorf("%s is %s", method, got)
		}
	}
}

// TestHooksStay: hooks that were set are called, too.
func TestHooksStay(t *testing.T) {
	var called []string
	o := record(t, Options{Explain: true}).Instrument(envelope.Options{
		Observer: func(context.Context, envelope.Observation) { called = append(called, "observer") },
		Drift:    func(context.Context, envelope.DriftReport) { called = append(called, "drift") },
		Refused:  func(context.Context, *envelope.Refusal) { called = append(called, "refused") },
	})
	h, err := masivo.NewHandler(masivo.Config{Secrets: []string{masivotest.Secret}, Options: o}, masivo.TierUpgrade.Handle(succeed))
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(httptest.NewRecorder(), masivotest.Forged(t, masivo.TierUpgrade))
	r := masivotest.NewRequestWith(t, masivotest.Options{Situation: "drift-unknown-cause"}, masivo.TierUpgrade)
	h.ServeHTTP(httptest.NewRecorder(), r)
	counts := map[string]int{}
	for _, name := range called {
		counts[name]++
	}
	if counts["observer"] != 2 || counts["drift"] != 1 || counts["refused"] != 1 {
		t.Error(counts)
	}
}

// TestRefusalsAndUnkeyed: why deliveries are refused is counted by cause, and those that no
// repetition is recognised of.
func TestRefusalsAndUnkeyed(t *testing.T) {
	r := record(t, Options{Explain: true})
	h := r.handlerOf(t, succeed)
	for range 2 {
		h.ServeHTTP(httptest.NewRecorder(), masivotest.Forged(t, masivo.TierUpgrade))
	}
	h.ServeHTTP(httptest.NewRecorder(), masivotest.NewRequest(t, masivo.TierUpgrade))
	wantPoints(t, r.points(t, "loyaltyhooks.refusals"), map[string]float64{"loyaltyhooks.cause=secret,loyaltyhooks.provider=masivo": 2})
	for _, n := range r.points(t, "loyaltyhooks.deliveries.unkeyed") {
		if n != 1 {
			t.Errorf("%v unkeyed", n)
		}
	}
}

// TestQueue: a worker's attempt is a span that is linked with that of the reception; the
// function's span is within it, and no attribute holds what a customer is.
func TestQueue(t *testing.T) {
	r := record(t)
	metadata := map[string]string{}
	front, err := masivo.NewHandler(
		masivo.Config{Secrets: []string{masivotest.Secret}, Options: r.Instrument(envelope.Options{})},
		envelope.HandOff[masivo.Meta](func(ctx context.Context, m envelope.Message) error {
			r.Inject(ctx, metadata)
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := envelopetest.Find(masivo.Name, masivo.TierUpgrade.Name(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	r.Handler(front).ServeHTTP(httptest.NewRecorder(), masivotest.NewRequest(t, masivo.TierUpgrade))
	worker := r.handlerOf(t, func(ctx context.Context, _ *masivo.Delivery[masivo.TierChangeData]) error {
		_, span := r.tracer.Start(ctx, "work")
		span.End()
		return nil
	})
	ctx, end := r.Begin(t.Context(), metadata)
	if err := worker.Dispatch(ctx, envelope.Message{Body: golden.Body}); err != nil {
		t.Fatal(err)
	}
	end()
	spans := map[string]tracetest.SpanStub{}
	for _, span := range r.spans.GetSpans() {
		spans[span.Name+" "+span.SpanKind.String()] = span
		if strings.Contains(text(span.Attributes), "9173a6af") {
			t.Errorf("%s has %s", span.Name, text(span.Attributes))
		}
	}
	reception, attempt, work := spans["webhook masivo TIER_UPGRADE server"], spans["webhook masivo TIER_UPGRADE consumer"], spans["work internal"]
	if len(attempt.Links) != 1 || attempt.Links[0].SpanContext.SpanID() != reception.SpanContext.SpanID() || attempt.SpanContext.TraceID() == reception.SpanContext.TraceID() {
		t.Errorf("links %+v, reception %+v", attempt.Links, reception.SpanContext)
	}
	if work.Parent.SpanID() != attempt.SpanContext.SpanID() {
		t.Errorf("the function's span is within %v", work.Parent)
	}
}

// TestDriftAlert: each difference is told once, and again after a while.
func TestDriftAlert(t *testing.T) {
	var told []string
	every := time.Hour
	alert := func() func(context.Context, envelope.DriftReport) {
		return DriftAlert(every, func(_ context.Context, r envelope.DriftReport, d envelope.Drift) {
			told = append(told, r.Event+" "+d.Pointer)
		})
	}
	report := func(event string, known bool, pointer string) envelope.DriftReport {
		return envelope.DriftReport{Provider: "p", Event: event, Known: known, Drift: []envelope.Drift{{Kind: envelope.DriftUnknownMember, Pointer: pointer}}}
	}
	hook := alert()
	for _, r := range []envelope.DriftReport{
		report("a", true, "/x/0/y"), report("a", true, "/x/17/y"), report("b", true, "/x/0/y"),
		report("c", false, "/z"), report("d", false, "/z"), report("a", true, "/w"),
	} {
		hook(t.Context(), r)
	}
	if got := strings.Join(told, ", "); got != "a /x/0/y, b /x/0/y, c /z, a /w" {
		t.Error(got)
	}
	told, every = nil, 0
	hook = alert()
	for range 3 {
		hook(t.Context(), report("a", true, "/x"))
	}
	if len(told) != 3 {
		t.Error(told)
	}
}
