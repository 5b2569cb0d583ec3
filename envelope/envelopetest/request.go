package envelopetest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/probe"
)

// Kit is what a provider's test kit knows of its provider. M is what the provider's
// envelope carries, C the Config of its handlers.
type Kit[M, C any] struct {
	// Provider is the provider's name: the folder of its golden deliveries.
	Provider string

	// FS holds that folder. Default: the deliveries of this module.
	FS fs.FS

	// Secret signs requests unless Options have one, or a Config with Secrets.
	Secret string

	// Fields returns the fields of a Config that all providers have.
	Fields func(config *C) (secrets *[]string, options *envelope.Options)

	// Sign proves the origin of a request, as the provider does, by the first of the
	// secrets of a Config, its clock and its other settings.
	Sign func(config C, r *http.Request, body []byte) error

	// Pointer leads to the payload in the body of an event: "/data", or "" for
	// the whole body.
	Pointer func(event string) string

	// Prepare sets what else the provider sends, such as a header with the event's
	// name. It is optional.
	Prepare func(config C, r *http.Request, event string)

	// Encode turns a changed JSON body into the encoding of a form golden. It is
	// needed only by providers that have some.
	Encode func(body []byte, encoder string) ([]byte, error)
}

// Options choose what a request is like. C is the provider's Config. The zero value is the
// basic delivery, as JSON, signed with the kit's secret, sent now.
type Options[C any] struct {
	Situation string // a situation of the golden deliveries; default "basic"
	Encoder   string // "qs" or "php": a form; default JSON

	// Config is that of the handler under test: requests are signed by its settings, with
	// the first of its Secrets and its clock. Default: the kit's Secret.
	Config C

	// Secret is used in place of the Config's: that of a tenant, or a wrong one.
	Secret string

	// At is when the provider signs. Default: the Config's Now.
	At time.Time

	// URL is where the request goes to. {name} in its path stands for a path value, as in
	// the pattern of a mux. Default: https://example.com/webhooks/<provider>.
	URL string

	// PathValues are path values of the request, which a mux would find in its URL.
	PathValues map[string]string
}

// NewRequest makes a request of a golden delivery. The changes are made to the
// typed payload before the request is signed.
func NewRequest[M, C, T any](tb testing.TB, kit Kit[M, C], options Options[C], event envelope.Event[M, T], changes ...func(*T)) *http.Request {
	tb.Helper()
	golden, err := kit.find(event.Name(), options.Situation, options.Encoder)
	if err != nil {
		tb.Fatal(err)
	}
	if len(changes) > 0 {
		// Changes are made to the JSON twin of a form.
		twin, err := kit.find(event.Name(), options.Situation, "")
		if err == nil {
			golden.Body, err = change(twin.Body, kit.Pointer(event.Name()), changes)
		}
		if err == nil && options.Encoder != "" {
			golden.Body, err = kit.Encode(golden.Body, options.Encoder)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	r, err := kit.Request(golden, options)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func (k Kit[M, C]) find(event, situation, encoder string) (Golden, error) {
	if k.FS == nil {
		return Find(k.Provider, event, situation, encoder)
	}
	return find(k.FS, k.Provider, event, situation, encoder)
}

// Request makes a signed request of a golden delivery.
func (k Kit[M, C]) Request(golden Golden, options Options[C]) (*http.Request, error) {
	r := httptest.NewRequest(http.MethodPost, cmp.Or(options.URL, "https://example.com/webhooks/"+k.Provider), nil)
	setBody(r, golden.Body)
	r.Header.Set("Content-Type", golden.ContentType)
	for name, value := range options.PathValues {
		r.SetPathValue(name, value)
	}
	if k.Prepare != nil {
		k.Prepare(options.Config, r, golden.Event)
	}
	fillPath(r) // It may be signed.
	if err := k.Sign(k.configOf(options), r, golden.Body); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	fillPath(r) // The secret may be in it.
	return r, nil
}

// configOf is the Config that signs.
func (k Kit[M, C]) configOf(options Options[C]) C {
	config := options.Config
	secrets, common := k.Fields(&config)
	switch {
	case options.Secret != "":
		*secrets = []string{options.Secret}
	case len(*secrets) == 0:
		*secrets = []string{k.Secret}
	}
	if !options.At.IsZero() {
		common.Now = func() time.Time { return options.At }
	}
	return config
}

var wildcard = regexp.MustCompile(`\{\w+\}`)

// fillPath puts path values in the place of their names in the path.
func fillPath(r *http.Request) {
	if !wildcard.MatchString(r.URL.Path) {
		return
	}
	fill := func(path string, escape func(string) string) string {
		return wildcard.ReplaceAllStringFunc(path, func(name string) string {
			return cmp.Or(escape(r.PathValue(name[1:len(name)-1])), name)
		})
	}
	r.URL.RawPath = fill(r.URL.Path, url.PathEscape)
	r.URL.Path = fill(r.URL.Path, func(value string) string { return value })
	r.RequestURI = r.URL.RequestURI()
}

// setBody gives a request a body that can be read again for a second delivery.
func setBody(r *http.Request, body []byte) {
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	r.ContentLength = int64(len(body))
}

// change applies changes to the payload in a body and leaves the rest as it is.
func change[T any](body []byte, pointer string, changes []func(*T)) ([]byte, error) {
	name := strings.TrimPrefix(pointer, "/")
	members, err := membersOf(body, name)
	if err != nil {
		return nil, err
	}
	for i, m := range members {
		if m.name != name {
			continue
		}
		var payload T
		if err := json.Unmarshal(m.value, &payload); err != nil {
			return nil, err
		}
		for _, f := range changes {
			f(&payload)
		}
		if members[i].value, err = json.Marshal(payload); err != nil {
			return nil, err
		}
		return joined(members), nil
	}
	return nil, fmt.Errorf("the golden delivery has no member %q to change", name)
}

type member struct {
	name  string
	value json.RawMessage
}

// membersOf takes an object apart and keeps the order of its members. Without a
// name the whole body is one.
func membersOf(body []byte, name string) ([]member, error) {
	if name == "" {
		return []member{{"", body}}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if token, err := dec.Token(); err != nil {
		return nil, err
	} else if token != json.Delim('{') {
		return nil, errors.New("the golden delivery is no object: it has no member to change")
	}
	var members []member
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: token.(string)} // The names of an object are strings.
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, nil
}

func joined(members []member) []byte {
	if len(members) == 1 && members[0].name == "" {
		return members[0].value
	}
	var b bytes.Buffer
	for i, m := range members {
		b.WriteByte("{,"[min(i, 1)])
		name, _ := json.Marshal(m.name) // A string can be encoded.
		b.Write(name)
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// Again gives the same request for another delivery: what a sender's retry, or an
// attacker's replay, looks like.
func Again(tb testing.TB, r *http.Request) *http.Request {
	tb.Helper()
	if r.GetBody == nil { // A request that no kit made.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			tb.Fatal(err)
		}
		setBody(r, body)
	}
	again := r.Clone(r.Context())
	body, err := r.GetBody()
	if err != nil {
		tb.Fatal(err)
	}
	again.Body = body
	return again
}

// Altered gives the request with one byte of white space behind its body: what
// was signed is not what is sent.
func Altered(tb testing.TB, r *http.Request) *http.Request {
	tb.Helper()
	return resized(tb, r, 1)
}

// TooLarge gives the request with so much white space behind its body that a
// handler of default limits refuses it.
func TooLarge(tb testing.TB, r *http.Request) *http.Request {
	tb.Helper()
	return resized(tb, r, envelope.DefaultMaxBody)
}

func resized(tb testing.TB, r *http.Request, more int) *http.Request {
	tb.Helper()
	again := Again(tb, r)
	body, err := io.ReadAll(again.Body)
	if err != nil {
		tb.Fatal(err)
	}
	setBody(again, append(body, bytes.Repeat([]byte(" "), more)...))
	return again
}

// Result is what a handler made of one request.
type Result struct {
	Status int         // what the sender is told
	Header http.Header // of the answer
	Body   string      // of the answer

	Event      string
	Outcome    envelope.Outcome
	Drift      []envelope.Drift
	Violations []envelope.Violation
	Err        error // nil, or an *envelope.Error
}

// Deliver runs a request through a handler, or through a mux or middleware with a
// handler in it. Outcome is empty if the request did not reach one.
func Deliver(tb testing.TB, h http.Handler, r *http.Request) Result {
	tb.Helper()
	var result Result
	ctx := probe.With(r.Context(), func(observation, drift, violations any) {
		o, _ := observation.(envelope.Observation)
		result.Event, result.Outcome, result.Err = o.Event, o.Outcome, o.Err
		result.Drift, _ = drift.([]envelope.Drift)
		result.Violations, _ = violations.([]envelope.Violation)
	})
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r.WithContext(ctx))
	result.Status = recorder.Code
	result.Header = recorder.Header()
	result.Body = recorder.Body.String()
	return result
}
