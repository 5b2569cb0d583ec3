package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// TestMain is also the start of the processes that TestCluster kills.
func TestMain(m *testing.M) {
	if play := roles[os.Getenv(roleVariable)]; play != nil {
		play()
		return
	}
	os.Exit(m.Run())
}

func TestDemo(t *testing.T) {
	for name, args := range map[string][]string{
		"embedded": nil,
		"cluster":  {"-cluster"},
		"existing": {"-nats", startOne(t)},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out bytes.Buffer
			if err := run(ctx, args, &out, t.Output()); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			for line, want := range map[string]int{
				`sender .* is told 200`:                   6,
				`worker .* fails, and will be tried`:      1,
				`worker .*(welcome|thanks|conversion)`:    4,
				`stream .*com\.openloyalty\.Customer`:     1,
				`stream .*ai\.masivo\.`:                   2,
				`stream .*io\.mambo\.UserMemberJoined`:    1,
				`stream .*com\.ambassify\.conversion`:     1,
				`dead .*ai\.masivo\.COUPON.* was dropped`: 1,
			} {
				if got := len(regexp.MustCompile(line).FindAllString(out.String(), -1)); got != want {
					t.Errorf("%d lines like %q, want %d in\n%s", got, line, want, out.String())
				}
			}
		})
	}
}

func TestServeRefusesToRunWithoutSecrets(t *testing.T) {
	for provider := range domains {
		t.Setenv(strings.ToUpper(provider)+"_WEBHOOK_SECRET", "")
	}
	err := run(t.Context(), []string{"-addr", "127.0.0.1:0"}, t.Output(), t.Output())
	if err == nil || !strings.Contains(err.Error(), "no secret") {
		t.Errorf("err = %v", err)
	}
}

func TestServe(t *testing.T) {
	t.Setenv("MASIVO_WEBHOOK_SECRET", demoSecrets[masivo.Name])
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stderr, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-addr", "127.0.0.1:0", "-dir", t.TempDir()}, io.Discard, w)
		ended <- errors.Join(err, w.Close())
	}()
	lines := bufio.NewScanner(stderr)
	next := func(pattern string) string {
		t.Helper()
		if !lines.Scan() {
			t.Fatal(<-ended)
		}
		found := regexp.MustCompile(pattern).FindStringSubmatch(lines.Text())
		if found == nil {
			t.Fatalf("%q, want %s", lines.Text(), pattern)
		}
		return found[1]
	}
	base := "http://" + next(`serving .* on (\S+);`)
	status, err := deliver(ctx, base, find(t, masivo.Name, "BEHAVIOR_EVENT_FULFILLED"))
	if err != nil || status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	next(`masivo///BEHAVIOR_EVENT_FULFILLED.*: (thanks)`)
	// Open Loyalty has no secret here.
	if status, err := deliver(ctx, base, find(t, openloyalty.Name, "CustomerRegistered")); status != http.StatusNotFound {
		t.Errorf("status %d, %v", status, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// openProgram is a program with an embedded server of its own.
func openProgram(t *testing.T, l limits) *program {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	p := &program{service: &service{}, limits: l, log: log}
	t.Cleanup(p.close)
	if err := p.open(t.Context(), options{dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	return p
}
