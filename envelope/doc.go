// Package envelope receives webhooks: it takes a delivery from the request to a
// typed function of yours, whatever provider sent it. The packages masivo,
// openloyalty, mambo and ambassify are built on it; use one of those for their
// webhooks, and this package for the things they share, or for a provider of your
// own.
//
// # The way of a delivery
//
// A [Handler] takes each request the same way, and each step can only refuse it
// or pass it on:
//
//	method, encoding, size → tenant, signature's header → read once → verify the raw
//	bytes → open the envelope → find the route → decode the payload → validate
//	→ claim its key → your function
//
// Nothing is parsed before it is verified, and a handler that has nothing to verify
// with is an error of NewHandler. The part behind the verification is also there
// without HTTP: see [Handler.Dispatch].
//
// # What your function gets
//
// A [Delivery] with the typed payload, what the envelope said beside it (Meta), and
// the exact bytes (Raw). Members that the provider leaves out, sends as null, or
// sends with another JSON type than documented are zero; the other members are
// there all the same. [Options].Drift tells where deliveries differ from the types.
//
// # What the sender is told
//
// 200 when your function returned nil, when nobody wants the event, and for a
// repetition of a finished delivery; otherwise the status in the table at the Err
// variables. [RetryAfter], [Permanent], [Reject] and [ErrDuplicate] let your function
// choose. The answer never carries anything of the delivery.
//
// # What is never shown
//
// Errors, log lines, answers and the printed form of a Delivery carry no part of a
// body and no secret; the text of an error that your function returned is logged, because
// it is yours. JSON Pointers, which may contain names that the sender
// chose, go to the Drift hook and the Delivery only.
package envelope
