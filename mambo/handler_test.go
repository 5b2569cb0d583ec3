package mambo_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

// What many tests send.
const (
	eventHeader = "X-Event"
	userCreated = "UserCreated"
	pingBody    = `{"message":"ping"}`
)

// seen is what reached a function.
type seen struct {
	Event   string
	From    mambo.EventFrom
	Payload string // JSON of the payload, or its text in a Fallback
}

// recorder gives a handler that records what it hands out: users by type, and all
// else through a Fallback if there is one.
func recorder(t *testing.T, config mambo.Config, fallback bool) (*envelope.Handler, *[]seen) {
	t.Helper()
	var got []seen
	record := func(_ context.Context, d *mambo.Delivery[mambo.User]) error {
		text, err := json.Marshal(d.Payload)
		got = append(got, seen{d.Event, d.Meta.EventFrom, string(text)})
		return err
	}
	routes := []mambo.Route{mambo.UserCreated.Handle(record), mambo.UserUpdated.Handle(record)}
	if fallback {
		routes = append(routes, mambo.Fallback(func(_ context.Context, d *mambo.Delivery[json.RawMessage]) error {
			got = append(got, seen{d.Event, d.Meta.EventFrom, string(d.Payload)})
			return nil
		}))
	}
	config.Unverified = true
	h, err := mambo.NewHandler(config, routes...)
	if err != nil {
		t.Fatal(err)
	}
	return h, &got
}

func post(h http.Handler, target, body string, header http.Header) int {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, target, strings.NewReader(body))
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// headers makes a header of names, each with its value behind it.
func headers(pairs ...string) http.Header {
	header := http.Header{}
	for pair := range slices.Chunk(pairs, 2) {
		header.Add(pair[0], pair[1])
	}
	return header
}

func TestEventName(t *testing.T) {
	const user = `{"uuid":"E-1"}`
	byHeader := mambo.Config{EventHeader: eventHeader}
	byResolver := mambo.Config{EventResolver: func(m *envelope.Message) string { return m.Header.Get("X-Kind") }}
	for _, test := range []struct {
		name     string
		config   mambo.Config
		fallback bool
		header   http.Header
		body     string
		want     []seen
		status   int
	}{
		{"configured header", byHeader, false, headers(eventHeader, userCreated), user,
			[]seen{{userCreated, mambo.EventFromHeader, user}}, 200},
		{"configured header, unknown event", byHeader, true, headers(eventHeader, "UserMerged"), user,
			[]seen{{"UserMerged", mambo.EventFromHeader, user}}, 200},
		{"configured header, unknown event, no fallback", byHeader, false, headers(eventHeader, "UserMerged"), user, nil, 200},
		{"configured header before guesses", byHeader, false, headers(eventHeader, userCreated, "X-Mambo-Event", "UserUpdated"), user,
			[]seen{{userCreated, mambo.EventFromHeader, user}}, 200},
		{"configured header twice", byHeader, false, headers(eventHeader, userCreated, eventHeader, "UserUpdated"), user, nil, 500},
		{"configured header empty", byHeader, true, headers(eventHeader, ""), user,
			[]seen{{"", mambo.EventFromNothing, user}}, 200},
		{"resolver", byResolver, false, headers("X-Kind", "UserUpdated"), user,
			[]seen{{"UserUpdated", mambo.EventFromResolver, user}}, 200},
		{"resolver gives up", byResolver, false, headers("X-Mambo-Event", userCreated), user,
			[]seen{{userCreated, mambo.EventFromGuess, user}}, 200},
		{"guessed header", mambo.Config{}, true, headers("X-Mambo-Event-Type", "UserUpdated"), user,
			[]seen{{"UserUpdated", mambo.EventFromGuess, user}}, 200},
		{"guessed header, not an event", mambo.Config{}, true, headers("X-Mambo-Event-Type", "user"), user,
			[]seen{{"", mambo.EventFromNothing, user}}, 200},
		{"guessed headers agree", mambo.Config{}, true, headers("X-Mambo-Event", "UserUpdated", "X-Mambo-Webhook-Event", "UserUpdated"), user,
			[]seen{{"UserUpdated", mambo.EventFromGuess, user}}, 200},
		{"guessed headers disagree", mambo.Config{}, true, headers("X-Mambo-Event", "UserUpdated", "X-Mambo-Webhook-Event", userCreated), user,
			[]seen{{"", mambo.EventFromNothing, user}}, 200},
		{"member event", mambo.Config{}, true, nil, `{"event":"UserCreated","uuid":"E-1"}`,
			[]seen{{userCreated, mambo.EventFromBody, user}}, 200},
		{"member event before a guessed header", mambo.Config{}, true, headers("X-Mambo-Event", "UserUpdated"), `{"event":"UserCreated","data":{"uuid":"E-1"}}`,
			[]seen{{userCreated, mambo.EventFromBody, user}}, 200},
		{"member and guessed header agree", mambo.Config{}, true, headers("X-Mambo-Event", userCreated), `{"event":"UserCreated","uuid":"E-1"}`,
			[]seen{{userCreated, mambo.EventFromBody, user}}, 200},
		{"member that is no event, and a guessed header", mambo.Config{}, true, headers("X-Mambo-Event", userCreated), `{"type":"percent","uuid":"E-1"}`,
			[]seen{{userCreated, mambo.EventFromGuess, user}}, 200},
		{"configured header before member event", byHeader, true, headers(eventHeader, userCreated), `{"event":"UserUpdated","uuid":"E-1"}`,
			[]seen{{userCreated, mambo.EventFromHeader, user}}, 200},
		{"header of a guess that is configured", mambo.Config{EventHeader: "X-Mambo-Event"}, true, headers("X-Mambo-Event", userCreated), `{"event":"UserUpdated","uuid":"E-1"}`,
			[]seen{{userCreated, mambo.EventFromHeader, user}}, 200},
		{"member event before type", mambo.Config{}, true, nil, `{"type":"UserUpdated","event":"UserCreated","uuid":"E-1"}`,
			[]seen{{userCreated, mambo.EventFromBody, user}}, 200},
		{"member type, not an event", mambo.Config{}, true, nil, `{"type":"percent"}`,
			[]seen{{"", mambo.EventFromNothing, `{"type":"percent"}`}}, 200},
		{"member of another type", mambo.Config{}, true, nil, `{"event":{"name":"UserCreated"}}`,
			[]seen{{"", mambo.EventFromNothing, `{"event":{"name":"UserCreated"}}`}}, 200},
		{"payload under data", mambo.Config{}, true, nil, `{"data":{"uuid":"E-1"},"eventType":"UserCreated"}`,
			[]seen{{userCreated, mambo.EventFromBody, user}}, 200},
		{"payload under payload", mambo.Config{}, true, nil, `{"type":"UserCreated","payload":{"uuid":"E-1"}}`,
			[]seen{{userCreated, mambo.EventFromBody, user}}, 200},
		{"data before payload", mambo.Config{}, true, nil, `{"event":"UserCreated","payload":{"uuid":"E-2"},"data":{"uuid":"E-1"}}`,
			[]seen{{userCreated, mambo.EventFromBody, user}}, 200},
		{"data that is no object", mambo.Config{}, true, nil, `{"event":"UserCreated","data":7,"uuid":"E-1"}`,
			[]seen{{userCreated, mambo.EventFromBody, user}}, 200},
		{"data without a name in the body", byHeader, false, headers(eventHeader, userCreated), `{"data":{"uuid":"E-2"},"uuid":"E-1"}`,
			[]seen{{userCreated, mambo.EventFromHeader, user}}, 200},
		{"ping", mambo.Config{}, true, nil, pingBody,
			[]seen{{"Ping", mambo.EventFromPing, pingBody}}, 200},
		{"ping under another name", byHeader, true, headers(eventHeader, userCreated), ` { "message" : "ping" } `,
			[]seen{{"Ping", mambo.EventFromPing, `{ "message" : "ping" }`}}, 200},
		{"ping by header", byHeader, true, headers(eventHeader, "Ping"), pingBody,
			[]seen{{"Ping", mambo.EventFromHeader, pingBody}}, 200},
		{"ping that nobody wants", byHeader, false, nil, pingBody, nil, 200},
		{"not quite a ping", mambo.Config{}, true, nil, `{"message":"ping","id":"1"}`,
			[]seen{{"", mambo.EventFromNothing, `{"message":"ping","id":"1"}`}}, 200},
		{"no name, no fallback", byHeader, false, nil, user, nil, 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, got := recorder(t, test.config, test.fallback)
			if status := post(h, "/", test.body, test.header); status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEventNameInPath(t *testing.T) {
	const user = `{"uuid":"E-1"}`
	for _, test := range []struct {
		name     string
		path     string
		fallback bool
		body     string
		want     []seen
		status   int
	}{
		{"event", "/mambo/UserCreated", false, user, []seen{{userCreated, mambo.EventFromMessage, user}}, 200},
		{"typing error", "/mambo/Usercreated", false, user, nil, 500},
		{"typing error with a fallback", "/mambo/Usercreated", true, user, []seen{{"Usercreated", mambo.EventFromMessage, user}}, 200},
		{"event without a function", "/mambo/TagCreated", false, user, nil, 200},
		{"ping", "/mambo/UserCreated", false, pingBody, nil, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, got := recorder(t, mambo.Config{EventPathValue: "event"}, test.fallback)
			mux := http.NewServeMux()
			mux.Handle("POST /mambo/{event}", h)
			if status := post(mux, test.path, test.body, nil); status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Drift points into the whole body, and the member that names the event is none.
func TestDriftAroundPayload(t *testing.T) {
	for body, want := range map[string][]string{
		`{"sentAt":1,"event":"UserCreated","data":{"uuid":"E-1","isMember":"maybe","shoe":38}}`: {"/sentAt", "/data/shoe", "/data/isMember"},
		`{"event":"UserCreated","uuid":"E-1","shoe":38}`:                                        {"/event", "/shoe"},
	} {
		var got []string
		drift := func(_ context.Context, r envelope.DriftReport) {
			for _, d := range r.Drift {
				got = append(got, d.Pointer)
			}
		}
		h, _ := recorder(t, mambo.Config{Options: envelope.Options{Drift: drift}}, true)
		if status := post(h, "/", body, nil); status != 200 {
			t.Errorf("%s: status %d", body, status)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestEventNameOfDispatchedMessage(t *testing.T) {
	h, got := recorder(t, mambo.Config{EventHeader: eventHeader}, false)
	err := h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"uuid":"E-1"}`), Event: "UserUpdated"})
	if err != nil {
		t.Fatal(err)
	}
	err = h.Dispatch(t.Context(), envelope.Message{Body: []byte(`{"uuid":"E-2"}`), Header: http.Header{"x-event": {userCreated}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []seen{{"UserUpdated", mambo.EventFromMessage, `{"uuid":"E-1"}`}, {userCreated, mambo.EventFromHeader, `{"uuid":"E-2"}`}}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
}

// An event of the user's own is as good as one of the package.
func TestEventOfYourOwn(t *testing.T) {
	type merged struct {
		Into string `json:"into"`
	}
	var into string
	h, err := mambo.NewHandler(
		mambo.Config{EventPathValue: "event", Options: envelope.Options{Unverified: true}},
		envelope.NewEvent[mambo.Meta, merged]("UserMerged").Handle(func(_ context.Context, d *mambo.Delivery[merged]) error {
			into = d.Payload.Into
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"into":"E-7"}`))
	r.SetPathValue("event", "UserMerged")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 || into != "E-7" {
		t.Errorf("status %d, into %q", w.Code, into)
	}
}

func TestGuessed(t *testing.T) {
	for from, want := range map[mambo.EventFrom]bool{
		mambo.EventFromNothing: false, mambo.EventFromMessage: false, mambo.EventFromResolver: false,
		mambo.EventFromHeader: false, mambo.EventFromGuess: true, mambo.EventFromBody: true, mambo.EventFromPing: false,
	} {
		if from.Guessed() != want {
			t.Errorf("%q: got %v", from, !want)
		}
	}
}

func TestHostileBodies(t *testing.T) {
	h, _ := recorder(t, mambo.Config{EventHeader: eventHeader}, true)
	for name, body := range map[string]string{
		"empty":               "",
		"white space":         " \n",
		"not JSON":            "user=1",
		"cut off":             `{"uuid":"E-1"`,
		"cut off in a name":   `{"uu`,
		"cut off in a value":  `{"uuid":"E-`,
		"list":                `[{"uuid":"E-1"}]`,
		"cut off list":        `[`,
		"text":                `userCreated`,
		"null":                `null`,
		"two objects":         `{"uuid":"E-1"}{"uuid":"E-2"}`,
		"text behind":         `{"uuid":"E-1"} x`,
		"deep and not closed": strings.Repeat(`{"content":`, 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			for _, event := range []string{userCreated, "TagCreated", ""} {
				if status := post(h, "/", body, headers(eventHeader, event)); status != 400 {
					t.Errorf("event %q: status %d, want 400", event, status)
				}
			}
		})
	}
}

// A message that can't be that of a Ping is a text like any other.
func TestMessageThatIsNoPing(t *testing.T) {
	h, got := recorder(t, mambo.Config{EventHeader: eventHeader}, true)
	for name, body := range map[string]string{
		"not UTF-8":   "{\"message\":\"\xff\"}",
		"half a pair": `{"message":"ping\ud800"}`,
		"twice":       `{"message":"ping","message":"ping"}`,
	} {
		for event, want := range map[string]int{userCreated: 200, "": 200} {
			if status := post(h, "/", body, headers(eventHeader, event)); status != want || (*got)[len(*got)-1].Event != event {
				t.Errorf("%s: event %q: status %d, want %d, as %+v", name, event, status, want, *got)
			}
		}
	}
}

func TestPingWithoutItsMessage(t *testing.T) {
	h, err := mambo.NewHandler(
		mambo.Config{EventHeader: eventHeader, Options: envelope.Options{Unverified: true}},
		mambo.Ping.Handle(func(context.Context, *mambo.Delivery[mambo.PingData]) error { return nil }),
	)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]int{
		pingBody:             200,
		`{"message":"pong"}`: 200, // a new text is news, not an error
		`{"message":""}`:     422,
		`{"message":null}`:   422,
		`{"message":{}}`:     422,
		`{}`:                 422,
	} {
		if status := post(h, "/", body, headers(eventHeader, "Ping")); status != want {
			t.Errorf("%s: status %d, want %d", body, status, want)
		}
	}
}

func TestNewHandlerErrors(t *testing.T) {
	handle := func(context.Context, *mambo.Delivery[mambo.Tag]) error { return nil }
	fallback := mambo.Fallback(func(context.Context, *mambo.Delivery[json.RawMessage]) error { return nil })
	secrets := []string{secret}
	verifier := func(*http.Request) (func([]byte) error, error) { return nil, nil }
	for _, test := range []struct {
		name   string
		config mambo.Config
		routes []mambo.Route
		want   string // part of the error; "" for none
	}{
		{"complete", mambo.Config{Secrets: secrets, EventHeader: eventHeader}, []mambo.Route{mambo.TagCreated.Handle(handle)}, ""},
		{"fallback only", mambo.Config{Secrets: secrets}, []mambo.Route{fallback}, ""},
		{"own verifier", mambo.Config{Options: envelope.Options{Verifier: verifier}}, []mambo.Route{fallback}, ""},
		{"no place for the event's name", mambo.Config{Secrets: secrets}, []mambo.Route{mambo.TagCreated.Handle(handle)}, "events can't be told"},
		{"no secret", mambo.Config{EventHeader: eventHeader}, nil, "no secret"},
		{"blank secret", mambo.Config{Secrets: []string{""}, EventHeader: eventHeader}, nil, "blank"},
		{"secret beside a verifier", mambo.Config{Secrets: secrets, EventHeader: eventHeader, Options: envelope.Options{Verifier: verifier}}, nil, "beside a verifier"},
		{"secret beside unverified", mambo.Config{Secrets: secrets, EventHeader: eventHeader, Options: envelope.Options{Unverified: true}}, nil, "or Unverified"},
		{"idempotency without a key", mambo.Config{Secrets: secrets, EventHeader: eventHeader, Options: envelope.Options{Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(1, time.Hour)}}}, nil, "Options.Key"},
		{"event twice", mambo.Config{Secrets: secrets, EventHeader: eventHeader}, []mambo.Route{mambo.TagCreated.Handle(handle), mambo.TagCreated.Handle(handle)}, "TagCreated"},
		{"idempotency without a store", mambo.Config{Secrets: secrets, EventHeader: eventHeader, Options: envelope.Options{Idempotency: &envelope.Idempotency{}}}, nil, "store"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := mambo.NewHandler(test.config, test.routes...)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "mambo: ")):
				t.Errorf("got %v, want %q", err, test.want)
			case err != nil && strings.Contains(err.Error(), secret):
				t.Error("the error shows the secret")
			}
		})
	}
}

func TestVerifiedDelivery(t *testing.T) {
	const body = `{"userId":"696380f0","balance":12.50}`
	var outcome envelope.Observation
	var got mambo.PointWallet
	h, err := mambo.NewHandler(
		mambo.Config{
			Secrets:     []string{"whk_old", secret},
			EventHeader: eventHeader,
			Options: envelope.Options{
				Now:      at(moment),
				Observer: func(_ context.Context, o envelope.Observation) { outcome = o },
			},
		},
		mambo.PointWalletUpdated.Handle(func(_ context.Context, d *mambo.Delivery[mambo.PointWallet]) error {
			got = d.Payload
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	send := func(signature string) int {
		return post(h, "/", body, headers(eventHeader, "PointWalletUpdated", mambo.SignatureHeader, signature))
	}
	if status := send(signature(t, secret, []byte(body), moment)); status != 200 {
		t.Errorf("status %d: %v", status, outcome.Err)
	}
	if got.Balance.String() != "12.50" {
		t.Errorf("balance %s", got.Balance)
	}
	if status := send(signature(t, secret, []byte(body), moment.Add(-time.Hour))); status != 401 || !errors.Is(outcome.Err, envelope.ErrSignatureTooOld) {
		t.Errorf("status %d: %v", status, outcome.Err)
	}
}
