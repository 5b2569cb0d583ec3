package explain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Came looks at a body that is not what was expected, and says what it is by its bytes. It
// returns nothing if it looks like a delivery in JSON.
func Came(body []byte) []Cause {
	text := bytes.TrimSpace(withoutMark(body))
	switch {
	case len(body) == 0:
		return []Cause{{Code: "body_empty", Text: "The body is empty: a test button or a check of the URL sends none, or something has read the body before the handler."}}
	case len(text) == 0:
		return []Cause{{Code: "body_empty", Text: "The body is white space: a test button or a check of the URL sends that."}}
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}), bytes.HasPrefix(body, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return []Cause{compressedCause}
	case isUTF16(body):
		return []Cause{{Code: "body_utf16", Text: "The body is in UTF-16 or UTF-32, or binary: send UTF-8."}}
	case text[0] == '<':
		return []Cause{{Code: "body_html", Text: "The body is HTML or XML, not a delivery: the page of an error or a login, or another sender."}}
	case text[0] == '{':
		return object(text)
	case text[0] == '[':
		return []Cause{{Code: "body_list", Text: "The body is a list, not an object: something has put deliveries together, or another sender sends it. Give the handler each element."}}
	case text[0] == '"' && startsObject(unwrap(text)):
		return []Cause{{Code: "body_wrapped", Text: "The body is JSON inside a JSON text: something has encoded it twice. Give the handler the inner text."}}
	case startsObject(fromBase64(body)):
		return []Cause{base64Cause}
	case isForm(text):
		return []Cause{{Code: "body_form", Text: "The body is a form, not JSON: set the provider or the sender to JSON, or let nothing encode it as a form."}}
	}
	return []Cause{{Code: "body_text", Text: "The body is a text or a number, not an object: it is not a delivery of this provider."}}
}

// object explains a body that begins as an object does.
func object(text []byte) []Cause {
	if inside := unwrap(text); startsObject(inside) || isForm(inside) && bytes.Contains(inside, []byte("event")) || startsObject(fromBase64(inside)) {
		return []Cause{{Code: "body_wrapped", Text: "The delivery may be inside another message, of a queue or a function's gateway: give the handler the inner body and its headers."}}
	}
	if at, isCut := endsEarly(text); isCut {
		return []Cause{cut(at)}
	}
	return nil
}

func cut(at int64) Cause {
	return Cause{Code: "body_cut", Text: fmt.Sprintf("The body ends early, after %d bytes: something on the way cuts it, by a limit of its size or of time.", at)}
}

func startsObject(text []byte) bool {
	text = bytes.TrimSpace(text)
	return len(text) > 1 && text[0] == '{'
}

// endsEarly reports whether a body is JSON up to its end, and ends before that of the JSON.
func endsEarly(text []byte) (at int64, ends bool) {
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	_, err := decoder.ReadValue()
	return int64(len(text)), errors.Is(err, io.ErrUnexpectedEOF)
}

func isUTF16(body []byte) bool {
	head := body[:min(len(body), 64)]
	return bytes.HasPrefix(body, []byte{0xff, 0xfe}) || bytes.HasPrefix(body, []byte{0xfe, 0xff}) || bytes.IndexByte(head, 0) >= 0
}

// isForm reports whether a text begins as a form does: a name and =, or a boundary.
func isForm(text []byte) bool {
	if bytes.HasPrefix(text, []byte("--")) { // Of several parts.
		return true
	}
	name, _, found := bytes.Cut(text, []byte("="))
	return found && len(name) > 0 && len(name) < 256 && !bytes.ContainsAny(name, " \t\r\n{}\"<>:")
}

// Malformed explains a body that was refused as malformed near a byte, for a reason that
// the error has ("" if it has none).
func Malformed(body []byte, offset int64, reason string) []Cause {
	if reason != "" {
		return []Cause{{Code: "malformed", Text: "The body was refused: " + reason + "."}}
	}
	if causes := Came(body); len(causes) > 0 {
		return causes
	}
	text := withoutMark(body)
	at := int(offset) - (len(body) - len(text))
	near := fmt.Sprintf(" near byte %d", offset)
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if decoder.SkipValue() == nil {
		if rest := bytes.TrimSpace(text[decoder.InputOffset():]); len(rest) > 0 {
			return []Cause{{Code: "json_behind", Text: fmt.Sprintf("Something follows the end of the JSON, at byte %d: a second delivery, or what a proxy adds. Each request is one delivery.", decoder.InputOffset()+int64(len(body)-len(text)))}}
		}
		return nil
	}
	if at < 0 || at >= len(text) {
		at = max(0, len(text)-1)
	}
	switch c := text[at]; {
	case c == '\'':
		return []Cause{{Code: "json_quotes", Text: "Texts are in single quotes" + near + ": that is a program's own notation, not JSON."}}
	case c < ' ':
		return []Cause{{Code: "json_control", Text: "A line end or another control character is in a text" + near + ", which JSON escapes: something writes JSON by hand."}}
	case bytes.HasPrefix(text[at:], []byte("NaN")), bytes.HasPrefix(text[at:], []byte("Infinity")), bytes.HasPrefix(text[at:], []byte("undefined")), bytes.HasPrefix(text[at:], []byte("None")), bytes.HasPrefix(text[at:], []byte("True")), bytes.HasPrefix(text[at:], []byte("False")):
		return []Cause{{Code: "json_word", Text: "A word of a programming language is in place of a value" + near + ": something writes JSON by hand."}}
	case !utf8.Valid(text):
		return []Cause{{Code: "json_syntax", Text: "It is no JSON" + near + ", and the body is not in UTF-8."}}
	}
	return []Cause{{Code: "json_syntax", Text: "It is no JSON" + near + ": a comma, a quote or a bracket is wrong there."}}
}

// Suspects are likely causes of a signature that does not fit, which no digest can prove:
// the sender's bytes or secret are not there. Declared is the Content-Length.
func Suspects(body []byte, declared int64) []Cause {
	causes := Came(body)
	isOther := declared > 0 && declared != int64(len(body))
	if isOther || isSorted(body) {
		why := "its members are sorted, as programs write that parse into maps"
		if isOther {
			why = fmt.Sprintf("%d bytes were declared, and the handler got %d", declared, len(body))
		}
		causes = append(causes, Cause{Code: "body_reencoded", Text: "The body may have been parsed and written again: " + why + ". Let nothing parse the body in front of the handler."})
	}
	return causes
}

// Secret is what remains when nothing fits.
func Secret(of string) Cause {
	return Cause{Code: "secret", Text: "No reading of the configured " + of + " fits: it is another secret than the provider has, or the body is not the provider's. Compare the secret with the provider's panel."}
}
