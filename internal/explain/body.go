package explain

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Body is a body as it may have been signed.
type Body struct {
	Text  []byte
	Cause Cause
	Rare  bool // it is not tried together with others

	rewrite func([]byte) []byte // makes Text of what came; nil if it is made
	style   *style              // does so, too
	came    []byte
	formats formats
	sum     [sha256.Size]byte
	hashed  bool
}

// SHA256 returns the digest of the text. It is made once.
func (b *Body) SHA256() [sha256.Size]byte {
	if !b.hashed {
		b.sum, b.hashed = sha256.Sum256(b.Text), true
	}
	return b.sum
}

// make reports whether there is such a body, which differs from the one that came.
func (b *Body) make() bool {
	if b.style != nil || b.rewrite != nil {
		if b.style != nil {
			b.Text = b.style.write(b.came, b.formats)
		} else {
			b.Text = b.rewrite(b.came)
		}
		b.style, b.rewrite = nil, nil
		if bytes.Equal(b.Text, b.came) {
			b.Text = nil
		}
	}
	return b.Text != nil || b.Cause.isUsual()
}

// Bodies are the bodies that may have been signed where another one came. They are made
// when they are tried.
type Bodies struct{ list []*Body }

// BodiesOf lists them, those first that are met most.
func BodiesOf(came []byte) *Bodies {
	b := &Bodies{list: []*Body{{Text: came}}}
	made := formats{}
	for i, r := range rewrites {
		b.list = append(b.list, &Body{Cause: r.cause, Rare: i >= commonRewrites, rewrite: r.rewrite, style: r.style, came: came, formats: made})
	}
	return b
}

func (b *Bodies) at(i int) (*Body, bool) {
	if i >= len(b.list) {
		return nil, false
	}
	return b.list[i], true
}

// Find returns the cause of the first body that has the digest, or false.
func (b *Bodies) Find(matches func(sum [sha256.Size]byte) bool) (Cause, bool) {
	spent := 0
	for _, body := range b.list {
		if spent > 0 && spent+len(body.came) > maxBytes {
			break
		}
		if !body.make() {
			continue
		}
		spent += len(body.Text)
		if matches(body.SHA256()) {
			return body.Cause, true
		}
	}
	return Cause{}, false
}

const commonRewrites = 5

// rewrites undo what is done to a body on its way.
var rewrites = []struct {
	cause   Cause
	rewrite func([]byte) []byte
	style   *style
}{
	{base64Cause, fromBase64, nil},
	{Cause{Code: "body_wrapped", Text: "The delivery is inside another message, of a queue or a function's gateway: give the handler the inner body and its headers."}, unwrap, nil},
	{Cause{Code: "body_blanks", Text: "White space around the body was removed or added on the way: give the handler the bytes as they came."}, bytes.TrimSpace, nil},
	{Cause{Code: "body_blanks", Text: "A line feed at the end of the body was removed on the way: give the handler the bytes as they came."}, ending("\n"), nil},
	{Cause{Code: "body_blanks", Text: "A line end at the end of the body was removed on the way: give the handler the bytes as they came."}, ending("\r\n"), nil},
	{Cause{Code: "body_bom", Text: "A byte order mark was added in front of the body: give the handler the bytes as they came."}, withoutMark, nil},
	{Cause{Code: "body_bom", Text: "The byte order mark in front of the body was removed: give the handler the bytes as they came."}, withMark, nil},
	{compressedCause, decompress, nil},
	{reencoded("encoding/json"), nil, &style{html: true}},
	{reencoded("a formatter"), nil, &style{}},
	{reencoded("another program than PHP"), nil, &style{slash: true, ascii: true}},
	{reencoded("another program than Python"), nil, &style{space: true, ascii: true}},
	{reencoded("a parser"), nil, &style{indent: "  "}},
	{reencoded("a parser"), nil, &style{indent: "    "}},
	{reencoded("a parser"), nil, &style{indent: "    ", slash: true, ascii: true}},
	{reencoded("a parser"), nil, &style{ascii: true}},
	{reencoded("a parser"), nil, &style{slash: true}},
	{reencoded("a parser"), nil, &style{space: true}},
	{reencoded("a parser"), nil, &style{indent: "\t"}},
	{reencoded("a parser"), nil, &style{indent: "  ", ascii: true}},
	{reencoded("another program than Gson"), nil, &style{also: "<>&='"}},
	{reencoded("another program than .NET"), nil, &style{also: `<>&'+"`, ascii: true, upper: true}},
	{reencoded("a parser"), nil, &style{ascii: true, upper: true}},
	{charsetCause, toLatin1, nil},
	{charsetCause, fromLatin1, nil},
	{Cause{Code: "body_line_ends", Text: "The line ends of the body were changed: give the handler the bytes as they came."}, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }, nil},
	{Cause{Code: "body_line_ends", Text: "The line ends of the body were changed: give the handler the bytes as they came."}, toCRLF, nil},
	{Cause{Code: "body_escaped", Text: "The body is escaped as a form: give the handler the bytes as they came."}, unescape, nil},
}

var (
	base64Cause     = Cause{Code: "body_base64", Text: "The body is in base64, as gateways pass bodies on: decode it before it reaches the handler (in API Gateway and Lambda: isBase64Encoded)."}
	compressedCause = Cause{Code: "body_compressed", Text: "The body is compressed: decompress it in front of the handler, and remove Content-Encoding."}
)

var charsetCause = Cause{Code: "body_charset", Text: "The body was changed from one charset to another on the way: give the handler the bytes as they came."}

func toLatin1(b []byte) []byte {
	latin := make([]byte, 0, len(b))
	for _, r := range string(b) {
		if r > 0xff {
			return nil
		}
		latin = append(latin, byte(r)) //nolint:gosec // It is at most 0xff.
	}
	return latin
}

func fromLatin1(b []byte) []byte {
	text := make([]byte, 0, len(b)+len(b)/8)
	for _, c := range b {
		text = utf8.AppendRune(text, rune(c))
	}
	return text
}

func reencoded(by string) Cause {
	return Cause{Code: "body_reencoded", Text: "The body was parsed and written again, by " + by + ": the signature is of the bytes as they were sent. Let nothing parse the body in front of the handler."}
}

func ending(end string) func([]byte) []byte {
	return func(b []byte) []byte { return append(bytes.Clone(b), end...) }
}

var mark = []byte("\uFEFF")

func withoutMark(b []byte) []byte { return bytes.TrimPrefix(b, mark) }

func withMark(b []byte) []byte {
	if bytes.HasPrefix(b, mark) {
		return nil
	}
	return append(bytes.Clone(mark), b...)
}

func toCRLF(b []byte) []byte {
	if bytes.Contains(b, []byte("\r\n")) {
		return nil
	}
	return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
}

func unescape(b []byte) []byte {
	text := b
	if name, value, found := bytes.Cut(b, []byte("=")); found && len(name) < 64 && !bytes.ContainsAny(name, "{[") {
		text = value
	}
	decoded, err := url.QueryUnescape(string(text))
	if err != nil {
		return nil
	}
	return []byte(decoded)
}

// fromBase64 decodes a body, also one that is in quotes.
func fromBase64(b []byte) []byte {
	text := bytes.Trim(b, "\" \t\r\n")
	if len(text) == 0 || text[0] == '{' || text[0] == '[' {
		return nil
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		decoded := make([]byte, encoding.DecodedLen(len(text)))
		if n, err := encoding.Decode(decoded, text); err == nil && n > 0 {
			return decoded[:n]
		}
	}
	return nil
}

// maxInflated bounds what is decompressed of a body.
const maxInflated = 2 << 20

// decompress reads gzip or zlib.
func decompress(b []byte) []byte {
	var reader io.Reader
	var err error
	switch {
	case bytes.HasPrefix(b, []byte{0x1f, 0x8b}):
		reader, err = gzip.NewReader(bytes.NewReader(b))
	case len(b) > 2 && b[0] == 0x78 && (int(b[0])<<8|int(b[1]))%31 == 0:
		reader, err = zlib.NewReader(bytes.NewReader(b))
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(reader, maxInflated))
	if err != nil {
		return nil
	}
	return text
}

// wrappers are names of which each message that unwrap knows has one, in small letters.
var wrappers = []string{`body"`, `rawbody"`, `message"`, `detail"`, `records"`}

// mayWrap reports whether a text has one of these names.
func mayWrap(text []byte) bool {
	for {
		quote := bytes.IndexByte(text, '"')
		if quote < 0 {
			return false
		}
		text = text[quote+1:]
		for _, name := range wrappers {
			if len(text) >= len(name) && text[0]|0x20 == name[0] && strings.EqualFold(string(text[:len(name)]), name) {
				return true
			}
		}
	}
}

// unwrap finds the delivery inside the messages of queues and gateways, or in a JSON text.
func unwrap(b []byte) []byte {
	if text := bytes.TrimSpace(b); len(text) > 1 && text[0] == '"' {
		return inner(text)
	}
	var event struct {
		Body     jsontext.Value // API Gateway, Lambda URLs
		IsBase64 bool           `json:"isBase64Encoded"`
		Message  jsontext.Value // SNS in capitals, Pub/Sub in small letters
		Detail   jsontext.Value // EventBridge
		Records  []struct{ Body jsontext.Value }
		RawBody  jsontext.Value `json:"rawBody"`
	}
	if !mayWrap(b) || json.Unmarshal(b, &event) != nil {
		return nil
	}
	if len(event.Records) > 0 { // SQS, whose body may be that of SNS
		if text := inner(event.Records[0].Body); text != nil {
			if deeper := unwrap(text); deeper != nil {
				return deeper
			}
			return text
		}
	}
	for _, value := range []jsontext.Value{event.Body, event.RawBody} {
		if text := inner(value); text != nil {
			if decoded := fromBase64(text); event.IsBase64 && decoded != nil {
				return decoded
			}
			return text
		}
	}
	var pubSub struct{ Data []byte }
	if event.Message.Kind() == '{' && json.Unmarshal(event.Message, &pubSub) == nil && len(pubSub.Data) > 0 {
		return pubSub.Data
	}
	if event.Message.Kind() == '"' {
		return inner(event.Message)
	}
	if bytes.Contains(b, []byte(`"detail-type"`)) {
		return inner(event.Detail)
	}
	return nil
}

// inner is the text of a JSON text, or an object as it is written.
func inner(value jsontext.Value) []byte {
	switch {
	case len(value) == 0:
		return nil
	case value.Kind() == '"':
		text, err := jsontext.AppendUnquote(nil, value)
		if err != nil || len(text) == 0 {
			return nil
		}
		return text
	case value.Kind() == '{':
		return value
	}
	return nil
}
