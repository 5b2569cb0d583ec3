package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/examples/receiver/discover"
	"github.com/loyaltyhooks/loyaltyhooks/examples/receiver/inspector"
)

// discoverFrom takes deliveries of a provider until ctx ends.
func discoverFrom(ctx context.Context, o options, stdout, stderr io.Writer) error {
	notes := log.New(stderr, "receiver: ", 0)
	settings, ok := o.settings[o.discover]
	if !ok {
		return fmt.Errorf("-discover: unknown provider %q", o.discover)
	}
	d, err := discover.New(o.discover, settings.Secrets, o.captures, stdout)
	if err != nil {
		return fmt.Errorf("-discover: %w", err)
	}
	listener, _, err := listen(ctx, o.address, o.cert, o.key)
	if err != nil {
		return err
	}
	rc := &receiver{history: inspector.NewHistory(1, 1), mux: http.NewServeMux()}
	rc.mux.Handle("/", d)
	scheme := "http"
	if o.cert != "" {
		scheme = "https"
	}
	notes.Printf("waiting for deliveries of %s at %s://%s/, on any path", o.discover, scheme, reachable(listener.Addr()))
	return serve(ctx, newServer(rc.mux, notes), listener, rc, o.drain)
}
