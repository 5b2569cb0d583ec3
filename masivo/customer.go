package masivo

import (
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// CustomerRegistrationData is the payload of CustomerRegistration: the new
// profile and the wallet that was opened with it.
//
// Source: https://docs.masivo.ai/api-reference/guides/setup-webhooks
type CustomerRegistrationData struct {
	CustomerID string   `json:"customer_id,omitzero" validate:"required"` // your own id for the customer, in any format
	Customer   Customer `json:"customer,omitzero"`                        // the new profile
	Wallet     Wallet   `json:"wallet,omitzero"`                          // opened with the profile
}

// CustomerAnonymousToRegisteredData is the payload of
// CustomerAnonymousToRegistered. Masivo documents the name of that event only;
// the members are taken from CustomerRegistrationData, and none is required. The
// id that the visitor had before may come under a name of its own: look for it
// in the delivery's Raw.
//
// Source: https://docs.masivo.ai/resources/data-architecture/registration
type CustomerAnonymousToRegisteredData struct {
	CustomerID string   `json:"customer_id,omitzero"` // Inferred: the id after identification, which may differ from the anonymous one
	Customer   Customer `json:"customer,omitzero"`    // Inferred: the profile after identification
	Wallet     Wallet   `json:"wallet,omitzero"`      // Inferred: the wallet after identification
}

// Customer is the profile of a member of the program, as the storefront API
// shows it. That view has grown over time: any member may be absent.
//
// Source: https://docs.masivo.ai/api-reference/customers/[id]/get
type Customer struct {
	ID               string                    `json:"id,omitzero"`                // your own id; absent where an event result shows no customer
	Name             string                    `json:"name,omitzero"`              // full name; a placeholder while the customer is anonymous
	Email            string                    `json:"email,omitzero"`             // a placeholder, not always an address, while the customer is anonymous
	RegistrationDate envelope.Time             `json:"registration_date,omitzero"` // when the customer joined
	Status           CustomerStatus            `json:"status,omitzero"`            // state of the profile
	IsAnonymous      bool                      `json:"is_anonymous,omitzero"`      // true until the visitor is identified
	Gender           Gender                    `json:"gender,omitzero"`            // null if not known
	DOB              envelope.Time             `json:"dob,omitzero"`               // date of birth, sent as a full timestamp; null if not known
	DocumentType     string                    `json:"document_type,omitzero"`     // kind of identity document
	DocumentNumber   string                    `json:"document_number,omitzero"`   // up to 50 characters
	Country          string                    `json:"country,omitzero"`           // free text of up to 100 characters, no ISO code by contract
	Phone            string                    `json:"phone,omitzero"`             // may contain spaces
	PhoneVerified    bool                      `json:"phone_verified,omitzero"`    // whether Phone was proven to be theirs
	TierID           string                    `json:"tier_id,omitzero"`           // UUID of the tier the customer is in
	Tags             map[string]envelope.Value `json:"tags,omitzero"`              // your tags for conditions: free names, any primitive as the value
	Consent          Consent                   `json:"consent,omitzero"`           // null or empty if none was recorded, and then everything counts as allowed
	Metrics          CustomerMetrics           `json:"metrics,omitzero"`           // often an empty object
	Metadata         map[string]envelope.Value `json:"metadata,omitzero"`          // your free-form data; may be null
	Platforms        []string                  `json:"platforms,omitzero"`         // Inferred: the platforms named when the customer was registered
}

// CustomerStatus is the state of a profile.
//
// Source: https://docs.masivo.ai/api-reference/customers/[id]/get
type CustomerStatus string

// The documented states of a profile.
const (
	CustomerStatusActive   CustomerStatus = "ACTIVE"
	CustomerStatusInactive CustomerStatus = "INACTIVE"
)

// Known reports whether s is one of the constants.
func (s CustomerStatus) Known() bool {
	switch s {
	case CustomerStatusActive, CustomerStatusInactive:
		return true
	}
	return false
}

// Gender is the gender of a customer.
//
// Source: https://docs.masivo.ai/api-reference/customers/[id]/get
type Gender string

// The documented genders.
const (
	GenderMale   Gender = "MALE"
	GenderFemale Gender = "FEMALE"
)

// Known reports whether g is one of the constants.
func (g Gender) Known() bool {
	switch g {
	case GenderMale, GenderFemale:
		return true
	}
	return false
}

// Consent is what a customer agreed to, modelled on the IAB TCF.
//
// Source: https://docs.masivo.ai/api-reference/customers/[id]/consent/get
type Consent struct {
	ConsentString    string          `json:"consent_string,omitzero"`    // encoded TCF string
	Version          string          `json:"version,omitzero"`           // of the consent scheme, such as 2.0
	ConsentTimestamp envelope.Time   `json:"consent_timestamp,omitzero"` // when it was given
	CustomerID       string          `json:"customer_id,omitzero"`       // your own id of the customer
	Purposes         ConsentPurposes `json:"purposes,omitzero"`          // what it covers
	Vendors          map[string]bool `json:"vendors,omitzero"`           // opt-in by vendor id
}

// ConsentPurposes are the purposes that Masivo checks before it processes or
// shares data. A refusal is an explicit false (IsFalse), not a missing member.
//
// Source: https://docs.masivo.ai/resources/data-architecture/privacy
type ConsentPurposes struct {
	BehavioralCampaigns envelope.Bool `json:"behavioral_campaigns,omitzero"` // rewards for behavior events; if refused, they send no webhooks
	CouponCampaigns     envelope.Bool `json:"coupon_campaigns,omitzero"`     // rewards for coupons
	PunchcardCampaigns  envelope.Bool `json:"punchcard_campaigns,omitzero"`  // rewards for punch cards
	EmailMarketing      envelope.Bool `json:"email_marketing,omitzero"`      // marketing by email
	PushNotifications   envelope.Bool `json:"push_notifications,omitzero"`   // push messages
	LinkTracking        envelope.Bool `json:"link_tracking,omitzero"`        // tracking of links in messages
}

// CustomerMetrics are counters of a customer by period. Which periods are sent
// follows the reporting settings of the account; a period that was never
// computed is null.
//
// Source: https://docs.masivo.ai/api-reference/customers/migrate/post
type CustomerMetrics struct {
	Lifetime       CustomerPeriodMetrics     `json:"lifetime,omitzero"`        // since the customer joined
	LastYear       CustomerPeriodMetrics     `json:"last_year,omitzero"`       // the calendar year before
	ThisYear       CustomerPeriodMetrics     `json:"this_year,omitzero"`       // the year of UpdatedAt
	LastQuarter    CustomerPeriodMetrics     `json:"last_quarter,omitzero"`    // the three months before
	ThisQuarter    CustomerPeriodMetrics     `json:"this_quarter,omitzero"`    // the quarter of UpdatedAt
	LastMonth      CustomerPeriodMetrics     `json:"last_month,omitzero"`      // the month before
	ThisMonth      CustomerPeriodMetrics     `json:"this_month,omitzero"`      // the month of UpdatedAt
	LastSemester   CustomerPeriodMetrics     `json:"last_semester,omitzero"`   // the half year before
	ThisSemester   CustomerPeriodMetrics     `json:"this_semester,omitzero"`   // Inferred: the pair of LastSemester
	UpdatedAt      envelope.Time             `json:"updated_at,omitzero"`      // when the counters were last computed
	TotalPurchases envelope.Decimal          `json:"total_purchases,omitzero"` // Observed: number of purchases, in an older form of this object
	Extra          map[string]envelope.Value `json:"-" wire:"extra"`           // members with no field here, such as computed traits
}

func (m *CustomerMetrics) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, m) }
func (m CustomerMetrics) MarshalJSON() ([]byte, error)  { return wire.Marshal(&m) }

// CustomerPeriodMetrics are the counters of one period.
//
// Source: https://docs.masivo.ai/api-reference/guides/migrate-customers
type CustomerPeriodMetrics struct {
	From              envelope.Time    `json:"from,omitzero"`                // inclusive
	To                envelope.Time    `json:"to,omitzero"`                  // inclusive, to the millisecond
	TierID            string           `json:"tier_id,omitzero"`             // UUID of the tier held in the period; may be null
	LastVisit         envelope.Time    `json:"last_visit,omitzero"`          // last purchase or visit; may be null
	LastSession       envelope.Time    `json:"last_session,omitzero"`        // newer than last_visit; may be absent
	SpendTotal        envelope.Decimal `json:"spend_total,omitzero"`         // money spent
	NumberOfPurchases envelope.Decimal `json:"number_of_purchases,omitzero"` // purchases made
}
