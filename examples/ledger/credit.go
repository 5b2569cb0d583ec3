package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"

	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

const insertMove = `INSERT INTO moves (delivery, provider, account, unit, event, points, stated, happened_at, ordered)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

var errDirection = errors.New("points changed in an unknown way")

// credit books a change of points at Open Loyalty, once for each message.
func credit(ctx context.Context, tx *sql.Tx, d *openloyalty.Delivery[openloyalty.AvailablePointsAmountChangedData]) error {
	points := d.Payload.AmountChange
	switch d.Payload.AmountChangeType {
	case openloyalty.AmountChangeTypeAdd, openloyalty.AmountChangeTypeP2PAdd:
	case openloyalty.AmountChangeTypeSubtract, openloyalty.AmountChangeTypeP2PSubtract:
		points = points.Neg()
	default:
		return errDirection // Better late than wrong.
	}
	_, err := tx.ExecContext(ctx, insertMove,
		d.Key, d.Provider, d.Payload.Customer.CustomerID, d.Payload.Wallet.WalletID, d.Event, points, d.Payload.Amount,
		cmp.Or(d.Meta.CreatedAt.Time(), d.Received).UnixNano(), !d.Meta.CreatedAt.Time().IsZero())
	return err // An error undoes the key, too.
}
