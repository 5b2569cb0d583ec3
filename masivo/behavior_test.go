package masivo_test

import (
	"fmt"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

func TestEventResult(t *testing.T) {
	tests := map[string]struct {
		text string
		want masivo.EventResult
		back string // "" if text
	}{
		"object": {
			text: `{"gift_card":[{"code":"GC-1"}],"error_code":12}`,
			want: masivo.EventResult{
				GiftCards: []masivo.GiftCard{{Code: "GC-1"}},
				Extra:     map[string]envelope.Value{"error_code": envelope.MustValue("12")},
			},
		},
		"text":         {text: `"no balance"`, want: masivo.EventResult{Text: "no balance"}},
		"empty text":   {text: `""`, back: `{}`},
		"empty object": {text: `{}`},
		"null":         {text: `null`, back: `{}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for library, codec := range codecs {
				got := masivo.EventResult{Text: "of an earlier decode", Transactions: []masivo.Transaction{{}}}
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
	for _, text := range []string{`"`, `{`, `{"wallet":`, `5`, `[1]`, `true`} {
		for library, codec := range codecs {
			if err := codec.unmarshal([]byte(text), new(masivo.EventResult)); err == nil {
				t.Errorf("%s takes %s", library, text)
			}
		}
	}
}

// Names that come twice are refused by the library, whatever the release of
// encoding/json thinks of them.
func TestEventResultTwice(t *testing.T) {
	if err := jsonv2.Unmarshal([]byte(`{"wallet":{},"wallet":{}}`), new(masivo.EventResult)); err == nil {
		t.Error("accepted")
	}
}

// A misfit elsewhere makes the handler decode once more, with tolerance; that
// pass must give the same result.
func TestEventResultBesideMisfit(t *testing.T) {
	tests := map[string]struct {
		text  string
		want  masivo.EventResult
		drift []string
	}{
		"text":       {`"no balance"`, masivo.EventResult{Text: "no balance"}, nil},
		"object":     {`{"late":1}`, masivo.EventResult{Extra: map[string]envelope.Value{"late": envelope.MustValue("1")}}, nil},
		"empty list": {`[]`, masivo.EventResult{}, nil},
		"null":       {`null`, masivo.EventResult{}, nil},
		"number":     {`404`, masivo.EventResult{}, []string{"/data/event/result"}},
		"mistyped within": {`{"wallet":{"lines":{"a":1}},"accumulations":[{"amount":[]}]}`,
			masivo.EventResult{Accumulations: []masivo.RewardLine{{}}},
			[]string{"/data/event/result/wallet/lines", "/data/event/result/accumulations/0/amount"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d, drift := receive(t, masivo.BehaviorEventFailed, fmt.Appendf(nil, `{"event":"BEHAVIOR_EVENT_FAILED","data":{"customer_id":"1","event":{"id":7,"result":%s}}}`, test.text))
			if diff := cmp.Diff(masivo.BehaviorEvent{ID: "7", Result: test.want}, d.Payload.Event); diff != "" {
				t.Errorf("event (-want +got)\n%s", diff)
			}
			want := []envelope.Drift{{Kind: envelope.DriftWrongType, Pointer: "/data/event/id"}}
			for _, pointer := range test.drift {
				want = append(want, envelope.Drift{Kind: envelope.DriftWrongType, Pointer: pointer})
			}
			if diff := cmp.Diff(want, drift); diff != "" {
				t.Errorf("drift (-want +got)\n%s", diff)
			}
		})
	}
}

// Objects that Masivo does not document in full keep what has no field, and that
// is no drift.
func TestExtra(t *testing.T) {
	tests := map[string]struct {
		target any
		text   string
	}{
		"metrics":                {new(masivo.CustomerMetrics), `{"total_purchases":3,"rfm":"champion"}`},
		"reward attributes":      {new(masivo.RewardAttributes), `{"conversion_factor":0.05,"percent":10}`},
		"event data":             {new(masivo.BehaviorEventInput), `{"platform":"APP","review":{"stars":5},"shelf":null}`},
		"event result":           {new(masivo.EventResult), `{"redemptions":[{"amount":1}],"tier":{"to":"Gold"}}`},
		"transaction attributes": {new(masivo.TransactionAttributes), `{"campaign_name":"Daily","rule":"r1"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for library, codec := range codecs {
				if err := codec.unmarshal([]byte(test.text), test.target); err != nil {
					t.Fatalf("%s: %v", library, err)
				}
				if text, err := codec.marshal(test.target); err != nil || string(text) != test.text {
					t.Errorf("%s encodes to %s, %v; want %s", library, text, err, test.text)
				}
			}
		})
	}
	d, drift := receive(t, masivo.BehaviorEventFulfilled, []byte(`{"event":"BEHAVIOR_EVENT_FULFILLED","data":{"customer_id":"1","event":{
		"data":{"stars":5},
		"result":{"tier":{"to":"Gold"},"customer":{"metrics":{"rfm":"champion"}},
			"transactions":[{"attributes":{"rule":"r1"}}],
			"wallet":{"totals":[{"reward":{"attributes":{"percent":10}}}]}}}}}`))
	if len(drift) > 0 {
		t.Errorf("drift %v", drift)
	}
	if tier := d.Payload.Event.Result.Extra["tier"].Get("to").String(); tier != "Gold" {
		t.Errorf("tier is %q", tier)
	}
}
