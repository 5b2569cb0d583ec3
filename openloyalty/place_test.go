package openloyalty_test

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// read is a request as a server gets it.
func read(t *testing.T, line, host string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(line + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signedFor sets the headers of a delivery that was signed for a host and a path.
func signedFor(t *testing.T, r *http.Request, host, path string) {
	t.Helper()
	made := read(t, "POST "+path, host)
	made.Header.Set(openloyalty.RequestIDHeader, requestID)
	if err := openloyalty.Sign(openloyalty.Config{Secrets: []string{secret}, Options: at(signedAt)}, made, []byte(body)); err != nil {
		t.Fatal(err)
	}
	r.Header = made.Header
}

// What is signed is compared strictly, in every spelling that one URL has.
func TestPlace(t *testing.T) {
	mismatch := envelope.ErrSignatureMismatch
	tests := []struct {
		name, public string
		line, host   string // as received
		signedHost   string
		signedPath   string
		want         error
	}{
		{"as sent", "", "POST /in", "hooks.example.com", "hooks.example.com", "/in", nil},
		{"signed with the port", "", "POST /in", "hooks.example.com", "hooks.example.com:443", "/in", nil},
		{"sent with the port", "", "POST /in", "hooks.example.com:443", "hooks.example.com", "/in", nil},
		{"sent with the port of http", "", "POST /in", "hooks.example.com:80", "hooks.example.com", "/in", nil},
		{"another port", "", "POST /in", "hooks.example.com:8443", "hooks.example.com", "/in", mismatch},
		{"sent in capitals", "", "POST /in", "Hooks.Example.COM", "hooks.example.com", "/in", nil},
		{"sent in capitals with the port", "", "POST /in", "Hooks.Example.COM:443", "hooks.example.com", "/in", nil},
		{"another host", "", "POST /in", "hooks.example.org", "hooks.example.com", "/in", mismatch},
		{"an IPv6 address", "", "POST /in", "[::1]:443", "[::1]", "/in", nil},
		{"another case of the path", "", "POST /In", "hooks.example.com", "hooks.example.com", "/in", mismatch},
		{"a slash more", "", "POST /in/", "hooks.example.com", "hooks.example.com", "/in", mismatch},
		{"root, signed as nothing", "", "POST /", "hooks.example.com", "hooks.example.com", "/", nil},
		{"whole URL in the request line", "", "POST https://hooks.example.com/in?a=b", "hooks.example.com", "hooks.example.com", "/in", nil},
		{"whole URL without a path", "", "POST https://hooks.example.com", "hooks.example.com", "hooks.example.com", "/", nil},
		{"public", "https://hooks.example.com/in", "POST /x", "10.0.0.7:8080", "hooks.example.com", "/in", nil},
		{"public in capitals, with a port", "https://Hooks.Example.com:443/in", "POST /x", "10.0.0.7", "hooks.example.com", "/in", nil},
		{"public in capitals, signed so", "https://Hooks.Example.com/in", "POST /x", "10.0.0.7", "Hooks.Example.com", "/in", nil},
		{"public with blanks", " https://hooks.example.com/in\n", "POST /x", "10.0.0.7", "hooks.example.com", "/in", nil},
		{"public without a path", "https://hooks.example.com", "POST /in", "10.0.0.7", "hooks.example.com", "/in", nil},
		{"public with the root", "https://Hooks.Example.com:443/", "POST /in", "10.0.0.7", "hooks.example.com", "/in", nil},
		{"public with the root, signed so", "https://hooks.example.com/", "POST /in", "10.0.0.7", "hooks.example.com", "/", nil},
		{"public, another path", "https://hooks.example.com/in", "POST /x", "10.0.0.7", "hooks.example.com", "/x", mismatch},
		{"public, host of the request", "https://hooks.example.com/in", "POST /in", "10.0.0.7", "10.0.0.7", "/in", mismatch},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := read(t, test.line, test.host)
			signedFor(t, r, test.signedHost, test.signedPath)
			verify := verifierOf(t, openloyalty.Config{Secrets: []string{secret}, PublicURL: test.public, Options: at(signedAt)})
			if err := verify(r, []byte(body)); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// A delivery that was signed for one path is not taken at another, in whichever form the
// request line has it, and whatever a mux strips.
func TestStrippedPath(t *testing.T) {
	for _, line := range []string{"POST /tenant2/hooks", "POST https://example.com/tenant2/hooks", "POST http://example.com/tenant2/hooks?x=/hooks"} {
		for path, want := range map[string]error{"/tenant2/hooks": nil, "/hooks": envelope.ErrSignatureMismatch} {
			r := read(t, line, "example.com")
			signedFor(t, r, "example.com", path)
			var err error
			verify := verifierOf(t, openloyalty.Config{Secrets: []string{secret}, Options: at(signedAt)})
			http.StripPrefix("/tenant2", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				err = verify(r, []byte(body))
			})).ServeHTTP(nil, r)
			if !errors.Is(err, want) {
				t.Errorf("%s, signed for %s: %v", line, path, err)
			}
		}
	}
}

// An id that is there is kept, and that of the body is the next choice.
func TestSignRequestID(t *testing.T) {
	config := openloyalty.Config{Secrets: []string{secret}}
	for name, test := range map[string]struct{ header, body, want string }{
		"header":  {"h", `{"requestId":"b"}`, "h"},
		"body":    {"", `{"requestId":"b"}`, "b"},
		"neither": {"", `no JSON`, ""},
	} {
		r := read(t, "POST /in", "example.com")
		if test.header != "" {
			r.Header.Set(openloyalty.RequestIDHeader, test.header)
		}
		if err := openloyalty.Sign(config, r, []byte(test.body)); err != nil {
			t.Fatal(err)
		}
		got := r.Header.Get(openloyalty.RequestIDHeader)
		if got != test.want && (test.want != "" || len(got) != 36) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		if err := verifierOf(t, config)(r, []byte(test.body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
