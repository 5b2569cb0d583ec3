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
// # What senders may get wrong
//
// A sender that has proved who he is may be sloppy. None of the following costs a
// delivery; what changes a value is drift.
//
//   - Bytes: a byte order mark or white space around the body; text that is not
//     Unicode, which gets U+FFFD; a name twice, of which the last one counts;
//     Content-Encoding without a coding (utf-8, none, 8bit); Content-Type twice.
//   - Texts: a number or true in place of a text is its text; PHP's false is no text.
//   - Numbers: text that holds a number; 5.0 for 5; a fraction in place of an integer,
//     which [Int] keeps.
//   - Booleans: the spellings listed at [Bool].
//   - Moments: the spellings listed at [Time], a DateTime of PHP, and Unix time in any
//     unit; see [UnixTime].
//   - Lists and objects: [] for an empty object, and an object with numbers for names in
//     place of a list.
//   - Members and values that nobody knows.
//
// Refused with 400 is what is no JSON, and the name of the event, the member of the
// payload and identities that are sent twice or are not Unicode; with 422 an identity
// that is missing or of another type, but for a number in place of its text, and a
// payload of another type.
//
// # What the sender is told
//
// 200 when your function returned nil, when nobody wants the event, and for a
// repetition of a finished delivery; otherwise the status in the table at the Err
// variables. [RetryAfter], [Permanent], [Reject] and [ErrDuplicate] let your function
// choose. The answer never carries anything of the delivery.
//
// # Why a delivery was refused
//
// The Explain function of a provider's package, and [Refusal.Explain] in
// [Options.Refused], try what a signature may have been made of. These are the codes of
// a [Cause]:
//
//   - secret: no reading of the secrets fits; it is another one, or the body is not the
//     provider's. Secret_blanks, secret_case, secret_encoding, secret_escaped,
//     secret_prefix and secret_quotes: it is configured in another spelling. Key_encoding:
//     its digits are the key otherwise.
//   - secret_missing, secret_twice, secret_place, secret_pattern: a shared secret did not
//     come, came twice, in another place, or in a path without a wildcard for it.
//   - not_signed, header_missing, header_twice, signature_header, signature_syntax,
//     digest_format, digest_prefix, algorithm: headers of the signature that did not come,
//     came twice, under another name, or in another form.
//   - timestamp_format, timestamp_header, clock: its time is in another unit or place, or
//     too far from the present.
//   - separator, signed_text, request_id: what is signed besides the body.
//   - host, path, host_and_path, path_query: the URL that was signed is another one.
//   - body_base64, body_blanks, body_bom, body_changed, body_charset, body_compressed,
//     body_cut, body_empty, body_escaped, body_form, body_html, body_line_ends, body_list, body_read,
//     body_reencoded, body_slow, body_text, body_utf16, body_wrapped, too_large: what
//     happened to the body on its way.
//   - json_behind, json_control, json_depth, json_quotes, json_syntax, json_twice,
//     json_unicode, json_word, memory, malformed, form_case, form_conflict, form_index,
//     form_limit, form_repeated, form_syntax: why it can't be read.
//   - identity_missing, identity_type, rule: what is missing or mistyped in it.
//   - event_name, event_header, event_path: why its event can't be told.
//   - token, token_key, token_issuer, token_audience, token_claims: a token of Ambassify's
//     event bus.
//   - tenant_unknown, tenant_other, unverifiable, config: Options that do not fit.
//   - method, media_type: not a POST, or not a type that is served.
//   - not_tried: the search has ended before everything was tried.
//
// # What is never shown
//
// Errors, log lines, answers and the printed form of a Delivery carry no part of a
// body and no secret; the text of an error that your function returned is logged, because
// it is yours. JSON Pointers, which may contain names that the sender
// chose, go to the Drift hook and the Delivery only.
package envelope
