package envelope_test

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// TestOwnPayloads: types that are written for encoding/json mean here what they mean
// there, and are no drift.
func TestOwnPayloads(t *testing.T) {
	t.Run("json.Number", func(t *testing.T) {
		type own struct {
			Points json.Number            `json:"points" validate:"required"`
			Each   map[string]json.Number `json:"each"`
		}
		sameAsJSON[own](t, `{"points":12.50,"each":{"a":9007199254740993,"b":"7"}}`)
	})
	t.Run("durations", func(t *testing.T) {
		type own struct {
			Wait  time.Duration   `json:"wait"`
			Waits []time.Duration `json:"waits"`
		}
		sameAsJSON[own](t, `{"wait":1500000000,"waits":[1,2]}`)
	})
	t.Run("fields without a tag", func(t *testing.T) {
		type own struct {
			ID       string
			UserName string `json:",omitempty" validate:"required"`
			Total    int
			Straße   string
		}
		sameAsJSON[own](t, `{"id":"1","username":"Ana","TOTAL":3,"STRASSE":"no","straße":"x"}`)
	})
	t.Run("an exact name goes first", func(t *testing.T) {
		type own struct {
			ID int
			Id string //nolint:revive,staticcheck // Two fields whose names differ in case.
		}
		sameAsJSON[own](t, `{"ID":1,"Id":"a"}`)
	})
	t.Run("numbers, bytes, arrays and pointers", func(t *testing.T) {
		type own struct {
			Small  int8            `json:"small"`
			Ratio  float32         `json:"ratio"`
			Bytes  []byte          `json:"bytes"`
			Array  [2]int          `json:"array"`
			Next   *int            `json:"next"`
			At     time.Time       `json:"at"`
			Raw    json.RawMessage `json:"raw"`
			Any    any             `json:"any"`
			ByID   map[int]string  `json:"byId"`
			Hidden string          `json:"-"`
		}
		sameAsJSON[own](t, `{"small":-5,"ratio":0.5,"bytes":"aGk=","array":[1,2],"next":7,"at":"2026-03-01T10:30:00Z","raw":{"a":1},"any":[1,"x"],"byId":{"5":"five"}}`)
	})
}

func sameAsJSON[T any](t *testing.T, data string) {
	t.Helper()
	var want T
	if err := json.Unmarshal([]byte(data), &want); err != nil {
		t.Fatal(err)
	}
	var got *shopDelivery[T]
	var reports []envelope.DriftReport
	h := newShop(t, hooked(&reports), envelope.NewEvent[shopMeta, T]("own").Handle(keep(&got)))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"event":"own","data":` + data + `}`)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Payload); diff != "" {
		t.Errorf("(-encoding/json +got)\n%s", diff)
	}
	for _, report := range reports {
		for _, drift := range report.Drift {
			if drift.Kind != envelope.DriftUnknownEvent && drift.Kind != envelope.DriftUnknownMember {
				t.Errorf("drift %v", drift)
			}
		}
	}
}

// TestTaggedNamesAreExact: a name in a tag matches in its own case only.
func TestTaggedNamesAreExact(t *testing.T) {
	type own struct {
		ID string `json:"id"`
	}
	var got *shopDelivery[own]
	h := newShop(t, envelope.Options{}, envelope.NewEvent[shopMeta, own]("own").Handle(keep(&got)))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"event":"own","data":{"ID":"x"}}`)}); err != nil {
		t.Fatal(err)
	}
	if got.Payload.ID != "" {
		t.Errorf("ID is %q", got.Payload.ID)
	}
}

// TestValueDecode: Decode is json.Unmarshal.
func TestValueDecode(t *testing.T) {
	type target struct {
		Name  string
		Wait  time.Duration
		Link  url.URL
		Bytes []byte
	}
	const text = `{"name":"a","wait":5,"bytes":"aGk=","NAME":"b"}`
	var got, want target
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if err := envelope.MustValue(`{"x":` + text + `}`).Get("x").Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
