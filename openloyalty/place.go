package openloyalty

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Host and path of the URL that a subscription names are signed. A receiver knows the URL
// as it is requested, or as its user writes it: with or without the port of its scheme, in
// small or capital letters, with or without the slash of an empty path. Each of these is
// tried; each is compared strictly.

var errPublicURL = errors.New("the public URL is not an absolute one of https or http")

func parsePublicURL(text string) (*url.URL, error) {
	public, err := url.Parse(strings.TrimSpace(text))
	if err != nil || public.Scheme != "https" && public.Scheme != "http" || public.Host == "" {
		return nil, errPublicURL
	}
	for _, r := range public.Host {
		if r > '~' {
			return nil, errors.New("the host of the public URL is not ASCII: write it in punycode (xn--…), as it is sent and signed")
		}
	}
	return public, nil
}

// place is host and path as they are most likely signed.
func (s *signer) place(r *http.Request) (host, path string) {
	if host = r.Host; host == "" { // An outgoing request.
		host = r.URL.Host
	}
	path = pathOf(r)
	if s.public != nil {
		host = s.public.Host
		if strings.Trim(s.public.Path, "/") != "" {
			path = s.public.EscapedPath()
		}
	}
	return host, path
}

// hostsOf are the spellings of a host, and of its small letters.
func hostsOf(host string) []string {
	hosts := spellings(host)
	if lower := strings.ToLower(host); lower != host {
		hosts = append(hosts, spellings(lower)...)
	}
	return hosts
}

// spellings are a host with and without the port of its scheme.
func spellings(host string) []string {
	_, port, err := net.SplitHostPort(host)
	switch {
	case err != nil: // It has no port.
		return []string{host, host + ":443", host + ":80"}
	case port == "443" || port == "80":
		return []string{host, strings.TrimSuffix(host, ":"+port)}
	}
	return []string{host}
}

// pathsOf are the spellings of a path.
func (s *signer) pathsOf(path string) []string {
	switch {
	case path == "/":
		return []string{"/", ""}
	case s.public != nil && s.public.Path == "/":
		return []string{path, "/"}
	}
	return []string{path}
}

// pathOf is the path as it was sent: routers and http.StripPrefix change r.URL and leave
// r.RequestURI alone. Some clients and proxies send a whole URL in the request line.
func pathOf(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if _, rest, ok := strings.Cut(path, "://"); ok && !strings.HasPrefix(path, "/") {
		_, path, _ = strings.Cut(rest, "/")
		return "/" + path
	}
	if !strings.HasPrefix(path, "/") { // An outgoing request.
		path = r.URL.EscapedPath()
	}
	if path == "" {
		return "/"
	}
	return path
}
