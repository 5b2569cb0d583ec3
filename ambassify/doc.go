// Package ambassify receives the webhooks of Ambassify (https://www.ambassify.com)
// as Go values, in both encodings, JSON and form.
//
// # Setting it up
//
// Ambassify's page on webhooks describes what is sent, not where a webhook is
// entered: ask your contact at Ambassify to add one. It has a URL and an encoding;
// this package tells the encodings apart by itself. Choose JSON if you may choose,
// because a form loses types, see below.
//
// Put a long random secret into the URL, for example
//
//	https://shop.example.com/webhooks/ambassify?secret=LONG-RANDOM-TEXT
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
//		"github.com/loyaltyhooks/loyaltyhooks/ambassify"
//	)
//
//	func main() {
//		h, err := ambassify.NewHandler(
//			ambassify.Config{Secrets: []string{os.Getenv("AMBASSIFY_WEBHOOK_SECRET")}},
//			ambassify.CampaignPublishedCommunity.Handle(onPublished),
//			ambassify.InteractionChanged.Handle(onInteraction),
//		)
//		if err != nil {
//			log.Fatal(err)
//		}
//		http.Handle("POST /webhooks/ambassify", h)
//		server := &http.Server{Addr: ":8443", ReadHeaderTimeout: 5 * time.Second}
//		log.Fatal(server.ListenAndServeTLS("cert.pem", "key.pem"))
//	}
//
//	func onPublished(ctx context.Context, d *ambassify.Delivery[ambassify.Campaign]) error {
//		log.Printf("campaign %s: %s", d.Payload.ID, d.Payload.Title.In(ambassify.Dutch, ambassify.English))
//		return nil
//	}
//
//	func onInteraction(ctx context.Context, d *ambassify.Delivery[ambassify.Interaction]) error {
//		if d.Payload.State == ambassify.InteractionRewarded && !d.Payload.Member.IsAnonymous() {
//			log.Printf("member %s earned %s points", d.Payload.Member, d.Payload.Points)
//		}
//		return nil
//	}
//
// Answer fast: how long Ambassify waits is not documented.
//
// # Payload and Meta
//
// Every body is one object: the event's two words (verb and resource), the id of
// the account, and up to four resources with their ids. Delivery.Payload is the
// resource that the event is about. Delivery.Meta has all of it: the event, the
// ids, and pointers to the resources that came along, such as the campaign and the
// member of an interaction.
//
// A resource may be missing although its id is there: after a removal, or for an
// anonymous visitor. The payload is empty then, and its id is in Meta:
//
//	func onRemoved(ctx context.Context, d *ambassify.Delivery[ambassify.Person]) error {
//		return forget(ctx, d.Meta.PersonID)
//	}
//
// # What proves the origin
//
// Ambassify documents no signature, no token and no list of addresses for
// webhooks. The secret in the URL is what proves that a delivery comes from
// somebody who was told that URL. A handler without one is an error, unless
// Options.Unverified says that you want it so. Config.SecretFrom names another
// place than the query value "secret":
//
//   - [envelope.FromPathValue]: a wildcard of the pattern, such as
//     POST /webhooks/ambassify/{secret}
//   - [envelope.FromBasicAuth]: https://user:secret@shop.example.com/webhooks/ambassify,
//     if your account's webhooks keep the user part of a URL
//   - [envelope.FromHeader]: a header that a proxy of yours adds
//
// A secret in a query is compared as decoded and as it is written, so that + and %
// in it do no harm; blanks around secrets don't either.
//
// URLs end up in access logs: keep query and path of this route out of yours, or
// change the secret now and then. Config.Secrets takes several: add the new one,
// have the URL changed, take the old one away. Options.Verifier replaces the check
// by your own.
//
// The company's event bus, which serves its own programs, signs its deliveries with
// a JSON Web Token in the header X-EventBus-Authentication. Whether webhooks of
// customers pass through it is not known. If yours carry that header, ask for the
// public key and set Config.EventBusKeys: a token is then required, must be signed
// with RS256, RS384, RS512, ES256, ES384 or ES512 as the kind of key has it, must
// fit the exact bytes of the body, and must not be expired. A token that does not
// say when it expires is accepted for an hour after its issue;
// Config.EventBusMaxAge, EventBusAudience and EventBusIssuer demand more. RSA keys
// below 2048 bits are refused.
//
// When a delivery is refused and you do not know why, [Explain] looks for the secret in the
// whole request, and for what happened to the body, and names the setting that accepts it;
// Options.Refused does that in a handler. See package [envelope] for the causes.
//
// # What Ambassify does not document
//
//   - The content types and other headers. A Content-Type other than
//     application/json and application/x-www-form-urlencoded is answered with 415;
//     where there is none, a body that begins with { is JSON.
//   - How the form encoding nests. The company's own programs write brackets
//     (campaign[title][en]), as the encoders qs of Node and http_build_query of PHP
//     do; this package takes what both make, and a[]=x and repeated keys for lists.
//   - The answer it expects: 200 with an empty body is sent when your function
//     returns nil, 500 when it returns an error.
//   - Whether it repeats a delivery that failed, how often, and how long it waits:
//     make your function safe to run twice, see below, and keep what it could not
//     do for a try of your own.
//   - Order: there is no time and no count in a delivery.
//   - Which pairs of verb and resource occur. The fourteen events of this package
//     are those that make sense; register a [Fallback] to see others.
//   - The unit of Created of campaigns, interactions and conversions. It is taken
//     for seconds, or for milliseconds where the number is that large.
//   - The names of presets, sources, challenge types and consents, and the members
//     of Interaction.Response.
//
// Options.Drift tells you where your account differs from this package, and
// Delivery.Raw has what was sent.
//
// # Identities
//
// A delivery is refused with 422 if one of these is missing, null, empty or of the
// wrong type:
//
//   - event.name and event.resource in every delivery
//   - the id of the event's resource, in the envelope (person_id) or in the
//     resource itself (person.id)
//
// What else the documentation promises is checked and reported as
// Delivery.Violations: ids of members are UUIDs of version 4 or [anonymous], URLs
// are absolute (http or https) or relative, IP addresses are such, and no resource
// comes without its id in the envelope. See Options.Validation.
//
// A number in place of an identity's text is its text, and drift. What else may be
// wrong without costing a delivery is listed in package envelope.
//
// # Repeated deliveries
//
// A delivery has no id of its own. [NaturalKey] makes a key for the verbs that a
// resource meets once in its life, created and removed, and Options.Idempotency
// then runs your function once a key:
//
//	ambassify.Config{
//		Secrets: secrets,
//		Options: envelope.Options{
//			Key:         ambassify.NaturalKey,
//			Idempotency: &envelope.Idempotency{Store: store},
//		},
//	}
//
// It can't tell two changes of a resource apart, so that those always run.
// [envelope.DigestKey] takes equal bytes within a window of time for a repetition,
// and says what that can cost: a campaign that is changed, and changed back, and
// changed again, may send equal bytes twice.
//
// # Late and out of order
//
// A resource has the time of its creation, Created, and no time or version of a change:
//
//   - campaign.created, interaction.created, conversion.created and person.created: insert
//     the resource unless it is there; what came before, a change, is newer.
//   - campaign.removed, interaction.removed, conversion.removed and person.removed are
//     final. Remember the id, so that a late change does not bring it back.
//   - campaign.changed, campaign.published_community, campaign.published_landing,
//     interaction.changed, conversion.changed and person.changed have nothing to compare.
//     Where the last one must win, take the delivery for a hint, and read the resource by
//     its id from Ambassify's API.
//
// # Forms
//
// A form has text only. Typed fields come out the same in both encodings. Where
// the type is open (PersonProperty.Value, Interaction.Response, profile, consent,
// members of an action) every value is a text: "17", "true" or "1". Null is an
// empty text or nothing, empty lists and objects are nothing, and a list of one
// value cannot be told from a value by all encoders. [envelope.Value] has Decimal,
// Bool and Decode for what you know better.
//
// Before anything is decoded, a form must be one that two readers understand
// alike. Keys that repeat, that differ only in case, that are both a value and an
// object, and lists with negative, very high or missing indices are refused with
// 400, as is what goes beyond Config.Form. Names that Ambassify's customers choose,
// in open values, are free: profile[17]=x and profile[X]=y are members.
//
// A form in windows-1252 or ISO-8859-1 is read as such if its media type says so. In
// any other charset than UTF-8 a text that is not ASCII may get U+FFFD, and is drift. A
// line feed behind a form is none of it. JSON under the media type of a form, which
// curl sends unless told otherwise, is read as JSON.
//
// # What meets a user sooner or later
//
//   - The account's id has three names: organization_id, organization and orgId.
//   - Campaign is an object in Meta and an id in Interaction and Conversion.
//   - Times of a Person are in milliseconds, all others in seconds; their types
//     know. A time of 0 means that it is not set.
//   - [PersonID] may be [Anonymous], with its brackets.
//   - A language may be missing from a text, or empty: name several to
//     [MultilingualString.In].
//   - [PersonOptIn] is an object, or one value for everything. Only an explicit
//     false counts as a refusal, in JSON and in forms also spelled as envelope.Bool reads
//     it: 0, "no", "off" and "False". What is absent, null or empty refuses nothing.
//   - Enumerations are open: a value that Ambassify adds is in the field as it came,
//     its Known is false, and it is reported as drift.
package ambassify
