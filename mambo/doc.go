// Package mambo receives the webhooks of Mambo (https://mambo.io) as Go values:
// activities, points, rewards, coupons, leaderboards and users of a platform for
// gamification.
//
// # Setting it up
//
// In Mambo, open the webhooks of the account and create one for each event that
// you want; if yours does not let you choose a single event, go on at "Which event
// it is". Put the event's name into its URL, for example
//
//	https://shop.example.com/webhooks/mambo/UserMemberJoined
//
// enter a long random secret, the same for all of them, and choose Pinned as the
// payload version. Mambo demands HTTPS and an address that is reachable from the Internet.
// Give the secret to the handler:
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
//		"github.com/loyaltyhooks/loyaltyhooks/mambo"
//	)
//
//	func main() {
//		h, err := mambo.NewHandler(
//			mambo.Config{
//				Secrets:        []string{os.Getenv("MAMBO_WEBHOOK_SECRET")},
//				EventPathValue: "event",
//			},
//			mambo.UserMemberJoined.Handle(onJoined),
//			mambo.ActivityAwardedAdded.Handle(onAwarded),
//		)
//		if err != nil {
//			log.Fatal(err)
//		}
//		http.Handle("POST /webhooks/mambo/{event}", h)
//		server := &http.Server{Addr: ":8443", ReadHeaderTimeout: 5 * time.Second}
//		log.Fatal(server.ListenAndServeTLS("cert.pem", "key.pem"))
//	}
//
//	func onJoined(ctx context.Context, d *mambo.Delivery[mambo.User]) error {
//		log.Printf("user %s joined", d.Payload.ID)
//		return nil
//	}
//
//	func onAwarded(ctx context.Context, d *mambo.Delivery[mambo.Activity]) error {
//		for _, awarded := range d.Payload.Awarded {
//			log.Printf("user %s has %s", d.Payload.UserID, awarded.Name)
//		}
//		return nil
//	}
//
// If nothing arrives, look, as Mambo advises, whether the address is public, at the log of
// deliveries in its dashboard, at how long your answers take, and at the signature; -discover
// of examples/receiver and [Explain] help with the last.
//
// When a webhook is created, Mambo sends a [Ping] to its URL. A handler answers it
// with or without a function for it. Answer fast: how long Mambo waits is not
// documented.
//
// # Which event it is
//
// Mambo documents that a body is the data model of its event, and not how a
// delivery names the event. The bodies of [UserCreated] and [UserUpdated] look the
// same. These settings tell the event, in the order in which they count:
//
//   - Config.EventPathValue: the event is in the URL, as above. That works without
//     knowing anything else. With a router that is not http.ServeMux, call
//     SetPathValue on the request first.
//   - Config.EventResolver: a function of yours looks at header and body.
//   - Config.EventHeader: the event is in a header, once you have seen which.
//
// Where they say nothing, the members event, eventType and type of the body are looked
// at, and then the headers X-Mambo-Event, X-Mambo-Event-Type and X-Mambo-Webhook-Event:
// the body is signed, headers are not. They are believed only if they name an event that
// is known. If a member of the body does, and there is an object under data or payload,
// that object is the payload. A body that is exactly {"message":"ping"} is a Ping,
// whatever URL it comes to. Meta.EventFrom says how the name was found, and
// [EventFrom.Guessed] whether that was a guess.
//
// If the event can't be told, the [Fallback] gets the delivery. Without one Mambo is
// told 500, so that it shows there and comes again. NewHandler refuses a Config
// that names no place for the event and has no Fallback.
//
// To find out what your Mambo sends, begin with a Fallback alone, and look at the
// Header and Raw of some deliveries.
//
// # What proves the origin
//
// A delivery carries an HMAC-SHA256 of a timestamp and its body in the header
// X-Mambo-Signature, made anew for each attempt. It is checked, and a timestamp more
// than five minutes from now, before or after, is refused; Config.Tolerance changes
// that. To change a secret, add the new one to Config.Secrets, change it at Mambo,
// and take the old one away. A handler without any is an error, unless
// Options.Unverified says that you want it so.
//
// URL and headers are not signed, and so neither is the event's name, unless it is
// in the body and no setting names another place for it. Who gets hold of a delivery can
// send it under another name as long as its timestamp is accepted. Let the body decide
// where it can: a user who left has an IsMember that is false.
//
// When a delivery is refused and you do not know why, [Explain] tries what its signature
// may have been made of, and names the setting that accepts it; Options.Refused does that
// in a handler. See package [envelope] for the causes.
//
// # What Mambo does not document
//
//   - How timestamp and digest stand in the header: names, order and punctuation do
//     not matter, as long as there is one number of 10 or 13 digits, taken for
//     seconds or milliseconds, and a digest of 64 hex digits.
//   - What stands between timestamp and body when they are signed: nothing and a
//     full stop are both tried. Name the right one in Config.Separators once you
//     know it.
//   - The models, which are in a data dictionary that is not public. Most types here
//     are those of the vendor's SDK for its REST API; their comments say "REST
//     shape, inferred for webhooks". Single fields are marked as inferred, or as
//     observed in REST answers. Package mambotest has the confidence and the source
//     of each field.
//   - The payloads of [NotificationCreated], [KPICreated], [CouponStateAdded],
//     [PointWalletUpdated] and their like, beyond a few inferred fields.
//   - Which answers it takes for a failure, how often and for how long it repeats a
//     failed delivery, and its addresses.
//   - Any order of events.
//
// One real account settles the first two, and where the event's name is: run
//
//	MAMBO_WEBHOOK_SECRET=... go run ./examples/receiver -discover mambo
//
// in a checkout of this module, give its address to a new webhook, and read the Config that
// it prints. The Ping of the new webhook settles the signature. What it stores has no
// secret and no personal text; attached to an issue, it lets this package say what it can
// only infer.
//
// A guess that is wrong costs a field that stays zero, and never a delivery: members
// that are not known and types that do not fit are reported to Options.Drift, and
// Delivery.Raw has the body as it came. Set Options.Drift from the first day. Where
// you have seen what your Mambo sends, you can give an event a type of your own:
//
//	envelope.NewEvent[mambo.Meta, Wallet]("PointWalletUpdated").Handle(onWallet)
//
// # Payload versions
//
// Pinned keeps the payloads of your account's API version, also for events that are newer,
// until you move the pin. With Latest they change
// when Mambo is upgraded: a field that was renamed is zero from then on, and its new
// name is drift. New members, new events and IDs of another form come with either.
//
// # Identities
//
// Strict validation, the default, refuses a delivery with 422 if this is missing,
// null, empty or of the wrong type:
//
//   - message in a Ping
//
// Nothing else is documented to be there. No format is checked.
//
// A number in place of an identity's text is its text, and drift. What else may be
// wrong without costing a delivery is listed in package envelope.
//
// # Repeated deliveries
//
// Mambo repeats deliveries that failed, and people can repeat them in the panel. A
// delivery has no id of its own. [NaturalKey] makes a key of what happens only once,
// and Options.Idempotency then runs your function once a key:
//
//	mambo.Config{
//		Secrets:        secrets,
//		EventPathValue: "event",
//		Options: envelope.Options{
//			Key:         mambo.NaturalKey,
//			Idempotency: &envelope.Idempotency{Store: store},
//		},
//	}
//
// Changes have no natural key. Let your function store what it is told, such as a
// balance, instead of adding to what it has, and a repetition does no harm.
// [envelope.DigestKey] takes equal bytes within a window of time for a repetition,
// and says what that can cost. It looks at the event's name, too: a UserMemberLeft
// right after a UserUpdated of the same body is another delivery, if the name is told.
//
// # Late and out of order
//
// A delivery that is repeated can come after news of what has happened since. Bodies have
// the time of creation, inferred, and no time or version of a change:
//
//   - ActivityCreated, NotificationCreated, PointCreated, BehaviourCreated, RewardCreated,
//     KPICreated, LeaderboardCreated, CouponCreated, CouponStateAdded, TagCreated and
//     UserCreated happen once for an ID. They need no order: insert a row unless it is
//     there, so that what an update has written stays. CreatedOn, and AwardedOn of a
//     coupon's state, order them among each other.
//   - ActivityBehavioursAdded, ActivityAwardedAdded, ActivityExpiredPointsDebited and
//     ActivityRejected have the activity as it is then. CreatedOn orders activities, and
//     not the news of one.
//   - UserUpdated, UserMemberJoined, UserMemberLeft, PointWalletUpdated, PointUpdated,
//     BehaviourUpdated, RewardUpdated, KPIUpdated, LeaderboardUpdated,
//     LeaderboardRankingUpdated, CouponUpdated, TagUpdated and NotificationRead have
//     nothing to compare. Where the last one must win, take the delivery for a hint, and
//     read the present state by its ID from Mambo's REST API.
//
// # What meets a user sooner or later
//
//   - UUID is your own identifier of a user: an e-mail address, a staff number,
//     seldom a UUID. ID is Mambo's, and opaque.
//   - Points, behaviours, rewards, coupons, tags and users inside another model are
//     given by their IDs. Prizes, expirations and other small parts are whole.
//   - Objects of several shapes (attrs, expirations, periods, rules on metadata)
//     have one pointer for each; look which one is set. [Recurrence].FixedPeriod and
//     VariablePeriod both come under the name period.
//   - Weekdays count from 0 for Monday, unlike time.Weekday. Months count from 1.
//   - Amounts of points can be fractional. They are [envelope.Decimal], which keeps
//     every digit, and tells a sent 0 from nothing.
//   - Behaviour.Activity holds words for a stream of activities, and no Activity.
//   - It is behaviour with a u, and personalization with a z.
//   - Bodies in the shapes of 2015 leave fields zero: points beside prizes instead
//     of in them, one day instead of a list. They are drift, and in Raw.
//   - Coupon codes are worth money; this package logs none.
//
// Enumerations are open: a value that Mambo adds is in the field as it came, its
// Known is false, and it is reported as drift. An object of a new shape keeps its
// JSON text in Other.
package mambo
