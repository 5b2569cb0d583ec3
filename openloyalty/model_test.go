package openloyalty_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // for zones by name, on any machine

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

func TestAchievementActivity(t *testing.T) {
	tests := map[string]struct {
		data     string
		text     string
		from, to string
		list     []string
		shape    string // which of the three it is
	}{
		"text":              {data: `"2026-04-01"`, text: "2026-04-01", shape: "text"},
		"empty text":        {data: `""`, shape: "text"},
		"range":             {data: `{"from":"2026-03-01","to":"2026-12-31"}`, from: "2026-03-01", to: "2026-12-31", shape: "range"},
		"range without end": {data: `{"from":"2026-03-01","to":null}`, from: "2026-03-01", shape: "range"},
		"list":              {data: `["2026-05-01","2026-06-01"]`, list: []string{"2026-05-01", "2026-06-01"}, shape: "list"},
		"list of numbers":   {data: `[1,2]`},
		"empty list":        {data: `[]`, list: []string{}, shape: "list"},
		"null":              {data: `null`},
		"number":            {data: `7`},
	}
	for name, test := range tests {
		var activity openloyalty.AchievementActivity
		if err := json.Unmarshal([]byte(`{"data":`+test.data+`,"operator":"x"}`), &activity); err != nil {
			t.Fatal(err)
		}
		text, isText := activity.Text()
		from, to, isRange := activity.Range()
		list, isList := activity.List()
		if text != test.text || from != test.from || to != test.to || !slices.Equal(list, test.list) ||
			isText != (test.shape == "text") || isRange != (test.shape == "range") || isList != (test.shape == "list") {
			t.Errorf("%s: text %q %v, range %q %q %v, list %q %v", name, text, isText, from, to, isRange, list, isList)
		}
	}
	var zero openloyalty.AchievementActivity
	if _, ok := zero.Text(); ok {
		t.Error("nothing is a text")
	}
}

func TestLegacyPurchasedAt(t *testing.T) {
	want := time.Date(2026, 1, 25, 8, 14, 0, 0, time.UTC)
	tests := map[string]struct {
		date string
		ok   bool
	}{
		"text":                    {`"2026-01-25T09:14:00+01:00"`, true},
		"text of PHP":             {`"2026-01-25 09:14:00+0100"`, true},
		"object, named zone":      {`{"date":"2026-01-25 09:14:00.000000","timezone_type":3,"timezone":"Europe/Oslo"}`, true},
		"object, offset":          {`{"date":"2026-01-25 09:14:00.000000","timezone_type":1,"timezone":"+01:00"}`, true},
		"object, UTC":             {`{"date":"2026-01-25 08:14:00","timezone_type":3,"timezone":"UTC"}`, true},
		"object, Z":               {`{"date":"2026-01-25 08:14:00","timezone_type":2,"timezone":"Z"}`, true},
		"object, unknown zone":    {`{"date":"2026-01-25 09:14:00","timezone_type":3,"timezone":"Europe/Atlantis"}`, false},
		"object, path for a zone": {`{"date":"2026-01-25 09:14:00","timezone_type":3,"timezone":"../../etc/passwd"}`, false},
		"object, zone of machine": {`{"date":"2026-01-25 09:14:00","timezone_type":3,"timezone":"Local"}`, false},
		"object, no zone":         {`{"date":"2026-01-25 09:14:00"}`, false},
		"object, no date":         {`{"timezone":"UTC"}`, false},
		"object, date is not one": {`{"date":"yesterday","timezone":"UTC"}`, false},
		"text that is not a date": {`"yesterday"`, false},
		"empty text":              {`""`, false},
		"null":                    {`null`, false},
		"number":                  {`1769328840`, true},
		"number of 14 digits":     {`20260125091400`, false},
	}
	for name, test := range tests {
		var header openloyalty.LegacyTransactionHeader
		if err := json.Unmarshal([]byte(`{"purchaseDate":`+test.date+`}`), &header); err != nil {
			t.Fatal(err)
		}
		got, ok := header.PurchasedAt()
		if ok != test.ok || ok && !got.Equal(want) || !ok && !got.IsZero() {
			t.Errorf("%s: got %v %v", name, got, ok)
		}
	}
}

func TestTriggerVariants(t *testing.T) {
	for situation, want := range map[string]func(openloyalty.CampaignTrigger) bool{
		"basic":        func(c openloyalty.CampaignTrigger) bool { return c.Transaction.DocumentNumber == "INV/2026/03/01188" },
		"custom-event": func(c openloyalty.CampaignTrigger) bool { return c.CustomEvent.EventID == "review-558120" },
		"internal-event": func(c openloyalty.CampaignTrigger) bool {
			return c.InternalEvent.Payload["channel"].Get("code").String() == "app"
		},
		"internal-event-empty-payload": func(c openloyalty.CampaignTrigger) bool {
			return c.InternalEvent.TriggerID == c.TriggerID && len(c.InternalEvent.Payload) == 0
		},
		"unique-code": func(c openloyalty.CampaignTrigger) bool { return c.UniqueCode.CreatedAt.Equal(c.CreatedAt) },
		"achievement": func(c openloyalty.CampaignTrigger) bool {
			return c.Achievement.RelatedAchievement.MemberProgress.CompletedCount.Int64() == 3
		},
		"return-transaction":           func(c openloyalty.CampaignTrigger) bool { return c.ReturnTransaction.TriggerID == c.TriggerID },
		"return-transaction-type-only": func(c openloyalty.CampaignTrigger) bool { return c.ReturnTransaction != nil && c.TriggerID == "" },
		"drift-unknown-trigger": func(c openloyalty.CampaignTrigger) bool {
			return strings.Contains(string(c.Other), "Autumn 2026") && c.TriggerID != ""
		},
	} {
		payload := payloadOf(t, "CampaignEffectWasApplied", situation).(*openloyalty.CampaignEffectWasAppliedData)
		trigger := payload.Campaign.Trigger
		set := 0
		for _, isSet := range []bool{
			trigger.Transaction != nil, trigger.CustomEvent != nil, trigger.InternalEvent != nil, trigger.UniqueCode != nil,
			trigger.Achievement != nil, trigger.ReturnTransaction != nil, trigger.Other != nil,
		} {
			if isSet {
				set++
			}
		}
		if set != 1 || !want(trigger) {
			t.Errorf("%s: %d variants set: %+v", situation, set, trigger)
		}
	}
}

// An unknown trigger is encoded as it came, and a known one by its variant.
func TestTriggerEncoding(t *testing.T) {
	unknown := payloadOf(t, "MemberAchievementProgressWasChanged", "drift-unknown-trigger").(*openloyalty.MemberAchievementProgressWasChangedData)
	text, err := json.Marshal(unknown.Trigger)
	if err != nil || !strings.Contains(string(text), "relatedAchievementId") {
		t.Errorf("unknown: %s %v", text, err)
	}
	known := openloyalty.AchievementTrigger{Transaction: &openloyalty.AchievementTriggerTransaction{DocumentNumber: "A-1"}}
	if text, err = json.Marshal(known); err != nil || string(text) != `{"type":"transaction","documentNumber":"A-1"}` {
		t.Errorf("known: %s %v", text, err)
	}
}

func TestListsWithGaps(t *testing.T) {
	reward := payloadOf(t, "RewardUpdated", "drift-lists-with-gaps").(*openloyalty.RewardData).Reward
	if len(reward.Levels) != 2 || len(reward.Segments) != 1 || len(reward.Categories) != 0 {
		t.Errorf("got levels %q, segments %q, categories %q", reward.Levels, reward.Segments, reward.Categories)
	}
}

func TestNullsAndZeros(t *testing.T) {
	cause := payloadOf(t, "AvailablePointsAmountChanged", "null-cause").(*openloyalty.AvailablePointsAmountChangedData)
	if cause.ActionCause != (openloyalty.ActionCause{}) {
		t.Errorf("null cause: %+v", cause.ActionCause)
	}
	free := payloadOf(t, "RewardCreated", "no-limits-empty-arrays").(*openloyalty.RewardData).Reward
	if free.CostInPoints.Sent() || !free.Price.Sent() || free.UsageLimit.General.Int64() != -1 {
		t.Errorf("got cost %v, price %v, limit %v", free.CostInPoints, free.Price, free.UsageLimit)
	}
	removed := payloadOf(t, "customer.level_changed", "v3-tier-removed").(*openloyalty.LegacyLevelChangedData)
	if removed.LevelID != "" || removed.CustomerID == "" {
		t.Errorf("removed tier: %+v", removed)
	}
}

func TestDrift(t *testing.T) {
	tests := []struct {
		event, situation string
		want             []envelope.Drift
	}{
		{"TransactionRegistered", "drift-mistyped", []envelope.Drift{
			{Kind: envelope.DriftWrongType, Pointer: "/data/items/0/quantity"},
			{Kind: envelope.DriftUnknownMember, Pointer: "/data/loyaltyHint"},
			{Kind: envelope.DriftWrongType, Pointer: "/data/documentNumber"},
			{Kind: envelope.DriftWrongType, Pointer: "/data/items/0/sku"},
		}},
		{"AvailablePointsAmountChanged", "drift-new-values", []envelope.Drift{
			{Kind: envelope.DriftUnknownMember, Pointer: "/data/customer/tierCode"},
			{Kind: envelope.DriftUnknownValue, Pointer: "/data/amountChangeType"},
			{Kind: envelope.DriftUnknownMember, Pointer: "/data/actionCause/challengeId"},
		}},
		{"CampaignEffectWasApplied", "drift-unknown-trigger", []envelope.Drift{
			{Kind: envelope.DriftUnknownValue, Pointer: "/data/campaign/triggerType"},
			{Kind: envelope.DriftUnknownValue, Pointer: "/data/campaign/trigger/type"},
			{Kind: envelope.DriftUnknownValue, Pointer: "/data/effectsGiven/0/type"},
			{Kind: envelope.DriftUnknownMember, Pointer: "/data/effectsGiven/0/badgeTypeId"},
		}},
		{"WalletBalanceUpdated", "open-members", nil},
		{"AvailablePointsAmountChanged", "drift-name-in-type", nil},
		{"RewardUpdated", "drift-lists-with-gaps", nil},
	}
	for _, test := range tests {
		golden, err := envelopetest.Find(openloyalty.Name, test.event, test.situation, "")
		if err != nil {
			t.Fatal(err)
		}
		var got []envelope.Drift
		var routes []openloyalty.Route
		for _, event := range openloyalty.Events() {
			routes = append(routes, event.Handle(func(context.Context, *openloyalty.Delivery[any]) error { return nil }))
		}
		h, err := openloyalty.NewHandler(openloyalty.Config{Options: envelope.Options{
			Unverified: true,
			Drift:      func(_ context.Context, r envelope.DriftReport) { got = r.Drift },
		}}, routes...)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Dispatch(t.Context(), envelope.Message{Body: golden.Body}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s/%s (-want +got):\n%s", test.event, test.situation, diff)
		}
	}
}

// Formats are reported where the provider documents them, and never refused.
func TestViolations(t *testing.T) {
	var got []string
	h, err := openloyalty.NewHandler(
		openloyalty.Config{Options: envelope.Options{Unverified: true}},
		openloyalty.RewardCreated.Handle(func(_ context.Context, d *openloyalty.Delivery[openloyalty.RewardData]) error {
			for _, v := range d.Violations {
				got = append(got, v.Pointer+" "+v.Rule)
			}
			return nil
		}),
		openloyalty.LegacyAccountExpiringPointsNotification.Handle(func(_ context.Context, d *openloyalty.Delivery[openloyalty.LegacyExpiringPointsData]) error {
			for _, v := range d.Violations {
				got = append(got, v.Pointer+" "+v.Rule)
			}
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string][]string{
		`{"eventName":"RewardCreated","messageId":"1","data":{"reward":{"rewardId":"r","levels":["","x"]}}}`: {
			"/data/reward/rewardId uuid", "/data/reward/levels/1 uuid", "/messageId uuid",
		},
		`{"type":"account.expiring_points_notification","data":[{"customerId":""},{"customerId":"7"}]}`: {"/data/1/customerId uuid"},
	} {
		got = nil
		if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}
