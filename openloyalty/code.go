package openloyalty

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// CustomerCodeData is the payload of the five events that carry a code:
// CustomerWasRegisteredWithoutActivation, CustomerRequestedSendActivationCode,
// CustomerRequestedPasswordReset, CustomerPhoneNumberWasChanged and
// CustomerEmailWasChanged. You deliver the code to the member, who hands it back
// to confirm the request.
//
// Whoever knows a code can take over the account, so the type hides it from fmt
// and slog. Encoding to JSON shows it, and so does printing the fields alone.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type CustomerCodeData struct {
	Customer   WebhookCustomer `json:"customer,omitzero" validate:"omitzero"` // who asked
	Code       string          `json:"code,omitzero"`                         // secret: the token for a link in an e-mail
	CodeNumber envelope.Int    `json:"codeNumber,omitzero"`                   // secret: the same as a number, for a text message
}

func (d CustomerCodeData) member() MemberRef { return d.Customer.member() }

// String names the member and hides the code.
func (d CustomerCodeData) String() string {
	return "{customerId:" + d.Customer.CustomerID + " code:" + hidden + "}"
}

// GoString is String with the name of the type.
func (d CustomerCodeData) GoString() string { return "openloyalty.CustomerCodeData" + d.String() }

// Format hides the code from every verb of fmt.
func (d CustomerCodeData) Format(f fmt.State, verb rune) {
	text := d.String()
	if verb == 'v' && f.Flag('#') {
		text = d.GoString()
	}
	_, _ = io.WriteString(f, text) // fmt has nowhere to report an error.
}

// LogValue names the member and hides the code.
func (d CustomerCodeData) LogValue() slog.Value {
	return slog.GroupValue(slog.String("customerId", d.Customer.CustomerID), slog.String("code", hidden))
}

const hidden = "[hidden]"
