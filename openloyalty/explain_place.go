package openloyalty

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/internal/explain"
)

// placeSeparator is between host and path of a choice; neither can have it.
const placeSeparator = "\n"

// Bounds of what headers may name, which a forger can fill.
const (
	maxHosts = 24
	maxPaths = 48
	// Those beyond are not tried together with others.
	commonPlaces = 24
)

// places are the hosts and paths that may be signed, one of them at fault first, then both.
func (s *signer) places(r *http.Request) []explain.Choice[string] {
	host, path := s.place(r)
	usualHosts, usualPaths := hostsOf(host), s.pathsOf(path)
	otherHosts, otherPaths := s.otherHosts(r, usualHosts), s.otherPaths(r, usualPaths)
	scheme := "https"
	if r.Header.Get("X-Forwarded-Proto") == "http" {
		scheme = "http"
	}
	setting := func(host, path string) string { return fmt.Sprintf("PublicURL: %q", scheme+"://"+host+path) }
	var choices []explain.Choice[string]
	add := func(hosts, paths []string, cause func(host, path string) explain.Cause) {
		for _, host := range hosts {
			for _, path := range paths {
				choices = append(choices, explain.Choice[string]{Value: host + placeSeparator + path, Cause: cause(host, path), Rare: len(choices) >= commonPlaces})
			}
		}
	}
	add(usualHosts, usualPaths, func(string, string) explain.Cause { return explain.Cause{} })
	add(otherHosts, usualPaths, func(host, path string) explain.Cause {
		return explain.Cause{Code: "host", Text: "The signature is of another host, which a proxy has replaced: name the URL of the subscription.", Setting: setting(host, path)}
	})
	add(usualHosts, otherPaths, func(host, path string) explain.Cause {
		if strings.Contains(path, "?") {
			return explain.Cause{Code: "path_query", Text: "The signature is of the path with its query: give the subscription a URL without one, and tell this project."}
		}
		return explain.Cause{Code: "path", Text: "The signature is of another path, of which a proxy or a router has changed something: name the URL of the subscription.", Setting: setting(host, path)}
	})
	add(otherHosts, otherPaths, func(host, path string) explain.Cause {
		return explain.Cause{Code: "host_and_path", Text: "The signature is of another host and path, which a proxy has replaced: name the URL of the subscription.", Setting: setting(host, path)}
	})
	return choices
}

// otherHosts are those that proxies tell, and that of the request where another one is
// configured.
func (s *signer) otherHosts(r *http.Request, usual []string) (hosts []string) {
	add := func(host string) {
		host = strings.TrimSpace(host)
		if host == "" || len(host) > 255 || strings.ContainsAny(host, "/\\ \n") {
			return
		}
		for _, spelled := range hostsOf(host) {
			if !slices.Contains(usual, spelled) && !slices.Contains(hosts, spelled) && len(hosts) < maxHosts {
				hosts = append(hosts, spelled)
			}
		}
	}
	port := r.Header.Get("X-Forwarded-Port")
	for _, name := range []string{"X-Forwarded-Host", "X-Original-Host", "X-Host", "X-Forwarded-Server", "Ce-Host", "Disguised-Host"} {
		for _, value := range r.Header.Values(name) {
			for host := range strings.SplitSeq(value, ",") {
				add(host)
				if port != "" && !strings.Contains(host, ":") {
					add(strings.TrimSpace(host) + ":" + port)
				}
			}
		}
	}
	for _, value := range r.Header.Values("Forwarded") {
		for element := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ';' || r == ',' }) {
			name, host, _ := strings.Cut(strings.TrimSpace(element), "=")
			if strings.EqualFold(name, "host") {
				add(strings.Trim(host, `"`))
			}
		}
	}
	add(r.Host)
	add(r.URL.Host)
	add(strings.TrimPrefix(r.Host, "www."))
	add("www." + r.Host)
	name, number, err := net.SplitHostPort(cmp.Or(r.Host, r.URL.Host))
	if err == nil && number != "443" && number != "80" {
		add(name) // The port is the receiver's own.
	} else if err != nil && port != "" {
		add(r.Host + ":" + port)
	}
	if s.public != nil {
		add(s.public.Hostname())
	}
	return hosts
}

// prefixes are what routers and proxies remove from a path most.
var prefixes = []string{"/webhooks", "/webhook", "/hooks", "/api", "/api/webhooks", "/webhooks/openloyalty", "/openloyalty", "/v1", "/api/v1", "/prod", "/dev", "/stage"}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// otherPaths are those that proxies tell, and the spellings of all.
func (s *signer) otherPaths(r *http.Request, usual []string) (paths []string) {
	add := func(path string) {
		isNew := !slices.Contains(usual, path) && !slices.Contains(paths, path)
		if isNew && len(path) <= 2048 && !strings.Contains(path, "\n") && len(paths) < maxPaths {
			paths = append(paths, path)
		}
	}
	for _, name := range []string{"X-Forwarded-Prefix", "X-Script-Name", "X-Forwarded-Path", "X-Ingress-Path"} {
		if prefix := r.Header.Get(name); strings.HasPrefix(prefix, "/") {
			add(strings.TrimSuffix(prefix, "/") + pathOf(r))
			add(prefix)
		}
	}
	for _, name := range []string{"X-Original-Uri", "X-Original-Url", "X-Forwarded-Uri", "X-Envoy-Original-Path", "X-Rewrite-Url", "X-Request-Uri"} {
		if target, err := url.Parse(r.Header.Get(name)); err == nil && target.Path != "" {
			add(target.EscapedPath())
		}
	}
	bare := pathOf(r)
	add(bare)
	add(r.URL.EscapedPath())
	for _, path := range append([]string{bare}, paths...) {
		add(strings.TrimSuffix(path, "/"))
		add(path + "/")
		if decoded, err := url.PathUnescape(path); err == nil {
			add(decoded)
			add((&url.URL{Path: decoded}).EscapedPath())
		}
		add(strings.ToLower(path))
		add(escape.ReplaceAllStringFunc(path, strings.ToLower))
		add(escape.ReplaceAllStringFunc(path, strings.ToUpper))
	}
	add("/")
	add("/" + bare) // Two slashes were made one.
	add(strings.ReplaceAll(bare, "//", "/"))
	if r.URL.RawQuery != "" {
		add(bare + "?" + r.URL.RawQuery)
	}
	for _, prefix := range prefixes {
		add(prefix + bare)
		if rest, ok := strings.CutPrefix(bare, prefix); ok && strings.HasPrefix(rest, "/") {
			add(rest)
		}
	}
	return paths
}

// suspects are hosts that no provider can have called.
func (s *signer) suspects(r *http.Request) []explain.Cause {
	if s.public != nil || !isPrivate(r.Host) {
		return nil
	}
	return []explain.Cause{{
		Code: "host", Text: "The request names a host that is not reachable from outside: a proxy has replaced it, and tells the one that was signed in no header. Name the URL of the subscription.",
		Setting: `PublicURL: "https://..."`,
	}}
}

// isProxied reports whether a proxy has added something to a request.
func isProxied(header http.Header) bool {
	return slices.ContainsFunc([]string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via"}, func(name string) bool {
		return header.Get(name) != ""
	})
}

// isPrivate reports whether a host is one of an own network.
func isPrivate(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return ip.IsPrivate() || ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()
	}
	suffixes := []string{".local", ".internal", ".svc", ".cluster.local", ".localhost", ".lan"}
	return !strings.Contains(host, ".") || slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(host, s) })
}
