package explain

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// What a search may spend: a delivery that fits nothing costs all of it.
const (
	maxMACs  = 1000
	maxBytes = 8 << 20
)

// Choice is a value that a signature may have been made with, and why the verifier has
// not tried it: the zero Cause if it has.
type Choice[V any] struct {
	Value V
	Cause Cause
	Rare  bool // it is not tried together with others
}

// Usual makes choices of what the verifier tries.
func Usual[V any](values ...V) []Choice[V] {
	choices := make([]Choice[V], len(values))
	for i, value := range values {
		choices[i].Value = value
	}
	return choices
}

// Guess is what one signature is made of.
type Guess struct {
	Key           *sign.Key
	Time          string // as it is signed
	First, Second string // of MAC
	Body          *Body
}

// MAC describes how a provider signs, and what of it may be otherwise.
type MAC struct {
	Keys  []Choice[*sign.Key]
	Times []Choice[string]
	// First and Second are two more parts of what is signed, such as host and path.
	First, Second []Choice[string]
	Bodies        *Bodies
	Digests       []Choice[sign.Digest]

	// Digest makes the digest of a guess.
	Digest func(Guess) []byte
	// HashesBody says that Digest takes the body as its SHA-256 only, which is made once.
	HashesBody bool
}

// Found is what a digest has proved.
type Found struct {
	Causes []Cause   // certain; none if all is as the verifier expects
	Time   time.Time // when it was signed; zero without a time
}

// axis is one of the parts of a guess, of which one is chosen.
type axis int

const (
	axisKey axis = iota
	axisTime
	axisFirst
	axisSecond
	axisBody
	axes
)

// deviations are the parts that are tried otherwise than expected: each alone, then the
// pairs that occur together.
var deviations = [][]axis{
	{},
	{axisKey}, {axisTime}, {axisFirst}, {axisSecond}, {axisBody},
	{axisKey, axisFirst}, {axisFirst, axisBody}, {axisKey, axisBody}, {axisTime, axisFirst}, {axisTime, axisBody},
	{axisTime, axisKey}, {axisFirst, axisSecond}, {axisTime, axisSecond},
}

// search is the state of one.
type search struct {
	*MAC
	macs, bytes int
	isOver      bool
	left        bool // something was not tried
}

// Search tries what the signature may have been made of. It returns nil if nothing fits,
// with the cause that says what was left out, if anything was.
func (m *MAC) Search() (*Found, []Cause) {
	if len(m.Digests) == 0 {
		return nil, nil
	}
	for _, part := range []*[]Choice[string]{&m.Times, &m.First, &m.Second} {
		if len(*part) == 0 {
			*part = Usual("")
		}
	}
	s := &search{MAC: m}
	for _, deviation := range deviations {
		if found := s.try(deviation); found != nil {
			return found, nil
		}
	}
	if !s.left {
		return nil, nil
	}
	return nil, []Cause{{
		Code: "not_tried",
		Text: fmt.Sprintf("Not every pair of causes was tried: the search ends after %d signatures or %d MiB, and here after %d and %d KiB.", maxMACs, maxBytes>>20, s.macs, s.bytes>>10),
	}}
}

// try tries all choices of the parts that deviate with what is usual of the others.
func (s *search) try(deviation []axis) *Found {
	var deviates [axes]bool
	for _, a := range deviation {
		deviates[a] = true
	}
	isAlone := len(deviation) == 1
	tried := guesses{
		of(s.Keys, deviates[axisKey], isAlone), of(s.Times, deviates[axisTime], isAlone),
		of(s.First, deviates[axisFirst], isAlone), of(s.Second, deviates[axisSecond], isAlone),
	}
	for b := 0; ; b++ { // The body is the outermost: it costs most to make.
		if s.isOver {
			s.left = true
			return nil
		}
		body, ok := s.Bodies.at(b)
		if !ok {
			return nil
		}
		if body.Cause.isUsual() == deviates[axisBody] || body.Rare && !isAlone || !body.make() {
			continue
		}
		if found := s.tryBody(body, tried); found != nil {
			return found
		}
	}
}

// guesses are the choices of one deviation beside the body.
type guesses struct {
	keys                 []Choice[*sign.Key]
	times, first, second []Choice[string]
}

func (s *search) tryBody(body *Body, tried guesses) *Found {
	for _, key := range tried.keys {
		for _, moment := range tried.times {
			for _, first := range tried.first {
				for _, second := range tried.second {
					if !s.spend(body) {
						return nil
					}
					sum := s.Digest(Guess{key.Value, moment.Value, first.Value, second.Value, body})
					if digest, ok := s.match(sum); ok {
						return s.found(moment.Value, digest.Cause, key.Cause, moment.Cause, first.Cause, second.Cause, body.Cause)
					}
				}
			}
		}
	}
	return nil
}

// of returns the choices that are as expected, or those that are not, the rare ones only
// alone.
func of[V any](choices []Choice[V], deviates, isAlone bool) []Choice[V] {
	var chosen []Choice[V]
	for _, c := range choices {
		if c.Cause.isUsual() != deviates && (isAlone || !c.Rare) {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// spend reports whether one more signature may be made. What is expected is always tried.
func (s *search) spend(body *Body) bool {
	cost := len(body.Text) + sha256.BlockSize
	if s.HashesBody && body.hashed {
		cost = sha256.BlockSize
	}
	if s.macs > 0 && (s.macs+1 > maxMACs || s.bytes+cost > maxBytes) {
		s.isOver, s.left = true, true
		return false
	}
	s.macs++
	s.bytes += cost
	return true
}

func (s *search) match(sum []byte) (Choice[sign.Digest], bool) {
	for _, digest := range s.Digests {
		if digest.Value.Equal(sum) {
			return digest, true
		}
	}
	return Choice[sign.Digest]{}, false
}

func (s *search) found(moment string, causes ...Cause) *Found {
	found := new(Found)
	found.Time, _ = MomentOf(moment)
	for _, cause := range causes {
		if !cause.isUsual() {
			found.Causes = append(found.Causes, certain(cause)...)
		}
	}
	return found
}

const commonSeparators = 6

// Separators are choices of what is between a time and a body. Usual are those that the
// verifier tries; the setting has a verb for the text of another one.
func Separators(setting string, usual ...string) []Choice[string] {
	choices := Usual(usual...)
	for i, text := range []string{":", "", ".", "|", "-", "_", ";", ",", "\n", "\r\n", " ", "&", "=", "+", "~", "/", "#", "\x00", ", ", ": ", "::"} {
		if !slices.ContainsFunc(choices, func(c Choice[string]) bool { return c.Value == text }) {
			choices = append(choices, Choice[string]{Value: text, Rare: i >= commonSeparators, Cause: Cause{
				Code: "separator", Setting: fmt.Sprintf(setting, text),
				Text: fmt.Sprintf("Time and body are signed with %q between them.", text),
			}})
		}
	}
	return choices
}
