package mambo

import (
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// Recurrence is when something expires, or when a count starts anew. One of the
// pointers is set if Type is known; Other keeps the JSON of an unknown kind.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Recurrence
type Recurrence struct {
	Type           RecurrenceType            `json:"type,omitzero" wire:"kind"`        // which kind it is
	Never          *NeverRecurrence          `json:"-" wire:"variant=never"`           // if Type is never
	FixedDate      *FixedDateRecurrence      `json:"-" wire:"variant=fixed_date"`      // if Type is fixed_date
	FixedPeriod    *FixedPeriodRecurrence    `json:"-" wire:"variant=fixed_period"`    // if Type is fixed_period
	VariablePeriod *VariablePeriodRecurrence `json:"-" wire:"variant=variable_period"` // if Type is variable_period
	Other          json.RawMessage           `json:"-" wire:"other"`                   // the whole object of a kind that is not listed
}

// UnmarshalJSON decodes the variant that type names.
func (r *Recurrence) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, r) }

// MarshalJSON encodes the variant that is set.
func (r Recurrence) MarshalJSON() ([]byte, error) { return wire.Marshal(&r) }

// RecurrenceType is the kind of a recurrence.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Recurrence
type RecurrenceType string

// Kinds of recurrence.
const (
	RecurrenceTypeNever          RecurrenceType = "never"           // never
	RecurrenceTypeFixedDate      RecurrenceType = "fixed_date"      // on one date
	RecurrenceTypeFixedPeriod    RecurrenceType = "fixed_period"    // by the calendar
	RecurrenceTypeVariablePeriod RecurrenceType = "variable_period" // some time after the start
)

// Known reports whether t is one of the constants.
func (t RecurrenceType) Known() bool {
	switch t {
	case RecurrenceTypeNever, RecurrenceTypeFixedDate, RecurrenceTypeFixedPeriod, RecurrenceTypeVariablePeriod:
		return true
	}
	return false
}

// NeverRecurrence is a recurrence that does not come.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/NeverRecurrence.php
type NeverRecurrence struct {
	Type RecurrenceType `json:"type,omitzero"` // always never
}

// FixedDateRecurrence comes once, on a date.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/FixedDateRecurrence.php
type FixedDateRecurrence struct {
	Type RecurrenceType `json:"type,omitzero"` // always fixed_date
	Date envelope.Time  `json:"date,omitzero"` // the date, UTC with milliseconds
}

// FixedPeriodRecurrence comes by the calendar, whenever the user began.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/FixedPeriodRecurrence.php
type FixedPeriodRecurrence struct {
	Type   RecurrenceType `json:"type,omitzero"`   // always fixed_period
	Period FixedPeriod    `json:"period,omitzero"` // when in the calendar
}

// VariablePeriodRecurrence comes some time after the start, such as the moment in
// which points were earned.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/VariablePeriodRecurrence.php
type VariablePeriodRecurrence struct {
	Type   RecurrenceType `json:"type,omitzero"`   // always variable_period
	Period VariablePeriod `json:"period,omitzero"` // how long after the start
}

// VariablePeriod is a length of time: ten days, three years.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/VariablePeriod.php
type VariablePeriod struct {
	Type  VariablePeriodType `json:"type,omitzero"`  // the unit
	Value envelope.Int       `json:"value,omitzero"` // how many units
}

// VariablePeriodType is the unit of a VariablePeriod.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/VariablePeriod.php
type VariablePeriodType string

// Units of a VariablePeriod.
const (
	VariablePeriodTypeDays   VariablePeriodType = "days"
	VariablePeriodTypeWeeks  VariablePeriodType = "weeks"
	VariablePeriodTypeMonths VariablePeriodType = "months"
	VariablePeriodTypeYears  VariablePeriodType = "years"
)

// Known reports whether t is one of the constants.
func (t VariablePeriodType) Known() bool {
	switch t {
	case VariablePeriodTypeDays, VariablePeriodTypeWeeks, VariablePeriodTypeMonths, VariablePeriodTypeYears:
		return true
	}
	return false
}

// FixedPeriod is a rhythm of the calendar. One of the pointers is set if Type is
// known; Other keeps the JSON of an unknown kind.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Recurrence/Period
type FixedPeriod struct {
	Type    FixedPeriodType     `json:"type,omitzero" wire:"kind"` // which rhythm it is
	Hourly  *FixedPeriodHourly  `json:"-" wire:"variant=hourly"`   // if Type is hourly
	Daily   *FixedPeriodDaily   `json:"-" wire:"variant=daily"`    // if Type is daily
	Weekly  *FixedPeriodWeekly  `json:"-" wire:"variant=weekly"`   // if Type is weekly
	Monthly *FixedPeriodMonthly `json:"-" wire:"variant=monthly"`  // if Type is monthly
	Yearly  *FixedPeriodYearly  `json:"-" wire:"variant=yearly"`   // if Type is yearly
	Other   json.RawMessage     `json:"-" wire:"other"`            // the whole object of a rhythm that is not listed
}

// UnmarshalJSON decodes the variant that type names.
func (p *FixedPeriod) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, p) }

// MarshalJSON encodes the variant that is set.
func (p FixedPeriod) MarshalJSON() ([]byte, error) { return wire.Marshal(&p) }

// FixedPeriodType is the rhythm of a FixedPeriod.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Recurrence/Period
type FixedPeriodType string

// Rhythms of a FixedPeriod.
const (
	FixedPeriodTypeHourly  FixedPeriodType = "hourly"
	FixedPeriodTypeDaily   FixedPeriodType = "daily"
	FixedPeriodTypeWeekly  FixedPeriodType = "weekly"
	FixedPeriodTypeMonthly FixedPeriodType = "monthly"
	FixedPeriodTypeYearly  FixedPeriodType = "yearly"
)

// Known reports whether t is one of the constants.
func (t FixedPeriodType) Known() bool {
	switch t {
	case FixedPeriodTypeHourly, FixedPeriodTypeDaily, FixedPeriodTypeWeekly, FixedPeriodTypeMonthly, FixedPeriodTypeYearly:
		return true
	}
	return false
}

// FixedPeriodHourly comes every so many hours.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/FixedPeriodHourly.php
type FixedPeriodHourly struct {
	Type         FixedPeriodType `json:"type,omitzero"`         // always hourly
	Hour         envelope.Int    `json:"hour,omitzero"`         // hour of the day, 0 to 23
	HourInterval envelope.Int    `json:"hourInterval,omitzero"` // every so many hours, 1 to 24
	PeriodStart  envelope.Time   `json:"periodStart,omitzero"`  // day from which intervals are counted; its time of day has no meaning
}

// FixedPeriodDaily comes every so many days.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/FixedPeriodDaily.php
type FixedPeriodDaily struct {
	Type        FixedPeriodType `json:"type,omitzero"`        // always daily
	Hour        envelope.Int    `json:"hour,omitzero"`        // hour of the day, 0 to 23
	DayInterval envelope.Int    `json:"dayInterval,omitzero"` // every so many days, 1 to 365
	PeriodStart envelope.Time   `json:"periodStart,omitzero"` // day from which intervals are counted; its time of day has no meaning
}

// FixedPeriodWeekly comes on days of every so many weeks.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/FixedPeriodWeekly.php
type FixedPeriodWeekly struct {
	Type         FixedPeriodType `json:"type,omitzero"`         // always weekly
	Hour         envelope.Int    `json:"hour,omitzero"`         // hour of the day, 0 to 23
	DaysOfWeek   []envelope.Int  `json:"daysOfWeek,omitzero"`   // 0 for Monday to 6 for Sunday; unlike time.Weekday
	WeekInterval envelope.Int    `json:"weekInterval,omitzero"` // every so many weeks, 1 to 52
	PeriodStart  envelope.Time   `json:"periodStart,omitzero"`  // day from which intervals are counted; its time of day has no meaning
}

// FixedPeriodMonthly comes on days of every so many months.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/FixedPeriodMonthly.php
type FixedPeriodMonthly struct {
	Type          FixedPeriodType     `json:"type,omitzero"`          // always monthly
	Hour          envelope.Int        `json:"hour,omitzero"`          // hour of the day, 0 to 23
	MonthInterval envelope.Int        `json:"monthInterval,omitzero"` // every so many months, 1 to 12
	Criteria      FixedPeriodCriteria `json:"criteria,omitzero"`      // which days: daysOfMonth or weeksOfMonth
	PeriodStart   envelope.Time       `json:"periodStart,omitzero"`   // day from which intervals are counted; its time of day has no meaning
}

// FixedPeriodYearly comes on days of every so many years.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/FixedPeriodYearly.php
type FixedPeriodYearly struct {
	Type         FixedPeriodType     `json:"type,omitzero"`         // always yearly
	Hour         envelope.Int        `json:"hour,omitzero"`         // hour of the day, 0 to 23
	Months       []envelope.Int      `json:"months,omitzero"`       // 1 for January to 12 for December; no meaning with weeksOfYear
	YearInterval envelope.Int        `json:"yearInterval,omitzero"` // every so many years, 1 to 10
	Criteria     FixedPeriodCriteria `json:"criteria,omitzero"`     // which days
	PeriodStart  envelope.Time       `json:"periodStart,omitzero"`  // day from which intervals are counted; its time of day has no meaning
}

// FixedPeriodCriteria chooses days within a month or a year. One of the pointers
// is set if Type is known; Other keeps the JSON of an unknown kind.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Recurrence/Period/Criteria
type FixedPeriodCriteria struct {
	Type         FixedPeriodCriteriaType          `json:"type,omitzero" wire:"kind"`     // which kind it is
	DaysOfMonth  *FixedPeriodCriteriaDaysOfMonth  `json:"-" wire:"variant=daysOfMonth"`  // if Type is daysOfMonth
	WeeksOfMonth *FixedPeriodCriteriaWeeksOfMonth `json:"-" wire:"variant=weeksOfMonth"` // if Type is weeksOfMonth
	WeeksOfYear  *FixedPeriodCriteriaWeeksOfYear  `json:"-" wire:"variant=weeksOfYear"`  // if Type is weeksOfYear
	Other        json.RawMessage                  `json:"-" wire:"other"`                // the whole object of a kind that is not listed
}

// UnmarshalJSON decodes the variant that type names.
func (c *FixedPeriodCriteria) UnmarshalJSON(b []byte) error { return wire.Unmarshal(b, c) }

// MarshalJSON encodes the variant that is set.
func (c FixedPeriodCriteria) MarshalJSON() ([]byte, error) { return wire.Marshal(&c) }

// FixedPeriodCriteriaType is the kind of a FixedPeriodCriteria.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/tree/HEAD/sdk/Services/Data/Recurrence/Period/Criteria
type FixedPeriodCriteriaType string

// Kinds of FixedPeriodCriteria.
const (
	FixedPeriodCriteriaTypeDaysOfMonth  FixedPeriodCriteriaType = "daysOfMonth"
	FixedPeriodCriteriaTypeWeeksOfMonth FixedPeriodCriteriaType = "weeksOfMonth"
	FixedPeriodCriteriaTypeWeeksOfYear  FixedPeriodCriteriaType = "weeksOfYear"
)

// Known reports whether t is one of the constants.
func (t FixedPeriodCriteriaType) Known() bool {
	switch t {
	case FixedPeriodCriteriaTypeDaysOfMonth, FixedPeriodCriteriaTypeWeeksOfMonth, FixedPeriodCriteriaTypeWeeksOfYear:
		return true
	}
	return false
}

// FixedPeriodCriteriaDaysOfMonth chooses days of the month by number.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/Criteria/FixedPeriodCriteriaDaysOfMonth.php
type FixedPeriodCriteriaDaysOfMonth struct {
	Type        FixedPeriodCriteriaType `json:"type,omitzero"`        // always daysOfMonth
	DaysOfMonth []envelope.Int          `json:"daysOfMonth,omitzero"` // 1 to 31
}

// FixedPeriodCriteriaWeeksOfMonth chooses weekdays in weeks of the month.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/Criteria/FixedPeriodCriteriaWeeksOfMonth.php
type FixedPeriodCriteriaWeeksOfMonth struct {
	Type         FixedPeriodCriteriaType `json:"type,omitzero"`         // always weeksOfMonth
	DaysOfWeek   []envelope.Int          `json:"daysOfWeek,omitzero"`   // 0 for Monday to 6 for Sunday; unlike time.Weekday
	WeeksOfMonth []envelope.Int          `json:"weeksOfMonth,omitzero"` // 1 to 5; 5 is the last week, whatever its number
}

// FixedPeriodCriteriaWeeksOfYear chooses weekdays in weeks of the year.
//
// REST shape, inferred for webhooks.
//
// Source: https://github.com/Rui-Git/mambo-php-sdk/blob/HEAD/sdk/Services/Data/Recurrence/Period/Criteria/FixedPeriodCriteriaWeeksOfYear.php
type FixedPeriodCriteriaWeeksOfYear struct {
	Type        FixedPeriodCriteriaType `json:"type,omitzero"`        // always weeksOfYear
	DaysOfWeek  []envelope.Int          `json:"daysOfWeek,omitzero"`  // 0 for Monday to 6 for Sunday; unlike time.Weekday
	WeeksOfYear []envelope.Int          `json:"weeksOfYear,omitzero"` // 1 to 53
}
