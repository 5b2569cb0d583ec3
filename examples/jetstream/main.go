// Command jetstream receives webhooks and puts a durable queue behind them: NATS
// JetStream. Its receivers verify a delivery, store it in the queue and only then
// answer the sender; its workers dispatch the deliveries to typed functions, try
// again what fails, and do each thing once, on any number of machines.
//
// Without -addr it shows the way of a few deliveries and ends. With -addr it serves
// the providers whose secret is in the environment: MASIVO_WEBHOOK_SECRET and so on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "jetstream:", err)
		os.Exit(1)
	}
}

type options struct {
	addr    string
	nats    string
	dir     string
	cluster bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o options
	flags := flag.NewFlagSet("jetstream", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.addr, "addr", "", "serve webhooks on this `address` instead of showing a few deliveries")
	flags.StringVar(&o.nats, "nats", "", "use the NATS server at this `URL` instead of an embedded one")
	flags.BoolVar(&o.cluster, "cluster", false, "three embedded servers, and three replicas of everything")
	flags.StringVar(&o.dir, "dir", "", "`folder` of the embedded servers (default one that is removed at the end)")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if o.addr == "" {
		log = slog.New(slog.DiscardHandler) // Failures are part of the demonstration.
	}
	p, err := open(ctx, o, log)
	if err != nil {
		return err
	}
	defer p.close()
	if o.addr == "" {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		return demo(ctx, p, stdout)
	}
	return serve(ctx, p, o.addr, stderr)
}

// program is a receiver and a worker with the queue between them. In production
// each is a program of its own, and there are several of both.
type program struct {
	queue    *queue
	receiver *receiver
	service  *service
	limits   limits
	log      *slog.Logger
	closers  []func()
}

// open starts the servers that o asks for, and makes the queue.
func open(ctx context.Context, o options, log *slog.Logger) (*program, error) {
	p := &program{service: &service{}, limits: defaultLimits, log: log}
	if err := p.open(ctx, o); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *program) open(ctx context.Context, o options) error {
	urls := o.nats
	if urls == "" {
		var err error
		if urls, err = p.startServers(o); err != nil {
			return err
		}
	}
	nc, err := connect(urls, p.log)
	if err != nil {
		return err
	}
	p.closers = append(p.closers, nc.Close)
	config := queueConfig{
		replicas: 1,
		ackWait:  p.limits.ackWait,
		dedupe:   time.Hour,
		keep:     7 * 24 * time.Hour,
	}
	if o.cluster {
		config.replicas = 3
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	p.queue, err = openQueue(ctx, nc, config)
	p.receiver = &receiver{queue: p.queue, log: p.log}
	return err
}

// startServers starts one embedded server, or three.
func (p *program) startServers(o options) (urls string, err error) {
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "jetstream"); err != nil {
			return "", err
		}
		p.closers = append(p.closers, func() { _ = os.RemoveAll(dir) })
	}
	if !o.cluster {
		s, err := startServer(serverOptions(dir))
		if err != nil {
			return "", err
		}
		p.closers = append(p.closers, func() { s.Shutdown(); s.WaitForShutdown() })
		return s.ClientURL(), nil
	}
	all, err := clusterOptions(dir)
	if err != nil {
		return "", err
	}
	servers, err := startServers(all)
	for _, s := range servers {
		p.closers = append(p.closers, func() { s.Shutdown(); s.WaitForShutdown() })
	}
	return clientURLs(all...), err
}

// startServers starts the servers of a cluster.
func startServers(all []*server.Options) ([]*server.Server, error) {
	var servers []*server.Server
	for _, o := range all {
		s, err := startServer(o)
		if err != nil {
			return servers, err
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// close ends what open has begun, the last thing first.
func (p *program) close() {
	for i := len(p.closers) - 1; i >= 0; i-- {
		p.closers[i]()
	}
}

// start receives and works until stop is called.
func (p *program) start(ctx context.Context, l net.Listener) (stop func(), err error) {
	receivers, err := p.receiver.handlers()
	if err != nil {
		return nil, err
	}
	handlers, err := p.service.handlers(keyStore{p.queue.keys}, p.limits, p.log)
	if err != nil {
		return nil, err
	}
	w := &worker{queue: p.queue, handlers: handlers, parallel: 16, pause: time.Second, log: p.log}
	web := &http.Server{
		Handler:           mount(receivers),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    headerRoom / 2, // The rest is for the names and the CloudEvent's own.
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	running.Go(func() { w.run(ctx) })
	running.Go(func() { _ = web.Serve(l) })
	return func() {
		// The sender of what is being received is answered, the worker finishes
		// what it has begun, and the queue keeps the rest.
		drain, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		_ = web.Shutdown(drain)
		cancel()
		running.Wait()
	}, nil
}

// serve receives webhooks until ctx ends.
func serve(ctx context.Context, p *program, addr string, stderr io.Writer) error {
	p.receiver.secrets, p.receiver.keys = map[string]string{}, defaultKeys
	for provider := range domains {
		if secret := os.Getenv(strings.ToUpper(provider) + "_WEBHOOK_SECRET"); secret != "" {
			p.receiver.secrets[provider] = secret
		}
	}
	if len(p.receiver.secrets) == 0 {
		return errors.New("no secret: set MASIVO_WEBHOOK_SECRET, OPENLOYALTY_WEBHOOK_SECRET, MAMBO_WEBHOOK_SECRET or AMBASSIFY_WEBHOOK_SECRET")
	}
	p.service.notify = func(_ context.Context, key, _, text string) error {
		_, err := fmt.Fprintf(stderr, "%s: %s\n", key, text)
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	stop, err := p.start(ctx, l)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintf(stderr, "serving /webhooks/... on %s; interrupt to end\n", l.Addr())
	<-ctx.Done()
	return nil
}
