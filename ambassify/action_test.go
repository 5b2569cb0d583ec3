package ambassify_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
)

func TestSchemaOrgAction(t *testing.T) {
	tests := []struct {
		text   string
		types  []string
		status ambassify.ActionStatus
	}{
		{`{}`, nil, ""},
		{`{"@type":"VoteAction","actionStatus":"CompletedActionStatus"}`, []string{"VoteAction"}, ambassify.ActionCompleted},
		{`{"@type":["https://schema.org/VoteAction","schema:LikeAction"],"actionStatus":"https://schema.org/FailedActionStatus"}`, []string{"VoteAction", "LikeAction"}, ambassify.ActionFailed},
		{`{"@type":"http://schema.org/VoteAction","actionStatus":"http://schema.org/ActiveActionStatus"}`, []string{"VoteAction"}, ambassify.ActionActive},
		{`{"@type":["VoteAction",null],"actionStatus":"LostActionStatus"}`, []string{"VoteAction", ""}, "LostActionStatus"},
	}
	for _, tt := range tests {
		var action ambassify.SchemaOrgAction
		if err := json.Unmarshal([]byte(tt.text), &action); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.types, action.Types()); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
		if action.Is("VoteAction") != (len(tt.types) > 0) || action.Is("ReadAction") {
			t.Errorf("%s: is no VoteAction, or a ReadAction", tt.text)
		}
		if action.Status() != tt.status {
			t.Errorf("%s: got status %q", tt.text, action.Status())
		}
	}
	for status, want := range map[ambassify.ActionStatus]bool{
		ambassify.ActionPotential: true, "https://schema.org/ActiveActionStatus": true, "https://example.com/ActiveActionStatus": false, "": false,
	} {
		if status.Known() != want {
			t.Errorf("%q: known %t", status, !want)
		}
	}
}

// Members without a field are kept, whatever they hold.
func TestSchemaOrgActionExtra(t *testing.T) {
	const text = `{"@type":"BuyAction","agent":["Ann",{"name":"Ben"}],"object":"Book","price":12.50,"seller":{"name":"Shop"}}`
	var action ambassify.SchemaOrgAction
	if err := json.Unmarshal([]byte(text), &action); err != nil {
		t.Fatal(err)
	}
	if got := action.Extra["price"].String(); got != "12.50" {
		t.Errorf("price %q", got)
	}
	if got := action.Extra["seller"].Get("name").String(); got != "Shop" {
		t.Errorf("seller %q", got)
	}
	again, err := json.Marshal(action)
	if err != nil || string(again) != text {
		t.Errorf("got %s, %v", again, err)
	}
}
