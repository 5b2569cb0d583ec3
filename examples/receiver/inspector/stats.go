package inspector

import (
	"maps"
	"slices"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// The charts show ten minutes, in bars of ten seconds.
const (
	barWidth = 10 * time.Second
	barCount = 60
)

// maxSample bounds the durations that are kept of one bar.
const maxSample = 512

// stats counts deliveries, also those that the history has let go of.
type stats struct {
	outcomes map[envelope.Outcome]int64
	bars     []bar // the oldest first; times without deliveries have none
}

type bar struct {
	number    int64 // of bar widths since 1970
	outcomes  map[envelope.Outcome]int64
	durations []time.Duration // of each one, or of each second, fourth, eighth one ...
	stride    int
	seen      int
}

func (s *stats) add(d *Delivery) {
	s.outcomes[d.Outcome]++
	number := d.At.UnixNano() / int64(barWidth)
	if n := len(s.bars); n == 0 || s.bars[n-1].number < number {
		s.bars = append(s.bars, bar{number: number, outcomes: map[envelope.Outcome]int64{}, stride: 1})
	}
	// Deliveries are added when they end, so one may belong to a bar before the last.
	s.bars[len(s.bars)-1].add(d)
	oldest := s.bars[len(s.bars)-1].number - barCount
	s.bars = slices.DeleteFunc(s.bars, func(b bar) bool { return b.number <= oldest })
}

func (b *bar) add(d *Delivery) {
	b.outcomes[d.Outcome]++
	if len(b.durations) == maxSample {
		for i := range maxSample / 2 {
			b.durations[i] = b.durations[2*i]
		}
		b.durations = b.durations[:maxSample/2]
		b.stride *= 2
	}
	if b.seen%b.stride == 0 {
		b.durations = append(b.durations, d.Duration)
	}
	b.seen++
}

// snapshot is what the page shows of the counters.
type snapshot struct {
	Outcomes map[envelope.Outcome]int64 `json:"outcomes"`
	Bars     []snapshotBar              `json:"bars"`
	Width    int64                      `json:"width"` // of a bar, in milliseconds
	Count    int                        `json:"count"` // of bars in a chart
}

type snapshotBar struct {
	At       int64                      `json:"at"` // start, in milliseconds since 1970
	Outcomes map[envelope.Outcome]int64 `json:"outcomes"`
	Median   float64                    `json:"median"` // milliseconds
	P95      float64                    `json:"p95"`
}

func (s *stats) snapshot() snapshot {
	shot := snapshot{
		Outcomes: maps.Clone(s.outcomes),
		Bars:     make([]snapshotBar, 0, len(s.bars)),
		Width:    barWidth.Milliseconds(),
		Count:    barCount,
	}
	for _, b := range s.bars {
		sorted := slices.Sorted(slices.Values(b.durations))
		shot.Bars = append(shot.Bars, snapshotBar{
			At:       b.number * barWidth.Milliseconds(),
			Outcomes: maps.Clone(b.outcomes),
			Median:   milliseconds(quantile(sorted, 0.5)),
			P95:      milliseconds(quantile(sorted, 0.95)),
		})
	}
	return shot
}

// quantile of sorted durations: the smallest one that so many are not above.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
