package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

// Every list and every map of a genuine delivery may be so long that the body is as
// long as it may be. With default settings the delivery is accepted, and every
// element is there.
func TestGenuineGrowth(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		g := &growth{provider: p, tested: map[string]bool{}, counts: map[string]int{}}
		g.handler = p.newHandler(t, envelope.Options{Unverified: true}, func(_ context.Context, _ string, delivery, payload any) error {
			g.meta, g.payload = reflect.ValueOf(delivery).Elem().FieldByName("Meta"), payload
			return nil
		})
		for _, golden := range p.goldens() {
			if golden.ContentType == envelopetest.JSON {
				g.grow(t, golden)
			}
		}
		t.Logf("tested %d lists (%d open, %d unknown) and %d maps (%d open, %d unknown); %d more are mistyped; passed over %d empty ones, and %d at a place of the same event that was tested",
			g.counts["list"], g.counts["open list"], g.counts["unknown list"],
			g.counts["map"], g.counts["open map"], g.counts["unknown map"], g.counts["mistyped"], g.counts["empty"], g.counts["again"])
	})
}

// growth is the state of the test for one provider.
type growth struct {
	provider provider
	handler  *envelope.Handler
	meta     reflect.Value // of the last delivery
	payload  any           // of the last delivery
	tested   map[string]bool
	counts   map[string]int
	fitting  int // containers
}

func (g *growth) grow(t *testing.T, golden envelopetest.Golden) {
	t.Helper()
	if err := g.handler.Dispatch(t.Context(), g.provider.message(golden, golden.Body)); err != nil {
		t.Fatalf("%s/%s: %v", golden.Event, golden.Situation, err)
	}
	prefix, value := g.root()
	plan := wire.PlanOf(value.Type())
	var found []container
	if prefix == "" {
		containers(plan, golden.Body, "", func(c container) { found = append(found, c) })
	} else {
		containers(nil, golden.Body, "", func(c container) {
			if !strings.HasPrefix(c.pointer+"/", prefix+"/") && c.pointer != "" {
				found = append(found, c)
			}
		})
		if raw, ok := wire.Find(golden.Body, prefix); ok {
			containers(plan, raw, prefix, func(c container) { found = append(found, c) })
		}
	}
	fits := make([]bool, len(found)) // what does not fit its type can't grow either
	for i, c := range found {
		_, sent := c.repeat(0)
		got, how := g.count(c)
		fits[i] = got > 0 || sent == 0 || how == "unknown "
	}
	for i, c := range found {
		if !fits[i] {
			g.counts["mistyped"]++
			continue
		}
		if g.fitting++; g.fitting%thinning() > 0 {
			continue
		}
		g.check(t, golden, c)
	}
}

// count is how many elements of a container the last delivery has, and how.
func (g *growth) count(c container) (n int, how string) {
	prefix, value := g.root()
	if !strings.HasPrefix(c.pointer+"/", prefix+"/") {
		return 0, "unknown "
	}
	return count(value, wire.PlanOf(value.Type()), strings.TrimPrefix(c.pointer, prefix))
}

// root is the typed value of a delivery, and the pointer to it.
func (g *growth) root() (prefix string, value reflect.Value) {
	value = reflect.ValueOf(g.payload)
	for value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	switch g.provider.name {
	case ambassify.Name:
		return "", g.meta
	case mambo.Name:
		return "", value
	}
	return "/data", value
}

var index = regexp.MustCompile(`/\d+`)

// check makes one container as long as it may be, and sends it.
func (g *growth) check(t *testing.T, golden envelopetest.Golden, c container) {
	t.Helper()
	place := golden.Event + index.ReplaceAllString(c.pointer, "/*") + " " + c.raw.Kind().String()
	if g.tested[place] {
		g.counts["again"]++
		return
	}
	g.tested[place] = true
	grown, want := c.repeat(envelope.DefaultMaxBody - 64 - len(golden.Body))
	if want == 0 {
		g.counts["empty"]++
		return
	}
	start := offsetOf(golden.Body, c.pointer)
	body := bytes.Join([][]byte{golden.Body[:start], grown, golden.Body[start+len(c.raw):]}, nil)
	name := golden.Event + "/" + golden.Situation + " " + c.pointer
	if len(body) > envelope.DefaultMaxBody || len(body) < envelope.DefaultMaxBody*9/10 {
		t.Fatalf("%s: a body of %d bytes", name, len(body))
	}
	if err := g.handler.Dispatch(t.Context(), g.provider.message(golden, body)); err != nil {
		t.Errorf("%s: refused with %d elements: %v", name, want, err)
		return
	}
	got, how := g.count(c)
	kind := "list"
	if c.raw.Kind() == '{' {
		kind = "map"
	}
	g.counts[kind]++
	if how != "" {
		g.counts[how+kind]++
	}
	if how != "unknown " && got != want {
		t.Errorf("%s: got %d elements, want %d", name, got, want)
	}
}

// count is how many elements a typed value has at a pointer. How is "open " for those
// in a value that keeps JSON, and "unknown " if no field holds them.
func count(v reflect.Value, p *wire.Plan, pointer string) (n int, how string) {
	for v.Kind() == reflect.Pointer {
		v, p = v.Elem(), p.Elem
	}
	if !v.IsValid() {
		return 0, "unknown "
	}
	token, rest, more := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	if more {
		rest = "/" + rest
	}
	name := strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
	switch {
	case pointer == "" && (p.Kind == wire.List || p.Kind == wire.Map):
		return v.Len(), ""
	case p.Kind == wire.Object && p.Other >= 0 && v.Field(p.Other).Len() > 0:
		return countRaw(v.Field(p.Other).Bytes(), pointer)
	case pointer == "" && p.Kind == wire.Object && p.Extra >= 0:
		return v.Field(p.Extra).Len(), ""
	case p.Kind == wire.Object:
		return countMember(v, p, name, rest)
	case p.Kind == wire.List:
		if i, err := strconv.Atoi(name); err == nil && i < v.Len() {
			return count(v.Index(i), p.Elem, rest)
		}
	case p.Kind == wire.Map && p.Type.Key().Kind() == reflect.String:
		return count(v.MapIndex(reflect.ValueOf(name).Convert(p.Type.Key())), p.Elem, rest)
	}
	text, err := json.Marshal(v.Interface())
	if err != nil {
		return 0, "unknown "
	}
	return countRaw(text, pointer)
}

func countMember(v reflect.Value, p *wire.Plan, name, rest string) (n int, how string) {
	for _, variant := range p.Variants {
		if f, ok := variant.Plan.Member(name); ok && !v.Field(variant.Index).IsNil() {
			return count(v.Field(variant.Index).Elem().FieldByIndex(f.Index), f.Plan, rest)
		}
	}
	if f, ok := p.Member(name); ok {
		return count(v.FieldByIndex(f.Index), f.Plan, rest)
	}
	if p.Extra >= 0 {
		extra := v.Field(p.Extra)
		return count(extra.MapIndex(reflect.ValueOf(name)), wire.PlanOf(extra.Type().Elem()), rest)
	}
	return 0, "unknown "
}

func countRaw(text []byte, pointer string) (n int, how string) {
	raw, ok := wire.Find(text, pointer)
	if !ok {
		return 0, "open "
	}
	for range children(raw) {
		n++
	}
	return n, "open "
}
