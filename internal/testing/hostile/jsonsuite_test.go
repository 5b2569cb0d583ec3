package hostile_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

// jsonSuite is Nicolas Seriot's JSON Parsing Test Suite: texts by name. A name
// begins with y_ if a parser must accept the text, with n_ if it must not, with i_
// if it may do either. See its README for what it takes from which standard.
func jsonSuite(tb testing.TB) map[string]string {
	tb.Helper()
	file, err := os.Open("testdata/JSONTestSuite/testdata.json.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		tb.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil {
		tb.Fatal(err)
	}
	var suite map[string]string
	if err := json.Unmarshal(text, &suite); err != nil {
		tb.Fatal(err)
	}
	if len(suite) < 300 {
		tb.Fatalf("%d cases", len(suite))
	}
	// The package has lost the bytes that are no UTF-8.
	for name, text := range suite {
		suite[name] = strings.ReplaceAll(text, "\ufffd", lostByte)
	}
	return suite
}

const lostByte = "\xff"

// The suite through whole handlers: alone as a body of any shape, and in place of a
// member that a provider's package does not know, which nothing but the handler
// itself reads.
func TestJSONSuite(t *testing.T) {
	suite := jsonSuite(t)
	bare := bareHandler(t)
	for _, name := range slices.Sorted(maps.Keys(suite)) {
		checkCase(t, "alone", name, suite[name], bare.Dispatch(t.Context(), envelope.Message{Body: []byte(suite[name]), Event: "any"}))
	}
	each(t, func(t *testing.T, p provider) {
		h := p.newHandler(t, envelope.Options{Drift: func(context.Context, envelope.DriftReport) {}}, accept)
		golden := p.basicJSON(t)
		for _, name := range slices.Sorted(maps.Keys(suite)) {
			for place, body := range embed(golden.Body, suite[name]) {
				r := p.request(t, golden, body)
				checkCase(t, place, name, suite[name], envelopetest.Deliver(t, h, r).Err)
			}
		}
	})
}

// bareHandler takes any JSON as payload.
func bareHandler(tb testing.TB) *envelope.Handler {
	tb.Helper()
	h, err := envelope.NewHandler(envelope.Provider[struct{}]{Name: "bare"}, envelope.Options{Unverified: true}, envelope.Fallback(ignore[struct{}]))
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func (p provider) basicJSON(tb testing.TB) envelopetest.Golden {
	tb.Helper()
	for _, golden := range p.goldens() {
		if golden.ContentType == envelopetest.JSON && golden.Situation == "basic" && bytes.HasPrefix(golden.Body, []byte("{")) {
			return golden
		}
	}
	tb.Fatal("no golden")
	return envelopetest.Golden{}
}

// embed puts a text in place of a member's value, in front of a delivery's members
// and after them.
func embed(body []byte, text string) map[string][]byte {
	object := strings.TrimSpace(string(body))
	return map[string][]byte{
		"first": []byte(`{"unheardOf":` + text + `,` + object[1:]),
		"last":  []byte(object[:len(object)-1] + `,"unheardOf":` + text + `}`),
	}
}

// checkCase checks the outcome of a delivery with a text of the suite where no field
// holds it: it is not searched for what is not Unicode.
func checkCase(t *testing.T, place, name, text string, err error) {
	t.Helper()
	var failure *envelope.Error
	if err != nil && (!errors.As(err, &failure) || failure.Kind != envelope.KindMalformed || failure.Status() != http.StatusBadRequest) {
		t.Errorf("%s, %s: %v", name, place, err)
	}
	isOnlyText := !utf8.ValidString(text) && isJSON(text)
	switch {
	case (strings.HasPrefix(name, "y_") || isOnlyText) && err != nil:
		t.Errorf("%s, %s: refused: %v", name, place, err)
	case strings.HasPrefix(name, "n_") && !isOnlyText && err == nil:
		t.Errorf("%s, %s: accepted", name, place)
	}
}

// isJSON reports whether a text is JSON once U+FFFD has replaced what is not UTF-8.
func isJSON(text string) bool { return json.Valid([]byte(strings.ToValidUTF8(text, "\ufffd"))) }

// tooDeep is a nesting that is refused also where nothing is decoded.
const tooDeep = 10_001

// invalidUTF8 are the ways to be no UTF-8.
var invalidUTF8 = []string{
	"\x80", "\xbf", "\xc0\xaf", "\xc1\x81", "\xc3", "\xe9", "\xe0\x80\xaf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf",
	"\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfc\x80\x80\x80\x80\xaf", "\xfe", "\xff",
}

// What is not UTF-8 in a member that no field holds is passed over, unless it is not
// JSON for another reason.
func TestInvalidUTF8InUnknownMember(t *testing.T) {
	var texts []string
	for _, text := range jsonSuite(t) {
		if strings.Contains(text, lostByte) {
			for _, bad := range invalidUTF8 {
				texts = append(texts, strings.ReplaceAll(text, lostByte, bad))
			}
		}
	}
	for _, bad := range invalidUTF8 {
		texts = append(texts, `"`+bad+`"`, `{"`+bad+`":1}`, `["a`+bad+`b"]`, `{"a":"`+bad+`","a":1}`, bad)
	}
	each(t, func(t *testing.T, p provider) {
		var payload any
		h := p.newHandler(t, envelope.Options{}, func(_ context.Context, _ string, _, got any) error {
			payload = got
			return nil
		})
		golden := p.basicJSON(t)
		usual := envelopetest.Deliver(t, h, p.request(t, golden, golden.Body))
		want := asJSON(t, payload)
		for _, text := range texts {
			for place, body := range embed(golden.Body, text) {
				payload = nil
				result := envelopetest.Deliver(t, h, p.request(t, golden, body))
				switch {
				case !isJSON(text):
					if result.Status != http.StatusBadRequest || payload != nil {
						t.Errorf("%s: status %d for %q", place, result.Status, text)
					}
				case result.Status != http.StatusOK || asJSON(t, payload) != want:
					t.Errorf("%s: status %d for %q, or another payload", place, result.Status, text)
				case len(result.Drift) != len(usual.Drift)+1 || !slices.Contains(result.Drift, envelope.Drift{Kind: envelope.DriftUnknownMember, Pointer: "/unheardOf"}):
					t.Errorf("%s: drift %v for %q", place, result.Drift, text)
				}
			}
		}
	})
}

// text is an event with a text in its payload that is no identity.
func (p provider) text(tb testing.TB) (event string, field wire.Field) {
	tb.Helper()
	payloads := p.payloads()
	for _, event := range slices.Sorted(maps.Keys(payloads)) {
		for _, f := range wire.PlanOf(reflect.TypeOf(payloads[event]).Elem()).Fields {
			if f.Plan.Kind == wire.Text && !f.Plan.Lists && (f.Rule == nil || !f.Rule.Required) {
				return event, f
			}
		}
	}
	tb.Fatal("no text in any payload")
	return "", field
}

// What is not Unicode in a text that is no identity becomes U+FFFD; in the event's name
// it is refused.
func TestInvalidTextOfMembers(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		golden := p.basicJSON(t)
		var field wire.Field
		golden.Event, field = p.text(t)
		var got string
		h := p.newHandler(t, envelope.Options{Validation: envelope.ValidateOff}, func(_ context.Context, _ string, _, payload any) error {
			got = reflect.ValueOf(payload).Elem().FieldByIndex(field.Index).String()
			return nil
		})
		for _, bad := range append(invalidUTF8, `\ud800`, `\udc00`, `\udc00\ud800`) {
			want := "a" + string([]rune(bad)) + "b"
			if bad[0] == '\\' {
				want = "a" + strings.Repeat("\ufffd", len(bad)/len(`\ud800`)) + "b"
			}
			body := p.wrap(golden.Event, `{"`+field.Name+`":"a`+bad+`b"}`)
			result := envelopetest.Deliver(t, h, p.request(t, golden, []byte(body)))
			isNoted := slices.ContainsFunc(result.Drift, func(d envelope.Drift) bool {
				return d.Kind == envelope.DriftInvalidText && strings.HasSuffix(d.Pointer, "/"+field.Name)
			})
			if result.Status != http.StatusOK || got != want || !isNoted {
				t.Errorf("%s as %q: status %d, %q, drift %v", field.Name, bad, result.Status, got, result.Drift)
			}
			if p.name == mambo.Name { // Its events are named outside the body.
				continue
			}
			body = p.wrap(golden.Event+bad, `{}`)
			result = envelopetest.Deliver(t, h, p.request(t, golden, []byte(body)))
			if result.Status != http.StatusBadRequest || !errors.Is(result.Err, envelope.ErrMalformed) {
				t.Errorf("event's name with %q: status %d, %v", bad, result.Status, result.Err)
			}
		}
	})
}

// The JSON of other encodings is none.
func TestOtherEncodings(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		h := p.newHandler(t, envelope.Options{}, accept)
		golden := p.basicJSON(t)
		units := utf16.Encode([]rune(string(golden.Body)))
		little, big := []byte("\xff\xfe"), []byte("\xfe\xff")
		for _, unit := range units {
			little = append(little, byte(unit), byte(unit>>8))
			big = append(big, byte(unit>>8), byte(unit))
		}
		for name, body := range map[string][]byte{
			"UTF-16LE": little, "UTF-16LE without mark": little[2:], "UTF-16BE": big, "UTF-16BE without mark": big[2:],
			"UTF-8 with two marks": append([]byte("\ufeff\ufeff"), golden.Body...),
		} {
			result := envelopetest.Deliver(t, h, p.request(t, golden, body))
			if result.Status < 400 || result.Status >= 500 {
				t.Errorf("%s: status %d", name, result.Status)
			}
		}
	})
}
