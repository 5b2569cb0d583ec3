package conformance

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// sameName compares the names of a Go type and of a model, which differ in the
// case of initials such as ID and URL, and in an ending where an event has the
// same name.
func sameName(goName, model string) bool {
	return strings.EqualFold(goName, model) || goName == model+"Data"
}

// walker goes from the payloads' types along the models of the catalogue.
type walker struct {
	t       *testing.T
	catalog *envelopetest.Catalog
	source  *source
	visited map[string]bool
}

// testModels visits every model of the catalogue from the payloads, and compares
// its fields with those of the Go type, both ways.
func (s Suite[M]) testModels(t *testing.T, catalog *envelopetest.Catalog, source *source) {
	w := &walker{t, catalog, source, map[string]bool{}}
	payloads := map[string]reflect.Type{}
	for _, event := range s.Events {
		payloads[event.Name()] = event.Payload()
	}
	for _, event := range catalog.Events {
		if payload := payloads[event.Name]; payload != nil {
			w.payload(event, payload)
		}
	}
	meta := reflect.TypeFor[M]()
	if s.EnvelopeModel != "" {
		w.model(s.EnvelopeModel, meta)
	} else {
		w.envelope(meta)
	}
	for _, name := range slices.Sorted(maps.Keys(catalog.Models)) {
		if !w.visited[name] {
			t.Errorf("model %s can't be reached from any payload", name)
		}
	}
	for _, complaint := range source.undocumented() {
		t.Error(complaint)
	}
}

func (w *walker) payload(event envelopetest.CatalogEvent, t reflect.Type) {
	model := w.catalog.Models[event.Payload]
	switch {
	case model.ArrayOf != "":
		w.visited[event.Payload] = true
		w.model(model.ArrayOf, t.Elem())
	case event.Array:
		w.model(event.Payload, t.Elem())
	default:
		w.model(event.Payload, t)
	}
}

// envelope compares the members around the payload with the fields of M: those
// that M has, and none beside them.
func (w *walker) envelope(meta reflect.Type) {
	if meta.Kind() != reflect.Struct {
		return
	}
	known := map[string]bool{}
	for _, field := range w.catalog.Envelope {
		known[field.Name] = true
		if f, ok := wire.PlanOf(meta).Member(field.Name); ok {
			w.field("the envelope", field, f.Plan.Type)
			w.mark(meta.Name()+"."+field.Name, field.Confidence)
		}
	}
	for _, f := range wire.PlanOf(meta).Fields {
		if !known[f.Name] {
			w.t.Errorf("Meta has a member %s that the catalogue has not", f.Name)
		}
	}
}

func (w *walker) model(name string, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	model, ok := w.catalog.Models[name]
	if !ok {
		w.t.Errorf("the catalogue refers to a model %s that it has not", name)
		return
	}
	if w.visited[name] {
		return
	}
	w.visited[name] = true
	switch {
	case t == reflect.TypeFor[envelope.Value]() || t.Kind() == reflect.Map || t.Kind() == reflect.Struct && t.NumField() == 1 && t.Field(0).Type == reflect.TypeFor[envelope.Value]():
		if !model.Open {
			w.t.Errorf("model %s is %s, although it is not open", name, t)
		}
		return // Keeps everything.
	case t.Kind() != reflect.Struct:
		w.t.Errorf("model %s is %s", name, t)
		return
	case !sameName(t.Name(), name) && !sameName(t.Name(), "Meta"):
		w.t.Errorf("model %s is called %s", name, t.Name())
	}
	plan := wire.PlanOf(t)
	listed := map[string]bool{}
	for _, field := range model.Fields {
		listed[field.Name] = true
		f, ok := plan.Member(field.Name)
		if !ok {
			w.t.Errorf("%s.%s has no field", name, field.Name)
			continue
		}
		w.field(name+"."+field.Name, field, f.Plan.Type)
		w.mark(t.Name()+"."+field.Name, field.Confidence)
		if f.Tag != field.Name+",omitzero" {
			w.t.Errorf("%s.%s has the tag %q", name, field.Name, f.Tag)
		}
	}
	for _, f := range plan.Fields {
		if !listed[f.Name] {
			w.t.Errorf("%s.%s is not in the catalogue", name, f.Name)
		}
	}
	if model.Open && plan.Extra < 0 {
		w.t.Errorf("model %s is open and drops what it has no field for", name)
	}
	w.variants(name, model, plan)
}

func (w *walker) variants(name string, model envelopetest.CatalogModel, plan *wire.Plan) {
	if model.Discriminator == nil {
		return
	}
	if plan.Other < 0 || plan.Kinds != model.Discriminator.Field {
		w.t.Errorf("model %s has variants by %s: its type must keep unknown ones", name, model.Discriminator.Field)
	}
	for kind, variant := range model.Discriminator.Variants {
		found, ok := plan.Variants[kind]
		if !ok {
			w.t.Errorf("model %s has no variant %s", name, kind)
			continue
		}
		w.model(variant, found.Plan.Type)
	}
}

// field compares the type of a member.
func (w *walker) field(where string, field envelopetest.CatalogField, t reflect.Type) {
	w.typ(where, field.CatalogType, t, len(field.AltTypes) > 0)
	for _, value := range field.Enum {
		w.value(where, value, t)
	}
}

// mark checks that a comment says so where a field is inferred or observed, and nowhere else.
func (w *walker) mark(where string, confidence envelopetest.Confidence) {
	doc, ok := w.source.fieldDocs[where]
	if !ok {
		w.t.Errorf("%s has no comment", where)
	}
	checkMark(w.t, where, doc, confidence)
}

func checkMark(t *testing.T, where, doc string, confidence envelopetest.Confidence) {
	t.Helper()
	for text, marked := range map[string]envelopetest.Confidence{"Inferred:": envelopetest.Inferred, "Observed:": envelopetest.Observed} {
		if strings.Contains(doc, text) != (confidence == marked) {
			t.Errorf("%s is %s, and its comment is %q", where, confidence, doc)
		}
	}
}

// value checks that a listed value of an enumeration has a constant.
func (w *walker) value(where, value string, t reflect.Type) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.String {
		w.t.Errorf("%s lists values, but is %s", where, t)
		return
	}
	if !slices.Contains(w.source.constants[t.Name()], value) {
		w.t.Errorf("%s: %s has no constant for %q", where, t.Name(), value)
	}
	v := reflect.New(t).Elem()
	v.SetString(value)
	enum, ok := v.Interface().(interface{ Known() bool })
	if !ok || !enum.Known() {
		w.t.Errorf("%s: %s does not know %q", where, t.Name(), value)
	}
	v.SetString("surely not a listed value")
	if ok && v.Interface().(interface{ Known() bool }).Known() {
		w.t.Errorf("%s: %s knows any value", where, t.Name())
	}
}

// typ compares a type of the catalogue with a Go type. RawMessage, any and Value
// stand only where the catalogue leaves the type open.
func (w *walker) typ(where string, want envelopetest.CatalogType, t reflect.Type, alternatives bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	fits := false
	switch want.Type {
	case "any":
		return
	case "string":
		switch want.Format {
		case "date-time":
			fits = t == reflect.TypeFor[envelope.Time]()
		default:
			fits = t.Kind() == reflect.String
		}
	case "integer":
		switch want.Format {
		case "unix-seconds":
			fits = t == reflect.TypeFor[envelope.UnixTime]()
		case "unix-millis":
			fits = t == reflect.TypeFor[envelope.UnixMilli]()
		default:
			fits = t == reflect.TypeFor[envelope.Int]()
		}
	case "number":
		switch want.Format {
		case "unix-seconds":
			fits = t == reflect.TypeFor[envelope.UnixTime]()
		case "unix-millis":
			fits = t == reflect.TypeFor[envelope.UnixMilli]()
		default:
			fits = t == reflect.TypeFor[envelope.Decimal]()
		}
	case "boolean":
		fits = t.Kind() == reflect.Bool || t == reflect.TypeFor[envelope.Bool]()
	case "array":
		if fits = t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage](); fits && want.Items != nil {
			w.typ(where, *want.Items, t.Elem(), false)
		}
	case "object":
		if fits = t.Kind() == reflect.Map; fits && want.Values != nil {
			w.typ(where, *want.Values, t.Elem(), false)
		}
	case "ref":
		fits = true
		w.model(want.Ref, t)
	}
	if alternatives && !fits {
		fits = w.custom(want, t)
	}
	if !fits {
		w.t.Errorf("%s is %s, want %s", where, t, strings.TrimSpace(want.Type+" "+want.Format))
	}
}

// custom accepts a type that takes several kinds of JSON for one member.
func (w *walker) custom(want envelopetest.CatalogType, t reflect.Type) bool {
	_, custom := reflect.PointerTo(t).MethodByName("UnmarshalJSON")
	if want.Items != nil && want.Items.Ref != "" && t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if f := t.Field(i); f.Type.Kind() == reflect.Slice && sameName(f.Type.Elem().Name(), want.Items.Ref) {
				w.model(want.Items.Ref, f.Type.Elem())
			}
		}
	}
	return custom && t != reflect.TypeFor[json.RawMessage]() && t != reflect.TypeFor[envelope.Value]()
}
