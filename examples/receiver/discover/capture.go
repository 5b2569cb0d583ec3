package discover

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// NoteHeader says at the head of a capture what was done to it.
const NoteHeader = "X-Loyaltyhooks-Capture"

const note = "texts, numbers, digests, hosts and secrets are replaced; the signature can not be verified any more"

// store writes a capture and the findings so far.
func (d *Discoverer) store(number int, delivery Delivery, finding Finding) (string, error) {
	text := capture(delivery)
	for _, secret := range d.secrets {
		if bytes.Contains(text, []byte(strings.TrimSpace(secret))) {
			return "", errors.New("the secret is still in it")
		}
	}
	if err := os.MkdirAll(d.folder, 0o700); err != nil {
		return "", err
	}
	name := filepath.Join(d.folder, fmt.Sprintf("capture-%03d.http", number))
	if err := os.WriteFile(name, text, 0o600); err != nil {
		return "", err
	}
	finding.Config = publicURLs.ReplaceAllString(finding.Config, `PublicURL: "https://host.example/path"`)
	findings, err := json.MarshalIndent(finding, "", "  ")
	if err != nil {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(d.folder, "findings.json"), findings, 0o600)
}

var publicURLs = regexp.MustCompile(`PublicURL: "[^"]*"`)

// capture is a delivery as it travelled, of which nothing is left that is anybody's.
func capture(d Delivery) []byte {
	var b bytes.Buffer
	var keep []string
	for _, p := range placesOf(d) {
		if p.kind == "body" {
			keep = append(keep, p.name)
		}
	}
	body := anonymousBody(d.Body, keep)
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: host.example\r\n%s: %s\r\n", d.Request.Method, anonymousTarget(d), NoteHeader, note)
	for _, name := range slices.Sorted(maps.Keys(d.Request.Header)) {
		for _, value := range d.Request.Header[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, anonymousHeader(name, value, len(body)))
		}
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// anonymousTarget keeps the names of events, and the usual words of a path.
func anonymousTarget(d Delivery) string {
	parts := strings.Split(d.Request.URL.Path, "/")
	for i, part := range parts {
		if !isEvent(part) && !slices.Contains([]string{"", "webhooks", "webhook", "hooks", "in", "api", mambo.Name, openloyalty.Name}, part) {
			parts[i] = "part"
		}
	}
	target := strings.Join(parts, "/")
	if d.Request.URL.RawQuery != "" {
		target += "?query=replaced"
	}
	return cmp.Or(target, "/")
}

// plain are headers whose values are no secret and nobody's.
var plain = []string{"Content-Type", "User-Agent", "Accept", "Accept-Encoding", "Content-Encoding", "Connection", openloyalty.AlgorithmHeader, openloyalty.VersionHeader}

func anonymousHeader(name, value string, size int) string {
	lower := strings.ToLower(name)
	switch {
	case name == "Content-Length":
		return fmt.Sprint(size)
	case slices.Contains(plain, name) || isEvent(value):
		return value
	case strings.Contains(lower, "sign") || strings.Contains(lower, "time") || strings.Contains(lower, "hmac") || strings.Contains(lower, "digest") || lower == "date":
		return shape(value)
	}
	return "replaced"
}

var (
	hexDigest    = regexp.MustCompile(`\b[0-9A-Fa-f]{32,128}\b`)
	base64Digest = regexp.MustCompile(`[A-Za-z0-9+/_-]{26,}={0,2}`)
	number       = regexp.MustCompile(`\b\d+\b`)
	otherWord    = regexp.MustCompile(`[^\x00-\x7f]+|[A-Za-z0-9]{13,}`)
	punctuation  = regexp.MustCompile(`<[^>]*>|[A-Za-z][A-Za-z0-9]{0,11}|.`)
	known        = []string{"t", "ts", "time", "timestamp", "v", "v0", "v1", "v2", "sig", "signature", "sha", "sha1", "sha256", "sha512", "hmac", "s", "d", "digest", "T", "Z", "GMT"}
)

// shape is the syntax of a signature: its digests and numbers by their lengths.
func shape(value string) string {
	value = strings.Map(func(r rune) rune {
		if r == '<' || r == '>' || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, value)
	value = hexDigest.ReplaceAllStringFunc(value, func(s string) string { return fmt.Sprintf("<%d hex>", len(s)) })
	value = replaceOutside(base64Digest, value, func(s string) string { return fmt.Sprintf("<%d base64>", len(s)) })
	value = replaceOutside(number, value, func(s string) string { return fmt.Sprintf("<%d digits>", len(s)) })
	value = replaceOutside(otherWord, value, func(string) string { return "<text>" })
	return punctuation.ReplaceAllStringFunc(value, func(s string) string {
		if s[0] == '<' || len(s) == 1 && !unicode.IsLetter(rune(s[0])) || slices.Contains(known, s) {
			return s
		}
		return "<word>"
	})
}

var placeholder = regexp.MustCompile(`<[^>]*>`)

// replaceOutside replaces what is outside of what was replaced.
func replaceOutside(expression *regexp.Regexp, text string, by func(string) string) string {
	var b strings.Builder
	end := 0
	for _, at := range placeholder.FindAllStringIndex(text, -1) {
		b.WriteString(expression.ReplaceAllStringFunc(text[end:at[0]], by))
		b.WriteString(text[at[0]:at[1]])
		end = at[1]
	}
	b.WriteString(expression.ReplaceAllStringFunc(text[end:], by))
	return b.String()
}

// anonymousBody replaces texts and numbers by others of the same form. Names of members
// that the library does not know are replaced unless they name an event.
func anonymousBody(body []byte, keep []string) []byte {
	decoder := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var b bytes.Buffer
	encoder := jsontext.NewEncoder(&b, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			break
		}
		kind, length := decoder.StackIndex(decoder.StackDepth())
		switch {
		case token.Kind() == '"' && kind == '{' && length%2 == 1:
			token = jsontext.String(anonymousName(token.String(), keep))
		case token.Kind() == '"':
			token = jsontext.String(anonymousText(token.String()))
		case token.Kind() == '0':
			if encoder.WriteValue(jsontext.Value(anonymousNumber(token.String()))) != nil {
				return nil
			}
			continue
		}
		if encoder.WriteToken(token) != nil {
			return nil
		}
	}
	if b.Len() == 0 {
		return []byte(anonymousText(string(body)))
	}
	return bytes.TrimSpace(b.Bytes())
}

// isName reports whether the name of a member can be shown that no model has.
func isName(name string) bool { return regexp.MustCompile(`^[A-Za-z_]{1,32}$`).MatchString(name) }

func anonymousName(name string, keep []string) string {
	if names()[name] || slices.Contains(keep, name) {
		return name
	}
	return fmt.Sprintf("name_%d", len(name))
}

// anonymousText keeps the names of events, and otherwise the form of a text: letters are x,
// digits are 0.
func anonymousText(text string) string {
	if isEvent(text) || text == string(mambo.PingMessagePing) || isOpenLoyalty(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '0'
		case unicode.IsUpper(r):
			return 'X'
		case r > unicode.MaxASCII || unicode.IsLetter(r):
			return 'x'
		}
		return r
	}, text)
}

func anonymousNumber(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '1'
		}
		return r
	}, text)
}

func isOpenLoyalty(text string) bool {
	for _, event := range openloyalty.Events() {
		if event.Name() == text {
			return true
		}
	}
	return false
}

// names are those of all members that a model of the two providers has.
var names = sync.OnceValue(func() map[string]bool {
	found := map[string]bool{"event": true, "eventType": true, "type": true, "data": true, "payload": true, "eventName": true}
	seen := map[reflect.Type]bool{}
	collect(reflect.TypeFor[openloyalty.Meta](), found, seen)
	for _, event := range mambo.Events() {
		collect(event.Payload(), found, seen)
	}
	for _, event := range openloyalty.Events() {
		collect(event.Payload(), found, seen)
	}
	return found
})

func collect(t reflect.Type, found map[string]bool, seen map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		collect(t.Elem(), found, seen)
	case reflect.Struct:
		if seen[t] {
			return
		}
		seen[t] = true
		for field := range t.Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); field.IsExported() {
				found[name] = name != "" && name != "-"
				collect(field.Type, found, seen)
			}
		}
	}
}
