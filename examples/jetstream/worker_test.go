package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// post delivers a golden delivery to the receiver and gives the status.
func post(t *testing.T, p *program, golden envelopetest.Golden) int {
	t.Helper()
	p.receiver.secrets, p.receiver.keys = demoSecrets, defaultKeys
	handlers, err := p.receiver.handlers()
	if err != nil {
		t.Fatal(err)
	}
	r, err := signedRequest(t.Context(), "http://example.com", golden, demoSecrets[golden.Provider])
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	mount(handlers).ServeHTTP(w, r)
	return w.Code
}

func find(t *testing.T, provider, event string) envelopetest.Golden {
	t.Helper()
	golden, err := envelopetest.Find(provider, event, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return golden
}

// work runs a worker until the test ends.
func work(t *testing.T, p *program, handlers map[string]*envelope.Handler) {
	t.Helper()
	w := &worker{queue: p.queue, handlers: handlers, parallel: 4, pause: time.Millisecond, log: p.log}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
}

// next waits for the next message of a stream.
func next(t *testing.T, p *program, stream string) jetstream.Msg {
	t.Helper()
	consumer, err := p.queue.js.OrderedConsumer(t.Context(), stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	msg, err := consumer.Next(jetstream.FetchMaxWait(30 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func TestReceiverAnswersAfterTheAck(t *testing.T) {
	p := openProgram(t, defaultLimits)
	golden := find(t, masivo.Name, "TIER_UPGRADE")
	if status := post(t, p, golden); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if got := next(t, p, streamName); string(got.Data()) != string(golden.Body) {
		t.Errorf("the stream has %q", got.Data())
	}
	if status := post(t, p, golden); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	info, err := p.queue.consumer.Info(t.Context())
	if err != nil || info.NumPending != 1 {
		t.Errorf("%d messages, %v: a repetition is another message", info.NumPending, err)
	}

	forged := golden
	forged.Body = append(slices.Clone(golden.Body), ' ')
	p.receiver.secrets = demoSecrets
	r, err := signedRequest(t.Context(), "http://example.com", forged, "another secret")
	if err != nil {
		t.Fatal(err)
	}
	handlers, err := p.receiver.handlers()
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	mount(handlers).ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("a forged delivery is told %d", w.Code)
	}
}

func TestReceiverWithoutQueue(t *testing.T) {
	p := openProgram(t, defaultLimits)
	p.close()
	p.closers = nil
	if status := post(t, p, find(t, masivo.Name, "TIER_UPGRADE")); status != http.StatusServiceUnavailable {
		t.Errorf("status %d: the sender must try again", status)
	}
}

// A delivery that fails is tried again, each time with the same key, and takes
// effect once.
func TestWorkerTriesAgain(t *testing.T) {
	p := openProgram(t, defaultLimits)
	keys := make(chan string, 100)
	tries := 0
	h, err := openloyalty.NewHandler(openloyalty.Config{Options: p.workerConfig()},
		openloyalty.CustomerRegistered.Handle(func(_ context.Context, d *openloyalty.Delivery[openloyalty.CustomerRegisteredData]) error {
			tries++
			keys <- d.Key
			switch tries {
			case 1:
				return errors.New("failed")
			case 2:
				panic("failed")
			case 3:
				return envelope.RetryAfter(time.Millisecond, nil)
			}
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	work(t, p, map[string]*envelope.Handler{openloyalty.Name: h})
	if status := post(t, p, find(t, openloyalty.Name, "CustomerRegistered")); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	for try := range 4 {
		select {
		case key := <-keys:
			if key != "1/openloyalty///f43143dc-4d13-4232-b558-8ebbf804c69b" {
				t.Errorf("try %d has key %q", try+1, key)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("no try %d", try+1)
		}
	}
	waitUntilDone(t, p)
	if len(keys) > 0 {
		t.Errorf("%d tries too many", len(keys))
	}
}

// workerConfig is what service.handlers gives each handler.
func (p *program) workerConfig() envelope.Options {
	return envelope.Options{
		DispatchOnly: true,
		Idempotency:  &envelope.Idempotency{Store: keyStore{p.queue.keys}, Wait: -1},
	}
}

// waitUntilDone waits until no delivery is left in the queue.
func waitUntilDone(t *testing.T, p *program) {
	t.Helper()
	for {
		info, err := p.queue.consumer.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.NumPending == 0 && info.NumAckPending == 0 {
			return
		}
		pause(t.Context(), 10*time.Millisecond)
	}
}

func TestDeadLetters(t *testing.T) {
	always := func(err error) masivo.Route {
		return masivo.TierUpgrade.Handle(func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error { return err })
	}
	tests := map[string]struct {
		route  masivo.Route
		golden envelopetest.Golden
		reason string
		tries  string
	}{
		"always fails": {
			always(errors.New("secret: 4711")),
			find(t, masivo.Name, "TIER_UPGRADE"),
			"failed", "12",
		},
		"useless to try again": {
			always(envelope.Permanent(errors.New("secret: 4711"))),
			find(t, masivo.Name, "TIER_UPGRADE"),
			"dropped", "1",
		},
		"without its identities": {
			always(nil),
			envelopetest.Golden{Provider: masivo.Name, ContentType: envelopetest.JSON,
				Body: []byte(`{"event": "TIER_UPGRADE", "data": {"secret": 4711}}`)},
			"validation", "1",
		},
		"nobody works for its provider": {
			always(nil),
			find(t, openloyalty.Name, "CustomerRegistered"),
			reasonNoHandler, "1",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := openProgram(t, defaultLimits)
			h, err := masivo.NewHandler(masivo.Config{Options: p.workerConfig()}, test.route)
			if err != nil {
				t.Fatal(err)
			}
			work(t, p, map[string]*envelope.Handler{masivo.Name: h})
			if status := post(t, p, test.golden); status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
			dead := next(t, p, deadStreamName)
			if dead.Headers().Get(deadReason) != test.reason || dead.Headers().Get(deadTries) != test.tries {
				t.Errorf("reason %q after %s tries, want %q after %s", dead.Headers().Get(deadReason),
					dead.Headers().Get(deadTries), test.reason, test.tries)
			}
			if string(dead.Data()) != string(test.golden.Body) || dead.Headers().Get("ce-type") == "" {
				t.Errorf("the dead letter is not the delivery: %q", dead.Data())
			}
			for name, values := range dead.Headers() {
				if slices.ContainsFunc(values, func(v string) bool { return v == "secret: 4711" }) {
					t.Errorf("header %s quotes the error", name)
				}
			}
			waitUntilDone(t, p)
		})
	}
}

// A message is buried once, however often that is tried, and another one is not taken for
// it: not even one with the same sequence number in a stream that was remade.
func TestDeadLetterOfAStreamThatWasRemade(t *testing.T) {
	p := openProgram(t, defaultLimits)
	config := queueConfig{replicas: 1, ackWait: time.Minute, dedupe: time.Minute, keep: time.Hour}
	for i, want := range []uint64{1, 2} {
		if err := p.queue.open(t.Context(), config); err != nil {
			t.Fatal(err)
		}
		if _, err := p.queue.js.PublishMsg(t.Context(), &nats.Msg{Subject: "webhooks.x.y", Data: []byte{byte(i)}}); err != nil {
			t.Fatal(err)
		}
		msg := next(t, p, streamName)
		if meta, err := msg.Metadata(); err != nil || meta.Sequence.Stream != 1 {
			t.Fatalf("%+v, %v: not the first message of its stream", meta, err)
		}
		for range 2 {
			if err := p.queue.bury(t.Context(), msg, "reason"); err != nil {
				t.Fatal(err)
			}
		}
		if got := deadLetters(t, p.queue); got != want {
			t.Errorf("%d dead letters, want %d", got, want)
		}
		if err := p.queue.js.DeleteStream(t.Context(), streamName); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnreadableMessage(t *testing.T) {
	p := openProgram(t, defaultLimits)
	work(t, p, nil)
	if _, err := p.queue.js.PublishMsg(t.Context(), &nats.Msg{Subject: "webhooks.x.y", Data: []byte("what?")}); err != nil {
		t.Fatal(err)
	}
	dead := next(t, p, deadStreamName)
	if dead.Headers().Get(deadReason) != reasonUnreadable || string(dead.Data()) != "what?" {
		t.Errorf("%v %s", dead.Headers(), dead.Data())
	}
	waitUntilDone(t, p)
}

func TestJudge(t *testing.T) {
	w := &worker{pause: time.Second}
	failure := func(kind envelope.ErrorKind) error {
		return &envelope.Error{Kind: kind, Err: errors.New("x"), RetryAfter: 7 * time.Second}
	}
	tests := map[string]struct {
		err      error
		handouts uint64
		dead     string
		min, max time.Duration
	}{
		"done":                      {nil, 1, "", 0, 0},
		"first failure":             {errorOf(envelope.KindFailed), 1, "", time.Second / 2, time.Second},
		"fifth failure":             {errorOf(envelope.KindFailed), 5, "", 8 * time.Second, 16 * time.Second},
		"last failure":              {errorOf(envelope.KindPanic), maxTries, "panic", 0, 0},
		"asks for a pause":          {failure(envelope.KindRetry), 1, "", 7 * time.Second, 7 * time.Second},
		"malformed":                 {failure(envelope.KindMalformed), 1, "malformed", 0, 0},
		"waiting is no failure":     {failure(envelope.KindRunning), maxTries, "", 7 * time.Second, maxPause},
		"no store is no failure":    {failure(envelope.KindStore), maxHandouts, "", maxPause / 2, maxPause},
		"the pause has an end":      {failure(envelope.KindBusy), 1 << 40, "", maxPause / 2, maxPause},
		"a wrapped error is judged": {errors.Join(failure(envelope.KindTooLarge)), 1, "too_large", 0, 0},
	}
	for name, test := range tests {
		v := w.judge(test.err, test.handouts)
		if v.dead != test.dead || v.again < test.min || v.again > test.max {
			t.Errorf("%s: %+v, want %q and %v to %v", name, v, test.dead, test.min, test.max)
		}
	}
}

func errorOf(kind envelope.ErrorKind) error {
	return &envelope.Error{Kind: kind, Err: errors.New("x")}
}
