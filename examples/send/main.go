// Command send sends deliveries to a URL as their provider would, signed: bundled
// golden ones, or the bodies in files.
//
//	go run ./examples/send -provider masivo -event TIER_UPGRADE -url http://127.0.0.1:8080/webhooks/masivo -secret S
//	go run ./examples/send -provider openloyalty -all -retry -url URL -secret whsec_...
//	go run ./examples/send -provider masivo -all -n 10000 -c 8 -url URL -secret S
//	go run ./examples/send -provider mambo -event UserCreated -url URL -secret S captured.json
//
// Without -n each delivery is sent once, with a line on what was answered. With -n
// it is load: so many deliveries in all, -c at a time, a status line on a terminal
// while they run, and rate, answers and latency in the end. Open Loyalty's message
// ids are then made new whenever a body is used again, so that the receiver does
// not take it for a repetition.
//
// With -retry a delivery that was not taken is sent again as the provider does it:
// by Open Loyalty once more after 4xx and 5xx, with a new id of the attempt. Mambo
// says that it retries and not how often; once stands for that. Masivo and
// Ambassify document no retries.
//
// Ctrl-C ends it after the deliveries that are on their way; a second one at once.
//
// The exit status is 0 if all deliveries were answered with 2xx, 1 if not, and 2
// for wrong usage; go run prints it, and makes 1 of both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

// The exit statuses.
const (
	statusTaken    = 0
	statusNotTaken = 1
	statusUsage    = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // From then on a signal ends the program at once.
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return statusTaken
	}
	var deliveries []delivery
	if err == nil {
		deliveries, err = o.deliveries()
	}
	s := newSender(o)
	if err == nil { // A secret that can't sign is noticed before the first delivery.
		_, err = s.request(deliveries[0], deliveries[0].body)
	}
	if err != nil {
		fmt.Fprintf(stderr, "send: %v\n", err)
		return statusUsage
	}
	if o.retry && o.provider.Retries == nil {
		fmt.Fprintf(stderr, "send: %s documents no retries: each delivery is sent once\n", o.provider.Name)
	}
	if o.n > 0 {
		return load(ctx, s, deliveries, stdout, stderr)
	}
	return each(ctx, s, deliveries, stdout)
}

// each sends every delivery once and prints what was answered.
func each(ctx context.Context, s *sender, deliveries []delivery, stdout io.Writer) int {
	status := statusTaken
	for _, d := range deliveries {
		if ctx.Err() != nil {
			return statusNotTaken
		}
		result := s.deliver(ctx, d, d.body)
		fmt.Fprintf(stdout, "%s  %s  %s\n", result, d.name, round(result.latencies[len(result.latencies)-1]))
		if !result.taken() {
			status = statusNotTaken
		}
	}
	return status
}

// options is what the command line says.
type options struct {
	provider    cli.Provider
	event       string
	situation   string
	encoder     string
	all         bool
	contentType string
	files       []string

	url     string
	secret  string
	retry   bool
	timeout time.Duration
	n, c    int
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var provider string
	flags := flag.NewFlagSet("send", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints the error, and usage is long.
	flags.StringVar(&provider, "provider", "", "`name` of the provider: mambo, ambassify, masivo or openloyalty")
	flags.StringVar(&o.event, "event", "", "`name` of the event: its golden delivery, or that of the files")
	flags.StringVar(&o.situation, "situation", "", "which golden `situation`; default: basic")
	flags.StringVar(&o.encoder, "encoder", "", "what wrote the form, `qs or php`; default: JSON")
	flags.BoolVar(&o.all, "all", false, "all golden deliveries of the provider")
	flags.StringVar(&o.contentType, "content-type", "", "content `type` of the files; default: by their names (.form, .json)")
	flags.StringVar(&o.url, "url", "", "`URL` of the receiver")
	flags.StringVar(&o.secret, "secret", "", "`secret` that signs; default: nothing is signed")
	flags.BoolVar(&o.retry, "retry", false, "send again what was not taken, as the provider does")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "longest `wait` for an answer")
	flags.IntVar(&o.n, "n", 0, "load: `number` of deliveries in all; default: each once")
	flags.IntVar(&o.c, "c", 1, "load: `number` of deliveries at a time")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stderr, "usage: send -provider NAME -url URL [-secret S] [flags] -event NAME | -all | FILE...\n")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, err
	}
	o.files = flags.Args()
	var err error
	if o.provider, err = cli.Find(provider); err != nil {
		return o, err
	}
	return o, o.check(isSet(flags, "n"), isSet(flags, "secret"))
}

func isSet(flags *flag.FlagSet, name string) (set bool) {
	flags.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

func (o *options) check(hasN, hasSecret bool) error {
	receiver, err := url.Parse(o.url)
	switch {
	case o.url == "":
		return errors.New("-url is missing")
	case err != nil || receiver.Host == "" || receiver.Scheme != "http" && receiver.Scheme != "https":
		return errors.New("-url is not an absolute http or https URL")
	case hasSecret && strings.TrimSpace(o.secret) == "":
		return errors.New("-secret is blank")
	case hasN && o.n < 1 || o.c < 1 || o.timeout <= 0:
		return errors.New("-n, -c and -timeout must be positive")
	case o.all && len(o.files) > 0:
		return errors.New("-all and files exclude each other")
	case o.all && o.event != "":
		return errors.New("-all and -event exclude each other")
	case !o.all && o.event == "" && len(o.files) == 0:
		return errors.New("nothing to send: want -event, -all or files")
	}
	return nil
}

// delivery is one body to send.
type delivery struct {
	name        string // for people
	event       string
	contentType string
	body        []byte
}

// deliveries collects what the options name: at least one delivery.
func (o *options) deliveries() ([]delivery, error) {
	var list []delivery
	switch {
	case len(o.files) > 0:
		for _, name := range o.files {
			body, err := os.ReadFile(name) //nolint:gosec // Whoever runs the program names the file.
			if err != nil {
				return nil, err
			}
			contentType := o.contentType
			if contentType == "" {
				contentType = cli.ContentType(name)
			}
			list = append(list, delivery{name, o.event, contentType, body})
		}
	case o.all:
		for _, golden := range envelopetest.Goldens(o.provider.Name) {
			list = append(list, deliveryOf(golden))
		}
	default:
		golden, err := envelopetest.Find(o.provider.Name, o.event, o.situation, o.encoder)
		if err != nil {
			return nil, err
		}
		list = append(list, deliveryOf(golden))
	}
	return list, nil
}

func deliveryOf(g envelopetest.Golden) delivery {
	name := g.Event + "/" + g.Situation
	if g.Encoder != "" {
		name += "." + g.Encoder
	}
	return delivery{name, g.Event, g.ContentType, g.Body}
}
