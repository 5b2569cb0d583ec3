package wire_test

import (
	"reflect"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

// BenchmarkDecode compares the reader with json/v2, over all golden payloads.
func BenchmarkDecode(b *testing.B) {
	all := samples(b)
	size := 0
	for _, s := range all {
		size += len(s.text)
	}
	run := func(name string, decode func(s sample, target any)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, s := range all {
					decode(s, reflect.New(s.t).Interface())
				}
			}
		})
	}
	run("json-v2", func(s sample, target any) { _ = jsonv2.Unmarshal(s.text, target) })
	r := new(wire.Reader)
	for _, name := range []string{"reader", "reader with a listener"} {
		run(name, func(s sample, target any) {
			r.Reset(bounds)
			r.Listening = name != "reader"
			_ = r.Decode(s.text, "", target, false)
		})
	}
}
