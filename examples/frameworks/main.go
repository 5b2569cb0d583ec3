// Command frameworks mounts the same two handlers in net/http, chi, gin and fiber,
// delivers a signed webhook to each, prints how it went, and ends.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	err := run(ctx, os.Stdout)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "frameworks:", err)
		os.Exit(1)
	}
}

// handlers are what every framework mounts: one whose signature covers host and
// path, and one that takes the event's name from the path.
type handlers struct {
	openloyalty, mambo http.Handler
}

// secrets are those of the demonstration, which only listens to itself.
var secrets = struct{ openloyalty, mambo string }{
	openloyalty: "whsec_0f6d3a5be1c84792b0d5f3e69a7c1824d06b59e3f7a1c28450be97d36f18ac42",
	mambo:       "demo-secret-of-mambo",
}

func newHandlers(onRegistered func(context.Context, *openloyalty.Delivery[openloyalty.CustomerRegisteredData]) error,
	onJoined func(context.Context, *mambo.Delivery[mambo.User]) error) (h handlers, err error) {
	h.openloyalty, err = openloyalty.NewHandler(
		openloyalty.Config{Secrets: []string{secrets.openloyalty}},
		openloyalty.CustomerRegistered.Handle(onRegistered),
	)
	if err != nil {
		return handlers{}, err
	}
	h.mambo, err = mambo.NewHandler(
		mambo.Config{Secrets: []string{secrets.mambo}, EventPathValue: "event"},
		mambo.UserMemberJoined.Handle(onJoined),
	)
	return h, err
}

// frameworks are the four ways to serve.
var frameworks = []struct {
	name  string
	serve func(net.Listener, handlers) (stop func() error)
}{
	{"net/http", func(l net.Listener, h handlers) func() error { return serveHTTP(l, netHTTP(h)) }},
	{"chi", func(l net.Listener, h handlers) func() error { return serveHTTP(l, withChi(h)) }},
	{"gin", func(l net.Listener, h handlers) func() error { return serveHTTP(l, withGin(h)) }},
	{"fiber", func(l net.Listener, h handlers) func() error { return serveFiber(l, withFiber(h)) }},
}

// serveHTTP serves until stop is called.
func serveHTTP(l net.Listener, h http.Handler) (stop func() error) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	return func() error {
		if err := server.Close(); err != nil {
			return err
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}

// serveFiber serves until stop is called.
func serveFiber(l net.Listener, app *fiber.App) (stop func() error) {
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(lingerListener{l}, fiber.ListenConfig{DisableStartupMessage: true}) }()
	return func() error {
		if err := app.ShutdownWithTimeout(5 * time.Second); err != nil {
			return err
		}
		return <-ended
	}
}

func run(ctx context.Context, out io.Writer) error {
	h, err := newHandlers(
		func(_ context.Context, d *openloyalty.Delivery[openloyalty.CustomerRegisteredData]) error {
			fmt.Fprintf(out, "  %s: %s\n", d.Event, d.Payload.CustomerData.FirstName)
			return nil
		},
		func(_ context.Context, d *mambo.Delivery[mambo.User]) error {
			fmt.Fprintf(out, "  %s: %s\n", d.Event, d.Payload.Details.DisplayName)
			return nil
		})
	if err != nil {
		return err
	}
	for _, f := range frameworks {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		stop := f.serve(l, h)
		fmt.Fprintf(out, "%s\n", f.name)
		err = errors.Join(deliver(ctx, out, "http://"+l.Addr().String()), stop())
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// deliver sends one delivery to each handler.
func deliver(ctx context.Context, out io.Writer, base string) error {
	for _, newRequest := range []func(context.Context, string) (*http.Request, error){newOpenLoyaltyRequest, newMamboRequest} {
		r, err := newRequest(ctx, base)
		if err != nil {
			return err
		}
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		_ = w.Body.Close()
		fmt.Fprintf(out, "  %s is told %d\n", r.URL.Path, w.StatusCode)
	}
	return nil
}

func newOpenLoyaltyRequest(ctx context.Context, base string) (*http.Request, error) {
	golden, err := envelopetest.Find(openloyalty.Name, openloyalty.CustomerRegistered.Name(), "", "")
	if err != nil {
		return nil, err
	}
	r, err := newRequest(ctx, base+"/webhooks/openloyalty", golden)
	if err != nil {
		return nil, err
	}
	const requestID = "81f4a166-4779-4c8c-a43d-726e6b16e81b" // as in the body
	r.Header.Set(openloyalty.RequestIDHeader, requestID)
	return r, openloyalty.Sign(openloyalty.Config{Secrets: []string{secrets.openloyalty}}, r, golden.Body)
}

func newMamboRequest(ctx context.Context, base string) (*http.Request, error) {
	golden, err := envelopetest.Find(mambo.Name, mambo.UserMemberJoined.Name(), "", "")
	if err != nil {
		return nil, err
	}
	r, err := newRequest(ctx, base+"/webhooks/mambo/"+golden.Event, golden)
	if err != nil {
		return nil, err
	}
	return r, mambo.Sign(mambo.Config{Secrets: []string{secrets.mambo}}, r, golden.Body)
}

func newRequest(ctx context.Context, url string, golden envelopetest.Golden) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(golden.Body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", golden.ContentType)
	return r, nil
}
