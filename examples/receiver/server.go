package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// newServer makes a server that a slow or greedy sender can't hold: it bounds each
// phase of a request in time, and its header in size. Bodies are bounded by the
// handlers.
func newServer(handler http.Handler, log *log.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ErrorLog:          log,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      15*time.Second + envelope.DefaultTimeout, // a function may take its time
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}

// listen opens the address, with TLS if there is a certificate.
func listen(ctx context.Context, address, certFile, keyFile string) (net.Listener, *x509.Certificate, error) {
	var pair tls.Certificate
	if certFile != "" {
		var err error
		if pair, err = tls.LoadX509KeyPair(certFile, keyFile); err != nil {
			return nil, nil, err
		}
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil || certFile == "" {
		return listener, nil, err
	}
	return tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{pair},
		NextProtos:   []string{"h2", "http/1.1"},
		MinVersion:   tls.VersionTLS12,
	}), pair.Leaf, nil
}

// serve serves until ctx ends, and then lets deliveries that have begun finish: new
// ones are told to come again, and after the time of drain whatever still runs is
// left behind with an error that says so.
func serve(ctx context.Context, server *http.Server, listener net.Listener, rc *receiver, drain time.Duration) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := rc.drain(ctx)
	if stop := server.Shutdown(ctx); stop != nil {
		err = errors.Join(err, fmt.Errorf("connections: %w", stop), server.Close())
	}
	return err
}
