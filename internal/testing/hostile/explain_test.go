package hostile_test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// explained is a way in which a genuine delivery comes to be refused.
type explained struct {
	name string

	// sign makes the delivery as the provider sends it.
	sign func(r *http.Request, body []byte) error
	// change is what happens to it on its way.
	change func(r *http.Request, body []byte) []byte
	// explain has the mistaken configuration.
	explain func(r *http.Request, body []byte) []envelope.Cause

	code    string // of the first cause; "" if the delivery is accepted
	setting string // a part of that cause's setting
	likely  bool   // nothing can prove it
	also    string // code of another cause that can't be told apart
}

const (
	olBody     = `{"messageId":"0f6b1c1e-93a1-4c1e-8d56-1c83a4f1d001","requestId":"1f6b1c1e-93a1-4c1e-8d56-1c83a4f1d001","storeCode":"DEFAULT","createdAt":"2026-05-01T12:00:00+00:00","eventName":"CustomerRegistered","data":{"customer":{"customerId":"2f6b1c1e-93a1-4c1e-8d56-1c83a4f1d001","firstName":"Zoë","tag":"<b>/x"}}}`
	mamboUser  = `{"uuid":"U-1","details":{"firstName":"Zoë","note":"<b>/x"}}`
	masivoTier = `{"event":"TIER_UPGRADE","data":{"customer_id":"C-1","from_tier_id":"1","from_tier_name":"a","from_tier_level":1,"to_tier_id":"gold","to_tier_name":"b","to_tier_level":2,"triggered_by":"x","note":"Zoë"}}`
	otherOL    = "whsec_00000000084c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	hookURL    = "https://hooks.example.com/in"
)

var signedAt = time.Unix(1_770_000_000, 0)

func olConfig(change ...func(*openloyalty.Config)) openloyalty.Config {
	config := openloyalty.Config{Secrets: []string{openloyaltySecret}, Options: clock(signedAt)}
	for _, f := range change {
		f(&config)
	}
	return config
}

func mamboConfig(change ...func(*mambo.Config)) mambo.Config {
	config := mambo.Config{Secrets: []string{mamboSecret}, EventHeader: mamboEvent, Options: clock(signedAt)}
	for _, f := range change {
		f(&config)
	}
	return config
}

// olRow is a row of Open Loyalty, with the configuration of the receiver.
func olRow(name, code, setting string, change func(*http.Request, []byte) []byte, config ...func(*openloyalty.Config)) explained {
	return explained{
		name: "openloyalty: " + name, code: code, setting: setting, change: change,
		sign: func(r *http.Request, body []byte) error { return openloyalty.Sign(olConfig(), r, body) },
		explain: func(r *http.Request, body []byte) []envelope.Cause {
			return openloyalty.Explain(olConfig(config...), r, body)
		},
	}
}

func mamboRow(name, code, setting string, change func(*http.Request, []byte) []byte, config ...func(*mambo.Config)) explained {
	return explained{
		name: "mambo: " + name, code: code, setting: setting, change: change,
		sign: func(r *http.Request, body []byte) error {
			r.Header.Set(mamboEvent, "UserCreated")
			return mambo.Sign(mamboConfig(), r, body)
		},
		explain: func(r *http.Request, body []byte) []envelope.Cause {
			return mambo.Explain(mamboConfig(config...), r, body)
		},
	}
}

func masivoRow(name, code, setting string, change func(*http.Request, []byte) []byte, config ...func(*masivo.Config)) explained {
	made := masivo.Config{Secrets: []string{masivoSecret}}
	for _, f := range config {
		f(&made)
	}
	return explained{
		name: "masivo: " + name, code: code, setting: setting, change: change,
		sign: func(r *http.Request, _ []byte) error {
			return masivo.Sign(masivo.Config{Secrets: []string{masivoSecret}}, r, nil)
		},
		explain: func(r *http.Request, body []byte) []envelope.Cause { return masivo.Explain(made, r, body) },
	}
}

func ambassifyRow(name, code, setting string, change func(*http.Request, []byte) []byte) explained {
	return explained{
		name: "ambassify: " + name, code: code, setting: setting, change: change,
		sign: func(r *http.Request, _ []byte) error {
			return ambassify.Sign(ambassify.Config{Secrets: []string{ambassifySecret}}, r, nil)
		},
		explain: func(r *http.Request, body []byte) []envelope.Cause {
			return ambassify.Explain(ambassify.Config{Secrets: []string{ambassifySecret}}, r, body)
		},
	}
}

func likely(e explained) explained { e.likely = true; return e }

func with(also string, e explained) explained { e.also = also; return e }

// signedBy has another sender than the row's.
func signedBy(sign func(*http.Request, []byte) error, e explained) explained {
	e.sign = sign
	return e
}

// asIs changes nothing: the configuration is mistaken.
func asIs(_ *http.Request, body []byte) []byte { return body }

// header sets a header, or removes it.
func header(name string, values ...string) func(*http.Request, []byte) []byte {
	return func(r *http.Request, body []byte) []byte {
		r.Header[http.CanonicalHeaderKey(name)] = values
		return body
	}
}

// rewritten changes the body.
func rewritten(f func([]byte) []byte) func(*http.Request, []byte) []byte {
	return func(_ *http.Request, body []byte) []byte { return f(body) }
}

func replaced(old, by string) func(*http.Request, []byte) []byte {
	return rewritten(func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(by)) })
}

func reencodedByGo(body []byte) []byte {
	var value any
	_ = json.Unmarshal(body, &value)
	text, _ := json.Marshal(value)
	return text
}

func htmlEscaped(body []byte) []byte {
	var escaped bytes.Buffer
	json.HTMLEscape(&escaped, body)
	return escaped.Bytes()
}

func gzipped(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

func lambda(body []byte) []byte {
	text, _ := json.Marshal(map[string]any{"version": "2.0", "rawPath": "/in", "body": string(body), "isBase64Encoded": false})
	return text
}

func atHost(host string, headers ...string) func(*http.Request, []byte) []byte {
	return func(r *http.Request, body []byte) []byte {
		r.Host = host
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return body
	}
}

func atPath(path string, headers ...string) func(*http.Request, []byte) []byte {
	return func(r *http.Request, body []byte) []byte {
		r.RequestURI, r.URL.Path = path, path
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return body
	}
}

func query(query string) func(*http.Request, []byte) []byte {
	return func(r *http.Request, body []byte) []byte { r.URL.RawQuery = query; return body }
}

// mamboBy signs as a sender does of which nobody has told.
func mamboBy(separator, format string) func(r *http.Request, body []byte) error {
	return func(r *http.Request, body []byte) error {
		timestamp := strconv.FormatInt(signedAt.Unix(), 10)
		mac := hmac.New(sha256.New, []byte(mamboSecret))
		mac.Write([]byte(timestamp + separator + string(body)))
		r.Header.Set(mamboEvent, "UserCreated")
		r.Header.Set(mambo.SignatureHeader, fmt.Sprintf(format, timestamp, mac.Sum(nil)))
		return nil
	}
}

// olBy signs with another timestamp than Unix seconds.
func olBy(timestamp string) func(r *http.Request, body []byte) error {
	return func(r *http.Request, body []byte) error {
		mac := hmac.New(sha256.New, []byte(strings.TrimPrefix(openloyaltySecret, "whsec_")))
		fmt.Fprintf(mac, "POST\n%d:%s\n%d:%s\n%x\n%s\nid-1", len(r.Host), r.Host, len(r.URL.Path), r.URL.Path, sha256.Sum256(body), timestamp)
		r.Header.Set(openloyalty.SignatureHeader, hex.EncodeToString(mac.Sum(nil)))
		r.Header.Set(openloyalty.TimestampHeader, timestamp)
		r.Header.Set(openloyalty.RequestIDHeader, "id-1")
		return nil
	}
}

func inBase64(r *http.Request, body []byte) []byte {
	sum, _ := hex.DecodeString(r.Header.Get(openloyalty.SignatureHeader))
	r.Header.Set(openloyalty.SignatureHeader, base64.StdEncoding.EncodeToString(sum))
	return body
}

func mamboNames(c *mambo.Config) { c.EventHeader, c.EventPathValue = "", "event" }

// causesTried are the 33 causes of the list that was tried on a receiver, by their numbers.
func causesTried() []explained {
	return []explained{
		likely(olRow("1 wrong secret", "secret", "", asIs, func(c *openloyalty.Config) { c.Secrets = []string{otherOL} })),
		likely(mamboRow("1 wrong secret", "secret", "", asIs, func(c *mambo.Config) { c.Secrets = []string{"other"} })),
		likely(masivoRow("1 wrong secret", "secret", "", asIs, func(c *masivo.Config) { c.Secrets = []string{"other"} })),
		mamboRow("2 line feed at the end of the secret", "", "", asIs, func(c *mambo.Config) { c.Secrets = []string{mamboSecret + "\n"} }),
		mamboRow("2 quotes around the secret", "secret_quotes", "", asIs, func(c *mambo.Config) { c.Secrets = []string{`"` + mamboSecret + `"`} }),
		likely(olRow("3 body parsed into a map and written again", "body_reencoded", "", rewritten(reencodedByGo))),
		olRow("3 body escaped for HTML", "body_reencoded", "", rewritten(htmlEscaped)),
		olRow("4 proxy changed Host", "host", `PublicURL: "https://hooks.example.com/in"`, atHost("app:8080", "X-Forwarded-Host", "hooks.example.com")),
		likely(olRow("4 proxy changed Host and tells nothing", "host", "PublicURL", atHost("app:8080", "X-Forwarded-For", "192.0.2.1"))),
		olRow("5 proxy stripped a path prefix", "path", `PublicURL: "https://hooks.example.com/in"`, atPath("/", "X-Forwarded-Prefix", "/in")),
		olRow("6 clock behind", "clock", "Tolerance: 11 * time.Minute", asIs, func(c *openloyalty.Config) { c.Options = clock(signedAt.Add(-10 * time.Minute)) }),
		mamboRow("6 clock ahead", "clock", "Tolerance: 11 * time.Minute", asIs, func(c *mambo.Config) { c.Options = clock(signedAt.Add(10 * time.Minute)) }),
		olRow("7 either key", "", "", asIs),
		olRow("7 key as hex", "key_encoding", "KeyEncoding: openloyalty.KeyText", asIs, func(c *openloyalty.Config) { c.KeyEncoding = openloyalty.KeyHex }),
		signedBy(mamboBy(":", "t=%s,v1=%x"), mamboRow("8 separator", "separator", `Separators: []string{":"}`, asIs)),
		mamboRow("9 another header", "signature_header", `SignatureHeader: "X-Hook-Signature"`, func(r *http.Request, body []byte) []byte {
			r.Header.Set("X-Hook-Signature", r.Header.Get(mambo.SignatureHeader))
			r.Header.Del(mambo.SignatureHeader)
			return body
		}),
		likely(olRow("9 signing switched off", "not_signed", "", func(r *http.Request, body []byte) []byte {
			for _, name := range []string{openloyalty.SignatureHeader, openloyalty.TimestampHeader, openloyalty.RequestIDHeader, openloyalty.AlgorithmHeader, openloyalty.VersionHeader} {
				r.Header.Del(name)
			}
			return body
		})),
		olRow("10 base64 body", "body_base64", "", rewritten(func(body []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(body)) })),
		masivoRow("10 base64 body", "body_base64", "", rewritten(func(body []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(body)) })),
		olRow("11 gzip body", "body_compressed", "", func(r *http.Request, body []byte) []byte {
			r.Header.Set("Content-Encoding", "gzip")
			return gzipped(body)
		}),
		olRow("11 gzip body without its header", "body_compressed", "", rewritten(gzipped)),
		masivoRow("12 a middleware has read the body", "body_read", "", func(r *http.Request, body []byte) []byte { r.ContentLength = int64(len(body)); return nil }),
		olRow("13 timestamp twice", "header_twice", "", func(r *http.Request, body []byte) []byte {
			r.Header.Add(openloyalty.TimestampHeader, r.Header.Get(openloyalty.TimestampHeader))
			return body
		}),
		olRow("14 sha256= before the digest", "digest_prefix", "", func(r *http.Request, body []byte) []byte {
			r.Header.Set(openloyalty.SignatureHeader, "sha256="+r.Header.Get(openloyalty.SignatureHeader))
			return body
		}),
		signedBy(olBy("1770000000000"), olRow("15 timestamp in milliseconds", "timestamp_format", "", asIs)),
		masivoRow("16 byte order mark", "", "", rewritten(func(body []byte) []byte { return append([]byte("\uFEFF"), body...) })),
		masivoRow("17 Latin-1", "", "", replaced("Zoë", "Zo\xeb")),
		masivoRow("18 token for secret", "secret_place", `SecretFrom: envelope.FromQuery("token")`, func(r *http.Request, body []byte) []byte {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "secret=", "token=", 1)
			return body
		}),
		masivoRow("19 plus of a base64 secret", "", "", query("secret="+masivoSecret)),
		ambassifyRow("20 text/plain", "media_type", "", header("Content-Type", "text/plain")),
		mamboRow("21 blank line", "", "", asIs),
		mamboRow("22 typing error in the URL", "event_path", "", func(r *http.Request, body []byte) []byte {
			r.SetPathValue("event", "UserCraeted")
			r.Header.Del(mamboEvent)
			return body
		}, mamboNames),
		masivoRow("23 another user", "secret_place", `SecretFrom: envelope.FromBasicAuth("hooks")`, func(r *http.Request, body []byte) []byte {
			r.SetBasicAuth("hooks", masivoSecret)
			r.URL.RawQuery = ""
			return body
		}, func(c *masivo.Config) { c.SecretFrom = envelope.FromBasicAuth("masivo") }),
		masivoRow("24 identity missing", "identity_missing", "Validation", replaced(`"customer_id":"C-1",`, "")),
		masivoRow("25 list", "body_list", "", rewritten(func(body []byte) []byte { return slices.Concat([]byte("["), body, []byte("]")) })),
		masivoRow("26 cut off", "body_cut", "", rewritten(func(body []byte) []byte { return body[:len(body)-9] })),
		masivoRow("27 a member twice", "json_twice", "", replaced(`"event":"TIER_UPGRADE",`, `"event":"TIER_UPGRADE","event":"TIER_UPGRADE",`)),
		masivoRow("28 empty body", "body_empty", "", rewritten(func([]byte) []byte { return nil })),
		olRow("29 digest in base64", "digest_format", "", inBase64),
		olRow("30 Host in another case", "", "", atHost("HOOKS.example.com")),
		likely(mamboRow("31 digest not hex", "signature_syntax", "", header(mambo.SignatureHeader, "t=1770000000,v1=zz11"))),
		olRow("32 Lambda event", "body_wrapped", "", rewritten(lambda)),
		masivoRow("33 GET", "method", "", func(r *http.Request, body []byte) []byte { r.Method = http.MethodGet; return body }),
	}
}

// more are others that the guides name, and pairs.
func more() []explained {
	return []explained{
		olRow("host and prefix", "host_and_path", `PublicURL: "https://hooks.example.com/in"`, func(r *http.Request, body []byte) []byte {
			atHost("app", "X-Forwarded-Host", "hooks.example.com")(r, body)
			return atPath("/", "X-Forwarded-Prefix", "/in")(r, body)
		}),
		olRow("host and port", "host", `PublicURL: "https://hooks.example.com/in"`, atHost("hooks.example.com:8443")),
		olRow("host in Forwarded", "host", `PublicURL: "https://hooks.example.com/in"`, atHost("app", "Forwarded", `for=192.0.2.1;host="hooks.example.com";proto=https`)),
		olRow("host in X-Original-Host", "host", `PublicURL: "https://hooks.example.com/in"`, atHost("app", "X-Original-Host", "hooks.example.com")),
		olRow("wrong public URL", "host", `PublicURL: "https://hooks.example.com/in"`, asIs, func(c *openloyalty.Config) { c.PublicURL = "https://other.example.com/in" }),
		olRow("slash at the end", "path", `PublicURL: "https://hooks.example.com/in"`, atPath("/in/")),
		with("host", signedBy(func(r *http.Request, body []byte) error {
			return openloyalty.Sign(olConfig(func(c *openloyalty.Config) { c.KeyEncoding = openloyalty.KeyHex }), r, body)
		}, olRow("host and key", "key_encoding", "KeyHex", atHost("app", "X-Forwarded-Host", "hooks.example.com"), func(c *openloyalty.Config) { c.KeyEncoding = openloyalty.KeyText }))),
		olRow("request id of a proxy", "request_id", "", header(openloyalty.RequestIDHeader, "proxy-1")),
		olRow("indented", "body_reencoded", "", rewritten(func(body []byte) []byte {
			var b bytes.Buffer
			_ = json.Indent(&b, body, "", "  ")
			return b.Bytes()
		})),
		olRow("line feed added", "body_blanks", "", rewritten(func(body []byte) []byte { return append(bytes.Clone(body), '\n') })),
		olRow("byte order mark added", "body_bom", "", rewritten(func(body []byte) []byte { return append([]byte("\uFEFF"), body...) })),
		olRow("SNS", "body_wrapped", "", rewritten(func(body []byte) []byte {
			text, _ := json.Marshal(map[string]string{"Type": "Notification", "Message": string(body)})
			return text
		})),
		olRow("SNS in SQS", "body_wrapped", "", rewritten(func(body []byte) []byte {
			inner, _ := json.Marshal(map[string]string{"Type": "Notification", "Message": string(body)})
			text, _ := json.Marshal(map[string]any{"Records": []any{map[string]string{"body": string(inner)}}})
			return text
		})),
		olRow("Pub/Sub", "body_wrapped", "", rewritten(func(body []byte) []byte {
			text, _ := json.Marshal(map[string]any{"message": map[string]any{"data": body, "messageId": "1"}, "subscription": "s"})
			return text
		})),
		olRow("Lambda in base64", "body_wrapped", "", rewritten(func(body []byte) []byte {
			text, _ := json.Marshal(map[string]any{"body": base64.StdEncoding.EncodeToString(body), "isBase64Encoded": true})
			return text
		})),
		olRow("clock and host", "host", "", atHost("app", "X-Forwarded-Host", "hooks.example.com"), func(c *openloyalty.Config) { c.Options = clock(signedAt.Add(time.Hour)) }),
		likely(olRow("SHA-1", "algorithm", "", header(openloyalty.SignatureHeader, strings.Repeat("ab", 20)))),
		olRow("two slashes", "path", `PublicURL: "https://hooks.example.com/in"`, atPath("//in")),
		olRow("www", "host", `PublicURL: "https://hooks.example.com/in"`, atHost("www.hooks.example.com")),
		olRow("signature twice", "header_twice", "", func(r *http.Request, body []byte) []byte {
			r.Header.Add(openloyalty.SignatureHeader, "0")
			return body
		}),
		signedBy(olBy("2026-02-02T02:40:00Z"), olRow("timestamp as text", "timestamp_format", "", asIs)),
		signedBy(mamboBy("|", "t=%s,v1=%X"), mamboRow("separator", "separator", `Separators: []string{"|"}`, asIs)),
		mamboRow("secret in hex", "secret_encoding", "", asIs, func(c *mambo.Config) { c.Secrets = []string{hex.EncodeToString([]byte(mamboSecret))} }),
		mamboRow("secret in base64", "secret_encoding", "", asIs, func(c *mambo.Config) { c.Secrets = []string{base64.StdEncoding.EncodeToString([]byte(mamboSecret))} }),
		mamboRow("whsec_ in front", "secret_prefix", "", asIs, func(c *mambo.Config) { c.Secrets = []string{"whsec_" + mamboSecret} }),
		mamboRow("line of an environment file", "secret_quotes", "", asIs, func(c *mambo.Config) { c.Secrets = []string{"MAMBO_SECRET=" + mamboSecret} }),
		likely(mamboRow("event in a header", "event_header", `EventHeader: "X-Mambo-Kind"`, func(r *http.Request, body []byte) []byte {
			r.Header.Del(mamboEvent)
			r.Header.Set("X-Mambo-Kind", "UserCreated")
			return body
		}, func(c *mambo.Config) { c.EventHeader = "" })),
		masivoRow("secret in a header", "secret_place", `SecretFrom: envelope.FromHeader("X-Api-Key")`, func(r *http.Request, body []byte) []byte {
			r.URL.RawQuery = ""
			r.Header.Set("X-Api-Key", masivoSecret)
			return body
		}),
		masivoRow("bearer token", "secret_escaped", "", func(r *http.Request, body []byte) []byte {
			r.URL.RawQuery = ""
			r.Header.Set("X-Api-Key", "Bearer "+masivoSecret)
			return body
		}, func(c *masivo.Config) { c.SecretFrom = envelope.FromHeader("X-Api-Key") }),
		likely(masivoRow("no secret", "secret_missing", "", query(""))),
		masivoRow("pattern without the wildcard", "secret_pattern", "", func(r *http.Request, body []byte) []byte {
			r.URL.Path, r.URL.RawQuery = "/in/"+ambassifySecret, ""
			return body
		}, func(c *masivo.Config) {
			c.SecretFrom, c.Secrets = envelope.FromPathValue("secret"), []string{ambassifySecret}
		}),
		likely(masivoRow("secret twice", "secret_twice", "", query("secret=a&secret=b"))),
		masivoRow("HTML", "body_html", "", rewritten(func([]byte) []byte { return []byte("<html><body>502</body></html>") })),
		masivoRow("form", "body_form", "", rewritten(func([]byte) []byte { return []byte("event=TIER_UPGRADE&data=1") })),
		masivoRow("UTF-16", "body_utf16", "", rewritten(func([]byte) []byte { return []byte("\xff\xfe{\x00}\x00") })),
		masivoRow("two deliveries", "json_behind", "", rewritten(func(body []byte) []byte { return append(bytes.Clone(body), body...) })),
		masivoRow("single quotes", "json_quotes", "", replaced(`"`, `'`)),
		masivoRow("JSON in a text", "body_wrapped", "", rewritten(func(body []byte) []byte { text, _ := json.Marshal(string(body)); return text })),
		masivoRow("wrong type", "identity_type", "", replaced(`"customer_id":"C-1"`, `"customer_id":["C-1"]`)),
		masivoRow("too large", "too_large", "MaxBody", asIs, func(c *masivo.Config) { c.MaxBody = 8 }),
		masivoRow("too deep", "json_depth", "MaxDepth", asIs, func(c *masivo.Config) { c.MaxDepth = 1 }),
		ambassifyRow("index of a list", "form_index", "", func(r *http.Request, _ []byte) []byte {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return []byte("event[name]=created&event[resource]=person&person_id=7&person[groups][99999]=1")
		}),
	}
}

func TestExplain(t *testing.T) {
	rows := causesTried()
	rows = append(rows, more()...)
	for _, e := range rows {
		t.Run(e.name, func(t *testing.T) { e.test(t) })
	}
}

func (e explained) test(t *testing.T) {
	t.Helper()
	body := []byte(map[string]string{
		"openloyalty": olBody, "mambo": mamboUser,
		"masivo":    masivoTier,
		"ambassify": string(ambassifyBody),
	}[strings.SplitN(e.name, ":", 2)[0]])
	r := httptest.NewRequest(http.MethodPost, hookURL, nil)
	r.Header.Set("Content-Type", "application/json")
	r.URL.Host = "" // As of a server.
	if strings.Contains(e.name, "blank line") {
		body = append([]byte("\n"), body...)
	}
	if err := e.sign(r, body); err != nil {
		t.Fatal(err)
	}
	r.RequestURI = "/in"
	body = e.change(r, body)
	causes := e.explain(r, body)
	for _, c := range causes {
		t.Logf("%+v", c)
		for _, secret := range []string{masivoSecret, ambassifySecret, mamboSecret, openloyaltySecret, otherOL, "Zoë", "C-1"} {
			if strings.Contains(c.Text+c.Setting, secret) {
				t.Errorf("%s quotes a secret or the body", c.Code)
			}
		}
	}
	switch {
	case e.code == "" && len(causes) == 0:
	case e.code == "" || len(causes) == 0 || causes[0].Code != e.code:
		t.Errorf("the first cause is not %q", e.code)
	case causes[0].Certain == e.likely:
		t.Errorf("certain: %v", causes[0].Certain)
	case !strings.Contains(causes[0].Setting, e.setting):
		t.Errorf("the setting is %q, not %q", causes[0].Setting, e.setting)
	case e.also != "" && !slices.ContainsFunc(causes, func(c envelope.Cause) bool { return c.Code == e.also }):
		t.Errorf("no cause %q", e.also)
	}
}

// TestExplainForgeries: whatever somebody signs who lacks the secret, no cause is certain,
// and one says that the secret or the body is not the provider's. LOYALTYHOOKS_SOAK tries
// 100,000.
func TestExplainForgeries(t *testing.T) {
	n := 2_000
	if os.Getenv("LOYALTYHOOKS_SOAK") != "" {
		n = 100_000
	}
	random := rand.New(rand.NewPCG(19, 2026))
	rows := []explained{
		olRow("", "", "", asIs), mamboRow("", "", "", asIs), masivoRow("", "", "", asIs), ambassifyRow("", "", "", asIs),
		masivoRow("", "", "", asIs, func(c *masivo.Config) { c.SecretFrom = envelope.FromBasicAuth("hooks") }),
		olRow("", "", "", asIs, func(c *openloyalty.Config) {
			c.PublicURL, c.KeyEncoding = "https://a.example.com/x", openloyalty.KeyHex
		}),
	}
	for i := range n {
		row := rows[i%len(rows)]
		r, body := forgery(random)
		causes := row.explain(r, body)
		named := false
		for _, c := range causes {
			named = named || slices.Contains([]string{"secret", "secret_missing", "secret_twice"}, c.Code)
			if c.Certain {
				t.Fatalf("%s: certain: %+v\n%v\n%s", row.name, c, r, body)
			}
		}
		if !named {
			t.Fatalf("%s: neither secret nor body is named: %+v\n%v\n%s", row.name, causes, r, body)
		}
	}
	t.Logf("%d forgeries", n)
}

// forgery is a delivery that is signed with a secret that nobody has configured, of any
// provider or of all, as a proxy may have passed it on.
func forgery(random *rand.Rand) (*http.Request, []byte) {
	bodies := []string{olBody, mamboUser, string(masivoBody), string(ambassifyBody), "", "[]", "{", "<html>", "event=1", randomHex(random, 64), "\x1f\x8b"}
	body := []byte(bodies[random.IntN(len(bodies))])
	secret := randomHex(random, 64)
	query := ""
	if random.IntN(2) == 0 {
		query = "?secret=" + secret
	}
	r := httptest.NewRequest(http.MethodPost, hookURL+query, nil)
	r.Header.Set("Content-Type", "application/json")
	_ = openloyalty.Sign(openloyalty.Config{Secrets: []string{secret}, Options: clock(signedAt)}, r, body)
	_ = mambo.Sign(mambo.Config{Secrets: []string{secret}, Options: clock(signedAt.Add(time.Duration(random.IntN(1000)) * time.Second))}, r, body)
	if random.IntN(2) == 0 {
		r.SetBasicAuth([]string{"hooks", "masivo"}[random.IntN(2)], secret)
	}
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Prefix", "X-Hub-Signature-256", "X-Timestamp", "Forwarded", "X-Request-Id"} {
		values := []string{"hooks.example.com", "/in", "sha256=" + randomHex(random, 64), strconv.FormatInt(random.Int64N(2e9), 10), "host=a.example.com"}
		if random.IntN(3) == 0 {
			r.Header.Add(name, values[random.IntN(len(values))])
		}
	}
	for _, name := range []string{openloyalty.SignatureHeader, mambo.SignatureHeader, openloyalty.TimestampHeader} {
		if random.IntN(8) == 0 {
			r.Header.Add(name, r.Header.Get(name))
		}
	}
	if random.IntN(4) == 0 {
		body = []byte(base64.StdEncoding.EncodeToString(body))
	}
	return r, body
}

// BenchmarkExplain is what a delivery costs that nothing fits: it must stay below 2 ms for
// 4 KB and 60 ms for 1 MiB.
func BenchmarkExplain(b *testing.B) {
	for _, size := range []int{4 << 10, 1 << 20} {
		sparse := `{"eventName":"CustomerRegistered","data":{"customer":{"customerId":"1","note":"` + strings.Repeat("x", size-100) + `"}}}`
		dense := `{"eventName":"CustomerRegistered","data":{"list":[` + strings.Repeat(`{"b":1,"a":"é"},`, (size-100)/17) + `0]}}`
		for kind, text := range map[string]string{"sparse": sparse, "dense": dense} {
			for _, row := range []explained{olRow("", "", "", asIs), mamboRow("", "", "", asIs)} {
				b.Run(fmt.Sprintf("%s%d/%s", row.name, len(text)>>10, kind), func(b *testing.B) {
					r := httptest.NewRequest(http.MethodPost, hookURL, nil)
					_ = openloyalty.Sign(openloyalty.Config{Secrets: []string{otherOL}, Options: clock(signedAt)}, r, []byte(text))
					_ = mambo.Sign(mambo.Config{Secrets: []string{otherOL}, Options: clock(signedAt)}, r, []byte(text))
					r.Header.Set("X-Forwarded-Host", "hooks.example.net")
					for b.Loop() {
						if len(row.explain(r, []byte(text))) == 0 {
							b.Fatal("no cause")
						}
					}
				})
			}
		}
	}
}
