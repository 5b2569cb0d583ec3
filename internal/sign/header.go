package sign

import "net/http"

// Header returns the value of a header that must be there once.
func Header(header http.Header, name string) (string, error) {
	values := header.Values(name)
	switch {
	case len(values) > 1:
		return "", Malformed(name + " twice")
	case len(values) == 0 || values[0] == "":
		return "", Missing("no " + name)
	}
	return values[0], nil
}
