package mambo_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/hostile"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

func FuzzDispatch(f *testing.F) {
	hostile.Target[mambo.Meta]{
		Provider: mambo.Name,
		Events:   mambo.Events(),
		NewHandler: func(common envelope.Options, routes ...mambo.Route) (*envelope.Handler, error) {
			return mambo.NewHandler(mambo.Config{Options: common}, routes...)
		},
		Named:  true,
		Ignore: cmp.Options{cmpopts.IgnoreFields(mambo.Meta{}, "EventFrom")},
	}.FuzzDispatch(f,
		`{"message":"ping"}`,
		`{"event":"UserUpdated","data":{"uuid":"u","details":{}}}`,
		`{"type":"ActivityCreated","payload":{"attrs":{"type":"point","points":[{}]}}}`,
	)
}

// A header is accepted exactly if a straight reading finds one timestamp and a
// digest that is right for it.
func FuzzGenuine(f *testing.F) {
	body := []byte(pingBody)
	genuine := signature(f, secret, body, moment)
	for _, header := range []string{
		genuine, genuine + ",v0=00", " " + genuine, genuine[1:], genuine + "0", genuine + ";" + genuine,
		"t=1774000000,v1=" + "00", "ｔ＝1774000000，v1＝", "1774000000.", ",;==\x00", "",
	} {
		f.Add(header, body)
	}
	verify := verifier(f, mambo.Config{Secrets: []string{secret}, Options: envelope.Options{Now: at(moment)}})
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		err := verify(signedRequest(mambo.SignatureHeader, header), body)
		if err != nil && !errors.Is(err, envelope.ErrSignature) {
			t.Fatalf("an error that is no ErrSignature: %v", err)
		}
		if got, want := err == nil, isGenuine(header, body); got != want {
			t.Errorf("accepted: %v, want %v (%v)", got, want, err)
		}
	})
}

var (
	words     = regexp.MustCompile(`[\pL\p{Nd}_]+`)
	timestamp = regexp.MustCompile(`^([0-9]{10}|[0-9]{13})$`)
	hexDigest = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
)

func isGenuine(header string, body []byte) bool {
	var stamps, digests []string
	for _, word := range words.FindAllString(header, -1) {
		if timestamp.MatchString(word) {
			stamps = append(stamps, word)
		}
		if hexDigest.MatchString(word) {
			digests = append(digests, word)
		}
	}
	if len(header) > 1024 || len(stamps) != 1 || len(digests) > 8 || !bytes.HasPrefix(body, []byte("{")) {
		return false
	}
	count, _ := strconv.ParseInt(stamps[0], 10, 64)
	sent := time.Unix(count, 0)
	if len(stamps[0]) == 13 {
		sent = time.UnixMilli(count)
	}
	if age := moment.Sub(sent).Abs(); age > 5*time.Minute {
		return false
	}
	for _, separator := range []string{"", "."} {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamps[0] + separator + string(body)))
		for _, digest := range digests {
			if sum, _ := hex.DecodeString(digest); bytes.Equal(sum, mac.Sum(nil)) {
				return true
			}
		}
	}
	return false
}

// An event is never told from anything but the places that the package names, in
// their order, and a name that nobody configured is believed only if it is known.
func FuzzEventName(f *testing.F) {
	for _, body := range []string{
		`{}`, `{"message":"ping"}`, `{"message":"ping","x":1}`, `{"type":"UserCreated"}`, `{"event":"x","eventType":"UserUpdated","type":"TagCreated"}`,
		`{"event":"UserUpdated","data":{}}`, `{"data":1,"payload":{},"eventType":"UserUpdated"}`, `{"event":{"event":"UserUpdated"}}`, `[]`, `{"event":"UserUpdated"}x`,
	} {
		f.Add("", "", "", "", []byte(body))
		f.Add("TagCreated", "Mine", "UserCreated", "UserUpdated", []byte(body))
		f.Add("", "", "UserCreated", "UserCreated", []byte(body))
		f.Add("", "", "Ping", "nothing", []byte(body))
	}
	known := map[string]bool{}
	for _, event := range mambo.Events() {
		known[event.Name()] = true
	}
	var got *mambo.Delivery[json.RawMessage]
	var resolved string
	h, err := mambo.NewHandler(mambo.Config{
		EventHeader:   "X-Own",
		EventResolver: func(*envelope.Message) string { return resolved },
		Options:       envelope.Options{Unverified: true},
	}, mambo.Fallback(func(_ context.Context, d *mambo.Delivery[json.RawMessage]) error {
		got = d
		return nil
	}))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, fromResolver, own, first, second string, body []byte) {
		resolved, got = fromResolver, nil
		header := http.Header{"X-Own": {own}, "X-Mambo-Event": {first}, "X-Mambo-Webhook-Event": {second}}
		err := h.Dispatch(t.Context(), envelope.Message{Body: body, Header: header})
		if err != nil {
			if !errors.Is(err, envelope.ErrMalformed) {
				t.Errorf("got %v", err)
			}
			return
		}
		event, from := eventOf(fromResolver, own, first, second, body, known)
		if got.Event != event || got.Meta.EventFrom != from {
			t.Errorf("got %q from %q, want %q from %q", got.Event, got.Meta.EventFrom, event, from)
		}
	})
}

func eventOf(resolved, own, first, second string, body []byte, known map[string]bool) (string, mambo.EventFrom) {
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return "not JSON", ""
	}
	if text, _ := members["message"].(string); len(members) == 1 && mambo.PingMessage(text).Known() {
		if resolved == "Ping" {
			return "Ping", mambo.EventFromResolver
		}
		if resolved == "" && own == "Ping" {
			return "Ping", mambo.EventFromHeader
		}
		return "Ping", mambo.EventFromPing
	}
	switch {
	case resolved != "":
		return resolved, mambo.EventFromResolver
	case own != "":
		return own, mambo.EventFromHeader
	}
	for _, name := range []string{"event", "eventType", "type"} {
		if text, _ := members[name].(string); known[text] {
			return text, mambo.EventFromBody
		}
	}
	switch {
	case known[first] && (first == second || !known[second]):
		return first, mambo.EventFromGuess
	case !known[first] && known[second]:
		return second, mambo.EventFromGuess
	}
	return "", mambo.EventFromNothing
}
