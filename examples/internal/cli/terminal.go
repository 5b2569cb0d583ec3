package cli

import (
	"io"
	"os"
	"strings"
)

// IsTerminal reports whether w writes to a terminal, or to another device that
// takes text as it comes.
func IsTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// ContentType guesses the content type of a captured body by its file's name; ""
// leaves it to the receiver.
func ContentType(name string) string {
	switch {
	case strings.HasSuffix(name, ".form"):
		return "application/x-www-form-urlencoded"
	case strings.HasSuffix(name, ".json"):
		return "application/json"
	}
	return ""
}
