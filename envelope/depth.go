package envelope

import "bytes"

// tooDeep reports whether JSON text is nested deeper than the limit, before
// anything decodes it. Text that is not JSON gives some answer in linear time.
func tooDeep(text []byte, limit int) bool {
	// Most bodies have fewer brackets than the limit has levels.
	if bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("[")) <= limit {
		return false
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			if depth++; depth > limit {
				return true
			}
		case '}', ']':
			depth--
		case '"':
			i = stringEnd(text, i+1)
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
