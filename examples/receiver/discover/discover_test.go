package discover

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

const secret = "S3cret.marked+secret/1="

var now = time.Unix(1_770_000_000, 0)

// mamboSender is one of the ways in which Mambo may send.
type mamboSender struct {
	event     string // header, body, path, nowhere
	syntax    string // of the signature's header
	separator string
	unit      func(time.Time) int64
	header    string
}

func (s mamboSender) send(event string, payload []byte, key string, at time.Time) Delivery {
	path, body := "/hooks", payload
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	switch s.event {
	case "header":
		r.Header.Set("X-Mambo-Kind", event)
	case "body":
		body = fmt.Appendf(nil, `{"event":%q,"data":%s}`, event, payload)
	case "path":
		path += "/" + event
	}
	r.URL.Path, r.RequestURI, r.Host = path, path, "hooks.example.com"
	timestamp := strconv.FormatInt(s.unit(at), 10)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(timestamp + s.separator))
	mac.Write(body)
	r.Header.Set(s.header, fmt.Sprintf(s.syntax, timestamp, mac.Sum(nil)))
	r.Header.Set("Content-Type", "application/json")
	return Delivery{r, body, at}
}

// mamboSenders are all combinations.
func mamboSenders() (all []mamboSender) {
	for _, event := range []string{"header", "body", "path", "nowhere"} {
		for _, syntax := range []string{"t=%s,v1=%x", "%s.%x", "timestamp=%s; signature=%X", "%s %x"} {
			for _, separator := range []string{"", ".", ":"} {
				all = append(all,
					mamboSender{event, syntax, separator, time.Time.Unix, mambo.SignatureHeader},
					mamboSender{event, syntax, separator, time.Time.UnixMilli, "X-Hook-Signature"})
			}
		}
	}
	return all
}

// TestMambo: whatever of 96 ways Mambo sends in, the Config that is printed accepts its next
// delivery, under the event's name where there is one, and refuses a forged one.
func TestMambo(t *testing.T) {
	payload, err := envelopetest.Find(mambo.Name, mambo.UserCreated.Name(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	senders := mamboSenders()
	if len(senders) != 96 {
		t.Fatalf("%d senders", len(senders))
	}
	for _, s := range senders {
		t.Run(fmt.Sprintf("%s %s %q %s", s.event, s.syntax, s.separator, s.header), func(t *testing.T) {
			learner := mamboLearner{[]string{secret}}
			silent := s
			silent.event = "nowhere"
			ping := silent.send("Ping", []byte(`{"message":"ping"}`), secret, now)
			_, finding := learner.config([]Delivery{ping})
			if finding.Proved != 1 || len(finding.Open) == 0 || !strings.Contains(finding.Open[0], "only Pings came") {
				t.Errorf("after a Ping: %+v", finding)
			}
			first := s.send("UserCreated", payload.Body, secret, now.Add(time.Minute))
			config, _ := learner.config([]Delivery{ping, first})
			finding = learner.finding([]Delivery{ping, first})
			if finding.Proved != 2 {
				t.Fatalf("proved %d: %+v", finding.Proved, finding)
			}
			sameConfig(t, finding.Config, config)
			s.check(t, config, payload.Body, finding)
		})
	}
}

func (s mamboSender) check(t *testing.T, config mambo.Config, payload []byte, finding Finding) {
	t.Helper()
	at := now.Add(time.Hour)
	config.Now = func() time.Time { return at }
	event := "none"
	h, err := mambo.NewHandler(config,
		mambo.UserCreated.Handle(func(_ context.Context, d *mambo.Delivery[mambo.User]) error { event = d.Event; return nil }),
		mambo.Fallback(func(_ context.Context, d *mambo.Delivery[json.RawMessage]) error { event = d.Event; return nil }))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /hooks", h)
	mux.Handle("POST /hooks/{event}", h)
	deliver := func(d Delivery) int {
		w := httptest.NewRecorder()
		d.Request.Body, d.Request.ContentLength = io.NopCloser(bytes.NewReader(d.Body)), int64(len(d.Body))
		mux.ServeHTTP(w, d.Request)
		return w.Code
	}
	want := "UserCreated"
	if s.event == "nowhere" {
		want = ""
		if !strings.Contains(strings.Join(finding.Open, "\n"), "where the name of an event is") {
			t.Errorf("open: %v", finding.Open)
		}
	} else if len(finding.Open) > 0 {
		t.Errorf("open: %v", finding.Open)
	}
	if status := deliver(s.send("UserCreated", payload, secret, at)); status != http.StatusOK || event != want {
		t.Errorf("status %d, event %q", status, event)
	}
	if status := deliver(s.send("UserCreated", payload, "another", at)); status != http.StatusUnauthorized {
		t.Errorf("a forged one: status %d", status)
	}
}

// sameConfig compares the printed Config with the one that was tried.
func sameConfig(t *testing.T, source string, config any) {
	t.Helper()
	expression, err := parser.ParseExpr(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	value := reflect.ValueOf(config)
	printed := map[string]bool{}
	for _, element := range expression.(*ast.CompositeLit).Elts {
		pair := element.(*ast.KeyValueExpr)
		name := pair.Key.(*ast.Ident).Name
		printed[name] = true
		var got any
		switch v := pair.Value.(type) {
		case *ast.BasicLit:
			got, _ = strconv.Unquote(v.Value)
		case *ast.SelectorExpr:
			got = map[string]openloyalty.KeyEncoding{"KeyText": openloyalty.KeyText, "KeyHex": openloyalty.KeyHex}[v.Sel.Name]
		case *ast.CompositeLit:
			list := []string{}
			for _, e := range v.Elts {
				if literal, ok := e.(*ast.BasicLit); ok {
					text, _ := strconv.Unquote(literal.Value)
					list = append(list, text)
				}
			}
			if got = list; name == "Secrets" {
				continue
			}
		}
		if field := value.FieldByName(name); !field.IsValid() || !reflect.DeepEqual(field.Interface(), got) {
			t.Errorf("%s is printed as %v", name, got)
		}
	}
	for field := range value.Type().Fields() {
		if !field.Anonymous && !value.FieldByIndex(field.Index).IsZero() && !printed[field.Name] {
			t.Errorf("%s is not printed in %s", field.Name, source)
		}
	}
}

// TestMamboUnknown: what no setting accepts is said, with what was found.
func TestMamboUnknown(t *testing.T) {
	body := []byte(`{"message":"ping"}`)
	sum := func(text string) []byte {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	for name, test := range map[string]struct {
		header map[string]string
		open   string
	}{
		"body alone":    {map[string]string{mambo.SignatureHeader: "t=" + stamp + ",v1=" + hex.EncodeToString(sum(string(body)))}, "The body alone is signed"},
		"body first":    {map[string]string{mambo.SignatureHeader: "t=" + stamp + ",v1=" + hex.EncodeToString(sum(string(body)+stamp))}, "The time is signed after the body"},
		"base64":        {map[string]string{mambo.SignatureHeader: "t=" + stamp + ",v1=" + base64.StdEncoding.EncodeToString(sum(stamp+string(body)))}, "is in base64"},
		"another time":  {map[string]string{mambo.SignatureHeader: hex.EncodeToString(sum(stamp + string(body))), "X-Mambo-Timestamp": stamp}, "The signed time is in X-Mambo-Timestamp"},
		"another key":   {map[string]string{mambo.SignatureHeader: "t=" + stamp + ",v1=" + strings.Repeat("ab", 32)}, "not proved, perhaps secret"},
		"no signature":  {nil, "not proved, perhaps not_signed"},
		"an old moment": {map[string]string{mambo.SignatureHeader: "t=1769000000,v1=" + hex.EncodeToString(sum("1769000000"+string(body)))}, "before the time of this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/in", nil)
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			finding := mamboLearner{[]string{secret}}.finding([]Delivery{{r, body, now}})
			if !strings.Contains(strings.Join(finding.Open, "\n"), test.open) {
				t.Errorf("open: %q", finding.Open)
			}
			if isProved := finding.Proved == 1; isProved != (name == "an old moment") || strings.Contains(finding.Config, "No signature is proved") == isProved {
				t.Errorf("proved %d: %s", finding.Proved, finding.Config)
			}
		})
	}
}

// TestOpenLoyalty: both readings of the key, behind a proxy that changes host and path, or
// none.
func TestOpenLoyalty(t *testing.T) {
	key := "whsec_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	golden, err := envelopetest.Find(openloyalty.Name, "CustomerUpdated", "", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*http.Request){
		"seen as signed": func(*http.Request) {},
		"another host":   func(r *http.Request) { r.Host = "app:8080"; r.Header.Set("X-Forwarded-Host", "hooks.example.com") },
		"a stripped prefix": func(r *http.Request) {
			r.RequestURI, r.URL.Path = "/in", "/in"
			r.Header.Set("X-Forwarded-Prefix", "/ol")
		},
		"another host and no": func(r *http.Request) {
			r.Host = "app:8080"
			r.RequestURI, r.URL.Path = "/in", "/in"
			r.Header.Set("Forwarded", "host=hooks.example.com")
			r.Header.Set("X-Forwarded-Prefix", "/ol")
		},
	} {
		for _, encoding := range []openloyalty.KeyEncoding{openloyalty.KeyText, openloyalty.KeyHex} {
			t.Run(fmt.Sprint(name, encoding), func(t *testing.T) {
				send := func(at time.Time, secret string) Delivery {
					r := httptest.NewRequest(http.MethodPost, "https://hooks.example.com/ol/in", nil)
					r.URL.Scheme, r.URL.Host = "", ""
					r.RequestURI = "/ol/in"
					config := openloyalty.Config{Secrets: []string{secret}, KeyEncoding: encoding, Options: envelope.Options{Now: func() time.Time { return at }}}
					if err := openloyalty.Sign(config, r, golden.Body); err != nil {
						t.Fatal(err)
					}
					change(r)
					return Delivery{r, golden.Body, at}
				}
				learner := openLoyaltyLearner{[]string{key}}
				came := []Delivery{send(now, key), send(now.Add(time.Minute), key)}
				config, _ := learner.config(came)
				finding := learner.finding(came)
				if finding.Proved != 2 || len(finding.Open) > 0 {
					t.Fatalf("%+v", finding)
				}
				sameConfig(t, finding.Config, config)
				later := now.Add(time.Hour)
				config.Now = func() time.Time { return later }
				for secret, want := range map[string]bool{key: true, "whsec_" + strings.Repeat("00", 32): false} {
					d := send(later, secret)
					if accepted := len(openloyalty.Explain(config, d.Request, d.Body)) == 0; accepted != want {
						t.Errorf("accepted %t, want %t", accepted, want)
					}
				}
			})
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/in", nil)
	finding := openLoyaltyLearner{[]string{key}}.finding([]Delivery{{r, golden.Body, now}})
	if finding.Proved != 0 || !strings.Contains(finding.Config, "No signature is proved") || len(finding.Open) == 0 {
		t.Errorf("unsigned: %+v", finding)
	}
}

// TestCapturesShowNothing: no marked text of a secret, a header or a body is in what is
// stored or printed, whatever the spelling.
func TestCapturesShowNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "captures")
	var out bytes.Buffer
	for _, provider := range []string{mambo.Name, openloyalty.Name} {
		d, err := New(provider, []string{"marked-secret-7"}, folder, &out)
		if err != nil {
			t.Fatal(err)
		}
		bodies := []string{
			`{"uuid":"marked-77","marked":"marked","details":{"firstName":"Märked marked","age":771177},"list":["marked",{"marked77":771177.5}],"kind":"UserCreated","note":"marked@marked.example"}`,
			`{"event":"UserCreated","data":{"uuid":"marked"}}`, `{"marked":`, `marked`, "marked=marked&a=771177", `"marked"`, `["marked"]`, "<marked>",
		}
		for _, body := range bodies {
			r := httptest.NewRequest(http.MethodPost, "/marked/hooks/UserCreated?secret=marked-secret-7&marked=marked", strings.NewReader(body))
			for name, value := range map[string]string{
				"Authorization": "Bearer marked-secret-7", "Cookie": "marked=marked", "X-Token": "marked-secret-7", "X-Mambo-Signature": "t=1770000000,marked=marked77,v1=" + strings.Repeat("ab", 32),
				"X-Signature": "märked marked-secret-7", "X-Forwarded-Host": "marked.example", "X-Timestamp": "marked 771177", "Host": "marked.example",
			} {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			d.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Errorf("status %d", w.Code)
			}
		}
	}
	files, err := filepath.Glob(folder + "/*")
	if err != nil || len(files) != 9 {
		t.Fatalf("%v %v", files, err)
	}
	all := map[string]string{"output": out.String()}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	for name, text := range all {
		for _, bad := range []string{"marked", "märked", "771177", "abab"} {
			if strings.Contains(strings.ToLower(text), bad) {
				t.Errorf("%s holds %s: %s", name, bad, text)
			}
		}
	}
	info, err := os.Stat(files[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestCapture: the form of a delivery is kept, and what it says is read back as a request.
func TestCapture(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/hooks/UserCreated", nil)
	r.Header.Set("X-Mambo-Signature", "t=1770000000,v1="+strings.Repeat("ab", 32))
	r.Header.Set("User-Agent", "Mambo/1.0")
	text := capture(Delivery{r, []byte(`{"uuid":"Abc-12","kind":"UserCreated","wallet":{"amount":12.5},"new":[true,null]}`), now})
	got, body, err := cli.ReadRequest(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"uuid":"Xxx-00","kind":"UserCreated","wallet":{"amount":11.1},"name_3":[true,null]}`; string(body) != want {
		t.Errorf("body %s", body)
	}
	if got.RequestURI != "/hooks/UserCreated" || got.Header.Get("X-Mambo-Signature") != "t=<10 digits>,v1=<64 hex>" || got.Header.Get("User-Agent") != "Mambo/1.0" || got.Header.Get(NoteHeader) == "" {
		t.Errorf("%s %v", got.RequestURI, got.Header)
	}
}
