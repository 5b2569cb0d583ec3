package masivo_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

func TestWalletTotals(t *testing.T) {
	five, half := envelope.MustDecimal("5"), envelope.MustDecimal("-0.50")
	expires := envelope.NewTime(time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC))
	tests := map[string]struct {
		text string
		want masivo.WalletTotals
		back string // "" if text
	}{
		"list": {
			text: `[{"total":5,"reward_id":"a"},{"total":-0.50,"reward_id":"b","expiration_date":"2026-12-31T23:59:59Z","reward":{"id":"b"}}]`,
			want: masivo.WalletTotals{{Total: five, RewardID: "a"}, {Total: half, RewardID: "b", ExpirationDate: expires, Reward: masivo.Reward{ID: "b"}}},
		},
		"map keeps its order": {
			text: `{"b":-0.50,"a":5}`,
			want: masivo.WalletTotals{{Total: half, RewardID: "b", Keyed: true}, {Total: five, RewardID: "a", Keyed: true}},
		},
		"map with a name to escape": {
			text: `{"a\"b\u0001":5}`,
			want: masivo.WalletTotals{{Total: five, RewardID: "a\"b\x01", Keyed: true}},
		},
		"map with null":    {text: `{"a":null}`, want: masivo.WalletTotals{{RewardID: "a", Keyed: true}}},
		"map with text":    {text: `{"a":"5"}`, want: masivo.WalletTotals{{Total: five, RewardID: "a", Keyed: true}}},
		"empty list":       {text: `[]`, want: masivo.WalletTotals{}},
		"empty map":        {text: `{}`, want: nil, back: `[]`},
		"null":             {text: `null`, want: nil, back: `[]`},
		"list with a null": {text: `[null]`, want: masivo.WalletTotals{{}}, back: `[{}]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for library, codec := range codecs {
				var got masivo.WalletTotals
				if err := codec.unmarshal([]byte(test.text), &got); err != nil {
					t.Fatalf("%s: %v", library, err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s (-want +got)\n%s", library, diff)
				}
				back, err := codec.marshal(got)
				want := test.back
				if want == "" {
					want = test.text
				}
				if err != nil || string(back) != want {
					t.Errorf("%s encodes to %s, %v; want %s", library, back, err, want)
				}
			}
		})
	}
}

var codecs = map[string]struct {
	marshal   func(any) ([]byte, error)
	unmarshal func([]byte, any) error
}{
	"encoding/json": {json.Marshal, json.Unmarshal},
	"json/v2": {
		func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
		func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) },
	},
}

// A map can't hold more than numbers: what it would lose makes it a list.
func TestWalletTotalsFallBackToList(t *testing.T) {
	keyed := masivo.WalletTotal{Total: envelope.MustDecimal("1"), RewardID: "a", Keyed: true}
	named, expiring, listed := keyed, keyed, keyed
	named.Reward.Name = "Points"
	expiring.ExpirationDate = envelope.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	listed.Keyed = false
	for name, totals := range map[string]masivo.WalletTotals{
		"a reward":       {keyed, named},
		"an expiry":      {keyed, expiring},
		"one not keyed":  {keyed, listed},
		"the first only": {listed, keyed},
	} {
		text, err := json.Marshal(totals)
		if err != nil || !strings.HasPrefix(string(text), `[{"total":1`) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	for name, totals := range map[string]masivo.WalletTotals{
		"invalid UTF-8": {{RewardID: "\xff", Keyed: true}},
		"a name twice":  {keyed, keyed},
	} {
		if text, err := jsonv2.Marshal(totals); err == nil {
			t.Errorf("%s: encodes to %s", name, text)
		}
	}
}

// Names that come twice are refused by the library, whatever the release of
// encoding/json thinks of them.
func TestWalletTotalsTwice(t *testing.T) {
	if err := jsonv2.Unmarshal([]byte(`{"a":1,"a":2}`), new(masivo.WalletTotals)); err == nil {
		t.Error("accepted")
	}
}

func TestWalletTotalsRefusesBadJSON(t *testing.T) {
	for _, text := range []string{`{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{1:2}`, `{"a":1]`, `[`, `5`, `"5"`, `true`, `{"a":{}}`, `[5]`, ``} {
		for library, codec := range codecs {
			var got masivo.WalletTotals
			if err := codec.unmarshal([]byte(text), &got); err == nil {
				t.Errorf("%s takes %s as %v", library, text, got)
			}
		}
	}
}

func TestWalletTotalsTotal(t *testing.T) {
	totals := masivo.WalletTotals{{RewardID: "a", Total: envelope.MustDecimal("0")}, {RewardID: "b", Total: envelope.MustDecimal("7.5")}}
	if got := totals.Total("b").String(); got != "7.5" {
		t.Errorf("b is %s", got)
	}
	if !totals.Total("a").Sent() || totals.Total("c").Sent() {
		t.Error("a sent 0 and a reward that is not there look the same")
	}
}

// What does not fit is skipped and named where it stands, in either shape.
func TestWalletTotalsDrift(t *testing.T) {
	wrong := func(pointer string) envelope.Drift {
		return envelope.Drift{Kind: envelope.DriftWrongType, Pointer: "/data/wallet/totals" + pointer}
	}
	one := func(keyed bool) masivo.WalletTotal {
		return masivo.WalletTotal{Total: envelope.MustDecimal("1"), RewardID: "a", Keyed: keyed}
	}
	tests := map[string]struct {
		text  string
		want  masivo.WalletTotals
		drift []envelope.Drift
	}{
		"map": {`{"a":1,"b":"many","c":{"n":1}}`,
			masivo.WalletTotals{one(true), {RewardID: "b", Keyed: true}, {RewardID: "c", Keyed: true}},
			[]envelope.Drift{wrong("/b"), wrong("/c")}},
		"list": {`[{"total":1,"reward_id":"a"},7,{"total":true,"reward_id":"b"}]`,
			masivo.WalletTotals{one(false), {}, {RewardID: "b"}},
			[]envelope.Drift{wrong("/1"), wrong("/2/total")}},
		"text":   {`"none"`, nil, []envelope.Drift{wrong("")}},
		"number": {`3`, nil, []envelope.Drift{wrong("")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d, drift := receive(t, masivo.CustomerRedemption, fmt.Appendf(nil, `{"event":"CUSTOMER_REDEMPTION","data":{"customer_id":"1","wallet":{"id":"w","totals":%s,"owner_id":"o"}}}`, test.text))
			if diff := cmp.Diff(masivo.Wallet{ID: "w", OwnerID: "o", Totals: test.want}, d.Payload.Wallet); diff != "" {
				t.Errorf("wallet (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.drift, drift); diff != "" {
				t.Errorf("drift (-want +got)\n%s", diff)
			}
		})
	}
}
