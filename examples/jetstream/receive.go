package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// receiver faces the senders: it verifies each delivery and puts it into the queue
// as it came. It knows no payload.
type receiver struct {
	queue   *queue
	secrets map[string]string           // by provider; one without a secret is not served
	keys    map[string]envelope.KeyFunc // by provider, where it sends no id
	log     *slog.Logger
}

// defaultKeys are the keys that every account can use. An account that knows more
// about its deliveries can have better ones.
var defaultKeys = map[string]envelope.KeyFunc{
	ambassify.Name: ambassify.NaturalKey,
	masivo.Name:    masivo.NaturalKey,
}

// handlers are the handlers by the pattern that they are mounted under.
func (rc *receiver) handlers() (map[string]*envelope.Handler, error) {
	makers := map[string]struct {
		pattern string
		make    func(secrets []string, config envelope.Options) (*envelope.Handler, error)
	}{
		ambassify.Name: {"POST /webhooks/ambassify", func(secrets []string, config envelope.Options) (*envelope.Handler, error) {
			return ambassify.NewHandler(ambassify.Config{Secrets: secrets, Options: config},
				ambassify.Fallback(handOff[ambassify.Meta](rc.queue)))
		}},
		mambo.Name: {"POST /webhooks/mambo/{event}", func(secrets []string, config envelope.Options) (*envelope.Handler, error) {
			return mambo.NewHandler(mambo.Config{Secrets: secrets, EventPathValue: "event", Options: config},
				mambo.Fallback(handOff[mambo.Meta](rc.queue)))
		}},
		masivo.Name: {"POST /webhooks/masivo", func(secrets []string, config envelope.Options) (*envelope.Handler, error) {
			return masivo.NewHandler(masivo.Config{Secrets: secrets, Options: config},
				masivo.Fallback(handOff[masivo.Meta](rc.queue)))
		}},
		openloyalty.Name: {"POST /webhooks/openloyalty", func(secrets []string, config envelope.Options) (*envelope.Handler, error) {
			return openloyalty.NewHandler(openloyalty.Config{Secrets: secrets, Options: config},
				openloyalty.Fallback(handOff[openloyalty.Meta](rc.queue)))
		}},
	}
	handlers := map[string]*envelope.Handler{}
	for provider, secret := range rc.secrets {
		maker := makers[provider]
		h, err := maker.make([]string{secret}, rc.config(provider))
		if err != nil {
			return nil, err
		}
		handlers[maker.pattern] = h
	}
	return handlers, nil
}

func (rc *receiver) config(provider string) envelope.Options {
	return envelope.Options{
		Key:     rc.keys[provider],
		MaxBody: min(rc.queue.maxBody, envelope.DefaultMaxBody),
		Timeout: 5 * time.Second, // Senders do not wait longer, and JetStream needs milliseconds.
		// A delivery that the workers will refuse is kept here too: it ends as a
		// dead letter that somebody can look at.
		Validation: envelope.ValidateOff,
		Logger:     rc.log,
	}
}

// handOff puts a delivery into the queue. The sender is told 200 only if it is safe
// there, and 503 otherwise.
func handOff[M any](q *queue) envelope.Func[M, json.RawMessage] {
	return func(ctx context.Context, d *envelope.Delivery[M, json.RawMessage]) error {
		r := &record{
			id:       d.Key,
			key:      d.Key,
			provider: d.Provider,
			event:    d.Event,
			known:    d.Known,
			received: d.Received,
			header:   d.Header(),
			body:     d.Raw,
		}
		if r.id == "" {
			r.id = rand.Text()
		}
		if err := q.put(ctx, r); err != nil {
			return envelope.RetryAfter(0, err)
		}
		return nil
	}
}

// mount puts handlers under their patterns.
func mount(handlers map[string]*envelope.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, h := range handlers {
		mux.Handle(pattern, h)
	}
	return mux
}
