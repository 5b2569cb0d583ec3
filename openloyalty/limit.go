package openloyalty

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// UnitsLimit is a limit in units, or in redemptions for a reward. Without an
// interval it holds for all time.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WalletTypeLimit.yaml
type UnitsLimit struct {
	Interval LimitInterval    `json:"interval,omitzero"` // zero for a limit without interval
	Value    envelope.Decimal `json:"value,omitzero"`    // the most that is allowed in one interval
}

// CountLimit is a limit on how often something can be completed.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WebhookAchievement.yaml
type CountLimit struct {
	Value    envelope.Int  `json:"value,omitzero"`    // the most that is allowed in one interval
	Interval LimitInterval `json:"interval,omitzero"` // zero for a limit without interval
}

// LimitInterval is the calendar interval after which a limit starts anew.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WalletTypeLimit.yaml
type LimitInterval struct {
	Type  LimitIntervalType `json:"type,omitzero"`  // unit of the interval
	Value envelope.Int      `json:"value,omitzero"` // how many of the unit; if not sent, 1
}

// LimitIntervalType is the unit of a limit's interval.
//
// Source: https://github.com/OpenLoyalty/api-docs/blob/9aa0794/doc/openapi-new/components/WalletTypeLimit.yaml
type LimitIntervalType string

// The documented units of intervals.
const (
	LimitIntervalTypeHours  LimitIntervalType = "calendarHours"
	LimitIntervalTypeDays   LimitIntervalType = "calendarDays"
	LimitIntervalTypeWeeks  LimitIntervalType = "calendarWeeks"
	LimitIntervalTypeMonths LimitIntervalType = "calendarMonths"
	LimitIntervalTypeYears  LimitIntervalType = "calendarYears"
)

// Known reports whether t is one of the constants.
func (t LimitIntervalType) Known() bool {
	switch t {
	case LimitIntervalTypeHours, LimitIntervalTypeDays, LimitIntervalTypeWeeks, LimitIntervalTypeMonths, LimitIntervalTypeYears:
		return true
	}
	return false
}
