// Ledger is what a loyalty team would write: it keeps the points that four providers move,
// each move exactly once, in SQLite or PostgreSQL.
//
//	go run .                                         shows the way of bundled deliveries
//	go run . -addr 127.0.0.1:8080                    serves webhooks and balances
//	go run . replay -from 2026-11-26 -event TIER_UPGRADE -dry-run
//
// Deliveries are remembered as they came, and worked off behind the answer; replay takes them
// from there again after a fault is mended. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "ledger:", err)
		os.Exit(1)
	}
}

// run is the program.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if len(args) > 0 && args[0] == "replay" {
		return replay(ctx, args[1:], log, stdout, stderr)
	}
	flags := flag.NewFlagSet("ledger", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "", "serve on this `address` instead of showing bundled deliveries; who gets there sees all balances")
	dsn := dsnFlag(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("what is %q for?", flags.Arg(0))
	}
	if *addr != "" {
		return serve(ctx, *addr, *dsn, getenv, log, stderr)
	}
	return demo(ctx, *dsn, stdout)
}

func dsnFlag(flags *flag.FlagSet) *string {
	return flags.String("dsn", "", "`database`: a file for SQLite, or postgres://... (default ledger.db, and a temporary file for the show)")
}

// replay is the command of that name.
func replay(ctx context.Context, args []string, log *slog.Logger, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("ledger replay", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var chosen sqlonce.Selection
	flags.Func("from", "received at this `time` or later: 2026-11-26 or 2026-11-26T15:04:05Z", timeFlag(&chosen.From))
	flags.Func("to", "received before this `time`", timeFlag(&chosen.To))
	flags.StringVar(&chosen.Provider, "provider", "", "of this `provider`")
	flags.StringVar(&chosen.Event, "event", "", "of this `event`")
	flags.StringVar(&chosen.Tenant, "tenant", "", "of this `account`")
	flags.StringVar(&chosen.Key, "key", "", "with this `key`")
	isFailed := flags.Bool("failed", false, "that ended in failure")
	redo := flags.Bool("redo", false, "run what is done, too: after you have removed its moves")
	dry := flags.Bool("dry-run", false, "only count")
	dsn := dsnFlag(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *isFailed {
		chosen.State = sqlonce.Failed
	}
	b, err := openBook(ctx, *dsn, log)
	if err != nil {
		return err
	}
	defer b.close()
	var handlers []*envelope.Handler
	if !*dry {
		if handlers, err = workers(b.once, log); err != nil {
			return err
		}
	}
	again := b.inbox.Replay
	if *redo {
		again = b.inbox.Redo
	}
	report, err := again(ctx, chosen, handlers...)
	fmt.Fprintf(stdout, "%d deliveries chosen: %d handled, %d done before, %d failed, %d without a handler\n",
		report.Chosen, report.Handled, report.Duplicates, report.Failed, report.Unhandled)
	return err
}

func timeFlag(t *time.Time) func(string) error {
	return func(text string) (err error) {
		if *t, err = time.Parse(time.DateOnly, text); err != nil {
			*t, err = time.Parse(time.RFC3339, text)
		}
		return err
	}
}
