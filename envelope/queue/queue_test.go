package queue_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/queue"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
)

type upgrade = masivo.Delivery[masivo.TierChangeData]

// line is a queue in memory, with a router of workers.
type line struct {
	*testing.T
	*gochannel.GoChannel

	router *message.Router
}

func newLine(t *testing.T) *line {
	t.Helper()
	l := &line{T: t, GoChannel: gochannel.NewGoChannel(gochannel.Config{OutputChannelBuffer: 100, Persistent: true}, watermill.NopLogger{})}
	var err error
	if l.router, err = message.NewRouter(message.RouterConfig{CloseTimeout: 10 * time.Second}, watermill.NopLogger{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// work adds a worker, and runs it until the test ends.
func (l *line) work(o queue.RetryOptions, handlers ...*envelope.Handler) {
	l.Helper()
	again, err := queue.Retry(o)
	if err != nil {
		l.Fatal(err)
	}
	l.router.AddConsumerHandler("worker", "topic", l, queue.Worker(handlers...)).AddMiddleware(again)
	ended := make(chan error, 1)
	go func() { ended <- l.router.Run(l.Context()) }()
	l.Cleanup(func() {
		if err := l.router.Close(); err != nil {
			l.Error(err)
		}
		if err := <-ended; err != nil {
			l.Error(err)
		}
	})
	<-l.router.Running()
}

// next takes a message from a topic.
func (l *line) next(topic string) *message.Message {
	l.Helper()
	messages, err := l.Subscribe(l.Context(), topic)
	if err != nil {
		l.Fatal(err)
	}
	select {
	case msg := <-messages:
		msg.Ack()
		return msg
	case <-time.After(20 * time.Second):
		l.Fatal("nothing is in " + topic)
	}
	return nil
}

func receiver(t *testing.T, publish func(context.Context, envelope.Message) error) *envelope.Handler {
	t.Helper()
	h, err := masivo.NewHandler(masivo.Config{Secrets: []string{masivotest.Secret}, Options: envelope.Options{
		Name: "shop", Key: func(k envelope.Keyed) string { return k.Header.Get("X-Id") },
	}}, envelope.HandOff[masivo.Meta](publish))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func send(t *testing.T, h *envelope.Handler, id string) envelopetest.Result {
	t.Helper()
	r := masivotest.NewRequest(t, masivo.TierUpgrade, func(d *masivo.TierChangeData) { d.CustomerID = "marked" })
	r.Header.Set("X-Id", id)
	r.Header.Set("Authorization", "marked")
	return envelopetest.Deliver(t, h, r)
}

func worker(t *testing.T, fn envelope.Func[masivo.Meta, masivo.TierChangeData]) *envelope.Handler {
	t.Helper()
	h, err := masivo.NewHandler(masivo.Config{Options: envelope.Options{Name: "shop", DispatchOnly: true}}, masivo.TierUpgrade.Handle(fn))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestWay: a delivery comes out of a queue as it went in, with what others can read of it.
func TestWay(t *testing.T) {
	l := newLine(t)
	got := make(chan *upgrade, 1)
	l.work(queue.RetryOptions{}, worker(t, func(_ context.Context, d *upgrade) error {
		got <- d
		return nil
	}))
	front := receiver(t, queue.Publish(l, "topic", queue.Options{
		Partition: func(m envelope.Message) string { return m.Event },
		Inject:    func(_ context.Context, metadata map[string]string) { metadata["traceparent"] = "00-1" },
	}))
	if result := send(t, front, "one\ntwo"); result.Status != http.StatusOK {
		t.Fatalf("%d %v", result.Status, result.Err)
	}
	d := <-got
	if d.Key != "1/masivo/shop//one\ntwo" || d.Payload.CustomerID != "marked" || d.Received.IsZero() || d.Header().Get("X-Id") == "" || d.Header().Get("Authorization") != "" {
		t.Errorf("%q %+v", d.Key, d.Header())
	}
	msg := l.next("topic")
	for name, want := range map[string]string{
		"ce-specversion": "1.0", "ce-type": "masivo.TIER_UPGRADE", "ce-source": "/loyaltyhooks/masivo/shop", "ce-id": msg.UUID,
		"content-type": "application/json", queue.PartitionKey: "TIER_UPGRADE", "traceparent": "00-1", "ce-tenant": "",
	} {
		if found := msg.Metadata.Get(name); found != want {
			t.Errorf("%s is %q, want %q", name, found, want)
		}
	}
	if _, err := time.Parse(time.RFC3339Nano, msg.Metadata.Get("ce-time")); err != nil || len(msg.UUID) != 36 {
		t.Errorf("%s, %v", msg.UUID, err)
	}
	for name, value := range msg.Metadata {
		if strings.Contains(value, "marked") || strings.ContainsAny(value, "\r\n") {
			t.Errorf("%s is %q", name, value)
		}
	}
}

// TestID: the id of a message is that of its key.
func TestID(t *testing.T) {
	var ids []string
	for _, o := range []queue.Options{{}, {ID: func(m envelope.Message) string { return "own " + m.Event }}} {
		front := receiver(t, queue.Publish(capture(func(msg *message.Message) { ids = append(ids, msg.UUID) }), "topic", o))
		for _, id := range []string{"a", "a", "b", "", ""} {
			send(t, front, id)
		}
	}
	if ids[0] != ids[1] || ids[0] == ids[2] || ids[3] == ids[4] || ids[5] != "own TIER_UPGRADE" {
		t.Error(ids)
	}
}

// capture is a publisher.
type capture func(*message.Message)

func (c capture) Publish(_ string, messages ...*message.Message) error {
	for _, msg := range messages {
		c(msg)
	}
	return nil
}

func (capture) Close() error { return nil }

// TestGoldens: each bundled delivery has the same values behind a queue, forms too.
func TestGoldens(t *testing.T) {
	for golden := range allOf(ambassify.Name) {
		var there, back string
		routes := make([]ambassify.Route, 0, len(ambassify.Events()))
		for _, event := range ambassify.Events() {
			routes = append(routes, event.Handle(func(_ context.Context, d *ambassify.Delivery[any]) error {
				back = fmt.Sprintf("%s %q %+v", d.Event, d.Key, d.Payload)
				return nil
			}))
		}
		h, err := ambassify.NewHandler(ambassify.Config{Options: envelope.Options{DispatchOnly: true}}, routes...)
		if err != nil {
			t.Fatal(err)
		}
		m := envelope.Message{Body: golden.Body, Header: http.Header{"Content-Type": {golden.ContentType}}, Provider: ambassify.Name}
		direct := h.Dispatch(t.Context(), m)
		there, back = back, ""
		publish := queue.Publish(capture(func(msg *message.Message) {
			if err := queue.Worker(h)(msg); (err == nil) != (direct == nil) {
				t.Errorf("%v, directly %v", err, direct)
			}
		}), "topic")
		if err := publish(t.Context(), m); err != nil {
			t.Error(err)
		}
		if there != back {
			t.Errorf("directly %s\nbehind a queue %s", there, back)
		}
	}
}

func allOf(provider string) func(func(envelopetest.Golden) bool) {
	return func(yield func(envelopetest.Golden) bool) {
		for _, golden := range envelopetest.Goldens(provider) {
			if !yield(golden) {
				return
			}
		}
	}
}

// TestRetry: what may succeed later is tried again, what can't is a dead letter, with why and
// how often, and no word of an error.
func TestRetry(t *testing.T) {
	for name, test := range map[string]struct {
		results []error // of the attempts; the last one goes on
		runs    int
		kind    string // of the dead letter, or "" if it is handled
	}{
		"good":     {[]error{nil}, 1, ""},
		"third":    {[]error{errors.New("marked"), envelope.RetryAfter(time.Millisecond, nil), nil}, 3, ""},
		"never":    {[]error{errors.New("marked")}, 4, "failed"},
		"rejected": {[]error{envelope.Reject(errors.New("marked"))}, 1, "rejected"},
		"dropped":  {[]error{envelope.Permanent(nil)}, 1, ""},
		"patient":  {[]error{envelope.RetryAfter(time.Hour, nil)}, 4, "retry"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLine(t)
			var mu sync.Mutex
			runs, ended := 0, make(chan struct{}, 10)
			l.work(queue.RetryOptions{Attempts: 4, Wait: time.Millisecond, MaxWait: 5 * time.Millisecond, DeadLetters: l, Topic: "dead"},
				worker(t, func(context.Context, *upgrade) error {
					mu.Lock()
					defer mu.Unlock()
					err := test.results[min(runs, len(test.results)-1)]
					runs++
					if runs == test.runs {
						ended <- struct{}{}
					}
					return err
				}))
			send(t, receiver(t, queue.Publish(l, "topic")), "key")
			<-ended
			if test.kind != "" {
				msg := l.next("dead")
				got := map[string]string{}
				for _, name := range []string{queue.FailureKind, queue.FailureAttempts, "reason_poisoned", "topic_poisoned"} {
					got[name] = msg.Metadata.Get(name)
				}
				want := map[string]string{queue.FailureKind: test.kind, queue.FailureAttempts: fmt.Sprint(test.runs), "reason_poisoned": "delivery not handled: " + test.kind, "topic_poisoned": "topic"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				if id := msg.Metadata.Get(queue.FailureKeyID); len(id) != 16 || !strings.Contains(string(msg.Payload), "TIER_UPGRADE") {
					t.Errorf("key_id %q, payload %s", id, msg.Payload)
				}
				for name, value := range msg.Metadata {
					if strings.Contains(value, "marked") {
						t.Errorf("%s is %q", name, value)
					}
				}
			}
			time.Sleep(20 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			if runs != test.runs {
				t.Errorf("%d runs, want %d", runs, test.runs)
			}
		})
	}
}

// TestForeign: what no Publish has made, and what no handler is for, is a dead letter.
func TestForeign(t *testing.T) {
	l := newLine(t)
	l.work(queue.RetryOptions{DeadLetters: l, Topic: "dead"}, worker(t, func(context.Context, *upgrade) error { return nil }))
	for kind, metadata := range map[envelope.ErrorKind]string{queue.KindForeign: "{", queue.KindNoHandler: `{"provider":"masivo","handler":"another"}`} {
		msg := message.NewMessage("id", []byte("{}"))
		msg.Metadata.Set(queue.Metadata, metadata)
		if err := l.Publish("topic", msg); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for deadline := time.Now().Add(20 * time.Second); !found[string(kind)] && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			messages, err := l.Subscribe(t.Context(), "dead")
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				select {
				case msg := <-messages:
					msg.Ack()
					found[msg.Metadata.Get(queue.FailureKind)] = true
				case <-time.After(10 * time.Millisecond):
				}
			}
		}
		if !found[string(kind)] {
			t.Errorf("%s: %v", kind, found)
		}
	}
}

// TestStop: a worker that is stopped in the midst of an attempt leaves the message to the
// broker, even if it was the last attempt.
func TestStop(t *testing.T) {
	again, err := queue.Retry(queue.RetryOptions{Attempts: 1, DeadLetters: capture(func(*message.Message) { t.Error("a dead letter") }), Topic: "dead"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	run := queue.Worker(worker(t, func(ctx context.Context, _ *upgrade) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}))
	publish := queue.Publish(capture(func(msg *message.Message) {
		msg.SetContext(ctx)
		_, err := again(func(msg *message.Message) ([]*message.Message, error) { return nil, run(msg) })(msg)
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}), "topic")
	send(t, receiver(t, publish), "key")
}

// TestDraining: a handler that is shut down leaves the message to the broker, however often it
// was offered.
func TestDraining(t *testing.T) {
	again, err := queue.Retry(queue.RetryOptions{Attempts: 2, Wait: time.Millisecond, MaxWait: time.Millisecond, DeadLetters: capture(func(*message.Message) { t.Error("a dead letter") }), Topic: "dead"})
	if err != nil {
		t.Fatal(err)
	}
	h := worker(t, func(context.Context, *upgrade) error { return nil })
	if err := h.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	run := queue.Worker(h)
	publish := queue.Publish(capture(func(msg *message.Message) {
		_, err := again(func(msg *message.Message) ([]*message.Message, error) { return nil, run(msg) })(msg)
		if !errors.Is(err, envelope.ErrDraining) {
			t.Error(err)
		}
	}), "topic")
	send(t, receiver(t, publish), "key")
}

// TestBrokerDown: the sender is told 503, also if the broker does not answer in time.
func TestBrokerDown(t *testing.T) {
	if result := send(t, receiver(t, queue.Publish(broken{}, "topic")), "key"); result.Status != http.StatusServiceUnavailable {
		t.Errorf("%d %v", result.Status, result.Err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	hang := make(chan struct{})
	defer close(hang)
	err := queue.Publish(capture(func(*message.Message) { <-hang }), "topic")(ctx, envelope.Message{})
	var e *envelope.Error
	if !errors.As(err, &e) || e.Status() != http.StatusServiceUnavailable {
		t.Error(err)
	}
	if _, err := queue.Retry(queue.RetryOptions{Topic: "dead"}); err == nil {
		t.Error("dead letters without a publisher")
	}
}

type broken struct{}

func (broken) Publish(string, ...*message.Message) error { return errors.New("no broker") }
func (broken) Close() error                              { return nil }

// TestBegin: trace context reaches the function, and each attempt is ended.
func TestBegin(t *testing.T) {
	type key struct{}
	ends := 0
	again, err := queue.Retry(queue.RetryOptions{Wait: time.Millisecond, Begin: func(ctx context.Context, metadata map[string]string) (context.Context, func()) {
		return context.WithValue(ctx, key{}, metadata["traceparent"]), func() { ends++ }
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	run := queue.Worker(worker(t, func(ctx context.Context, _ *upgrade) error {
		if got = append(got, ctx.Value(key{})); len(got) == 1 {
			return errors.New("x")
		}
		return nil
	}))
	publish := queue.Publish(capture(func(msg *message.Message) {
		msg.Metadata.Set("traceparent", "00-2")
		if _, err := again(func(msg *message.Message) ([]*message.Message, error) { return nil, run(msg) })(msg); err != nil {
			t.Error(err)
		}
	}), "topic")
	send(t, receiver(t, publish), "key")
	if fmt.Sprint(got) != "[00-2 00-2]" || ends != 2 {
		t.Errorf("%v, %d ended", got, ends)
	}
}
