package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// Servers and workers of TestCluster are processes, so that they can be killed as
// the real ones are: at once, with nothing put in order. Each is this test binary
// with a role in its environment.
const (
	roleVariable   = "JETSTREAM_TEST_ROLE"
	configVariable = "JETSTREAM_TEST_CONFIG"
)

var roles = map[string]func(){
	"server": playServer,
	"worker": playWorker,
}

// startRole starts a process. It ends with the test at the latest: when its
// standard input does.
func startRole(t *testing.T, role string, config any) (*exec.Cmd, error) {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, configVariable+"="+string(text))
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return cmd, cmd.Start()
}

// begin reads the config of a role.
func begin(config any) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := json.Unmarshal([]byte(os.Getenv(configVariable)), config); err != nil {
		panic(err)
	}
}

// serverRole is a server of the cluster.
type serverRole struct {
	Name, Dir   string
	Port, Route int
	Routes      []string
}

func roleOf(o *server.Options) serverRole {
	r := serverRole{Name: o.ServerName, Dir: o.StoreDir, Port: o.Port, Route: o.Cluster.Port}
	for _, route := range o.Routes {
		r.Routes = append(r.Routes, route.String())
	}
	return r
}

func playServer() {
	var r serverRole
	begin(&r)
	o := &server.Options{
		ServerName: r.Name,
		Port:       r.Port,
		StoreDir:   r.Dir,
		Cluster:    server.ClusterOpts{Name: "webhooks", Host: "127.0.0.1", Port: r.Route},
	}
	for _, route := range r.Routes {
		u, err := url.Parse(route)
		if err != nil {
			panic(err)
		}
		o.Routes = append(o.Routes, u)
	}
	if _, err := startServer(o); err != nil {
		panic(err)
	}
	select {}
}

// workerRole is a worker of the program, with its own handlers. Its effects go to
// the database of the test.
type workerRole struct {
	NATS     string
	Database string
	Name     string
}

// clusterLimits are short, so that a killed worker is missed soon.
var clusterLimits = limits{
	timeout:    2 * time.Second,
	lease:      5 * time.Second,
	ackWait:    6 * time.Second,
	retryAfter: time.Second,
}

func playWorker() {
	var r workerRole
	begin(&r)
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	nc, err := connect(r.NATS, log)
	if err != nil {
		panic(err)
	}
	q, err := openQueue(ctx, nc, clusterQueue)
	if err != nil {
		panic(err)
	}
	db := &databaseClient{url: r.Database, worker: r.Name}
	s := &service{notify: db.notify}
	handlers, err := s.handlers(mortalStore{keyStore{q.keys}, db}, clusterLimits, log)
	if err != nil {
		panic(err)
	}
	w := &worker{queue: q, handlers: handlers, parallel: 32, pause: 100 * time.Millisecond, log: log}
	w.run(ctx)
}

// The steps of a delivery at which a worker can be told to die.
const (
	stepRun      = "run"      // the function has begun
	stepEffect   = "effect"   // the effect is in the database
	stepFinish   = "finish"   // the function has returned, and the store does not know it
	stepFinished = "finished" // the store knows it, and JetStream does not
)

// databaseClient is a worker's connection to the database of the test.
type databaseClient struct{ url, worker string }

func (c *databaseClient) notify(ctx context.Context, key, subject, _ string) error {
	if err := c.tell(ctx, stepRun, key, subject); err != nil {
		return err
	}
	return c.tell(ctx, stepEffect, key, subject)
}

// tell reports a step, and dies if the database says so.
func (c *databaseClient) tell(ctx context.Context, step, key, subject string) error {
	query := url.Values{"step": {step}, "key": {key}, "subject": {subject}, "worker": {c.worker}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	if w.StatusCode == http.StatusGone {
		die()
	}
	return nil
}

// die ends the process without any deferred call, and does not return.
func die() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {}
}

// mortalStore is a store whose worker can die around Finish.
type mortalStore struct {
	keyStore
	db *databaseClient
}

func (s mortalStore) Finish(ctx context.Context, key, token string) error {
	_ = s.db.tell(ctx, stepFinish, key, "")
	if err := s.keyStore.Finish(ctx, key, token); err != nil {
		return err
	}
	_ = s.db.tell(ctx, stepFinished, key, "")
	return nil
}

var _ envelope.Store = mortalStore{}
