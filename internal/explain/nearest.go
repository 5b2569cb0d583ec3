package explain

import "strings"

// Nearest returns the name that a text is likely meant to be: it differs in case, in what
// is between words, or in two letters at most.
func Nearest(text string, names []string) (string, bool) {
	if len(text) > 128 {
		return "", false
	}
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(s))
	}
	best, found := 3, ""
	for _, name := range names {
		if d := distance(plain(text), plain(name)); d < best && d < len(name)/2 {
			best, found = d, name
		}
	}
	return found, found != ""
}

// distance is the number of letters to insert, remove or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
