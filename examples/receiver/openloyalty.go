package main

import (
	"fmt"

	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

var openloyaltyProvider = describe(
	provider{
		name:    openloyalty.Name,
		proof:   "signature in " + openloyalty.SignatureHeader,
		payload: inData,
		request: requestOf(cli.Settings.OpenLoyalty, openloyaltytest.Request),
	},
	cli.Settings.OpenLoyalty, openloyalty.NewHandler,

	on(openloyalty.TransactionRegistered, func(d *openloyalty.Delivery[openloyalty.TransactionRegisteredData]) string {
		return fmt.Sprintf("%s %s with %s", first(string(d.Payload.DocumentType), "transaction"), d.Payload.DocumentNumber, count(len(d.Payload.Items), "item"))
	}),
	on(openloyalty.TransactionAssignedToCustomer, func(d *openloyalty.Delivery[openloyalty.TransactionAssignedToCustomerData]) string {
		return fmt.Sprintf("a purchase of %s belongs to %s", d.Payload.GrossValue, member(d.Payload))
	}),
	on(openloyalty.AvailablePointsAmountChanged, func(d *openloyalty.Delivery[openloyalty.AvailablePointsAmountChangedData]) string {
		return fmt.Sprintf("%s has %s units now", member(d.Payload), d.Payload.Amount)
	}),
	on(openloyalty.WalletBalanceUpdated, func(d *openloyalty.Delivery[openloyalty.WalletBalanceUpdatedData]) string {
		return "a wallet of " + member(d.Payload) + " changed"
	}),
	on(openloyalty.PointsWillExpire, func(d *openloyalty.Delivery[openloyalty.PointsWillExpireData]) string {
		return fmt.Sprintf("%s units expire on %s", first(d.Payload.RemainingUnits.String(), d.Payload.Points.String()), d.Payload.PointsWillExpire)
	}),
	on(openloyalty.CampaignEffectWasApplied, func(d *openloyalty.Delivery[openloyalty.CampaignEffectWasAppliedData]) string {
		return fmt.Sprintf("campaign %s gave %s %s", d.Payload.Campaign.Name, member(d.Payload), count(len(d.Payload.EffectsGiven), "effect"))
	}),
	on(openloyalty.CustomerBoughtReward, func(d *openloyalty.Delivery[openloyalty.CustomerBoughtRewardData]) string {
		return fmt.Sprintf("%s bought %s for %s units", member(d.Payload), d.Payload.Reward.RewardName, d.Payload.CostInPoints)
	}),
	on(openloyalty.RewardRedemptionStatusChanged, func(d *openloyalty.Delivery[openloyalty.RewardRedemptionStatusChangedData]) string {
		return fmt.Sprintf("%s went from %s to %s", d.Payload.IssuedReward.Name, first(string(d.Payload.OldStatus), "nothing"), d.Payload.NewStatus)
	}),
	on(openloyalty.CouponWillExpire, func(d *openloyalty.Delivery[openloyalty.CouponWillExpireData]) string {
		return fmt.Sprintf("a coupon of %s expires on %s", member(d.Payload), d.Payload.IssuedCoupon.ActiveTo)
	}),
	on(openloyalty.CustomerRegistered, func(d *openloyalty.Delivery[openloyalty.CustomerRegisteredData]) string {
		return first(d.Payload.CustomerData.Email, d.Payload.CustomerData.Phone, d.Payload.CustomerID) + " registered"
	}),
	on(openloyalty.CustomerWasRegisteredWithoutActivation, codeFor("the account")),
	on(openloyalty.CustomerUpdated, customerOnly("was updated")),
	on(openloyalty.CustomerDeactivated, customerOnly("was deactivated")),
	on(openloyalty.CustomerRequestedSendActivationCode, codeFor("the account")),
	on(openloyalty.CustomerRequestedPasswordReset, codeFor("a new password")),
	on(openloyalty.CustomerPhoneNumberWasChanged, codeFor("a new phone number")),
	on(openloyalty.CustomerEmailWasChanged, codeFor("a new email address")),
	on(openloyalty.CustomerLevelChanged, func(d *openloyalty.Delivery[openloyalty.CustomerLevelChangedData]) string {
		return fmt.Sprintf("%s reached level %s", member(d.Payload), d.Payload.Level.Name)
	}),
	on(openloyalty.LevelWillExpire, func(d *openloyalty.Delivery[openloyalty.LevelWillExpireData]) string {
		return fmt.Sprintf("%s will go from %s to %s", first(d.Payload.CustomerEmail, d.Payload.CustomerID), d.Payload.LevelName, d.Payload.FutureLevelName)
	}),
	on(openloyalty.UnitsTransferWasAdded, func(d *openloyalty.Delivery[openloyalty.UnitsTransferWasAddedData]) string {
		return fmt.Sprintf("%s: %s of %s units", member(d.Payload), d.Payload.Type, d.Payload.Units)
	}),
	on(openloyalty.AchievementCreated, achievement("created")),
	on(openloyalty.AchievementUpdated, achievement("updated")),
	on(openloyalty.MemberAchievementProgressWasChanged, func(d *openloyalty.Delivery[openloyalty.MemberAchievementProgressWasChangedData]) string {
		return fmt.Sprintf("%s completed %s %s times", member(d.Payload), d.Payload.Achievement.AchievementName, d.Payload.Achievement.MemberProgress.CompletedCount)
	}),
	on(openloyalty.AchievementsWereProcessed, func(d *openloyalty.Delivery[openloyalty.AchievementsWereProcessedData]) string {
		return count(len(d.Payload), "achievement") + " processed"
	}),
	on(openloyalty.CampaignCreated, campaign("created")),
	on(openloyalty.CampaignUpdated, campaign("updated")),
	on(openloyalty.RewardCreated, reward("created")),
	on(openloyalty.RewardUpdated, reward("updated")),
	on(openloyalty.SegmentMembershipDropped, func(d *openloyalty.Delivery[openloyalty.SegmentMembershipDroppedData]) string {
		return fmt.Sprintf("segment %s fell from %s to %s members", d.Payload.Segment.SegmentName, d.Payload.Segment.PreviousCount, d.Payload.Segment.NewCount)
	}),

	on(openloyalty.LegacyCustomerRegistered, func(d *openloyalty.Delivery[openloyalty.LegacyCustomerRegisteredData]) string {
		return first(d.Payload.Data.Email, d.Payload.CustomerID) + " registered"
	}),
	on(openloyalty.LegacyCustomerUpdated, legacyCustomer("was updated")),
	on(openloyalty.LegacyCustomerDeactivated, legacyCustomer("was deactivated")),
	on(openloyalty.LegacyCustomerLevelChanged, func(d *openloyalty.Delivery[openloyalty.LegacyLevelChangedData]) string {
		return d.Payload.CustomerID + " reached level " + d.Payload.LevelName
	}),
	on(openloyalty.LegacyCustomerLevelChangedAutomatically, func(d *openloyalty.Delivery[openloyalty.LegacyLevelChangedAutomaticallyData]) string {
		return d.Payload.CustomerID + " reached level " + d.Payload.LevelName
	}),
	on(openloyalty.LegacyCustomerBoughtCampaign, func(d *openloyalty.Delivery[openloyalty.LegacyBoughtCampaignData]) string {
		return fmt.Sprintf("%s bought a reward for %s points", d.Payload.CustomerID, d.Payload.CostInPoints)
	}),
	on(openloyalty.LegacyTransactionRegistered, func(d *openloyalty.Delivery[openloyalty.LegacyTransactionRegisteredData]) string {
		return fmt.Sprintf("purchase %s with %s", d.Payload.TransactionData.DocumentNumber, count(len(d.Payload.Items), "item"))
	}),
	on(openloyalty.LegacyTransactionAssignedToCustomer, func(d *openloyalty.Delivery[openloyalty.LegacyTransactionAssignedData]) string {
		return fmt.Sprintf("a purchase of %s belongs to %s", d.Payload.GrossValue, d.Payload.CustomerID)
	}),
	on(openloyalty.LegacyAccountAvailablePointsAmountChanged, func(d *openloyalty.Delivery[openloyalty.LegacyPointsChangedData]) string {
		return fmt.Sprintf("%s has %s points now", d.Payload.CustomerID, d.Payload.Amount)
	}),
	on(openloyalty.LegacyAccountExpiringPointsNotification, legacyExpiringPoints),
	on(openloyalty.LegacyAccountExpiringPointsReminderGenerated, legacyExpiringPoints),
	on(openloyalty.LegacyAccountExpiringLevelNotification, func(d *openloyalty.Delivery[openloyalty.LegacyExpiringLevelData]) string {
		return count(len(d.Payload), "member") + " will lose a level"
	}),
	on(openloyalty.LegacyCampaignCouponExpiration, func(d *openloyalty.Delivery[openloyalty.LegacyExpiringCouponData]) string {
		return count(len(d.Payload), "coupon") + " will expire"
	}),
)

// member is how a line names somebody.
func member(payload any) string {
	m := openloyalty.Member(payload)
	return first(m.Email, m.Phone, m.LoyaltyCardNumber, m.CustomerID)
}

func customerOnly(what string) func(*openloyalty.Delivery[openloyalty.CustomerOnlyData]) string {
	return func(d *openloyalty.Delivery[openloyalty.CustomerOnlyData]) string {
		return member(d.Payload) + " " + what
	}
}

// codeFor names no code: whoever reads it has the account.
func codeFor(what string) func(*openloyalty.Delivery[openloyalty.CustomerCodeData]) string {
	return func(d *openloyalty.Delivery[openloyalty.CustomerCodeData]) string {
		return member(d.Payload) + " needs a code for " + what
	}
}

func achievement(did string) func(*openloyalty.Delivery[openloyalty.AchievementData]) string {
	return func(d *openloyalty.Delivery[openloyalty.AchievementData]) string {
		return fmt.Sprintf("achievement %s with %s was %s", d.Payload.Achievement.AchievementID, count(len(d.Payload.Achievement.Rules), "rule"), did)
	}
}

func campaign(did string) func(*openloyalty.Delivery[openloyalty.CampaignData]) string {
	return func(d *openloyalty.Delivery[openloyalty.CampaignData]) string {
		return fmt.Sprintf("campaign %s was %s", first(d.Payload.Campaign.Name, d.Payload.Campaign.CampaignID), did)
	}
}

func reward(did string) func(*openloyalty.Delivery[openloyalty.RewardData]) string {
	return func(d *openloyalty.Delivery[openloyalty.RewardData]) string {
		return fmt.Sprintf("reward %s for %s units was %s", first(d.Payload.Reward.Name, d.Payload.Reward.RewardID), d.Payload.Reward.CostInPoints, did)
	}
}

func legacyCustomer(what string) func(*openloyalty.Delivery[openloyalty.LegacyCustomerIDData]) string {
	return func(d *openloyalty.Delivery[openloyalty.LegacyCustomerIDData]) string {
		return d.Payload.CustomerID + " " + what
	}
}

func legacyExpiringPoints(d *openloyalty.Delivery[openloyalty.LegacyExpiringPointsData]) string {
	return count(len(d.Payload), "member") + " will lose points"
}
