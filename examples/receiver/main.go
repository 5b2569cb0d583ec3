// Receiver receives the webhooks of all four providers and prints one line for
// each.
//
//	go run ./examples/receiver -demo
//	go run ./examples/receiver
//
// The first starts a receiver of its own, sends it every bundled delivery over HTTP
// as the providers send them, and some attacks, and says what became of each.
//
// The second serves /webhooks/masivo, /webhooks/openloyalty, /webhooks/mambo and
// /webhooks/ambassify for each provider whose secret is in the environment, and a
// live page at / for a browser on the same machine. An interrupt lets deliveries
// finish; a second one does not wait. What a provider does not document is a setting, as
// a flag or in the environment, such as MAMBO_SEPARATOR or -openloyalty-public-url; a
// delivery that is refused is logged with its likely causes, which name the setting.
//
//	go run ./examples/receiver -discover mambo
//
// takes the first deliveries of a real account on any path, the Ping of a new webhook too,
// and prints the Config that fits them, how sure that is, and what is still open.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals) // From here on a signal kills.
		cancel()
	}()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	demo      bool
	address   string
	cert, key string
	page      string
	without   string
	drain     time.Duration
	discover  string                   // provider
	captures  string                   // folder
	settings  map[string]*cli.Settings // of each provider
}

const (
	exitFailed = 1
	exitUsage  = 2
)

// run is the program. It gives the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	o, usage, err := parse(args, getenv, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return exitUsage
	}
	switch {
	case o.demo:
		err = demo(ctx, o.excluded(), stdout)
	case o.discover != "":
		err = discoverFrom(ctx, o, stdout, stderr)
	case !slices.ContainsFunc(providers, func(p provider) bool { return len(o.settings[p.name].Secrets) > 0 }):
		fmt.Fprintf(stderr, "receiver: no provider has a secret\n")
		usage()
		return exitUsage
	default:
		err = receive(ctx, o, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "receiver: %v\n", err)
		return exitFailed
	}
	return 0
}

func parse(args []string, getenv func(string) string, stderr io.Writer) (o options, usage func(), err error) {
	flags := flag.NewFlagSet("receiver", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.demo, "demo", false, "send every bundled delivery to a receiver of its own, and exit")
	flags.StringVar(&o.address, "addr", "127.0.0.1:8080", "`address` to listen on")
	flags.StringVar(&o.cert, "tls-cert", "", "`file` with a certificate: serve HTTPS")
	flags.StringVar(&o.key, "tls-key", "", "`file` with its key")
	flags.StringVar(&o.page, "page", "local", "`who` may see the live page: local, anyone or nobody")
	flags.StringVar(&o.without, "without", "", "leave out the functions of these `events`, separated by commas")
	flags.DurationVar(&o.drain, "drain", 30*time.Second, "how long deliveries may take to finish at the end")
	flags.StringVar(&o.discover, "discover", "", "find out what `provider`, mambo or openloyalty, does not publish, from its first deliveries")
	flags.StringVar(&o.captures, "captures", "captures", "`folder` for what -discover takes, with secrets and personal texts replaced")
	if err := o.addSettings(flags, getenv); err != nil {
		fmt.Fprintf(stderr, "receiver: %v\n", err)
		return o, nil, err
	}
	flags.Usage = func() {
		fmt.Fprintf(stderr, "Usage: receiver -demo, or receiver with a secret for at least one provider in the environment:\n")
		for _, p := range providers {
			fmt.Fprintf(stderr, "  %-28s %s\n", p.variable(), p.proof)
		}
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, nil, err
	}
	if err := o.check(flags.Args()); err != nil {
		fmt.Fprintf(stderr, "receiver: %v\n", err)
		flags.Usage()
		return o, nil, err
	}
	return o, flags.Usage, nil
}

// addSettings reads the settings of the providers from the environment, and makes flags of
// them, which go before: -openloyalty-public-url for OPENLOYALTY_PUBLIC_URL.
func (o *options) addSettings(flags *flag.FlagSet, getenv func(string) string) error {
	o.settings = map[string]*cli.Settings{}
	for _, p := range providers {
		settings, err := p.settingsFrom(getenv)
		if err != nil {
			return err
		}
		o.settings[p.name] = &settings
		settings.Flags(flags, p.name+"-", p.name)
	}
	return nil
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("what is %q for?", rest[0])
	case (o.cert == "") != (o.key == ""):
		return errors.New("-tls-cert and -tls-key need each other")
	case !slices.Contains([]string{"local", "anyone", "nobody"}, o.page):
		return errors.New("-page is local, anyone or nobody")
	}
	for _, event := range o.excluded() {
		if !slices.ContainsFunc(providers, func(p provider) bool { return slices.Contains(p.events, event) }) {
			return fmt.Errorf("-without: no provider has an event %q", event)
		}
	}
	return nil
}

// excluded are the events whose functions are left out.
func (o options) excluded() []string {
	if o.without == "" {
		return nil
	}
	return strings.Split(o.without, ",")
}

// receive serves until ctx ends.
func receive(ctx context.Context, o options, stdout, stderr io.Writer) error {
	notes := log.New(stderr, "receiver: ", 0)
	rc, err := newReceiver(func(p provider) cli.Settings { return *o.settings[p.name] }, o.excluded(), printTo(stdout))
	if err != nil {
		return err
	}
	listener, certificate, err := listen(ctx, o.address, o.cert, o.key)
	if err != nil {
		return err
	}
	sender := newSender(rc, listener.Addr(), certificate)
	server := newServer(rc.mux, notes)
	if o.page != "nobody" {
		page := newPage(rc, sender, o.page == "anyone")
		rc.mux.Handle("/", page)
		server.RegisterOnShutdown(page.Close)
		notes.Printf("live page at %s/", sender.url)
	}
	for _, p := range providers {
		if m, ok := rc.find(p.name); ok {
			notes.Printf("%s: POST %s, %d events, %s of %s", m.name, m.at(sender.url), len(m.handler.Registered()), first(m.settings.Proof(), m.proof), m.variable())
		} else {
			notes.Printf("%s: not mounted, %s is not set", p.name, p.variable())
		}
	}
	if err := serve(ctx, server, listener, rc, o.drain); err != nil {
		return err
	}
	notes.Print("all deliveries have finished")
	return nil
}
