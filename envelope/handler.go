package envelope

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Handler receives the deliveries of one provider: it verifies, opens, decodes
// and validates each and calls the function of its event. It is an http.Handler,
// safe for concurrent use, and does not change once it is made.
type Handler struct {
	provider   string
	options    Options
	gate       *gate
	mediaTypes []string
	eventName  func(*http.Request) string
	secrets    []string // headers of credentials that the provider names
	registered []string
	causes     func([]string, *Refusal) []Cause
	engine     engine
	slots      slots
	waits      waits
}

// NewHandler makes the handler of a provider. Provider packages wrap it; call it
// for a Provider of your own. It is an error if deliveries could not be verified (there
// are no secrets, and no Tenant, Verifier, Unverified or DispatchOnly), if two of them
// contradict each other, if an event is registered twice or a function is nil, and if
// idempotency is asked for where deliveries have no key.
func NewHandler[M any](p Provider[M], options Options, routes ...Route[M]) (*Handler, error) {
	h, err := newHandler(p, options, routes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmp.Or(p.Name, "envelope"), err)
	}
	return h, nil
}

func newHandler[M any](p Provider[M], options Options, routes []Route[M]) (*Handler, error) {
	switch {
	case p.Name == "":
		return nil, errors.New("the provider has no name")
	case p.Layout.Payload == "" && len(p.Layout.Event) > 0:
		return nil, errors.New("the layout has a member for the event's name and none for the payload")
	}
	p.Layout.Event = slices.Clone(p.Layout.Event)
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	gate, err := newGate(&p, &options)
	if err != nil {
		return nil, err
	}
	if options.Idempotency != nil && options.Key == nil && p.Key == nil && !options.DispatchOnly {
		return nil, errors.New("idempotency needs Options.Key: the provider sends no message id")
	}
	e := &engineOf[M]{provider: p, routes: map[string]Route[M]{}, payloads: map[string]reflect.Type{}}
	for _, event := range p.Events {
		e.payloads[event.name] = event.payload
	}
	if err := e.verify(reflect.TypeFor[M]()); err != nil {
		return nil, err
	}
	for _, route := range routes {
		if err := e.register(route); err != nil {
			return nil, err
		}
		if err := e.verify(route.payload); err != nil {
			return nil, err
		}
	}
	h := &Handler{
		provider:   p.Name,
		options:    options,
		gate:       gate,
		mediaTypes: slices.Clone(p.MediaTypes),
		eventName:  p.EventName,
		secrets:    slices.Clone(p.SecretHeaders),
		registered: slices.Sorted(maps.Keys(e.routes)),
		causes:     p.Causes,
		engine:     e,
	}
	h.slots.start(options.MaxConcurrent)
	e.start(h)
	return h, nil
}

// Provider is the name of the provider, such as "masivo".
func (h *Handler) Provider() string { return h.provider }

// Name is Options.Name.
func (h *Handler) Name() string { return h.options.Name }

// Registered lists the names of the events that have a function, sorted.
func (h *Handler) Registered() []string { return slices.Clone(h.registered) }

// ServeHTTP receives one delivery. It answers 200 with an empty body, or the
// status of the error with one constant line. It panics with http.ErrAbortHandler if
// your function does, once the delivery has been observed.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := h.visit(r.Context())
	defer v.leave()
	if header, changed := canonical(r.Header); changed { // Servers do it; an event of a gateway is no server.
		own := *r
		own.Header = header
		r = &own
	}
	v.o.Method, v.o.Path, v.o.RequestID = r.Method, pathOf(r), h.requestID(r.Header)
	err := v.serve(w, r)
	if err.isAbort() {
		h.observe(v, err)
		w.WriteHeader(http.StatusInternalServerError) // For a router that calls the panic a success.
		panic(http.ErrAbortHandler)
	}
	h.reply(w, err)
	h.observe(v, err)
	h.tellRefused(v, r, err)
}

// Dispatch handles a delivery that was verified before it came here, by another
// handler that put it into a queue for example. It does all that follows
// verification, and returns nil or an *Error: its Retryable says whether to
// deliver the message again, its RetryAfter how long to wait. It does not panic. The
// function's context ends with ctx. That a key could not be marked as done after the
// function had run is told to the Observer and the Logger only.
func (h *Handler) Dispatch(ctx context.Context, m Message) error {
	v := h.visit(ctx)
	defer v.leave()
	m.Header, _ = canonical(m.Header)
	v.o.RequestID = h.requestID(m.Header)
	err := v.dispatch(m)
	h.observe(v, err)
	h.tellRefused(v, nil, err)
	if err != nil {
		return err
	}
	return nil
}

func (h *Handler) requestID(header http.Header) string {
	if h.options.RequestIDHeader == "" {
		return ""
	}
	return header.Get(h.options.RequestIDHeader)
}

// visit is one call of ServeHTTP or Dispatch.
type visit struct {
	handler  *Handler
	ctx      context.Context //nolint:containedctx // of the call
	start    time.Time
	o        Observation
	entered  bool // counts among the running ones
	detached bool // from ctx: the sender may hang up
	body     []byte
	secrets  []string // that the delivery is verified with
}

var visits = sync.Pool{New: func() any { return new(visit) }}

func (h *Handler) visit(ctx context.Context) *visit {
	v := visits.Get().(*visit)
	*v = visit{handler: h, ctx: ctx, start: time.Now()}
	return v
}

// leave ends it. It is used again for others.
func (v *visit) leave() {
	if v.entered {
		v.handler.slots.leave()
	}
	*v = visit{}
	visits.Put(v)
}

// serve is the way of a request up to the verified body, and beyond. A panic on it must
// neither drop the connection nor pass for a success.
func (v *visit) serve(w http.ResponseWriter, r *http.Request) (err *Error) {
	defer v.recover(&err)
	h := v.handler
	lift := h.limitReading(w, r)
	check, err := v.enter(r)
	if err != nil {
		v.keep(r, err)
		return err
	}
	body, err := h.read(r)
	if v.o.Size = len(body); err == nil || err.Kind != KindTooLarge {
		v.body = body
	}
	if err != nil {
		return err
	}
	lift()
	if check != nil {
		if err := check(body); err != nil {
			return asRefused(err)
		}
	}
	m := Message{Body: body, Header: r.Header, Tenant: v.o.Tenant, Received: h.options.Now()}
	if h.eventName != nil {
		m.Event = h.eventName(r)
	}
	v.detached = true
	return v.handle(m)
}

// enter looks at a request before its body is read, and returns the check that is left for
// the body, or nil.
func (v *visit) enter(r *http.Request) (check func([]byte) error, err *Error) {
	h := v.handler
	if err := h.admit(r); err != nil {
		return nil, err
	}
	tenant, check, refused := h.gate.enter(r)
	v.o.Tenant, v.secrets = tenant.Name, tenant.Secrets
	if refused != nil {
		return nil, asRefused(refused)
	}
	return check, nil
}

// asRefused makes 401 of a verifier's error, unless that asks for another try.
func asRefused(err error) *Error {
	var own *Error
	if errors.As(err, &own) && own != nil && (own.Kind == KindRetry || own.Kind == KindUnverifiable) {
		return own
	}
	if !errors.Is(err, ErrSignature) {
		err = fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return refusal(KindSignature, err)
}

func (v *visit) dispatch(m Message) (err *Error) {
	defer v.recover(&err)
	v.o.Tenant, v.o.Size, v.body = m.Tenant, len(m.Body), m.Body
	if m.Received.IsZero() {
		m.Received = v.handler.options.Now()
	}
	switch {
	case int64(len(m.Body)) > v.handler.options.MaxBody:
		return refusal(KindTooLarge, ErrTooLarge)
	case m.Provider != "" && m.Provider != v.handler.provider:
		return refusal(KindNoEvent, errForeign)
	}
	return v.handle(m)
}

// errForeign is for a worker that has picked the wrong handler.
var errForeign = errors.New("the message is of another provider")

// handle counts the delivery among the running ones, and hands it to the typed part.
func (v *visit) handle(m Message) *Error {
	m.Provider, m.Handler = v.handler.provider, v.handler.options.Name
	v.o.Received = m.Received
	if kind, err := v.handler.slots.enter(); err != nil {
		return unavailable(kind, v.handler.options.RetryAfter, err)
	}
	v.entered = true
	return v.handler.engine.process(v, m)
}

// recover makes an error of a panic of a hook or of a provider's own function.
func (v *visit) recover(err **Error) {
	if thrown := recover(); thrown != nil {
		*err = caught(thrown)
	}
}

// Shutdown refuses new deliveries with 503 and waits for those that are being
// handled, until the last one has been observed; repetitions that wait for another
// delivery are told 503. It returns nil when none is left, or a *ShutdownError when ctx
// ends first; what still runs then goes on. Shut down in this order: http.Server, so that
// nothing new comes; the handlers; the workers that call Dispatch; then the stores that
// they use. If other handlers share the server, shut down this one before it. Calling it
// again waits again.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.slots.drain()
	select {
	case <-h.slots.idle:
		return nil
	case <-ctx.Done():
		if running := h.slots.busy(); running > 0 {
			return &ShutdownError{Running: running, Err: ctx.Err()}
		}
		return nil
	}
}

// ShutdownError says how many deliveries were still being handled when Shutdown
// gave up.
type ShutdownError struct {
	Running int
	Err     error // why it gave up: the context's error
}

// Error returns the number as text.
func (e *ShutdownError) Error() string {
	return strconv.Itoa(e.Running) + " deliveries still running: " + e.Err.Error()
}

// Unwrap returns the context's error.
func (e *ShutdownError) Unwrap() error { return e.Err }
