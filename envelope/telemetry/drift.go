package telemetry

import (
	"context"
	"regexp"
	"sync"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// maxPointers bounds what DriftAlert remembers.
const maxPointers = 10_000

var index = regexp.MustCompile(`/\d+`)

// DriftAlert makes an envelope.Options.Drift that tells the first difference of its kind at
// once, and the same again only after a while, such as an hour: differences are the same if
// provider, event, kind and pointer are, whatever element of a list they are in. It remembers
// 10,000 of them, and tells no others.
func DriftAlert(every time.Duration, tell func(ctx context.Context, report envelope.DriftReport, d envelope.Drift)) func(context.Context, envelope.DriftReport) {
	type difference struct {
		provider, event, pointer string
		kind                     envelope.DriftKind
	}
	var mu sync.Mutex
	told := map[difference]time.Time{}
	isNews := func(d difference) bool {
		mu.Lock()
		defer mu.Unlock()
		last, seen := told[d]
		if !seen && len(told) >= maxPointers || seen && time.Since(last) < every {
			return false
		}
		told[d] = time.Now()
		return true
	}
	return func(ctx context.Context, report envelope.DriftReport) {
		for _, d := range report.Drift {
			pointer := index.ReplaceAllString(d.Pointer, "/*")
			if isNews(difference{report.Provider, eventName(report.Event, report.Known), pointer, d.Kind}) {
				tell(ctx, report, d)
			}
		}
	}
}
