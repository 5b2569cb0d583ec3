// Package bench measures loyaltyhooks against libraries that do the same
// work for GitHub, against handlers written by hand, and against the least that
// any receiver has to do.
//
// What is compared in one table gets the same bytes, with a signature that all
// check, and ends in the same struct. Each body is sent in 64 variants in turn, with
// other ids, names and addresses; of a body of more than 64 KiB there are fewer. The struct is that of the peer: for
// loyaltyhooks a GitHub provider is defined on package envelope in a few lines, as
// anybody could. Requests and response writer are reused and cost next to nothing,
// so that what is measured is the handler.
//
// Two more libraries for GitHub, cbrgm/githubevents and palantir/go-githubapp, were
// not to be had from the module proxy when this was written. Nothing here speaks
// for them.
//
//	go test ./internal/bench                      every contestant does its work
//	go test -bench . ./internal/bench             one after another
//	go -C internal/bench run ./report             interleaved, with medians, into README and chart
//
// The package is a module of its own: no importer of loyaltyhooks downloads what it
// is compared with.
package bench
