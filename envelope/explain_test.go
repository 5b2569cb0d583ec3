package envelope_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// refusals is a hook that keeps what it is told.
func refusals(into *[]*envelope.Refusal) envelope.Options {
	return envelope.Options{Refused: func(_ context.Context, r *envelope.Refusal) { *into = append(*into, r) }}
}

// codesOf are the codes of causes, with a star if they are certain.
func codesOf(causes []envelope.Cause) []string {
	var codes []string
	for _, c := range causes {
		if c.Certain {
			c.Code += "*"
		}
		codes = append(codes, c.Code)
	}
	return codes
}

// TestRefused: the hook is told of each kind of refusal, with the body as far as it came,
// after the answer; and of nothing that a function has seen.
func TestRefused(t *testing.T) {
	signedShop := func(r *http.Request) (func([]byte) error, error) {
		return func(body []byte) error { return signed(r, body) }, nil
	}
	byHeader := func(r *http.Request) (func([]byte) error, error) { return nil, envelope.ErrSignatureMissing }
	for name, test := range map[string]struct {
		verifier envelope.Verifier
		change   func(*http.Request)
		body     string
		status   int
		kept     string
		codes    []string
	}{
		"method":         {change: func(r *http.Request) { r.Method = http.MethodPut }, body: goodBody, status: 405, kept: goodBody, codes: []string{"method*"}},
		"coding":         {change: func(r *http.Request) { r.Header.Set("Content-Encoding", "br") }, body: goodBody, status: 415, kept: goodBody, codes: []string{"body_compressed*"}},
		"too large":      {body: goodBody + strings.Repeat(" ", 2000), status: 413, codes: []string{"too_large*"}},
		"declared large": {change: func(r *http.Request) { r.ContentLength = 1 << 30 }, body: goodBody, status: 413, codes: []string{"too_large*"}},
		"read before":    {change: func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 270 }, status: 408, codes: []string{"body_read*"}},
		"cut":            {change: func(r *http.Request) { r.ContentLength = 999 }, body: goodBody, status: 408, kept: goodBody, codes: []string{"body_cut*"}},
		"broken":         {change: func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(failing{}), -1 }, status: 408, codes: []string{"body_slow"}},
		"header":         {verifier: byHeader, body: goodBody, status: 401, kept: goodBody, codes: []string{"secret"}},
		"signature":      {verifier: signedShop, body: goodBody, status: 401, kept: goodBody, codes: []string{"secret"}},
		"malformed":      {body: `{"event"`, status: 400, kept: `{"event"`, codes: []string{"body_cut*"}},
		"name twice":     {body: `{"event":"a","event":"b"}`, status: 400, kept: `{"event":"a","event":"b"}`, codes: []string{"json_twice*"}},
		"identity":       {body: `{"event":"order.placed","data":{}}`, status: 422, kept: `{"event":"order.placed","data":{}}`, codes: []string{"identity_missing*"}},
		"no event":       {body: `{"data":{}}`, status: 422, kept: `{"data":{}}`, codes: []string{"identity_missing*"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []*envelope.Refusal
			ran := false
			options := refusals(&got)
			options.Verifier, options.MaxBody = test.verifier, 1000
			h := newShop(t, options, orderPlaced.Handle(doneAnd(&ran)))
			r := httptest.NewRequest(http.MethodPost, "/in?secret=marked", strings.NewReader(test.body))
			if test.change != nil {
				test.change(r)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status || ran || len(got) != 1 {
				t.Fatalf("status %d, ran %t, %d refusals", w.Code, ran, len(got))
			}
			refusal := got[0]
			if refusal.Status != test.status || refusal.Provider != "shop" || refusal.Err == nil || refusal.Outcome != envelope.OutcomeRefused {
				t.Errorf("refusal %+v", refusal.Observation)
			}
			if string(refusal.Body) != test.kept {
				t.Errorf("body %q", refusal.Body)
			}
			if again, err := io.ReadAll(refusal.Request.Body); err != nil || string(again) != test.kept {
				t.Errorf("body of the request %q, %v", again, err)
			}
			if diff := cmp.Diff(test.codes, codesOf(refusal.Explain())); diff != "" {
				t.Errorf("causes (-want +got)\n%s", diff)
			}
			if text := fmt.Sprintf("%v %+v %#v", refusal, refusal, refusal); strings.Contains(text, "marked") || strings.Contains(text, "order.placed\"") {
				t.Errorf("printed as %s", text)
			}
		})
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("marked") }

// TestRefusedAfterAnswer: the sender has its answer when the hook is called.
func TestRefusedAfterAnswer(t *testing.T) {
	answered, release := make(chan int), make(chan struct{})
	h := newShop(t, envelope.Options{Refused: func(context.Context, *envelope.Refusal) { <-release }})
	server := httptest.NewServer(h)
	defer server.Close()
	defer close(release)
	go func() {
		response, err := http.Post(server.URL, "application/json", strings.NewReader("["))
		if err != nil {
			answered <- 0
			return
		}
		_ = response.Body.Close()
		answered <- response.StatusCode
	}()
	if status := <-answered; status != http.StatusBadRequest {
		t.Errorf("status %d", status)
	}
}

// TestRefusedByDispatch: there is no request, and the body is there.
func TestRefusedByDispatch(t *testing.T) {
	var got []*envelope.Refusal
	h := newShop(t, refusals(&got))
	if err := h.Dispatch(t.Context(), envelope.Message{Body: []byte("<html>")}); err == nil || len(got) != 1 {
		t.Fatalf("error %v, %d refusals", err, len(got))
	}
	if got[0].Request != nil || string(got[0].Body) != "<html>" {
		t.Errorf("refusal %v %q", got[0].Request, got[0].Body)
	}
	if diff := cmp.Diff([]string{"body_html*"}, codesOf(got[0].Explain())); diff != "" {
		t.Error(diff)
	}
	if causes := new(envelope.Refusal).Explain(); causes != nil {
		t.Errorf("causes of nothing: %v", causes)
	}
}

// TestNotRefused: what a function has returned, what passes by itself and what is accepted
// is no refusal.
func TestNotRefused(t *testing.T) {
	for name, result := range map[string]error{
		"nil": nil, "failed": errors.New("x"), "rejected": envelope.Reject(nil), "retry": envelope.RetryAfter(time.Second, nil),
		"dropped": envelope.Permanent(nil), "duplicate": envelope.ErrDuplicate, "a verdict like ours": envelope.Malformed("x"),
	} {
		t.Run(name, func(t *testing.T) {
			var got []*envelope.Refusal
			h := newShop(t, refusals(&got), orderPlaced.Handle(func(context.Context, *shopDelivery[order]) error { return result }))
			post(h, goodBody)
			_ = h.Dispatch(t.Context(), envelope.Message{Body: []byte(goodBody)})
			if len(got) != 0 {
				t.Errorf("refused: %v", got[0])
			}
		})
	}
	t.Run("shut down", func(t *testing.T) {
		var got []*envelope.Refusal
		h := newShop(t, refusals(&got))
		if err := h.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w := post(h, goodBody); w.Code != http.StatusServiceUnavailable || len(got) != 0 {
			t.Errorf("status %d, %d refusals", w.Code, len(got))
		}
	})
}

// TestLogRefusals: causes are logged, so many a minute, without a word of the delivery.
func TestLogRefusals(t *testing.T) {
	var log strings.Builder
	h := newShop(t, envelope.Options{Refused: envelope.LogRefusals(jsonLogger(&log), 2)})
	for range 4 {
		post(h, `["marked"]`)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"cause1":{"code":"body_list"`) || !strings.Contains(lines[0], `"status":400`) {
		t.Errorf("log %s", log.String())
	}
	if strings.Contains(log.String(), "marked") {
		t.Errorf("the log quotes the body: %s", log.String())
	}
}

// TestExplainTenants: the secrets of the request's tenant are tried, and a delivery of
// another tenant is told from one of nobody.
func TestExplainTenants(t *testing.T) {
	var got []*envelope.Refusal
	options := refusals(&got)
	options.Tenant = merchants{"a": {"secret-a"}, "b": {"secret-b"}}.tenant
	p := keyed()
	p.Causes = envelope.FromHeader("X-Shop-Key").Causes
	h, err := envelope.NewHandler(p, options, orderPlaced.Handle(done[order]))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/{merchant}", h)
	for _, test := range []struct {
		merchant, secret string
		codes            []string
	}{
		{"b", "secret-b", nil},
		{"a", "'secret-a'", []string{"secret_escaped*"}},
		{"a", "secret-b", []string{"tenant_other*", "secret"}},
		{"a", "else", []string{"secret"}},
		{"nobody", "secret-a", []string{"tenant_other*", "tenant_unknown*"}},
		{"nameless", "s", []string{"unverifiable*"}},
		{"down", "s", []string{"unverifiable*"}},
	} {
		got = nil
		r := httptest.NewRequest(http.MethodPost, "/hooks/"+test.merchant, strings.NewReader(goodBody))
		r.Header.Set("X-Shop-Key", test.secret)
		mux.ServeHTTP(httptest.NewRecorder(), r)
		var codes []string
		for _, refusal := range got {
			causes := refusal.Explain()
			codes = codesOf(causes)
			if text := fmt.Sprint(causes); strings.Contains(text, "secret-") || strings.Contains(text, "marked") {
				t.Errorf("%+v: %s", test, text)
			}
		}
		if diff := cmp.Diff(test.codes, codes); diff != "" {
			t.Errorf("%+v (-want +got)\n%s", test, diff)
		}
	}
}

func digestOf(secret, text string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// TestExplainHMAC: a fifth provider's signature is explained with the settings of HMAC.
func TestExplainHMAC(t *testing.T) {
	now := time.Unix(1_770_000_000, 0)
	const stamp = "1770000000"
	scheme := envelope.HMAC{Header: "X-Depot-Signature", Prefix: "sha256=", TimestampHeader: "X-Depot-Timestamp", Now: func() time.Time { return now }}
	plain := envelope.HMAC{Header: "X-Depot-Signature", Base64: true}
	own := scheme
	own.Signed = func(_ *http.Request, timestamp string, body []byte) []byte {
		return append([]byte("v0:"+timestamp+":"), body...)
	}
	hexOf := func(sum []byte) string { return "sha256=" + hex.EncodeToString(sum) }
	for name, test := range map[string]struct {
		scheme  envelope.HMAC
		header  map[string]string
		body    string
		codes   []string
		setting string
	}{
		"accepted":  {scheme: scheme, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("k", stamp+"."+goodBody)), "X-Depot-Timestamp": stamp}},
		"forged":    {scheme: scheme, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("x", stamp+"."+goodBody)), "X-Depot-Timestamp": stamp}, codes: []string{"secret"}},
		"unsigned":  {scheme: scheme, codes: []string{"not_signed", "header_missing", "secret"}},
		"no prefix": {scheme: scheme, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("k", stamp+"."+goodBody))[7:], "X-Depot-Timestamp": stamp}, codes: []string{"digest_prefix*"}, setting: `Prefix: ""`},
		"base64":    {scheme: scheme, header: map[string]string{"X-Depot-Signature": "sha256=" + base64.StdEncoding.EncodeToString(digestOf("k", stamp+"."+goodBody)), "X-Depot-Timestamp": stamp}, codes: []string{"digest_format*"}, setting: "Base64: true"},
		"hex":       {scheme: plain, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("k", goodBody))[7:]}, codes: []string{"digest_format*"}, setting: "Base64: false"},
		"header":    {scheme: scheme, header: map[string]string{"X-Hub-Signature-256": hexOf(digestOf("k", stamp+"."+goodBody)), "X-Depot-Timestamp": stamp}, codes: []string{"signature_header*"}, setting: `Header: "X-Hub-Signature-256"`},
		"separator": {scheme: scheme, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("k", stamp+":"+goodBody)), "X-Depot-Timestamp": stamp}, codes: []string{"separator*"}, setting: "Signed: func"},
		"own text":  {scheme: own, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("'k'", "v0:"+stamp+":"+goodBody)), "X-Depot-Timestamp": stamp}, codes: []string{"secret"}},
		"own clock": {scheme: own, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("k", "v0:1770003600:"+goodBody)), "X-Depot-Timestamp": "1770003600"}, codes: []string{"clock*"}, setting: "Tolerance: 61 * time.Minute"},
		"unit":      {scheme: scheme, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("k", "1770000000123."+goodBody)), "X-Depot-Timestamp": "1770000000123"}, codes: []string{"timestamp_format*"}},
		"elsewhere": {scheme: scheme, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("k", stamp+"."+goodBody)), "X-Timestamp": stamp}, codes: []string{"timestamp_header*"}},
		"pair":      {scheme: scheme, header: map[string]string{"X-Depot-Signature": hexOf(digestOf("k", stamp+":"+goodBody)), "X-Depot-Timestamp": stamp}, body: base64.StdEncoding.EncodeToString([]byte(goodBody)), codes: []string{"separator*", "body_base64*"}},
		"half":      {scheme: plain, header: map[string]string{"X-Depot-Signature": "c2hvcnQ="}, codes: []string{"signature_syntax", "secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := shop()
			p.Secrets, p.Verifier, p.Causes = []string{"k"}, test.scheme.Verifier, test.scheme.Causes
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			body := []byte(test.body)
			if test.body == "" {
				body = []byte(goodBody)
			}
			causes := p.Explain(envelope.Options{}, r, body)
			if diff := cmp.Diff(test.codes, codesOf(causes)); diff != "" {
				t.Fatalf("(-want +got)\n%s%v", diff, causes)
			}
			if test.setting != "" && !strings.Contains(causes[0].Setting, test.setting) {
				t.Errorf("setting %s", causes[0].Setting)
			}
		})
	}
}

// TestExplainStandardWebhooks: the same for Standard Webhooks.
func TestExplainStandardWebhooks(t *testing.T) {
	now := time.Unix(1_770_000_000, 0)
	key := bytes.Repeat([]byte{7}, 24)
	secret := "whsec_" + base64.StdEncoding.EncodeToString(key)
	scheme := envelope.StandardWebhooks{Now: func() time.Time { return now }}
	p := shop()
	p.Secrets, p.Verifier, p.Causes = []string{secret}, scheme.Verifier, scheme.Causes
	for name, test := range map[string]struct {
		change func(http.Header)
		codes  []string
	}{
		"accepted":       {func(http.Header) {}, nil},
		"no id":          {func(h http.Header) { h.Del("Webhook-Id") }, []string{"header_missing", "secret"}},
		"prefix":         {func(h http.Header) { h.Set("Webhook-Signature", h.Get("Webhook-Signature")[3:]) }, []string{"digest_prefix*"}},
		"twice":          {func(h http.Header) { h.Add("Webhook-Signature", "v1,x") }, []string{"header_twice*"}},
		"other provider": {func(h http.Header) { h["Svix-Signature"] = h["Webhook-Signature"]; h.Del("Webhook-Signature") }, []string{"signature_header*"}},
		"secret as text": {func(h http.Header) {
			h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(digestOf(secret, "msg_1.1770000000."+goodBody)))
		}, []string{"secret_encoding*"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header.Set("Webhook-Id", "msg_1")
			if err := scheme.Sign(r, []byte(goodBody), secret); err != nil {
				t.Fatal(err)
			}
			test.change(r.Header)
			causes := p.Explain(envelope.Options{}, r, []byte(goodBody))
			if diff := cmp.Diff(test.codes, codesOf(causes)); diff != "" {
				t.Errorf("(-want +got)\n%s%v", diff, causes)
			}
		})
	}
}

// TestExplainConfig: a configuration of which there is no handler is a cause, and the hooks
// and stores of one are not called.
func TestExplainConfig(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	p := shop()
	if diff := cmp.Diff([]string{"config*"}, codesOf(p.Explain(envelope.Options{}, r, []byte(goodBody)))); diff != "" {
		t.Error(diff)
	}
	p.Causes = func([]string, *envelope.Refusal) []envelope.Cause { panic("marked") }
	never := func() { t.Error("a hook was called") }
	options := envelope.Options{
		Unverified: true,
		Observer:   func(context.Context, envelope.Observation) { never() },
		Drift:      func(context.Context, envelope.DriftReport) { never() },
		Refused:    func(context.Context, *envelope.Refusal) { never() },
		Logger:     slog.New(panicking{}),
		Key:        func(envelope.Keyed) string { never(); return "k" },
	}
	if causes := p.Explain(options, r, []byte(goodBody)); causes != nil {
		t.Errorf("causes %v", causes)
	}
}
