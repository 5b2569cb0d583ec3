package envelope

import (
	"errors"
	"io"
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
	case !h.serves(r.Header):
		return refusal(KindMediaType, ErrMediaType)
	case r.ContentLength > h.options.MaxBody:
		return refusal(KindTooLarge, ErrTooLarge)
	}
	return nil
}

func (h *Handler) serves(header http.Header) bool {
	for _, encoding := range header["Content-Encoding"] {
		if encoding != "" && !strings.EqualFold(encoding, "identity") {
			return false
		}
	}
	if len(h.mediaTypes) == 0 {
		return true
	}
	types := header["Content-Type"]
	if len(types) == 0 || len(types) == 1 && types[0] == "" {
		return true
	}
	if len(types) > 1 {
		return false
	}
	name, _, _ := strings.Cut(types[0], ";")
	if mediaType, _, err := mime.ParseMediaType(types[0]); err == nil {
		name = mediaType
	}
	return slices.Contains(h.mediaTypes, strings.ToLower(strings.TrimSpace(name)))
}

// limitReading sets a deadline for the body and gives a function that lifts it
// once the body is there: it would end the connection while your function runs.
// After a refusal it stays, because the server reads what is left of the body
// before it closes or goes on.
func (h *Handler) limitReading(w http.ResponseWriter) (lift func()) {
	if h.options.ReadTimeout > 0 {
		conn := deadliner(w)
		if conn != nil && conn.SetReadDeadline(time.Now().Add(h.options.ReadTimeout)) == nil {
			return func() { _ = conn.SetReadDeadline(time.Time{}) }
		}
	}
	return func() {}
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
			return body, refusal(KindRead, ErrRead)
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

// grow makes room: to the declared length once a good part of it has come, else
// to twice the size.
func grow(body []byte, declared, limit int64) []byte {
	size := min(declared, limit)
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
