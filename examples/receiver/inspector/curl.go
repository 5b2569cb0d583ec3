package inspector

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuoted is how much body stands in a command; a longer one is fetched from the
// receiver.
const maxQuoted = 16 << 10

// leftOut are headers that curl sets itself.
var leftOut = []string{"Accept-Encoding", "Connection", "Content-Length", "User-Agent"}

// curl is a command for a shell that sends the delivery to this receiver again. A
// secret is in it as the variable that the receiver has it from. Signatures are as
// they came, so they grow old.
func (i *Inspector) curl(d *Delivery) string {
	if d.Partial {
		return ""
	}
	parts := []string{"curl --globoff --request " + quote(d.Method)}
	// The host is part of some signatures. It names no place to connect to: the
	// sender chose it.
	if _, host, _ := strings.Cut(i.config.URL, "://"); host != d.Host {
		parts = append(parts, "--header "+quote("Host: "+d.Host))
	}
	for _, h := range i.shownHeader(d) {
		if !slices.Contains(leftOut, h.Name) {
			parts = append(parts, "--header "+quote(h.Name+": "+h.Value))
		}
	}
	source := ""
	switch {
	case len(d.Raw) == 0:
	case len(d.Raw) <= maxQuoted && isText(d.Raw):
		parts = append(parts, "--data-raw "+quote(string(d.Raw)))
	default:
		source = fmt.Sprintf("curl --silent %s | ", quote(fmt.Sprintf("%s/api/deliveries/%d/body", i.config.URL, d.ID)))
		parts = append(parts, "--data-binary @-")
	}
	parts = append(parts, i.quoteTarget(d.Target, i.provider(d.Provider)))
	return source + strings.Join(parts, " \\\n  ")
}

// quoteTarget hides the values of a query and a path, but puts in the variable where the
// value is the secret.
func (i *Inspector) quoteTarget(target string, p Provider) string {
	path, query, found := strings.Cut(target, "?")
	quoted := quote(i.config.URL + i.shownPath(path, p))
	if rest, err := url.PathUnescape(strings.TrimPrefix(path, p.Path+"/")); err == nil && rest == p.Secret && p.Variable != "" {
		quoted = quote(i.config.URL+p.Path+"/") + `"$` + p.Variable + `"`
	}
	if !found {
		return quoted
	}
	quoted += quote("?")
	for n, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if n > 0 {
			name = "&" + name
		}
		if plain, err := url.QueryUnescape(value); err == nil && plain == p.Secret && p.Variable != "" {
			quoted += quote(name+"=") + `"$` + p.Variable + `"`
		} else {
			quoted += quote(name + "=" + Redacted)
		}
	}
	return quoted
}

// quote makes one word of a text, whatever is in it, for a POSIX shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// isText reports whether a body can be pasted into a terminal and arrive as it was.
func isText(body []byte) bool {
	return utf8.Valid(body) && !slices.ContainsFunc([]rune(string(body)), func(r rune) bool {
		return r != '\n' && !unicode.IsGraphic(r)
	})
}
