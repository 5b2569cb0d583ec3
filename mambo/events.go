package mambo

// The events that Mambo sends. There is none for the deletion of anything. No order
// is promised, and an event can be delivered more than once.
//
// Points, behaviours, rewards, KPIs, leaderboards, coupons, tags and users that a
// payload relates to are not in it: they are named by their IDs, and the API has
// them. Smaller parts, such as prizes and expirations, are sent whole.
var (
	// Ping fires when a webhook is created, and when somebody asks for a test in
	// the list of webhooks. Answering 200, as a Handler does with or without a
	// function for it, is all that it asks for.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	Ping = newEvent[PingData]("Ping")

	// ActivityCreated fires when an activity is created. Its behaviours and what
	// it earns follow in events of their own.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	ActivityCreated = newEvent[Activity]("ActivityCreated")

	// ActivityBehavioursAdded fires when the behaviours of an activity have been
	// processed and the activity holds the status of each.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	ActivityBehavioursAdded = newEvent[Activity]("ActivityBehavioursAdded")

	// ActivityAwardedAdded fires when a reward or a KPI that an activity leads to
	// has been processed and added to it. One reward can unlock others, so it may
	// come several times for one activity.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	ActivityAwardedAdded = newEvent[Activity]("ActivityAwardedAdded")

	// ActivityExpiredPointsDebited fires when points of an activity expire.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	ActivityExpiredPointsDebited = newEvent[Activity]("ActivityExpiredPointsDebited")

	// ActivityRejected fires when an activity is rejected.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	ActivityRejected = newEvent[Activity]("ActivityRejected")

	// NotificationCreated fires when a notification is created.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	NotificationCreated = newEvent[Notification]("NotificationCreated")

	// NotificationRead fires when a single notification is marked as read.
	// Marking many at once, such as clearing all notifications of a user, does
	// not fire it.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	NotificationRead = newEvent[Notification]("NotificationRead")

	// PointCreated fires when a kind of point is created.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	PointCreated = newEvent[Point]("PointCreated")

	// PointUpdated fires when a kind of point is changed.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	PointUpdated = newEvent[Point]("PointUpdated")

	// BehaviourCreated fires when a behaviour is created.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	BehaviourCreated = newEvent[Behaviour]("BehaviourCreated")

	// BehaviourUpdated fires when a behaviour is changed.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	BehaviourUpdated = newEvent[Behaviour]("BehaviourUpdated")

	// RewardCreated fires when a reward is created.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	RewardCreated = newEvent[Reward]("RewardCreated")

	// RewardUpdated fires when a reward is changed.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	RewardUpdated = newEvent[Reward]("RewardUpdated")

	// KPICreated fires when a KPI is created.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	KPICreated = newEvent[KPI]("KPICreated")

	// KPIUpdated fires when a KPI is changed.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	KPIUpdated = newEvent[KPI]("KPIUpdated")

	// LeaderboardCreated fires when a leaderboard is created.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	LeaderboardCreated = newEvent[Leaderboard]("LeaderboardCreated")

	// LeaderboardUpdated fires when a leaderboard is changed.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	LeaderboardUpdated = newEvent[Leaderboard]("LeaderboardUpdated")

	// LeaderboardRankingUpdated fires when the ranks of a leaderboard have been
	// computed. No known member of Leaderboard holds them: fetch them from the
	// API.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	LeaderboardRankingUpdated = newEvent[Leaderboard]("LeaderboardRankingUpdated")

	// CouponCreated fires when a coupon is created.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	CouponCreated = newEvent[Coupon]("CouponCreated")

	// CouponUpdated fires when a coupon is changed.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	CouponUpdated = newEvent[Coupon]("CouponUpdated")

	// CouponStateAdded fires when a coupon is awarded to a user.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	CouponStateAdded = newEvent[CouponState]("CouponStateAdded")

	// TagCreated fires when a tag is created.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	TagCreated = newEvent[Tag]("TagCreated")

	// TagUpdated fires when a tag is changed.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	TagUpdated = newEvent[Tag]("TagUpdated")

	// UserCreated fires when a user is created.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	UserCreated = newEvent[User]("UserCreated")

	// UserUpdated fires when a user is changed.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	UserUpdated = newEvent[User]("UserUpdated")

	// UserMemberJoined fires when a user's isMember becomes true: the user joins
	// the gamification.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	UserMemberJoined = newEvent[User]("UserMemberJoined")

	// UserMemberLeft fires when a user's isMember becomes false: the user leaves
	// the gamification.
	//
	// Source: https://docs.mambo.io/developers/webhooks/events-payload
	UserMemberLeft = newEvent[User]("UserMemberLeft")

	// PointWalletUpdated fires when a user's points change. Inferred: the vendor names
	// it in an example of payload versions and in no list of events, so that its name is all
	// that tells when it fires, and its body is a guess.
	//
	// Source: https://docs.mambo.io/administrators/account/webhooks
	PointWalletUpdated = newEvent[PointWallet]("PointWalletUpdated")
)
