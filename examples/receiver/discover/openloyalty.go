package discover

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

type openLoyaltyLearner struct{ secrets []string }

// readings are those of a key, with their names in Go.
var readings = []struct {
	encoding openloyalty.KeyEncoding
	name     string
}{{openloyalty.KeyText, "KeyText"}, {openloyalty.KeyHex, "KeyHex"}}

// finding reads the deliveries with each reading of the key.
func (l openLoyaltyLearner) finding(deliveries []Delivery) Finding {
	config, finding := l.config(deliveries)
	finding.Config = "openloyalty.Config{\n\tSecrets: []string{os.Getenv(\"OPENLOYALTY_WEBHOOK_SECRET\")},\n"
	for _, r := range readings {
		if r.encoding == config.KeyEncoding {
			finding.Config += "\tKeyEncoding: openloyalty." + r.name + ",\n"
		}
	}
	if config.PublicURL != "" {
		finding.Config += fmt.Sprintf("\tPublicURL: %q,\n", config.PublicURL)
	}
	finding.Config += "}"
	if finding.Proved == 0 {
		finding.Config += " // No signature is proved with it."
	}
	return finding
}

func (l openLoyaltyLearner) config(deliveries []Delivery) (openloyalty.Config, Finding) {
	finding := Finding{Provider: openloyalty.Name, Deliveries: len(deliveries)}
	config := openloyalty.Config{Secrets: l.secrets}
	for _, d := range deliveries {
		for _, r := range readings {
			tried := config
			tried.KeyEncoding = r.encoding
			causes := l.causes(tried, d)
			if url := publicURL(causes); url != "" {
				tried.PublicURL = url
				causes = l.causes(tried, d)
			}
			if slices.ContainsFunc(causes, func(c envelope.Cause) bool { return c.Code != "clock" }) {
				continue
			}
			shared(&finding, causes)
			finding.Proved++
			add(&finding.Learned, "the key is what openloyalty."+r.name+" says")
			if tried.PublicURL != "" {
				add(&finding.Learned, "another host or path is signed than the receiver sees: that of PublicURL")
			} else {
				add(&finding.Learned, "host and path are signed as the receiver sees them")
			}
			config = tried
			break
		}
	}
	if finding.Proved == 0 && len(deliveries) > 0 {
		shared(&finding, l.causes(config, deliveries[len(deliveries)-1]))
	}
	return config, finding
}

func (l openLoyaltyLearner) causes(config openloyalty.Config, d Delivery) []envelope.Cause {
	config.Now = func() time.Time { return d.Received }
	return signatureOf(openloyalty.Explain(config, d.requestOf(), d.Body))
}

// publicURL is the one that a matching digest has proved, or "".
func publicURL(causes []envelope.Cause) string {
	for _, c := range causes {
		if value, ok := strings.CutPrefix(c.Setting, "PublicURL: "); ok && c.Certain {
			if url, err := strconv.Unquote(value); err == nil {
				return url
			}
		}
	}
	return ""
}
