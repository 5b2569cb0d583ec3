// Package discover finds out from real deliveries what Mambo and Open Loyalty do not
// publish: where an event's name is, how a signature is written, what a secret stands for,
// and which host and path are signed. It accepts nothing, and answers 200 to each delivery.
package discover

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// Delivery is one that came.
type Delivery struct {
	Request  *http.Request
	Body     []byte
	Received time.Time
}

// Finding is what deliveries have taught.
type Finding struct {
	Provider   string   `json:"provider"`
	Deliveries int      `json:"deliveries"`
	Proved     int      `json:"proved"` // deliveries whose digest matches with Config
	Config     string   `json:"config"` // Go source
	Learned    []string `json:"learned"`
	Open       []string `json:"open"` // what is not known yet
}

// String is the finding for people.
func (f Finding) String() string {
	text := fmt.Sprintf("\n%s, after %d deliveries; the signature of %d is proved by a matching digest.\n\n%s\n", f.Provider, f.Deliveries, f.Proved, f.Config)
	for _, line := range f.Learned {
		text += "\n  found: " + line
	}
	for _, line := range f.Open {
		text += "\n  open:  " + line
	}
	return text + "\n"
}

// learner makes a finding of all that came.
type learner interface {
	finding(deliveries []Delivery) Finding
}

// Discoverer is a handler that takes deliveries, keeps them as captures, and prints what it
// has found out.
type Discoverer struct {
	learner learner
	folder  string
	secrets []string
	out     io.Writer

	mu         sync.Mutex
	deliveries []Delivery
}

// maxDeliveries bounds what is looked at.
const maxDeliveries = 50

// New makes a Discoverer of a provider, whose captures are kept in a folder.
func New(provider string, secrets []string, folder string, out io.Writer) (*Discoverer, error) {
	d := &Discoverer{folder: folder, secrets: secrets, out: out}
	switch {
	case len(secrets) == 0:
		return nil, errors.New("nothing can be found out without the secret")
	case provider == mambo.Name:
		d.learner = mamboLearner{secrets}
	case provider == openloyalty.Name:
		d.learner = openLoyaltyLearner{secrets}
	default:
		return nil, fmt.Errorf("nothing is to be found out of %q: only of %s and %s", provider, mambo.Name, openloyalty.Name)
	}
	return d, nil
}

// ServeHTTP takes a delivery.
func (d *Discoverer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, envelope.DefaultMaxBody))
	if err != nil {
		http.Error(w, "not read", http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusOK) // The panel shall be content.
	if r.Method != http.MethodPost {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.deliveries) == maxDeliveries {
		return
	}
	d.deliveries = append(d.deliveries, Delivery{r.Clone(r.Context()), body, time.Now()})
	finding := d.learner.finding(slices.Clone(d.deliveries))
	fmt.Fprintf(d.out, "%s", finding)
	name, err := d.store(len(d.deliveries), d.deliveries[len(d.deliveries)-1], finding)
	if err != nil {
		fmt.Fprintf(d.out, "\nnot stored: %v\n", err)
		return
	}
	fmt.Fprintf(d.out, "\nstored in %s, with texts, numbers and secrets replaced; it can be attached to an issue.\n", name)
}

// requestOf is a request as a handler gets it.
func (d Delivery) requestOf() *http.Request { return d.Request.Clone(d.Request.Context()) }

// signatureOf are the causes that have to do with the signature. A delivery that nothing
// but its payload keeps from being accepted has none.
func signatureOf(causes []envelope.Cause) []envelope.Cause {
	return slices.DeleteFunc(causes, func(c envelope.Cause) bool {
		return slices.Contains([]string{"event_name", "event_header", "event_path", "identity_missing", "identity_type", "rule"}, c.Code)
	})
}

// add adds a line once.
func add(list *[]string, line string) {
	if !slices.Contains(*list, line) {
		*list = append(*list, line)
	}
}

// shared is what both learners do with a delivery that is not accepted: it returns the
// settings that a digest has proved, and notes what no setting accepts.
func shared(finding *Finding, causes []envelope.Cause) (settings []string) {
	for _, c := range causes {
		switch {
		case !c.Certain:
			add(&finding.Open, "not proved, perhaps "+c.Code+": "+c.Text)
		case c.Code == "clock":
			add(&finding.Open, c.Text)
		case c.Setting == "":
			add(&finding.Open, c.Text+" No setting accepts it: attach the capture to an issue.")
		default:
			add(&finding.Learned, c.Text)
			settings = append(settings, c.Setting)
		}
	}
	return settings
}
