package mambo_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

func TestNaturalKey(t *testing.T) {
	var got string
	h, err := mambo.NewHandler(
		mambo.Config{Options: envelope.Options{Unverified: true, Key: mambo.NaturalKey}},
		mambo.Fallback(func(_ context.Context, d *mambo.Delivery[json.RawMessage]) error {
			got = strings.TrimPrefix(d.Key, "1/mambo///")
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ event, body, want string }{
		"created":           {userCreated, `{"id":"69b3c7d0","uuid":"E-1"}`, "UserCreated/69b3c7d0"},
		"of the same ID":    {"ActivityCreated", `{"uuid":"E-1","id":"69b3c7d0"}`, "ActivityCreated/69b3c7d0"},
		"coupon awarded":    {"CouponStateAdded", `{"id":"69aa"}`, "CouponStateAdded/69aa"},
		"ID that is number": {"TagCreated", `{"id":17}`, "TagCreated/17"},
		"ID sent twice":     {"TagCreated", `{"id":"1","id":"2"}`, "TagCreated/2"},
		"not Unicode":       {"TagCreated", `{"id":"\udc00"}`, ""},
		"not UTF-8":         {"TagCreated", "{\"id\":\"\xff\"}", ""},
		"wrapped":           {"", `{"event":"TagCreated","data":{"id":"69b3"}}`, "TagCreated/69b3"},
		"no ID":             {"TagCreated", `{"tag":"vip"}`, ""},
		"null":              {"TagCreated", `{"id":null}`, ""},
		"updated":           {"UserUpdated", `{"id":"69b3c7d0"}`, ""},
		"awarded":           {"ActivityAwardedAdded", `{"id":"69b3c7d0"}`, ""},
		"left":              {"UserMemberLeft", `{"id":"69b3c7d0"}`, ""},
		"ping":              {"Ping", pingBody, ""},
		"unknown event":     {"UserMerged", `{"id":"69b3c7d0"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if err := h.Dispatch(t.Context(), envelope.Message{Event: test.event, Body: []byte(test.body)}); err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
