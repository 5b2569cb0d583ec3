package envelope

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/internal/explain"
	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// general are the causes that have nothing of a provider. Those of a signature are its
// provider's, unless that has found none.
func (r *Refusal) general(err *Error, isOpen bool) []explain.Cause {
	switch err.Kind {
	case KindMethod:
		return []explain.Cause{methodCause(r.Request.Method)}
	case KindMediaType:
		return []explain.Cause{r.mediaTypeCause()}
	case KindTooLarge:
		return []explain.Cause{{Code: "too_large", Text: fmt.Sprintf("The body is longer than %d bytes.", r.handler.options.MaxBody), Setting: fmt.Sprintf("MaxBody: %d", 4*r.handler.options.MaxBody), Certain: true}}
	case KindRead:
		return []explain.Cause{r.readCause()}
	case KindSignature:
		return r.signatureCauses(err, isOpen)
	case KindMalformed:
		if isOpen {
			return r.malformedCauses(err)
		}
	case KindValidation:
		return validationCauses(err)
	case KindNoEvent:
		return []explain.Cause{{Code: "event_name", Text: "The event's name can't be told from this delivery: say in the configuration where it travels, or add a Fallback.", Certain: isOpen}}
	case KindUnverifiable:
		return []explain.Cause{{Code: "unverifiable", Text: "The delivery could not be verified: " + publicText(err) + ".", Certain: true}}
	}
	return nil
}

func methodCause(method string) explain.Cause {
	switch method {
	case http.MethodGet, http.MethodHead:
		return explain.Cause{Code: "method", Text: "The request was a " + method + ": a browser, a check of the URL, or a redirect, which makes GET of POST. Providers send POST; give them the URL that the redirect leads to.", Certain: true}
	case http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return explain.Cause{Code: "method", Text: "The request was a " + method + ": set the provider or the proxy to POST.", Certain: true}
	}
	return explain.Cause{Code: "method", Text: "The request was no POST.", Certain: true}
}

func (r *Refusal) mediaTypeCause() explain.Cause {
	for coding := range listed(r.Request.Header["Content-Encoding"]) {
		if slices.Contains(codings, coding) {
			return explain.Cause{Code: "body_compressed", Text: "The body is compressed (Content-Encoding " + coding + "): decompress it in front of the handler if the signature is of the plain body, and remove the header.", Certain: true}
		}
	}
	served := strings.Join(r.handler.mediaTypes, " or ")
	came := "another media type"
	if name, _, err := mime.ParseMediaType(r.Request.Header.Get("Content-Type")); err == nil && explain.Quotable(strings.ReplaceAll(name, "/", "-")) {
		came = name
	}
	return explain.Cause{Code: "media_type", Text: came + " came, and " + served + " is served: set the provider to one of these, or let nothing change Content-Type on the way.", Certain: true}
}

func (r *Refusal) readCause() explain.Cause {
	switch declared := r.Request.ContentLength; {
	case declared > 0 && len(r.Body) == 0:
		return explain.Cause{Code: "body_read", Text: fmt.Sprintf("0 of %d bytes came: something has read the body before the handler. Mount the handler in front of what parses bodies, or put the bytes back.", declared), Certain: true}
	case declared > int64(len(r.Body)):
		return explain.Cause{Code: "body_cut", Text: fmt.Sprintf("%d of %d bytes came: the sender or a proxy has ended early, or something has read a part of the body.", len(r.Body), declared), Certain: true}
	}
	return explain.Cause{Code: "body_slow", Text: fmt.Sprintf("The body did not come to its end within %s, or the connection broke.", r.handler.options.ReadTimeout), Setting: "ReadTimeout: " + fmt.Sprintf("%d * time.Second", int(3*r.handler.options.ReadTimeout.Seconds()))}
}

// signatureCauses are what remains when a provider finds no cause.
func (r *Refusal) signatureCauses(err *Error, isOpen bool) []explain.Cause {
	switch {
	case errors.Is(err, ErrUnknownTenant):
		return []explain.Cause{{Code: "tenant_unknown", Text: "Options.Tenant knows nobody for this request: the host, the path or the header that it looks at is another one than it expects.", Certain: true}}
	case isOpen:
		return append(explain.Suspects(r.Body, r.declared()), explain.Secret("secrets"))
	}
	return nil
}

func (r *Refusal) declared() int64 {
	if r.Request == nil {
		return 0
	}
	return r.Request.ContentLength
}

// limits are the reasons that a setting ends, with that setting.
var limits = []struct {
	reason  error
	code    string
	text    string
	setting func(Options) string
}{
	{wire.ErrDepth, "json_depth", "The body is nested deeper than MaxDepth", func(o Options) string { return fmt.Sprintf("MaxDepth: %d", 2*o.MaxDepth) }},
	{wire.ErrMemory, "memory", "The body needs more memory than MaxMemory as Go values", func(o Options) string { return fmt.Sprintf("MaxMemory: %d << 20", 4*o.MaxMemory>>20) }},
	{wire.ErrTwice, "json_twice", "A member that decides about the delivery is there twice", nil},
	{wire.ErrText, "json_unicode", "A member that decides about the delivery is not Unicode", nil},
}

func (r *Refusal) malformedCauses(err *Error) []explain.Cause {
	why := strings.TrimPrefix(reason.Of(err.Err), ErrMalformed.Error()+": ")
	for _, limit := range limits {
		if !strings.HasPrefix(why, limit.reason.Error()) {
			continue
		}
		cause := explain.Cause{Code: limit.code, Text: limit.text + strings.TrimPrefix(why, limit.reason.Error()) + ".", Certain: true}
		if limit.setting != nil {
			cause.Setting = limit.setting(r.handler.options)
		}
		return []explain.Cause{cause}
	}
	causes := explain.Malformed(r.Body, err.Offset, "")
	if len(causes) == 0 {
		causes = explain.Malformed(r.Body, err.Offset, why)
	}
	for i := range causes {
		causes[i].Certain = true
	}
	return causes
}

// rulesBroken explain the kinds of rules. What is left is a format.
var rulesBroken = []struct{ rule, code, text, setting string }{
	{RuleRequired, "identity_missing", "missing, null or empty. Nothing can be done without it; the sender, or something on the way, leaves it out.", "Validation: envelope.ValidateOff"},
	{RuleType, "identity_type", "the JSON type is another one than is documented.", "Validation: envelope.ValidateOff"},
	{"", "rule", "not as documented, which ValidateAll makes a refusal.", "Validation: envelope.ValidateIdentities"},
}

// validationCauses explain identities by their pointers.
func validationCauses(err *Error) (causes []explain.Cause) {
	var invalid *ValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	for _, broken := range rulesBroken {
		var pointers []string
		for _, v := range invalid.Violations {
			if v.Rule == broken.rule || broken.rule == "" && !v.refuses() {
				pointers = append(pointers, v.safePointer())
			}
		}
		if len(pointers) == 0 {
			continue
		}
		if more := len(pointers) - maxInText; more > 0 {
			pointers = append(pointers[:maxInText], fmt.Sprintf("%d more", more))
		}
		causes = append(causes, explain.Cause{
			Code: broken.code, Setting: broken.setting, Certain: true,
			Text: strings.Join(pointers, ", ") + ": " + broken.text,
		})
	}
	return causes
}
