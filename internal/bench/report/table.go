package main

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/bench"
)

// The markers between which the summary stands in the README.
const (
	begin = "<!-- bench:begin -->"
	end   = "<!-- bench:end -->"
)

// between puts text between the markers; ok is false if they are not there.
func between(document, text string) (changed string, ok bool) {
	head, rest, found := strings.Cut(document, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", false
	}
	return head + begin + "\n" + text + end + tail, true
}

// table collects the rows of a Markdown table.
type table struct{ strings.Builder }

func newTable(heads ...string) *table {
	t := new(table)
	t.row(heads...)
	t.WriteString("| --- |" + strings.Repeat(" ---: |", len(heads)-1) + "\n")
	return t
}

func (t *table) row(cells ...string) { t.WriteString("| " + strings.Join(cells, " | ") + " |\n") }

// columns gives a cell of every run.
func columns(first []string, runs []*Run, cells func(*Run) []string) []string {
	for _, r := range runs {
		first = append(first, cells(r)...)
	}
	return first
}

// goName is how people write a version of Go.
func goName(r *Run) string {
	version, _, _ := strings.Cut(strings.TrimPrefix(r.Go, "go"), " ")
	return "Go " + version
}

// summary is what the README says.
func summary(runs []*Run) string {
	var b strings.Builder
	b.WriteString(peerTable(runs))
	fmt.Fprintf(&b, "\nOne signed GitHub `issues` event of 8.8 KB, from the request to your function; every line of a block decodes into the same struct, "+
		"the peer's own. \"×\" is how many times as long as loyaltyhooks it takes. The floor is a handler that does what no receiver can do without: it reads the body, checks its HMAC-SHA256, and decodes it once by json/v2. "+
		"githubevents and go-githubapp were not available and are not measured.\n\n")
	if golden := goldenTable(runs); golden != "" {
		b.WriteString(golden)
		b.WriteString("\nThe bundled deliveries of our own providers against a handler written by hand with net/http, encoding/json and validator, same structs and same signature check.\n\n")
	}
	if servers := serverTable(runs); servers != "" {
		b.WriteString(servers)
		fmt.Fprintf(&b, "\nWhole servers over loopback HTTP with %d kept-alive connections; the client runs on the same machine.\n\n", connections)
	}
	b.WriteString(footnote(runs))
	return b.String()
}

func footnote(runs []*Run) string {
	r := runs[0]
	clock := ""
	if r.Clock == clockCPU {
		clock = " of processor time"
	}
	return fmt.Sprintf("Medians%s of %d interleaved rounds, %s, %s. Run it yourself: `go -C internal/bench run ./report`.\n", clock, r.Rounds, r.Machine, r.Date)
}

// peerTable has one block for each peer.
func peerTable(runs []*Run) string {
	heads := columns([]string{"into the struct of"}, runs, func(r *Run) []string {
		return []string{"µs, " + goName(r), "×", "allocs"}
	})
	t := newTable(heads...)
	for _, group := range []string{bench.GroupWebhooks, bench.GroupGoGitHub} {
		if len(runs[0].find(group, bench.Library).Nanoseconds) == 0 {
			continue
		}
		t.row(columns([]string{"**" + group + "**"}, runs, func(*Run) []string { return []string{"", "", ""} })...)
		for _, line := range []struct {
			label string
			of    func(*Run) Result
		}{
			{"loyaltyhooks", func(r *Run) Result { return r.find(group, bench.Library) }},
			{group, func(r *Run) Result { return r.find(group, bench.Peer) }},
			{"hand-written", func(r *Run) Result { return r.find(group, bench.Handwritten) }},
			{"floor", func(r *Run) Result { return r.find(group, bench.Floor) }},
		} {
			t.row(columns([]string{line.label}, runs, func(r *Run) []string {
				result := line.of(r)
				return []string{
					micros(result), times(ratio(result, r.find(group, bench.Library))), fmt.Sprint(median(result.Allocs)),
				}
			})...)
		}
	}
	return t.String()
}

// goldenTable compares with the hand-written handler on our own deliveries.
func goldenTable(runs []*Run) string {
	t := newTable(columns([]string{"delivery", "bytes"}, runs, func(r *Run) []string {
		return []string{"µs, " + goName(r), "hand-written", "×"}
	})...)
	rows := 0
	for _, c := range runs[0].Cases {
		if c.Name != bench.Library || !strings.Contains(c.Group, ", ") {
			continue
		}
		rows++
		t.row(columns([]string{c.Group, fmt.Sprint(c.Size)}, runs, func(r *Run) []string {
			library, handwritten := r.find(c.Group, bench.Library), r.find(c.Group, bench.Handwritten)
			return []string{micros(library), micros(handwritten), times(ratio(handwritten, library))}
		})...)
	}
	if rows == 0 {
		return ""
	}
	return t.String()
}

func serverTable(runs []*Run) string {
	if len(runs[0].Servers) == 0 {
		return ""
	}
	t := newTable(columns([]string{"server"}, runs, func(r *Run) []string {
		return []string{"requests/s, " + goName(r), "of the floor", "p50 µs", "p99 µs", "CPU µs"}
	})...)
	for _, s := range runs[0].Servers {
		t.row(columns([]string{s.Name}, runs, func(r *Run) []string { return serverCells(r, s.Name) })...)
	}
	return t.String()
}

func serverCells(r *Run, name string) []string {
	perSecond := func(l bench.Load) float64 { return l.PerSecond }
	micros := func(of func(bench.Load) time.Duration) string {
		return fmt.Sprintf("%.0f", median(r.loads(name, func(l bench.Load) float64 { return float64(of(l).Nanoseconds()) }))/1e3)
	}
	served, floor := r.loads(name, perSecond), r.loads(bench.Floor, perSecond)
	return []string{
		fmt.Sprintf("%.0f", median(served)),
		fmt.Sprintf("%.0f %%", 100*medianRatio(served, floor)),
		micros(func(l bench.Load) time.Duration { return l.P50 }),
		micros(func(l bench.Load) time.Duration { return l.P99 }),
		micros(func(l bench.Load) time.Duration { return l.CPU }),
	}
}

// details lists every case.
func details(runs []*Run) string {
	var b strings.Builder
	b.WriteString("# Results\n\nWritten by `go -C internal/bench run ./report`. \"×\" is the time by that of the first line of its table.\n")
	b.WriteString(footnote(runs))
	var group string
	var t *table
	for _, c := range runs[0].Cases {
		if c.Group != group {
			flush(&b, t, runs, group)
			group = c.Group
			t = newTable(columns([]string{"case", "bytes"}, runs, func(r *Run) []string {
				return []string{"µs, " + goName(r), "×", "ns/byte", "allocs", "allocated"}
			})...)
		}
		t.row(columns([]string{c.Name, fmt.Sprint(c.Size)}, runs, func(r *Run) []string {
			return resultCells(r.find(group, c.Name), r.first(group))
		})...)
	}
	flush(&b, t, runs, group)
	if servers := serverTable(runs); servers != "" {
		fmt.Fprintf(&b, "\n## whole servers\n\n%s", servers)
	}
	return b.String()
}

// flush ends a group's table, with the floors' sum where it has floors.
func flush(b *strings.Builder, t *table, runs []*Run, group string) {
	if t == nil {
		return
	}
	if sum := runs[0].floors(group); len(sum.Nanoseconds) > 0 {
		t.row(columns([]string{sum.Name, fmt.Sprint(runs[0].first(group).Size)}, runs, func(r *Run) []string {
			return resultCells(r.floors(group), r.first(group))
		})...)
	}
	fmt.Fprintf(b, "\n## %s\n\n%s", group, t.String())
}

// first is the case that the others of its group are compared with.
func (r *Run) first(group string) Result {
	for _, c := range r.Cases {
		if c.Group == group {
			return c
		}
	}
	return Result{}
}

func resultCells(result, first Result) []string {
	perByte := "–"
	if size := cmp.Or(result.Size, first.Size); size > 0 {
		perByte = fmt.Sprintf("%.2f", median(result.Nanoseconds)/float64(size))
	}
	return []string{
		micros(result), times(ratio(result, first)), perByte,
		fmt.Sprint(median(result.Allocs)), fmt.Sprint(median(result.Bytes)),
	}
}

func micros(r Result) string { return fmt.Sprintf("%.1f", median(r.Nanoseconds)/1e3) }

func times(ratio float64) string {
	if math.IsNaN(ratio) {
		return "–"
	}
	return fmt.Sprintf("%.2f", ratio)
}
