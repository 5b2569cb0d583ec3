// Package masivo receives the webhooks of Masivo (https://masivo.ai) as Go values.
//
// # Setting it up
//
// In the dashboard of Masivo, open Settings, Webhooks, and choose Add new webhook.
// Enter the URL, choose the events, and save. The URL must be https. An account
// can have several webhooks, each with its own URL and its own events; one URL
// for all of them is enough for this package.
//
// Put a long random secret into the URL, for example
//
//	https://shop.example.com/webhooks/masivo?secret=LONG-RANDOM-TEXT
//
// and give the same secret to the handler:
//
//	package main
//
//	import (
//		"context"
//		"log"
//		"net/http"
//		"os"
//		"time"
//
//		"github.com/loyaltyhooks/loyaltyhooks/masivo"
//	)
//
//	func main() {
//		h, err := masivo.NewHandler(
//			masivo.Config{Secrets: []string{os.Getenv("MASIVO_WEBHOOK_SECRET")}},
//			masivo.TierUpgrade.Handle(onTierUpgrade),
//			masivo.CustomerAccumulation.Handle(onAccumulation),
//		)
//		if err != nil {
//			log.Fatal(err)
//		}
//		http.Handle("POST /webhooks/masivo", h)
//		server := &http.Server{Addr: ":8443", ReadHeaderTimeout: 5 * time.Second}
//		log.Fatal(server.ListenAndServeTLS("cert.pem", "key.pem"))
//	}
//
//	func onTierUpgrade(ctx context.Context, d *masivo.Delivery[masivo.TierChangeData]) error {
//		log.Printf("%s is %s now", d.Payload.CustomerID, d.Payload.ToTierName)
//		return nil
//	}
//
//	func onAccumulation(ctx context.Context, d *masivo.Delivery[masivo.RewardLinesData]) error {
//		for _, line := range d.Payload.Lines {
//			log.Printf("%s got %s of %s", d.Payload.CustomerID, line.Amount, line.RewardID)
//		}
//		return nil
//	}
//
// Answer fast: how long Masivo waits is not documented.
//
// # What proves the origin
//
// Masivo documents no signature, no token and no list of addresses. The secret in
// the URL is what proves that a delivery comes from somebody who was told that
// URL. A handler without one is an error, unless Options.Unverified says that you
// want it so. Config.SecretFrom names another place than the query value
// "secret":
//
//   - [envelope.FromPathValue]: a wildcard of the pattern, such as
//     POST /webhooks/masivo/{secret}
//   - [envelope.FromBasicAuth]: https://user:secret@shop.example.com/webhooks/masivo,
//     if your account's webhooks keep the user part of a URL
//   - [envelope.FromHeader]: a header that a proxy of yours adds
//
// A secret in a query is compared as decoded and as it is written, so that + and %
// in it do no harm; blanks around secrets don't either.
//
// URLs end up in access logs: keep query and path of this route out of yours, or
// change the secret now and then. Config.Secrets takes several: add the new one,
// change the URL at Masivo, take the old one away. Options.Verifier replaces the
// check by your own, for a list of addresses or for what Masivo may add.
//
// The secret proves who calls, not what happened. Read a balance back from the
// storefront API (GET /customers/{id}) before money moves.
//
// When a delivery is refused and you do not know why, [Explain] looks for the secret in the
// whole request, and for what happened to the body, and names the setting that accepts it;
// Options.Refused does that in a handler. See package [envelope] for the causes.
//
// # What Masivo does not document
//
//   - The content type and other headers: the body decides what it is.
//   - The answer it expects: 200 with an empty body is sent when your function
//     returns nil, 500 when it returns an error.
//   - Whether it repeats a delivery that failed, how often, and how long it waits:
//     make your function safe to run twice, see below, and keep what it could not
//     do for a try of your own.
//   - Order: processing is queued, and one cause can send several deliveries, in
//     any order. Each wallet is the state after its own move.
//   - The nested objects: the page on webhooks elides customer, wallet, lines and
//     event. The types here are those of the storefront API's resources of the same
//     names; that webhooks send the same view is an inference. Options.Drift tells
//     you where your account differs, and Delivery.Raw has it.
//   - The payload of [CustomerAnonymousToRegistered], and events beyond the eleven
//     of this package: register a [Fallback] to see them.
//
// # Identities
//
// Strict validation, the default, refuses a delivery with 422 if one of these is
// missing, null, empty or of the wrong type:
//
//   - event and data in every delivery
//   - customer_id in every event but CUSTOMER_ANONYMOUS_TO_REGISTERED
//   - campaign_id and code in COUPON_REDEMPTION
//   - from_tier_id, to_tier_id, from_tier_name, to_tier_name, from_tier_level,
//     to_tier_level and triggered_by in TIER_UPGRADE and TIER_DOWNGRADE
//
// Masivo gives every customer a tier from the start, so that a change always has one
// to come from. Should your account leave out one of these members, see
// Options.Validation.
//
// No format is checked: the ids of customers, brands, channels and stores are your
// own, in any format, and Masivo's examples show UUIDs for all of them.
//
// A number in place of an identity's text is its text, and drift. What else may be
// wrong without costing a delivery is listed in package envelope.
//
// # Repeated deliveries
//
// A delivery has no id, time or count of its own. [NaturalKey] makes a key of the
// content where the content names its cause, and Options.Idempotency then runs your
// function once a key:
//
//	masivo.Config{
//		Secrets: secrets,
//		Options: envelope.Options{
//			Key:         masivo.NaturalKey,
//			Idempotency: &envelope.Idempotency{Store: store},
//		},
//	}
//
// It can't tell a repeated delivery of BEHAVIOR_EVENT_FAILED from a further
// failure of the same behavior event. Registrations, moves of rewards and coupons
// have no natural key; [envelope.DigestKey] takes equal bytes within a window of
// time for a repetition, and says what that can cost.
//
// # Late and out of order
//
// One cause can send several deliveries, in any order, and what is repeated is late:
//
//   - BEHAVIOR_EVENT_FULFILLED and BEHAVIOR_EVENT_FAILED: Event.IssuedAt is when it
//     happened, Event.ResolvedAt when it was processed. Of two deliveries of one event the
//     later ResolvedAt counts.
//   - CUSTOMER_REGISTRATION: Customer.RegistrationDate; the counters of a customer are as
//     new as Metrics.UpdatedAt. CUSTOMER_ANONYMOUS_TO_REGISTERED has a documented name only.
//   - CUSTOMER_ACCUMULATION: the IssuedAt of Lines is when units were granted.
//   - CUSTOMER_REDEMPTION, REWARDS_RESERVATION and REWARDS_RESERVATION_CANCELLED: the
//     IssuedAt of Lines is that of the batch which units were taken from, not of the move.
//     Two wallets can't be put in order by what they say.
//   - TIER_UPGRADE and TIER_DOWNGRADE: no time. FromTierID that is not the tier you have
//     tells that something is missing or late.
//   - COUPON_REDEMPTION: no time; a code says it once, unless it is good for more uses.
//
// Where the last state must win, take the delivery for a hint, and read the customer from
// Masivo's API.
//
// # What meets a user sooner or later
//
//   - Amounts can be fractional, and negative for what was reversed. They are
//     [envelope.Decimal], which keeps every digit.
//   - wallet.totals comes as a list or as a map; [WalletTotals] is a slice for both.
//   - event.result comes as an object, null or a text; see [EventResult].
//   - "Fulfilled" is BehaviorEvent.Fulfilled, never a status: the status of a
//     fulfilled event is expected to be RESOLVED.
//   - A cron downgrade may name a behavior event or not.
//   - Anonymous customers have a placeholder for a name and for an email.
//   - Gift card and coupon codes are worth money; this package logs neither.
//
// Enumerations are open: a value that Masivo adds is in the field as it came, its
// Known is false, and it is reported as drift. Merchants define behavior event
// types of their own, which are reported too.
package masivo
