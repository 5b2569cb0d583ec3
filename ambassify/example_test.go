package ambassify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/ambassify/ambassifytest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// post delivers a body as Ambassify would, and prints the status of the answer.
func post(h http.Handler, target, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, strings.NewReader(body)))
	fmt.Println(w.Code)
}

// The first handler: one function for each event that you use, mounted under the
// URL that you gave to Ambassify. It takes both encodings.
func Example() {
	h, err := ambassify.NewHandler(
		ambassify.Config{Secrets: []string{"LONG-RANDOM-TEXT"}}, // from the environment in real life
		ambassify.InteractionChanged.Handle(func(ctx context.Context, d *ambassify.Delivery[ambassify.Interaction]) error {
			fmt.Println(d.Payload.Member, d.Payload.State, d.Payload.Points)
			return nil
		}),
		ambassify.PersonRemoved.Handle(func(ctx context.Context, d *ambassify.Delivery[ambassify.Person]) error {
			fmt.Println("forget", d.Meta.PersonID) // Only the id is sure to come.
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/ambassify", h)

	post(mux, "/webhooks/ambassify?secret=LONG-RANDOM-TEXT", `{
		"event": {"name": "changed", "resource": "interaction"},
		"interaction_id": 7788410,
		"interaction": {"id": 7788410, "member": "[anonymous]", "state": "REWARDED", "points": 12.5}
	}`)
	post(mux, "/webhooks/ambassify?secret=LONG-RANDOM-TEXT",
		"event[name]=removed&event[resource]=person&person_id=7d0c6f6e-4f0b-4b58-9a53-0c9a1c5f2d11")
	post(mux, "/webhooks/ambassify?secret=guessed", `{}`)
	// Output:
	// [anonymous] REWARDED 12.5
	// 200
	// forget 7d0c6f6e-4f0b-4b58-9a53-0c9a1c5f2d11
	// 200
	// 401
}

// Texts come in several languages: name the ones to try, in order.
func ExampleMultilingualString_In() {
	title := ambassify.MultilingualString{
		"fr":    "Partagez nos offres",
		"nl":    "",
		"pt-BR": "Compartilhe nossas vagas",
	}
	fmt.Println(title.In(ambassify.Dutch, ambassify.French))
	fmt.Println(title.In("pt-BR"))
	fmt.Println(title.In(ambassify.German))
	// Output:
	// Partagez nos offres
	// Compartilhe nossas vagas
	// Partagez nos offres
}

// Properties of a member nest to any depth.
func ExamplePerson_Property() {
	h, err := ambassify.NewHandler(
		ambassify.Config{Secrets: []string{"LONG-RANDOM-TEXT"}},
		ambassify.PersonChanged.Handle(func(ctx context.Context, d *ambassify.Delivery[ambassify.Person]) error {
			if city, ok := d.Payload.Property("address", "city"); ok {
				fmt.Println(city.Value, city.IsPrimary())
			}
			fmt.Println("no news:", d.Payload.OptIn.OptedOut("news"))
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	post(h, "/?secret=LONG-RANDOM-TEXT", `{"event": {"name": "changed", "resource": "person"}, "person_id": "7d0c6f6e-4f0b-4b58-9a53-0c9a1c5f2d11",
		"person": {"optIn": {"news": false}, "properties": [
			{"key": "address", "properties": [{"key": "city", "primary": "true", "value": "Ghent"}]}
		]}}`)
	// Output:
	// Ghent true
	// no news: true
	// 200
}

// The response of an interaction has the shape of its challenge. Numbers that come
// as text in a form fit types of package envelope.
func ExampleInteraction() {
	type score struct {
		Rating envelope.Int `json:"rating"`
		Reason string       `json:"reason"`
	}
	h, err := ambassify.NewHandler(
		ambassify.Config{Secrets: []string{"LONG-RANDOM-TEXT"}},
		ambassify.InteractionCreated.Handle(func(ctx context.Context, d *ambassify.Delivery[ambassify.Interaction]) error {
			if d.Payload.Metadata.ChallengeType != "nps" {
				return nil
			}
			var answer score
			if err := d.Payload.Response.Decode(&answer); err != nil {
				return envelope.Permanent(errors.New("an answer of another shape"))
			}
			fmt.Println(answer.Rating.Int64(), answer.Reason)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	post(h, "/?secret=LONG-RANDOM-TEXT", "event[name]=created&event[resource]=interaction&interaction_id=1&"+
		"interaction[metadata][challenge_type]=nps&interaction[response][rating]=9&interaction[response][reason]=Fast+%26+kind")
	// Output:
	// 9 Fast & kind
	// 200
}

// Pairs of verb and resource that have no function are answered with 200, unless a
// Fallback takes them.
func ExampleFallback() {
	h, err := ambassify.NewHandler(
		ambassify.Config{Secrets: []string{"LONG-RANDOM-TEXT"}},
		ambassify.Fallback(func(ctx context.Context, d *ambassify.Delivery[json.RawMessage]) error {
			fmt.Printf("%s %s, known: %t, %s\n", d.Meta.Event.Resource, d.Meta.Event.Name, d.Known, d.Payload)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	post(h, "/?secret=LONG-RANDOM-TEXT", `{"event": {"name": "created", "resource": "reward"}, "reward": {"id": 9}}`)
	// Output:
	// reward created, known: false, {"id": 9}
	// 200
}

// A secret in the path, with a second one while the URL is being changed.
func ExampleConfig() {
	h, err := ambassify.NewHandler(ambassify.Config{
		Secrets:    []string{"NEW-TEXT", "OLD-TEXT"},
		SecretFrom: envelope.FromPathValue("secret"),
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/ambassify/{secret}", h)

	body := `{"event": {"name": "removed", "resource": "campaign"}, "campaign_id": 7}`
	post(mux, "/webhooks/ambassify/OLD-TEXT", body)
	post(mux, "/webhooks/ambassify/NEW-TEXT", body)
	post(mux, "/webhooks/ambassify/OLDER-TEXT", body)
	// Output:
	// 200
	// 200
	// 401
}

// Deliveries of the event bus are signed. Here the key is made up; the public one
// of the bus comes from Ambassify.
func ExampleConfig_eventBus() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		log.Fatal(err)
	}
	h, err := ambassify.NewHandler(ambassify.Config{
		EventBusKeys: []string{string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))},
	})
	if err != nil {
		log.Fatal(err)
	}
	body := `{"event": {"name": "removed", "resource": "campaign"}, "campaign_id": 7}`
	for _, sent := range []string{body, body + " "} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(sent))
		if err := ambassify.SignEventBus(ambassify.Config{Options: envelope.Options{Now: time.Now}}, r, []byte(body), key); err != nil {
			log.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// 401
}

// A proxy has made text of the media type.
func ExampleExplain() {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/ambassify?secret=LONG-RANDOM-TEXT", nil)
	r.Header.Set("Content-Type", "text/plain")
	body := []byte(`{"event":{"name":"removed","resource":"person"},"person_id":"7"}`)
	for _, cause := range ambassify.Explain(ambassify.Config{Secrets: []string{"LONG-RANDOM-TEXT"}}, r, body) {
		fmt.Println(cause.Code)
		fmt.Println(cause.Text)
	}
	// Output:
	// media_type
	// text/plain came, and application/json or application/x-www-form-urlencoded is served: set the provider to one of these, or let nothing change Content-Type on the way.
}

// A campaign that was created runs once, however often it is delivered.
func ExampleNaturalKey() {
	h, err := ambassify.NewHandler(
		ambassify.Config{
			Secrets: []string{"LONG-RANDOM-TEXT"},
			Options: envelope.Options{
				Key:         ambassify.NaturalKey,
				Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(10_000, 24*time.Hour)},
			},
		},
		ambassify.CampaignCreated.Handle(func(ctx context.Context, d *ambassify.Delivery[ambassify.Campaign]) error {
			fmt.Println("new:", d.Payload.Name)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		post(h, "/?secret=LONG-RANDOM-TEXT", `{"event": {"name": "created", "resource": "campaign"}, "campaign_id": 7, "campaign": {"name": "Quiz"}}`)
	}
	// Output:
	// new: Quiz
	// 200
	// 200
}

// A test of your own handler: a real delivery with a change, and what became of
// it. In a test, t is the test's.
func Example_testing() {
	t := new(testing.T)
	h := newService()

	r := ambassifytest.NewRequest(t, ambassify.PersonChanged, func(p *ambassify.Person) { p.Role = ambassify.RoleManager })
	if result := envelopetest.Deliver(t, h, r); result.Status != http.StatusOK {
		t.Errorf("got %+v", result)
	}
	// Output:
	// Tomasz is a manager now
}

func newService() http.Handler {
	h, err := ambassify.NewHandler(
		ambassify.Config{Secrets: []string{ambassifytest.Secret}},
		ambassify.PersonChanged.Handle(func(ctx context.Context, d *ambassify.Delivery[ambassify.Person]) error {
			fmt.Printf("%s is a %s now\n", d.Payload.Profile.GivenName, d.Payload.Role)
			return nil
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	return h
}
