package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// mark stands for personal data, and for secrets. It is searched for in any case.
const mark = "Zw7Marked"

var errMarked = errors.New("failed for " + mark)

// errYours is what a function returns: its text is logged.
var errYours = errors.New("no such account")

// search looks for the mark, and for secrets, in texts.
func search(t *testing.T, what string, texts map[string]string) {
	t.Helper()
	for place, text := range texts {
		text = strings.ToLower(text)
		for _, secret := range []string{mark, masivoSecret, ambassifySecret, mamboSecret, openloyaltySecret, openloyaltySecret[6:]} {
			if strings.Contains(text, strings.ToLower(secret)) {
				t.Errorf("%s: %s in %s", what, secret, place)
				return
			}
		}
	}
}

// spy is a handler whose every word is heard.
type spy struct {
	handler  *envelope.Handler
	logs     bytes.Buffer
	observed envelope.Observation
	got      int
}

// ends are the ways in which a function can end.
var ends = map[string]func() error{
	"nil":       func() error { return nil },
	"error":     func() error { return errYours },
	"panic":     func() error { panic(errMarked) },
	"text":      func() error { panic("text " + mark) },
	"retry":     func() error { return envelope.RetryAfter(time.Second, errYours) },
	"permanent": func() error { return fmt.Errorf("outer: %w", envelope.Permanent(errYours)) },
}

func newSpy(t *testing.T, p provider, config envelope.Options, end func() error) *spy {
	t.Helper()
	s := new(spy)
	debug := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	config.Logger = slog.New(slog.NewMultiHandler(slog.NewJSONHandler(&s.logs, debug), slog.NewTextHandler(&s.logs, debug)))
	config.Observer = func(_ context.Context, o envelope.Observation) { s.observed = o }
	config.Drift = func(context.Context, envelope.DriftReport) {}
	s.handler = p.newHandler(t, config, func(ctx context.Context, _ string, delivery, _ any) error {
		s.got++
		config.Logger.LogAttrs(ctx, slog.LevelDebug, "got", slog.Any("delivery", delivery))
		fmt.Fprintf(&s.logs, "%v %+v %s %q %#v", delivery, delivery, delivery, delivery, delivery)
		return end()
	})
	return s
}

// deliver sends a request and searches everything that is written of it.
func (s *spy) deliver(t *testing.T, what string, r *http.Request, ours bool) {
	t.Helper()
	s.logs.Reset()
	s.observed = envelope.Observation{}
	recorder := httptest.NewRecorder()
	func() {
		defer func() {
			if thrown := recover(); thrown != nil {
				t.Errorf("%s: panic of %T", what, thrown)
			}
		}()
		s.handler.ServeHTTP(recorder, r)
	}()
	reply := new(bytes.Buffer)
	_ = recorder.Result().Write(reply)
	texts := map[string]string{"the logs": s.logs.String(), "the reply": reply.String()}
	o := s.observed
	texts["LogValue"] = o.LogValue().String()
	logged := new(bytes.Buffer)
	slog.New(slog.NewJSONHandler(logged, nil)).Info("x", slog.Any("observation", o))
	texts["an observation as JSON"] = logged.String()
	if o.Err != nil && ours {
		for err := o.Err; err != nil; err = errors.Unwrap(err) {
			texts[fmt.Sprintf("the text of %T", err)] = fmt.Sprintf("%v %+v %s %q", err, err, err, err)
		}
	}
	var panicked *envelope.PanicError
	if errors.As(o.Err, &panicked) {
		texts["the text of a panic"] = fmt.Sprintf("%v %+v", o.Err, panicked)
		texts["the stack"] = string(panicked.Stack)
	}
	search(t, fmt.Sprintf("%s, status %d", what, recorder.Code), texts)
}

// marked gives variants of JSON in which all that a sender can choose is marked.
func marked(body []byte, event string) map[string][]byte {
	all := map[string][]byte{}
	for name, change := range map[string]func(any) any{
		"values":   func(v any) any { return markText(v, event) },
		"mistyped": func(v any) any { return markTypes(v, event) },
		"names":    markNames,
		"both":     func(v any) any { return markNames(markTypes(v, event)) },
	} {
		var v any
		if json.Unmarshal(body, &v) != nil {
			continue
		}
		text, _ := json.Marshal(change(v))
		all[name] = text
	}
	values := all["values"]
	for i := range 8 { // Bad syntax at all kinds of places.
		cut := len(values) * i / 8
		all[fmt.Sprintf("cut at %d", cut)] = values[:cut]
		all[fmt.Sprintf("garbage at %d", cut)] = bytes.Join([][]byte{values[:cut], []byte(mark), values[cut:]}, nil)
		all[fmt.Sprintf("no UTF-8 at %d", cut)] = bytes.Join([][]byte{values[:cut], []byte(mark + "\xff"), values[cut:]}, nil)
	}
	deep := strings.Repeat(`{"`+mark+`":`, 70) + `"` + mark + `"` + strings.Repeat("}", 70)
	object := strings.TrimSpace(string(body))
	all["too deep"] = []byte(`{"data":` + deep + `,` + object[1:])
	all["a name twice"] = []byte(`{"` + mark + `":1,"` + mark + `":2,` + object[1:])
	all["no object"] = []byte(`["` + mark + `"]`)
	all["another event"] = bytes.ReplaceAll(body, []byte(event), []byte(mark))
	all["no payload"] = []byte(`{"event":"` + event + `","eventName":"` + event + `","` + mark + `":"` + mark + `"}`)
	all["empty"] = nil
	return all
}

func markText(v any, event string) any {
	return replace(v, func(leaf any) any {
		if text, ok := leaf.(string); ok && text != event && !strings.Contains(event, text) {
			return mark
		}
		return leaf
	})
}

// markTypes gives every leaf another type.
func markTypes(v any, event string) any {
	return replace(v, func(leaf any) any {
		switch text, ok := leaf.(string); {
		case !ok:
			return mark
		case text == event || strings.Contains(event, text):
			return text
		}
		return map[string]any{mark: []any{mark}}
	})
}

func markNames(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = markNames(value)
		}
		v[mark] = map[string]any{mark: mark}
		v[mark+"2"] = mark
	case []any:
		for i, value := range v {
			v[i] = markNames(value)
		}
	}
	return v
}

func replace(v any, leaf func(any) any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = replace(value, leaf)
		}
		return v
	case []any:
		for i, value := range v {
			v[i] = replace(value, leaf)
		}
		return v
	}
	return leaf(v)
}

// Nothing that a sender has chosen is in any log line, reply, error text or LogValue
// of this module, whatever happens to the delivery.
func TestNothingLeaks(t *testing.T) {
	standard := new(bytes.Buffer)
	log.SetOutput(standard)
	defer log.SetOutput(io.Discard)
	each(t, func(t *testing.T, p provider) {
		for name, end := range ends {
			for _, validation := range []envelope.Validation{envelope.ValidateIdentities, envelope.ValidateAll, envelope.ValidateOff} {
				if validation != envelope.ValidateIdentities && name != "nil" {
					continue
				}
				s := newSpy(t, p, envelope.Options{Validation: validation, Name: "test"}, end)
				plain := name == "nil" && validation == envelope.ValidateIdentities
				for i, golden := range p.goldens() {
					if golden.ContentType != envelopetest.JSON || !plain && i%8 > 0 {
						continue
					}
					for variant, body := range marked(golden.Body, golden.Event) {
						r := p.request(t, golden, body)
						s.deliver(t, fmt.Sprintf("%s/%s, %s, %s", golden.Event, golden.Situation, variant, name), r, name == "nil")
					}
				}
				if s.got == 0 {
					t.Error("no delivery came through")
				}
			}
		}
	})
	search(t, "standard log", map[string]string{"the standard log": standard.String()})
}

// The same for what happens around a body.
func TestNothingLeaksOfRequests(t *testing.T) {
	if _, err := envelope.SharedSecret(envelope.FromPathValue("secret"), "of another handler"); err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, p provider) {
		golden := p.basicJSON(t)
		changes := map[string]func(r *http.Request){
			"method":        func(r *http.Request) { r.Method = mark },
			"encoding":      func(r *http.Request) { r.Header.Set("Content-Encoding", mark) },
			"media type":    func(r *http.Request) { r.Header.Set("Content-Type", "text/"+mark) },
			"bad type":      func(r *http.Request) { r.Header.Set("Content-Type", ";;"+mark) },
			"length":        func(r *http.Request) { r.ContentLength = 1 << 40 },
			"too large":     func(r *http.Request) { setBody(r, []byte(strings.Repeat(mark, 1<<18))) },
			"too large yet": func(r *http.Request) { setBody(r, []byte(strings.Repeat(mark, 1<<18))); r.ContentLength = -1 },
			"read error":    func(r *http.Request) { r.Body = io.NopCloser(failing{}) },
			"short":         func(r *http.Request) { r.ContentLength = 1 << 19 },
			"secret in the path": func(r *http.Request) {
				r.URL.Path = "/" + mark
				r.RequestURI = "/" + mark
				r.SetPathValue("secret", mark)
			},
			"credentials": func(r *http.Request) {
				r.Header.Set("Authorization", "Basic "+mark)
				r.Header.Set("Cookie", "a="+mark)
				r.SetBasicAuth(mark, mark)
			},
			"no proof": func(r *http.Request) {
				r.URL.RawQuery = ""
				r.Header.Del(openloyalty.SignatureHeader)
				r.Header.Del(mambo.SignatureHeader)
			},
			"wrong proof": func(r *http.Request) {
				r.URL.RawQuery = "secret=" + mark
				r.Header.Set(openloyalty.SignatureHeader, strings.Repeat("a", 64))
				r.Header.Set(mambo.SignatureHeader, "t=1774000000,v1="+strings.Repeat("a", 64))
			},
			"malformed proof": func(r *http.Request) {
				r.URL.RawQuery = "secret=" + mark + "&secret=" + mark
				r.Header.Set(openloyalty.SignatureHeader, mark)
				r.Header.Set(mambo.SignatureHeader, mark)
			},
			"old proof": func(r *http.Request) {
				r.URL.RawQuery = ""
				_ = p.sign(r, golden.Body, time.Now().Add(-time.Hour))
			},
			"event header": func(r *http.Request) { r.Header.Set(mamboEvent, mark) },
		}
		for name, change := range changes {
			s := newSpy(t, p, envelope.Options{}, ends["nil"])
			r := p.request(t, golden, golden.Body)
			change(r)
			s.deliver(t, name, r, true)
		}
		configs := map[string]envelope.Options{
			"verifier": {Verifier: func(*http.Request) (func([]byte) error, error) { return nil, errMarked }},
			"verifier, later": {Verifier: func(*http.Request) (func([]byte) error, error) {
				return nil, envelope.RetryAfter(time.Second, errMarked)
			}},
			"store":        {Key: func(envelope.Keyed) string { return mark }, Idempotency: &envelope.Idempotency{Store: brokenStore{}}},
			"store, later": {Key: func(envelope.Keyed) string { return mark }, Idempotency: &envelope.Idempotency{Store: brokenStore{claims: true}}},
		}
		for name, config := range configs {
			s := newSpy(t, p, config, ends["nil"])
			s.deliver(t, name, p.request(t, golden, golden.Body), false)
			if s.observed.Err == nil && s.observed.StoreErr == nil {
				t.Errorf("%s: nothing failed", name)
			}
		}
		s := newSpy(t, p, envelope.Options{}, ends["nil"])
		if err := s.handler.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.deliver(t, "draining", p.request(t, golden, golden.Body), true)
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errMarked }

// brokenStore fails, at once or when the function has run.
type brokenStore struct{ claims bool }

func (s brokenStore) Claim(context.Context, string, time.Duration) (envelope.Claim, error) {
	if s.claims {
		return envelope.Claim{State: envelope.StateClaimed, Token: mark}, nil
	}
	return envelope.Claim{}, errMarked
}

func (brokenStore) Finish(context.Context, string, string) error  { return errMarked }
func (brokenStore) Release(context.Context, string, string) error { return errMarked }

// Forms are read by other code.
func TestNothingLeaksOfForms(t *testing.T) {
	p := providers()[3]
	s := newSpy(t, p, envelope.Options{}, ends["nil"])
	strict := newSpy(t, p, envelope.Options{Validation: envelope.ValidateAll}, ends["nil"])
	const event = "event[name]=created&event[resource]=person&person_id=" + mark + "&"
	bodies := []string{
		event + mark + "=1&" + mark + "[a]=2", event + "person[email]=" + mark, event + mark + "=" + mark + "&" + mark + "=" + mark,
		event + "person[" + mark + "]=%zz", event + "person[" + mark + "=1", event + "person[groups][" + mark + "]=1", event + "person[groups][-1]=" + mark,
		event + "person[" + mark + "]=1&person[" + strings.ToUpper(mark) + "]=2", event + mark + "%ff=1", event + "person[profile][" + mark + "]=" + mark,
		event + "campaign[title][" + mark + "]=" + mark + "&campaign[title]=" + mark, event + "campaign_id=" + mark + "&organization_id=" + mark,
		"event[name]=" + mark + "&event[resource]=" + mark, event + "person[created]=" + mark + "&person[properties][0][" + mark + "]=" + mark,
		event + mark + strings.Repeat("["+mark+"]", 40) + "=1", event + strings.Repeat(mark, 500) + "=1", event + "campaign[created_time]=" + mark,
		event + "campaign[config][properties][0][properties][0][key][" + mark + "]=" + mark,
	}
	for _, body := range bodies {
		golden := envelopetest.Golden{ContentType: envelopetest.Form}
		s.deliver(t, body, p.request(t, golden, []byte(body)), true)
		strict.deliver(t, body, p.request(t, golden, []byte(body)), true)
	}
	if s.got == 0 {
		t.Error("no delivery came through")
	}
}

// An error of a constructor does not quote the secret that it refuses.
func TestNothingLeaksOfConfigs(t *testing.T) {
	_, hexadecimal := openloyalty.NewHandler(openloyalty.Config{Secrets: []string{"whsec_" + mark}, KeyEncoding: openloyalty.KeyHex})
	_, both := masivo.NewHandler(masivo.Config{Secrets: []string{mark}, Options: envelope.Options{Unverified: true}})
	_, blank := masivo.NewHandler(masivo.Config{Secrets: []string{mark, " "}})
	_, url := openloyalty.NewHandler(openloyalty.Config{Secrets: []string{mark}, PublicURL: "://" + mark})
	_, separator := mambo.NewHandler(mambo.Config{Secrets: []string{mark}, Separators: []string{"1" + mark}, EventHeader: "X"})
	_, key := ambassify.NewHandler(ambassify.Config{EventBusKeys: []string{mark}})
	_, pem := ambassify.NewHandler(ambassify.Config{EventBusKeys: []string{"-----BEGIN PRIVATE KEY-----\n" + mark + "\n-----END PRIVATE KEY-----\n"}})
	for name, err := range map[string]error{
		"a secret that is not hex": hexadecimal, "secrets and Unverified": both, "a blank secret": blank, "a bad URL": url, "a separator": separator,
		"a key that is none": key, "a private key": pem,
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		search(t, name, map[string]string{"the error": fmt.Sprintf("%v %+v", err, err)})
	}
}
