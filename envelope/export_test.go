package envelope

import (
	"net/http"
	"reflect"
)

// The stages of a delivery, for benchmarks.

// ReadBody reads the body of a request as ServeHTTP does.
func (h *Handler) ReadBody(r *http.Request) []byte {
	body, err := h.read(r)
	if err != nil {
		panic(err)
	}
	return body
}

// CheckRules validates the value that target points to.
func CheckRules(target any) []Violation { return testWalk.check(nil, target, "") }

var testWalk = ruleWalk{checker: new(checker)}

// TooDeep is the check of the nesting.
func TooDeep(text []byte, limit int) bool {
	return newMisfits(limit).makeRoom(text, nil, 0, false) != nil
}

// Scanned is what a look ahead at a text tells.
type Scanned struct {
	End            int // of the value
	Exact, Grown   int
	Refused, Ended bool
}

// Scan looks at the value at the beginning of a text as one of a Go type.
func Scan(text []byte, t reflect.Type, maxDepth int) Scanned {
	s := scanner{text: text, maxDepth: maxDepth}
	var p *plan
	if t != nil {
		p = planOf(t)
	}
	s.value(p)
	return Scanned{s.pos, s.bulk.exact, s.bulk.grown, s.refused, s.ended}
}

// CountElements counts the elements of the list or object at the beginning.
func CountElements(text []byte) int {
	n, _ := countElements(text)
	return n
}
