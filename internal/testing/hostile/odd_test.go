package hostile

import "testing"

func TestWithOdd(t *testing.T) {
	const body = `{"a":"x","b":[1,{"c":null}],"d":true}`
	for n, want := range []string{
		`{"a":null,"b":[1,{"c":null}],"d":true}`, `{"a":"x","b":["",{"c":null}],"d":true}`, `{"a":"x","b":[1,{"c":" "}],"d":true}`, `{"a":"x","b":[1,{"c":null}],"d":"x"}`,
	} {
		if got := string(withOdd([]byte(body), n)); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	if got := string(withOdd([]byte("a=1"), 0)); got != "a=1" {
		t.Error(got)
	}
}
