package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/examples/receiver/inspector"
)

// printTo prints one line a delivery.
func printTo(w io.Writer) func(*inspector.Delivery) {
	var mu sync.Mutex
	var limit limit
	return func(d *inspector.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "%s  %s\n", d.At.Format("15:04:05.000"), lineOf(d, d.Event))
		if d.Why != nil && limit.take(time.Now()) {
			for _, c := range d.Why() {
				fmt.Fprintf(w, "              %s\n", visible(causeLine(c)))
			}
		}
	}
}

// causeLine is a cause in one line.
func causeLine(c envelope.Cause) string {
	line := "perhaps "
	if c.Certain {
		line = "cause "
	}
	line += c.Code + ": " + c.Text
	if c.Setting != "" {
		line += " Setting: " + c.Setting
	}
	return line
}

// maxExplained bounds the refusals that are explained in a minute: a forger must not make
// the receiver work.
const maxExplained = 60

type limit struct {
	minute time.Time
	taken  int
}

func (l *limit) take(now time.Time) bool {
	if now.Sub(l.minute) >= time.Minute {
		l.minute, l.taken = now, 0
	}
	l.taken++
	return l.taken <= maxExplained
}

// lineOf is a delivery in one line.
func lineOf(d *inspector.Delivery, label string) string {
	line := fmt.Sprintf("%d %-8s  %-11s  %-40s  %8s  %s",
		d.Status, d.Outcome, d.Provider, printable(label), d.Duration.Round(10*time.Microsecond), printable(said(d)))
	if d.DriftTotal > 0 {
		line += ", " + count(d.DriftTotal, "drift")
	}
	if n := len(d.Violations); n > 0 {
		line += ", " + count(n, "violation")
	}
	return line
}

func said(d *inspector.Delivery) string {
	switch {
	case d.Err != nil:
		return d.Err.Error()
	case d.Function == "":
		return "no function for this event"
	}
	return d.Says
}

// printable is text from a delivery for a terminal: without what could move the
// cursor or turn the direction of writing, and not longer than a line.
func printable(text string) string {
	const limit = 100
	text = visible(text)
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit]) + "…"
	}
	return text
}

// visible is text without what could move the cursor or turn the direction of writing.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

func count(n int, what string) string {
	if n == 1 || what == "drift" {
		return strconv.Itoa(n) + " " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
