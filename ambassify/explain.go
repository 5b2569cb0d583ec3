package ambassify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/explain"
)

// Explain returns why a handler of this configuration, with a function for each event,
// refuses a request with the body as it was received; nil if it does not. It accepts
// nothing, and holds no secret and no text of the body. In a handler, see Options.Refused.
func Explain(config Config, r *http.Request, body []byte) []envelope.Cause {
	return config.provider().Explain(config.Options, r, body)
}

// causes is the Causes function of the provider.
func (c Config) causes(secrets []string, r *envelope.Refusal) []envelope.Cause {
	switch {
	case errors.Is(r.Err, envelope.ErrMalformed):
		return explain.As[envelope.Cause](formCauses(r.Err))
	case len(c.EventBusKeys) == 0:
		return c.place().Causes(secrets, r)
	case r.Request != nil && errors.Is(r.Err, envelope.ErrSignature):
		return explain.As[envelope.Cause](c.eventBusCauses(r))
	}
	return nil
}

// formsRefused explain what makes a form ambiguous, or larger than its limits.
var formsRefused = []struct {
	err           error
	code          string
	text, setting string
}{
	{ErrFormLimit, "form_limit", "The form has more pairs, longer keys or deeper nesting than Config.Form allows", "Form: ambassify.FormLimits{MaxPairs: 8192}"},
	{ErrFormSyntax, "form_syntax", "A key or an escape of the form is none", ""},
	{ErrFormConflict, "form_conflict", "A key of the form has a value and members as well", ""},
	{ErrFormRepeated, "form_repeated", "A key of the form came twice, where one value is meant", ""},
	{ErrFormCase, "form_case", "Two keys of the form differ in small and capital letters only", ""},
	{ErrFormIndex, "form_index", "An index of a list in the form is negative, too high, or after a gap", ""},
}

func formCauses(err error) []explain.Cause {
	offset := int64(0)
	if refused := (*envelope.Error)(nil); errors.As(err, &refused) {
		offset = refused.Offset
	}
	for _, f := range formsRefused {
		if errors.Is(err, f.err) {
			return []explain.Cause{{Code: f.code, Text: fmt.Sprintf("%s, near byte %d.", f.text, offset), Setting: f.setting, Certain: true}}
		}
	}
	return nil
}

// eventBusCauses explain a token. Its signature proves what else it says.
func (c Config) eventBusCauses(r *envelope.Refusal) []explain.Cause {
	made, err := c.newEventBus()
	if err != nil {
		return nil
	}
	syntax := explain.Syntax{Name: EventBusHeader, Size: sha256.Size}
	if missing := syntax.Missing(r.Request.Header); len(missing) > 0 {
		return missing
	}
	token, err := tokenOf(r.Request.Header)
	if err != nil {
		return []explain.Cause{{Code: "token", Text: EventBusHeader + " is no JSON Web Token in its compact form: it is cut off, has a word in front, or another sender sends it."}}
	}
	if err := made.verifySignature(token); err != nil {
		text := "No key of EventBusKeys has signed the token: the event bus has a new key, or it is another one."
		if errors.Is(err, envelope.ErrSignatureMalformed) {
			text = "The token's algorithm is none that a key of EventBusKeys may be used with: configure the key of that algorithm."
		}
		return []explain.Cause{{Code: "token_key", Text: text}}
	}
	hash, err := made.verifyClaims(token)
	if err != nil {
		return []explain.Cause{c.claimCause(made, token, err)}
	}
	cause, ok := explain.BodiesOf(r.Body).Find(func(sum [sha256.Size]byte) bool { return hex.EncodeToString(sum[:]) == hash })
	if ok && cause.Code != "" {
		cause.Certain = true
		return []explain.Cause{cause}
	}
	other := explain.Cause{Code: "body_changed", Text: "The token is genuine, and the body is not the one that it was made for: something has changed it on the way.", Certain: true}
	return append([]explain.Cause{other}, explain.Suspects(r.Body, r.Request.ContentLength)...)
}

// claimCause explains a claim of a token that one of the keys has signed.
func (c Config) claimCause(made *eventBus, t token, err error) explain.Cause {
	var sent claims
	switch {
	case errors.Is(err, envelope.ErrSignatureTooOld), errors.Is(err, envelope.ErrSignatureTooNew):
		return explain.Cause{Code: "clock", Text: "The token is genuine, and is not valid at the time of this machine: set its clock, or find what holds deliveries back. A repetition of an old delivery looks the same.", Setting: "EventBusMaxAge: 24 * time.Hour", Certain: true}
	case decodePart(t.claims, &sent) && made.issuer != "" && sent.Issuer != made.issuer:
		return explain.Cause{Code: "token_issuer", Text: "The token is genuine, and of another issuer than EventBusIssuer.", Certain: true}
	case made.audience != "" && !sent.isFor(made.audience):
		return explain.Cause{Code: "token_audience", Text: "The token is genuine, and for another audience than EventBusAudience.", Certain: true}
	}
	return explain.Cause{Code: "token_claims", Text: "The token is genuine, and has no time or no hash of a body in the claim h: it is not of the event bus that is documented.", Certain: true}
}
