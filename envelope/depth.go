package envelope

import "bytes"

// countObjects counts the opening braces of a text: its objects at most.
func countObjects(text []byte) int { return bytes.Count(text, []byte("{")) }

// maxMembers bounds the members of one object. The decoder's check for duplicate
// names costs a few hundred bytes each, however short they are.
const maxMembers = 1024

// tooDeep reports whether JSON text with so many objects is nested deeper than the
// limit, or has an object of too many members, before anything decodes it. Text
// that is not JSON gives some answer in linear time.
func tooDeep(text []byte, objects, limit int) bool {
	// Most bodies have fewer brackets than the limit has levels, and few commas.
	if objects <= limit && objects+bytes.Count(text, []byte("[")) <= limit &&
		bytes.Count(text, []byte(",")) < maxMembers {
		return false
	}
	// The members of each open object; -1 and less for a list.
	open := make([]int, 0, 64)
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			open = append(open, 1)
		case '[':
			open = append(open, -len(text))
		case '}', ']':
			open = open[:max(len(open)-1, 0)]
		case ',':
			if len(open) > 0 {
				open[len(open)-1]++
				if open[len(open)-1] > maxMembers {
					return true
				}
			}
		case '"':
			i = stringEnd(text, i+1)
		}
		if len(open) > limit {
			return true
		}
	}
	return false
}

// stringEnd is the index of the quote that closes the string whose first
// character is at i.
func stringEnd(text []byte, i int) int {
	for {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			return len(text)
		}
		i += n
		escapes := 0
		for i-escapes > 0 && text[i-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
		i++
	}
}
