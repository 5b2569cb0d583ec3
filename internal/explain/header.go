package explain

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Bounds of what is looked at in a header, which a forger can fill.
const (
	maxDigests = 12
	maxTimes   = 12
	maxValue   = 4 << 10 // bytes of one value
	maxHeaders = 64
)

// Syntax is how a provider writes the digest of a signature, and the settings that would
// accept another one.
type Syntax struct {
	Name   string // header
	Prefix string
	Base64 bool // otherwise hex
	Size   int  // of the digest, in bytes

	NameSetting   string // such as `SignatureHeader: %q`; "" if there is none
	PrefixSetting string
	FormatSetting string
}

var (
	hexWord    = regexp.MustCompile(`[0-9A-Fa-f]+`)
	base64Word = regexp.MustCompile(`[A-Za-z0-9+/_-]{20,100}={0,2}`)
)

// Digests finds what may be a digest in all headers, beginning with what the verifier
// reads. There is none where nothing of that length came.
func (s Syntax) Digests(header http.Header, usual ...sign.Digest) []Choice[sign.Digest] {
	choices := Usual(usual...)
	add := func(digest sign.Digest, cause Cause) {
		isKnown := slices.ContainsFunc(choices, func(c Choice[sign.Digest]) bool { return c.Value == digest })
		if !isKnown && len(choices) < maxDigests {
			choices = append(choices, Choice[sign.Digest]{Value: digest, Cause: cause})
		}
	}
	for _, name := range s.ordered(header) {
		values := header[name]
		for _, value := range values {
			s.find(value, func(digest sign.Digest, inBase64 bool, before string) {
				add(digest, s.cause(name, len(values), inBase64, before))
			})
		}
	}
	return choices
}

// ordered are the names of headers, that of the signature first.
func (s Syntax) ordered(header http.Header) []string {
	names := slices.SortedFunc(maps.Keys(header), func(a, b string) int {
		return cmp.Or(-compareBool(strings.EqualFold(a, s.Name), strings.EqualFold(b, s.Name)),
			-compareBool(isSignature(a), isSignature(b)), cmp.Compare(a, b))
	})
	return names[:min(len(names), maxHeaders)]
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// isSignature reports whether a header's name is that of a signature.
func isSignature(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"sign", "hmac", "digest", "webhook", "hook-", "hash"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

func (s Syntax) find(value string, add func(digest sign.Digest, inBase64 bool, before string)) {
	if len(value) > maxValue {
		return
	}
	for _, at := range hexWord.FindAllStringIndex(value, -1) {
		if digest, ok := sign.HexDigest(value[at[0]:at[1]], s.Size); ok {
			add(digest, false, value[:at[0]])
		}
	}
	for _, at := range base64Word.FindAllStringIndex(value, -1) {
		// What is not in it counts as punctuation; = may be that, too.
		word := strings.NewReplacer("-", "+", "_", "/").Replace(value[at[0]:at[1]])
		for start := range len(word) {
			if digest, ok := sign.Base64Digest(word[start:], s.Size); ok {
				add(digest, true, value[:at[0]+start])
				break
			}
			if len(word)-start < s.Size {
				break
			}
		}
	}
}

// prefixes are what may be shown of what is in front of a digest.
var prefixes = []string{"", "sha256=", "sha1=", "sha512=", "v0=", "v1=", "v1,", "v2=", "hmac-sha256=", "HMAC-SHA256 ", "hmac ", "hmac=", "s=", "sig=", "signature=", "Bearer "}

func (s Syntax) cause(name string, count int, inBase64 bool, before string) Cause {
	format := map[bool]string{false: "hex", true: "base64"}
	switch {
	case !strings.EqualFold(name, s.Name):
		cause := Cause{Code: "signature_header", Text: "The signature is in another header" + called(name) + ", not in " + s.Name + ": set the name, or rename it on the way."}
		if s.NameSetting != "" && Quotable(name) {
			cause.Setting = fmt.Sprintf(s.NameSetting, name)
		}
		return cause
	case count > 1:
		return Cause{Code: "header_twice", Text: s.Name + " came " + strconv.Itoa(count) + " times: a proxy or a middleware adds it. Let one through."}
	case inBase64 != s.Base64:
		return Cause{Code: "digest_format", Text: "The digest in " + s.Name + " is in " + format[inBase64] + ", and " + format[s.Base64] + " is expected.", Setting: s.FormatSetting}
	case before != s.Prefix && s.Prefix != "":
		cause := Cause{Code: "digest_prefix", Text: "The digest in " + s.Name + " does not begin with " + s.Prefix + "."}
		if s.PrefixSetting != "" && slices.Contains(prefixes, before) {
			cause.Setting = fmt.Sprintf(s.PrefixSetting, before)
		}
		return cause
	case before != s.Prefix:
		cause := Cause{Code: "digest_prefix", Text: "Something is in front of the digest in " + s.Name + ": remove it on the way."}
		if slices.Contains(prefixes, before) {
			cause.Text = "The digest in " + s.Name + " has " + strings.TrimSpace(before) + " in front: remove it on the way."
			if s.PrefixSetting != "" {
				cause.Setting = fmt.Sprintf(s.PrefixSetting, before)
			}
		}
		return cause
	}
	return Cause{Code: "signature_syntax", Text: "The signature in " + s.Name + " has more than a digest."}
}

// hashes are the lengths of digests in hex, with the hash functions that make them.
var hashes = map[int]string{32: "MD5", 40: "SHA-1", 64: "SHA-256", 96: "SHA-384", 128: "SHA-512"}

// noDigest explains a value that has no digest of the expected length.
func (s Syntax) noDigest(header http.Header) Cause {
	for _, word := range hexWord.FindAllString(header.Get(s.Name), maxDigests) {
		if hash, ok := hashes[len(word)]; ok {
			return Cause{Code: "algorithm", Text: "The digest in " + s.Name + " has the length of " + hash + ", and another hash function is expected: set that at the provider, or verify with envelope.HMAC."}
		}
	}
	return Cause{Code: "signature_syntax", Text: "The value of " + s.Name + " is no digest of the expected length: it is cut off, or signed in another way."}
}

// Similar are the headers that may have the signature, of those that came.
func (s Syntax) Similar(header http.Header) (similar []string) {
	for _, name := range s.ordered(header) {
		if isSignature(name) && Quotable(name) && !strings.EqualFold(name, s.Name) {
			similar = append(similar, name)
		}
	}
	return similar
}

// Missing explains a header of the signature that is not there, by those that came.
func (s Syntax) Missing(header http.Header) []Cause {
	similar := s.Similar(header)
	switch values := header.Values(s.Name); {
	case len(values) > 1:
		return []Cause{{Code: "header_twice", Text: s.Name + " came " + strconv.Itoa(len(values)) + " times: a proxy or a middleware adds it. Let one through."}}
	case len(values) == 1 && values[0] != "":
		return nil
	case len(similar) > 0:
		cause := Cause{Code: "signature_header", Text: s.Name + " did not come; " + join(similar) + " did: set the name if that is it, or switch signing on at the provider."}
		if s.NameSetting != "" && len(similar) == 1 {
			cause.Setting = fmt.Sprintf(s.NameSetting, similar[0])
		}
		return []Cause{cause, notSigned(s.Name)}
	}
	return []Cause{notSigned(s.Name)}
}

func notSigned(name string) Cause {
	return Cause{Code: "not_signed", Text: name + " did not come, nor anything like it: signing is switched off at the provider, a proxy removes the header, or the sender is another one."}
}

// layouts are the ways to write a time that occur.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", time.DateTime, http.TimeFormat, time.RFC1123Z}

// MomentOf reads a time as Unix seconds, milliseconds, microseconds or nanoseconds, by the
// number of digits, or as text.
func MomentOf(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		switch {
		case len(text) <= 11:
			return time.Unix(n, 0), true
		case len(text) <= 14:
			return time.UnixMilli(n), true
		case len(text) <= 17:
			return time.UnixMicro(n), true
		}
		return time.Unix(0, n), true
	}
	for _, layout := range layouts {
		if moment, err := time.Parse(layout, text); err == nil {
			return moment, true
		}
	}
	return time.Time{}, false
}

var timeWord = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.]*(?:Z|[+-]\d\d:?\d\d)?|\b\d{10,19}\b`)

// Times finds what may be the signed time: usual is what the verifier reads, name the header
// in which it is expected, and others are headers that may have it. In is what is expected.
func Times(header http.Header, usual, name, in string, others ...string) []Choice[string] {
	var choices []Choice[string]
	add := func(text string, cause Cause) {
		isKnown := slices.ContainsFunc(choices, func(c Choice[string]) bool { return c.Value == text })
		if text != "" && !isKnown && len(choices) < maxTimes {
			choices = append(choices, Choice[string]{Value: text, Cause: cause})
		}
	}
	add(usual, Cause{})
	if values := header.Values(name); len(values) == 1 && len(values[0]) < 64 {
		add(values[0], timeFormat(name, in))
	} else {
		for _, value := range values {
			add(value, Cause{Code: "header_twice", Text: name + " came " + strconv.Itoa(len(values)) + " times: a proxy or a middleware adds it. Let one through."})
		}
	}
	for _, other := range append([]string{name}, others...) {
		for _, value := range header.Values(other) {
			if len(value) > maxValue {
				continue
			}
			for _, word := range timeWord.FindAllString(value, maxTimes) {
				cause := Cause{Code: "timestamp_header", Text: "The signed time is in " + other + ", not in " + name + "."}
				if strings.EqualFold(other, name) {
					cause = timeFormat(name, in)
				}
				add(word, cause)
				for _, text := range units(word) {
					add(text, timeFormat(other, in))
				}
			}
		}
	}
	return choices
}

func timeFormat(name, in string) Cause {
	return Cause{Code: "timestamp_format", Text: "The time in " + name + " is not in " + in + ", or is signed in another unit than it is sent: the provider has changed it, or a proxy has."}
}

// units writes a time in the units in which it may have been signed.
func units(text string) []string {
	moment, ok := MomentOf(text)
	if !ok {
		return nil
	}
	return []string{
		strconv.FormatInt(moment.Unix(), 10), strconv.FormatInt(moment.UnixMilli(), 10),
		moment.UTC().Format(time.RFC3339), moment.UTC().Format("2006-01-02T15:04:05.000Z"),
	}
}

// ClockCause explains how far a clock is off, which a matching digest has proved.
func ClockCause(off time.Duration) Cause {
	minutes := int(off.Abs()/time.Minute) + 1
	cause := Cause{
		Code:    "clock",
		Text:    fmt.Sprintf("The signature fits, and was made %s before the time of this machine: set its clock, or find what holds deliveries back. A repetition of an old delivery looks the same.", off.Abs().Round(time.Second)),
		Setting: fmt.Sprintf("Tolerance: %d * time.Minute", minutes),
		Certain: true,
	}
	if off < 0 {
		cause.Text = fmt.Sprintf("The signature fits, and was made %s after the time of this machine: set its clock.", off.Abs().Round(time.Second))
	}
	return cause
}
