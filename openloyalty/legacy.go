package openloyalty

import (
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// The payloads of this file are those of Open Loyalty 3 and 4, and of
// subscriptions that the current product still marks as legacy.

// LegacyCustomerIDData is the payload of LegacyCustomerUpdated and
// LegacyCustomerDeactivated.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyCustomerIDData struct {
	CustomerID string `json:"customerId,omitzero" validate:"omitempty,uuid"` // id of the member
}

func (d LegacyCustomerIDData) member() MemberRef { return MemberRef{CustomerID: d.CustomerID} }

// LegacyCustomerRegisteredData is the payload of LegacyCustomerRegistered.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyCustomerRegisteredData struct {
	CustomerID string                `json:"customerId,omitzero" validate:"omitempty,uuid"` // id of the new member
	Data       LegacyCustomerProfile `json:"data,omitzero" validate:"omitzero"`             // what the registration form held
}

func (d LegacyCustomerRegisteredData) member() MemberRef {
	c := d.Data
	return MemberRef{CustomerID: d.CustomerID, Email: c.Email, Phone: c.Phone.String(), LoyaltyCardNumber: c.LoyaltyCardNumber}
}

// LegacyCustomerProfile is the profile of a new member. Its members depend on the
// registration form.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyCustomerProfile struct {
	FirstName             string            `json:"firstName,omitzero"`                          // given name
	LastName              string            `json:"lastName,omitzero"`                           // family name
	Email                 string            `json:"email,omitzero"`                              // may be empty
	Gender                Gender            `json:"gender,omitzero"`                             // may be absent
	Phone                 envelope.Value    `json:"phone,omitzero"`                              // text or a bare number; its String gives either
	LevelAchievementDate  envelope.Time     `json:"levelAchievementDate,omitzero"`               // when the member reached the tier
	CreatedAt             envelope.UnixTime `json:"createdAt,omitzero"`                          // when the member was created
	Address               CustomerAddress   `json:"address,omitzero"`                            // zero if none was given
	Company               Company           `json:"company,omitzero"`                            // zero for a private person
	LoyaltyCardNumber     string            `json:"loyaltyCardNumber,omitzero"`                  // may be empty
	Labels                []StringLabel     `json:"labels,omitzero"`                             // called custom attributes today
	Agreement1            bool              `json:"agreement1,omitzero"`                         // consent to the terms
	Agreement2            bool              `json:"agreement2,omitzero"`                         // second consent, of the tenant's own meaning
	Agreement3            bool              `json:"agreement3,omitzero"`                         // third consent, of the tenant's own meaning
	ReferralCustomerEmail string            `json:"referral_customer_email,omitzero"`            // e-mail of the referring member; may be null
	LevelID               string            `json:"levelId,omitzero" validate:"omitempty,uuid"`  // tier
	PosID                 string            `json:"posId,omitzero" validate:"omitempty,uuid"`    // point of sale
	SellerID              string            `json:"sellerId,omitzero" validate:"omitempty,uuid"` // seller; from 4.1 on
}

// LegacyLevelChangedData is the payload of LegacyCustomerLevelChanged.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyLevelChangedData struct {
	CustomerID           string        `json:"customerId,omitzero" validate:"omitempty,uuid"` // id of the member
	LevelID              string        `json:"levelId,omitzero" validate:"omitempty,uuid"`    // the new tier; empty if the member has none any more
	LevelName            string        `json:"levelName,omitzero"`                            // Observed: name of the new tier; may be null
	LevelAchievementDate envelope.Time `json:"levelAchievementDate,omitzero"`                 // when the tier was reached; from 4.1 on
}

func (d LegacyLevelChangedData) member() MemberRef { return MemberRef{CustomerID: d.CustomerID} }

// LegacyLevelChangedAutomaticallyData is the payload of
// LegacyCustomerLevelChangedAutomatically.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyLevelChangedAutomaticallyData struct {
	CustomerID           string        `json:"customerId,omitzero" validate:"omitempty,uuid"` // id of the member
	LevelID              string        `json:"levelId,omitzero" validate:"omitempty,uuid"`    // the new tier
	LevelName            string        `json:"levelName,omitzero"`                            // name of the new tier
	LevelMove            LevelMove     `json:"levelMove,omitzero"`                            // direction of the change
	LevelAchievementDate envelope.Time `json:"levelAchievementDate,omitzero"`                 // when the tier was reached; from 4.1 on
}

func (d LegacyLevelChangedAutomaticallyData) member() MemberRef {
	return MemberRef{CustomerID: d.CustomerID}
}

// LevelMove is the direction in which a tier changed.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LevelMove string

// The documented directions. The sender says down for whatever is not up.
const (
	LevelMoveUp   LevelMove = "up"
	LevelMoveDown LevelMove = "down"
)

// Known reports whether m is one of the constants.
func (m LevelMove) Known() bool {
	switch m {
	case LevelMoveUp, LevelMoveDown:
		return true
	}
	return false
}

// LegacyTransactionRegisteredData is the payload of LegacyTransactionRegistered.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyTransactionRegisteredData struct {
	TransactionID   string                    `json:"transactionId,omitzero" validate:"omitempty,uuid"` // id of the transaction
	TransactionData LegacyTransactionHeader   `json:"transactionData,omitzero"`                         // head of the document
	CustomerData    LegacyTransactionCustomer `json:"customerData,omitzero"`                            // what the document says about the customer
	Items           []TransactionItem         `json:"items,omitzero"`                                   // the lines of the document
	PosID           string                    `json:"posId,omitzero" validate:"omitempty,uuid"`         // point of sale; may be null
	PostID          string                    `json:"postId,omitzero" validate:"omitempty,uuid"`        // Observed: the point of sale under the name that 3.2.0 gives it
}

func (d LegacyTransactionRegisteredData) member() MemberRef {
	c := d.CustomerData
	return MemberRef{Email: c.Email, Phone: c.Phone, LoyaltyCardNumber: c.LoyaltyCardNumber}
}

// LegacyTransactionHeader is the head of a transaction's document.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyTransactionHeader struct {
	DocumentType   DocumentType   `json:"documentType,omitzero"`   // sale or return
	DocumentNumber string         `json:"documentNumber,omitzero"` // number of the receipt or invoice
	PurchasePlace  string         `json:"purchasePlace,omitzero"`  // may be null
	PurchaseDate   envelope.Value `json:"purchaseDate,omitzero"`   // text from release 4 on, an object before; see PurchasedAt
}

// PurchasedAt reads the purchase date in either of its shapes: a text, or the
// object with date, timezone_type and timezone that PHP makes of a DateTime. A
// time zone that has a name takes the time zone database of the machine, or the
// one that importing time/tzdata adds to your program.
func (h LegacyTransactionHeader) PurchasedAt() (t time.Time, ok bool) {
	var moment envelope.Time
	err := moment.UnmarshalJSON(h.PurchaseDate.Raw())
	return moment.Time(), err == nil && !moment.Time().IsZero()
}

// LegacyTransactionCustomer is the customer as written on the document.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyTransactionCustomer struct {
	Name              string          `json:"name,omitzero"`              // first and last name
	Email             string          `json:"email,omitzero"`             // may be empty
	Phone             string          `json:"phone,omitzero"`             // may be null
	LoyaltyCardNumber string          `json:"loyaltyCardNumber,omitzero"` // may be null
	NIP               string          `json:"nip,omitzero"`               // tax number, as in Company
	Address           CustomerAddress `json:"address,omitzero"`           // zero if none was given
}

// LegacyTransactionAssignedData is the payload of
// LegacyTransactionAssignedToCustomer.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyTransactionAssignedData struct {
	TransactionID string           `json:"transactionId,omitzero" validate:"omitempty,uuid"` // id of the transaction
	CustomerID    string           `json:"customerId,omitzero" validate:"omitempty,uuid"`    // the member it belongs to
	GrossValue    envelope.Decimal `json:"grossValue,omitzero"`                              // value of the transaction with tax; from 4.1 on
}

func (d LegacyTransactionAssignedData) member() MemberRef { return MemberRef{CustomerID: d.CustomerID} }

// LegacyPointsChangedData is the payload of
// LegacyAccountAvailablePointsAmountChanged.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyPointsChangedData struct {
	CustomerID       string           `json:"customerId,omitzero" validate:"omitempty,uuid"` // id of the member
	Amount           envelope.Decimal `json:"amount,omitzero"`                               // units that are available after the change
	AmountChange     envelope.Decimal `json:"amount_change,omitzero"`                        // size of the change; 3.2.0 sends 0 when units expire or a transfer is cancelled
	AmountChangeType AmountChangeType `json:"amount_change_type,omitzero"`                   // direction of the change
}

func (d LegacyPointsChangedData) member() MemberRef { return MemberRef{CustomerID: d.CustomerID} }

// LegacyBoughtCampaignData is the payload of LegacyCustomerBoughtCampaign. What it
// calls a campaign is called a reward today.
//
// Source: https://github.com/DivanteLtd/open-loyalty-doc/blob/develop/userguide/getting_started/settings/Configuration/webhooks.rst
type LegacyBoughtCampaignData struct {
	StoreCode    string           `json:"storeCode,omitzero"`                            // tenant, which later went to the envelope
	CustomerID   string           `json:"customerId,omitzero" validate:"omitempty,uuid"` // id of the member
	CampaignID   string           `json:"campaignId,omitzero" validate:"omitempty,uuid"` // id of the reward
	CostInPoints envelope.Decimal `json:"costInPoints,omitzero"`                         // units paid
	CouponCode   string           `json:"couponCode,omitzero"`                           // worth money to whoever knows it: keep it out of logs
}

func (d LegacyBoughtCampaignData) member() MemberRef { return MemberRef{CustomerID: d.CustomerID} }

// LegacyExpiringPointsData is the payload of LegacyAccountExpiringPointsNotification
// and LegacyAccountExpiringPointsReminderGenerated: at most 1,000 rows a delivery.
//
// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Account/Infrastructure/Notifier/ExpirePointsNotifier.php
type LegacyExpiringPointsData []LegacyExpiringPoints

func (d LegacyExpiringPointsData) members() []MemberRef { return membersOf(d) }

// LegacyExpiringPoints is one transfer of units that is about to expire. Its
// members are observed in the sender's code.
//
// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Account/Infrastructure/Notifier/ExpirePointsNotifier.php
type LegacyExpiringPoints struct {
	CustomerID                string           `json:"customerId,omitzero" validate:"omitempty,uuid"` // Observed: the member
	CustomerEmail             string           `json:"customerEmail,omitzero"`                        // Observed: may be null
	CustomerPhone             string           `json:"customerPhone,omitzero"`                        // Observed: may be null
	CustomerLoyaltyCardNumber string           `json:"customerLoyaltyCardNumber,omitzero"`            // Observed: may be null
	CustomerFirstName         string           `json:"customerFirstName,omitzero"`                    // Observed: may be null
	CustomerLastName          string           `json:"customerLastName,omitzero"`                     // Observed: may be null
	Points                    envelope.Decimal `json:"points,omitzero"`                               // Observed: units that expire
	PointsWillExpire          envelope.Time    `json:"pointsWillExpire,omitzero"`                     // Observed: when they expire
}

func (r LegacyExpiringPoints) member() MemberRef {
	return MemberRef{CustomerID: r.CustomerID, Email: r.CustomerEmail, Phone: r.CustomerPhone, LoyaltyCardNumber: r.CustomerLoyaltyCardNumber}
}

// LegacyExpiringLevelData is the payload of LegacyAccountExpiringLevelNotification:
// at most 1,000 rows a delivery.
//
// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Account/Infrastructure/Notifier/ExpireLevelNotifier.php
type LegacyExpiringLevelData []LegacyExpiringLevel

func (d LegacyExpiringLevelData) members() []MemberRef { return membersOf(d) }

// LegacyExpiringLevel is one member whose tier is about to be recalculated. Its
// members are observed in the sender's code.
//
// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Account/Infrastructure/Notifier/ExpireLevelNotifier.php
type LegacyExpiringLevel struct {
	CustomerID                string `json:"customerId,omitzero" validate:"omitempty,uuid"`    // Observed: the member
	CustomerEmail             string `json:"customerEmail,omitzero"`                           // Observed: may be null
	CustomerPhone             string `json:"customerPhone,omitzero"`                           // Observed: may be null
	CustomerLoyaltyCardNumber string `json:"customerLoyaltyCardNumber,omitzero"`               // Observed: may be null
	CustomerFirstName         string `json:"customerFirstName,omitzero"`                       // Observed: may be null
	CustomerLastName          string `json:"customerLastName,omitzero"`                        // Observed: may be null
	LevelID                   string `json:"levelId,omitzero" validate:"omitempty,uuid"`       // Observed: tier held now
	LevelName                 string `json:"levelName,omitzero"`                               // Observed: name of that tier; may be null
	FutureLevelID             string `json:"futureLevelId,omitzero" validate:"omitempty,uuid"` // Observed: tier after the recalculation
	FutureLevelName           string `json:"futureLevelName,omitzero"`                         // Observed: name of that tier; may be null
}

func (r LegacyExpiringLevel) member() MemberRef {
	return MemberRef{CustomerID: r.CustomerID, Email: r.CustomerEmail, Phone: r.CustomerPhone, LoyaltyCardNumber: r.CustomerLoyaltyCardNumber}
}

// LegacyExpiringCouponData is the payload of LegacyCampaignCouponExpiration: all
// the coupons that expire, however many they are. Options.MaxBody bounds them.
//
// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Campaign/Infrastructure/Notifier/ExpireCouponsNotifier.php
type LegacyExpiringCouponData []LegacyExpiringCoupon

func (d LegacyExpiringCouponData) members() []MemberRef { return membersOf(d) }

// LegacyExpiringCoupon is one coupon that is about to expire. Its members are
// observed in the sender's code.
//
// Source: https://github.com/DivanteLtd/open-loyalty-framework/blob/3.2.0/src/OpenLoyalty/Component/Campaign/Infrastructure/Notifier/ExpireCouponsNotifier.php
type LegacyExpiringCoupon struct {
	CustomerID                string            `json:"customerId,omitzero" validate:"omitempty,uuid"` // Observed: the member
	CustomerEmail             string            `json:"customerEmail,omitzero"`                        // Observed: may be null
	CustomerPhone             string            `json:"customerPhone,omitzero"`                        // Observed: may be null
	CustomerLoyaltyCardNumber string            `json:"customerLoyaltyCardNumber,omitzero"`            // Observed: may be null
	Coupon                    string            `json:"coupon,omitzero"`                               // Observed: its code, worth money to whoever knows it: keep it out of logs
	CouponExpiresAt           envelope.UnixTime `json:"couponExpiresAt,omitzero"`                      // Observed: when it expires, in Unix seconds
	CouponStatus              string            `json:"couponStatus,omitzero"`                         // Observed: its values are not published
}

func (r LegacyExpiringCoupon) member() MemberRef {
	return MemberRef{CustomerID: r.CustomerID, Email: r.CustomerEmail, Phone: r.CustomerPhone, LoyaltyCardNumber: r.CustomerLoyaltyCardNumber}
}
