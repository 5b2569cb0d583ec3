package envelope

import (
	"cmp"
	"math"
	"net/http"
	"strconv"
)

// reply answers the sender. Nothing of the delivery is in the answer.
func (h *Handler) reply(w http.ResponseWriter, err *Error) {
	row := resultOf(err, "")
	header := w.Header()
	if h.options.Observer != nil || h.options.Logger != nil || h.options.Refused != nil { // The sender does not wait for them.
		header.Set("Content-Length", strconv.Itoa(len(row.reply)))
		defer flush(w)
	}
	if row.status == http.StatusOK {
		w.WriteHeader(http.StatusOK)
		return
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	switch row.status {
	case http.StatusMethodNotAllowed:
		header.Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		if isChallenge(err) {
			header.Set("WWW-Authenticate", `Basic realm="webhooks", charset="UTF-8"`)
		}
	case http.StatusServiceUnavailable:
		after := max(1, int(math.Ceil(cmp.Or(err.RetryAfter, h.options.RetryAfter).Seconds())))
		header.Set("Retry-After", strconv.Itoa(after))
	case http.StatusRequestEntityTooLarge, http.StatusRequestTimeout:
		header.Set("Connection", "close") // The rest of the body is not worth reading.
	}
	w.WriteHeader(row.status)
	// The sender may be gone; there is nobody else to tell.
	_, _ = w.Write([]byte(row.reply))
}

// flush sends an answer, where the server can.
func flush(w http.ResponseWriter) {
	for {
		switch t := w.(type) {
		case interface{ FlushError() error }:
			_ = t.FlushError()
			return
		case http.Flusher:
			t.Flush()
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return
		}
	}
}
