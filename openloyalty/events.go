package openloyalty

// The events of the current format. One action can send several of them: a
// transaction that a campaign rewards may send TransactionRegistered,
// TransactionAssignedToCustomer, CampaignEffectWasApplied, UnitsTransferWasAdded,
// AvailablePointsAmountChanged and WalletBalanceUpdated. No order is promised.
var (
	// TransactionRegistered fires when a transaction is created: in the admin panel,
	// by the API or by an import. The transaction may not belong to a member yet.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	TransactionRegistered = newEvent[TransactionRegisteredData]("TransactionRegistered")

	// TransactionAssignedToCustomer fires when a transaction is matched to a member, by
	// hand in the panel, by API or by an import.
	//
	// Source: https://help.openloyalty.io/main-features/webhooks/webhooks-1
	TransactionAssignedToCustomer = newEvent[TransactionAssignedToCustomerData]("TransactionAssignedToCustomer")

	// AvailablePointsAmountChanged fires when the units that a member can spend
	// change. The usual causes:
	//
	//   - units are spent, on a reward or by the API
	//   - an admin adds or deducts units
	//   - a campaign adds or deducts units
	//   - units transfers are imported
	//   - a units transfer is cancelled
	//   - pending units become active, on their date or by hand
	//   - units expire, on their date or by hand
	//   - units are blocked or unblocked
	//   - a member transfers units to another, which sends two of these events: one
	//     for the sender and one for the receiver
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	AvailablePointsAmountChanged = newEvent[AvailablePointsAmountChangedData]("AvailablePointsAmountChanged")

	// WalletBalanceUpdated fires at every change of a wallet's balance, for the
	// causes of AvailablePointsAmountChanged:
	//
	//   - units are spent, on a reward or by the API
	//   - an admin adds or deducts units
	//   - a campaign adds or deducts units
	//   - units transfers are imported
	//   - a units transfer is cancelled
	//   - pending units become active, on their date or by hand
	//   - units expire, on their date or by hand
	//   - units are blocked or unblocked
	//   - a member transfers units to another, which sends two of these events: one
	//     for the sender and one for the receiver
	//
	// So a program that adds up changes must listen to one of the two events only.
	// The payload of this one is not published.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	WalletBalanceUpdated = newEvent[WalletBalanceUpdatedData]("WalletBalanceUpdated")

	// PointsWillExpire fires some days before units expire; how many is set under
	// Expiring Notifications. It names the wallet and not the member.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	PointsWillExpire = newEvent[PointsWillExpireData]("PointsWillExpire")

	// CampaignEffectWasApplied fires when a campaign did something for a member:
	// gave or took units, granted a reward, or changed custom attributes. It comes
	// after the call that caused it has been answered.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CampaignEffectWasApplied = newEvent[CampaignEffectWasAppliedData]("CampaignEffectWasApplied")

	// CustomerBoughtReward fires when a member gets a reward: an admin assigned it, a
	// campaign granted it, or the member bought it from the catalog.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerBoughtReward = newEvent[CustomerBoughtRewardData]("CustomerBoughtReward")

	// RewardRedemptionStatusChanged fires when the status of a redeemed reward is
	// changed in the panel or by API.
	//
	// Source: https://help.openloyalty.io/main-features/webhooks/webhooks-1
	RewardRedemptionStatusChanged = newEvent[RewardRedemptionStatusChangedData]("RewardRedemptionStatusChanged")

	// CouponWillExpire fires some days before the coupon of a reward expires; how
	// many is set under Expiring Notifications.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CouponWillExpire = newEvent[CouponWillExpireData]("CouponWillExpire")

	// CustomerRegistered fires when a member is created.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerRegistered = newEvent[CustomerRegisteredData]("CustomerRegistered")

	// CustomerWasRegisteredWithoutActivation fires when a member registers and has
	// to activate the account first. It carries the activation code.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerWasRegisteredWithoutActivation = newEvent[CustomerCodeData]("CustomerWasRegisteredWithoutActivation")

	// CustomerUpdated fires when the profile of a member is edited, in the admin
	// panel or by the API. It does not say what changed.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerUpdated = newEvent[CustomerOnlyData]("CustomerUpdated")

	// CustomerDeactivated fires when a member is deactivated.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerDeactivated = newEvent[CustomerOnlyData]("CustomerDeactivated")

	// CustomerRequestedSendActivationCode fires when a member asks for an activation
	// code. It carries that code.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerRequestedSendActivationCode = newEvent[CustomerCodeData]("CustomerRequestedSendActivationCode")

	// CustomerRequestedPasswordReset fires when an active member asks to reset the
	// password. It carries the reset code.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerRequestedPasswordReset = newEvent[CustomerCodeData]("CustomerRequestedPasswordReset")

	// CustomerPhoneNumberWasChanged fires when a member who is logged in changes the
	// phone number of the profile. It carries the code that confirms it.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerPhoneNumberWasChanged = newEvent[CustomerCodeData]("CustomerPhoneNumberWasChanged")

	// CustomerEmailWasChanged fires when a member who is logged in changes the e-mail
	// address of the profile. It carries the code that confirms it.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerEmailWasChanged = newEvent[CustomerCodeData]("CustomerEmailWasChanged")

	// CustomerLevelChanged fires when the tier of a member changes: somebody raised
	// or lowered it by hand, the member reached a threshold, or a new member got the
	// default tier.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	CustomerLevelChanged = newEvent[CustomerLevelChangedData]("CustomerLevelChanged")

	// LevelWillExpire fires some days before the tier of a member is recalculated;
	// how many is set under Expiring Notifications.
	//
	// Source: https://help.openloyalty.io/integrations-and-data-exchange/webhooks/what-triggers-a-webhook
	LevelWillExpire = newEvent[LevelWillExpireData]("LevelWillExpire")

	// UnitsTransferWasAdded fires when a transfer is entered into the book of a
	// wallet. A transfer between members makes two.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	UnitsTransferWasAdded = newEvent[UnitsTransferWasAddedData]("UnitsTransferWasAdded")

	// AchievementCreated fires when an achievement is defined.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	AchievementCreated = newEvent[AchievementData]("AchievementCreated")

	// AchievementUpdated fires when the definition of an achievement is edited.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	AchievementUpdated = newEvent[AchievementData]("AchievementUpdated")

	// MemberAchievementProgressWasChanged fires at every step of a member's progress
	// in an achievement, and not at its completion alone.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	MemberAchievementProgressWasChanged = newEvent[MemberAchievementProgressWasChangedData]("MemberAchievementProgressWasChanged")

	// AchievementsWereProcessed fires when one trigger has been processed for all
	// achievements, and lists all progress that it made, of all members. The same
	// steps may also come as MemberAchievementProgressWasChanged.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	AchievementsWereProcessed = newEvent[AchievementsWereProcessedData]("AchievementsWereProcessed")

	// CampaignCreated fires when a campaign is defined.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	CampaignCreated = newEvent[CampaignData]("CampaignCreated")

	// CampaignUpdated fires when the definition of a campaign is edited.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	CampaignUpdated = newEvent[CampaignData]("CampaignUpdated")

	// RewardCreated fires when a reward is defined.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	RewardCreated = newEvent[RewardData]("RewardCreated")

	// RewardUpdated fires when the definition of a reward is edited.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	RewardUpdated = newEvent[RewardData]("RewardUpdated")

	// SegmentMembershipDropped fires when a segment has lost members. Inferred: its
	// payload suggests that, and no page says when it is sent.
	//
	// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
	SegmentMembershipDropped = newEvent[SegmentMembershipDroppedData]("SegmentMembershipDropped")
)

// The events of the legacy format, which Open Loyalty 3 and 4 send, and the
// current product for subscriptions that are marked as legacy.
var (
	// LegacyCustomerRegistered is CustomerRegistered in the legacy format.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
	LegacyCustomerRegistered = newEvent[LegacyCustomerRegisteredData]("customer.registered")

	// LegacyCustomerUpdated is CustomerUpdated in the legacy format.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
	LegacyCustomerUpdated = newEvent[LegacyCustomerIDData]("customer.updated")

	// LegacyCustomerDeactivated is CustomerDeactivated in the legacy format.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
	LegacyCustomerDeactivated = newEvent[LegacyCustomerIDData]("customer.deactivated")

	// LegacyCustomerLevelChanged fires when somebody changes the tier of a member by
	// hand.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
	LegacyCustomerLevelChanged = newEvent[LegacyLevelChangedData]("customer.level_changed")

	// LegacyCustomerLevelChangedAutomatically fires when the rules of the program
	// change the tier of a member.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
	LegacyCustomerLevelChangedAutomatically = newEvent[LegacyLevelChangedAutomaticallyData]("customer.level_changed_automatically")

	// LegacyCustomerBoughtCampaign is CustomerBoughtReward in the legacy format: a
	// member bought a reward, which was called a campaign then.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
	LegacyCustomerBoughtCampaign = newEvent[LegacyBoughtCampaignData]("customer.bought_campaign")

	// LegacyTransactionRegistered is TransactionRegistered in the legacy format.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
	LegacyTransactionRegistered = newEvent[LegacyTransactionRegisteredData]("transaction.registered")

	// LegacyTransactionAssignedToCustomer is TransactionAssignedToCustomer in the
	// legacy format.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
	LegacyTransactionAssignedToCustomer = newEvent[LegacyTransactionAssignedData]("transaction.assigned_to_customer")

	// LegacyAccountAvailablePointsAmountChanged is AvailablePointsAmountChanged in
	// the legacy format.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
	LegacyAccountAvailablePointsAmountChanged = newEvent[LegacyPointsChangedData]("account.available_points_amount_changed")

	// LegacyAccountExpiringPointsNotification is PointsWillExpire in the legacy
	// format, for many members at once.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Account/Infrastructure/Notifier/ExpirePointsNotifier.php
	LegacyAccountExpiringPointsNotification = newEvent[LegacyExpiringPointsData]("account.expiring_points_notification")

	// LegacyAccountExpiringPointsReminderGenerated is an older name of
	// LegacyAccountExpiringPointsNotification.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Account/Infrastructure/Notifier/ExpirePointsNotifier.php
	LegacyAccountExpiringPointsReminderGenerated = newEvent[LegacyExpiringPointsData]("account.expiring_points_reminder_generated")

	// LegacyAccountExpiringLevelNotification is LevelWillExpire in the legacy format,
	// for many members at once.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Account/Infrastructure/Notifier/ExpireLevelNotifier.php
	LegacyAccountExpiringLevelNotification = newEvent[LegacyExpiringLevelData]("account.expiring_level_notification")

	// LegacyCampaignCouponExpiration is CouponWillExpire in the legacy format, for
	// many coupons at once.
	//
	// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Campaign/Infrastructure/Notifier/ExpireCouponsNotifier.php
	LegacyCampaignCouponExpiration = newEvent[LegacyExpiringCouponData]("campaign.coupon_expiration")
)
