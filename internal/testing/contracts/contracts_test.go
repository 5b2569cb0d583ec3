package contracts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// compiled are the schemas of a provider's deliveries.
type compiled struct {
	compiler *jsonschema.Compiler
	id       string
}

func compile(t *testing.T, provider string) compiled {
	t.Helper()
	text, err := os.ReadFile("../../../testdata/schema/" + provider + ".json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := compiled{jsonschema.NewCompiler(), document.(map[string]any)["$id"].(string)}
	if err := c.compiler.AddResource(c.id, document); err != nil {
		t.Fatal(err)
	}
	return c
}

// of is the schema of an event's deliveries.
func (c compiled) of(t *testing.T, event string) *jsonschema.Schema {
	t.Helper()
	s, err := c.compiler.Compile(c.id + "#/$defs/delivery." + event)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func value(t *testing.T, body []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var providers = []string{"mambo", "ambassify", "masivo", "openloyalty"}

// TestGoldens: every golden delivery that does not differ from the documentation is valid.
func TestGoldens(t *testing.T) {
	n := 0
	for _, provider := range providers {
		c := compile(t, provider)
		for event, golden := range envelopetest.Goldens(provider) {
			if golden.Encoder != "" || strings.HasPrefix(golden.Situation, "drift-") {
				continue
			}
			n++
			name := provider + "/" + event + "/" + golden.Situation
			err := c.of(t, event).Validate(value(t, golden.Body))
			if why, ok := understood[name]; ok == (err == nil) {
				t.Errorf("%s, understood on purpose (%s): %v", name, why, err)
			}
		}
	}
	if n < 250 {
		t.Errorf("%d goldens", n)
	}
}

// understood are goldens that are no drift, although no contract has their spelling: Go
// takes it for the documented one on purpose.
var understood = map[string]string{
	"ambassify/campaign.changed/numbers-as-text":                "numbers in texts, as in a form",
	"ambassify/interaction.created/list-response":               "an answer of an undocumented shape",
	"ambassify/person.changed/opt-in-boolean":                   "one consent for everything",
	"openloyalty/AchievementCreated/activity-null-empty-arrays": "null in place of a required limit",
}

// judge dispatches a body, and reports whether Go notices anything: drift, violations, or a
// refusal.
type judge func(t *testing.T, event string, body []byte) (noticed, refused bool)

func judgeOf[M any](t *testing.T, events []envelope.AnyEvent[M], newHandler func(envelope.Options, ...envelope.Route[M]) (*envelope.Handler, error)) judge {
	t.Helper()
	var noticed bool
	var routes []envelope.Route[M]
	for _, event := range events {
		routes = append(routes, event.Handle(func(_ context.Context, d *envelope.Delivery[M, any]) error {
			noticed = noticed || len(d.Violations) > 0
			return nil
		}))
	}
	h, err := newHandler(envelope.Options{DispatchOnly: true, Drift: func(context.Context, envelope.DriftReport) { noticed = true }}, routes...)
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, event string, body []byte) (bool, bool) {
		t.Helper()
		noticed = false
		m := envelope.Message{Body: body, Header: http.Header{"Content-Type": {"application/json"}}}
		if h.Provider() == mambo.Name {
			m.Event = event
		}
		err := h.Dispatch(t.Context(), m)
		return noticed || err != nil, err != nil
	}
}

func judges(t *testing.T) map[string]judge {
	t.Helper()
	return map[string]judge{
		"mambo": judgeOf(t, mambo.Events(), func(o envelope.Options, routes ...mambo.Route) (*envelope.Handler, error) {
			return mambo.NewHandler(mambo.Config{Options: o}, routes...)
		}),
		"ambassify": judgeOf(t, ambassify.Events(), func(o envelope.Options, routes ...ambassify.Route) (*envelope.Handler, error) {
			return ambassify.NewHandler(ambassify.Config{Options: o}, routes...)
		}),
		"masivo": judgeOf(t, masivo.Events(), func(o envelope.Options, routes ...masivo.Route) (*envelope.Handler, error) {
			return masivo.NewHandler(masivo.Config{Options: o}, routes...)
		}),
		"openloyalty": judgeOf(t, openloyalty.Events(), func(o envelope.Options, routes ...openloyalty.Route) (*envelope.Handler, error) {
			return openloyalty.NewHandler(openloyalty.Config{Options: o}, routes...)
		}),
	}
}

// TestPlanted: a value of a wrong type that the schema refuses is noticed by Go, wherever it
// stands; and what Go refuses a delivery for, because it is missing, is required by the
// schema.
func TestPlanted(t *testing.T) {
	all := judges(t)
	planted, missing := 0, 0
	for _, provider := range providers {
		c, judge := compile(t, provider), all[provider]
		for event, golden := range envelopetest.Goldens(provider) {
			name := provider + "/" + event + "/" + golden.Situation
			if golden.Encoder != "" || strings.HasPrefix(golden.Situation, "drift-") || understood[name] != "" {
				continue
			}
			schema := c.of(t, event)
			if noticed, _ := judge(t, event, golden.Body); noticed {
				t.Errorf("%s: something is noticed", name)
			}
			for mutant := range mutants(t, golden.Body) {
				isValid := schema.Validate(value(t, mutant.body)) == nil
				noticed, refused := judge(t, event, mutant.body)
				switch {
				case mutant.what == "" && refused:
					if missing++; isValid {
						t.Errorf("%s without %s is refused by Go, and valid", name, mutant.pointer)
					}
				case mutant.what != "" && !isValid:
					if planted++; !noticed && !tolerated(mutant) {
						t.Errorf("%s with %s at %s is not valid, and not noticed", name, mutant.what, mutant.pointer)
					}
				}
			}
		}
	}
	t.Logf("%d planted values, %d missing identities", planted, missing)
	if planted < 10_000 || missing < 100 {
		t.Error("that is too few")
	}
}

// mutant is a body with one value replaced by another, or removed if that is "".
type mutant struct {
	pointer, what string
	body          []byte
}

// tolerated reports whether Go takes a wrong value on purpose: any value where a shape is not
// known, and fractions of seconds.
func tolerated(m mutant) bool {
	for _, open := range []string{"/person/optIn", "/interaction/response"} {
		if m.pointer == open {
			return true
		}
	}
	moments := []string{"created", "publishOn", "finishOn", "firstCommunityAccess", "createdAt", "couponExpiresAt"}
	return m.what == "0.5" && slices.Contains(moments, m.pointer[strings.LastIndex(m.pointer, "/")+1:])
}

// mutants yields a body with each of its members replaced in turn.
func mutants(t *testing.T, body []byte) iter.Seq[mutant] {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var root any
	if err := decoder.Decode(&root); err != nil {
		t.Fatal(err)
	}
	write := func() []byte {
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	return func(yield func(mutant) bool) {
		var walk func(pointer string, v any) bool
		walk = func(pointer string, v any) bool {
			if list, ok := v.([]any); ok {
				for i, element := range list {
					if !walk(fmt.Sprintf("%s/%d", pointer, i), element) {
						return false
					}
				}
			}
			object, ok := v.(map[string]any)
			if !ok {
				return true
			}
			for _, name := range slices.Sorted(maps.Keys(object)) {
				kept, at := object[name], pointer+"/"+name
				for _, wrong := range []any{nil, "planted", true, json.Number("17"), json.Number("0.5"), map[string]any{"planted": "x"}, []any{"planted"}} {
					if wrong == nil {
						delete(object, name)
					} else {
						object[name] = wrong
					}
					what := ""
					if wrong != nil {
						text, _ := json.Marshal(wrong)
						what = string(text)
					}
					if !yield(mutant{at, what, write()}) {
						return false
					}
				}
				object[name] = kept
				if !walk(at, kept) {
					return false
				}
			}
			return true
		}
		walk("", root)
	}
}
