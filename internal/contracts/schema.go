// Package contracts writes the catalogues as contracts that other tools read: JSON Schema
// and AsyncAPI, in testdata/schema and testdata/asyncapi.
package contracts

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

//go:generate go run ./generate

// object is a JSON object; its members are written in the order of their names.
type object = map[string]any

// dialect of the schemas.
const dialect = "https://json-schema.org/draft/2020-12/schema"

const about = "Open world: members that are not listed, and values beyond the listed ones, may come; " +
	"a member that is not required may be null, and an empty list stands for an empty object, as PHP writes it. " +
	"x-confidence says whether something is documented by the provider, observed, or inferred, and x-source where."

// Schema writes a provider's deliveries and models as JSON Schema 2020-12: $defs has each
// model under its name, and each delivery under delivery. and its event's name.
func Schema(c *envelopetest.Catalog) ([]byte, error) {
	w := &writer{catalog: c, refs: "#/$defs/"}
	definitions := w.models()
	var deliveries []any
	for _, event := range c.Events {
		definitions["delivery."+event.Name] = w.delivery(event)
		deliveries = append(deliveries, object{"$ref": w.refs + "delivery." + event.Name})
	}
	return text(object{
		"$schema":     dialect,
		"$id":         "https://raw.githubusercontent.com/loyaltyhooks/loyaltyhooks/main/testdata/schema/" + c.Provider + ".json",
		"title":       "Webhooks of " + titles[c.Provider],
		"description": about,
		"anyOf":       deliveries,
		"$defs":       definitions,
	})
}

var titles = map[string]string{"mambo": "Mambo", "ambassify": "Ambassify", "masivo": "Masivo", "openloyalty": "Open Loyalty"}

func text(document object) ([]byte, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(document)
	return []byte(b.String()), err
}

// writer writes the schemas of one catalogue.
type writer struct {
	catalog *envelopetest.Catalog
	refs    string // what stands before the name of a model
}

func (w *writer) models() object {
	all := object{}
	for name, model := range w.catalog.Models {
		all[name] = w.model(name, model)
	}
	return all
}

func (w *writer) model(name string, model envelopetest.CatalogModel) object {
	if model.ArrayOf != "" {
		return object{"type": "array", "description": model.Doc, "items": w.ref(model.ArrayOf)}
	}
	s := w.object(model.Fields)
	s["title"], s["description"] = name, model.Doc
	if model.Values != nil {
		s["additionalProperties"] = w.typ(*model.Values)
	}
	if d := model.Discriminator; d != nil {
		var branches []any
		for _, value := range slices.Sorted(maps.Keys(d.Variants)) {
			branches = append(branches, object{
				"if":   object{"properties": object{d.Field: object{"const": value}}, "required": []string{d.Field}},
				"then": w.ref(d.Variants[value]),
			})
		}
		s["allOf"] = branches
	}
	return s
}

func (w *writer) object(fields []envelopetest.CatalogField) object {
	properties := object{}
	var required []string
	for _, field := range fields {
		properties[field.Name] = w.field(field)
		if field.Required {
			required = append(required, field.Name)
		}
	}
	s := object{"type": "object", "properties": properties, "additionalProperties": true}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func (w *writer) ref(model string) object { return object{"$ref": w.refs + model} }

// field writes a member with what is known of it.
func (w *writer) field(field envelopetest.CatalogField) object {
	kinds := []any{w.enumerated(field)}
	if len(field.AltTypes) > 0 {
		var others []envelopetest.CatalogType
		if err := json.Unmarshal(field.AltTypes, &others); err != nil {
			panic(fmt.Sprintf("the catalogue of %s: other types of %s: %v", w.catalog.Provider, field.Name, err))
		}
		for _, other := range others {
			kinds = append(kinds, w.typ(other))
		}
	}
	if field.Type == "ref" || field.Type == "object" {
		kinds = append(kinds, object{"type": "array", "maxItems": 0})
	}
	if (field.Nullable || !field.Required) && field.Type != "any" {
		kinds = append(kinds, object{"type": "null"})
	}
	s := object{}
	if len(kinds) == 1 {
		s = kinds[0].(object)
	} else {
		s["anyOf"] = kinds
	}
	s["description"], s["x-confidence"], s["x-source"] = field.Doc, field.Confidence, field.Source
	if field.Basis != "" {
		s["x-basis"] = field.Basis
	}
	return s
}

// enumerated is the type of a field, with the values that are known.
func (w *writer) enumerated(field envelopetest.CatalogField) object {
	s := w.typ(field.CatalogType)
	switch {
	case len(field.Enum) == 0:
	case field.Type == "array":
		s["items"] = object{"anyOf": []any{object{"enum": field.Enum}, s["items"]}}
	default:
		s = object{"anyOf": []any{object{"enum": field.Enum}, s}}
	}
	return s
}

func (w *writer) typ(t envelopetest.CatalogType) object {
	s := object{}
	switch t.Type {
	case "any":
		return s
	case "ref":
		return w.ref(t.Ref)
	case "array":
		if t.Items != nil {
			s["items"] = w.typ(*t.Items)
		}
	case "object":
		if t.Values != nil {
			s["additionalProperties"] = w.typ(*t.Values)
		}
	}
	s["type"] = t.Type
	if t.Format != "" {
		s["format"] = t.Format
	}
	return s
}

// delivery writes what comes for an event: the payload, and the members around it.
func (w *writer) delivery(event envelopetest.CatalogEvent) object {
	payload := w.ref(event.Payload)
	if event.Array {
		payload = object{"type": "array", "items": payload}
	}
	s := object{"$ref": w.refs + event.Payload}
	switch {
	case w.catalog.Provider == "ambassify":
		resource, verb, _ := strings.Cut(event.Name, ".")
		s = w.object(w.catalog.Envelope)
		s["properties"].(object)["event"] = object{
			"allOf":      []any{w.ref("EventDescriptor")},
			"properties": object{"resource": object{"const": resource}, "name": object{"const": verb}},
		}
		s["anyOf"] = []any{ // What it happened to, or its id.
			object{"required": []string{resource}, "properties": object{resource: object{"type": "object"}}},
			object{"required": []string{resource + "_id"}},
		}
	case event.Legacy:
		s = object{"type": "object", "required": []string{"type", "data"}, "additionalProperties": true,
			"properties": object{"type": object{"const": event.Name}, "data": payload}}
	case len(w.catalog.Envelope) > 0:
		s = w.object(w.catalog.Envelope)
		for _, name := range []string{"event", "eventName"} {
			if _, ok := s["properties"].(object)[name]; ok {
				s["properties"].(object)[name] = object{"const": event.Name}
			}
		}
		s["properties"].(object)["data"] = payload
	}
	s["title"], s["description"] = event.Name, event.Trigger
	s["x-confidence"], s["x-source"] = event.Confidence, event.Source
	if event.TriggerConfidence != "" {
		s["x-trigger-confidence"] = event.TriggerConfidence
	}
	return s
}
