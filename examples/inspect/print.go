package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

// printJSON prints a report as one line.
func printJSON(w io.Writer, _ string, r report) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return err
	}
	_, err := io.WriteString(w, escape(strings.TrimSuffix(line.String(), "\n"))+"\n")
	return err
}

// escape spells what can't be printed as JSON does: bodies come from outside,
// terminals obey some of it, and Unicode has more than one end of a line.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// pretty prints reports for people.
type pretty struct{ colour bool }

func newPretty(stdout io.Writer) pretty {
	return pretty{colour: cli.IsTerminal(stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// The colours, as terminals are told them.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (p pretty) paint(colour, text string) string {
	if !p.colour || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p pretty) print(w io.Writer, name string, r report) error {
	var b strings.Builder
	event := r.Event
	if event == "" {
		event = "(event not told)"
	}
	fmt.Fprintf(&b, "%s  %s %s  %s\n", p.paint(dim, escape(name)), r.Provider, p.paint(bold, escape(event)), p.verdict(r))
	line := func(label, colour string, texts ...string) {
		for _, text := range texts {
			fmt.Fprintf(&b, "  %s %s\n", p.paint(dim, fmt.Sprintf("%-10s", label)), p.paint(colour, escape(text)))
		}
	}
	if r.Error != nil {
		line("error", red, fmt.Sprintf("%d %s: %s", r.Error.Status, r.Error.Kind, r.Error.Message))
		line("retryable", "", strconv.FormatBool(r.Error.Retryable))
	}
	for _, c := range r.Why {
		label := map[bool]string{true: "why", false: "perhaps"}[c.Certain]
		line(label, yellow, c.Code+": "+c.Text)
		if c.Setting != "" {
			line("setting", green, c.Setting)
		}
	}
	if r.Type != "" {
		line("type", "", r.Type)
	}
	for _, v := range r.Violations {
		line("violation", yellow, v.Path+" "+v.Rule)
	}
	line("unknown", yellow, r.Unknown...)
	line("mistyped", yellow, r.Mistyped...)
	line("new value", yellow, r.NewValues...)
	line("unreadable", yellow, r.Unreadable...)
	line("duplicate", yellow, r.Duplicates...)
	if r.Body != nil {
		var body bytes.Buffer
		if err := json.Indent(&body, r.Body, "", "  "); err != nil {
			return err
		}
		for text := range strings.Lines(body.String()) {
			b.WriteString("    " + escape(strings.TrimSuffix(text, "\n")) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String()+"\n")
	return err
}

// verdict says in a few words what became of the delivery.
func (p pretty) verdict(r report) string {
	words := p.paint(green, "accepted")
	if r.Error != nil {
		words = p.paint(red, "refused")
	}
	switch {
	case r.Verified == nil:
		words += ", not verified"
	case *r.Verified:
		words += ", " + p.paint(green, "verified")
	}
	if r.Event != "" && !r.Known {
		words += ", " + p.paint(yellow, "unknown event")
	}
	return words
}
