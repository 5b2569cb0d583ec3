package inspector

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// newTest makes an inspector with a history of two deliveries: one accepted, one
// forged.
func newTest(t *testing.T) (*Inspector, *History) {
	t.Helper()
	h := NewHistory(10, 1<<20)
	h.Add(&Delivery{
		Provider: "masivo", Event: "TIER_UPGRADE", Method: http.MethodPost, Outcome: envelope.OutcomeHandled, Status: 200,
		Target: "/webhooks/masivo?secret=s3cret", Host: "127.0.0.1:8080", Header: http.Header{"Content-Type": {"application/json"}},
		Raw: []byte(`{"event":"TIER_UPGRADE","data":{}}`), Function: "TIER_UPGRADE",
	})
	h.Add(&Delivery{
		Provider: "masivo", Method: http.MethodPost, Outcome: envelope.OutcomeRefused, Status: 401,
		Err:    &envelope.Error{Kind: envelope.KindSignature, Err: envelope.ErrSignatureMismatch},
		Target: "/webhooks/masivo?secret=guess", Host: "evil.example", Raw: []byte(`<script>alert(1)</script>`),
	})
	var sentGolden envelopetest.Golden
	i := New(Config{
		History:   h,
		URL:       "http://127.0.0.1:8080",
		Providers: []Provider{{Name: "masivo", Path: "/webhooks/masivo", Secret: "s3cret", Variable: "MASIVO_WEBHOOK_SECRET"}},
		Send: func(_ context.Context, g envelopetest.Golden, forged bool) (int64, error) {
			sentGolden = g
			if sentGolden.Situation == "two-levels" {
				return 0, errors.New("no connection")
			}
			if forged {
				return 7, nil
			}
			return 6, nil
		},
		Replay: func(_ context.Context, d *Delivery, sign bool) (int64, error) {
			if sign != (d.ID == 1) {
				t.Errorf("delivery %d is replayed with sign %t", d.ID, sign)
			}
			return 9, nil
		},
	}, "run1")
	t.Cleanup(i.Close)
	return i, h
}

func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	r.Host = "127.0.0.1:8080"
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhoMaySee(t *testing.T) {
	i, _ := newTest(t)
	tests := map[string]struct {
		change func(*http.Request)
		status int
	}{
		"this machine":                {func(*http.Request) {}, 200},
		"by name":                     {func(r *http.Request) { r.Host = "localhost:8080" }, 200},
		"IPv6":                        {func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:50000", "[::1]:8080" }, 200},
		"IPv4 in IPv6":                {func(r *http.Request) { r.RemoteAddr = "[::ffff:127.0.0.1]:50000" }, 200},
		"another machine":             {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:50000" }, 403},
		"a name pointed here":         {func(r *http.Request) { r.Host = "rebound.example:8080" }, 403},
		"a name that starts like it":  {func(r *http.Request) { r.Host = "127.0.0.1.rebound.example" }, 403},
		"a tunnel":                    {func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, 403},
		"a proxy":                     {func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.7") }, 403},
		"no host":                     {func(r *http.Request) { r.Host = "" }, 403},
		"a socket without an address": {func(r *http.Request) { r.RemoteAddr = "@" }, 403},
	}
	for name, test := range tests {
		for _, target := range []string{"/", "/page/app.js", "/api/deliveries/1", "/api/deliveries/1/body", "/api/search?text=x"} {
			r := request("GET", target, "")
			test.change(r)
			if got := serve(i, r); got.Code != test.status {
				t.Errorf("%s: GET %s: %d, want %d", name, target, got.Code, test.status)
			}
		}
	}
	i.config.Anyone = true
	r := request("GET", "/", "")
	r.RemoteAddr, r.Host = "192.0.2.7:50000", "receiver.example"
	if got := serve(i, r); got.Code != http.StatusOK {
		t.Errorf("told to let anyone in: %d", got.Code)
	}
}

func TestOtherSitesCanNotSend(t *testing.T) {
	i, _ := newTest(t)
	for name, header := range map[string]http.Header{
		"new browser": {"Sec-Fetch-Site": {"cross-site"}},
		"old browser": {"Origin": {"https://evil.example"}},
	} {
		for _, target := range []string{"/api/goldens", "/api/deliveries/1/replay"} {
			r := request("POST", target, `{"provider":"masivo","event":"TIER_UPGRADE","situation":"basic"}`)
			r.Header = header
			if got := serve(i, r); got.Code != http.StatusForbidden {
				t.Errorf("%s: POST %s: %d, want 403", name, target, got.Code)
			}
		}
	}
}

func TestEveryAnswerHasPolicy(t *testing.T) {
	i, _ := newTest(t)
	for _, target := range []string{"/", "/page/style.css", "/api/deliveries/2", "/api/deliveries/2/body", "/nothing", "/api/deliveries/99"} {
		header := serve(i, request("GET", target, "")).Header()
		csp := header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("GET %s: policy %q has no %q", target, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") || strings.Contains(csp, "data:") {
			t.Errorf("GET %s: policy %q allows too much", target, csp)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s: header %v", target, header)
		}
	}
}

// The page makes no markup of text, has no code or style in its markup, and comes
// from nowhere else.
func TestPageIsStatic(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function|setHTML`)
	elsewhere := regexp.MustCompile(`(?:src|href|url|from|import)\W{1,3}(?:https?:)?//`)
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son\w+=|javascript:|<script>`)
	err := fs.WalkDir(page, "page", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(page, name)
		if found := forbidden.Find(text); found != nil {
			t.Errorf("%s uses %s", name, found)
		}
		if found := elsewhere.Find(text); found != nil {
			t.Errorf("%s loads from elsewhere: %s", name, found)
		}
		if found := inline.Find(text); strings.HasSuffix(name, ".html") && found != nil {
			t.Errorf("%s has inline %s", name, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	i, _ := newTest(t)
	for target, want := range map[string]string{
		"/":               "text/html; charset=utf-8",
		"/page/app.js":    "text/javascript; charset=utf-8",
		"/page/style.css": "text/css; charset=utf-8",
		"/page/icon.svg":  "image/svg+xml",
	} {
		got := serve(i, request("GET", target, ""))
		if got.Code != http.StatusOK || got.Header().Get("Content-Type") != want {
			t.Errorf("GET %s: %d, %s", target, got.Code, got.Header().Get("Content-Type"))
		}
	}
	for _, target := range []string{"/page/none.js", "/page/..%2finspector.go", "/other"} {
		if got := serve(i, request("GET", target, "")); got.Code != http.StatusNotFound && got.Code != http.StatusBadRequest {
			t.Errorf("GET %s: %d, want 404 or 400", target, got.Code)
		}
	}
}

// A body is a file to save, whatever it looks like.
func TestBody(t *testing.T) {
	i, _ := newTest(t)
	got := serve(i, request("GET", "/api/deliveries/2/body", ""))
	if got.Body.String() != `<script>alert(1)</script>` || got.Header().Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(got.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%v %s", got.Header(), got.Body)
	}
}

func TestSendAndReplay(t *testing.T) {
	i, h := newTest(t)
	h.Add(&Delivery{Method: http.MethodPost, Partial: true, Outcome: envelope.OutcomeRefused})
	tests := []struct {
		target, body string
		status       int
		want         string
	}{
		{"/api/goldens", `{"provider":"masivo","event":"TIER_UPGRADE","situation":"basic"}`, 200, `{"id":6}`},
		{"/api/goldens", `{"provider":"masivo","event":"TIER_UPGRADE","situation":"basic","forged":true}`, 200, `{"id":7}`},
		{"/api/goldens", `{"provider":"masivo","event":"TIER_UPGRADE","situation":"two-levels"}`, 502, "the delivery could not be sent: no connection\n"},
		{"/api/goldens", `{"provider":"masivo","event":"NOTHING","situation":"basic"}`, 404, "there is no such delivery\n"},
		{"/api/goldens", `{"provider":"mambo","event":"Ping","situation":"basic"}`, 404, "there is no such delivery\n"}, // not served here
		{"/api/goldens", `{"provider":"..","event":"../masivo"}`, 404, "there is no such delivery\n"},
		{"/api/goldens", `x`, 400, "not a golden delivery\n"},
		{"/api/goldens", `{"provider":"` + strings.Repeat("x", 1<<20) + `"}`, 400, "not a golden delivery\n"},
		{"/api/deliveries/1/replay", "", 200, `{"id":9}`},
		{"/api/deliveries/2/replay", "", 200, `{"id":9}`},
		{"/api/deliveries/3/replay", "", 409, "the body did not arrive in full\n"},
		{"/api/deliveries/4/replay", "", 404, "the history does not have this delivery any more\n"},
		{"/api/deliveries/x/replay", "", 404, "the history does not have this delivery any more\n"},
	}
	for _, test := range tests {
		got := serve(i, request("POST", test.target, test.body))
		if got.Code != test.status || got.Body.String() != test.want {
			t.Errorf("POST %s %.60s: %d %q, want %d %q", test.target, test.body, got.Code, got.Body, test.status, test.want)
		}
	}
}

func TestGoldens(t *testing.T) {
	i, _ := newTest(t)
	var list []golden
	if err := json.Unmarshal(serve(i, request("GET", "/api/goldens", "")).Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(list, golden{"masivo", "TIER_UPGRADE", "basic", ""}) {
		t.Errorf("%d goldens, and not the basic TIER_UPGRADE", len(list))
	}
	for _, g := range list {
		if g.Provider != "masivo" {
			t.Errorf("a golden of %s, which is not served", g.Provider)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	i, _ := newTest(t)
	d := &Delivery{
		Provider: "masivo", Method: "POST", Host: "127.0.0.1:8080", Target: "/webhooks/masivo?a&x=1&secret=an%20old%20one",
		Header: http.Header{
			"Authorization":       {"Basic dXNlcjpwYXNz"},
			"Cookie":              {"session=1"},
			"X-Api-Key":           {"k"},
			"X-Webhook-Secret":    {"w"},
			"X-Custom":            {"before s3cret after"},
			"X-Webhook-Signature": {"00ff"},
			"Content-Type":        {"application/json"},
		},
	}
	shown := map[string]string{}
	for _, h := range i.shownHeader(d) {
		shown[h.Name] = h.Value
		if h.Hidden != (h.Value == Redacted) {
			t.Errorf("%s is hidden: %t, and shown as %q", h.Name, h.Hidden, h.Value)
		}
	}
	want := map[string]string{
		"Authorization": Redacted, "Cookie": Redacted, "X-Api-Key": Redacted, "X-Webhook-Secret": Redacted, "X-Custom": Redacted,
		"X-Webhook-Signature": "00ff", "Content-Type": "application/json",
	}
	if fmt.Sprint(shown) != fmt.Sprint(want) {
		t.Errorf("shown %v, want %v", shown, want)
	}
	if got := i.shownTarget(d); got != "/webhooks/masivo?a&x=hidden&secret=hidden" {
		t.Errorf("target %s", got)
	}
	for target, want := range map[string]string{
		"/webhooks/masivo/s3cret":      "/webhooks/masivo/hidden",
		"/webhooks/masivo/s%33cret?x=": "/webhooks/masivo/hidden?x=hidden",
		"/webhooks/masivo/other":       "/webhooks/masivo/other",
		"/webhooks/masivo":             "/webhooks/masivo",
	} {
		d.Target = target
		if got := i.shownTarget(d); got != want {
			t.Errorf("%s is shown as %s", target, got)
		}
	}
	// A place that is set is hidden whatever is there, such as the secret of yesterday.
	p := &i.config.Providers[0]
	p.SecretInPath, p.SecretHeader = true, "x-own"
	d.Target = "/webhooks/masivo/other"
	d.Header = http.Header{"X-Own": {"other"}, "X-Basic": {"czNjcmV0"}, "X-Escaped": {"s%33cret"}}
	if got := i.shownTarget(d); got != "/webhooks/masivo/hidden" {
		t.Errorf("shown as %s", got)
	}
	for _, h := range i.shownHeader(d) {
		if !h.Hidden {
			t.Errorf("%s is shown as %s", h.Name, h.Value)
		}
	}
	if got := i.curl(d); strings.Contains(got, "other") || strings.Contains(got, "czNj") {
		t.Errorf("a secret is in %s", got)
	}
	d.Target = "/webhooks/masivo/s3cret"
	if got := i.curl(d); !strings.Contains(got, `/webhooks/masivo/'"$MASIVO_WEBHOOK_SECRET"`) {
		t.Errorf("the variable is not in %s", got)
	}
}

func TestReplayProvesNothing(t *testing.T) {
	for kind, want := range map[envelope.ErrorKind]replay{
		envelope.KindSignature: replayAsWas, envelope.KindMethod: replayAsWas, envelope.KindMediaType: replayAsWas, envelope.KindTooLarge: replayAsWas,
		envelope.KindRead: replayAsWas, envelope.KindDraining: replayAsWas, envelope.KindBusy: replayAsWas,
		envelope.KindMalformed: replaySigned, envelope.KindValidation: replaySigned, envelope.KindNoEvent: replaySigned, envelope.KindFailed: replaySigned,
		envelope.KindPanic: replaySigned, envelope.KindRetry: replaySigned, envelope.KindRunning: replaySigned, envelope.KindStore: replaySigned,
		envelope.KindDropped: replaySigned, "": replayAsWas,
	} {
		d := &Delivery{Method: http.MethodPost, Err: &envelope.Error{Kind: kind, Err: errors.New("x")}}
		if got := d.replay(); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
	for want, d := range map[replay]*Delivery{
		replaySigned: {Method: http.MethodPost},
		replayNot:    {Method: http.MethodPost, Partial: true},
	} {
		if got := d.replay(); got != want {
			t.Errorf("%+v: %q, want %q", d, got, want)
		}
	}
	if got := (&Delivery{Method: http.MethodGet}).replay(); got != replayNot {
		t.Errorf("GET: %q", got)
	}
}

// words takes a command apart as a POSIX shell does, with the variable filled in.
func words(t *testing.T, command string) []string {
	t.Helper()
	var list []string
	word, in := "", false
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == '\'':
			end := strings.IndexByte(command[i+1:], '\'')
			if end < 0 {
				t.Fatalf("a quote is not closed in %s", command)
			}
			word, in = word+command[i+1:i+1+end], true
			i += end + 1
		case c == '\\' && command[i+1] == '\n':
			i++
		case c == '\\':
			i++
			word, in = word+string(command[i]), true
		case strings.HasPrefix(command[i:], `"$MASIVO_WEBHOOK_SECRET"`):
			word, in = word+"s3cret", true
			i += len(`"$MASIVO_WEBHOOK_SECRET"`) - 1
		case c == ' ':
			if in {
				list, word, in = append(list, word), "", false
			}
		case strings.IndexByte("|&;<>()$`\"*?[#~=%!{}\n\t", c) >= 0 && !(c == '|' && !in):
			t.Fatalf("%q is not quoted in %s", c, command)
		default:
			word, in = word+string(c), true
		}
	}
	if in {
		list = append(list, word)
	}
	return list
}

func TestCurl(t *testing.T) {
	i, _ := newTest(t)
	hostile := "it's $(rm -rf ~) `x` \"y\" \\ & | ; # \n {z} 日本 '\\''"
	d := &Delivery{
		ID: 5, Provider: "masivo", Method: "POST", Host: "127.0.0.1:8080",
		Target: "/webhooks/masivo?secret=s3cret&x=it's",
		Header: http.Header{"Content-Type": {"application/json"}, "User-Agent": {"x"}, "X-Note": {hostile[:20]}, "Cookie": {"a=b"}},
		Raw:    []byte("@" + hostile),
	}
	want := []string{
		"curl", "--globoff", "--request", "POST", "--header", "Content-Type: application/json", "--header", "Cookie: hidden",
		"--header", "X-Note: " + hostile[:20], "--data-raw", "@" + hostile, "http://127.0.0.1:8080/webhooks/masivo?secret=s3cret&x=hidden",
	}
	command := i.curl(d)
	if got := words(t, command); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if strings.Contains(command, "s3cret") {
		t.Errorf("the secret is in %s", command)
	}

	// A host that the sender chose is no place to connect to.
	d.Host, d.Raw = "evil.example", nil
	got := words(t, i.curl(d))
	if !slices.Contains(got, "Host: evil.example") || !strings.HasPrefix(got[len(got)-1], "http://127.0.0.1:8080/") {
		t.Errorf("got %q", got)
	}

	// What can't be pasted is fetched.
	for name, raw := range map[string][]byte{
		"escape":        []byte("a\x1b[A"),
		"return":        []byte("a\rb"),
		"right to left": []byte("a\u202eb"),
		"invalid UTF-8": {0xff},
		"long":          bytes.Repeat([]byte("a"), 1<<20),
	} {
		d.Raw = raw
		command := i.curl(d)
		if !strings.HasPrefix(command, "curl --silent 'http://127.0.0.1:8080/api/deliveries/5/body' | curl ") || !strings.Contains(command, "--data-binary @-") ||
			bytes.Contains([]byte(command), raw) {
			t.Errorf("%s: %.200s", name, command)
		}
	}
	d.Partial = true
	if got := i.curl(d); got != "" {
		t.Errorf("a body that did not arrive in full: %s", got)
	}
}

// message is one server-sent event.
type message struct{ id, event, data string }

// listen reads the stream of a test server.
func listen(t *testing.T, url, lastID string) func() message {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %s", got)
	}
	lines := bufio.NewReader(answer.Body)
	return func() (m message) {
		for {
			text, err := lines.ReadString('\n')
			if err != nil {
				m.event = err.Error()
				return m
			}
			name, value, _ := strings.Cut(strings.TrimSpace(text), ": ")
			switch name {
			case "id":
				m.id = value
			case "event":
				m.event = value
			case "data":
				m.data = value
			case "":
				return m
			}
		}
	}
}

// next skips to a message of one kind.
func next(t *testing.T, read func() message, event string) message {
	t.Helper()
	for {
		m := read()
		if m.event == event {
			return m
		}
		if m.event == "" || strings.Contains(m.event, "EOF") {
			t.Fatalf("the stream ended before %s", event)
		}
	}
}

func idsIn(t *testing.T, m message) []int64 {
	t.Helper()
	var list []summary
	if err := json.Unmarshal([]byte(m.data), &list); err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestStream(t *testing.T) {
	i, h := newTest(t)
	server := httptest.NewServer(i)
	defer server.Close()
	read := listen(t, server.URL, "")
	if m := read(); m.event != "welcome" || !strings.Contains(m.data, `"run":"run1"`) || strings.Contains(m.data, "s3cret") {
		t.Errorf("first message %+v", m)
	}
	m := next(t, read, "deliveries")
	if got := idsIn(t, m); m.id != "run1-2" || !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("what the history had: %s %v", m.id, got)
	}
	h.Add(&Delivery{Says: "line\nbreak\r\n\r\nevent: forged"})
	m = next(t, read, "deliveries")
	if got := idsIn(t, m); m.id != "run1-3" || !slices.Equal(got, []int64{3}) {
		t.Errorf("what came: %s %v", m.id, got)
	}
	var c snapshot
	if err := json.Unmarshal([]byte(next(t, read, "counters").data), &c); err != nil || c.Outcomes["refused"] != 1 {
		t.Errorf("counters %+v, %v", c, err)
	}

	for lastID, want := range map[string][]int64{
		"run1-2": {3}, "run0-2": {1, 2, 3}, "run1-x": {1, 2, 3}, "run1--5": {1, 2, 3}, "nonsense": {1, 2, 3},
	} {
		if got := idsIn(t, next(t, listen(t, server.URL, lastID), "deliveries")); !slices.Equal(got, want) {
			t.Errorf("again after %q: %v, want %v", lastID, got, want)
		}
	}

	// Closing ends the streams, so that a server can shut down.
	i.Close()
	for m := read(); m.event != io.EOF.Error(); m = read() {
		if m.event == "" {
			t.Fatal("an empty message")
		}
	}
}
