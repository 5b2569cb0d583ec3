package envelope_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// TestBulk: a small body can't be made to fill memory: lists of next to nothing are
// refused, and real ones are not.
func TestBulk(t *testing.T) {
	fill := func(open, element, end string) string {
		n := (1<<20 - 1000) / (len(element) + 1)
		return open + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + end
	}
	// Elements of which each has a name of its own.
	named := func(n int, open, element, end string) string {
		var b strings.Builder
		b.WriteString(open)
		for i := range n {
			fmt.Fprintf(&b, `"%d":%s,`, i, element)
		}
		return strings.TrimSuffix(b.String(), ",") + end
	}
	const item = `{"number":"1","total":"12.50","status":"open","customer":{"id":"c-1","email":"a@example.com"},"lines":[{"sku":"x","amount":"1.5"}],` +
		`"labels":{"color":"green","size":"large"},"placed":"2026-03-01T10:00:00Z","free":{"remark":"please ring at the door on the left, not at the other one"},"number2":"the quick brown fox jumps over the lazy dog"}`
	for _, test := range []struct {
		name, data string
		refused    bool
	}{
		{"list of empty objects", fill(`[`, `{}`, `]`), true},
		{"list of nulls", fill(`[`, `null`, `]`), true},
		{"list of nulls and objects", fill(`[`, `{},null`, `]`), true},
		{"list of empty lists for objects", fill(`[`, `[]`, `]`), true},
		{"list of texts for objects", fill(`[`, `""`, `]`), true},
		{"list of numbers for objects", fill(`[`, `0`, `]`), true},
		{"object for a list", named(50_000, `{`, `{}`, `}`), true},
		{"lists in objects", fill(`[{"number":"1","lines":[`, `{}`, `]}]`), true},
		{"object of very many members", named(50_000, `[{"number":"1","places":{`, `{}`, `}}]`), true},
		{"object of many members", named(1000, `[{"number":"1","places":{`, `{"code":"12345"}`, `}}]`), false},
		{"real objects", fill(`[`, item, `]`), false},
		{"texts", fill(`[{"number":"1","labels":{"a":"`, `{},{},null`, `"}}]`), false},
		{"one long list of numbers where anything may stand", fill(`[{"number":"1","free":[`, `0`, `]}]`), false},
		{"one long list where nobody looks", fill(`[{"number":"1","new":[`, `{}`, `]}]`), false},
	} {
		for _, body := range []string{`{"event":"orders.listed","data":` + test.data + `}`, `{"data":` + test.data + `,"event":"orders.listed"}`} {
			t.Run(test.name+"/"+body[2:7], func(t *testing.T) {
				h := newShop(t, envelope.Config{Validation: envelope.ValidateOff}, ordersListed.Handle(done))
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)})
				runtime.ReadMemStats(&after)
				if errors.Is(err, envelope.ErrMalformed) != test.refused || !test.refused && err != nil {
					t.Errorf("%d bytes: error %v, refused must be %t", len(body), err, test.refused)
				}
				if took := after.TotalAlloc - before.TotalAlloc; took > 40<<20 {
					t.Errorf("%d bytes have taken %d MB", len(body), took>>20)
				}
			})
		}
	}
}

// TestBulkAround: members around the payload are bounded as well.
func TestBulkAround(t *testing.T) {
	type meta struct {
		Before []order `json:"before,omitzero"`
	}
	event := envelope.NewEvent[meta, line]("x")
	h := handlerOf(t, envelope.Provider[meta]{Name: "shop", Layout: shop().Layout}, envelope.Config{Validation: envelope.ValidateOff}, event.Handle(doneOf[meta, line]))
	for _, element := range []string{`{}`, `null`, `[]`, `0`, `""`} {
		n := (1<<20 - 1000) / (len(element) + 1)
		body := `{"event":"x","before":[` + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + `],"data":{}}`
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)})
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 40<<20 || !errors.Is(err, envelope.ErrMalformed) {
			t.Errorf("%d bytes of %s have taken %d MB, error %v", len(body), element, took>>20, err)
		}
	}
}

// TestBulkMalformed: what is looked at before it is decoded may be no JSON.
func TestBulkMalformed(t *testing.T) {
	const list = `{"number":"1","lines":[{},{},{}`
	many := strings.Repeat(`{},`, 20<<10)
	for _, end := range []string{
		``, `,`, `,]`, `}`, `,tru`, `,tru]`, `,tru]}]}`, `,"`, `,"\u12"]}]}`, `,"\x00"]}]}`, "\x00]}]}", `,{"a"}]}]}`, `,{"a":}]}]}`, `,{1:2}]}]}`,
		`,{"sku":tru}]}]}`, `,{"sku":"a" "amount":1}]}]}`, `,01]}]}`, `,[,]]}]}`, `]]]]`, `]}]}]`, `],"lines":[tru]}]}`, `],"labels":{"a":tru}}]}`,
		`],"labels":{"a"`, `],"status":tru}]}`, `],"status":"\ud800"}]}`, `],"places":{"a":{"code":-}}}]}`, `],"parent":{"lines":{"0":{},"1":x}}}]}`,
	} {
		for _, data := range []string{`[` + list + end, `[{"lines":[` + many + `{}` + end, `[` + many + list + end} {
			for _, body := range []string{`{"event":"orders.listed","data":` + data, `{"data":` + data + `,"event":"orders.listed"}`} {
				h := newShop(t, envelope.Config{Validation: envelope.ValidateOff, Drift: func(context.Context, envelope.DriftReport) {}}, ordersListed.Handle(done))
				if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(body)}); !errors.Is(err, envelope.ErrMalformed) {
					t.Errorf("%q at the end: error %v", end, err)
				}
			}
		}
	}
}

// TestLookAhead: the elements of nested lists are counted before they are decoded
// with tolerance, each level anew, which is bounded.
func TestLookAhead(t *testing.T) {
	event := envelope.NewEvent[shopMeta, holdings]("nested")
	h := newShop(t, envelope.Config{Validation: envelope.ValidateOff, MaxDepth: 200}, event.Handle(doneOf[shopMeta, holdings]))
	for _, test := range []struct {
		levels  int
		refused bool
	}{{1, false}, {10, false}, {30, false}, {40, true}, {90, true}} {
		for _, open := range []string{`{"list":[`, `{"list":{"0":`} {
			end := strings.Repeat(`]}`, test.levels)
			if strings.HasSuffix(open, ":") {
				end = strings.Repeat(`}}`, test.levels)
			}
			data := strings.Repeat(open, test.levels) + `{"name":5,"labels":{"a":"` + strings.Repeat("x", 4000) + `"}}` + end
			err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"event":"nested","data":` + data + `}`)})
			if errors.Is(err, envelope.ErrMalformed) != test.refused || !test.refused && err != nil {
				t.Errorf("%d times %s: error %v, refused must be %t", test.levels, open, err, test.refused)
			}
		}
	}
}
