package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// demoSecrets are the secrets of the demonstration, which only listens to itself.
var demoSecrets = map[string]string{
	ambassify.Name:   "demo-secret-of-ambassify",
	mambo.Name:       "demo-secret-of-mambo",
	masivo.Name:      "demo-secret-of-masivo",
	openloyalty.Name: "whsec_5f1d0c7a9be24836d1e0b7c64a92f3855f1d0c7a9be24836d1e0b7c64a92f385",
}

// demoDeliveries are one of each provider, one of them as a form, one that comes
// twice, and one that the service can do nothing with.
var demoDeliveries = []struct{ provider, event, encoder, remark string }{
	{openloyalty.Name, openloyalty.CustomerRegistered.Name(), "", ""},
	{openloyalty.Name, openloyalty.CustomerRegistered.Name(), "", ", once more"},
	{masivo.Name, masivo.BehaviorEventFulfilled.Name(), "", ""},
	{mambo.Name, mambo.UserMemberJoined.Name(), "", ""},
	{ambassify.Name, ambassify.ConversionCreated.Name(), "qs", " as a form"},
	{masivo.Name, masivo.CouponRedemption.Name(), "", ""},
}

// demo shows the way of a few deliveries, and prints it.
func demo(ctx context.Context, p *program, out io.Writer) error {
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(out, format+"\n", args...)
	}
	mailDown := true
	effects := make(chan string, len(demoDeliveries))
	p.service.notify = func(_ context.Context, key, _, text string) error {
		mu.Lock()
		down := mailDown
		mailDown = false
		mu.Unlock()
		if down {
			say("worker    %s fails, and will be tried again", key)
			return errors.New("mail is down")
		}
		say("worker    %s: %s", key, text)
		effects <- key
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.receiver.secrets, p.receiver.keys = demoSecrets, maps.Clone(defaultKeys)
	stop, err := p.start(ctx, l)
	if err != nil {
		return err
	}
	defer stop()

	for _, d := range demoDeliveries {
		golden, err := envelopetest.Find(d.provider, d.event, "", d.encoder)
		if err != nil {
			return err
		}
		status, err := deliver(ctx, "http://"+l.Addr().String(), golden)
		if err != nil {
			return err
		}
		say("sender    %s %s%s is told %d", d.provider, d.event, d.remark, status)
	}
	const wanted = 4 // One came twice, and one has no effect.
	for range wanted {
		select {
		case <-effects:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return p.show(ctx, say)
}

func deliver(ctx context.Context, base string, golden envelopetest.Golden) (int, error) {
	r, err := signedRequest(ctx, base, golden, demoSecrets[golden.Provider])
	if err != nil {
		return 0, err
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	return w.StatusCode, w.Body.Close()
}

// show reads the streams as any other consumer could.
func (p *program) show(ctx context.Context, say func(string, ...any)) error {
	err := p.read(ctx, streamName, len(demoDeliveries)-1, func(msg jetstream.Msg) {
		h := msg.Headers()
		say("stream    %s %s from %s, %d bytes", h.Get("ce-type"), h.Get("ce-id"), h.Get("ce-source"), len(msg.Data()))
	})
	if err != nil {
		return err
	}
	return p.read(ctx, deadStreamName, 1, func(msg jetstream.Msg) {
		h := msg.Headers()
		say("dead      %s, because it was %s at try %s", h.Get("ce-type"), h.Get(deadReason), h.Get(deadTries))
	})
}

// read gives the first n messages of a stream to fn.
func (p *program) read(ctx context.Context, stream string, n int, fn func(jetstream.Msg)) error {
	consumer, err := p.queue.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	for n > 0 {
		batch, err := consumer.Fetch(n, jetstream.FetchMaxWait(time.Second))
		if err != nil {
			return err
		}
		for msg := range batch.Messages() {
			fn(msg)
			n--
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}
