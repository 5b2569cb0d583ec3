package conformance

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// testCoverage checks that every field of every model stands in some golden
// delivery with a value that is not empty.
func (s Suite[M]) testCoverage(t *testing.T, catalog *envelopetest.Catalog) {
	seen := map[string]bool{}
	c := &coverage{catalog, seen}
	payloads := map[string]envelopetest.CatalogEvent{}
	for _, event := range catalog.Events {
		payloads[event.Name] = event
	}
	for event, golden := range envelopetest.Goldens(s.Provider) {
		if golden.ContentType != envelopetest.JSON || strings.HasPrefix(golden.Situation, "drift-") {
			continue
		}
		var body any
		if err := json.Unmarshal(golden.Body, &body); err != nil {
			t.Errorf("%s/%s: %v", event, golden.Situation, err)
			continue
		}
		members, _ := body.(map[string]any)
		switch {
		case s.EnvelopeModel != "":
			c.model(s.EnvelopeModel, body)
			continue
		case len(catalog.Envelope) > 0:
			body = members["data"]
		}
		c.list(payloads[event].Payload, body)
	}
	for name, model := range catalog.Models {
		for _, field := range model.Fields {
			if !seen[name+"."+field.Name] {
				t.Errorf("%s.%s is empty in every golden delivery", name, field.Name)
			}
		}
	}
}

type coverage struct {
	catalog *envelopetest.Catalog
	seen    map[string]bool
}

func (c *coverage) list(name string, v any) {
	if of := c.catalog.Models[name].ArrayOf; of != "" {
		name = of
	}
	if list, ok := v.([]any); ok {
		for _, element := range list {
			c.model(name, element)
		}
		return
	}
	c.model(name, v)
}

func (c *coverage) model(name string, v any) {
	members, _ := v.(map[string]any)
	if members == nil {
		return
	}
	model := c.catalog.Models[name]
	for _, field := range model.Fields {
		value, ok := members[field.Name]
		if !ok || reflect.ValueOf(value).Kind() == reflect.Invalid || isEmpty(value) {
			continue
		}
		c.seen[name+"."+field.Name] = true
		c.typ(field.CatalogType, value)
	}
	if d := model.Discriminator; d != nil {
		kind, _ := members[d.Field].(string)
		if variant, ok := d.Variants[kind]; ok {
			c.model(variant, v)
		}
	}
}

func (c *coverage) typ(t envelopetest.CatalogType, v any) {
	switch {
	case t.Type == "ref":
		c.model(t.Ref, v)
	case t.Items != nil:
		if list, ok := v.([]any); ok {
			for _, element := range list {
				c.typ(*t.Items, element)
			}
		}
	case t.Values != nil:
		if members, ok := v.(map[string]any); ok {
			for _, member := range members {
				c.typ(*t.Values, member)
			}
		}
	}
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
