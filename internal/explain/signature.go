package explain

import (
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Signature is what is asked about one.
type Signature struct {
	MAC
	Syntax   Syntax
	Header   http.Header
	Clock    sign.Clock
	Declared int64 // Content-Length
	Err      error // why it was refused

	// Suspects are likely causes of the provider's own, such as a host that no provider can
	// have called. They come before the others.
	Suspects []Cause
	// Missing are causes of headers that are not there.
	Missing []Cause
}

// Causes returns the causes that fit.
func (s *Signature) Causes() []Cause {
	found, left := s.Search()
	if found != nil {
		return s.proved(found)
	}
	var causes []Cause
	switch {
	case len(s.Missing) > 0:
		causes = append(causes, s.Missing...)
	case len(s.Digests) == 0:
		causes = append(causes, s.Syntax.noDigest(s.Header))
	default:
		body, _ := s.Bodies.at(0)
		causes = append(append(causes, s.Suspects...), Suspects(body.Text, s.Declared)...)
	}
	return append(append(causes, Secret("secrets")), left...)
}

// proved returns what a matching digest says. The time is compared only then: a forger
// chooses it.
func (s *Signature) proved(found *Found) []Cause {
	causes := found.Causes
	if !found.Time.IsZero() {
		if off := s.Clock.Off(found.Time); off != 0 {
			causes = append(causes, ClockCause(off))
		}
	}
	if len(causes) == 0 { // The verifier does not take what fits: of its form, not of its secret.
		causes = append(causes, Cause{Code: "signature_syntax", Text: "The digest fits, and the headers of the signature are not as the provider documents them.", Certain: true})
		causes = append(s.Missing, causes...)
	}
	return causes
}
