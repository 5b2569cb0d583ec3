package openloyalty_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/verifying"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

const (
	secret    = "whsec_4f1d0c9ab27e6358f0e1d2c3b4a5968778695a4b3c2d1e0f8877665544332211"
	another   = "whsec_a0b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccddeeff"
	requestID = "0d3c9f52-6a71-4b8e-9f04-5c2e7d1a8b36"
	hookURL   = "https://example.com/webhooks"
	body      = `{"eventName":"CustomerUpdated","data":{}}`
)

var signedAt = time.Unix(1773504000, 0)

func at(t time.Time) envelope.Options {
	return envelope.Options{Now: func() time.Time { return t }}
}

func verifierOf(t *testing.T, config openloyalty.Config) func(*http.Request, []byte) error {
	t.Helper()
	verify, err := openloyalty.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	return func(r *http.Request, body []byte) error { return verifying.Both(verify, r, body) }
}

// signed is a delivery of body to hookURL.
func signed(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, hookURL, http.NoBody)
	config := openloyalty.Config{Secrets: []string{secret}, Options: at(signedAt)}
	r.Header.Set(openloyalty.RequestIDHeader, requestID)
	if err := openloyalty.Sign(config, r, []byte(body)); err != nil {
		t.Fatal(err)
	}
	return r
}

// vector is a signature that testdata/openloyalty/_vectors/vectors.py computed.
type vector struct {
	Name        string `json:"name"`
	Secret      string `json:"secret"`
	KeyEncoding string `json:"keyEncoding"`
	Method      string `json:"method"`
	URL         string `json:"url"`
	Body        string `json:"body"`
	Timestamp   int64  `json:"timestamp"`
	RequestID   string `json:"requestId"`
	Canonical   string `json:"canonical"`
	Signature   string `json:"signature"`
}

func (v vector) config() openloyalty.Config {
	config := openloyalty.Config{Secrets: []string{v.Secret}, KeyEncoding: openloyalty.KeyText, Options: at(time.Unix(v.Timestamp, 0))}
	if v.KeyEncoding == "hex" {
		config.KeyEncoding = openloyalty.KeyHex
	}
	return config
}

func (v vector) sign(r *http.Request) {
	r.Header.Set(openloyalty.SignatureHeader, v.Signature)
	r.Header.Set(openloyalty.AlgorithmHeader, "hmac-sha256")
	r.Header.Set(openloyalty.TimestampHeader, strconv.FormatInt(v.Timestamp, 10))
	r.Header.Set(openloyalty.RequestIDHeader, v.RequestID)
	r.Header.Set(openloyalty.VersionHeader, "1")
}

func TestVectors(t *testing.T) {
	text, err := os.ReadFile("../testdata/openloyalty/_vectors/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			direct := httptest.NewRequest(v.Method, v.URL, http.NoBody)
			v.sign(direct)
			if err := verifierOf(t, v.config())(direct, []byte(v.Body)); err != nil {
				t.Errorf("as sent: %v", err)
			}
			either := v.config()
			either.KeyEncoding = openloyalty.KeyEither
			if err := verifierOf(t, either)(direct, []byte(v.Body)); err != nil {
				t.Errorf("with either key: %v", err)
			}

			proxied := httptest.NewRequest(v.Method, "http://10.0.0.7:8080/internal", http.NoBody)
			v.sign(proxied)
			if err := verifierOf(t, v.config())(proxied, []byte(v.Body)); !errors.Is(err, envelope.ErrSignatureMismatch) {
				t.Errorf("behind a proxy, without PublicURL: %v", err)
			}
			config := v.config()
			config.PublicURL = v.URL
			if err := verifierOf(t, config)(proxied, []byte(v.Body)); err != nil {
				t.Errorf("behind a proxy: %v", err)
			}

			config = v.config()
			config.KeyEncoding = openloyalty.KeyText + openloyalty.KeyHex - config.KeyEncoding
			if err := verifierOf(t, config)(direct, []byte(v.Body)); !errors.Is(err, envelope.ErrSignatureMismatch) {
				t.Errorf("other key encoding: %v", err)
			}

			again := httptest.NewRequest(v.Method, v.URL, http.NoBody)
			again.Header.Set(openloyalty.RequestIDHeader, v.RequestID)
			if err := openloyalty.Sign(v.config(), again, []byte(v.Body)); err != nil {
				t.Fatal(err)
			}
			for name, values := range direct.Header {
				if got := again.Header.Get(name); got != values[0] {
					t.Errorf("Sign: %s is %s, want %s", name, got, values[0])
				}
			}
		})
	}
}

// flips yields text with each of its bits changed in turn.
func flips(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := range len(text) * 8 {
			flipped := []byte(text)
			flipped[i/8] ^= 1 << (i % 8)
			if !yield(i, string(flipped)) {
				return
			}
		}
	}
}

func TestBitFlips(t *testing.T) {
	verify := verifierOf(t, openloyalty.Config{Secrets: []string{secret}, Options: at(signedAt)})
	mac := signed(t).Header.Get(openloyalty.SignatureHeader)
	rawMAC, err := hex.DecodeString(mac)
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(signed(t), []byte(body)); err != nil {
		t.Fatalf("unchanged: %v", err)
	}
	header := func(name string) func(*http.Request, string) {
		return func(r *http.Request, text string) { r.Header.Set(name, text) }
	}
	tests := map[string]struct {
		text string
		set  func(r *http.Request, text string)
	}{
		"method":     {http.MethodPost, func(r *http.Request, text string) { r.Method = text }},
		"host":       {"example.com", func(r *http.Request, text string) { r.Host = text }},
		"path":       {"webhooks", func(r *http.Request, text string) { r.RequestURI = "/" + text }},
		"timestamp":  {"1773504000", header(openloyalty.TimestampHeader)},
		"request id": {requestID, header(openloyalty.RequestIDHeader)},
		"algorithm":  {"hmac-sha256", header(openloyalty.AlgorithmHeader)},
		"MAC": {string(rawMAC), func(r *http.Request, text string) {
			r.Header.Set(openloyalty.SignatureHeader, hex.EncodeToString([]byte(text)))
		}},
		"digits of the MAC": {mac, header(openloyalty.SignatureHeader)},
	}
	for name, test := range tests {
		for i, flipped := range flips(test.text) {
			if name == "path" && strings.ContainsAny(flipped, "?") {
				continue // Another path and a query.
			}
			if strings.EqualFold(flipped, test.text) && (name == "digits of the MAC" || name == "algorithm" || name == "host") {
				continue // The case of these says nothing.
			}
			r := signed(t)
			test.set(r, flipped)
			if err := verify(r, []byte(body)); !errors.Is(err, envelope.ErrSignature) {
				t.Errorf("%s, bit %d: got %v, want ErrSignature", name, i, err)
			}
		}
	}
	for i, flipped := range flips(body) {
		if err := verify(signed(t), []byte(flipped)); !errors.Is(err, envelope.ErrSignatureMismatch) {
			t.Errorf("body, bit %d: got %v, want ErrSignatureMismatch", i, err)
		}
	}
	for i, flipped := range flips(strings.TrimPrefix(secret, "whsec_")) {
		verifier, err := openloyalty.NewVerifier(openloyalty.Config{Secrets: []string{flipped}, Options: at(signedAt)})
		if _, invalid := hex.DecodeString(strings.TrimSpace(flipped)); (err != nil) != (invalid != nil) {
			t.Errorf("secret, bit %d: error %v", i, err)
		}
		if err != nil {
			continue
		}
		verify := func(r *http.Request, body []byte) error { return verifying.Both(verifier, r, body) }
		if err := verify(signed(t), []byte(body)); !errors.Is(err, envelope.ErrSignatureMismatch) {
			t.Errorf("secret, bit %d: got %v, want ErrSignatureMismatch", i, err)
		}
	}
}

// A longer path must not make up for a shorter host.
func TestLengthsAreSigned(t *testing.T) {
	verify := verifierOf(t, openloyalty.Config{Secrets: []string{secret}, Options: at(signedAt)})
	for _, target := range []string{"https://example.com/webhooks/", "https://example.com//webhooks", "https://example.com/web/hooks", "https://example.co/m/webhooks"} {
		r := httptest.NewRequest(http.MethodPost, target, http.NoBody)
		r.Header = signed(t).Header
		if err := verify(r, []byte(body)); !errors.Is(err, envelope.ErrSignatureMismatch) {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestRotation(t *testing.T) {
	tests := map[string]struct {
		secrets []string
		want    error
	}{
		"right one first":    {[]string{secret, another}, nil},
		"right one last":     {[]string{another, secret}, nil},
		"twice":              {[]string{secret, secret}, nil},
		"without prefix":     {[]string{strings.TrimPrefix(secret, "whsec_")}, nil},
		"read from a file":   {[]string{secret + "\n"}, nil},
		"other one alone":    {[]string{another}, envelope.ErrSignatureMismatch},
		"in capital letters": {[]string{"whsec_" + strings.ToUpper(strings.TrimPrefix(secret, "whsec_"))}, envelope.ErrSignatureMismatch},
	}
	for name, test := range tests {
		verify := verifierOf(t, openloyalty.Config{Secrets: test.secrets, Options: at(signedAt)})
		if err := verify(signed(t), []byte(body)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestTolerance(t *testing.T) {
	tests := map[string]struct {
		tolerance time.Duration
		late      time.Duration // of the receiver's clock
		want      error
	}{
		"just sent":                    {0, 0, nil},
		"old enough":                   {0, 5 * time.Minute, nil},
		"too old":                      {0, 5*time.Minute + 1, envelope.ErrSignatureTooOld},
		"replayed the next day":        {0, 24 * time.Hour, envelope.ErrSignatureTooOld},
		"new enough":                   {0, -5 * time.Minute, nil},
		"too new":                      {0, -5*time.Minute - 1, envelope.ErrSignatureTooNew},
		"old, with more tolerance":     {time.Hour, 59 * time.Minute, nil},
		"too old, with less tolerance": {time.Second, 2 * time.Second, envelope.ErrSignatureTooOld},
		"too new, with less tolerance": {time.Second, -2 * time.Second, envelope.ErrSignatureTooNew},
		"replayed after centuries":     {0, 250 * 365 * 24 * time.Hour, envelope.ErrSignatureTooOld},
	}
	for name, test := range tests {
		verify := verifierOf(t, openloyalty.Config{
			Secrets: []string{secret},
			Options: envelope.Options{Tolerance: test.tolerance, Now: at(signedAt.Add(test.late)).Now},
		})
		if err := verify(signed(t), []byte(body)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

// An old signature is refused before its body is read.
func TestForgedAndOld(t *testing.T) {
	verify := verifierOf(t, openloyalty.Config{Secrets: []string{another}, Options: at(signedAt.Add(time.Hour))})
	if err := verify(signed(t), []byte(body)); !errors.Is(err, envelope.ErrSignatureTooOld) {
		t.Errorf("got %v, want ErrSignatureTooOld", err)
	}
}

func TestHeaders(t *testing.T) {
	mac := signed(t).Header.Get(openloyalty.SignatureHeader)
	const (
		signature = openloyalty.SignatureHeader
		timestamp = openloyalty.TimestampHeader
		id        = openloyalty.RequestIDHeader
		algorithm = openloyalty.AlgorithmHeader
		version   = openloyalty.VersionHeader
	)
	missing, malformed, mismatch := envelope.ErrSignatureMissing, envelope.ErrSignatureMalformed, envelope.ErrSignatureMismatch
	tests := map[string]struct {
		name   string
		values []string
		want   error
	}{
		"no signature":                   {signature, nil, missing},
		"empty signature":                {signature, []string{""}, missing},
		"two signatures":                 {signature, []string{mac, mac}, malformed},
		"a right and a wrong signature":  {signature, []string{mac, strings.Repeat("0", 64)}, malformed},
		"signatures in a list":           {signature, []string{mac + "," + mac}, malformed},
		"short signature":                {signature, []string{mac[:62]}, malformed},
		"long signature":                 {signature, []string{mac + "00"}, malformed},
		"very long signature":            {signature, []string{strings.Repeat(mac, 1000)}, malformed},
		"signature that is not hex":      {signature, []string{"zz" + mac[2:]}, malformed},
		"signature with a scheme":        {signature, []string{"sha256=" + mac[7:]}, malformed},
		"signature of zeros":             {signature, []string{strings.Repeat("0", 64)}, mismatch},
		"signature in capital letters":   {signature, []string{strings.ToUpper(mac)}, nil},
		"no timestamp":                   {timestamp, nil, missing},
		"empty timestamp":                {timestamp, []string{""}, missing},
		"two timestamps":                 {timestamp, []string{"1773504000", "1773504000"}, malformed},
		"timestamp with a sign":          {timestamp, []string{"+1773504000"}, malformed},
		"timestamp before 1970":          {timestamp, []string{"-1773504000"}, malformed},
		"timestamp with a fraction":      {timestamp, []string{"1773504000.0"}, malformed},
		"timestamp in milliseconds":      {timestamp, []string{"1773504000000"}, malformed},
		"timestamp beyond an integer":    {timestamp, []string{strings.Repeat("9", 30)}, malformed},
		"timestamp as text":              {timestamp, []string{"2026-03-14T16:00:00Z"}, malformed},
		"timestamp in other digits":      {timestamp, []string{"١٧٧٣٥٠٤٠٠٠"}, malformed},
		"timestamp with a zero in front": {timestamp, []string{"01773504000"}, mismatch},
		"no request id":                  {id, nil, missing},
		"empty request id":               {id, []string{""}, missing},
		"two request ids":                {id, []string{requestID, requestID}, malformed},
		"request id in capital letters":  {id, []string{strings.ToUpper(requestID)}, mismatch},
		"no algorithm":                   {algorithm, nil, nil},
		"algorithm in capital letters":   {algorithm, []string{"HMAC-SHA256"}, nil},
		"another algorithm":              {algorithm, []string{"none"}, malformed},
		"a weaker algorithm":             {algorithm, []string{"hmac-sha1"}, malformed},
		"two algorithms":                 {algorithm, []string{"hmac-sha256", "none"}, malformed},
		"no version":                     {version, nil, nil},
		"a later version":                {version, []string{"7"}, nil},
		"two versions":                   {version, []string{"1", "2"}, malformed},
	}
	verify := verifierOf(t, openloyalty.Config{Secrets: []string{secret}, Options: at(signedAt)})
	for name, test := range tests {
		r := signed(t)
		r.Header.Del(test.name)
		for _, value := range test.values {
			r.Header.Add(test.name, value)
		}
		if err := verify(r, []byte(body)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestPublicURL(t *testing.T) {
	tests := map[string]struct {
		signedFor, public, seen string
		want                    error
	}{
		"none, same URL":             {hookURL, "", hookURL, nil},
		"none, other host":           {hookURL, "", "https://10.0.0.7/webhooks", envelope.ErrSignatureMismatch},
		"host and path":              {hookURL, hookURL, "http://10.0.0.7/in", nil},
		"host alone":                 {"https://example.com/webhooks/7", "https://example.com", "http://10.0.0.7/webhooks/7", nil},
		"host alone, other path":     {"https://example.com/webhooks/7", "https://example.com", "http://10.0.0.7/in", envelope.ErrSignatureMismatch},
		"port signed":                {"https://example.com:8443/webhooks", "https://example.com:8443/webhooks", "http://10.0.0.7/in", nil},
		"port not signed":            {hookURL, hookURL, "https://example.com:8443/webhooks", nil},
		"port not signed, not named": {hookURL, "", "https://example.com:8443/webhooks", envelope.ErrSignatureMismatch},
		"query does not count":       {"https://example.com/webhooks?store=A", "https://example.com/webhooks?store=B", "http://10.0.0.7/in?store=C", nil},
		"escaped path":               {"https://example.com/a%2Fb", "https://example.com/a%2Fb", "http://10.0.0.7/in", nil},
		"path escaped otherwise":     {"https://example.com/a%2Fb", "https://example.com/a/b", "http://10.0.0.7/in", envelope.ErrSignatureMismatch},
		"no path at all":             {"https://example.com", "", "https://example.com/", nil},
	}
	for name, test := range tests {
		config := openloyalty.Config{Secrets: []string{secret}, Options: at(signedAt)}
		sent, err := http.NewRequestWithContext(t.Context(), http.MethodPost, test.signedFor, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		sent.Header.Set(openloyalty.RequestIDHeader, requestID)
		if err := openloyalty.Sign(config, sent, []byte(body)); err != nil {
			t.Fatal(err)
		}
		seen := httptest.NewRequest(http.MethodPost, test.seen, http.NoBody)
		seen.Header = sent.Header
		config.PublicURL = test.public
		if err := verifierOf(t, config)(seen, []byte(body)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

// The path that counts is the one that was sent, whatever routers make of it.
func TestRouters(t *testing.T) {
	verify := verifierOf(t, openloyalty.Config{Secrets: []string{secret}})
	receive := func(w http.ResponseWriter, r *http.Request) {
		if err := verify(r, []byte(body)); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /plain", receive)
	mux.HandleFunc("POST /store/{store}/", receive)
	mux.Handle("POST /mounted/", http.StripPrefix("/mounted", http.HandlerFunc(receive)))
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, path := range []string{"/plain", "/plain?secret=1", "/store/a%20b/", "/store/%C3%A9/x%2Fy", "/mounted/deep/er", "/mounted/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "" // The client takes the URL's then, and so does Sign.
		r.Header.Set(openloyalty.RequestIDHeader, requestID)
		if err := openloyalty.Sign(openloyalty.Config{Secrets: []string{secret}}, r, []byte(body)); err != nil {
			t.Fatal(err)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
}

func TestWrongSettings(t *testing.T) {
	tests := map[string]openloyalty.Config{
		"no secret":            {},
		"empty secret":         {Secrets: []string{secret, ""}},
		"blank secret":         {Secrets: []string{" \n"}},
		"a prefix alone":       {Secrets: []string{"whsec_"}},
		"in quotes":            {Secrets: []string{`"` + secret + `"`}},
		"two in one":           {Secrets: []string{secret + "," + another}},
		"two without a comma":  {Secrets: []string{secret + another}},
		"one digit short":      {Secrets: []string{secret[:len(secret)-1]}},
		"cut by a byte":        {Secrets: []string{secret[:len(secret)-2]}},
		"host beyond ASCII":    {Secrets: []string{secret}, PublicURL: "https://höoks.example.com/in"},
		"not hex":              {Secrets: []string{"whsec_surely-not-hex"}, KeyEncoding: openloyalty.KeyHex},
		"odd number of digits": {Secrets: []string{"whsec_abc"}, KeyEncoding: openloyalty.KeyHex},
		"unknown encoding":     {Secrets: []string{secret}, KeyEncoding: 7},
		"URL without host":     {Secrets: []string{secret}, PublicURL: "/webhooks"},
		"URL without scheme":   {Secrets: []string{secret}, PublicURL: "example.com/webhooks"},
		"URL of another kind":  {Secrets: []string{secret}, PublicURL: "ftp://example.com/webhooks"},
		"not a URL":            {Secrets: []string{secret}, PublicURL: "https://exa mple.com:port"},
		"negative tolerance":   {Secrets: []string{secret}, Options: envelope.Options{Tolerance: -1}},
		"blank header secret":  {Secrets: []string{" "}, SecretFrom: envelope.FromHeader("X-Secret")},
		"header without name":  {Secrets: []string{secret}, SecretFrom: envelope.FromHeader("")},
		"no header secret":     {SecretFrom: envelope.FromHeader("X-Secret")},
	}
	for name, config := range tests {
		if _, err := openloyalty.NewVerifier(config); err == nil {
			t.Errorf("%s: no error from NewVerifier", name)
		}
		_, err := openloyalty.NewHandler(config)
		if err == nil {
			t.Errorf("%s: no error from NewHandler", name)
			continue
		}
		for _, quoted := range config.Secrets {
			if s := strings.TrimSpace(strings.TrimPrefix(quoted, "whsec_")); s != "" && strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q quotes the secret", name, err)
			}
		}
	}
	r := httptest.NewRequest(http.MethodPost, hookURL, http.NoBody)
	if err := openloyalty.Sign(openloyalty.Config{}, r, nil); err == nil || len(r.Header) > 0 {
		t.Errorf("signed without a secret: %v", r.Header)
	}
}

func TestSecretHeader(t *testing.T) {
	verify := verifierOf(t, openloyalty.Config{
		Secrets:    []string{"old-8uKx", "new-Zq41"},
		SecretFrom: envelope.FromHeader("X-Webhook-Secret"),
	})
	tests := map[string]struct {
		values []string
		want   error
	}{
		"new":   {[]string{"new-Zq41"}, nil},
		"old":   {[]string{"old-8uKx"}, nil},
		"wrong": {[]string{"new-Zq42"}, envelope.ErrSignatureMismatch},
		"none":  {nil, envelope.ErrSignatureMissing},
		"twice": {[]string{"new-Zq41", "new-Zq41"}, envelope.ErrSignatureMalformed},
	}
	for name, test := range tests {
		r := httptest.NewRequest(http.MethodPost, hookURL, http.NoBody)
		for _, value := range test.values {
			r.Header.Add("X-Webhook-Secret", value)
		}
		if err := verify(r, []byte(body)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	if err := verify(signed(t), []byte(body)); !errors.Is(err, envelope.ErrSignatureMissing) {
		t.Errorf("a signature in place of the secret: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(strings.Repeat("0", 64), "1773504000", requestID, "hmac-sha256", body)
	f.Add("", "", "", "", "")
	f.Add(strings.Repeat("é", 32), "999999999999", "\n", "HMAC-SHA256", "{}")
	verify, err := openloyalty.NewVerifier(openloyalty.Config{Secrets: []string{another}, Options: at(signedAt)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, signature, timestamp, id, algorithm, text string) {
		r := httptest.NewRequest(http.MethodPost, hookURL, http.NoBody)
		r.Header[openloyalty.SignatureHeader] = []string{signature}
		r.Header[openloyalty.TimestampHeader] = []string{timestamp}
		r.Header[http.CanonicalHeaderKey(openloyalty.RequestIDHeader)] = []string{id}
		r.Header[openloyalty.AlgorithmHeader] = []string{algorithm}
		if err := verifying.Both(verify, r, []byte(text)); !errors.Is(err, envelope.ErrSignature) {
			t.Errorf("got %v, want ErrSignature", err)
		}
	})
}
