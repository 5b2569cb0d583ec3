package mambo_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/conformance"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/mambo/mambotest"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, conformance.Suite[mambo.Meta]{
		Provider: mambo.Name,
		Events:   mambo.Events(),
		Key:      mambo.NaturalKey,
		NewHandler: func(config envelope.Options, routes ...mambo.Route) (*envelope.Handler, error) {
			return mambo.NewHandler(mambo.Config{EventHeader: mambotest.EventHeader, Options: config}, routes...)
		},
		Header: func(g envelopetest.Golden) map[string]string {
			return map[string]string{mambotest.EventHeader: g.Event}
		},
	})
}

// What the goldens named drift-* differ in, and no other golden differs in
// anything.
func TestGoldenDrift(t *testing.T) {
	want := map[string][]string{
		"ActivityCreated/drift-mistyped": {
			"wrong_type /id",
			"wrong_type /siteId",
			"wrong_type /content",
			"wrong_type /createdOn",
			"wrong_type /tagIds",
			"wrong_type /attrs/points/0/points",
			"wrong_type /behaviours",
		},
		"ActivityCreated/drift-unknown-attrs":      {"unknown_value /attrs/type"},
		"BehaviourCreated/drift-unknown-attrs":     {"unknown_value /attrs/type"},
		"RewardCreated/drift-unknown-attrs":        {"unknown_value /attrs/type"},
		"LeaderboardCreated/drift-unknown-attrs":   {"unknown_value /attrs/type"},
		"PointCreated/drift-unknown-expiration":    {"unknown_value /expiration/type"},
		"PointCreated/drift-unknown-period":        {"unknown_value /expiration/period/type"},
		"PointCreated/drift-unknown-criteria":      {"unknown_value /expiration/period/criteria/type"},
		"UserUpdated/drift-gender":                 {"unknown_value /details/gender"},
		"BehaviourCreated/drift-unknown-condition": {"unknown_value /attrs/metadata/conditions/0/type", "unknown_value /attrs/metadata/conditions/1/operator"},
		"BehaviourCreated/drift-shape-of-2015": {
			"unknown_member /points",
			"unknown_member /couponId",
			"unknown_member /hideCoupon",
			"unknown_member /limit/countScope",
		},
		"CouponStateAdded/drift-mistyped":                {"wrong_type /expiryOn", "wrong_type /couponId", "wrong_type /siteId", "wrong_type /isExpired"},
		"KPICreated/drift-more-members":                  {"unknown_member /active", "unknown_member /timezone"},
		"NotificationRead/drift-more-members":            {"unknown_member /read", "unknown_member /readOn", "unknown_member /message"},
		"PointWalletUpdated/drift-given-example":         {"unknown_member /exampleField"},
		"PointWalletUpdated/drift-given-example-renamed": {"unknown_member /newExampleField"},
		"PointWalletUpdated/drift-renamed-field":         {"unknown_member /balances"},
	}
	var routes []mambo.Route
	for _, event := range mambo.Events() {
		routes = append(routes, event.Handle(func(context.Context, *mambo.Delivery[any]) error { return nil }))
	}
	h, err := mambo.NewHandler(mambo.Config{Secrets: []string{mambotest.Secret}, EventHeader: mambotest.EventHeader}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	for event, golden := range envelopetest.Goldens(mambo.Name) {
		name := event + "/" + golden.Situation
		t.Run(name, func(t *testing.T) {
			r, err := mambotest.Request(golden, mambotest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			result := envelopetest.Deliver(t, h, r)
			if result.Status != http.StatusOK {
				t.Errorf("status %d: %v", result.Status, result.Err)
			}
			var drift []string
			for _, d := range result.Drift {
				drift = append(drift, string(d.Kind)+" "+d.Pointer)
			}
			if diff := cmp.Diff(want[name], drift); diff != "" {
				t.Error(diff)
			}
			delete(want, name)
		})
	}
	for name := range want {
		t.Errorf("no golden %s", name)
	}
}

// The kind of an object may stand behind the members that depend on it.
func TestKindComesLast(t *testing.T) {
	const body = `{"attrs":{"metadata":{"conditions":[{"value":5,"name":"stars","operator":"$eq","type":"leaf"}],"type":"and"},"type":"flexible"},` +
		`"limit":{"expiration":{"period":{"value":3,"type":"weeks"},"type":"variable_period"}}}`
	var b mambo.Behaviour
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		t.Fatal(err)
	}
	leaf := b.Attrs.Flexible.Metadata.And.Conditions[0].Leaf
	if leaf.Operator != mambo.MetadataOperatorEqual || leaf.Value.String() != "5" {
		t.Errorf("leaf %+v", leaf)
	}
	period := b.Limit.Expiration.VariablePeriod.Period
	if period.Type != mambo.VariablePeriodTypeWeeks || period.Value.Int64() != 3 {
		t.Errorf("period %+v", period)
	}
}

// Each type with several shapes can be decoded and encoded on its own.
func TestShapesAlone(t *testing.T) {
	for _, test := range []struct {
		target any
		text   string
	}{
		{new(mambo.ActivityAttrs), `{"type":"bounty","points":[{"pointId":"p1","points":60}]}`},
		{new(mambo.BehaviourAttrs), `{"type":"simple"}`},
		{new(mambo.RewardAttrs), `{"type":"mission","missionType":"random"}`},
		{new(mambo.LeaderboardAttrs), `{"type":"behaviour","countFlex":true}`},
		{new(mambo.MetadataCondition), `{"type":"or","conditions":[{"type":"leaf","name":"stars"}]}`},
		{new(mambo.Recurrence), `{"type":"fixed_date","date":"2026-12-31T23:59:59.000Z"}`},
		{new(mambo.FixedPeriod), `{"type":"daily","hour":23}`},
		{new(mambo.FixedPeriodCriteria), `{"type":"weeksOfYear","daysOfWeek":[6]}`},
		{new(mambo.Recurrence), `{"type":"inactivity","days":90}`},
		{new(mambo.Recurrence), `{}`},
	} {
		if err := json.Unmarshal([]byte(test.text), test.target); err != nil {
			t.Errorf("%T: %v", test.target, err)
			continue
		}
		text, err := json.Marshal(test.target)
		if err != nil || string(text) != test.text {
			t.Errorf("%T: got %s, %v, want %s", test.target, text, err, test.text)
		}
	}
}

// A value that no constant stands for is not known.
func TestKnown(t *testing.T) {
	for _, value := range []interface{ Known() bool }{
		mambo.PingMessage("-"), mambo.ActivityType("-"), mambo.PointAction("-"), mambo.CouponAction("-"),
		mambo.BehaviourType("-"), mambo.MetadataConditionType("-"), mambo.MetadataOperator("-"),
		mambo.RewardType("-"), mambo.MissionType("-"), mambo.LeaderboardType("-"), mambo.CouponType("-"),
		mambo.CouponUsage("-"), mambo.Gender("-"), mambo.RecurrenceType("-"), mambo.VariablePeriodType("-"),
		mambo.FixedPeriodType("-"), mambo.FixedPeriodCriteriaType("-"),
	} {
		if value.Known() {
			t.Errorf("%T: a dash is known", value)
		}
	}
}
