package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startServer runs a NATS server with JetStream inside this program, for as long
// as that lives. Clients need no password: it must listen on loopback only.
func startServer(options *server.Options) (*server.Server, error) {
	options.Host = "127.0.0.1"
	options.JetStream = true
	options.NoSigs = true // Signals are for this program.
	s, err := server.NewServer(options)
	if err != nil {
		return nil, err
	}
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		return nil, errors.New("the NATS server does not start")
	}
	return s, nil
}

// serverOptions are those of a server that stands alone. It acknowledges what is on
// its disk, and not what the operating system still has to write.
func serverOptions(dir string) *server.Options {
	return &server.Options{ServerName: "n1", Port: server.RANDOM_PORT, StoreDir: filepath.Join(dir, "n1"), SyncAlways: true}
}

// clusterOptions are those of three servers that know each other. What one of them
// has not written when it loses power, the others have.
func clusterOptions(dir string) ([]*server.Options, error) {
	ports, err := freePorts(6)
	if err != nil {
		return nil, err
	}
	var routes []*url.URL
	for _, port := range ports[3:] {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", port)})
	}
	var all []*server.Options
	for i := range 3 {
		name := fmt.Sprintf("n%d", i+1)
		all = append(all, &server.Options{
			ServerName: name,
			Port:       ports[i],
			StoreDir:   filepath.Join(dir, name),
			Cluster:    server.ClusterOpts{Name: "webhooks", Host: "127.0.0.1", Port: ports[3+i]},
			Routes:     routes,
		})
	}
	return all, nil
}

// clientURLs is where clients reach the servers.
func clientURLs(options ...*server.Options) string {
	var urls []string
	for _, o := range options {
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", o.Port))
	}
	return strings.Join(urls, ",")
}

// freePorts finds ports that nobody listens on. The servers of a cluster must know
// each other's before they start.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }() // Only at the end, so that no port comes twice.
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
