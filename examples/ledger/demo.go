package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// show is a run over bundled deliveries.
type show struct {
	*book

	mux       *http.ServeMux
	workers   []*envelope.Handler
	events    map[string]bool // that move points, by provider and name
	out       io.Writer
	delivered int
}

// demo sends each bundled delivery that moves points twice, and a story of an account whose
// deliveries come late, out of order and not at all. Then it adds up.
func demo(ctx context.Context, dsn string, out io.Writer) error {
	if dsn == "" {
		folder, err := os.MkdirTemp("", "ledger")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		dsn = filepath.Join(folder, "ledger.db")
	}
	log := slog.New(slog.DiscardHandler) // What is told is shown.
	b, err := openBook(ctx, dsn, log)
	if err != nil {
		return err
	}
	defer b.close()
	s := &show{book: b, mux: http.NewServeMux(), events: map[string]bool{}, out: out}
	if err := s.mount(log); err != nil {
		return err
	}
	for _, p := range providers {
		for _, golden := range envelopetest.Goldens(p.name) {
			if s.events[p.name+" "+golden.Event] {
				if err := s.deliver(ctx, p, golden); err != nil {
					return err
				}
			}
		}
	}
	if err := s.story(ctx); err != nil {
		return err
	}
	return s.sum(ctx)
}

// mount makes a receiver for each provider, that stores a delivery and handles it at once.
func (s *show) mount(log *slog.Logger) error {
	var err error
	if s.workers, err = workers(s.once, log); err != nil {
		return err
	}
	for i, p := range providers {
		h, err := p.receiver([]string{p.secret}, envelope.Options{Logger: log}, s.inbox.Through(s.workers[i]))
		if err != nil {
			return err
		}
		s.mux.Handle(p.pattern, h)
		for _, event := range s.workers[i].Registered() {
			s.events[p.name+" "+event] = true
		}
	}
	return nil
}

// deliver sends a delivery twice.
func (s *show) deliver(ctx context.Context, p provider, golden envelopetest.Golden) error {
	var told []string
	for range 2 {
		r, err := p.request(golden)
		if err != nil {
			return err
		}
		answer := httptest.NewRecorder()
		s.mux.ServeHTTP(answer, r.WithContext(ctx))
		told = append(told, fmt.Sprint(answer.Code))
		s.delivered++
	}
	fmt.Fprintf(s.out, "%-11s %-28s %-33s told %s\n", p.name, golden.Event, golden.Situation+strings.Repeat(".", min(len(golden.Encoder), 1))+golden.Encoder, strings.Join(told, ", "))
	return nil
}

// The story of one account at Open Loyalty, in the order in which its deliveries come. The
// fourth move is lost on its way.
var story = []struct{ what, messageID, createdAt, direction, change, left string }{
	{"the third comes first", "3ce4ab02-61a4-4a6e-9d48-000000000003", "2026-05-01T12:02:00+02:00", "subtract", "30.25", "89.75"},
	{"the first comes late", "3ce4ab02-61a4-4a6e-9d48-000000000001", "2026-05-01T12:00:00+02:00", "add", "100", "100"},
	{"the second comes last", "3ce4ab02-61a4-4a6e-9d48-000000000002", "2026-05-01T12:01:00+02:00", "add", "20", "120"},
	{"the fourth never comes", "3ce4ab02-61a4-4a6e-9d48-000000000005", "2026-05-01T12:04:00+02:00", "add", "5", "99.75"},
}

func (s *show) story(ctx context.Context) error {
	golden, err := envelopetest.Find(openloyalty.Name, openloyalty.AvailablePointsAmountChanged.Name(), "", "")
	if err != nil {
		return err
	}
	p := providers[slices.IndexFunc(providers, func(p provider) bool { return p.name == openloyalty.Name })]
	for _, chapter := range story {
		told := golden
		told.Situation = chapter.what
		for old, now := range map[string]string{
			"80b2c4df-c6d8-4715-b6fe-1b81995a0eef": chapter.messageID,
			"2026-03-16T18:40:13+01:00":            chapter.createdAt,
			`"amountChangeType": "add"`:            `"amountChangeType": "` + chapter.direction + `"`,
			`"amountChange": 64`:                   `"amountChange": ` + chapter.change,
			`"amount": 1240.5`:                     `"amount": ` + chapter.left,
			"680ea1fc-6816-4dea-80e8-3f2f77829e08": "3ce4ab02-61a4-4a6e-9d48-aaaaaaaaaaaa", // another wallet
		} {
			if !bytes.Contains(told.Body, []byte(old)) {
				return fmt.Errorf("the bundled delivery has no %s", old)
			}
			told.Body = bytes.ReplaceAll(told.Body, []byte(old), []byte(now))
		}
		if err := s.deliver(ctx, p, told); err != nil {
			return err
		}
	}
	return nil
}

var errWrongSum = errors.New("the moves do not add up")

// sum compares the accounts with what the providers state, and ends with the totals.
func (s *show) sum(ctx context.Context) error {
	list, err := s.statements(ctx, "", "")
	if err != nil {
		return err
	}
	totals := map[string]envelope.Decimal{}
	moves, checked, gaps := 0, 0, 0
	fmt.Fprintf(s.out, "\n")
	for _, account := range list {
		total := account.Opening
		for _, e := range account.Entries {
			total = total.Add(e.Points)
			if e.Missing != nil {
				total = total.Add(*e.Missing)
				fmt.Fprintf(s.out, "%s of %s: %s are missing before %s\n", account.Unit, account.Provider, e.Missing, e.At.Format("2006-01-02 15:04"))
			}
			totals[account.Provider] = totals[account.Provider].Add(e.Points)
		}
		if !total.Equal(account.Balance) {
			return errWrongSum
		}
		moves, checked, gaps = moves+len(account.Entries), checked+account.Checked, gaps+account.Gaps
	}
	for _, name := range slices.Sorted(maps.Keys(totals)) {
		fmt.Fprintf(s.out, "%-11s %12s points moved\n", name, totals[name])
	}
	report, err := s.inbox.Replay(ctx, sqlonce.Selection{}, s.workers...)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d deliveries are remembered, and replayed: %d were done before, %d fail as before\n",
		report.Chosen, report.Duplicates, report.Failed)
	if report.Handled > 0 {
		return errWrongSum
	}
	fmt.Fprintf(s.out, "%d deliveries: %d moves in %d accounts; the provider states the same balance after %d of them, and after %d another one\n",
		s.delivered, moves, len(list), checked, gaps)
	return nil
}
