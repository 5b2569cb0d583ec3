package masivo

// The events that Masivo sends. Several can have one cause: a fulfilled PURCHASE
// may send BehaviorEventFulfilled, CustomerAccumulation, CustomerRedemption and
// TierUpgrade, in any order.
var (
	// CustomerRegistration fires when a customer joins the program. Customers who
	// are migrated into it do not fire it.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
	CustomerRegistration = newEvent[CustomerRegistrationData]("CUSTOMER_REGISTRATION")

	// CustomerAnonymousToRegistered fires when an anonymous visitor is identified
	// and becomes a regular customer. Masivo documents its name and not its payload.
	//
	// Source: https://docs.masivo.ai/resources/data-architecture/registration
	CustomerAnonymousToRegistered = newEvent[CustomerAnonymousToRegisteredData]("CUSTOMER_ANONYMOUS_TO_REGISTERED")

	// CustomerAccumulation fires when a customer gains a reward of any kind: a
	// behavior event was fulfilled, or a coupon was redeemed.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
	CustomerAccumulation = newEvent[RewardLinesData]("CUSTOMER_ACCUMULATION")

	// CustomerRedemption fires when a customer spends a reward of any kind, most
	// often in a PURCHASE event.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
	CustomerRedemption = newEvent[RewardLinesData]("CUSTOMER_REDEMPTION")

	// RewardsReservation fires when rewards are put on hold, because a PURCHASE
	// event was emitted with fulfilled set to false.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
	RewardsReservation = newEvent[RewardLinesData]("REWARDS_RESERVATION")

	// RewardsReservationCancelled fires when a behavior event is cancelled before
	// it was fulfilled, as the API does when such an event is reversed. Its lines
	// are the released ones, and its wallet has them back. Whether an event that
	// expires unfulfilled fires it is not documented.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
	RewardsReservationCancelled = newEvent[RewardLinesData]("REWARDS_RESERVATION_CANCELLED")

	// BehaviorEventFulfilled fires when a behavior event is fulfilled. Events that
	// are only tracked, and events of customers who refused behavioral campaigns,
	// do not fire it.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks, and of the rule
	// on consent https://docs.masivo.ai/resources/data-architecture/activity and
	// https://docs.masivo.ai/resources/data-architecture/privacy
	BehaviorEventFulfilled = newEvent[BehaviorEventData]("BEHAVIOR_EVENT_FULFILLED")

	// BehaviorEventFailed fires when a behavior event fails to complete. Masivo
	// tries failed events again, and each further failure fires it again for the
	// same event.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
	BehaviorEventFailed = newEvent[BehaviorEventData]("BEHAVIOR_EVENT_FAILED")

	// CouponRedemption fires when a customer redeems a coupon code. What the coupon
	// gives comes as a CustomerAccumulation of its own.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
	CouponRedemption = newEvent[CouponRedemptionData]("COUPON_REDEMPTION")

	// TierUpgrade fires when a customer moves to a higher tier, by enough points or
	// by meeting its entry requirements.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
	TierUpgrade = newEvent[TierChangeData]("TIER_UPGRADE")

	// TierDowngrade fires when a customer moves to a lower tier: the periodic job
	// finds its requirements no longer met, or a behavior event is reversed.
	//
	// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
	TierDowngrade = newEvent[TierChangeData]("TIER_DOWNGRADE")
)
