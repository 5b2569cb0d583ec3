package envelope

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
)

// firstRead bounds what is allocated before a byte has come: a sender can declare
// any length. Most deliveries fit.
const firstRead = 64 << 10

// admit looks at the request before its body is read.
func (h *Handler) admit(r *http.Request) *Error {
	switch {
	case h.options.DispatchOnly:
		return refusal(KindUnverifiable, reason.New(ErrUnverifiable, "the handler takes deliveries by Dispatch only"))
	case r.Method != http.MethodPost:
		return refusal(KindMethod, ErrMethod)
	case h.slots.isDraining():
		return unavailable(KindDraining, h.options.RetryAfter, ErrDraining)
	case r.ContentLength > h.options.MaxBody:
		return refusal(KindTooLarge, ErrTooLarge)
	}
	if err := h.checkEncoding(r.Header); err != nil {
		return refusal(KindMediaType, err)
	}
	return nil
}

// codings are the content codings that change the bytes of a body, with the names that
// HTTP has registered. What else senders write there is no coding: identity, none, 8bit,
// utf-8.
var codings = []string{"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd", "dcb", "dcz", "exi", "pack200-gzip", "aes128gcm"}

// checkEncoding refuses a body that has to be decoded before it is JSON or a form.
func (h *Handler) checkEncoding(header http.Header) error {
	for coding := range listed(header["Content-Encoding"]) {
		if slices.Contains(codings, coding) {
			return reason.New(ErrMediaType, "Content-Encoding "+coding)
		}
	}
	types := slices.Compact(slices.Collect(mediaTypes(header)))
	if len(h.mediaTypes) == 0 || len(types) == 0 || len(types) == 1 && slices.Contains(h.mediaTypes, types[0]) {
		return nil
	}
	return reason.New(ErrMediaType, "Content-Type is not "+strings.Join(h.mediaTypes, " or "))
}

// listed are the elements of a header that is a list, in small letters.
func listed(values []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, value := range values {
			for element := range strings.SplitSeq(value, ",") {
				element = strings.ToLower(strings.TrimSpace(element))
				if element != "" && !yield(element) {
					return
				}
			}
		}
	}
}

// mediaTypes are those of a request, without their parameters. One that was sent twice is
// there twice, also where a proxy has made one header of two.
func mediaTypes(header http.Header) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, value := range header["Content-Type"] {
			if name, _, err := mime.ParseMediaType(value); err == nil {
				if !yield(name) {
					return
				}
				continue
			}
			for element := range listed([]string{value}) {
				name, _, _ := strings.Cut(element, ";")
				if !yield(strings.TrimSpace(name)) {
					return
				}
			}
		}
	}
}

// limitReading sets a deadline for the body, unless the server's own is stricter, and
// returns a function that lifts either once the body is there: it would end the
// connection while your function runs. After a refusal it stays, because the server
// reads what is left of the body before it closes or goes on.
func (h *Handler) limitReading(w http.ResponseWriter, r *http.Request) (lift func()) {
	conn := deadliner(w)
	limit := h.options.ReadTimeout
	if limit < 0 || conn == nil {
		return func() {}
	}
	if !isStricter(r, limit) && conn.SetReadDeadline(time.Now().Add(limit)) != nil {
		return func() {}
	}
	return func() { _ = conn.SetReadDeadline(time.Time{}) }
}

// isStricter reports whether the server's own limit for the whole request, its header
// included, is not above ours.
func isStricter(r *http.Request, limit time.Duration) bool {
	server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	return server != nil && server.ReadTimeout > 0 && server.ReadTimeout <= limit
}

// read reads the body, as a rule into one allocation of the declared length, and
// never more than MaxBody and one byte.
func (h *Handler) read(r *http.Request) ([]byte, *Error) {
	if r.Body == nil { // Only in a request that no server made.
		return nil, nil
	}
	size := int64(512)
	if r.ContentLength > 0 {
		size = min(r.ContentLength+1, firstRead) // One more to see the end.
	}
	body := make([]byte, 0, min(size, h.options.MaxBody+1))
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > h.options.MaxBody:
			return body, refusal(KindTooLarge, ErrTooLarge)
		case err == io.EOF && r.ContentLength > int64(len(body)):
			why := fmt.Sprintf("%d of %d bytes came", len(body), r.ContentLength)
			if len(body) == 0 {
				why += ": something has read the body before"
			}
			return body, refusal(KindRead, reason.New(ErrRead, why))
		case err == io.EOF:
			return trim(body), nil
		case err != nil:
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				return body, refusal(KindTooLarge, ErrTooLarge)
			}
			return body, refusal(KindRead, ErrRead)
		}
		if len(body) == cap(body) {
			body = grow(body, r.ContentLength+1, h.options.MaxBody+1)
		}
	}
}

// maxGrowth bounds what is allocated for each byte that has come: without a limit, a
// declared length could be any.
const maxGrowth = 16

// grow makes room: to the declared length once a good part of it has come, else
// to twice the size.
func grow(body []byte, declared, limit int64) []byte {
	size := min(declared, limit, maxGrowth*int64(cap(body)))
	if size <= int64(len(body)) { // Undeclared, or more than was declared.
		size = max(min(2*int64(cap(body)), limit), int64(len(body))+1)
	}
	return append(make([]byte, 0, size), body...)
}

// trim lets go of room that a body of undeclared length has not used.
func trim(body []byte) []byte {
	if cap(body)-len(body) > len(body)/4+64 {
		return append(make([]byte, 0, len(body)), body...)
	}
	return body[:len(body):len(body)]
}

type readDeadliner interface{ SetReadDeadline(time.Time) error }

// deadliner finds the connection's read deadline behind wrapped writers, or nil.
func deadliner(w http.ResponseWriter) readDeadliner {
	for {
		switch t := w.(type) {
		case readDeadliner:
			return t
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return nil
		}
	}
}
