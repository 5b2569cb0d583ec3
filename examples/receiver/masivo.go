package main

import (
	"fmt"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
)

var masivoProvider = describe(
	provider{
		name:    masivo.Name,
		proof:   "query value " + masivo.SecretQuery,
		payload: inData,
		request: requestOf(cli.Settings.Masivo, masivotest.Request),
	},
	cli.Settings.Masivo, masivo.NewHandler,
	on(masivo.CustomerRegistration, func(d *masivo.Delivery[masivo.CustomerRegistrationData]) string {
		return fmt.Sprintf("%s joined with %s", first(d.Payload.Customer.Name, d.Payload.CustomerID), count(len(d.Payload.Wallet.Totals), "balance"))
	}),
	on(masivo.CustomerAnonymousToRegistered, func(d *masivo.Delivery[masivo.CustomerAnonymousToRegisteredData]) string {
		return "a visitor became " + first(d.Payload.Customer.Name, d.Payload.CustomerID)
	}),
	on(masivo.CustomerAccumulation, rewardLines("gained")),
	on(masivo.CustomerRedemption, rewardLines("spent")),
	on(masivo.RewardsReservation, rewardLines("put on hold")),
	on(masivo.RewardsReservationCancelled, rewardLines("got back")),
	on(masivo.BehaviorEventFulfilled, behaviorEvent("fulfilled")),
	on(masivo.BehaviorEventFailed, behaviorEvent("failed")),
	on(masivo.CouponRedemption, func(d *masivo.Delivery[masivo.CouponRedemptionData]) string {
		return fmt.Sprintf("%s redeemed a coupon of campaign %s", d.Payload.CustomerID, d.Payload.CampaignID)
	}),
	on(masivo.TierUpgrade, tierChange("up")),
	on(masivo.TierDowngrade, tierChange("down")),
)

func rewardLines(did string) func(*masivo.Delivery[masivo.RewardLinesData]) string {
	return func(d *masivo.Delivery[masivo.RewardLinesData]) string {
		amounts := make([]string, 0, len(d.Payload.Lines))
		for _, line := range d.Payload.Lines {
			amounts = append(amounts, line.Amount.String())
		}
		return fmt.Sprintf("%s %s %s", d.Payload.CustomerID, did, strings.Join(amounts, " and "))
	}
}

func behaviorEvent(end string) func(*masivo.Delivery[masivo.BehaviorEventData]) string {
	return func(d *masivo.Delivery[masivo.BehaviorEventData]) string {
		return fmt.Sprintf("%s of %s %s", first(string(d.Payload.Event.Type), "an event"), d.Payload.CustomerID, end)
	}
}

func tierChange(direction string) func(*masivo.Delivery[masivo.TierChangeData]) string {
	return func(d *masivo.Delivery[masivo.TierChangeData]) string {
		return fmt.Sprintf("%s moved %s from %s to %s", d.Payload.CustomerID, direction, d.Payload.FromTierName, d.Payload.ToTierName)
	}
}
