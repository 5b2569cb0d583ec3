package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// service is what is done with deliveries: the part that is yours. Its functions
// are those of a service without a queue; they run in a worker.
type service struct {
	// notify is the effect. The key says which effect it is, and a store that keeps
	// it has each one once, even if a worker dies right after it.
	notify func(ctx context.Context, key, subject, text string) error
}

// limits are the times of a worker. Of the first three, each must be longer than the
// one before it.
type limits struct {
	timeout    time.Duration // of a function
	lease      time.Duration // of a key: timeout, and what the store may take to grant it
	ackWait    time.Duration // of JetStream: then the lease of a dead worker has ended
	retryAfter time.Duration // when another worker has the key
}

var defaultLimits = limits{
	timeout:    30 * time.Second,
	lease:      40 * time.Second,
	ackWait:    45 * time.Second,
	retryAfter: 5 * time.Second,
}

// handlers are the handlers of a worker, by provider. What is in the queue was verified
// before it came there.
func (s *service) handlers(store envelope.Store, l limits, log *slog.Logger) (map[string]*envelope.Handler, error) {
	options := func() envelope.Options {
		return envelope.Options{
			DispatchOnly: true,
			Timeout:      l.timeout,
			RetryAfter:   l.retryAfter,
			Idempotency:  &envelope.Idempotency{Store: store, Lease: l.lease, Wait: -1}, // The queue waits.
			Logger:       log,
		}
	}
	handlers := map[string]*envelope.Handler{}
	var errs [4]error
	handlers[ambassify.Name], errs[0] = ambassify.NewHandler(
		ambassify.Config{Options: options()},
		ambassify.ConversionCreated.Handle(s.onConversion),
	)
	handlers[mambo.Name], errs[1] = mambo.NewHandler(
		mambo.Config{Options: options()},
		mambo.UserMemberJoined.Handle(s.onJoined),
	)
	handlers[masivo.Name], errs[2] = masivo.NewHandler(
		masivo.Config{Options: options()},
		masivo.BehaviorEventFulfilled.Handle(s.onBehavior),
		masivo.CouponRedemption.Handle(s.onCoupon),
	)
	handlers[openloyalty.Name], errs[3] = openloyalty.NewHandler(
		openloyalty.Config{Options: options()},
		openloyalty.CustomerRegistered.Handle(s.onRegistered),
	)
	return handlers, errors.Join(errs[:]...)
}

func (s *service) onConversion(ctx context.Context, d *ambassify.Delivery[ambassify.Conversion]) error {
	return s.notify(ctx, d.Key, d.Payload.ID.String(), "conversion of "+string(d.Payload.Member))
}

func (s *service) onJoined(ctx context.Context, d *mambo.Delivery[mambo.User]) error {
	return s.notify(ctx, d.Key, d.Payload.ID, "welcome "+d.Payload.Details.DisplayName)
}

func (s *service) onBehavior(ctx context.Context, d *masivo.Delivery[masivo.BehaviorEventData]) error {
	return s.notify(ctx, d.Key, d.Payload.Event.ID, "thanks for the "+string(d.Payload.Event.Type))
}

// onCoupon knows no campaigns yet, and says that trying again is useless.
func (s *service) onCoupon(context.Context, *masivo.Delivery[masivo.CouponRedemptionData]) error {
	return envelope.Permanent(errors.New("unknown campaign"))
}

func (s *service) onRegistered(ctx context.Context, d *openloyalty.Delivery[openloyalty.CustomerRegisteredData]) error {
	return s.notify(ctx, d.Key, d.Payload.CustomerID, "welcome "+d.Payload.CustomerData.FirstName)
}
