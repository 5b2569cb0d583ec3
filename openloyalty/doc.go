// Package openloyalty receives the webhooks of Open Loyalty
// (https://openloyalty.io) as Go values: 29 events of the current product, and the 13 of
// its older, legacy format. The reference counts 31 current ones and names 29 of them
// (https://help.openloyalty.io/implementation-guide/reference/webhook-events); the other
// two arrive as unknown events, as data, with a [Fallback].
//
// # Setting it up
//
// In the admin panel, open the settings of webhooks and add one subscription for
// each event that you want. All of them can have the same URL. Switch on Enable
// HMAC signature, and keep the secret, which is shown once: whsec_ and 64 hex
// digits. By API, hmacEnabled: true switches it on when a subscription is made or updated,
// and the answer has the secret, once. If your subscriptions have several, give the handler
// all of them:
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"net/http"
//		"os"
//		"strings"
//		"time"
//
//		"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
//	)
//
//	func main() {
//		h, err := openloyalty.NewHandler(
//			openloyalty.Config{Secrets: strings.Fields(os.Getenv("OPENLOYALTY_WEBHOOK_SECRETS"))},
//			openloyalty.CustomerRegistered.Handle(onRegistered),
//			openloyalty.AvailablePointsAmountChanged.Handle(onUnits),
//		)
//		if err != nil {
//			log.Fatal(err)
//		}
//		http.Handle("POST /webhooks/openloyalty", h)
//		server := &http.Server{Addr: ":8443", ReadHeaderTimeout: 5 * time.Second}
//		log.Fatal(server.ListenAndServeTLS("cert.pem", "key.pem"))
//	}
//
//	func onRegistered(ctx context.Context, d *openloyalty.Delivery[openloyalty.CustomerRegisteredData]) error {
//		log.Printf("%s: new member %s", d.Meta.StoreCode, d.Payload.CustomerID)
//		return nil
//	}
//
//	func onUnits(ctx context.Context, d *openloyalty.Delivery[openloyalty.AvailablePointsAmountChangedData]) error {
//		log.Printf("%s has %s units now", openloyalty.Member(d.Payload).CustomerID, d.Payload.Amount)
//		return nil
//	}
//
// Answer fast: Open Loyalty waits for the answer, and does not say how long.
//
// # What proves the origin
//
// A signed delivery carries an HMAC-SHA256 of its method, host, path, body and
// time, and of the id of the attempt. All of that is checked, and a time more than
// five minutes from now, before or after, is refused; Config.Tolerance changes
// that.
//
// Behind a proxy, host and path of the request may not be those that were signed:
// set Config.PublicURL to the URL of the subscription. A host beyond ASCII is
// written in punycode there. Middleware of net/http such as http.StripPrefix does
// not matter, and neither does a request line with a whole URL.
//
// Secrets are whsec_ and 64 hex digits; NewHandler says so if one is not. Blanks
// around them do no harm.
//
// Rotating a secret makes a new one at Open Loyalty, which is shown once, and ends the old
// one in that moment, at most every five minutes
// (https://help.openloyalty.io/api-reference/webhook-subscription/rotate-hmac-secret-key).
// You can't add the new one beforehand. What comes between the rotation and your deployment
// is refused, sent once more, and lost if that is refused as well. There are two ways to
// lose less:
//
//   - Options.Tenant with secrets that you store where every replica reads them: they hold
//     within seconds of the rotation, often before the second try.
//   - Inferred: a second signed subscription to the same events, whose secret is added to
//     Config.Secrets before, and the old subscription is removed afterwards. While there are
//     two, an event may come as two messages with different ids, which no key tells apart.
//
// What was lost is not sent again: read balances from the API after a rotation.
//
// A subscription that is not signed can carry a secret in a custom header, which
// you add to it in the panel. [Config].SecretFrom says where it is:
//
//	openloyalty.Config{
//		Secrets:    []string{os.Getenv("OPENLOYALTY_HEADER_SECRET")},
//		SecretFrom: envelope.FromHeader("X-Webhook-Secret"),
//	}
//
// That proves who calls, and neither what was sent nor when. A handler takes one of
// the two; mount two handlers if you have subscriptions of both kinds. One without
// any secret is an error, unless Options.Unverified says that you want it so.
//
// A subscription can also deliver to a queue (AWS SQS) instead of a URL. Give the
// body of its messages to [envelope.Handler.Dispatch]. What such a message holds is
// not documented; the JSON of a request is the likely guess.
//
// When a delivery is refused and you do not know why, [Explain] tries what its signature
// may have been made of, and names the setting that accepts it; Options.Refused does that
// in a handler. See package [envelope] for the causes.
//
// # What Open Loyalty does not document
//
//   - The sixth of the lines that are signed, after method, length and host, length and
//     path, digest and timestamp
//     (https://help.openloyalty.io/main-features/webhooks/hmac/verifying-the-signature, where
//     it is cut off): that it is the id of the request is observed in the code of another
//     receiver.
//   - Whether the 64 digits of a secret or the 32 bytes that they stand for
//     are the key: both are tried, unless Config.KeyEncoding names one.
//   - Whether the port belongs to the host, where a URL has one, and in which
//     letters the host is written: with and without the port of the scheme, as it
//     came and in small letters are tried. Other ports must be right.
//   - Whether the query of a URL is signed: it is taken not to be, and so not checked.
//   - The payload of [WalletBalanceUpdated]. Its typed fields are inferred, and
//     [WalletBalanceUpdatedData].Extra has whatever else comes.
//   - The timeout, the delay before a retry, and what happens when no answer comes.
//   - Any order of events. Creation times are in Meta.
//   - Events added since October 2025: register a [Fallback] to see them. The API of
//     Open Loyalty lists those of your tenant (GET /api/{storeCode}/webhook/event).
//
// One signed delivery of a real tenant settles the first three: see -discover openloyalty of
// examples/receiver, which prints the Config that fits, and stores what it takes without
// secrets and personal texts, for an issue.
//
// # Identities
//
// Strict validation, the default, refuses a delivery with 422 if one of these is
// missing, null, empty or of the wrong type:
//
//   - eventName, or type in its place
//   - data, of an event that has a function
//
// That ids are UUIDs is checked where the provider says so, and reported in
// Delivery.Violations.
//
// A number in place of an identity's text is its text, and drift. What else may be
// wrong without costing a delivery is listed in package envelope.
//
// # Repeated deliveries
//
// After an answer of 4xx or 5xx Open Loyalty sends the delivery once more, with the
// same messageId and another requestId. Delivery.Key is made of the messageId, and
// Options.Idempotency runs your function once a key:
//
//	openloyalty.Config{
//		Secrets: secrets,
//		Options: envelope.Options{
//			Idempotency: &envelope.Idempotency{Store: store},
//		},
//	}
//
// With one retry in all, an event that fails twice is lost: keep what could not be
// done for a try of your own. Two subscriptions to one event are two messages or
// one, which is not documented. Legacy deliveries have no id, and so no key, unless
// Options.Key makes one; it then takes the place of the messageId:
//
//	Key: func(m *envelope.Message) string { ... }
//
// # Late and out of order
//
// Meta.CreatedAt is when the message was made. Keep it with what you store of a member, a
// wallet or a definition, and let an older one change nothing:
//
//   - AvailablePointsAmountChanged: Amount is the balance after the change, to be kept with
//     Meta.CreatedAt; AmountChange is to be added once for each message, in whatever order.
//     WalletBalanceUpdated: Meta.CreatedAt, its payload is inferred.
//   - RewardRedemptionStatusChanged: NewDate, when the new status began, and OldDate, which
//     is the NewDate that must have come before.
//   - UnitsTransferWasAdded: CreatedAt of the transfer. TransactionRegistered: PurchasedAt
//     is the time of the purchase, and Meta.CreatedAt that of the message.
//     CampaignEffectWasApplied and MemberAchievementProgressWasChanged: CreatedAt of the
//     trigger, if it has one. TransactionAssignedToCustomer and CustomerBoughtReward:
//     Meta.CreatedAt. What is added once for each message needs no order.
//   - CustomerLevelChanged, LevelWillExpire, PointsWillExpire, CouponWillExpire,
//     CustomerRegistered, CustomerWasRegisteredWithoutActivation, CustomerUpdated,
//     CustomerDeactivated, CustomerRequestedSendActivationCode,
//     CustomerRequestedPasswordReset, CustomerPhoneNumberWasChanged,
//     CustomerEmailWasChanged, AchievementCreated, AchievementUpdated,
//     AchievementsWereProcessed, CampaignCreated, CampaignUpdated, RewardCreated,
//     RewardUpdated and SegmentMembershipDropped: Meta.CreatedAt.
//   - Legacy deliveries have Meta.CreatedAt if Open Loyalty sends it. Without,
//     LevelAchievementDate orders changes of a tier, and nothing orders the others: read
//     the member from the API.
//
// # The legacy format
//
// Open Loyalty 3 and 4, and subscriptions that the current product marks as legacy,
// send type and data instead of the current envelope. The same handler takes both.
// Legacy events have names and payloads of their own, such as
// [LegacyCustomerRegistered]; to serve both ages, register a function for each. A
// current event's name under type is accepted too.
//
// # What meets a user sooner or later
//
//   - The member is under customer, under member, or spread over the payload. The
//     function [Member] finds it.
//   - A transfer of units between members sends two events, one for each side.
//     [AvailablePointsAmountChanged] and [WalletBalanceUpdated] have the same causes,
//     and [UnitsTransferWasAdded] reports the same units as well: count one of them.
//   - [TransactionRegistered] knows no member id. Wait for
//     [TransactionAssignedToCustomer].
//   - [PointsWillExpire] knows the wallet alone.
//   - data is a list in [AchievementsWereProcessed], and in the legacy notices of
//     what expires.
//   - Five events carry codes with which an account can be taken over. Their type,
//     [CustomerCodeData], hides them from fmt and slog. Your function sees them. A
//     Fallback gets them as JSON text, which hides nothing.
//   - PHP spells an empty object as [], and a list with gaps as an object with
//     numbers for names. Both are understood. Expect null in any place; it is the
//     same as absent.
//   - Numbers of units and money are [envelope.Decimal], which keeps every digit, and
//     tells a sent 0 from nothing.
//   - Translations are a map by language in achievements and a list in rewards.
//   - PointsWillExpire.pointsWillExpire is a time, not a number of points.
//
// Enumerations are open: a value that Open Loyalty adds is in the field as it came,
// its Known is false, and it is reported as drift. A trigger of a new kind keeps
// its JSON text in Other.
package openloyalty
