package bench

import (
	"encoding/json"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

func TestVariantOf(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"id", `{"id":"a1-Z9","customer_id":"x"}`, `{"id":"b3-H0","customer_id":"y"}`},
		{"name and address", `{"firstName":"Ana","email":"b@c.org"}`, `{"firstName":"Bpb","email":"c@d.pth"}`},
		{"UUID", `{"member":"37b06962-ea6b-4dae-b167-7ba05257bde0"}`, `{"member":"49c27174-ab8c-4fba-b288-8db26469cff2"}`},
		{"list of ids", `{"tagIds":["11","22"]}`, `{"tagIds":["23","34"]}`},
		{"URL", `{"url":"https://a.example/b?c=1"}`, `{"url":"https://a.example/d?e=3"}`},
		{"enumeration, date, number", `{"type":"EVENT","at":"2026-01-02","id":12}`, `{"type":"EVENT","at":"2026-01-02","id":12}`},
		{"event's name", `{"event":{"name":"created"},"eventName":"A"}`, `{"event":{"name":"created"},"eventName":"A"}`},
		{"escaped text", `{"name":"a\u0062"}`, `{"name":"a\u0062"}`},
		{"form", `event%5Bname%5D=changed&person%5Bid%5D=12&person%5Bemail%5D=a%40b&person%5Bx%5D=a`, `event%5Bname%5D=changed&person%5Bid%5D=12&person%5Bemail%5D=b%40c&person%5Bx%5D=a`},
	} {
		// The number moves characters at even places by one, those at odd places by two.
		if got := string(variantOf([]byte(c.text), 1+2<<3)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// Every bundled delivery keeps its length and stays what it is.
func TestVariantsOf(t *testing.T) {
	for _, provider := range []string{masivo.Name, openloyalty.Name, mambo.Name, ambassify.Name} {
		for name, golden := range envelopetest.Goldens(provider) {
			list := variantsOf(golden.Body)
			if len(list) != variants || string(list[0]) != string(golden.Body) {
				t.Errorf("%s: %d variants, the first %s", name, len(list), list[0])
			}
			for _, variant := range list {
				if len(variant) != len(golden.Body) || json.Valid(variant) != json.Valid(golden.Body) {
					t.Errorf("%s: another length, or no JSON: %s", name, variant)
				}
			}
		}
	}
}
