package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// maxRequest bounds a captured request, its header included.
const maxRequest = 4 << 20

var isRequestLine = regexp.MustCompile(`^[A-Z]+ \S+( HTTP/|\s*$)`)

var errNoRequest = errors.New("it has no request line: want a request as it travels, POST /path HTTP/1.1, or what curl -v prints")

// ReadRequest reads a captured request: the bytes as they travel, which ngrok's inspector
// shows and receiver stores, with the line ends of either kind; or what curl -v prints, in
// which there is no body. The body is what follows the header, byte for byte, unless it is
// chunked; a Content-Length that does not fit is kept in the request.
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
		whole, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(head), bytes.NewReader(body))))
		if err == nil {
			if body, err = io.ReadAll(whole.Body); err != nil {
				return nil, nil, errors.New("its chunks can't be read")
			}
		}
		r.TransferEncoding, r.ContentLength = nil, int64(len(body))
	}
	r.Body = http.NoBody
	return r, body, nil
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
