//go:build linux || darwin

package hostile_test

import (
	"syscall"
	"testing"
)

// raiseFileLimit lets the process open n files if it may, and tells how many it can
// open.
func raiseFileLimit(tb testing.TB, n int) int {
	tb.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		tb.Fatal(err)
	}
	if limit.Cur < uint64(n) {
		raised := limit
		raised.Cur = min(uint64(n), limit.Max)
		if uint64(n) > limit.Max { // For who may raise it.
			all := syscall.Rlimit{Cur: uint64(n), Max: uint64(n)}
			if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &all) == nil {
				return n
			}
		}
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised) == nil {
			limit = raised
		}
	}
	return int(min(limit.Cur, 1<<20))
}
