// Package telemetry makes OpenTelemetry traces and metrics of deliveries, after the semantic
// conventions for HTTP and messaging.
//
//	t, err := telemetry.New(telemetry.Options{}) // with the global providers
//	h, err := masivo.NewHandler(masivo.Config{Secrets: secrets, Options: t.Instrument(envelope.Options{})}, routes...)
//	http.Handle("POST /webhooks/masivo", t.Handler(h))
//
// Metrics are loyaltyhooks.deliveries, loyaltyhooks.delivery.duration and
// loyaltyhooks.delivery.body.size by provider, handler, event, outcome and error.type;
// loyaltyhooks.deliveries.unkeyed, handled deliveries that no repetition will be recognised
// of; loyaltyhooks.drift by kind; and loyaltyhooks.refusals by cause, with Options.Explain.
// Every attribute has few values whatever is sent: an event that nobody knows is _OTHER. No
// attribute holds a body, a secret, a query, a key or an id. The Prometheus exporter of
// OpenTelemetry serves them to Prometheus.
//
// The span of a delivery is "webhook PROVIDER EVENT". Under otelhttp it is within the server's
// span; the trace of a sender is not continued. Behind package queue each attempt of a worker
// has a span that is linked with that of the reception:
//
//	queue.Publish(publisher, topic, queue.Options{Inject: t.Inject})
//	queue.Retry(queue.RetryOptions{Begin: t.Begin})
package telemetry
