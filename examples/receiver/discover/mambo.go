package discover

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
)

type mamboLearner struct{ secrets []string }

// finding looks at the signatures first, then at where the name of the event is.
func (l mamboLearner) finding(deliveries []Delivery) Finding {
	config, finding := l.config(deliveries)
	finding.Config = literalOf(config, finding)
	return finding
}

// config is the configuration that accepts the deliveries, as far as one does.
func (l mamboLearner) config(deliveries []Delivery) (mambo.Config, Finding) {
	finding := Finding{Provider: mambo.Name, Deliveries: len(deliveries)}
	config := mambo.Config{Secrets: l.secrets}
	for _, d := range deliveries {
		causes := l.causes(config, d)
		if len(causes) > 0 {
			for _, setting := range shared(&finding, causes) {
				apply(&config, setting)
			}
			causes = l.causes(config, d)
		}
		if !slices.ContainsFunc(causes, func(c envelope.Cause) bool { return c.Code != "clock" }) {
			finding.Proved++
			add(&finding.Learned, "signatures look like "+shape(d.Request.Header.Get(headerOf(config))))
		}
	}
	l.event(&config, &finding, deliveries)
	return config, finding
}

// causes are those of the signature.
func (l mamboLearner) causes(config mambo.Config, d Delivery) []envelope.Cause {
	config.Now = func() time.Time { return d.Received }
	return signatureOf(mambo.Explain(config, d.requestOf(), d.Body))
}

func headerOf(config mambo.Config) string {
	if config.SignatureHeader != "" {
		return config.SignatureHeader
	}
	return mambo.SignatureHeader
}

// apply sets what a cause names. Separators are added to the default ones.
func apply(config *mambo.Config, setting string) {
	name, value, _ := strings.Cut(setting, ": ")
	value = strings.TrimSuffix(strings.TrimPrefix(value, "[]string{"), "}")
	text, err := strconv.Unquote(value)
	switch {
	case err != nil:
	case name == "SignatureHeader":
		config.SignatureHeader = text
	case name == "Separators":
		config.Separators = append(config.Separators, text)
	}
}

// event finds where the deliveries that are no Ping have the name of their event.
func (l mamboLearner) event(config *mambo.Config, finding *Finding, deliveries []Delivery) {
	counts := map[place]int{}
	named := 0
	for _, d := range deliveries {
		if isPing(d.Body) {
			continue
		}
		named++
		for _, p := range placesOf(d) {
			counts[p]++
		}
	}
	if named == 0 {
		add(&finding.Open, "where the name of an event is: only Pings came. Send an event of another kind.")
		return
	}
	places := slices.SortedFunc(maps.Keys(counts), func(a, b place) int { return a.rank()*100 - b.rank()*100 + strings.Compare(a.name, b.name) })
	for _, p := range places {
		if counts[p] < named {
			continue
		}
		switch p.kind {
		case "header":
			config.EventHeader = p.name
			add(&finding.Learned, fmt.Sprintf("the header %s names the event, in %d of %d deliveries", p.name, counts[p], named))
		case "body":
			add(&finding.Learned, fmt.Sprintf("the member %s of the body names the event, in %d of %d deliveries", p.name, counts[p], named))
			if !slices.Contains([]string{"event", "eventType", "type"}, p.name) {
				add(&finding.Open, "the member "+p.name+" needs an EventResolver")
			}
		case "path":
			config.EventPathValue = "event"
			add(&finding.Learned, fmt.Sprintf("the path names the event, in %d of %d deliveries: mount the handler on a pattern with {event} there", counts[p], named))
		}
		return
	}
	add(&finding.Open, fmt.Sprintf("where the name of an event is: in no header, no member and no part of the path of %d deliveries. Set up one webhook for each event, under a path of its own, or use a Fallback.", named))
}

// place is where the name of an event was found.
type place struct{ kind, name string }

// rank is the order in which places are believed: what is signed first.
func (p place) rank() int { return slices.Index([]string{"body", "header", "path"}, p.kind) }

func placesOf(d Delivery) (places []place) {
	for name, values := range d.Request.Header {
		if len(values) == 1 && isEvent(values[0]) {
			places = append(places, place{"header", name})
		}
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(d.Body, &members) == nil {
		for name, value := range members {
			var text string
			if json.Unmarshal(value, &text) == nil && isEvent(text) && isName(name) {
				places = append(places, place{"body", name})
			}
		}
	}
	for part := range strings.SplitSeq(d.Request.URL.Path, "/") {
		if isEvent(part) {
			places = append(places, place{"path", ""})
		}
	}
	return places
}

func isEvent(text string) bool {
	return slices.ContainsFunc(mambo.Events(), func(e envelope.AnyEvent[mambo.Meta]) bool { return e.Name() == text })
}

func isPing(body []byte) bool {
	var ping mambo.PingData
	var members map[string]json.RawMessage
	return json.Unmarshal(body, &ping) == nil && json.Unmarshal(body, &members) == nil && len(members) == 1 && ping.Message.Known()
}

// literalOf writes the configuration. The secret stays where it is.
func literalOf(config mambo.Config, finding Finding) string {
	var b strings.Builder
	b.WriteString("mambo.Config{\n\tSecrets: []string{os.Getenv(\"MAMBO_WEBHOOK_SECRET\")},\n")
	for _, field := range []struct{ name, value string }{
		{"SignatureHeader", config.SignatureHeader}, {"EventHeader", config.EventHeader}, {"EventPathValue", config.EventPathValue},
	} {
		if field.value != "" {
			fmt.Fprintf(&b, "\t%s: %q,\n", field.name, field.value)
		}
	}
	if len(config.Separators) > 0 {
		fmt.Fprintf(&b, "\tSeparators: %#v,\n", config.Separators)
	}
	b.WriteString("}")
	if finding.Proved == 0 {
		b.WriteString(" // No signature is proved with it.")
	}
	return b.String()
}
