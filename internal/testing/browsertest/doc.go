// Package browsertest tests the live page of examples/receiver in a browser:
//
//	go -C internal/testing/browsertest test ./...
//
// It needs Chromium or Chrome, found by name or by the environment variable
// CHROMIUM. With -update it writes the screenshots of the page anew. It is a module
// of its own, so that nobody else needs what it needs.
package browsertest
