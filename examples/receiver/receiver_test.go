package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/examples/receiver/inspector"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

func TestEveryEventHasFunction(t *testing.T) {
	want := map[string][]string{
		masivo.Name:      names(masivo.Events()),
		openloyalty.Name: names(openloyalty.Events()),
		mambo.Name:       names(mambo.Events()),
		ambassify.Name:   names(ambassify.Events()),
	}
	if len(providers) != len(want) {
		t.Fatalf("%d providers, want %d", len(providers), len(want))
	}
	for _, p := range providers {
		got := slices.Sorted(slices.Values(p.events))
		if !slices.Equal(got, want[p.name]) {
			t.Errorf("%s: functions for %q, want %q", p.name, got, want[p.name])
		}
	}
}

func names[M any](events []envelope.AnyEvent[M]) []string {
	var list []string
	for _, event := range events {
		list = append(list, event.Name())
	}
	slices.Sort(list)
	return list
}

func TestUsage(t *testing.T) {
	for name, args := range map[string][]string{
		"no secret":           nil,
		"unknown flag":        {"-nonsense"},
		"argument":            {"-demo", "masivo"},
		"key missing":         {"-tls-cert", "cert.pem"},
		"page":                {"-page", "everybody"},
		"path value":          {"-masivo-secret-from", "path:no name"},
		"event nobody sends":  {"-demo", "-without", "TIER_SIDEWAYS"},
		"empty name of event": {"-demo", "-without", "TIER_UPGRADE,"},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), args, noSecrets, io.Discard, &stderr); code != exitUsage {
			t.Errorf("%s: exit code %d, want %d", name, code, exitUsage)
		}
		if !strings.Contains(stderr.String(), "MASIVO_WEBHOOK_SECRET") {
			t.Errorf("%s: no usage in %q", name, stderr.String())
		}
	}
}

func TestHelp(t *testing.T) {
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"-h"}, noSecrets, io.Discard, &stderr); code != 0 || !strings.Contains(stderr.String(), "-tls-cert") {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}

func noSecrets(string) string { return "" }

func TestFailures(t *testing.T) {
	for name, test := range map[string]struct {
		args   []string
		secret string
	}{
		"address":     {[]string{"-addr", "127.0.0.1:99999"}, "s"},
		"certificate": {[]string{"-addr", "127.0.0.1:0", "-tls-cert", "no.pem", "-tls-key", "no.pem"}, "s"},
		"secret":      {[]string{"-addr", "127.0.0.1:0"}, " "},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), test.args, func(name string) string {
			if strings.HasSuffix(name, "_SECRET") {
				return test.secret
			}
			return ""
		}, io.Discard, &stderr)
		if code != exitFailed || stderr.Len() == 0 {
			t.Errorf("%s: exit code %d, %q", name, code, stderr.String())
		}
	}
}

// program is a receiver started by run.
type program struct {
	url    string
	stdout *syncBuffer
	stderr *syncBuffer
	stop   func() int // asks it to end, and gives the exit code
}

// start runs the program with secrets for some providers.
func start(t *testing.T, secrets map[string]string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	p := &program{stdout: &syncBuffer{}, stderr: &syncBuffer{}}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), func(name string) string { return secrets[name] }, p.stdout, io.MultiWriter(p.stderr, writer))
		_ = writer.Close()
	}()
	p.stop = func() int {
		cancel()
		return <-ended
	}
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		if found := regexp.MustCompile(`https?://[^/]+`).FindString(lines.Text()); found != "" && p.url == "" {
			p.url = found
		}
		isLast := strings.Contains(lines.Text(), providers[len(providers)-1].name) || strings.Contains(lines.Text(), "waiting for deliveries")
		if isLast {
			go func() { _, _ = io.Copy(io.Discard, reader) }()
			return p
		}
	}
	t.Fatalf("it did not start: %s", p.stderr)
	return nil
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

const testSecret = "whsec_1d7a4c9e5d18c7e2f0934ab6c3a1f59d0e7b42868d14ba96f7305ce2491b8d6e" // which each provider takes

// post sends a request and gives the status. The receiver prints a delivery before
// it answers.
func post(t *testing.T, client *http.Client, r *http.Request) int {
	t.Helper()
	r.RequestURI = ""
	answer, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

func masivoRequest(t *testing.T, url, event, secret string) *http.Request {
	t.Helper()
	golden, err := envelopetest.Find(masivo.Name, event, "", "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := masivotest.Request(golden, masivotest.Options{Secret: secret, URL: url + "/webhooks/masivo"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReceive(t *testing.T) {
	p := start(t, map[string]string{"MASIVO_WEBHOOK_SECRET": testSecret}, "-without", "TIER_DOWNGRADE")
	client := &http.Client{}
	for _, test := range []struct {
		event, secret string
		status        int
		line          string
	}{
		{"TIER_UPGRADE", testSecret, 200, `200 handled   masivo       TIER_UPGRADE .* moved up from \S+`},
		{"TIER_UPGRADE", "another", 401, `401 refused   masivo .* does not match`},
		{"TIER_DOWNGRADE", testSecret, 200, `200 fallback  masivo       TIER_DOWNGRADE .* no function for this event`},
	} {
		if status := post(t, client, masivoRequest(t, p.url, test.event, test.secret)); status != test.status {
			t.Errorf("%s: status %d, want %d", test.event, status, test.status)
		}
		line := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{3}  ` + test.line)
		for end := time.Now().Add(30 * time.Second); !line.MatchString(p.stdout.String()); time.Sleep(time.Millisecond) {
			if time.Now().After(end) { // It is printed after the answer.
				t.Fatalf("%s: no line %s in %s", test.event, test.line, p.stdout)
			}
		}
	}
	elsewhere, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/webhooks/mambo", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if status := post(t, client, elsewhere); status != http.StatusNotFound {
		t.Errorf("a provider that is not mounted: status %d", status)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr)
	}
	for _, want := range []string{"mambo: not mounted, MAMBO_WEBHOOK_SECRET is not set", "all deliveries have finished"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("the log does not say %q: %s", want, p.stderr)
		}
	}
	if text := p.stdout.String() + p.stderr.String(); strings.Contains(text, testSecret) {
		t.Errorf("the secret is printed: %s", text)
	}
}

// A receiver that is told to stop while a function runs: the function finishes, its
// sender is told so, and a new delivery is told to come again.
func TestDrain(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	slow := masivoProvider
	slow = describe(slow, cli.Settings.Masivo, masivo.NewHandler, on(masivo.TierUpgrade, func(*masivo.Delivery[masivo.TierChangeData]) string {
		close(entered)
		<-leave
		return "done"
	}))
	rc := &receiver{history: inspector.NewHistory(10, 1<<20), mux: http.NewServeMux(), tell: func(*inspector.Delivery) {}}
	if err := rc.mount(slow, withSecret(testSecret), nil); err != nil {
		t.Fatal(err)
	}
	listener, _, err := listen(t.Context(), "127.0.0.1:0", "", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, newServer(rc.mux, log.New(io.Discard, "", 0)), listener, rc, time.Minute) }()
	url := "http://" + listener.Addr().String()

	first := make(chan int, 1)
	go func() { first <- post(t, &http.Client{}, masivoRequest(t, url, "TIER_UPGRADE", testSecret)) }()
	<-entered
	stop()
	// The handler drains before the listener closes. Until it does, a delivery is
	// told to come again, or handled by the fallback.
	status := 200
	for status == 200 {
		status = post(t, &http.Client{}, masivoRequest(t, url, "TIER_DOWNGRADE", testSecret))
	}
	if status != http.StatusServiceUnavailable {
		t.Errorf("a new delivery while draining: %d, want 503", status)
	}
	close(leave)
	if status := <-first; status != http.StatusOK {
		t.Errorf("the delivery that was running: %d, want 200", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for id := rc.history.Last(); ; id-- { // Others are written down at the same time.
		d := rc.history.Find(id)
		if d == nil {
			t.Fatal("the delivery that was running is not written down")
		}
		if d.Says == "done" {
			break
		}
	}
}

// A function that does not end in time is left behind, and the exit says so.
func TestDrainEndsInTime(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	defer close(leave)
	rc := &receiver{history: inspector.NewHistory(10, 1<<20), mux: http.NewServeMux(), tell: func(*inspector.Delivery) {}}
	stuck := describe(masivoProvider, cli.Settings.Masivo, masivo.NewHandler, on(masivo.TierUpgrade, func(*masivo.Delivery[masivo.TierChangeData]) string {
		close(entered)
		<-leave
		return ""
	}))
	if err := rc.mount(stuck, withSecret(testSecret), nil); err != nil {
		t.Fatal(err)
	}
	listener, _, err := listen(t.Context(), "127.0.0.1:0", "", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, newServer(rc.mux, log.New(io.Discard, "", 0)), listener, rc, time.Millisecond)
	}()
	r := masivoRequest(t, "http://"+listener.Addr().String(), "TIER_UPGRADE", testSecret)
	r.RequestURI = ""
	go func() {
		if answer, err := (&http.Client{}).Do(r); err == nil {
			answer.Body.Close()
		}
	}()
	<-entered
	stop()
	var left *envelope.ShutdownError
	if err := <-ended; !errors.As(err, &left) || left.Running != 1 {
		t.Errorf("it ended with %v, want one delivery still running", err)
	}
}

func TestTLS(t *testing.T) {
	cert, key, pool := certificate(t)
	p := start(t, map[string]string{"MASIVO_WEBHOOK_SECRET": testSecret}, "-tls-cert", cert, "-tls-key", key)
	defer p.stop()
	if !strings.HasPrefix(p.url, "https://") {
		t.Fatalf("served at %s", p.url)
	}
	for name, transport := range map[string]*http.Transport{
		"HTTP/1.1": {TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "receiver.test"}},
		"HTTP/2":   {TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "receiver.test"}, ForceAttemptHTTP2: true},
	} {
		client := &http.Client{Transport: transport}
		if status := post(t, client, masivoRequest(t, p.url, "TIER_UPGRADE", testSecret)); status != http.StatusOK {
			t.Errorf("%s: status %d", name, status)
		}
		// The page sends to its own receiver, whatever its certificate.
		sent, err := client.Post(p.url+"/api/goldens", "application/json", strings.NewReader(`{"provider":"masivo","event":"TIER_UPGRADE","situation":"basic"}`))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(sent.Body)
		sent.Body.Close()
		if sent.StatusCode != http.StatusOK {
			t.Errorf("%s: sending a golden: %d %s", name, sent.StatusCode, text)
		}
	}
}

// certificate makes a certificate that nobody trusts.
func certificate(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"receiver.test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile, pool
}

func TestServerHasLimits(t *testing.T) {
	s := newServer(http.NotFoundHandler(), log.Default())
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 {
		t.Errorf("a sender can hold the server: %+v", s)
	}
	if s.WriteTimeout < s.ReadTimeout+envelope.DefaultTimeout {
		t.Errorf("answers are cut after %s, before a function has to end", s.WriteTimeout)
	}
}

// A sender that sends half a header, or half a body, and waits, is let go of.
func TestSlowSenderIsLetGo(t *testing.T) {
	rc, err := newReceiver(func(provider) cli.Settings { return withSecret(testSecret) }, nil, func(*inspector.Delivery) {})
	if err != nil {
		t.Fatal(err)
	}
	listener, _, err := listen(t.Context(), "127.0.0.1:0", "", "")
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(rc.mux, log.New(io.Discard, "", 0))
	server.ReadHeaderTimeout, server.ReadTimeout = 20*time.Millisecond, 20*time.Millisecond
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	for name, text := range map[string]string{
		"header":  "POST /webhooks/masivo HTTP/1.1\r\nHost: x\r\n",
		"nothing": "",
	} {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); err != nil { // Ends when the server closes.
			t.Errorf("%s: %v", name, err)
		}
		conn.Close()
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"Gold":                   "Gold",
		"a\x1b[2Jb":              "a\uFFFD[2Jb",
		"line\nbreak":            "line\uFFFDbreak",
		"turned \u202eabc":       "turned \uFFFDabc",
		strings.Repeat("ä", 200): strings.Repeat("ä", 100) + "…",
		"\xff":                   "\uFFFD",
		"Zniżka dla poleconych, 日本, مرحبا": "Zniżka dla poleconych, 日本, مرحبا",
	} {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestReachable(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0:80":   "127.0.0.1:80",
		"[::]:80":      "127.0.0.1:80",
		"127.0.0.2:80": "127.0.0.2:80",
		"[::1]:80":     "[::1]:80",
	} {
		listens, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(listens); got != want {
			t.Errorf("reachable(%s) = %s, want %s", address, got, want)
		}
	}
}
