package reencode_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/reencode"
)

type meta struct {
	ID      string             `json:"id,omitzero"`
	Attempt envelope.UnixMilli `json:"attempt,omitzero"`
}

type payload struct {
	Number string           `json:"number,omitzero"`
	Total  envelope.Decimal `json:"total,omitzero"`
}

// TestDelivery: the envelope of each provider around typed values.
func TestDelivery(t *testing.T) {
	m := meta{"m", envelope.NewUnixMilli(time.UnixMilli(1_772_361_000_123))}
	p := payload{"A-7", envelope.MustDecimal("12.50")}
	for _, test := range []struct {
		provider, event string
		meta, payload   any
		want            string
	}{
		{"masivo", "TIER_UPGRADE", struct{}{}, p, `{"data":{"number":"A-7","total":12.50},"event":"TIER_UPGRADE"}`},
		{"masivo", "NEW", struct{}{}, json.RawMessage(`{"any":"thing"}`), `{"data":{"any":"thing"},"event":"NEW"}`},
		{"openloyalty", "CustomerRegistered", m, p, `{"attempt":1772361000123,"data":{"number":"A-7","total":12.50},"eventName":"CustomerRegistered","id":"m"}`},
		{"openloyalty", "customer.registered", m, &p, `{"attempt":1772361000123,"data":{"number":"A-7","total":12.50},"id":"m","type":"customer.registered"}`},
		{"mambo", "PointsUpdated", m, p, `{"number":"A-7","total":12.50}`},
		{"ambassify", "campaign:created", m, p, `{"id":"m","attempt":1772361000123}`},
	} {
		t.Run(test.provider+"/"+test.event, func(t *testing.T) {
			got, err := reencode.Delivery(test.provider, test.event, test.meta, test.payload)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for name, bad := range map[string]any{"function": func() {}, "no object": 5, "not a number": math.NaN()} {
		if got, err := reencode.Delivery("masivo", "x", bad, p); err == nil {
			t.Errorf("%s around the payload: %s", name, got)
		}
	}
}

// TestNormal: what says nothing is gone, and spellings of one value are the same.
func TestNormal(t *testing.T) {
	type object = map[string]any
	type list = []any
	for _, test := range []struct {
		name, text string
		want       any
	}{
		{"null", `null`, nil},
		{"false", `false`, nil},
		{"zero", `0`, nil},
		{"zero with digits", `-0.00`, nil},
		{"zero with an exponent", `0e5`, nil},
		{"empty text", `""`, nil},
		{"empty object", `{}`, nil},
		{"empty list", `[]`, nil},
		{"empty inside", `{"a":{"b":[{},[null]]},"c":""}`, nil},
		{"true", `true`, true},
		{"number", `12.50`, json.Number("12.5")},
		{"whole number with digits", `10.00`, json.Number("10")},
		{"whole number", `100`, json.Number("100")},
		{"exponent", `1.50e3`, json.Number("1.50e3")},
		{"enormous number", `1e999`, json.Number("1e999")},
		{"text", `"0"`, "0"},
		{"moment", `"2026-03-01T12:30:00.500+02:00"`, "2026-03-01T10:30:00.5Z"},
		{"date", `"2026-03-01"`, "2026-03-01"},
		{"members", `{"a":1,"b":null,"c":[0],"d":"x"}`, object{"a": json.Number("1"), "d": "x"}},
		{"elements at the end", `[1,null,{},""]`, list{json.Number("1")}},
		{"elements in between", `[null,0,"x"]`, list{nil, nil, "x"}},
		{"no JSON", `{"a"`, `{"a"`},
		{"nothing", ``, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, reencode.Normal([]byte(test.text))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
