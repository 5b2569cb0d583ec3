package bench

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/ambassify/ambassifytest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/mambo/mambotest"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty/openloyaltytest"
)

// provider is what the comparison needs of one of the four.
type provider[M any] struct {
	name    string
	request func(envelopetest.Golden) (*http.Request, error)
	handler func(envelope.Options, ...envelope.Route[M]) (*envelope.Handler, error)
	verify  func() (envelope.Verifier, error)
	open    opener
}

// signed makes a kit's requests as the kit does it on its own.
func signed[C any](kit func(envelopetest.Golden, envelopetest.Options[C]) (*http.Request, error)) func(envelopetest.Golden) (*http.Request, error) {
	return func(golden envelopetest.Golden) (*http.Request, error) {
		return kit(golden, envelopetest.Options[C]{})
	}
}

// both returns both steps of the verification in one.
func (p provider[M]) both() (func(*http.Request, []byte) error, error) {
	verifier, err := p.verify()
	return func(r *http.Request, body []byte) error { return verifying.Both(verifier, r, body) }, err
}

var masivoProvider = provider[masivo.Meta]{
	name:    masivo.Name,
	request: signed(masivotest.Request),
	handler: func(common envelope.Options, routes ...masivo.Route) (*envelope.Handler, error) {
		return masivo.NewHandler(masivo.Config{Secrets: []string{masivotest.Secret}, Options: common}, routes...)
	},
	verify: func() (envelope.Verifier, error) {
		return masivo.NewVerifier(masivo.Config{Secrets: []string{masivotest.Secret}})
	},
	open: func(_ *http.Request, body []byte) (string, []byte, error) {
		var e struct {
			Event string          `json:"event"`
			Data  json.RawMessage `json:"data"`
		}
		err := json.Unmarshal(body, &e)
		return e.Event, e.Data, err
	},
}

var ambassifyProvider = provider[ambassify.Meta]{
	name:    ambassify.Name,
	request: signed(ambassifytest.Request),
	handler: func(common envelope.Options, routes ...ambassify.Route) (*envelope.Handler, error) {
		return ambassify.NewHandler(ambassify.Config{Secrets: []string{ambassifytest.Secret}, Options: common}, routes...)
	},
	verify: func() (envelope.Verifier, error) {
		return ambassify.NewVerifier(ambassify.Config{Secrets: []string{ambassifytest.Secret}})
	},
	open: func(_ *http.Request, body []byte) (string, []byte, error) {
		var e struct {
			Event       ambassify.EventDescriptor `json:"event"`
			Campaign    json.RawMessage           `json:"campaign"`
			Interaction json.RawMessage           `json:"interaction"`
			Conversion  json.RawMessage           `json:"conversion"`
			Person      json.RawMessage           `json:"person"`
		}
		err := json.Unmarshal(body, &e)
		payload := map[ambassify.Resource]json.RawMessage{
			ambassify.ResourceCampaign:    e.Campaign,
			ambassify.ResourceInteraction: e.Interaction,
			ambassify.ResourceConversion:  e.Conversion,
			ambassify.ResourcePerson:      e.Person,
		}[e.Event.Resource]
		return string(e.Event.Resource) + "." + string(e.Event.Name), payload, err
	},
}

var openLoyaltyProvider = provider[openloyalty.Meta]{
	name:    openloyalty.Name,
	request: signed(openloyaltytest.Request),
	handler: func(common envelope.Options, routes ...openloyalty.Route) (*envelope.Handler, error) {
		return openloyalty.NewHandler(openloyalty.Config{Secrets: []string{openloyaltytest.Secret}, Options: common}, routes...)
	},
	verify: func() (envelope.Verifier, error) {
		return openloyalty.NewVerifier(openloyalty.Config{Secrets: []string{openloyaltytest.Secret}})
	},
	open: func(_ *http.Request, body []byte) (string, []byte, error) {
		var e struct {
			EventName string          `json:"eventName"`
			Data      json.RawMessage `json:"data"`
			openloyalty.Meta
		}
		err := json.Unmarshal(body, &e)
		return e.EventName, e.Data, err
	},
}

var mamboProvider = provider[mambo.Meta]{
	name:    mambo.Name,
	request: signed(mambotest.Request),
	handler: func(common envelope.Options, routes ...mambo.Route) (*envelope.Handler, error) {
		return mambo.NewHandler(mambo.Config{
			Secrets:     []string{mambotest.Secret},
			EventHeader: mambotest.EventHeader,
			Options:     common,
		}, routes...)
	},
	verify: func() (envelope.Verifier, error) {
		return mambo.NewVerifier(mambo.Config{Secrets: []string{mambotest.Secret}})
	},
	open: openHeader(mambotest.EventHeader),
}

func providerCases() ([]Case, error) {
	var cases []Case
	for _, list := range []func() ([]Case, error){
		masivoCases("small", masivo.TierUpgrade, "basic"),
		masivoCases("typical", masivo.BehaviorEventFulfilled, "basic"),
		masivoCases("large", masivo.BehaviorEventFulfilled, "purchase-with-redemption"),
		openLoyaltyCases("small", openloyalty.CustomerUpdated, "basic"),
		openLoyaltyCases("typical", openloyalty.TransactionRegistered, "basic"),
		openLoyaltyCases("large", openloyalty.AchievementsWereProcessed, "basic"),
		mamboCases("small", mambo.PointWalletUpdated, "basic"),
		mamboCases("typical", mambo.ActivityCreated, "basic"),
		mamboCases("large", mambo.BehaviourCreated, "flexible-operators"),
		ambassifyCases("small", ambassify.CampaignChanged, "numbers-as-text"),
		ambassifyCases("typical", ambassify.CampaignChanged, "basic"),
		ambassifyCases("large", ambassify.ConversionCreated, "basic"),
	} {
		more, err := list()
		if err != nil {
			return nil, err
		}
		cases = append(cases, more...)
	}
	return cases, nil
}

func masivoCases[T any](size string, event envelope.Event[masivo.Meta, T], situation string) func() ([]Case, error) {
	type body struct {
		Event string `json:"event"`
		Data  T      `json:"data"`
	}
	return goldenCases[masivo.Meta, T, body](masivoProvider, size, event, situation)
}

func openLoyaltyCases[T any](size string, event envelope.Event[openloyalty.Meta, T], situation string) func() ([]Case, error) {
	type body struct {
		EventName string `json:"eventName"`
		Data      T      `json:"data"`
		openloyalty.Meta
	}
	return goldenCases[openloyalty.Meta, T, body](openLoyaltyProvider, size, event, situation)
}

func mamboCases[T any](size string, event envelope.Event[mambo.Meta, T], situation string) func() ([]Case, error) {
	return goldenCases[mambo.Meta, T, T](mamboProvider, size, event, situation)
}

// ambassifyCases are of JSON deliveries; formCases has the others.
func ambassifyCases[T any](size string, event envelope.Event[ambassify.Meta, T], situation string) func() ([]Case, error) {
	return goldenCases[ambassify.Meta, T, ambassify.Meta](ambassifyProvider, size, event, situation)
}

// goldenCases compare the library with a hand-written handler on one golden
// delivery, and with the floor, which decodes the body into one B. Requests are
// signed when a case starts, because signatures age.
func goldenCases[M, T, B any](p provider[M], size string, event envelope.Event[M, T], situation string) func() ([]Case, error) {
	return func() ([]Case, error) {
		verify, err := p.both()
		if err != nil {
			return nil, err
		}
		library, err := goldenLibrary(p, envelope.Options{}, event, ignore[*T])
		if err != nil {
			return nil, err
		}
		newSeries := goldenSeries(p, event.Name(), situation, "")
		group := p.name + ", " + size
		return []Case{
			serving(group, Library, library, newSeries),
			serving(group, Handwritten, newHandwritten(event.Name(), verify, p.open, ignore[*T]), newSeries),
			serving(group, Floor, newFloor(verify, ignore[*B]), newSeries),
		}, nil
	}
}

func goldenLibrary[M, T any](p provider[M], config envelope.Options, event envelope.Event[M, T], take func(*T)) (http.Handler, error) {
	return p.handler(config, event.Handle(takePayload[M](take)))
}

func takePayload[M, T any](take func(*T)) envelope.Func[M, T] {
	return func(_ context.Context, d *envelope.Delivery[M, T]) error {
		take(&d.Payload)
		return nil
	}
}

func goldenSeries[M any](p provider[M], event, situation, encoder string) func() (*series, error) {
	return func() (*series, error) {
		golden, err := envelopetest.Find(p.name, event, situation, encoder)
		if err != nil {
			return nil, err
		}
		return requestSeries(p, golden, variantsOf(golden.Body))
	}
}

// requestSeries makes a request like a golden one, with its own signature, for each
// text.
func requestSeries[M any](p provider[M], golden envelopetest.Golden, texts [][]byte) (*series, error) {
	return seriesOf(texts, func(text []byte) (*exchange, error) {
		golden.Body = text
		r, err := p.request(golden)
		if err != nil {
			return nil, err
		}
		return exchangeOf(r)
	})
}
