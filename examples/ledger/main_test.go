package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/databases"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// eachDatabase runs a test on both, each empty.
func eachDatabase(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "ledger.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, databases.StartPostgres(t).Source) })
}

// command runs the program, and returns what it says.
func command(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if err := run(t.Context(), args, os.Getenv, &stdout, &stderr); err != nil {
		t.Fatalf("%v: %v %s", args, err, &stderr)
	}
	return stdout.String()
}

// TestShow: every bundled delivery that moves points is told 200 twice, but for those that
// can't be booked; the moves add up, and the one that is missing is found. A second show and
// replays change nothing; once the moves are removed, all are brought back.
func TestShow(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		said := command(t, "-dsn", dsn)
		refused := regexp.MustCompile(`(?m)^.* told (?:[^2]|\d+, [^2]).*$`).FindAllString(said, -1)
		if len(refused) != 3 || !strings.Contains(strings.Join(refused, ""), "drift-new-values") {
			t.Errorf("not told 200: %q", refused)
		}
		for _, want := range []string{": 5.00 are missing before 2026-05-01 10:04", "done before, 4 fail as before", "170 deliveries: 43 moves in 38 accounts", "the same balance after 11 of them, and after 1 another one"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not in %s", want, said)
			}
		}
		before := balances(t, dsn)
		if got := command(t, "replay", "-dsn", dsn, "-provider", "masivo"); got != "15 deliveries chosen: 0 handled, 15 done before, 0 failed, 0 without a handler\n" {
			t.Error(got)
		}
		if got := command(t, "replay", "-dsn", dsn, "-failed"); !strings.Contains(got, " 0 handled, 0 done before, 4 failed, ") {
			t.Error(got)
		}
		b, err := openBook(t.Context(), dsn, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer b.close()
		for _, statement := range []string{"DELETE FROM moves", "DELETE FROM stated"} {
			if _, err := b.db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if got := command(t, "replay", "-dsn", dsn, "-dry-run", "-from", "2026-01-01", "-to", "2100-01-01T00:00:00Z"); got != "70 deliveries chosen: 0 handled, 0 done before, 0 failed, 0 without a handler\n" {
			t.Error(got)
		}
		if got := command(t, "replay", "-dsn", dsn, "-redo"); !strings.HasPrefix(got, "70 deliveries chosen: 66 handled, 0 done before, 4 failed") {
			t.Error(got)
		}
		if diff := cmp.Diff(before, balances(t, dsn)); diff != "" {
			t.Errorf("(-before +restored)\n%s", diff)
		}
	})
}

func balances(t *testing.T, dsn string) []statement {
	t.Helper()
	b, err := openBook(t.Context(), dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	list, err := b.statements(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestOrder: in whatever order moves come, the statement is the same.
func TestOrder(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 5, 1, 12, minute, 0, 0, time.UTC) }
	decimal := envelope.MustDecimal
	moves := []move{
		{provider: "p", account: "a", unit: "u", points: decimal("100"), stated: decimal("150.5"), at: at(0), ordered: true},
		{provider: "p", account: "a", unit: "u", points: decimal("-30.25"), stated: decimal("120.25"), at: at(1), ordered: true},
		{provider: "p", account: "a", unit: "u", points: decimal("1"), stated: decimal("125.25"), at: at(2), ordered: true},
		{provider: "p", account: "a", unit: "v", points: decimal("7"), at: at(0)},
	}
	missing := decimal("4.00")
	want := []statement{
		{Provider: "p", Account: "a", Unit: "u", Opening: decimal("50.5"), Balance: decimal("125.25"), Checked: 2, Gaps: 1, Entries: []entry{
			{At: at(0), Points: decimal("100"), Balance: decimal("150.5")},
			{At: at(1), Points: decimal("-30.25"), Balance: decimal("120.25")},
			{At: at(2), Points: decimal("1"), Balance: decimal("125.25"), Missing: &missing},
		}},
		{Provider: "p", Account: "a", Unit: "v", Opening: decimal("0"), Balance: decimal("7"), Entries: []entry{{At: at(0), Points: decimal("7"), Balance: decimal("7")}}},
	}
	for range 50 {
		rand.Shuffle(len(moves), func(i, j int) { moves[i], moves[j] = moves[j], moves[i] })
		if diff := cmp.Diff(want, balance(moves)); diff != "" {
			t.Fatalf("%v (-want +got)\n%s", moves, diff)
		}
	}
}

// TestServe: a delivery over HTTP is on the statement soon, and the end is clean.
func TestServe(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var stderr syncBuffer
		p := providers[0]
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-dsn", dsn}, func(name string) string {
				return map[string]string{"OPENLOYALTY_WEBHOOK_SECRET": p.secret}[name]
			}, io.Discard, &stderr)
		}()
		address := regexp.MustCompile(`http://([^/]+)/balances`)
		url := ""
		for deadline := time.Now().Add(30 * time.Second); url == "" && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			if found := address.FindStringSubmatch(stderr.String()); found != nil {
				url = "http://" + found[1]
			}
		}
		golden, err := envelopetest.Find(openloyalty.Name, openloyalty.AvailablePointsAmountChanged.Name(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			r, err := p.request(golden)
			if err != nil {
				t.Fatal(err)
			}
			host := r.Host
			r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", strings.TrimPrefix(url, "http://")
			r.Host = host // which is signed
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Fatalf("status %d %s", answer.StatusCode, &stderr)
			}
		}
		var list []statement
		for deadline := time.Now().Add(30 * time.Second); len(list) == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			get(t, url+"/balances", &list)
		}
		if len(list) != 1 || list[0].Balance.String() != "1240.5" || list[0].Entries != nil {
			t.Errorf("%+v", list)
		}
		if get(t, url+"/statements/openloyalty/1efcac2c-82eb-4c2c-9c95-d302ccf53110", &list); len(list) != 1 || len(list[0].Entries) != 1 || list[0].Opening.String() != "1176.5" {
			t.Errorf("%+v", list)
		}
		for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/statements/openloyalty/nobody": 404, "/webhooks/masivo": 404, "/": 404} {
			if status := get(t, url+path, nil); status != want {
				t.Errorf("%s: %d", path, status)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func get(t *testing.T, url string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if into != nil {
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	return answer.StatusCode
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

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{"-nonsense"}, {"show"}, {"-addr", "127.0.0.1:0", "-dsn", filepath.Join(t.TempDir(), "l.db")}, {"replay", "-from", "yesterday"},
		{"-dsn", filepath.Join(t.TempDir(), "none", "l.db")}, {"replay", "-dsn", "postgres://127.0.0.1:1/none"},
	} {
		if err := run(t.Context(), args, func(string) string { return "" }, io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	if err := run(t.Context(), []string{"-h"}, os.Getenv, io.Discard, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
}

// TestReadme: what the first page of the project shows is what runs here.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("credit.go")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, ok := strings.Cut(string(source), "\nconst insertMove")
	if !ok || !strings.Contains(string(readme), "\nconst insertMove"+shown) {
		t.Error("README.md has another credit.go")
	}
}
