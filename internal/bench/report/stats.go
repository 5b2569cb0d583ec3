package main

import (
	"cmp"
	"math"
	"slices"

	"github.com/loyaltyhooks/loyaltyhooks/internal/bench"
)

func median[T cmp.Ordered](values []T) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// find gives the result of a case, or an empty one.
func (r *Run) find(group, name string) Result {
	for _, c := range r.Cases {
		if c.Group == group && c.Name == name {
			return c
		}
	}
	return Result{}
}

// ratio is the median over the rounds of a's time by b's.
func ratio(a, b Result) float64 { return medianRatio(a.Nanoseconds, b.Nanoseconds) }

func medianRatio(a, b []float64) float64 {
	if len(a) == 0 || len(a) != len(b) {
		return math.NaN()
	}
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return median(ratios)
}

// floors is the sum of the three floors of a group, round by round.
func (r *Run) floors(group string) Result {
	sum := Result{Group: group, Name: "sum of the floors"}
	for _, name := range []string{bench.FloorRead, bench.FloorMAC, bench.FloorDecode} {
		part := r.find(group, name)
		if sum.Nanoseconds == nil {
			sum.Nanoseconds = make([]float64, len(part.Nanoseconds))
			sum.Allocs = make([]int64, len(part.Allocs))
			sum.Bytes = make([]int64, len(part.Bytes))
		}
		for i := range part.Nanoseconds {
			sum.Nanoseconds[i] += part.Nanoseconds[i]
			sum.Allocs[i] += part.Allocs[i]
			sum.Bytes[i] += part.Bytes[i]
		}
	}
	return sum
}

// loads gives one figure of a server, round by round.
func (r *Run) loads(server string, of func(bench.Load) float64) []float64 {
	var values []float64
	for _, s := range r.Servers {
		if s.Name != server {
			continue
		}
		for _, load := range s.Loads {
			values = append(values, of(load))
		}
	}
	return values
}
