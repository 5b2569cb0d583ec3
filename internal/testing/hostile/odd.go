package hostile

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// OddValues are JSON texts that come in place of what is documented.
var OddValues = []string{
	`null`, `""`, `" "`, `"x"`, `"0"`, `"1.5"`, `"-7"`, `"true"`, `"False"`, `"2026-05-01T10:00:00Z"`, `"2026-05-01 10:00:00 UTC"`, `"2026-02-30"`,
	`"ana@example.com"`, `"Eva \ud83d"`, "\"\xe9\"", `"\u0000"`, `0`, `1`, `-1`, `1.5`, `-0.0`, `1e3`, `1e400`, `9223372036854775808`, `1772361000`,
	`1772361000123`, `1772361000123456789`, `true`, `false`, `[]`, `{}`, `[null]`, `["x"]`, `[{}]`, `[[1]]`, `{"a":1}`, `{"0":{"id":"x"}}`, `{"x":1,"0":2}`,
	`{"date":"2026-05-01 10:00:00.000000","timezone_type":3,"timezone":"UTC"}`, `{"en":"x","nl":null}`, `{"a":1,"a":[]}`,
}

// withOdd is a JSON text with an odd value in place of its nth text, number or boolean;
// the text itself if it is no JSON.
func withOdd(body []byte, n int) []byte {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	var places [][2]int64
	for {
		parent, length := dec.StackIndex(dec.StackDepth())
		isName := parent == '{' && length%2 == 0
		switch dec.PeekKind() {
		case '{', '}', '[', ']':
			if _, err := dec.ReadToken(); err != nil {
				return body
			}
			continue
		}
		value, err := dec.ReadValue()
		if err != nil {
			break
		}
		if end := dec.InputOffset(); !isName {
			places = append(places, [2]int64{end - int64(len(value)), end})
		}
	}
	if len(places) == 0 {
		return body
	}
	place := places[n%len(places)]
	return slices.Concat(body[:place[0]], []byte(OddValues[n%len(OddValues)]), body[place[1]:])
}
