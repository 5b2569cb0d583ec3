package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// TransactionRegisteredData is the payload of TransactionRegistered. It has no
// member id: a transaction is matched to a member afterwards, which
// TransactionAssignedToCustomer reports.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type TransactionRegisteredData struct {
	TransactionID  string                  `json:"transactionId,omitzero" validate:"omitempty,uuid"` // id of the transaction
	DocumentNumber string                  `json:"documentNumber,omitzero"`                          // number of the receipt or invoice
	PurchasedAt    envelope.Time           `json:"purchasedAt,omitzero"`                             // when the purchase was made
	DocumentType   DocumentType            `json:"documentType,omitzero"`                            // sale or return
	CustomerData   TransactionCustomerData `json:"customerData,omitzero"`                            // what the document says about the customer
	Items          []TransactionItem       `json:"items,omitzero"`                                   // the lines of the document
	ChannelID      string                  `json:"channelId,omitzero" validate:"omitempty,uuid"`     // channel of the sale; may be null
}

func (d TransactionRegisteredData) member() MemberRef {
	c := d.CustomerData
	return MemberRef{Email: c.Email, Phone: c.Phone, LoyaltyCardNumber: c.LoyaltyCardNumber}
}

// DocumentType tells a sale from a return.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type DocumentType string

// The document types that the API knows.
const (
	DocumentTypeSell   DocumentType = "sell"
	DocumentTypeReturn DocumentType = "return"
)

// Known reports whether t is one of the constants.
func (t DocumentType) Known() bool {
	switch t {
	case DocumentTypeSell, DocumentTypeReturn:
		return true
	}
	return false
}

// TransactionCustomerData is the customer as written on the document, who need
// not be a member.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type TransactionCustomerData struct {
	Email             string          `json:"email,omitzero"`             // may be empty
	Name              string          `json:"name,omitzero"`              // first and last name
	NIP               string          `json:"nip,omitzero"`               // tax number, as in Company
	Phone             string          `json:"phone,omitzero"`             // may be empty
	LoyaltyCardNumber string          `json:"loyaltyCardNumber,omitzero"` // may be empty
	Address           CustomerAddress `json:"address,omitzero"`           // zero if none was given
}

// TransactionItem is one line of a transaction.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type TransactionItem struct {
	SKU        SKU              `json:"sku,omitzero"`        // code of the product
	Name       string           `json:"name,omitzero"`       // name of the product
	Quantity   envelope.Int     `json:"quantity,omitzero"`   // how many of it
	GrossValue envelope.Decimal `json:"grossValue,omitzero"` // value of the whole line with tax
	Category   string           `json:"category,omitzero"`   // category of the product
	Maker      string           `json:"maker,omitzero"`      // brand of the product
	Labels     []KeyValue       `json:"labels,omitzero"`     // free labels, of text, numbers and booleans
}

// SKU is the code of a product. It is an object in webhooks, although the request
// that creates a transaction takes plain text.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type SKU struct {
	Code string `json:"code,omitzero"` // the code itself
}

// TransactionAssignedToCustomerData is the payload of
// TransactionAssignedToCustomer.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/webhooks.yaml
type TransactionAssignedToCustomerData struct {
	TransactionID string           `json:"transactionId,omitzero" validate:"omitempty,uuid"` // id of the transaction
	GrossValue    envelope.Decimal `json:"grossValue,omitzero"`                              // value of the transaction with tax
	Customer      WebhookCustomer  `json:"customer,omitzero" validate:"omitzero"`            // the member it belongs to
}

func (d TransactionAssignedToCustomerData) member() MemberRef { return d.Customer.member() }
