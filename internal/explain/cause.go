// Package explain finds out why a genuine delivery was refused: it tries what a signature
// may have been made of, and looks at what came in place of what was expected. It accepts
// nothing, and what it says holds no secret and no text of a body.
package explain

import (
	"regexp"
	"slices"
	"strings"
)

// Cause is a reason for which a delivery may have been refused. It is envelope.Cause.
type Cause struct {
	Code    string // stable
	Text    string // what is wrong, and what to do
	Setting string // Go source of the setting that would have accepted it; "" if there is none
	Certain bool   // proved by a digest or by the bytes that came
}

// isUsual reports whether it is the cause of nothing: the verifier itself tries that.
func (c Cause) isUsual() bool { return c.Code == "" }

// certain returns causes that a digest has proved.
func certain(causes ...Cause) []Cause {
	proved := slices.Clone(causes)
	for i := range proved {
		proved[i].Certain = true
	}
	return proved
}

// As converts causes to a type of the same fields, without those that say the same again.
// Those that are certain come first.
func As[C ~struct {
	Code, Text, Setting string
	Certain             bool
}](causes []Cause) []C {
	causes = slices.Clone(causes)
	slices.SortStableFunc(causes, func(a, b Cause) int {
		switch {
		case a.Certain == b.Certain:
			return 0
		case a.Certain:
			return -1
		}
		return 1
	})
	var converted []C
	var seen []string
	for _, c := range causes {
		if !slices.Contains(seen, c.Code+c.Setting) {
			seen = append(seen, c.Code+c.Setting)
			converted = append(converted, C(c))
		}
	}
	return converted
}

// name is what a header, a query value or a user may be called so that it can be shown:
// words of letters, with a few digits.
var name = regexp.MustCompile(`^[A-Za-z]{1,24}[0-9]{0,3}([-_.]([A-Za-z]{1,24}[0-9]{0,3}|[0-9]{1,4})){0,6}$`)

// Quotable reports whether a name that the sender chose may be shown: it looks like one,
// and not like a secret or a text.
func Quotable(text string) bool { return len(text) <= 64 && name.MatchString(text) }

// called returns a name with a blank in front, or nothing if it may not be shown.
func called(text string) string {
	if Quotable(text) {
		return " " + text
	}
	return ""
}

// join lists names as people do.
func join(names []string) string {
	switch len(names) {
	case 0:
		return "none"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
