package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/explain"
	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Cause is a reason for which a delivery may have been refused. It holds no secret and no
// text of the body. Setting may name a host, a path, a header or a query value of the request.
type Cause struct {
	Code    string // what it is, in a word that stays the same; the package documentation lists them
	Text    string // what is wrong and what to do, for people
	Setting string // Go source of the field that would have accepted the delivery; "" if there is none
	Certain bool   // a digest or a secret that matches proves it, or the error itself names it; else it is likely
}

// Refusal is a delivery that was refused before any function ran. Request and Body are
// yours to keep, and hold credentials and personal data: log what Explain returns, or the
// Refusal itself, which prints no more than an Observation does.
type Refusal struct {
	Observation

	// Request is a copy of the request, whose Body can be read once more. It is nil with
	// Dispatch.
	Request *http.Request

	// Body is what came of the body; nil for one that is too large.
	Body []byte

	handler *Handler
	secrets []string // that the delivery was verified with
}

// Explain finds out why the delivery was refused: it tries what a signature may have been
// made of, and looks at what came. It returns the causes that fit, those that are certain
// first. It costs up to 1,000 digests or 8 MiB of hashing, and accepts nothing.
func (r *Refusal) Explain() []Cause {
	var err *Error
	if r.handler == nil || !errors.As(r.Err, &err) {
		return nil
	}
	var causes []explain.Cause
	if r.handler.causes != nil && !errors.Is(err, ErrUnknownTenant) {
		for _, cause := range r.handler.causes(r.secrets, r) {
			causes = append(causes, explain.Cause(cause))
		}
	}
	if r.handler.gate.hasOther(r, err) {
		causes = append(causes, explain.Cause{Code: "tenant_other", Text: "The delivery is genuine for another tenant than the one that Options.Tenant finds for its request.", Certain: true})
	}
	causes = append(causes, r.general(err, len(causes) == 0)...)
	return explain.As[Cause](causes)
}

// Format prints what LogValue says, whatever the verb.
func (r Refusal) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "%v", r.LogValue()) }

// refusable are the kinds of refusals that a sender or a setting causes. The others pass by
// themselves.
var refusable = []ErrorKind{
	KindMethod, KindMediaType, KindTooLarge, KindRead, KindSignature, KindMalformed, KindValidation, KindNoEvent, KindUnverifiable,
}

// tellRefused calls Options.Refused for a delivery that no function has seen.
func (h *Handler) tellRefused(v *visit, r *http.Request, err *Error) {
	if h.options.Refused == nil || err == nil || err.yours || !slices.Contains(refusable, err.Kind) {
		return
	}
	refusal := &Refusal{Observation: v.o, Body: v.body, handler: h, secrets: v.secrets}
	refusal.Provider, refusal.Handler, refusal.Err = h.provider, h.options.Name, err
	row := resultOf(err, v.o.Outcome)
	refusal.Status, refusal.Outcome, refusal.Duration = row.status, row.outcome, time.Since(v.start)
	if r != nil {
		refusal.Request = r.Clone(context.WithoutCancel(r.Context()))
		refusal.Request.Body = io.NopCloser(bytes.NewReader(v.body))
	}
	h.guard(v.ctx, "refused function panicked", func() { h.options.Refused(v.ctx, refusal) })
}

// keep reads the body of a request that was refused by its header, for Options.Refused.
func (v *visit) keep(r *http.Request, err *Error) {
	if v.handler.options.Refused == nil || err.Kind == KindTooLarge || !slices.Contains(refusable, err.Kind) {
		return
	}
	body, failure := v.handler.read(r)
	if failure == nil || failure.Kind != KindTooLarge {
		v.body, v.o.Size = body, len(body)
	}
}

// Explain returns why a handler with these options, and a function for each event of the
// provider, refuses a request with the body as it was received; nil if it does not. The
// request is one of a server, so that Host, RequestURI and path values count.
func (p Provider[M]) Explain(options Options, r *http.Request, body []byte) []Cause {
	var causes []Cause
	options.Refused = func(_ context.Context, refusal *Refusal) { causes = refusal.Explain() }
	options.Logger, options.Observer, options.Drift = nil, nil, nil
	options.Key, options.Idempotency, options.MaxConcurrent = nil, nil, 0
	routes := make([]Route[M], len(p.Events))
	for i, event := range p.Events {
		routes[i] = event.Handle(func(context.Context, *Delivery[M, any]) error { return nil })
	}
	h, err := NewHandler(p, options, routes...)
	if err != nil {
		return []Cause{{Code: "config", Text: "There is no handler of this configuration: " + err.Error() + ".", Certain: true}}
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	if r.ContentLength <= 0 {
		again.ContentLength = int64(len(body))
	}
	h.ServeHTTP(nowhere{http.Header{}}, again)
	return causes
}

// nowhere is where an answer goes that nobody waits for.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}

// LogRefusals returns a function for Options.Refused that explains refused deliveries to a
// logger, at most so many in a minute; the others are counted in the next line. It logs the
// causes, and what is known of the delivery without a word of it.
func LogRefusals(logger *slog.Logger, perMinute int) func(context.Context, *Refusal) {
	var mu sync.Mutex
	var minute time.Time
	var logged, skipped int
	take := func(now time.Time) (missed int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if now.Sub(minute) >= time.Minute {
			minute, logged = now, 0
		}
		if logged >= perMinute {
			skipped++
			return 0, false
		}
		logged++
		missed, skipped = skipped, 0
		return missed, true
	}
	return func(ctx context.Context, r *Refusal) {
		missed, ok := take(time.Now())
		if !ok {
			return
		}
		attrs := []slog.Attr{slog.Any("delivery", r.LogValue())}
		if missed > 0 {
			attrs = append(attrs, slog.Int("not_explained", missed))
		}
		for i, cause := range r.Explain() {
			attrs = append(attrs, slog.Any(fmt.Sprintf("cause%d", i+1), cause.LogValue()))
		}
		logger.LogAttrs(ctx, slog.LevelWarn, "webhook refused", attrs...)
	}
}

// LogValue is a group of the fields, without those that are empty.
func (c Cause) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("code", c.Code), slog.String("text", c.Text)}
	if c.Setting != "" {
		attrs = append(attrs, slog.String("setting", c.Setting))
	}
	return slog.GroupValue(append(attrs, slog.Bool("certain", c.Certain))...)
}

// maxOthers bounds the tenants whose secrets are tried.
const maxOthers = 64

// hasOther reports whether a refused delivery is genuine for another tenant that is known.
func (g *gate) hasOther(r *Refusal, err *Error) bool {
	if g.decoy == nil || r.Request == nil || !errors.Is(err, sign.Err) {
		return false
	}
	g.mu.Lock()
	var others []Verifier
	for name, made := range g.made {
		if name != r.Tenant && len(others) < maxOthers {
			others = append(others, made.verifier)
		}
	}
	g.mu.Unlock()
	return slices.ContainsFunc(others, func(verifier Verifier) bool {
		check, err := verifier(r.Request)
		return err == nil && (check == nil || check(r.Body) == nil)
	})
}
