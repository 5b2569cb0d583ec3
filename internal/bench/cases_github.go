package bench

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/bytedance/sonic"
	jsonv2 "github.com/go-json-experiment/json"
	webhooks "github.com/go-playground/webhooks/v6/github"
	gojson "github.com/goccy/go-json"
	gogithub "github.com/google/go-github/v89/github"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// The groups of the comparison with peers: each on the peer's own struct.
const (
	GroupWebhooks = "go-playground/webhooks"
	GroupGoGitHub = "google/go-github"
)

func peerCases() ([]Case, error) {
	peer, err := newWebhooks(ignore[webhooks.IssuesPayload])
	if err != nil {
		return nil, err
	}
	first, err := issueCases[webhooks.IssuesPayload](GroupWebhooks, peer)
	if err != nil {
		return nil, err
	}
	second, err := issueCases[gogithub.IssuesEvent](GroupGoGitHub, newGoGitHub(ignore[*gogithub.IssuesEvent]))
	return append(first, second...), err
}

var newIssuesSeries = gitHubSeries(issues)

// gitHubSeries makes events about an issue from the variants of one, which all its
// series share.
func gitHubSeries(text []byte) func() (*series, error) {
	texts := sync.OnceValue(func() [][]byte { return variantsOf(text) })
	return func() (*series, error) { return seriesOf(texts(), newGitHubExchange) }
}

func issueCases[T any](group string, peer http.Handler) ([]Case, error) {
	library, err := newLibrary(envelope.Options{}, ignore[*T], "issues")
	if err != nil {
		return nil, err
	}
	verify := newSignature().verify
	cases := []Case{
		serving(group, Library, library, newIssuesSeries),
		serving(group, Handwritten, newHandwritten("issues", verify, openHeader(eventHeader), ignore[*T]), newIssuesSeries),
		serving(group, Peer, peer, newIssuesSeries),
		serving(group, Floor, newFloor(verify, ignore[*T]), newIssuesSeries),
	}
	cases = append(cases, floors[T](group, newIssuesSeries)...)
	for _, d := range decoders() {
		if d.name != FloorDecode {
			cases = append(cases, working(group, d.name, newIssuesSeries, func(e *exchange) error { return d.decode(e.bytes, new(T)) }))
		}
	}
	return cases, nil
}

type decoder struct {
	name   string
	decode func([]byte, any) error
}

func decoders() []decoder {
	return []decoder{
		{FloorDecode, decodeV2},
		{DecodeV1, json.Unmarshal},
		{DecodeGoccy, gojson.Unmarshal},
		{DecodeSonic, sonic.Unmarshal},
	}
}

func decodeV2(text []byte, target any) error { return jsonv2.Unmarshal(text, target) }
