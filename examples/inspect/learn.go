package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/form"
)

// lesson is what deliveries teach beyond the catalogue: types and names, no values.
type lesson struct {
	Provider   string                  `json:"provider"`
	Deliveries int                     `json:"deliveries"`
	Refused    int                     `json:"refused"`           // deliveries that were refused, of which nothing is learnt
	Unnamed    int                     `json:"unnamed,omitempty"` // names that were left out: they do not look like names
	Events     map[string]int          `json:"events,omitempty"`  // that no catalogue has, and how often
	Models     map[string]*modelLesson `json:"models"`            // that were met; "" is what is around the payload

	catalog *envelopetest.Catalog
}

// modelLesson is what was learnt of one model.
type modelLesson struct {
	Objects    int                       `json:"objects"`              // of it that were met
	Fields     []*fieldLesson            `json:"fields,omitempty"`     // never seen before, to be added to the model
	Types      map[string]map[string]int `json:"types,omitempty"`      // of documented fields, beyond the documented ones
	Values     map[string]map[string]int `json:"values,omitempty"`     // of enumerations, beyond the listed ones
	NeverSent  []string                  `json:"never_sent,omitempty"` // documented fields that no object had
	sent       map[string]bool
	documented []string
}

// fieldLesson is a field as the catalogue would have it. Who adds it says what it means.
type fieldLesson struct {
	Name       string                  `json:"name"`
	Types      map[string]int          `json:"types"` // and how often
	Confidence envelopetest.Confidence `json:"confidence"`
}

// isName reports whether a name or a value of an enumeration can be shown: what a person
// has typed in rarely looks so.
var isName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`).MatchString

const maxName = 40

func newLesson(provider string) (*lesson, error) {
	catalog, err := envelopetest.ReadCatalog(provider)
	if err != nil {
		return nil, err
	}
	return &lesson{Provider: provider, Events: map[string]int{}, Models: map[string]*modelLesson{}, catalog: catalog}, nil
}

// add learns from a delivery that was accepted.
func (l *lesson) add(body []byte, r report) {
	l.Deliveries++
	if r.Error != nil {
		l.Refused++
		return
	}
	var root any
	isForm := json.Unmarshal(bytes.TrimPrefix(body, []byte("\uFEFF")), &root) != nil
	if isForm {
		tree, err := form.Parse(body, form.UTF8, form.Limits{})
		if err != nil || json.Unmarshal(tree.Root().JSON(), &root) != nil {
			return
		}
	}
	reader := lessonReader{l, isForm}
	if r.Event == "" {
		l.Unnamed++
		return
	}
	i := slices.IndexFunc(l.catalog.Events, func(e envelopetest.CatalogEvent) bool { return e.Name == r.Event })
	if i < 0 {
		if name, ok := l.name(r.Event); ok {
			l.Events[name]++
		}
		return
	}
	event := l.catalog.Events[i]
	model := envelopetest.CatalogType{Type: "ref", Ref: event.Payload}
	payload := model
	if event.Array {
		payload = envelopetest.CatalogType{Type: "array", Items: &model}
	}
	object, _ := root.(map[string]any)
	if data, ok := object["data"]; ok && (len(l.catalog.Envelope) > 0 || event.Legacy) {
		reader.value(payload, data)
		if event.Legacy {
			return
		}
	} else if len(l.catalog.Envelope) == 0 {
		reader.value(payload, root)
		return
	}
	reader.object("", l.catalog.Envelope, object)
}

// name returns a name that can be shown.
func (l *lesson) name(text string) (string, bool) {
	if len(text) > maxName || !isName(text) {
		l.Unnamed++
		return "", false
	}
	return text, true
}

func (l *lesson) model(name string, fields []envelopetest.CatalogField) *modelLesson {
	m := l.Models[name]
	if m == nil {
		m = &modelLesson{sent: map[string]bool{}, Types: map[string]map[string]int{}, Values: map[string]map[string]int{}}
		for _, field := range fields {
			m.documented = append(m.documented, field.Name)
		}
		l.Models[name] = m
	}
	return m
}

// lessonReader goes through a delivery along the catalogue.
type lessonReader struct {
	*lesson

	isForm bool // all values are text
}

func (l lessonReader) value(t envelopetest.CatalogType, v any) {
	switch v := v.(type) {
	case []any:
		if t.Items != nil {
			t = *t.Items
		} else if model, ok := l.catalog.Models[t.Ref]; ok && model.ArrayOf != "" {
			t = envelopetest.CatalogType{Type: "ref", Ref: model.ArrayOf}
		} else {
			return
		}
		for _, element := range v {
			l.value(t, element)
		}
	case map[string]any:
		switch {
		case t.Values != nil:
			for _, element := range v {
				l.value(*t.Values, element)
			}
		case t.Ref != "":
			l.object(t.Ref, l.fields(t.Ref, v), v)
		}
	}
}

// fields are those of a model, and of the variant that an object is.
func (l lessonReader) fields(name string, object map[string]any) []envelopetest.CatalogField {
	model := l.catalog.Models[name]
	if model.Discriminator == nil {
		return model.Fields
	}
	kind, _ := object[model.Discriminator.Field].(string)
	return slices.Concat(model.Fields, l.catalog.Models[model.Discriminator.Variants[kind]].Fields)
}

func (l lessonReader) object(name string, fields []envelopetest.CatalogField, object map[string]any) {
	m := l.model(name, l.catalog.Models[name].Fields)
	if name == "" {
		m.documented = m.documented[:0]
		for _, field := range fields {
			m.documented = append(m.documented, field.Name)
		}
	}
	m.Objects++
	open := l.catalog.Models[name]
	for member, v := range object {
		i := slices.IndexFunc(fields, func(f envelopetest.CatalogField) bool { return f.Name == member })
		switch {
		case i >= 0:
			m.sent[member] = true
			l.known(m, fields[i], v)
		case open.Values != nil:
			l.value(*open.Values, v)
		case !open.Open:
			if shown, ok := l.name(member); ok {
				m.unknown(shown, l.typeOf(v))
			}
		}
	}
}

// known looks at a documented member.
func (l lessonReader) known(m *modelLesson, field envelopetest.CatalogField, v any) {
	if got := l.typeOf(v); !l.isForm && v != nil && !fits(field, got) {
		count(m.Types, field.Name, got)
	}
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	for _, element := range list {
		text, ok := element.(string)
		if ok && len(field.Enum) > 0 && text != "" && !slices.Contains(field.Enum, text) {
			if shown, ok := l.name(text); ok {
				count(m.Values, field.Name, shown)
			}
		}
	}
	l.value(field.CatalogType, v)
}

func fits(field envelopetest.CatalogField, got string) bool {
	switch field.Type {
	case "any":
		return true
	case "ref":
		return got == "object" || got == "array"
	case "number":
		return got == "number" || got == "integer"
	case got:
		return true
	}
	var others []envelopetest.CatalogType
	_ = json.Unmarshal(field.AltTypes, &others)
	return slices.ContainsFunc(others, func(t envelopetest.CatalogType) bool { return t.Type == got })
}

func count(in map[string]map[string]int, name, what string) {
	if in[name] == nil {
		in[name] = map[string]int{}
	}
	in[name][what]++
}

func (m *modelLesson) unknown(name, kind string) {
	i := slices.IndexFunc(m.Fields, func(f *fieldLesson) bool { return f.Name == name })
	if i < 0 {
		i = len(m.Fields)
		m.Fields = append(m.Fields, &fieldLesson{name, map[string]int{}, envelopetest.Observed})
	}
	m.Fields[i].Types[kind]++
}

func (l lessonReader) typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case string:
		if l.isForm {
			return "text of a form"
		}
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

// print writes the lesson as JSON, in an order that does not depend on that of deliveries.
func (l *lesson) print(to io.Writer) error {
	for _, m := range l.Models {
		for _, name := range m.documented {
			if !m.sent[name] {
				m.NeverSent = append(m.NeverSent, name)
			}
		}
		slices.SortFunc(m.Fields, func(a, b *fieldLesson) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	}
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to, "%s\n", text)
	return err
}
