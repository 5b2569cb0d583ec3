package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What stands in JetStream.
const (
	streamName    = "WEBHOOKS"
	subjectPrefix = "webhooks."
	consumerName  = "workers"

	deadStreamName    = "WEBHOOKS_DEAD"
	deadSubjectPrefix = "dead."
	deadReason        = "Dead-Reason" // an envelope.ErrorKind, or one of the reasons of worker.go
	deadTries         = "Dead-Tries"  // how often the delivery was handed to a worker

	bucketName = "webhook-keys"
)

// headerRoom is what the headers of a message may take of the size that NATS
// allows. The HTTP server takes no more of them.
const headerRoom = 64 << 10

// queueConfig says how the queue keeps what it is given.
type queueConfig struct {
	replicas int           // servers that have each message; 3 survive the loss of one
	ackWait  time.Duration // after it a delivery whose worker is silent goes to another one
	dedupe   time.Duration // for how long JetStream knows a key
	keep     time.Duration // for how long messages stay, handled or not
}

// queue is the place where deliveries are safe: a stream of them, one of dead ones,
// and a bucket with the keys of those that are being handled or were.
type queue struct {
	js       jetstream.JetStream
	consumer jetstream.Consumer
	keys     jetstream.KeyValue
	maxBody  int64
}

// openQueue makes the streams, or uses those that are there. A cluster that has
// just been started elects its leaders first, so it tries until ctx ends.
func openQueue(ctx context.Context, nc *nats.Conn, config queueConfig) (*queue, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	q := &queue{js: js}
	for {
		if err = q.open(ctx, config); err == nil {
			q.maxBody = nc.MaxPayload() - headerRoom
			return q, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("opening the queue: %w", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (q *queue) open(ctx context.Context, config queueConfig) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := q.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:       streamName,
		Subjects:   []string{subjectPrefix + ">"},
		Replicas:   config.replicas,
		MaxAge:     config.keep, // Also after a worker is done: other consumers may read on.
		Duplicates: config.dedupe,
		Discard:    jetstream.DiscardNew, // A full stream refuses; it does not forget.
	})
	if err != nil {
		return err
	}
	_, err = q.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:       deadStreamName,
		Subjects:   []string{deadSubjectPrefix + subjectPrefix + ">"},
		Replicas:   config.replicas,
		Duplicates: config.dedupe,
		Discard:    jetstream.DiscardNew,
	})
	if err != nil {
		return err
	}
	q.keys, err = q.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:         bucketName,
		Replicas:       config.replicas,
		TTL:            config.keep,
		LimitMarkerTTL: time.Minute, // It allows keys that expire on their own: leases.
	})
	if err != nil {
		return err
	}
	q.consumer, err = q.js.CreateOrUpdateConsumer(ctx, streamName, jetstream.ConsumerConfig{
		Durable:    consumerName,
		AckPolicy:  jetstream.AckExplicitPolicy,
		AckWait:    config.ackWait,
		MaxDeliver: -1, // The worker decides when to give up, and leaves a dead letter.
	})
	return err
}

// put returns nil once JetStream has acknowledged the record: with three replicas,
// once two servers have it.
func (q *queue) put(ctx context.Context, r *record) error {
	msg, err := r.message(ctx)
	if err != nil {
		return err
	}
	_, err = q.js.PublishMsg(ctx, msg, jetstream.WithExpectStream(streamName))
	return err
}

// bury puts a message among the dead ones, as it was and with the reason.
func (q *queue) bury(ctx context.Context, msg jetstream.Msg, reason string) error {
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	header := maps.Clone(msg.Headers())
	if header == nil {
		header = nats.Header{}
	}
	header.Set(deadReason, reason)
	header.Set(deadTries, strconv.FormatUint(meta.NumDelivered, 10))
	// Buried once, though tried twice. Sequences begin again when the stream is remade.
	header.Set(nats.MsgIdHdr, fmt.Sprintf("%d@%d", meta.Sequence.Stream, meta.Timestamp.UnixNano()))
	_, err = q.js.PublishMsg(ctx, &nats.Msg{
		Subject: deadSubjectPrefix + msg.Subject(),
		Header:  header,
		Data:    msg.Data(),
	}, jetstream.WithExpectStream(deadStreamName))
	return err
}

// connect stays connected to any of the servers for as long as the program runs.
func connect(urls string, log *slog.Logger) (*nats.Conn, error) {
	nc, err := nats.Connect(urls,
		nats.Name("loyaltyhooks"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250*time.Millisecond),
		nats.RetryOnFailedConnect(true),
		// What can't be sent now shall fail now: the sender of the webhook waits.
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("NATS", "error", err) }),
	)
	if err != nil {
		return nil, errors.New("no connection to NATS") // The URL may have a password.
	}
	return nc, nil
}
