package envelope_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

var errTenants = errors.New("marked: dial tcp 10.0.0.7: connection refused")

// merchants finds the tenant in the path. Their secrets may change.
type merchants map[string][]string

func (m merchants) tenant(r *http.Request) (envelope.Tenant, error) {
	name := r.PathValue("merchant")
	secrets, ok := m[name]
	switch {
	case name == "down":
		return envelope.Tenant{}, errTenants
	case name == "panic":
		panic("marked")
	case name == "nameless":
		return envelope.Tenant{Secrets: []string{"s"}}, nil
	case !ok:
		return envelope.Tenant{}, fmt.Errorf("%w: %s", envelope.ErrUnknownTenant, "marked")
	}
	return envelope.Tenant{Name: name, Secrets: secrets}, nil
}

func keyed() envelope.Provider[shopMeta] {
	p := shop()
	p.Verifier = func(secrets []string) (envelope.Verifier, error) {
		return envelope.SharedSecret(envelope.FromHeader("X-Shop-Key"), secrets...)
	}
	return p
}

// tenantsOf serves merchants, each under a path of its own.
func tenantsOf(t *testing.T, options envelope.Options, routes ...shopRoute) func(merchant, secret, body string) int {
	t.Helper()
	h, err := envelope.NewHandler(keyed(), options, routes...)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/{merchant}", h)
	return func(merchant, secret, body string) int {
		r := httptest.NewRequest(http.MethodPost, "/hooks/"+merchant, strings.NewReader(body))
		r.Header.Set("X-Shop-Key", secret)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code
	}
}

// TestTenants: equal ids of two merchants both run, a foreign secret and an unknown
// tenant are refused alike, and a change of secrets counts at once.
func TestTenants(t *testing.T) {
	m := merchants{"a": {"secret-a"}, "b": {"secret-b"}, "blank": {""}, "empty": nil}
	var ran []string
	var seen envelope.Observation
	var log strings.Builder
	send := tenantsOf(t, envelope.Options{
		Tenant: m.tenant, Observer: observeInto(&seen), Logger: jsonLogger(&log),
		Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(10, time.Hour)},
	}, orderPlaced.Handle(func(_ context.Context, d *shopDelivery[order]) error {
		ran = append(ran, d.Tenant+" "+d.Key)
		if d.Header().Get("X-Shop-Key") != "" {
			t.Error("the function sees the secret")
		}
		return nil
	}))
	for _, step := range []struct {
		merchant, secret string
		status           int
		kind             envelope.ErrorKind
		level            string
	}{
		{"a", "secret-a", 200, "", "DEBUG"},
		{"b", "secret-b", 200, "", "DEBUG"},
		{"a", "secret-a", 200, "", "DEBUG"},
		{"a", "secret-b", 401, envelope.KindSignature, "WARN"},
		{"nobody", "secret-a", 401, envelope.KindSignature, "WARN"},
		{"down", "secret-a", 503, envelope.KindUnverifiable, "ERROR"},
		{"nameless", "s", 503, envelope.KindUnverifiable, "ERROR"},
		{"blank", "", 503, envelope.KindUnverifiable, "ERROR"},
		{"empty", "", 503, envelope.KindUnverifiable, "ERROR"},
		{"panic", "", 500, envelope.KindPanic, "ERROR"},
	} {
		log.Reset()
		if status := send(step.merchant, step.secret, goodBody); status != step.status {
			t.Errorf("%s with %s: status %d", step.merchant, step.secret, status)
		}
		if failure := errorOf(t, seen.Err); (failure == nil) != (step.kind == "") || failure != nil && failure.Kind != step.kind {
			t.Errorf("%s with %s: observed %v", step.merchant, step.secret, seen.Err)
		}
		line := log.String()
		if !strings.Contains(line, `"level":"`+step.level) || !strings.Contains(line, `"path":"POST /hooks/{merchant}"`) || strings.Contains(line, "marked") || strings.Contains(line, "secret") {
			t.Errorf("%s: log %s", step.merchant, line)
		}
		if step.status == 200 && (seen.Tenant != step.merchant || !strings.Contains(line, `"tenant":"`+step.merchant+`"`)) {
			t.Errorf("observed %+v, log %s", seen, line)
		}
	}
	m["a"] = []string{"changed"}
	other := strings.Replace(goodBody, "m-1", "m-2", 1)
	if status := send("a", "secret-a", other); status != 401 {
		t.Errorf("the old secret: status %d", status)
	}
	if status := send("a", "changed", other); status != 200 {
		t.Errorf("the new secret: status %d", status)
	}
	if got, want := fmt.Sprint(ran), "[a 1/shop//a/m-1 b 1/shop//b/m-1 a 1/shop//a/m-2]"; got != want {
		t.Errorf("ran %s, want %s", got, want)
	}
}

// TestTenantOnlyNames: with a verifier of one's own, or none, a tenant is a name.
func TestTenantOnlyNames(t *testing.T) {
	m := merchants{"a": nil}
	for name, options := range map[string]envelope.Options{
		"verifier":   {Tenant: m.tenant, Verifier: accept},
		"unverified": {Tenant: m.tenant, Unverified: true},
	} {
		var d *shopDelivery[order]
		send := tenantsOf(t, options, orderPlaced.Handle(keep(&d)))
		if status := send("a", "", goodBody); status != 200 || d.Tenant != "a" {
			t.Errorf("%s: status %d, %+v", name, status, d)
		}
		if status := send("nobody", "", goodBody); status != 401 {
			t.Errorf("%s: status %d of nobody", name, status)
		}
	}
}

func TestWhoVerifies(t *testing.T) {
	tenant := merchants{}.tenant
	secrets := []string{"s"}
	for name, test := range map[string]struct {
		secrets []string
		options envelope.Options
		noMaker bool
		want    string
	}{
		"secrets":                  {secrets, envelope.Options{}, false, ""},
		"tenant":                   {nil, envelope.Options{Tenant: tenant}, false, ""},
		"dispatch only":            {nil, envelope.Options{DispatchOnly: true}, false, ""},
		"nothing":                  {nil, envelope.Options{}, false, "no secret and no verifier"},
		"blank secret":             {[]string{" "}, envelope.Options{}, false, "blank"},
		"secrets and tenant":       {secrets, envelope.Options{Tenant: tenant}, false, "both secrets and Tenant"},
		"secrets and verifier":     {secrets, envelope.Options{Verifier: accept}, false, "beside"},
		"secrets and unverified":   {secrets, envelope.Options{Unverified: true}, false, "beside"},
		"verifier and unverified":  {nil, envelope.Options{Unverified: true, Verifier: accept}, false, "both a verifier and Unverified"},
		"secrets that nobody uses": {secrets, envelope.Options{}, true, "makes no verifier"},
		"tenant that nobody uses":  {nil, envelope.Options{Tenant: tenant}, true, "makes no verifier"},
	} {
		p := keyed()
		if p.Secrets = test.secrets; test.noMaker {
			p.Verifier = nil
		}
		_, err := envelope.NewHandler(p, test.options, orderPlaced.Handle(done))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

// TestNoVerifier: a provider whose verifier is nil accepts nothing.
func TestNoVerifier(t *testing.T) {
	p, verifier := keyed(), envelope.Verifier(accept)
	p.Verifier = func([]string) (envelope.Verifier, error) { return verifier, nil }
	options := envelope.Options{Tenant: func(*http.Request) (envelope.Tenant, error) {
		return envelope.Tenant{Name: "a", Secrets: []string{"s"}}, nil
	}}
	h, err := envelope.NewHandler(p, options, orderPlaced.Handle(done))
	if err != nil {
		t.Fatal(err)
	}
	verifier = nil
	if w := post(h, goodBody); w.Code != 503 {
		t.Errorf("status %d", w.Code)
	}
	p.Secrets = []string{"s"}
	if _, err := envelope.NewHandler(p, envelope.Options{}, orderPlaced.Handle(done)); err == nil {
		t.Error("a handler that verifies nothing")
	}
}

// TestRefusedBeforeTheBody: a wrong secret costs no body.
func TestRefusedBeforeTheBody(t *testing.T) {
	p := keyed()
	p.Secrets = []string{"right"}
	h, err := envelope.NewHandler(p, envelope.Options{}, orderPlaced.Handle(done))
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", unreadable{t})
	r.Header.Set("X-Shop-Key", "wrong")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("status %d", w.Code)
	}
}

type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, errors.New("unreadable")
}

// TestDispatchOnly: the handler of a worker refuses requests and takes messages.
func TestDispatchOnly(t *testing.T) {
	var d *shopDelivery[order]
	var seen envelope.Observation
	p := bare()
	p.Key = nil
	h, err := envelope.NewHandler(p, envelope.Options{
		DispatchOnly: true, Observer: observeInto(&seen), Idempotency: &envelope.Idempotency{Store: envelope.NewMemoryStore(10, time.Hour)},
	}, orderPlaced.Handle(keep(&d)))
	if err != nil {
		t.Fatal(err)
	}
	if w := post(h, goodBody); w.Code != 503 || errorOf(t, seen.Err).Kind != envelope.KindUnverifiable || d != nil {
		t.Errorf("status %d, observed %v", w.Code, seen.Err)
	}
	m := envelope.Message{Body: []byte(`{"number":"1"}`), Event: "order.placed", Tenant: "a", Key: "key of the front"}
	if err := h.Dispatch(t.Context(), m); err != nil || d.Key != m.Key || d.Tenant != "a" || seen.Key != m.Key {
		t.Errorf("error %v, delivery %+v", err, d)
	}
	if err := h.Dispatch(t.Context(), m); err != nil || seen.Outcome != envelope.OutcomeDuplicate {
		t.Errorf("error %v, outcome %s", err, seen.Outcome)
	}
	if h.Provider() != "shop" || h.Name() != "" {
		t.Errorf("%q %q", h.Provider(), h.Name())
	}
}
