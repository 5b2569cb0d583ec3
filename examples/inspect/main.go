// Command inspect shows what the library makes of captured deliveries: whether
// they are genuine and accepted, the typed values in them, and what those types
// do not know.
//
//	go run ./examples/inspect -provider NAME [flags] [FILE...]
//
// A file holds the body of one delivery, as it was received; without a file the
// body comes from standard input. Each body gives one JSON object on a line of
// its own, with these members:
//
//	provider    name of the provider
//	event       name of the event; "" if it was not told
//	known       whether the library knows the event
//	verified    whether the origin is proven; null without -secret
//	type        Go type of the payload; "" if the event was not told
//	body        the delivery encoded again from its typed values, as JSON; null if refused
//	unknown     JSON Pointers of members that no typed field holds
//	mistyped    JSON Pointers of fields whose JSON type did not fit
//	new_values  JSON Pointers of values that an enumeration does not list
//	unreadable  JSON Pointers of texts that are not Unicode
//	duplicates  JSON Pointers of members that were sent twice
//	violations  documented rules that the delivery breaks: {path, rule}
//	error       null, or why it was refused: {kind, status, retryable, message}
//	why         causes of a refusal, those that are certain first: {code, text, setting, certain}
//
// A captured request, a file that ends in .http or is named by -request, has what a signature needs: the bytes as they travel, as ngrok's
// inspector shows them, or what curl -v prints, with the body in a file of its own:
//
//	go run ./examples/inspect -provider openloyalty -secret whsec_... -request captured.http
//	go run ./examples/inspect -provider mambo -secret ... -separator : -request verbose.txt body.json
//
// Or give what was signed beside the body:
//
//	go run ./examples/inspect -provider openloyalty -secret whsec_... \
//		-url https://shop.example.com/webhooks/openloyalty -at 2026-08-01T12:00:00Z \
//		-H 'X-Webhook-Signature: ...' -H 'X-Webhook-Timestamp: ...' -H 'X-Webhook-Request-Id: ...' body.json
//
// With -learn it prints one JSON object on all deliveries together: what they teach beyond the
// catalogue of the provider. Events and fields that it does not have, with types and how
// often; other types and values of those that it has; and fields that never came. It has names
// and types, and no values but those of enumerations, and leaves out what does not look like
// a name. It is what an issue wants, to make this library better.
//
//	go run ./examples/inspect -provider mambo -learn captures/*.http
//
// The exit status is 0 if every delivery was accepted, 1 if one was refused, and
// 2 for wrong usage, such as a file that can't be read; go run prints it, and makes
// 1 of both.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

// The exit statuses.
const (
	statusAccepted = 0
	statusRefused  = 1
	statusUsage    = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return statusAccepted
	}
	var in *inspector
	if err == nil {
		in, err = newInspector(o)
	}
	if err != nil {
		fmt.Fprintf(stderr, "inspect: %v\n", err)
		return statusUsage
	}
	if o.learn {
		return learn(in, stdin, stdout, stderr)
	}
	show := printJSON
	if o.pretty {
		show = newPretty(stdout).print
	}
	return inspectAll(in, o.files, stdin, stderr, func(d delivery, r report) error {
		return show(stdout, d.file, r)
	})
}

// learn prints what all deliveries teach together.
func learn(in *inspector, stdin io.Reader, stdout, stderr io.Writer) int {
	l, err := newLesson(in.provider.Name)
	if err == nil {
		status := inspectAll(in, in.files, stdin, stderr, func(d delivery, r report) error {
			l.add(d.body, r)
			return nil
		})
		if err = l.print(stdout); err == nil {
			return status
		}
	}
	fmt.Fprintf(stderr, "inspect: %v\n", err)
	return statusUsage
}

// inspectAll prints a report on each file. A file that can't be read is wrong
// usage, and does not keep the others from being read.
func inspectAll(in *inspector, files []string, stdin io.Reader, stderr io.Writer, show func(delivery, report) error) int {
	status := statusAccepted
	for _, name := range files {
		d, err := in.read(name, stdin)
		if err != nil {
			fmt.Fprintf(stderr, "inspect: %v\n", err)
			status = statusUsage
			continue
		}
		r := in.inspect(d)
		if err := show(d, r); err != nil {
			fmt.Fprintf(stderr, "inspect: %v\n", err)
			return statusUsage
		}
		if r.hidden > 0 {
			fmt.Fprintf(stderr, "inspect: %s: %d more differences are not listed\n", name, r.hidden)
		}
		if r.Error != nil {
			status = max(status, statusRefused)
		}
	}
	return status
}

// stdinName is the file name that stands for standard input.
const stdinName = "-"

// delivery is what was captured of one.
type delivery struct {
	file    string
	name    string        // of the file with the body
	request *http.Request // nil if there is the body alone
	body    []byte
}

// read reads a delivery. Of a body that is over the library's limit it reads enough for
// the library to say so.
func (o options) read(name string, stdin io.Reader) (d delivery, err error) {
	d.file, d.name = name, name
	if !slices.Contains(o.requests, name) {
		d.body, err = readFile(name, stdin, envelope.DefaultMaxBody+1)
		return d, err
	}
	text, err := readFile(name, stdin, 2*maxCaptured)
	if err != nil {
		return d, err
	}
	if d.request, d.body, err = cli.ReadRequest(bytes.NewReader(text)); err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	if o.body != "" {
		d.name = o.body
		d.body, err = readFile(o.body, stdin, envelope.DefaultMaxBody+1)
	}
	return d, err
}

// maxCaptured is more than a request of the largest body.
const maxCaptured = 2 << 20

func readFile(name string, stdin io.Reader, limit int64) ([]byte, error) {
	source := io.NopCloser(stdin)
	if name != stdinName {
		file, err := os.Open(name) //nolint:gosec // Whoever runs the program names the file.
		if err != nil {
			return nil, err
		}
		source = file
	}
	defer source.Close()
	return io.ReadAll(io.LimitReader(source, limit))
}

// options is what the command line says.
type options struct {
	provider    cli.Provider
	event       string
	contentType string
	header      http.Header
	url         *url.URL
	settings    cli.Settings
	at          time.Time
	pretty      bool
	learn       bool
	requests    []string // files with captured requests
	body        string   // file with the body of the only one, if it has none
	files       []string
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{header: http.Header{}, url: &url.URL{}}
	var provider string
	flags := flag.NewFlagSet("inspect", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints the error, and usage is long.
	flags.StringVar(&provider, "provider", "", "`name` of the provider: mambo, ambassify, masivo or openloyalty")
	flags.StringVar(&o.event, "event", "", "`name` of the event, where it is not in the body or in a header")
	flags.StringVar(&o.contentType, "content-type", "", "content `type` of the body; default: that of -H, or by the file's name (.form, .json)")
	flags.Func("H", "header that was received, as `'Name: value'`; may be repeated", o.addHeader)
	flags.Func("url", "`URL` that the delivery was sent to, with its secret or as it was signed", o.setURL)
	flags.Func("secret", "`secret` that proves the origin; may be repeated; default: nothing is verified", o.settings.AddSecret)
	flags.StringVar(&o.settings.Tenant, "tenant", "", "`name` of the account that the secrets are of")
	flags.Func("request", "`file` with a captured request: raw HTTP, or what curl -v prints; may be repeated", o.addRequest)
	o.settings.Flags(flags, "", "")
	flags.Func("at", "`time` of the reception, in RFC 3339; default: now", o.setTime)
	flags.BoolVar(&o.pretty, "pretty", false, "print for people, in colour on a terminal")
	flags.BoolVar(&o.learn, "learn", false, "print what all deliveries teach together, in place of each")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stderr, "usage: inspect -provider NAME [flags] [FILE...]\n")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, err
	}
	o.files = flags.Args()
	switch {
	case len(o.requests) == 1 && len(o.files) == 1:
		o.body, o.files = o.files[0], o.requests
	case len(o.requests) > 0 && len(o.files) > 0:
		return o, errors.New("either captured requests or bodies; one of each is a request without its body")
	case len(o.requests) > 0:
		o.files = o.requests
	case len(o.files) == 0:
		o.files = []string{stdinName}
	}
	for _, name := range o.files {
		if strings.HasSuffix(name, ".http") && !slices.Contains(o.requests, name) {
			o.requests = append(o.requests, name)
		}
	}
	var err error
	if o.provider, err = cli.Find(provider); err != nil {
		return o, err
	}
	return o, o.settings.Check(flags, o.provider.Name)
}

func (o *options) addRequest(name string) error {
	o.requests = append(o.requests, name)
	return nil
}

func (o *options) addHeader(line string) error {
	name, value, ok := strings.Cut(line, ":")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		return errors.New("want 'Name: value'")
	}
	o.header.Add(name, strings.TrimSpace(value))
	return nil
}

func (o *options) setURL(text string) (err error) {
	o.url, err = url.Parse(text)
	return err
}

func (o *options) setTime(text string) (err error) {
	o.at, err = time.Parse(time.RFC3339, text)
	return err
}
