package hostile

import "runtime"

// What a body may cost in memory next to Options.MaxMemory: so many times its size,
// and so much besides.
const (
	allocationFactor = 4
	allocationFloor  = 256 << 10
)

// AllocationLimit is what the handling of a body of that size may allocate.
func AllocationLimit(size, maxMemory int) uint64 {
	return uint64(allocationFactor*size + maxMemory + allocationFloor)
}

// Allocated is how much memory f allocates, freed or not. Nothing else may run at
// the same time.
func Allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
