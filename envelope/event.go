package envelope

import (
	"context"
	"encoding/json"
	"reflect"
)

// Event is one kind of delivery of a provider: M is what the provider's
// envelope carries beside the payload, T the payload. Provider packages declare
// theirs as variables, such as masivo.TierUpgrade.
type Event[M, T any] struct{ name string }

// NewEvent describes an event by the name that the provider sends.
func NewEvent[M, T any](name string) Event[M, T] { return Event[M, T]{name} }

// Name is the event's name as the provider sends it.
func (e Event[M, T]) Name() string { return e.name }

// Func is a function of yours that takes a delivery. A nil error says that it is
// done and must not come again; see RetryAfter and Permanent for the others.
type Func[M, T any] = func(context.Context, *Delivery[M, T]) error

// Handle binds a function to the event. NewHandler takes the Route.
func (e Event[M, T]) Handle(fn Func[M, T]) Route[M] {
	return Route[M]{
		event:   e.name,
		payload: reflect.TypeFor[T](),
		isNil:   fn == nil,
		begin:   func() job[M] { return &typedJob[M, T]{fn: fn} },
	}
}

// Any describes the event without its payload's type, for lists of events.
func (e Event[M, T]) Any() AnyEvent[M] {
	return AnyEvent[M]{
		name:    e.name,
		payload: reflect.TypeFor[T](),
		handle: func(fn Func[M, any]) Route[M] {
			return Route[M]{
				event:   e.name,
				payload: reflect.TypeFor[T](),
				isNil:   fn == nil,
				begin: func() job[M] {
					j := &anyJob[M, T]{typedJob: typedJob[M, any]{fn: fn}}
					j.delivery.Payload = &j.payload
					return j
				},
			}
		},
	}
}

// AnyEvent is an Event whose payload's type is known at run time only: an
// element of the list that a provider's Events function returns.
type AnyEvent[M any] struct {
	name    string
	payload reflect.Type
	handle  func(Func[M, any]) Route[M]
}

// Name is the event's name as the provider sends it.
func (e AnyEvent[M]) Name() string { return e.name }

// Payload is the type of the event's payload.
func (e AnyEvent[M]) Payload() reflect.Type { return e.payload }

// Handle binds a function that takes the payload of any event: Payload holds a
// pointer, for example *masivo.TierChangeData.
func (e AnyEvent[M]) Handle(fn Func[M, any]) Route[M] { return e.handle(fn) }

// Route is an event with the function that takes its deliveries. A Route of
// another provider, or a function for another payload, does not compile.
type Route[M any] struct {
	event    string
	payload  reflect.Type
	fallback bool
	isNil    bool
	begin    func() job[M]
}

// Event is the name of the route's event; empty for a Fallback.
func (r Route[M]) Event() string { return r.event }

// Fallback is the route of deliveries whose event has no function: an event that
// you do not use (Known is true), or one that this version of the package does
// not know. Payload is the payload's JSON as it was sent.
func Fallback[M any](fn Func[M, json.RawMessage]) Route[M] {
	return Route[M]{
		payload:  reflect.TypeFor[json.RawMessage](),
		fallback: true,
		isNil:    fn == nil,
		begin:    func() job[M] { return &typedJob[M, json.RawMessage]{fn: fn} },
	}
}

// HandOff is a Fallback that takes verified deliveries as messages, to put them into a
// queue or a table: Dispatch of another handler goes on from there. All fields of
// the message are filled in; its header has no credentials.
func HandOff[M any](fn func(context.Context, Message) error) Route[M] {
	route := Fallback(func(ctx context.Context, d *Delivery[M, json.RawMessage]) error {
		return fn(ctx, Message{
			Body: d.Raw, Header: d.Header(), Event: d.Event,
			Provider: d.Provider, Handler: d.handler.Name(),
			Tenant: d.Tenant, Key: d.Key, Received: d.Received,
		})
	})
	route.isNil = fn == nil
	return route
}

// job is one delivery on its way to a function.
type job[M any] interface {
	// target is a pointer to the payload; *json.RawMessage gets it as it was sent.
	target() any
	// setValue hands over a pointer to a payload that is decoded already.
	setValue(any) bool
	fill(*call[M])
	run(context.Context) error
	context() *deliveryContext
}

type typedJob[M, T any] struct {
	ctx      deliveryContext
	fn       Func[M, T]
	delivery Delivery[M, T]
}

func (j *typedJob[M, T]) target() any                   { return &j.delivery.Payload }
func (j *typedJob[M, T]) fill(c *call[M])               { j.delivery.fill(c) }
func (j *typedJob[M, T]) run(ctx context.Context) error { return j.fn(ctx, &j.delivery) }
func (j *typedJob[M, T]) context() *deliveryContext     { return &j.ctx }

func (j *typedJob[M, T]) setValue(v any) bool {
	p, ok := v.(*T)
	if ok && p != nil {
		j.delivery.Payload = *p
	}
	return ok
}

type anyJob[M, T any] struct {
	typedJob[M, any]
	payload T
}

func (j *anyJob[M, T]) target() any { return &j.payload }

func (j *anyJob[M, T]) setValue(v any) bool {
	p, ok := v.(*T)
	if ok && p != nil {
		j.payload = *p
	}
	return ok
}
