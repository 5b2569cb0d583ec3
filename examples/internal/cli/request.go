package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// maxRequest bounds a captured request, its header included.
const maxRequest = 4 << 20

var isRequestLine = regexp.MustCompile(`^[A-Z]+ \S+( HTTP/|\s*$)`)

var errNoRequest = errors.New("it has no request line: want a request as it travels, POST /path HTTP/1.1, or what curl -v prints")

// ReadRequest reads a captured request: the bytes as they travel, which ngrok's inspector
// shows and receiver stores, with the line ends of either kind; or what curl -v prints, in
// which there is no body. The body is what follows the header, byte for byte, without the
// sizes of chunks if they were captured too; a Content-Length that does not fit is kept in
// the request.
func ReadRequest(source io.Reader) (*http.Request, []byte, error) {
	text, err := io.ReadAll(io.LimitReader(source, maxRequest+1))
	switch {
	case err != nil:
		return nil, nil, err
	case len(text) > maxRequest:
		return nil, nil, errors.New("it is longer than 4 MiB")
	}
	if first, _, _ := bytes.Cut(text, []byte("\n")); !isRequestLine.Match(first) {
		if verbose := ofCurl(text); len(verbose) > 2 {
			text = verbose
		}
	}
	head, body := split(text)
	r, err := parseHead(head)
	if err != nil {
		return nil, nil, err
	}
	if strings.EqualFold(strings.Join(r.TransferEncoding, ""), "chunked") {
		if isChunk.Match(body) {
			if body, err = unchunk(body); err != nil {
				return nil, nil, err
			}
		}
		r.TransferEncoding, r.ContentLength = nil, int64(len(body))
	}
	r.Body = http.NoBody
	return r, body, nil
}

// isChunk is how a body in chunks begins. What shows requests often shows it put together.
var isChunk = regexp.MustCompile(`^[0-9A-Fa-f]{1,7}[ \t]*(;[^\n]*)?\r?\n`)

var errChunks = errors.New("its chunks can't be read")

// unchunk puts a body together, with line ends of either kind around the chunks.
func unchunk(text []byte) ([]byte, error) {
	var body []byte
	for {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		digits, _, _ := bytes.Cut(line, []byte(";"))
		size, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 28)
		switch {
		case err != nil || size > uint64(len(rest)):
			return nil, errChunks
		case size == 0:
			return body, nil
		}
		body = append(body, rest[:size]...)
		after, ok := bytes.CutPrefix(bytes.TrimPrefix(rest[size:], []byte("\r")), []byte("\n"))
		if !ok {
			return nil, errChunks
		}
		text = after
	}
}

// split cuts a request at the empty line. The header gets the line ends that HTTP wants.
func split(text []byte) (head, body []byte) {
	text = bytes.TrimLeft(text, "\r\n\ufeff ")
	var b bytes.Buffer
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		line = bytes.TrimRight(line, "\r")
		b.Write(line)
		b.WriteString("\r\n")
		if len(line) == 0 {
			return b.Bytes(), text
		}
	}
	b.WriteString("\r\n")
	return b.Bytes(), nil
}

// parseHead reads a header. HTTP/2 is written as 1.1, which is read the same.
func parseHead(head []byte) (*http.Request, error) {
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	fields := strings.Fields(string(line))
	if len(fields) < 2 || len(fields) > 3 || strings.ContainsAny(fields[0], ":{") {
		return nil, errNoRequest
	}
	line = []byte(fields[0] + " " + fields[1] + " HTTP/1.1\r\n")
	r, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(line), bytes.NewReader(rest))))
	if err != nil {
		return nil, errors.New("its header can't be read") // The cause quotes it.
	}
	return r, nil
}

// ofCurl returns the request in what curl -v prints: the lines with > in front, up to the
// empty one. There is none in a text of another kind.
func ofCurl(text []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		line, ok := bytes.CutPrefix(bytes.TrimRight(line, "\r\n "), []byte(">"))
		if !ok {
			continue
		}
		b.Write(bytes.TrimPrefix(line, []byte(" ")))
		b.WriteString("\r\n")
		if len(line) == 0 {
			break
		}
	}
	return b.Bytes()
}
