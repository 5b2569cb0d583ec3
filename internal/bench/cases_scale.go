package bench

import (
	"context"
	"encoding/json"
	"fmt"

	webhooks "github.com/go-playground/webhooks/v6/github"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
)

// The groups that show how cost grows, and what settings cost.
const (
	GroupSize       = "size of the body"
	GroupEvents     = "registered events"
	GroupDrift      = "drift hook"
	GroupValidation = "validation"
	GroupEncoding   = "encoding"
	GroupForm       = "keys of a form"
)

// GroupCores is the group of a number of cores.
func GroupCores(n int) string { return fmt.Sprintf("cores: %d", n) }

// Sizes are the sizes of bodies that are compared, in bytes.
var Sizes = []int{1 << 10, 8 << 10, 64 << 10, 256 << 10, 1_000_000}

func sizeCases() ([]Case, error) {
	library, err := newLibrary(envelope.Options{}, ignore[*webhooks.IssuesPayload], "issues")
	if err != nil {
		return nil, err
	}
	floor := newFloor(newSignature().verify, ignore[*webhooks.IssuesPayload])
	var cases []Case
	for _, size := range Sizes {
		text, err := issueOfSize(size)
		if err != nil {
			return nil, err
		}
		newSeries := gitHubSeries(text)
		cases = append(cases,
			serving(GroupSize, fmt.Sprintf("%s, %d bytes", Library, size), library, newSeries),
			serving(GroupSize, fmt.Sprintf("%s, %d bytes", Floor, size), floor, newSeries),
		)
	}
	return cases, nil
}

// issueOfSize is an issue that has as many labels as make about that size.
func issueOfSize(size int) ([]byte, error) {
	var event struct {
		Action string `json:"action"`
		Issue  struct {
			ID     int64        `json:"id"`
			Number int64        `json:"number"`
			Title  string       `json:"title"`
			Labels []issueLabel `json:"labels"`
			State  string       `json:"state"`
		} `json:"issue"`
	}
	event.Action = "labeled"
	event.Issue.ID = 73464126
	event.Issue.Number = 2
	event.Issue.Title = "Spelling error in the README file"
	event.Issue.State = "open"
	one, err := json.Marshal(labelNumber(0))
	if err != nil {
		return nil, err
	}
	for i := range size / (len(one) + 1) {
		event.Issue.Labels = append(event.Issue.Labels, labelNumber(i))
	}
	return json.Marshal(event)
}

type issueLabel struct {
	ID      int64  `json:"id"`
	NodeID  string `json:"node_id"`
	URL     string `json:"url"`
	Name    string `json:"name"`
	Color   string `json:"color"`
	Default bool   `json:"default"`
}

func labelNumber(i int) issueLabel {
	return issueLabel{
		ID:     208045946 + int64(i),
		NodeID: "MDU6TGFiZWwyMDgwNDU5NDY=",
		URL:    fmt.Sprintf("https://example.com/repos/octocat/public-repo/labels/bug-%06d", i),
		Name:   fmt.Sprintf("bug-%06d", i),
		Color:  "fc2929",
	}
}

// EventCounts are the numbers of registered events that are compared.
var EventCounts = []int{1, 20, 200}

func eventCases() ([]Case, error) {
	var cases []Case
	for _, count := range EventCounts {
		names := []string{"issues"}
		for i := 1; i < count; i++ {
			names = append(names, fmt.Sprintf("issues_%03d", i))
		}
		library, err := newLibrary(envelope.Options{}, ignore[*webhooks.IssuesPayload], names...)
		if err != nil {
			return nil, err
		}
		cases = append(cases, serving(GroupEvents, fmt.Sprintf("%s, %d events", Library, count), library, newIssuesSeries))
	}
	return cases, nil
}

// CoreCounts are the numbers of cores that are compared.
var CoreCounts = []int{1, 2}

func coreCases() ([]Case, error) {
	library, err := newLibrary(envelope.Options{}, ignore[*webhooks.IssuesPayload], "issues")
	if err != nil {
		return nil, err
	}
	verify := newSignature().verify
	var cases []Case
	for _, n := range CoreCounts {
		group := GroupCores(n)
		for _, c := range []Case{
			serving(group, Library, library, newIssuesSeries),
			serving(group, Handwritten, newHandwritten("issues", verify, openHeader(eventHeader), ignore[*webhooks.IssuesPayload]), newIssuesSeries),
			serving(group, Floor, newFloor(verify, ignore[*webhooks.IssuesPayload]), newIssuesSeries),
		} {
			c.Cores = n
			cases = append(cases, c)
		}
	}
	return cases, nil
}

// settingCases show what the drift hook and validation cost, on a delivery that
// has rules.
func settingCases() ([]Case, error) {
	drift := func(context.Context, envelope.DriftReport) {}
	var cases []Case
	for _, setting := range []struct {
		group, name string
		config      envelope.Options
	}{
		{GroupDrift, "without", envelope.Options{}},
		{GroupDrift, "with", envelope.Options{Drift: drift}},
		{GroupValidation, "off", envelope.Options{Validation: envelope.ValidateOff}},
		{GroupValidation, "identities", envelope.Options{}},
		{GroupValidation, "all", envelope.Options{Validation: envelope.ValidateAll}},
	} {
		event := masivo.BehaviorEventFulfilled
		library, err := goldenLibrary(masivoProvider, setting.config, event, ignore[*masivo.BehaviorEventData])
		if err != nil {
			return nil, err
		}
		cases = append(cases, serving(setting.group, setting.name, library, goldenSeries(masivoProvider, event.Name(), "basic", "")))
	}
	return cases, nil
}

// KeyCounts are the numbers of keys in a form that are compared.
var KeyCounts = []int{10, 100, 1000}

// formCases show what a form costs beside the same delivery as JSON, and how that
// grows with its keys.
func formCases() ([]Case, error) {
	created, err := goldenLibrary(ambassifyProvider, envelope.Options{}, ambassify.ConversionCreated, ignore[*ambassify.Conversion])
	if err != nil {
		return nil, err
	}
	changed, err := goldenLibrary(ambassifyProvider, envelope.Options{}, ambassify.PersonChanged, ignore[*ambassify.Person])
	if err != nil {
		return nil, err
	}
	var cases []Case
	for _, e := range []struct{ name, encoder string }{{"JSON", ""}, {"form, by qs", "qs"}, {"form, by PHP", "php"}} {
		cases = append(cases, serving(GroupEncoding, e.name, created,
			goldenSeries(ambassifyProvider, ambassify.ConversionCreated.Name(), "basic", e.encoder)))
	}
	for _, keys := range KeyCounts {
		texts := make([][]byte, variants)
		for n := range texts {
			texts[n] = personForm(keys, n)
		}
		golden := envelopetest.Golden{ContentType: envelopetest.Form}
		cases = append(cases, serving(GroupForm, fmt.Sprintf("%d keys", keys), changed, func() (*series, error) {
			return requestSeries(ambassifyProvider, golden, texts)
		}))
	}
	return cases, nil
}

// personForm is a form of a member with as many properties as make that many keys,
// in one of 64 variants.
func personForm(keys, variant int) []byte {
	form := []byte("event%5Bname%5D=changed&event%5Bresource%5D=person&organization_id=24&person_id=1204&person%5Bid%5D=1204")
	keys -= 5
	for i := 0; keys > 0; i, keys = i+1, keys-2 {
		form = fmt.Appendf(form, "&person%%5Bproperties%%5D%%5B%d%%5D%%5Bkey%%5D=field-%d", i, i)
		if keys > 1 {
			form = fmt.Appendf(form, "&person%%5Bproperties%%5D%%5B%d%%5D%%5Bvalue%%5D=What+was+answered+%02d", i, variant)
		}
	}
	return form
}
