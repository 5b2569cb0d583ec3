package hostile_test

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// A spot is a place in the payload of an event where a value of some type belongs.
// What stands around it makes it a payload.
type spot struct {
	event         string
	path          string
	before, after string
	t             reflect.Type
	depth         int
}

func (s spot) payload(value string) string { return s.before + value + s.after }

// maxWalk bounds the depth to which types that contain themselves are followed.
const maxWalk = 8

// spots finds the containers in the payloads of a provider: one spot for each Go
// type, the first one that is found.
func (p provider) spots() []spot {
	payloads := p.payloads()
	events := make([]string, 0, len(payloads))
	for event := range payloads {
		events = append(events, event)
	}
	slices.Sort(events)
	seen := map[reflect.Type]bool{}
	var found []spot
	for _, event := range events {
		walk(spot{event: event, t: reflect.TypeOf(payloads[event]).Elem()}, seen, func(s spot) { found = append(found, s) })
	}
	return found
}

func walk(s spot, seen map[reflect.Type]bool, yield func(spot)) {
	for s.t.Kind() == reflect.Pointer {
		s.t = s.t.Elem()
	}
	if seen[s.t] || s.depth > maxWalk {
		return
	}
	switch {
	case s.t.Kind() == reflect.Slice && s.t.Elem().Kind() != reflect.Uint8:
		seen[s.t] = true
		yield(s)
		walk(s.inner("[", "]", "/0", s.t.Elem()), seen, yield)
	case s.t.Kind() == reflect.Map:
		seen[s.t] = true
		yield(s)
		walk(s.inner(`{"k":`, "}", "/k", s.t.Elem()), seen, yield)
	case s.t.Kind() == reflect.Struct && isObject(s.t):
		seen[s.t] = true
		yield(s)
		walkStruct(s, seen, yield)
	}
}

func walkStruct(s spot, seen map[reflect.Type]bool, yield func(spot)) {
	plan := wire.PlanOf(s.t)
	for _, f := range plan.Fields {
		walk(s.inner(`{"`+f.Name+`":`, "}", "/"+f.Name, f.Plan.Type), seen, yield)
	}
	for kind, variant := range plan.Variants {
		if seen[variant.Plan.Type] {
			continue
		}
		seen[variant.Plan.Type] = true
		for _, f := range variant.Plan.Fields {
			if f.Name == plan.Kinds {
				continue
			}
			before := fmt.Sprintf(`{%q:%q,%q:`, plan.Kinds, kind, f.Name)
			walk(s.inner(before, "}", "/"+f.Name, f.Plan.Type), seen, yield)
		}
	}
	if plan.Extra >= 0 {
		walk(s.inner(`{"k":`, "}", "/k", s.t.Field(plan.Extra).Type.Elem()), seen, yield)
	}
}

func (s spot) inner(before, after, path string, t reflect.Type) spot {
	return spot{s.event, s.path + path, s.before + before, after + s.after, t, s.depth + 1}
}

// isObject reports whether a struct stands for a JSON object.
func isObject(t reflect.Type) bool {
	return wire.PlanOf(t).Kind == wire.Object
}

// fillings are values for a container that ask for the most from the least: many
// elements of few bytes each.
func fillings(t reflect.Type, size int) map[string]string {
	all := map[string]string{}
	switch t.Kind() {
	case reflect.Slice:
		for name, element := range elements(t.Elem()) {
			all["list of "+name] = "[" + repeat(element, size) + "]"
			all["list of "+name+", mistyped at the end"] = "[" + repeat(element, size) + ",[{}],5]"
		}
		all["numbered objects"] = "{" + numbered(`"%d":{}`, size) + "}"
		all["numbered nulls"] = "{" + numbered(`"%d":null`, size) + "}"
	case reflect.Map:
		for name, element := range elements(t.Elem()) {
			all["map of "+name] = "{" + numbered(`"%d":`+strings.ReplaceAll(element, "%", "%%"), size) + "}"
		}
		all["long names"] = "{" + repeatNames(`":0`, size) + "}"
		all["long names, mistyped"] = "{" + repeatNames(`":`+mistyped(t.Elem()), size) + "}"
		all["a long name, mistyped"] = `{"` + strings.Repeat("n", size) + `":` + mistyped(t.Elem()) + `}`
	case reflect.Struct:
		all["unknown members"] = "{" + numbered(`"x%d":0`, size) + "}"
		all["unknown objects"] = "{" + numbered(`"x%d":{}`, size) + "}"
		all["unknown lists"] = `{"x":[` + repeat("[]", size) + `]}`
		all["a long name"] = `{"` + strings.Repeat("n", size) + `":[{}]}`
		all["a list in its place"] = "[" + repeat("{}", size) + "]"
		all["every member mistyped"] = mistyped(t)
		all["every member mistyped, and text"] = strings.TrimSuffix(mistyped(t), "}") + `,"y":"` + strings.Repeat("y", size) + `"}`
		all["names in full, unknown"] = "{" + repeatNames(`":{}`, size) + "}"
		all["escapes"] = `{"x":"` + strings.Repeat(`\u0041`, size/6) + `"}`
	}
	return all
}

// elements are small values for elements of a type.
func elements(t reflect.Type) map[string]string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	all := map[string]string{
		"maps": `{"a":{}}`, "maps of nine": `{` + numbered(`"%d":0`, 54) + `}`, "lists of maps": `[{"a":{}},{"b":{}}]`,
		"nulls": "null", "objects": "{}", "lists": "[]", "zeros": "0", "empty texts": `""`, "texts": `"a"`, "booleans": "true",
		"unknown members": `{"":0}`, "nested lists": "[[[[]]]]", "nested objects": `{"":{"":{}}}`, "numbers": "1e1", "mistyped": `[{}]`,
	}
	if t.Kind() != reflect.Struct || !isObject(t) {
		return all
	}
	plan := wire.PlanOf(t)
	for _, f := range plan.Fields {
		name := f.Name
		for kind, value := range map[string]string{"object": "{}", "list of one": "[{}]", "list of null": "[null]", "list of lists": "[[]]",
			"list of five": "[{},{},{},{},{}]", "list of seventeen": "[" + repeat("0", 34) + "]", "text": `""`, "zero": "0"} {
			all[name+" as "+kind] = `{"` + name + `":` + value + `}`
		}
	}
	for kind := range plan.Variants {
		all["variant "+kind] = `{"` + plan.Kinds + `":"` + kind + `"}`
	}
	if plan.Kinds != "" {
		all["unknown variant"] = `{"` + plan.Kinds + `":"?"}`
	}
	return all
}

// mistyped is an object whose members have the wrong type, as far as they have one.
func mistyped(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || !isObject(t) {
		return "[{}]"
	}
	plan := wire.PlanOf(t)
	members := make([]string, 0, len(plan.Fields))
	for _, f := range plan.Fields {
		members = append(members, `"`+f.Name+`":[{}]`)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func repeat(text string, size int) string {
	n := max(1, size/(len(text)+1))
	return strings.TrimSuffix(strings.Repeat(text+",", n), ",")
}

// numbered repeats a text with a %d in it.
func numbered(format string, size int) string {
	var b strings.Builder
	before, after, _ := strings.Cut(strings.ReplaceAll(format, "%%", "%"), "%d")
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(before + strconv.Itoa(i) + after)
	}
	return b.String()
}

func repeatNames(after string, size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strings.Repeat("n", 1000) + strconv.Itoa(i) + after)
	}
	return b.String()
}

// recursive are the members of a struct that can hold the struct itself, also in a
// variant.
func recursive(t reflect.Type) []string {
	if t.Kind() != reflect.Struct || !isObject(t) {
		return nil
	}
	var names []string
	plan := wire.PlanOf(t)
	holders := []*wire.Plan{plan}
	for _, variant := range plan.Variants {
		holders = append(holders, variant.Plan)
	}
	for _, holder := range holders {
		for _, f := range holder.Fields {
			inner := f.Plan.Type
			for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			if inner == t {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// kind is how an object that nests ends: with the member that chooses its variant.
type kind struct {
	member string
	inList bool
}

func kindsOf(t reflect.Type) []kind {
	plan := wire.PlanOf(t)
	kinds := []kind{{"", false}, {"", true}}
	for name := range plan.Variants {
		member := `,"` + plan.Kinds + `":"` + name + `"`
		kinds = append(kinds, kind{member, false}, kind{member, true})
	}
	return kinds
}
