// Package reencode writes a whole delivery from its typed values, and brings JSON
// into the form in which a body and what was made of it can be compared.
package reencode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Open values are written as they were sent, whatever is in them.
var options = jsonv2.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Delivery encodes the body of a delivery, envelope included, as JSON. The
// payload is a typed value, or the JSON text of an unknown event.
func Delivery(provider, event string, meta, payload any) ([]byte, error) {
	switch provider {
	case "mambo":
		return jsonv2.Marshal(payload, options)
	case "ambassify":
		return jsonv2.Marshal(meta, options) // Its embedded resources include the payload.
	case "openloyalty":
		name := "eventName"
		if strings.ToLower(event) == event { // customer.registered, of the legacy format
			name = "type"
		}
		return inEnvelope(name, event, meta, payload)
	default:
		return inEnvelope("event", event, meta, payload)
	}
}

func inEnvelope(name, event string, meta, payload any) ([]byte, error) {
	members := map[string]any{}
	text, err := jsonv2.Marshal(meta, options)
	if err != nil {
		return nil, err
	}
	if err := jsonv2.Unmarshal(text, &members, options); err != nil {
		return nil, fmt.Errorf("envelope: %w", err)
	}
	members[name] = event
	members["data"] = payload
	return jsonv2.Marshal(members, options, jsonv2.Deterministic(true))
}

// Normal decodes JSON for comparison: without members and elements that are null,
// false, 0, "" or an empty container, with numbers by value and timestamps as
// instants. It gives nil for nothing, and the text itself for what is not JSON.
func Normal(text []byte) any {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return string(text)
	}
	return normal(v)
}

func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		members := map[string]any{}
		for name, value := range v {
			if value := normal(value); value != nil {
				members[name] = value
			}
		}
		if len(members) > 0 {
			return members
		}
	case []any:
		elements := make([]any, 0, len(v))
		for _, value := range v {
			elements = append(elements, normal(value))
		}
		for len(elements) > 0 && elements[len(elements)-1] == nil {
			elements = elements[:len(elements)-1]
		}
		if len(elements) > 0 {
			return elements
		}
	case json.Number:
		if f, err := v.Float64(); err != nil || f != 0 {
			return json.Number(canonical(v.String()))
		}
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
		if v != "" {
			return v
		}
	case bool:
		if v {
			return v
		}
	}
	return nil
}

// canonical drops the zeros that do not change a decimal number.
func canonical(number string) string {
	if strings.ContainsAny(number, "eE") || !strings.Contains(number, ".") {
		return number
	}
	return strings.TrimSuffix(strings.TrimRight(number, "0"), ".")
}
