package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/examples/receiver/inspector"
)

// demo starts a receiver on a free port of this machine, with secrets made up for
// the occasion, and sends it every golden delivery and some attacks. It fails unless
// each golden reached the function of its own event, without drift or violations,
// and each attack was refused with its status.
//
// Goldens whose situation begins with "drift-" differ from the documentation on
// purpose. They too must reach the function of their event; how they drift is shown
// and is no failure.
func demo(ctx context.Context, without []string, stdout io.Writer) error {
	rc, err := newReceiver(func(provider) cli.Settings { return withSecret(newSecret()) }, without, func(*inspector.Delivery) {})
	if err != nil {
		return err
	}
	listener, _, err := listen(ctx, "127.0.0.1:0", "", "")
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- serve(serving, newServer(rc.mux, log.New(io.Discard, "", 0)), listener, rc, 10*time.Second)
	}()
	d := &demonstration{sender: newSender(rc, listener.Addr(), nil), out: stdout}
	err = d.run(ctx, rc.mounted)
	stop()
	return errors.Join(err, <-ended)
}

func withSecret(secret string) cli.Settings { return cli.Settings{Secrets: []string{secret}} }

type demonstration struct {
	sender *sender
	out    io.Writer
	totals struct{ goldens, drifting, attacks, failed int }
}

func (d *demonstration) run(ctx context.Context, all []mounted) error {
	start := time.Now()
	fmt.Fprintf(d.out, "Receiver at %s, with secrets made up for this run.\n", d.sender.url)
	for _, m := range all {
		fmt.Fprintf(d.out, "\n%s: every golden delivery, as the provider sends it\n", m.name)
		d.sendGoldens(ctx, m)
	}
	fmt.Fprintf(d.out, "\nAttacks, each to be refused\n")
	for _, m := range all {
		d.attack(ctx, m)
	}
	fmt.Fprintf(d.out, "\n%d goldens handled by the function of their event, %d more that differ from the documentation on purpose; %d attacks refused; %d failed; %s\n",
		d.totals.goldens, d.totals.drifting, d.totals.attacks, d.totals.failed, time.Since(start).Round(time.Millisecond))
	if d.totals.failed > 0 {
		return fmt.Errorf("the demo failed: %d of its checks", d.totals.failed)
	}
	return ctx.Err()
}

func (d *demonstration) sendGoldens(ctx context.Context, m mounted) {
	for event, golden := range envelopetest.Goldens(m.name) {
		drifting := strings.HasPrefix(golden.Situation, "drift-")
		came, err := d.sender.golden(ctx, m, golden, m.settings, inspector.FromSample)
		if err == nil {
			err = judge(came, event, drifting)
		}
		label := strings.Join(strings.Fields(event+" "+golden.Situation+" "+golden.Encoder), " ")
		switch {
		case d.tell(m, label, came, err):
		case drifting:
			d.totals.drifting++
		default:
			d.totals.goldens++
		}
	}
}

// judge says what is wrong with how a golden was received.
func judge(came *inspector.Delivery, event string, drifting bool) error {
	switch {
	case came.Function != event:
		return fmt.Errorf("the function of %s did not run: %s", event, came.Outcome)
	case came.Status != http.StatusOK || came.Outcome != envelope.OutcomeHandled:
		return fmt.Errorf("told %d, %s", came.Status, came.Outcome)
	case drifting:
		return nil
	case len(came.Violations) > 0:
		return fmt.Errorf("violates %s", came.Violations[0].Pointer)
	case came.DriftTotal > 0:
		return fmt.Errorf("drift: %s at %s", came.Drift[0].Kind, came.Drift[0].Pointer)
	}
	return nil
}

// attack sends what must be refused.
func (d *demonstration) attack(ctx context.Context, m mounted) {
	golden := basic(m)
	cut, long := golden, golden
	cut.Body = golden.Body[:len(golden.Body)/2]
	long.Body = append(bytes.Clone(golden.Body), bytes.Repeat([]byte(" "), envelope.DefaultMaxBody)...)
	for _, attack := range []struct {
		name     string
		golden   envelopetest.Golden
		settings cli.Settings
		status   int
	}{
		{"forged", golden, withSecret(newSecret()), http.StatusUnauthorized},
		{"malformed", cut, m.settings, http.StatusBadRequest},
		{"oversized", long, m.settings, http.StatusRequestEntityTooLarge},
	} {
		came, err := d.sender.golden(ctx, m, attack.golden, attack.settings, inspector.FromForgery)
		if err == nil && (came.Status != attack.status || came.Function != "") {
			err = fmt.Errorf("told %d, want %d", came.Status, attack.status)
		}
		if !d.tell(m, attack.name, came, err) {
			d.totals.attacks++
		}
	}
}

// basic is the first golden of a provider.
func basic(m mounted) envelopetest.Golden {
	for _, golden := range envelopetest.Goldens(m.name) {
		return golden
	}
	return envelopetest.Golden{}
}

// tell prints a line, and reports whether something was wrong.
func (d *demonstration) tell(m mounted, label string, came *inspector.Delivery, err error) (failed bool) {
	if came == nil {
		came = &inspector.Delivery{Provider: m.name}
	}
	if err == nil {
		fmt.Fprintf(d.out, "  ok    %s\n", lineOf(came, label))
		return false
	}
	d.totals.failed++
	fmt.Fprintf(d.out, "  FAIL  %s: %s\n", lineOf(came, label), printable(err.Error()))
	return true
}
