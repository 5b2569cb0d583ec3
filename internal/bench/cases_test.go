package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	webhooks "github.com/go-playground/webhooks/v6/github"
	"github.com/google/go-cmp/cmp"
	gogithub "github.com/google/go-github/v89/github"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

func TestEveryHandlerOfAnIssue(t *testing.T) {
	t.Run(GroupWebhooks, func(t *testing.T) {
		testIssues(t, func(take func(*webhooks.IssuesPayload)) (http.Handler, error) {
			return newWebhooks(func(p webhooks.IssuesPayload) { take(&p) })
		})
	})
	t.Run(GroupGoGitHub, func(t *testing.T) {
		testIssues(t, func(take func(*gogithub.IssuesEvent)) (http.Handler, error) {
			return newGoGitHub(take), nil
		})
	})
}

// testIssues runs what is compared on one struct.
func testIssues[T any](t *testing.T, newPeer func(take func(*T)) (http.Handler, error)) {
	verify := newSignature().verify
	whole := func(e *exchange) ([]byte, error) { return e.bytes, nil }
	testContest(t, whole, newIssuesSeries, signatureHeader, map[string]func(func(*T)) (http.Handler, error){
		Library: func(take func(*T)) (http.Handler, error) {
			return newLibrary(envelope.Options{}, take, "issues")
		},
		Handwritten: func(take func(*T)) (http.Handler, error) {
			return newHandwritten("issues", verify, openHeader(eventHeader), take), nil
		},
		Floor: func(take func(*T)) (http.Handler, error) { return newFloor(verify, take), nil },
		Peer:  newPeer,
	})
}

func TestEveryHandlerOfAGolden(t *testing.T) {
	testGolden(t, masivoProvider, masivo.TierUpgrade, "basic", "")
	testGolden(t, masivoProvider, masivo.BehaviorEventFulfilled, "basic", "")
	testGolden(t, masivoProvider, masivo.BehaviorEventFulfilled, "purchase-with-redemption", "")
	testGolden(t, openLoyaltyProvider, openloyalty.CustomerUpdated, "basic", openloyalty.SignatureHeader)
	testGolden(t, openLoyaltyProvider, openloyalty.TransactionRegistered, "basic", openloyalty.SignatureHeader)
	testGolden(t, openLoyaltyProvider, openloyalty.AchievementsWereProcessed, "basic", openloyalty.SignatureHeader)
	testGolden(t, mamboProvider, mambo.PointWalletUpdated, "basic", mambo.SignatureHeader)
	testGolden(t, mamboProvider, mambo.ActivityCreated, "basic", mambo.SignatureHeader)
	testGolden(t, mamboProvider, mambo.BehaviourCreated, "flexible-operators", mambo.SignatureHeader)
	testGolden(t, ambassifyProvider, ambassify.CampaignChanged, "numbers-as-text", "")
	testGolden(t, ambassifyProvider, ambassify.CampaignChanged, "basic", "")
	testGolden(t, ambassifyProvider, ambassify.ConversionCreated, "basic", "")
}

// testGolden runs the library and the hand-written handler on one delivery. An
// empty header means that the provider signs nothing: a secret in the URL proves
// the origin.
func testGolden[M, T any](t *testing.T, p provider[M], event envelope.Event[M, T], situation, header string) {
	t.Run(p.name+"/"+event.Name()+"/"+situation, func(t *testing.T) {
		payload := func(e *exchange) ([]byte, error) {
			_, payload, err := p.open(&e.request, e.bytes)
			return payload, err
		}
		newSeries := goldenSeries(p, event.Name(), situation, "")
		testNoDrift(t, p, event, newSeries)
		testContest(t, payload, newSeries, header, map[string]func(func(*T)) (http.Handler, error){
			Library: func(take func(*T)) (http.Handler, error) {
				return goldenLibrary(p, envelope.Options{}, event, take)
			},
			Handwritten: func(take func(*T)) (http.Handler, error) {
				verify, err := p.both()
				return newHandwritten(event.Name(), verify, p.open, take), err
			},
		})
	})
}

// testNoDrift proves that no variant has a value that the golden one could not have:
// a changed enumeration would be drift.
func testNoDrift[M, T any](t *testing.T, p provider[M], event envelope.Event[M, T], newSeries func() (*series, error)) {
	t.Helper()
	h, err := goldenLibrary(p, envelope.Options{Drift: func(_ context.Context, d envelope.DriftReport) {
		t.Errorf("drift: %v", d)
	}}, event, ignore[*T])
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSeries()
	if err != nil {
		t.Fatal(err)
	}
	for range s.list {
		s.turn().do(h)
	}
}

// testContest proves that each handler takes every variant of the delivery, hands
// over what encoding/json makes of the payload, and refuses it with one bit flipped.
func testContest[T any](t *testing.T, payload func(*exchange) ([]byte, error), newSeries func() (*series, error), header string, contestants map[string]func(take func(*T)) (http.Handler, error)) {
	want := payloads[T](t, payload, newSeries)
	for name, newHandler := range contestants {
		t.Run(name, func(t *testing.T) {
			var got []T
			h, err := newHandler(func(v *T) { got = append(got, *v) })
			if err != nil {
				t.Fatal(err)
			}
			s, err := newSeries()
			if err != nil {
				t.Fatal(err)
			}
			for i := range s.list {
				if status := s.turn().do(h); status != http.StatusOK {
					t.Fatalf("variant %d: status %d", i, status)
				}
			}
			if diff := cmp.Diff(want, got, cmp.Exporter(exportAll)); diff != "" {
				t.Errorf("payloads differ from encoding/json's (-want +got):\n%s", diff)
			}
			got = nil
			for what, flip := range forgeries(header) {
				s, err := newSeries()
				if err != nil {
					t.Fatal(err)
				}
				flip(s.list[0])
				if status := s.list[0].do(h); status == http.StatusOK || len(got) > 0 {
					t.Errorf("%s: status %d, %d payloads", what, status, len(got))
				}
			}
		})
	}
}

// payloads are what encoding/json makes of every variant.
func payloads[T any](t *testing.T, payload func(*exchange) ([]byte, error), newSeries func() (*series, error)) []T {
	t.Helper()
	s, err := newSeries()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]T, len(s.list))
	seen := map[string]bool{}
	for i, e := range s.list {
		seen[string(e.bytes)] = true
		text, err := payload(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &values[i]); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != variants {
		t.Errorf("%d variants differ", len(seen))
	}
	return values
}

// forgeries are changes that a handler must notice.
func forgeries(header string) map[string]func(*exchange) {
	if header == "" {
		return map[string]func(*exchange){
			"secret": func(e *exchange) {
				query := []byte(e.request.URL.RawQuery)
				e.request.URL.RawQuery = string(flipped(query, len(query)-1))
			},
			"no secret": func(e *exchange) { e.request.URL.RawQuery = "" },
		}
	}
	return map[string]func(*exchange){
		"body": func(e *exchange) { e.bytes = flipped(e.bytes, len(e.bytes)/2) },
		"signature": func(e *exchange) {
			value := []byte(e.request.Header.Get(header))
			e.request.Header.Set(header, string(flipped(value, len(value)-1)))
		},
		"no signature": func(e *exchange) { e.request.Header.Del(header) },
	}
}

func exportAll(reflect.Type) bool { return true }

func flipped(text []byte, at int) []byte {
	text = bytes.Clone(text)
	text[at] ^= 1
	return text
}

// A case that fails in a benchmark would only be seen by who runs it.
func TestEveryCaseSucceeds(t *testing.T) {
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range cases {
		name := c.Group + "/" + c.Name
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		work, err := c.start()
		if err != nil {
			t.Errorf("%s fails: %v", name, err)
			continue
		}
		for range variants {
			if !work() {
				t.Errorf("%s fails", name)
				break
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for _, size := range Sizes {
		text, err := issueOfSize(size)
		if err != nil {
			t.Fatal(err)
		}
		if d := len(text) - size; d > 400 || d < -400 {
			t.Errorf("%d bytes for %d", len(text), size)
		}
	}
}
