package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// How many deliveries are worked off at once. SQLite has one writer.
const workersOfServer = 4

// drainTime is how long deliveries may take to finish at the end.
const drainTime = 30 * time.Second

// serve receives webhooks, works them off and shows balances, until ctx ends.
func serve(ctx context.Context, addr, dsn string, getenv func(string) string, log *slog.Logger, stderr io.Writer) error {
	b, err := openBook(ctx, dsn, log)
	if err != nil {
		return err
	}
	defer b.close()
	mux, receivers, err := b.receive(getenv, log, stderr)
	if err != nil {
		return err
	}
	dispatchers, err := workers(b.once, log)
	if err != nil {
		return err
	}
	b.show(mux)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	for range workersOfServer {
		group.Go(func() { b.inbox.Work(working, dispatchers...) })
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	fmt.Fprintf(stderr, "ledger: balances at http://%s/balances\n", listener.Addr())
	select {
	case err = <-ended:
	case <-ctx.Done():
		// The server, so that nothing new comes; the handlers; the workers; the database.
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		err = server.Shutdown(end)
		for _, h := range receivers {
			err = errors.Join(err, h.Shutdown(end))
		}
	}
	stop()
	group.Wait()
	return err
}

// receive mounts a receiver for each provider with a secret in the environment.
func (b *book) receive(getenv func(string) string, log *slog.Logger, stderr io.Writer) (*http.ServeMux, []*envelope.Handler, error) {
	mux := http.NewServeMux()
	var list []*envelope.Handler
	for _, p := range providers {
		variable := strings.ToUpper(p.name) + "_WEBHOOK_SECRET"
		secret := getenv(variable)
		if secret == "" {
			fmt.Fprintf(stderr, "ledger: %s is not served, %s is not set\n", p.name, variable)
			continue
		}
		h, err := p.receiver([]string{secret}, envelope.Options{Logger: log, Refused: envelope.LogRefusals(log, 10)}, b.inbox.Put)
		if err != nil {
			return nil, nil, err
		}
		mux.Handle(p.pattern, h)
		list = append(list, h)
		fmt.Fprintf(stderr, "ledger: %s\n", p.pattern)
	}
	if len(list) == 0 {
		return nil, nil, errors.New("no provider has a secret")
	}
	return mux, list, nil
}

// show mounts what people and Kubernetes look at.
func (b *book) show(mux *http.ServeMux) {
	mux.HandleFunc("GET /livez", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := b.db.PingContext(ctx); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /balances", func(w http.ResponseWriter, r *http.Request) {
		b.answer(w, r, "", "", false)
	})
	mux.HandleFunc("GET /statements/{provider}/{account...}", func(w http.ResponseWriter, r *http.Request) {
		b.answer(w, r, r.PathValue("provider"), r.PathValue("account"), true)
	})
}

// answer writes accounts as JSON, with or without their entries.
func (b *book) answer(w http.ResponseWriter, r *http.Request, provider, account string, entries bool) {
	list, err := b.statements(r.Context(), provider, account)
	stated, failed := b.statedBalances(r.Context())
	if err := cmp.Or(err, failed); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	for i := range list {
		if !entries {
			list[i].Entries = nil
		}
		if points, ok := stated[[3]string{list[i].Provider, list[i].Account, list[i].Unit}]; ok {
			list[i].Stated = &points
		}
	}
	if entries && len(list) == 0 {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}
