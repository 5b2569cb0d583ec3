package mambo_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

// What may name the event is refused if it is sent twice, or is not Unicode, where
// nothing else names it.
func TestHostileNames(t *testing.T) {
	h, _ := recorder(t, mambo.Config{EventHeader: eventHeader}, true)
	for name, body := range map[string]string{
		"event twice":       `{"event":"UserCreated","event":"TagCreated"}`,
		"event not UTF-8":   "{\"event\":\"UserCreated\xff\"}",
		"event half a pair": `{"event":"\udc00"}`,
		"wrapper twice":     `{"event":"UserCreated","data":{"uuid":"E-1"},"data":{"uuid":"E-2"}}`,
	} {
		if status := post(h, "/", body, nil); status != 400 {
			t.Errorf("%s: status %d without a name, want 400", name, status)
		}
		if status := post(h, "/", body, headers(eventHeader, userCreated)); status != 200 {
			t.Errorf("%s: status %d with a name, want 200", name, status)
		}
	}
}

// Of other members the last one counts, and U+FFFD replaces what is not Unicode.
// What no field holds is not looked at, however deep it is.
func TestTolerantMembers(t *testing.T) {
	const deep = 100
	for name, test := range map[string]struct {
		body, want string
		drift      []envelope.Drift
	}{
		"twice": {`{"uuid":"E-1","uuid":"E-2"}`, `{"uuid":"E-2"}`,
			[]envelope.Drift{{Kind: envelope.DriftDuplicateMember, Pointer: "/uuid"}}},
		"twice, escaped": {`{"uuid":"E-1","\u0075uid":"E-2"}`, `{"uuid":"E-2"}`,
			[]envelope.Drift{{Kind: envelope.DriftDuplicateMember, Pointer: "/uuid"}}},
		"null after a text": {`{"uuid":"E-1","uuid":null}`, `{}`,
			[]envelope.Drift{{Kind: envelope.DriftDuplicateMember, Pointer: "/uuid"}}},
		"not UTF-8": {"{\"uuid\":\"E\xff\"}", `{"uuid":"E�"}`,
			[]envelope.Drift{{Kind: envelope.DriftInvalidText, Pointer: "/uuid"}}},
		"message half a pair": {`{"uuid":"E","message":"E\ud83d!"}`, `{"uuid":"E"}`,
			[]envelope.Drift{{Kind: envelope.DriftUnknownMember, Pointer: "/message"}}},
		"message twice": {`{"uuid":"E","message":"a\n","message":"b"}`, `{"uuid":"E"}`,
			[]envelope.Drift{{Kind: envelope.DriftUnknownMember, Pointer: "/message"}, {Kind: envelope.DriftUnknownMember, Pointer: "/message"}}},
		"half a pair": {`{"uuid":"E\ud83d!"}`, `{"uuid":"E�!"}`,
			[]envelope.Drift{{Kind: envelope.DriftInvalidText, Pointer: "/uuid"}}},
		"unknown and deep": {`{"uuid":"E","heard":` + strings.Repeat(`[`, deep) + strings.Repeat(`]`, deep) + `}`, `{"uuid":"E"}`,
			[]envelope.Drift{{Kind: envelope.DriftUnknownMember, Pointer: "/heard"}}},
	} {
		var drift []envelope.Drift
		h, got := recorder(t, mambo.Config{EventHeader: eventHeader, Options: envelope.Options{
			Drift: func(_ context.Context, r envelope.DriftReport) { drift = r.Drift },
		}}, false)
		if status := post(h, "/", test.body, headers(eventHeader, userCreated)); status != 200 {
			t.Errorf("%s: status %d", name, status)
			continue
		}
		if diff := cmp.Diff([]seen{{userCreated, mambo.EventFromHeader, test.want}}, *got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(test.drift, drift); diff != "" {
			t.Errorf("%s, drift (-want +got)\n%s", name, diff)
		}
	}
}
