package envelope

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
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
	mediaTypes []string
	eventName  func(*http.Request) string
	hidden     []string // headers that a Delivery does not show
	registered []string
	engine     engine

	mu       sync.Mutex
	running  int
	draining chan struct{} // closed when Shutdown is called
	idle     chan struct{} // closed when draining and nothing runs
}

// Message is a verified delivery without its HTTP request: what Dispatch takes
// from a queue, and what a KeyFunc or an Open function looks at.
type Message struct {
	// Body is the body as it was sent. It must not change as long as any
	// Delivery made of it is in use.
	Body []byte

	// Header is the header it was sent with. A JSON body with its event's name
	// needs none.
	Header http.Header

	// Event is the event's name where it is not in the body: Delivery.Event of
	// the first reception. It may be empty for providers that put it there, and
	// goes before that name, except with Ambassify, whose body always tells it.
	Event string

	// Received is when the delivery arrived. Zero means now.
	Received time.Time
}

// NewHandler makes the handler of a provider. Provider packages wrap it; call it
// for a Provider of your own. It is an error if deliveries could not be verified
// (no Verifier and no Unverified), if an event is registered twice or a function
// is nil, and if idempotency is asked for where deliveries have no key.
func NewHandler[M any](p Provider[M], options Options, routes ...Route[M]) (*Handler, error) {
	h, err := newHandler(p, options, routes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", orDefault(p.Name, "envelope"), err)
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
	if options.Idempotency != nil && options.Key == nil && p.Key == nil {
		return nil, errors.New("idempotency needs Options.Key: the provider sends no message id")
	}
	e := &engineOf[M]{provider: p, routes: map[string]Route[M]{}, names: map[string]bool{}}
	for _, event := range p.Events {
		e.names[event.name] = true
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
		mediaTypes: slices.Clone(p.MediaTypes),
		eventName:  p.EventName,
		hidden:     append([]string{"Authorization", "Proxy-Authorization", "Cookie"}, p.SecretHeaders...), // "" is none.
		registered: slices.Sorted(maps.Keys(e.routes)),
		engine:     e,
		draining:   make(chan struct{}),
		idle:       make(chan struct{}),
	}
	e.start(h)
	return h, nil
}

// Registered lists the names of the events that have a function, sorted.
func (h *Handler) Registered() []string { return slices.Clone(h.registered) }

// ServeHTTP receives one delivery. It answers 200 with an empty body, or the
// status of the error with one constant line.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	o, err := h.serve(w, r)
	h.reply(w, err)
	h.observe(r.Context(), o, err, start)
}

// serve is the way of a delivery up to the verified body.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (Observation, *Error) {
	lift := h.limitReading(w)
	if err := h.admit(r); err != nil {
		return Observation{}, err
	}
	body, err := h.read(r)
	if err != nil {
		return Observation{Size: len(body)}, err
	}
	lift()
	if h.options.Verifier != nil {
		if err := h.options.Verifier(r, body); err != nil {
			return Observation{Size: len(body)}, h.refused(err)
		}
	}
	m := Message{Body: body, Header: r.Header, Received: h.options.Now()}
	if h.eventName != nil {
		m.Event = h.eventName(r)
	}
	return h.handle(r.Context(), m)
}

// refused makes 401 of a verifier's error, unless that asks for another try.
func (h *Handler) refused(err error) *Error {
	var later *Error
	if errors.As(err, &later) && later.Kind == KindRetry {
		return later
	}
	if !errors.Is(err, ErrSignature) {
		err = fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return refusal(KindSignature, err)
}

// Dispatch handles a delivery that was verified before it came here, by another
// handler that put it into a queue for example. It does all that follows
// verification, and returns nil or an *Error: its Retryable says whether to
// deliver the message again, its RetryAfter how long to wait. That a key could not
// be marked as done after the function had run is told to the Observer only.
func (h *Handler) Dispatch(ctx context.Context, m Message) error {
	start := time.Now()
	o, err := h.dispatch(ctx, m)
	h.observe(ctx, o, err, start)
	if err != nil {
		return err
	}
	return nil
}

func (h *Handler) dispatch(ctx context.Context, m Message) (Observation, *Error) {
	if m.Received.IsZero() {
		m.Received = h.options.Now()
	}
	if int64(len(m.Body)) > h.options.MaxBody {
		return Observation{Size: len(m.Body)}, refusal(KindTooLarge, ErrTooLarge)
	}
	return h.handle(ctx, m)
}

// handle counts the delivery among the running ones while it is worked on. A panic
// of a hook, a KeyFunc or a provider's own function must not end a queue worker.
func (h *Handler) handle(ctx context.Context, m Message) (o Observation, err *Error) {
	if err := h.enter(); err != nil {
		return Observation{Size: len(m.Body)}, err
	}
	defer h.leave()
	defer func() {
		o.Size = len(m.Body)
		thrown := recover()
		if cause, ok := thrown.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
			panic(thrown)
		}
		if thrown != nil {
			err = newPanicError(thrown)
		}
	}()
	return h.engine.process(ctx, m)
}

func (h *Handler) enter() *Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.isDraining():
		return unavailable(KindDraining, h.options.RetryAfter, ErrDraining)
	case h.options.MaxConcurrent > 0 && h.running >= h.options.MaxConcurrent:
		return unavailable(KindBusy, h.options.RetryAfter, ErrBusy)
	}
	h.running++
	return nil
}

func (h *Handler) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running--
	if h.running == 0 && h.isDraining() {
		close(h.idle)
	}
}

func (h *Handler) isDraining() bool {
	select {
	case <-h.draining:
		return true
	default:
		return false
	}
}

// Shutdown refuses new deliveries with 503 and waits for those that are being
// handled. It returns nil when none is left, or a *ShutdownError when ctx ends
// first; what still runs then goes on. Call it before http.Server.Shutdown if
// other handlers share the server, after it otherwise. Calling it again waits
// again.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	if !h.isDraining() {
		close(h.draining)
		if h.running == 0 {
			close(h.idle)
		}
	}
	h.mu.Unlock()
	select {
	case <-h.idle:
		return nil
	case <-ctx.Done():
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.running == 0 {
			return nil
		}
		return &ShutdownError{Running: h.running, Err: ctx.Err()}
	}
}

// ShutdownError says how many deliveries were still being handled when Shutdown
// gave up.
type ShutdownError struct {
	Running int
	Err     error // why it gave up: the context's error
}

// Error gives the number.
func (e *ShutdownError) Error() string {
	return strconv.Itoa(e.Running) + " deliveries still running: " + e.Err.Error()
}

// Unwrap gives the context's error.
func (e *ShutdownError) Unwrap() error { return e.Err }

// reply answers the sender. Nothing of the delivery is in the answer.
func (h *Handler) reply(w http.ResponseWriter, err *Error) {
	row := resultOf(err, "")
	if row.status == http.StatusOK {
		w.WriteHeader(http.StatusOK)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	switch row.status {
	case http.StatusMethodNotAllowed:
		header.Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		after := max(1, int(math.Ceil(orDefault(err.RetryAfter, h.options.RetryAfter).Seconds())))
		header.Set("Retry-After", strconv.Itoa(after))
	case http.StatusRequestEntityTooLarge, http.StatusRequestTimeout:
		header.Set("Connection", "close") // The rest of the body is not worth reading.
	}
	w.WriteHeader(row.status)
	// The sender may be gone; there is nobody else to tell.
	_, _ = w.Write([]byte(row.reply))
}
