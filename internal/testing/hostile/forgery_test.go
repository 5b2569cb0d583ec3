package hostile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// attempt is a request in the parts that an attacker can choose.
type attempt struct {
	host, path, query string
	header            http.Header
	pathValue         string
	body              []byte
}

func (a attempt) clone() attempt {
	a.header = a.header.Clone()
	return a
}

func (a attempt) request() *http.Request {
	r := &http.Request{
		Method: http.MethodPost, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		URL: &url.URL{Path: a.path, RawQuery: a.query}, RequestURI: a.path + "?" + a.query, Host: a.host, Header: a.header,
	}
	r.SetPathValue("secret", a.pathValue)
	setBody(r, a.body)
	return r
}

// scheme is one way to prove where a delivery comes from.
type scheme struct {
	name    string
	handler func(envelope.Options) (*envelope.Handler, error)
	// genuine is what the provider sends.
	genuine func(tb testing.TB) attempt
	// forge changes a genuine attempt into one that must be refused. None of its
	// changes leaves the meaning as it is.
	forge func(r *rand.Rand, a *attempt)
	// share is how many of the forgeries are of this scheme, relative to others:
	// verifying a public-key signature costs many times a digest.
	share int
}

var (
	masivoBody      = []byte(`{"event":"TIER_UPGRADE","data":{"customer_id":"C-1","to_tier_id":"gold"}}`)
	openloyaltyBody = []byte(`{"eventName":"CustomerRegistered","messageId":"6f1c","data":{"customer":{"customerId":"C-1"}}}`)
	mamboBody       = []byte(`{"id":"1"}`)
	ambassifyBody   = []byte(`{"event":{"name":"removed","resource":"person"},"person_id":"7"}`)
)

func schemes(tb testing.TB) []scheme {
	tb.Helper()
	all := []scheme{openloyaltyScheme("hmac"), openloyaltyRotation(), mamboScheme(), fifthScheme(), standardScheme()}
	for name, from := range map[string]envelope.SecretSource{
		"query":  envelope.FromQuery("secret"),
		"path":   envelope.FromPathValue("secret"),
		"header": envelope.FromHeader("X-Secret"),
		"basic":  envelope.FromBasicAuth("hooks"),
	} {
		all = append(all, masivoScheme(name, from, masivoSecret), masivoScheme(name+", odd secret", from, oddSecret))
	}
	all = append(all, ambassifyScheme(), openloyaltyHeader())
	all = append(all, eventBusSchemes(tb)...)
	slices.SortFunc(all, func(a, b scheme) int { return strings.Compare(a.name, b.name) })
	return all
}

// Nobody who lacks the secret gets anything accepted, or so much as read, whatever
// he makes of a genuine delivery. LOYALTYHOOKS_FORGERIES is how many are tried.
func TestForgeries(t *testing.T) {
	total := 200_000
	if text := os.Getenv("LOYALTYHOOKS_FORGERIES"); text != "" {
		var err error
		if total, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	all := schemes(t)
	shares := 0
	for _, s := range all {
		shares += s.share
	}
	tried := 0
	for i, s := range all {
		t.Run(s.name, func(t *testing.T) {
			n := total*s.share/shares + 1
			attack(t, s, rand.New(rand.NewPCG(uint64(i), 2026)), n)
			tried += n
		})
	}
	t.Logf("%d forgeries over %d schemes", tried, len(all))
}

func attack(t *testing.T, s scheme, random *rand.Rand, n int) {
	t.Helper()
	var seen envelope.Observation
	h, err := s.handler(envelope.Options{
		Observer: func(_ context.Context, o envelope.Observation) { seen = o },
	})
	if err != nil {
		t.Fatal(err)
	}
	writer := new(discard)
	send := func(a attempt) envelope.Observation {
		h.ServeHTTP(writer.reset(), a.request())
		return seen
	}
	genuine := s.genuine(t)
	if o := send(genuine.clone()); o.Status != http.StatusOK || o.Outcome != envelope.OutcomeFallback {
		t.Fatalf("the genuine delivery got status %d: %v", o.Status, o.Err)
	}
	for range n {
		a := genuine.clone()
		s.forge(random, &a)
		o := send(a)
		if o.Status != http.StatusUnauthorized || writer.status != http.StatusUnauthorized || o.Event != "" {
			t.Fatalf("status %d, event %q for the forgery %+v", o.Status, o.Event, a)
		}
	}
	if o := send(genuine.clone()); o.Status != http.StatusOK {
		t.Errorf("afterwards the genuine delivery got status %d: %v", o.Status, o.Err)
	}
}

// discard is a ResponseWriter that keeps the status only.
type discard struct {
	header http.Header
	status int
}

func (d *discard) reset() *discard {
	if d.header == nil {
		d.header = http.Header{}
	}
	clear(d.header)
	d.status = http.StatusOK
	return d
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// at is the moment of the genuine deliveries.
var at = time.Unix(1_774_000_000, 0)

func fixed(config envelope.Options) envelope.Options {
	config.Now = func() time.Time { return at }
	return config
}

func openloyaltyScheme(name string, more ...func(*openloyalty.Config)) scheme {
	config := openloyalty.Config{Secrets: []string{openloyaltySecret}}
	for _, change := range more {
		change(&config)
	}
	signedAt := func(tb testing.TB, a *attempt, at time.Time) {
		signing := config
		signing.Now = func() time.Time { return at }
		if err := openloyalty.Sign(signing, a.request(), a.body); err != nil {
			tb.Fatal(err)
		}
	}
	return scheme{
		name:  "openloyalty/" + name,
		share: 100,
		handler: func(common envelope.Options) (*envelope.Handler, error) {
			config := config
			config.Options = fixed(common)
			return openloyalty.NewHandler(config, openloyalty.Fallback(ignore))
		},
		genuine: func(tb testing.TB) attempt {
			a := attempt{host: "example.com", path: "/hooks/openloyalty", header: http.Header{}, body: openloyaltyBody}
			signedAt(tb, &a, at)
			return a
		},
		forge: func(r *rand.Rand, a *attempt) {
			switch r.IntN(13) {
			case 12: // No spelling of the same host.
				odd := []string{":8443", ":4430", ":0443", ":443:443", ".", " ", "\"", "%20", ":80 ", "@", "/"}
				a.host += odd[r.IntN(len(odd))]
			case 0: // What was signed is not what is sent.
				a.body = []byte(changed(r, string(a.body)))
			case 1:
				a.host = changedFold(r, a.host) // In another case it is the same host.
			case 2:
				a.path = "/" + strings.ReplaceAll(changed(r, a.path[1:]), "?", "!") // A query is not signed.
			case 3:
				changeHeader(r, a.header, openloyalty.TimestampHeader)
			case 4:
				changeHeader(r, a.header, openloyalty.RequestIDHeader)
			case 5:
				a.header.Set(openloyalty.AlgorithmHeader, wrongAlgorithm(r, "hmac-sha256"))
			case 6:
				duplicate(r, a.header, []string{
					openloyalty.SignatureHeader, openloyalty.TimestampHeader, openloyalty.RequestIDHeader,
					openloyalty.AlgorithmHeader, openloyalty.VersionHeader,
				})
			case 7: // Bytes that move from one line of the signed text to another.
				shiftLines(r, a)
			case 8: // A genuine delivery that is sent again, and one that was signed ahead.
				signing := config
				old := at.Add(time.Duration(301+r.IntN(1e8)) * time.Second * time.Duration(1-2*r.IntN(2)))
				signing.Now = func() time.Time { return old }
				_ = openloyalty.Sign(signing, a.request(), a.body)
			case 9: // Signed with a secret that is not ours.
				signing := openloyalty.Config{Secrets: []string{"whsec_" + randomHex(r, 64)}, Options: fixed(envelope.Options{})}
				_ = openloyalty.Sign(signing, a.request(), a.body)
			default:
				changeHeader(r, a.header, openloyalty.SignatureHeader)
			}
		},
	}
}

func openloyaltyRotation() scheme {
	return openloyaltyScheme("rotation, hex, public URL", func(c *openloyalty.Config) {
		c.Secrets = []string{openloyaltySecret, "whsec_" + strings.Repeat("ab", 32), strings.Repeat("0", 64)}
		c.KeyEncoding = openloyalty.KeyHex
	})
}

// shiftLines moves text over the border between two of the signed lines.
func shiftLines(r *rand.Rand, a *attempt) {
	timestamp, id := a.header.Get(openloyalty.TimestampHeader), a.header.Get(openloyalty.RequestIDHeader)
	switch r.IntN(4) {
	case 0:
		n := 1 + r.IntN(len(timestamp)-1)
		timestamp, id = timestamp[:n], timestamp[n:]+"\n"+id
	case 1:
		n := 1 + r.IntN(len(id)-1)
		timestamp, id = timestamp+"\n"+id[:n], id[n:]
	case 2:
		n := 1 + r.IntN(len(a.path)-1)
		a.host, a.path = a.host+"\n"+a.path[:n], a.path[n:]
	default:
		n := 1 + r.IntN(len(a.host)-1)
		a.host, a.path = a.host[:n], "/"+a.host[n:]+a.path
	}
	a.header.Set(openloyalty.TimestampHeader, timestamp)
	a.header.Set(openloyalty.RequestIDHeader, id)
}

func mamboScheme() scheme {
	config := mambo.Config{Secrets: []string{mamboSecret, "whk_another"}}
	compose := func(r *rand.Rand, timestamp, digest string) string {
		templates := []string{"t=%s,v1=%s", "%s.%s", "timestamp=%s; signature=%s", "%s %s", "ts:%s|sha256=%s", "{\"t\":%s,\"v1\":\"%s\"}"}
		return fmt.Sprintf(templates[r.IntN(len(templates))], timestamp, digest)
	}
	return scheme{
		name:  "mambo/hmac",
		share: 100,
		handler: func(common envelope.Options) (*envelope.Handler, error) {
			config := config
			config.Options = fixed(common)
			return mambo.NewHandler(config, mambo.Fallback(ignore))
		},
		genuine: func(tb testing.TB) attempt {
			a := attempt{host: "example.com", path: "/hooks/mambo", header: http.Header{}, body: mamboBody}
			config := config
			config.Options = fixed(envelope.Options{})
			if err := mambo.Sign(config, a.request(), a.body); err != nil {
				tb.Fatal(err)
			}
			return a
		},
		forge: func(r *rand.Rand, a *attempt) {
			header := a.header.Get(mambo.SignatureHeader)
			timestamp, digest := header[2:12], header[16:]
			switch r.IntN(10) {
			case 0:
				a.body = []byte(changed(r, string(a.body)))
			case 1: // What stands between timestamp and body becomes part of one.
				n := 1 + r.IntN(3)
				a.body = append([]byte(timestamp[len(timestamp)-n:]), a.body...)
				timestamp = timestamp[:len(timestamp)-n]
			case 2:
				a.body = append([]byte("."), a.body...)
			case 3: // Digits of the body become part of the timestamp.
				timestamp += strconv.Itoa(r.IntN(1000))
			case 4: // More words around it would be fine.
				for hasWord(timestamp, header[2:12]) {
					timestamp = changed(r, timestamp)
				}
			case 5:
				duplicate(r, a.header, []string{mambo.SignatureHeader})
				return
			case 6: // A second timestamp, more digests than anybody sends.
				header = compose(r, timestamp, digest) + "," + strconv.FormatInt(1_774_000_000+r.Int64N(600), 10)
				if r.IntN(2) == 0 {
					header = compose(r, timestamp, digest) + strings.Repeat(","+randomHex(r, 64), 8+r.IntN(8))
				}
				a.header.Set(mambo.SignatureHeader, header)
				return
			case 7:
				config := config
				old := at.Add(time.Duration(301+r.IntN(1e8)) * time.Second * time.Duration(1-2*r.IntN(2)))
				config.Now = func() time.Time { return old }
				_ = mambo.Sign(config, a.request(), a.body)
				return
			case 8:
				config := mambo.Config{Secrets: []string{changed(r, mamboSecret) + "x"}, Options: fixed(envelope.Options{})}
				_ = mambo.Sign(config, a.request(), a.body)
				return
			default:
				for hasWord(digest, header[16:]) {
					digest = changed(r, digest)
				}
			}
			a.header.Set(mambo.SignatureHeader, compose(r, timestamp, digest))
		},
	}
}

// hasWord reports whether text has a word in it, in any case, for a reader that
// cares for letters and digits only.
func hasWord(text, word string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
}

// oddSecret has what is spelled in several ways in a URL, and blanks around it, which do
// not count where it is configured.
const oddSecret = ` a+b%2Bc/d;"e" 'f'==`

func masivoScheme(name string, from envelope.SecretSource, secret string) scheme {
	return scheme{
		name:  "masivo/" + name,
		share: 40,
		handler: func(common envelope.Options) (*envelope.Handler, error) {
			config := masivo.Config{Secrets: []string{"another", secret}, SecretFrom: from, Options: common}
			return masivo.NewHandler(config, masivo.Fallback(ignore))
		},
		genuine: func(testing.TB) attempt {
			a := attempt{host: "example.com", path: "/hooks/masivo", header: http.Header{}, body: masivoBody}
			a.putSecret(from, strings.TrimSpace(secret))
			return a
		},
		forge: func(r *rand.Rand, a *attempt) { forgeSecret(r, a, from, "X-Secret", strings.TrimSpace(secret)) },
	}
}

func ambassifyScheme() scheme {
	from := envelope.FromQuery(ambassify.SecretQuery)
	return scheme{
		name:  "ambassify/query",
		share: 40,
		handler: func(common envelope.Options) (*envelope.Handler, error) {
			config := ambassify.Config{Secrets: []string{ambassifySecret}, Options: common}
			return ambassify.NewHandler(config, ambassify.Fallback(ignore))
		},
		genuine: func(testing.TB) attempt {
			a := attempt{host: "example.com", path: "/hooks/ambassify", header: http.Header{}, body: ambassifyBody}
			a.putSecret(from, ambassifySecret)
			return a
		},
		forge: func(r *rand.Rand, a *attempt) { forgeSecret(r, a, from, "", ambassifySecret) },
	}
}

func openloyaltyHeader() scheme {
	from := envelope.FromHeader("X-Webhook-Secret")
	return scheme{
		name:  "openloyalty/header",
		share: 40,
		handler: func(common envelope.Options) (*envelope.Handler, error) {
			config := openloyalty.Config{Secrets: []string{openloyaltySecret}, SecretFrom: from, Options: common}
			return openloyalty.NewHandler(config, openloyalty.Fallback(ignore))
		},
		genuine: func(testing.TB) attempt {
			a := attempt{host: "example.com", path: "/hooks/openloyalty", header: http.Header{}, body: openloyaltyBody}
			a.putSecret(from, openloyaltySecret)
			return a
		},
		forge: func(r *rand.Rand, a *attempt) { forgeSecret(r, a, from, "X-Webhook-Secret", openloyaltySecret) },
	}
}

// putSecret puts a secret where the source finds it.
func (a *attempt) putSecret(from envelope.SecretSource, secret string) {
	const mark = "MARK"
	r := a.request()
	_ = from.Put(r, mark) // Which would trim the secret.
	a.query = strings.Replace(r.URL.RawQuery, mark, url.QueryEscape(secret), 1)
	if a.header, a.pathValue = r.Header, r.PathValue("secret"); a.pathValue == mark {
		a.pathValue = secret
	}
	for _, values := range a.header {
		values[len(values)-1] = strings.Replace(values[len(values)-1], mark, secret, 1)
	}
	if user, password, ok := r.BasicAuth(); ok && password == mark {
		r.SetBasicAuth(user, secret)
	}
}

// forgeSecret makes an attempt without the secret at its place. Header is the name
// of the header, if that is the place.
func forgeSecret(r *rand.Rand, a *attempt, from envelope.SecretSource, header, secret string) {
	guess := changed(r, secret)
	for guess == "another" || isSpelling(guess, secret) {
		guess = changed(r, secret)
	}
	genuine := a.clone()
	a.query, a.pathValue, a.header = "", "", http.Header{}
	a.putSecret(from, guess)
	switch r.IntN(8) {
	case 0: // Twice, once right.
		switch from {
		case envelope.FromQuery("secret"):
			a.query = genuine.query + "&" + a.query
			if r.IntN(2) == 0 {
				a.query = genuine.query + "&" + genuine.query
			}
		case envelope.FromHeader(header):
			a.header.Add(header, secret)
		case envelope.FromBasicAuth("hooks"):
			a.header.Add("Authorization", genuine.header.Get("Authorization"))
		}
	case 1: // The right secret in another place, or under another name.
		a.query, a.pathValue, a.header = "", "", http.Header{}
		if from != envelope.FromQuery("secret") {
			a.query = url.Values{"secret": {secret}}.Encode()
		}
		a.putSecret(envelope.FromQuery(changed(r, "secret")+"x"), secret)
		a.header.Set("X-Other-Secret", secret)
		if from != envelope.FromBasicAuth("hooks") {
			a.putSecret(envelope.FromBasicAuth("hooks"), secret)
		} else {
			a.putSecret(envelope.FromBasicAuth(strings.ReplaceAll(changed(r, "hooks"), ":", "")+"x"), secret)
		}
	}
}

// isSpelling reports whether a guess is one of the readings of a secret in a URL.
func isSpelling(guess, secret string) bool {
	written := url.QueryEscape(guess)
	unescaped, _ := url.PathUnescape(written)
	return slices.Contains([]string{strings.TrimSpace(guess), guess, written, unescaped, strings.TrimSpace(unescaped)}, secret)
}

// changeHeader changes a header in a way that can't mean the same.
func changeHeader(r *rand.Rand, header http.Header, name string) {
	header.Set(name, changedFold(r, header.Get(name)))
}

// changedFold is changed, with another result than a change of case.
func changedFold(r *rand.Rand, text string) string {
	for {
		if other := changed(r, text); !strings.EqualFold(other, text) {
			return other
		}
	}
}

// changed makes another text of one.
func changed(r *rand.Rand, text string) string {
	for {
		if other := changes[r.IntN(len(changes))](r, text); other != text {
			return other
		}
	}
}

var changes = []func(*rand.Rand, string) string{
	flipBit, flipBit, flipBit, // the change that comes closest
	func(r *rand.Rand, s string) string { return s[:r.IntN(len(s)+1)] },
	func(r *rand.Rand, s string) string { return s[r.IntN(len(s)+1):] },
	func(r *rand.Rand, s string) string { return s + randomText(r, 1+r.IntN(8)) },
	func(r *rand.Rand, s string) string { return randomText(r, 1+r.IntN(8)) + s },
	func(r *rand.Rand, s string) string { n := r.IntN(len(s) + 1); return s[n:] + s[:n] },
	nudgeDigit,
	swapCase,
	foreignDigits,
	func(r *rand.Rand, s string) string { return randomText(r, len(s)) },
	func(r *rand.Rand, s string) string { return randomHex(r, len(s)) },
	func(r *rand.Rand, s string) string { return s + s },
	func(r *rand.Rand, s string) string { return s + "," + s },
	func(r *rand.Rand, s string) string { n := r.IntN(len(s) + 1); return s[:n] + "\x00" + s[n:] },
	func(r *rand.Rand, s string) string { n := r.IntN(len(s) + 1); return s[:n] + " " + s[n:] },
	func(*rand.Rand, string) string { return "" },
	func(r *rand.Rand, s string) string {
		return []string{"null", "undefined", "true", "0", "[]", "*", "%s", "' OR 1=1 --", "${jndi:x}", "\r\nX: y"}[r.IntN(10)]
	},
	func(r *rand.Rand, s string) string {
		return []string{"sha256=", "v1=", "=", "0x", "+", "-", "00"}[r.IntN(7)] + s
	},
	func(r *rand.Rand, s string) string { // Seldom, because it is slow.
		if r.IntN(64) > 0 {
			return s[:len(s)/2]
		}
		return strings.Repeat(s+randomText(r, 4), 1+(64<<10)/(len(s)+4))
	},
}

func flipBit(r *rand.Rand, s string) string {
	if s == "" {
		return "\x01"
	}
	b := []byte(s)
	b[r.IntN(len(b))] ^= 1 << r.IntN(8)
	return string(b)
}

func nudgeDigit(r *rand.Rand, s string) string {
	b := []byte(s)
	for range 8 {
		if len(b) == 0 {
			break
		}
		if i := r.IntN(len(b)); '0' <= b[i] && b[i] <= '9' {
			b[i] = '0' + byte(r.IntN(10))
		}
	}
	return string(b)
}

func swapCase(r *rand.Rand, s string) string {
	return strings.Map(func(c rune) rune {
		if r.IntN(4) > 0 {
			return c
		}
		if unicode.IsUpper(c) {
			return unicode.ToLower(c)
		}
		return unicode.ToUpper(c)
	}, s)
}

// foreignDigits spells digits in another script. Software that takes them for
// digits is easily found.
func foreignDigits(r *rand.Rand, s string) string {
	zero := []rune{'０', '٠', '०', '𝟎', '𝟘'}[r.IntN(5)]
	return strings.Map(func(c rune) rune {
		if '0' <= c && c <= '9' && r.IntN(2) == 0 {
			return zero + c - '0'
		}
		return c
	}, s)
}

func randomText(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(' ' + r.IntN('~'-' '+1))
	}
	return string(b)
}

func randomHex(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[r.IntN(16)]
	}
	return string(b)
}

// wrongAlgorithm names an algorithm that is not the right one.
func wrongAlgorithm(r *rand.Rand, right string) string {
	names := []string{
		"none", "None", "NONE", "hmac-sha1", "hmac-sha512", "HS256", "sha256", "hmac-sha256 ", " hmac-sha256", "hmac_sha256", "hmac-sha256,none",
		"RS256", "ed25519", "md5", "0",
	}
	if r.IntN(2) == 0 {
		return names[r.IntN(len(names))]
	}
	for {
		if name := changedFold(r, right); name != "" { // An empty one is none.
			return name
		}
	}
}

// duplicate adds a second value to one of the headers: a receiver that takes the
// first one and a proxy that takes the last one would not agree.
func duplicate(r *rand.Rand, header http.Header, names []string) {
	name := http.CanonicalHeaderKey(names[r.IntN(len(names))])
	right := header.Get(name)
	other := right
	if r.IntN(3) > 0 {
		other = changed(r, right)
	}
	header[name] = [][]string{{right, other}, {other, right}, {"", right}, {right, ""}, {right, other, right}}[r.IntN(5)]
}

func ignore[M any](context.Context, *envelope.Delivery[M, rawMessage]) error { return nil }
