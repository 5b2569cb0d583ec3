package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
)

// load sends s.n deliveries, s.c at a time, and prints how they were answered.
func load(ctx context.Context, s *sender, deliveries []delivery, stdout, stderr io.Writer) int {
	t := &tally{total: s.n, statuses: map[int]int{}}
	start := time.Now()
	stopped := make(chan struct{})
	var status sync.WaitGroup
	if cli.IsTerminal(stderr) {
		status.Go(func() { t.show(stderr, start, stopped) })
	}
	var workers sync.WaitGroup
	for range s.c {
		workers.Go(func() {
			for ctx.Err() == nil {
				i, ok := t.next()
				if !ok {
					return
				}
				d := deliveries[i%len(deliveries)]
				body := d.body
				if i >= len(deliveries) && s.provider.Attempt != nil {
					body = s.provider.Attempt(body, cli.NewMessage)
				}
				t.add(s.deliver(ctx, d, body))
			}
		})
	}
	workers.Wait()
	elapsed := time.Since(start)
	close(stopped)
	status.Wait()
	fmt.Fprintf(stdout, "%s", t.summary(elapsed))
	if t.done < t.total || t.failed > 0 {
		return statusNotTaken
	}
	return statusTaken
}

// tally counts the deliveries of a load.
type tally struct {
	total int

	mu        sync.Mutex
	begun     int
	done      int
	failed    int // not answered with 2xx
	retried   int
	statuses  map[int]int // of the last answers; 0 stands for none
	latencies []time.Duration
	lastErr   error
}

// next gives the number of the next delivery, if there is one left.
func (t *tally) next() (int, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun == t.total {
		return 0, false
	}
	t.begun++
	return t.begun - 1, true
}

func (t *tally) add(r result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	t.statuses[r.status]++
	t.retried += len(r.latencies) - 1
	t.latencies = append(t.latencies, r.latencies...)
	if !r.taken() {
		t.failed++
	}
	if r.err != nil {
		t.lastErr = r.err
	}
}

// eraseLine makes a terminal's line empty again.
const eraseLine = "\r\x1b[K"

// show writes the status line until stopped is closed.
func (t *tally) show(terminal io.Writer, start time.Time, stopped <-chan struct{}) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-stopped:
			fmt.Fprintf(terminal, "%s", eraseLine)
			return
		case <-ticker.C:
			fmt.Fprintf(terminal, "%s%s", eraseLine, t.line(time.Since(start)))
		}
	}
}

// line is the status after some time: done, rate, errors, time left.
func (t *tally) line(elapsed time.Duration) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := "?"
	if t.done > 0 {
		seconds := elapsed.Seconds() * float64(t.total-t.done) / float64(t.done)
		left = time.Duration(math.Ceil(seconds) * float64(time.Second)).String()
	}
	return fmt.Sprintf("%d of %d done, %.0f/s, %d errors, %s left", t.done, t.total, rate(t.done, elapsed), t.failed, left)
}

func rate(n int, elapsed time.Duration) float64 {
	if elapsed <= 0 {
		return 0
	}
	return float64(n) / elapsed.Seconds()
}

// summary is rate, answers and latency.
func (t *tally) summary(elapsed time.Duration) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	if t.done < t.total {
		fmt.Fprintf(&b, "stopped: %d of %d deliveries were sent\n", t.done, t.total)
	}
	fmt.Fprintf(&b, "%d deliveries in %s, %.0f/s", t.done, round(elapsed), rate(t.done, elapsed))
	if t.retried > 0 {
		fmt.Fprintf(&b, ", %d sent twice", t.retried)
	}
	b.WriteString("\n")
	for _, status := range slices.Sorted(maps.Keys(t.statuses)) {
		name := strconv.Itoa(status)
		if status == 0 {
			name = fmt.Sprintf("no answer (%v)", t.lastErr)
		}
		fmt.Fprintf(&b, "%8d  %s\n", t.statuses[status], name)
	}
	if len(t.latencies) == 0 {
		return b.String()
	}
	slices.Sort(t.latencies)
	b.WriteString("latency")
	for _, permille := range []int{500, 900, 990, 999} {
		fmt.Fprintf(&b, "  p%g %s", float64(permille)/10, round(percentile(t.latencies, permille)))
	}
	fmt.Fprintf(&b, "  max %s\n", round(t.latencies[len(t.latencies)-1]))
	return b.String()
}

// percentile is the smallest of the sorted latencies that so many in a thousand do
// not exceed.
func percentile(sorted []time.Duration, permille int) time.Duration {
	rank := (len(sorted)*permille + 999) / 1000
	return sorted[max(rank, 1)-1]
}

// round gives a duration three or four digits.
func round(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
