package envelope

import (
	"bytes"
	"reflect"
	"sync"
)

// A list of empty objects is three bytes an element as text and hundreds as Go
// structs. What a text can grow to is bounded before it is decoded; deliveries of
// real objects are far from the bound.

// bulkFloor and bulkFactor are the memory that the elements of a payload may take:
// so many bytes, and so many for each byte of text. Growing slices by doubling
// costs as much again.
const (
	bulkFloor  = 96 << 10
	bulkFactor = 3
)

// tooBulky reports whether the elements of lists and maps take more memory as the
// Go type than is in proportion to their text, which holds so many objects.
func tooBulky(text []byte, objects int, t reflect.Type) bool {
	size, limit := int(elementSize(t)), bulkLimit(text)
	if len(text)/len("0,")*max(size, plainSize) <= limit {
		return false
	}
	// If all objects were of the largest type, and all else plain.
	if objects*size <= limit && (objects+bytes.Count(text, []byte("null")))*size <= limit &&
		bytes.Count(text, []byte(","))*plainSize <= limit {
		return false
	}
	d := newDiffer(text)
	d.value(t)
	return d.bulk > limit
}

func bulkLimit(text []byte) int { return bulkFloor + bulkFactor*len(text) }

// plainSize is the size of an element that is no struct, such as a string.
const plainSize = 16

var elementSizes sync.Map // reflect.Type to uintptr

// elementSize is the size of the largest struct that a list, a map or a pointer
// within a type can hold.
func elementSize(t reflect.Type) uintptr {
	if size, ok := elementSizes.Load(t); ok {
		return size.(uintptr)
	}
	size := findElementSize(t, map[reflect.Type]bool{})
	elementSizes.Store(t, size)
	return size
}

func findElementSize(t reflect.Type, seen map[reflect.Type]bool) uintptr {
	if seen[t] {
		return 0
	}
	seen[t] = true
	var size uintptr
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		if size = findElementSize(t.Elem(), seen); t.Elem().Kind() == reflect.Struct {
			size = max(size, t.Elem().Size())
		}
	case reflect.Struct:
		for i := range t.NumField() {
			size = max(size, findElementSize(t.Field(i).Type, seen))
		}
	}
	return size
}
