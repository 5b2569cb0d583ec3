package inspector

import (
	"slices"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

func ids(deliveries []*Delivery) []int64 {
	list := []int64{}
	for _, d := range deliveries {
		list = append(list, d.ID)
	}
	return list
}

func TestHistoryIsBounded(t *testing.T) {
	h := NewHistory(3, 100)
	steps := []struct {
		size int
		kept []int64
	}{
		{10, []int64{1}},
		{10, []int64{1, 2}},
		{10, []int64{1, 2, 3}},
		{10, []int64{2, 3, 4}}, // too many
		{90, []int64{4, 5}},    // too long
		{500, []int64{6}},      // the newest is kept whatever its length
		{1, []int64{7}},
		{99, []int64{7, 8}},
	}
	for i, step := range steps {
		h.Add(&Delivery{Raw: make([]byte, step.size)})
		kept, _ := h.since(0)
		if !slices.Equal(ids(kept), step.kept) {
			t.Errorf("step %d: kept %v, want %v", i, ids(kept), step.kept)
		}
		for id := range int64(10) {
			d := h.Find(id)
			if (d != nil) != slices.Contains(step.kept, id) || d != nil && d.ID != id {
				t.Errorf("step %d: Find(%d) = %v", i, id, d)
			}
		}
	}
	if h.bytes != 100 {
		t.Errorf("%d bytes counted, want 100", h.bytes)
	}
	if total := h.counters().Outcomes[""]; total != int64(len(steps)) {
		t.Errorf("%d counted, want all %d that came", total, len(steps))
	}
}

func TestSince(t *testing.T) {
	h := NewHistory(3, 100)
	if d, _ := h.since(0); len(d) != 0 {
		t.Errorf("an empty history has %v", ids(d))
	}
	for range 5 {
		h.Add(&Delivery{})
	}
	for id, want := range map[int64][]int64{0: {3, 4, 5}, 2: {3, 4, 5}, 3: {4, 5}, 5: {}, 6: {}, 99: {}} {
		if d, _ := h.since(id); !slices.Equal(ids(d), want) {
			t.Errorf("since %d: %v, want %v", id, ids(d), want)
		}
	}
	_, changed := h.since(5)
	select {
	case <-changed:
		t.Error("something is new")
	default:
	}
	h.Add(&Delivery{})
	<-changed
}

func TestSearch(t *testing.T) {
	h := NewHistory(10, 1000)
	h.Add(&Delivery{Provider: "masivo", Event: "TIER_UPGRADE", Outcome: envelope.OutcomeHandled, Says: "Ana moved up", Raw: []byte(`{"Code":"XYZ"}`)})
	h.Add(&Delivery{Provider: "mambo", Outcome: envelope.OutcomeRefused, Raw: []byte(`<script>`)})
	for text, want := range map[string][]int64{
		"": {1, 2}, "tier_up": {1}, "ANA": {1}, "xyz": {1}, "refused": {2}, "ma": {1, 2}, "<SCRIPT>": {2}, "nothing": {},
	} {
		if got := h.search(text); !slices.Equal(got, want) {
			t.Errorf("search(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestCounters(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	var s stats
	s.outcomes = map[envelope.Outcome]int64{}
	for i := range 1000 {
		s.add(&Delivery{At: start, Outcome: envelope.OutcomeHandled, Duration: time.Duration(i%100+1) * time.Millisecond})
	}
	s.add(&Delivery{At: start.Add(barWidth), Outcome: envelope.OutcomeRefused, Duration: 3 * time.Millisecond})
	s.add(&Delivery{At: start.Add(-time.Hour), Outcome: envelope.OutcomeHandled}) // began long ago, ended now
	shot := s.snapshot()
	if len(shot.Bars) != 2 || shot.Bars[0].At != start.UnixMilli() || shot.Bars[0].Outcomes["handled"] != 1000 {
		t.Fatalf("bars %+v", shot.Bars)
	}
	if b := shot.Bars[0]; b.Median < 35 || b.Median > 66 || b.P95 < 85 || b.P95 > 100 {
		t.Errorf("median %v and 95th percentile %v of 1 to 100 ms", b.Median, b.P95)
	}
	if len(s.bars[0].durations) > maxSample {
		t.Errorf("%d durations kept", len(s.bars[0].durations))
	}
	if shot.Outcomes["handled"] != 1001 || shot.Outcomes["refused"] != 1 {
		t.Errorf("totals %v", shot.Outcomes)
	}
	s.add(&Delivery{At: start.Add(barCount * barWidth)})
	if n := len(s.snapshot().Bars); n != 2 { // The first one is too old now.
		t.Errorf("%d bars, want 2", n)
	}
}
