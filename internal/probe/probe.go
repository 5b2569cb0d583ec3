// Package probe lets the test kit see what a handler made of one delivery,
// whatever hooks the handler was built with.
package probe

import "context"

// Func gets an envelope.Observation, a []envelope.Drift and a
// []envelope.Violation.
type Func func(observation, drift, violations any)

type key struct{}

// With puts a probe into a context.
func With(ctx context.Context, f Func) context.Context {
	return context.WithValue(ctx, key{}, f)
}

// From gives the context's probe, or nil.
func From(ctx context.Context) Func {
	f, _ := ctx.Value(key{}).(Func)
	return f
}
