package form

import "github.com/go-json-experiment/json/jsontext"

// JSON is this place as JSON text, for members whose shape the model leaves open.
// Every value is a string. Names 0 to n-1 make a list, any others an object, as
// do names like -1, 7 or 2024 alone. The text for the zero Node is null.
func (n Node) JSON() []byte { return n.json(false) }

// JSONLen is the length of JSON's text.
func (n Node) JSONLen() int { return n.jsonLen(false) }

// json is the JSON text, in memory that is as large as the text: control characters
// are six times as long there as in a form. asObject says that the model has an
// object here, whatever the names of its members are.
func (n Node) json(asObject bool) []byte {
	return n.appendJSON(make([]byte, 0, n.jsonLen(asObject)), asObject)
}

func (n Node) appendJSON(b []byte, asObject bool) []byte {
	if n.tree == nil {
		return append(b, "null"...)
	}
	if text, ok := n.Text(); ok {
		return appendQuote(b, text)
	}
	if n.isObject(asObject) {
		return n.appendObject(b)
	}
	items, ok := n.items()
	if !ok {
		return n.appendObject(b)
	}
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = item.appendJSON(b, false)
	}
	return append(b, ']')
}

// isObject reports whether a place is an object whatever its members' names are.
func (n Node) isObject(asObject bool) bool {
	return n.node().kind == named && (asObject || n.at == 0)
}

func (n Node) appendObject(b []byte) []byte {
	b = append(b, '{')
	for child := range n.children() {
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = appendQuote(b, child.node().name)
		b = append(b, ':')
		b = child.appendJSON(b, false)
	}
	return append(b, '}')
}

// jsonLen is the length of what appendJSON appends.
func (n Node) jsonLen(asObject bool) int {
	if n.tree == nil {
		return len("null")
	}
	if text, ok := n.Text(); ok {
		return quotedLen(text)
	}
	withNames := n.isObject(asObject) || !n.isList()
	length := len("{}") + max(int(n.node().size)-1, 0)
	for child := range n.children() {
		if withNames {
			length += quotedLen(child.node().name) + len(":")
		}
		length += child.jsonLen(false)
	}
	return length
}

// appendQuote appends a JSON string. Parse has replaced what is not UTF-8.
func appendQuote(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text)
	return b
}

// quotedLen is the length of what appendQuote appends.
func quotedLen(text string) int {
	length := len(text) + len(`""`)
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"', c == '\\', c == '\b', c == '\f', c == '\n', c == '\r', c == '\t':
			length += len(`\n`) - 1
		case c < ' ':
			length += len(`\u0000`) - 1
		}
	}
	return length
}
