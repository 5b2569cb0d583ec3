package main

import (
	"cmp"
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/ambassify/ambassifytest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/mambo/mambotest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

// put stores a delivery that was verified.
type put func(context.Context, envelope.Message) error

// provider is one of the four, whatever its types.
type provider struct {
	name    string
	pattern string // of the mux
	secret  string // of the test kit

	receiver func(secrets []string, o envelope.Options, put put) (*envelope.Handler, error)
	worker   func(once *sqlonce.Once[*sql.Tx], o envelope.Options) (*envelope.Handler, error)
	request  func(envelopetest.Golden) (*http.Request, error)
}

// Masivo and Ambassify send no ids. Of their deliveries that have no natural key either,
// equal bytes within a day are one: Masivo's have the wallet after the move, so that two moves
// differ.
var sameBytes = envelope.DigestKey(24 * time.Hour)

func masivoKey(k envelope.Keyed) string { return cmp.Or(masivo.NaturalKey(k), sameBytes(k)) }

var providers = []provider{
	{
		name: openloyalty.Name, pattern: "POST /webhooks/openloyalty", secret: openloyaltytest.Secret,
		receiver: func(secrets []string, o envelope.Options, put put) (*envelope.Handler, error) {
			return openloyalty.NewHandler(openloyalty.Config{Secrets: secrets, Options: o}, envelope.HandOff[openloyalty.Meta](put))
		},
		worker: func(once *sqlonce.Once[*sql.Tx], o envelope.Options) (*envelope.Handler, error) {
			return openloyalty.NewHandler(openloyalty.Config{Options: o},
				openloyalty.AvailablePointsAmountChanged.Handle(sqlonce.Do(once, credit)))
		},
		request: func(g envelopetest.Golden) (*http.Request, error) {
			return openloyaltytest.Request(g, openloyaltytest.Options{})
		},
	},
	{
		name: masivo.Name, pattern: "POST /webhooks/masivo", secret: masivotest.Secret,
		receiver: func(secrets []string, o envelope.Options, put put) (*envelope.Handler, error) {
			o.Key = masivoKey
			return masivo.NewHandler(masivo.Config{Secrets: secrets, Options: o}, envelope.HandOff[masivo.Meta](put))
		},
		worker: func(once *sqlonce.Once[*sql.Tx], o envelope.Options) (*envelope.Handler, error) {
			return masivo.NewHandler(masivo.Config{Options: o},
				masivo.CustomerAccumulation.Handle(sqlonce.Do(once, gained)),
				masivo.RewardsReservationCancelled.Handle(sqlonce.Do(once, gained)),
				masivo.CustomerRedemption.Handle(sqlonce.Do(once, spent)),
				masivo.RewardsReservation.Handle(sqlonce.Do(once, spent)))
		},
		request: func(g envelopetest.Golden) (*http.Request, error) {
			return masivotest.Request(g, masivotest.Options{})
		},
	},
	{
		name: mambo.Name, pattern: "POST /webhooks/mambo/{event}", secret: mambotest.Secret,
		receiver: func(secrets []string, o envelope.Options, put put) (*envelope.Handler, error) {
			o.Key = mambo.NaturalKey
			return mambo.NewHandler(mambo.Config{Secrets: secrets, EventPathValue: "event", Options: o}, envelope.HandOff[mambo.Meta](put))
		},
		worker: func(once *sqlonce.Once[*sql.Tx], o envelope.Options) (*envelope.Handler, error) {
			return mambo.NewHandler(mambo.Config{Options: o},
				mambo.ActivityCreated.Handle(sqlonce.Do(once, activity)),
				mambo.PointWalletUpdated.Handle(sqlonce.Do(once, walletUpdated, sqlonce.Unkeyed)))
		},
		request: func(g envelopetest.Golden) (*http.Request, error) {
			return mambotest.Request(g, mambotest.Options{
				Config: mambo.Config{EventPathValue: "event"}, URL: "https://example.com/webhooks/mambo/{event}",
			})
		},
	},
	{
		name: ambassify.Name, pattern: "POST /webhooks/ambassify", secret: ambassifytest.Secret,
		receiver: func(secrets []string, o envelope.Options, put put) (*envelope.Handler, error) {
			o.Key = ambassify.NaturalKey
			return ambassify.NewHandler(ambassify.Config{Secrets: secrets, Options: o}, envelope.HandOff[ambassify.Meta](put))
		},
		worker: func(once *sqlonce.Once[*sql.Tx], o envelope.Options) (*envelope.Handler, error) {
			return ambassify.NewHandler(ambassify.Config{Options: o},
				ambassify.InteractionCreated.Handle(sqlonce.Do(once, interaction)),
				ambassify.ConversionCreated.Handle(sqlonce.Do(once, conversion)))
		},
		request: func(g envelopetest.Golden) (*http.Request, error) {
			return ambassifytest.Request(g, ambassifytest.Options{})
		},
	},
}

// workers are the handlers of all providers that deliveries are dispatched to.
func workers(once *sqlonce.Once[*sql.Tx], log *slog.Logger) ([]*envelope.Handler, error) {
	var list []*envelope.Handler
	for _, p := range providers {
		h, err := p.worker(once, envelope.Options{DispatchOnly: true, Logger: log})
		if err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, nil
}

// gained books what a customer of Masivo got or got back, line by line.
func gained(ctx context.Context, tx *sql.Tx, d *masivo.Delivery[masivo.RewardLinesData]) error {
	return lines(ctx, tx, d, func(amount envelope.Decimal) envelope.Decimal { return amount })
}

// spent books what was spent or is held.
func spent(ctx context.Context, tx *sql.Tx, d *masivo.Delivery[masivo.RewardLinesData]) error {
	return lines(ctx, tx, d, envelope.Decimal.Neg)
}

// lines books the moves of one delivery. It has no time of the move: see the guide of package
// masivo, and what is stated is not compared.
func lines(ctx context.Context, tx *sql.Tx, d *masivo.Delivery[masivo.RewardLinesData], sign func(envelope.Decimal) envelope.Decimal) error {
	for _, line := range d.Payload.Lines {
		if !line.Amount.Sent() {
			continue
		}
		m := move{
			provider: d.Provider, account: d.Payload.CustomerID, unit: line.RewardID, event: d.Event, delivery: d.Key,
			points: sign(line.Amount), stated: d.Payload.Wallet.Totals.Total(line.RewardID), at: d.Received,
		}
		if err := m.write(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// activity books a direct change of a user's points at Mambo, by the ID of the activity.
func activity(ctx context.Context, tx *sql.Tx, d *mambo.Delivery[mambo.Activity]) error {
	change := d.Payload.Attrs.Point
	if change == nil {
		return nil // Points of behaviours are not in it, and whose a gift was before is not known: see walletUpdated.
	}
	for _, p := range change.Points {
		m := move{
			provider: d.Provider, account: d.Payload.UUID, unit: p.PointID, event: d.Event, delivery: d.Key,
			points: p.Points,
		}
		m.at, m.ordered = cmp.Or(d.Payload.CreatedOn.Time(), d.Received), !d.Payload.CreatedOn.Time().IsZero()
		switch change.Action {
		case mambo.PointActionIncrement, mambo.PointActionRefund:
		case mambo.PointActionRedeem:
			m.points = m.points.Neg()
		default:
			return errDirection
		}
		if err := m.write(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// walletUpdated remembers what Mambo states. It has no key and runs each time it comes, which
// does no harm.
func walletUpdated(ctx context.Context, tx *sql.Tx, d *mambo.Delivery[mambo.PointWallet]) error {
	if !d.Payload.Balance.Sent() {
		return nil
	}
	m := move{provider: d.Provider, account: d.Payload.UserID, unit: d.Payload.PointID, stated: d.Payload.Balance, at: d.Received}
	return m.state(ctx, tx)
}

// interaction books what a member of Ambassify was rewarded for an interaction, by its id.
func interaction(ctx context.Context, tx *sql.Tx, d *ambassify.Delivery[ambassify.Interaction]) error {
	return rewarded(d.Key, d.Event, d.Payload.Member, d.Payload.Points, d.Received).write(ctx, tx)
}

// conversion books what a member was rewarded for a conversion.
func conversion(ctx context.Context, tx *sql.Tx, d *ambassify.Delivery[ambassify.Conversion]) error {
	return rewarded(d.Key, d.Event, d.Payload.Member, d.Payload.Points, d.Received).write(ctx, tx)
}

func rewarded(key, event string, member ambassify.PersonID, points envelope.Decimal, at time.Time) move {
	if !points.Sent() {
		points = envelope.MustDecimal("0")
	}
	return move{provider: ambassify.Name, account: string(member), unit: "points", event: event, delivery: key, points: points, at: at}
}
