package envelope_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// GatewayEvent is what AWS Lambda gets for a request: from an HTTP API or a function URL
// (payload format 2.0), or from a REST API (1.0).
type GatewayEvent struct {
	Headers         map[string]string `json:"headers"` // their names in lower case in 2.0
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	RequestContext  struct {
		DomainName string `json:"domainName"`
		HTTP       struct {
			Method string `json:"method"`
		} `json:"http"`
		Path string `json:"path"` // 1.0: as sent, with the stage
	} `json:"requestContext"`

	// Format 2.0.
	RawPath        string `json:"rawPath"`
	RawQueryString string `json:"rawQueryString"`

	// Format 1.0.
	HTTPMethod        string              `json:"httpMethod"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters"` // decoded
}

// Request is the request as it was sent: signatures cover the bytes of its body, and that
// of Open Loyalty its host and path too.
func (e *GatewayEvent) Request(ctx context.Context) (*http.Request, error) {
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, err
		}
	}
	target := cmp.Or(e.RawPath, e.RequestContext.Path)
	if query := cmp.Or(e.RawQueryString, url.Values(e.MultiValueQuery).Encode()); query != "" {
		target += "?" + query
	}
	method := cmp.Or(e.RequestContext.HTTP.Method, e.HTTPMethod)
	r, err := http.NewRequestWithContext(ctx, method, "https://"+e.RequestContext.DomainName+target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.RequestURI = target
	for name, value := range e.Headers {
		r.Header.Set(name, value) // It makes the name canonical.
	}
	for name, values := range e.MultiValueHeaders { // All values: one that comes twice is refused.
		r.Header.Del(name)
		for _, value := range values {
			r.Header.Add(name, value)
		}
	}
	return r, nil
}

// GatewayAnswer is what the Lambda function returns, and an http.ResponseWriter.
type GatewayAnswer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"` // Retry-After is among them
	Body       string            `json:"body"`

	header http.Header
}

func (a *GatewayAnswer) Header() http.Header { return a.header }

func (a *GatewayAnswer) WriteHeader(status int) {
	if a.StatusCode != 0 {
		return
	}
	a.StatusCode, a.Headers = status, map[string]string{}
	for name := range a.header {
		a.Headers[name] = a.header.Get(name)
	}
}

func (a *GatewayAnswer) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.Body += string(text)
	return len(text), nil
}

// Behind API Gateway a delivery is the event of a Lambda function. Its body may be in
// base64, its header names in lower case, and its query apart: the request that is made of
// it has to be the one that was signed.
func Example_gateway() {
	h, err := openloyalty.NewHandler(
		openloyalty.Config{
			Secrets: []string{"whsec_" + strings.Repeat("5a", 32)},
			Options: envelope.Options{Now: func() time.Time { return time.Unix(1777636800, 0) }}, // when these were sent
		},
		openloyalty.CustomerDeactivated.Handle(func(_ context.Context, d *openloyalty.Delivery[openloyalty.CustomerOnlyData]) error {
			fmt.Println(d.Header().Get("X-Amzn-Trace-Id"), openloyalty.Member(d.Payload).Email)
			return nil
		}))
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{
		`{
			"version": "2.0",
			"rawPath": "/webhooks/open%20loyalty",
			"rawQueryString": "tag=a%2Bb",
			"headers": {
				"content-type": "application/json",
				"x-amzn-trace-id": "HTTP API",
				"x-webhook-request-id": "63cc8785-60b0-404d-879c-7cbabcae2d86",
				"x-webhook-signature": "7a9ae57d8125b2ced68fcab15c2a17167cb88c8ecd901096eab9512974745878",
				"x-webhook-timestamp": "1777636800"
			},
			"requestContext": {"domainName": "hooks.example.com", "http": {"method": "POST"}},
			"body": "eyJldmVudE5hbWUiOiAiQ3VzdG9tZXJEZWFjdGl2YXRlZCIsICJtZXNzYWdlSWQiOiAiNDE3YmNlOTItZjIyYi00YmIwLWIzZGYtNGUwNzRhYjc1NzgyIiwKICJkYXRhIjogeyJjdXN0b21lciI6IHsiY3VzdG9tZXJJZCI6ICI3IiwgImVtYWlsIjogInpvw6tAZXhhbXBsZS5jb20ifX19Cg==",
			"isBase64Encoded": true
		}`,
		`{
			"httpMethod": "POST",
			"multiValueHeaders": {
				"Content-Type": ["application/json"],
				"X-Amzn-Trace-Id": ["REST API"],
				"X-Webhook-Request-Id": ["63cc8785-60b0-404d-879c-7cbabcae2d86"],
				"X-Webhook-Signature": ["4f211a40311232adb42935f4d76efe57ec2a6361ead8da31910833f76b0adc69"],
				"X-Webhook-Timestamp": ["1777636800"]
			},
			"multiValueQueryStringParameters": null,
			"requestContext": {"domainName": "hooks.example.com", "path": "/prod/webhooks/openloyalty"},
			"body": "{\"eventName\": \"CustomerDeactivated\", \"messageId\": \"417bce92-f22b-4bb0-b3df-4e074ab75782\",\n \"data\": {\"customer\": {\"customerId\": \"7\", \"email\": \"zoë@example.com\"}}}\n",
			"isBase64Encoded": false
		}`,
	} {
		var event GatewayEvent
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			log.Fatal(err)
		}
		r, err := event.Request(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		answer := &GatewayAnswer{header: http.Header{}}
		h.ServeHTTP(answer, r)
		fmt.Println(answer.StatusCode, r.RequestURI)
	}
	// Output:
	// HTTP API zoë@example.com
	// 200 /webhooks/open%20loyalty?tag=a%2Bb
	// REST API zoë@example.com
	// 200 /prod/webhooks/openloyalty
}
