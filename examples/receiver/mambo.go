package main

import (
	"cmp"
	"fmt"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/mambo/mambotest"
)

func mamboConfig(settings cli.Settings, options envelope.Options) mambo.Config {
	config := settings.Mambo(options)
	config.EventPathValue = "event"
	config.EventHeader = cmp.Or(config.EventHeader, mambotest.EventHeader)
	return config
}

var mamboProvider = describe(
	provider{
		name: mambo.Name,
		// How Mambo names its events is not published. Until it is known, a webhook
		// can say it by its path, one for each event.
		suffix:  "/{event}",
		proof:   "signature in " + mambo.SignatureHeader,
		payload: func(string) string { return "" },
		request: requestOf(mamboConfig, mambotest.Request),
	},
	mamboConfig, mambo.NewHandler,
	on(mambo.Ping, func(d *mambo.Delivery[mambo.PingData]) string { return "ping: " + string(d.Payload.Message) }),
	on(mambo.ActivityCreated, activity("did something")),
	on(mambo.ActivityBehavioursAdded, activity("showed behaviours")),
	on(mambo.ActivityAwardedAdded, activity("was awarded something")),
	on(mambo.ActivityExpiredPointsDebited, activity("lost expired points")),
	on(mambo.ActivityRejected, activity("had an activity rejected")),
	on(mambo.NotificationCreated, notification("has")),
	on(mambo.NotificationRead, notification("read")),
	on(mambo.PointCreated, func(d *mambo.Delivery[mambo.Point]) string { return "point " + d.Payload.Name + " was created" }),
	on(mambo.PointUpdated, func(d *mambo.Delivery[mambo.Point]) string { return "point " + d.Payload.Name + " was updated" }),
	on(mambo.BehaviourCreated, func(d *mambo.Delivery[mambo.Behaviour]) string { return "behaviour " + d.Payload.Name + " was created" }),
	on(mambo.BehaviourUpdated, func(d *mambo.Delivery[mambo.Behaviour]) string { return "behaviour " + d.Payload.Name + " was updated" }),
	on(mambo.RewardCreated, func(d *mambo.Delivery[mambo.Reward]) string { return "reward " + d.Payload.Name + " was created" }),
	on(mambo.RewardUpdated, func(d *mambo.Delivery[mambo.Reward]) string { return "reward " + d.Payload.Name + " was updated" }),
	on(mambo.KPICreated, func(d *mambo.Delivery[mambo.KPI]) string { return "KPI " + d.Payload.Name + " was created" }),
	on(mambo.KPIUpdated, func(d *mambo.Delivery[mambo.KPI]) string { return "KPI " + d.Payload.Name + " was updated" }),
	on(mambo.LeaderboardCreated, func(d *mambo.Delivery[mambo.Leaderboard]) string {
		return "leaderboard " + d.Payload.Name + " was created"
	}),
	on(mambo.LeaderboardUpdated, func(d *mambo.Delivery[mambo.Leaderboard]) string {
		return "leaderboard " + d.Payload.Name + " was updated"
	}),
	on(mambo.LeaderboardRankingUpdated, func(d *mambo.Delivery[mambo.Leaderboard]) string {
		return "leaderboard " + d.Payload.Name + " has a new ranking"
	}),
	on(mambo.CouponCreated, func(d *mambo.Delivery[mambo.Coupon]) string { return "coupon " + d.Payload.Name + " was created" }),
	on(mambo.CouponUpdated, func(d *mambo.Delivery[mambo.Coupon]) string { return "coupon " + d.Payload.Name + " was updated" }),
	on(mambo.CouponStateAdded, func(d *mambo.Delivery[mambo.CouponState]) string {
		return d.Payload.UserID + " got coupon " + d.Payload.CouponID
	}),
	on(mambo.TagCreated, func(d *mambo.Delivery[mambo.Tag]) string { return "tag " + d.Payload.Name + " was created" }),
	on(mambo.TagUpdated, func(d *mambo.Delivery[mambo.Tag]) string { return "tag " + d.Payload.Name + " was updated" }),
	on(mambo.UserCreated, user("was created")),
	on(mambo.UserUpdated, user("was updated")),
	on(mambo.UserMemberJoined, user("joined")),
	on(mambo.UserMemberLeft, user("left")),
	on(mambo.PointWalletUpdated, func(d *mambo.Delivery[mambo.PointWallet]) string {
		return fmt.Sprintf("%s has %s of point %s now", d.Payload.UserID, d.Payload.Balance, d.Payload.PointID)
	}),
)

func activity(what string) func(*mambo.Delivery[mambo.Activity]) string {
	return func(d *mambo.Delivery[mambo.Activity]) string {
		return first(d.Payload.UUID, d.Payload.UserID) + " " + what
	}
}

func notification(does string) func(*mambo.Delivery[mambo.Notification]) string {
	return func(d *mambo.Delivery[mambo.Notification]) string {
		return fmt.Sprintf("%s %s notification %s", d.Payload.UserID, does, d.Payload.ID)
	}
}

func user(what string) func(*mambo.Delivery[mambo.User]) string {
	return func(d *mambo.Delivery[mambo.User]) string {
		return first(d.Payload.Details.DisplayName, d.Payload.Details.Email, d.Payload.UUID) + " " + what
	}
}
