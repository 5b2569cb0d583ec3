// Package model compares the keys of package envelope with plain models of them, under
// random calls and a fake clock:
//
//	go -C internal/testing/model test ./...
//
// It prints the shortest calls that it finds for a difference; -rapid.checks=10000
// looks longer. It is a module of its own, so that nobody else needs what it needs.
package model
