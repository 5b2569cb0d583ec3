// Package envelopetest has what the tests of a service need whatever its provider: the
// bundled golden deliveries, Deliver, which says what a handler made of a request, Again,
// Altered and TooLarge, which change one, and TestStore. The requests come from the
// provider's kit: masivotest, openloyaltytest, mambotest, ambassifytest. They are signed as
// the provider signs, by the Config of the handler under test if that differs from the
// kit's. For a provider of your own make a Kit.
package envelopetest

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/testdata"
)

// The media types of golden deliveries.
const (
	JSON = "application/json"
	Form = "application/x-www-form-urlencoded"
)

// Golden is one bundled delivery: a body as the provider would send it.
type Golden struct {
	Provider    string
	Event       string // the event's name as the provider sends it
	Situation   string // "basic", or what is special about it
	Encoder     string // what wrote a form: "qs" or "php"; "" for JSON
	ContentType string // JSON or Form
	Body        []byte
}

// Goldens yields the deliveries of a provider by event, sorted by name; of an
// event the "basic" one comes first. Situations that begin with "drift-" differ
// from the provider's documentation on purpose.
func Goldens(provider string) iter.Seq2[string, Golden] {
	return func(yield func(string, Golden) bool) {
		events, err := fs.ReadDir(testdata.FS, provider)
		if err != nil {
			return
		}
		for _, event := range events {
			if !event.IsDir() {
				continue
			}
			for _, golden := range goldensOf(testdata.FS, provider, event.Name()) {
				if !yield(golden.Event, golden) {
					return
				}
			}
		}
	}
}

func goldensOf(fsys fs.FS, provider, event string) []Golden {
	files, err := fs.ReadDir(fsys, path.Join(provider, event))
	if err != nil {
		return nil
	}
	goldens := make([]Golden, 0, len(files))
	for _, file := range files {
		body, err := fs.ReadFile(fsys, path.Join(provider, event, file.Name()))
		if err != nil {
			continue // Embedded files can be read.
		}
		g := Golden{Provider: provider, Event: event, ContentType: JSON, Body: body}
		var extension string
		g.Situation, extension, _ = strings.Cut(file.Name(), ".")
		if encoder, ok := strings.CutSuffix(extension, ".form"); ok {
			g.Encoder, g.ContentType = encoder, Form
		}
		goldens = append(goldens, g)
	}
	slices.SortStableFunc(goldens, func(a, b Golden) int { return rank(a) - rank(b) })
	return goldens
}

func rank(g Golden) int {
	if g.Situation == "basic" {
		return 0
	}
	return 1
}

// Find gives one delivery. An empty situation means "basic", an empty encoder
// JSON.
func Find(provider, event, situation, encoder string) (Golden, error) {
	return find(testdata.FS, provider, event, situation, encoder)
}

func find(fsys fs.FS, provider, event, situation, encoder string) (Golden, error) {
	if situation == "" {
		situation = "basic"
	}
	var have []string
	for _, g := range goldensOf(fsys, provider, event) {
		if g.Situation == situation && g.Encoder == encoder {
			return g, nil
		}
		have = append(have, strings.TrimSuffix(g.Situation+"."+g.Encoder, "."))
	}
	return Golden{}, fmt.Errorf("no golden delivery %s/%s/%s in encoding %q; there are: %s",
		provider, event, situation, encoder, strings.Join(have, ", "))
}

// Catalog is what is known of a provider's events and fields, and from where.
type Catalog struct {
	Provider string                  `json:"provider"`
	Events   []CatalogEvent          `json:"events"`
	Envelope []CatalogField          `json:"envelope,omitzero"` // members around the payload
	Models   map[string]CatalogModel `json:"models"`
}

// CatalogEvent is one event.
type CatalogEvent struct {
	Name       string     `json:"name"`
	Trigger    string     `json:"trigger"`
	Payload    string     `json:"payload"` // name of a model
	Array      bool       `json:"array,omitzero"`
	Legacy     bool       `json:"legacy,omitzero"`
	Confidence Confidence `json:"confidence"` // of the name

	TriggerConfidence Confidence `json:"trigger_confidence,omitzero"` // "" if it is as well known as the name
	Source            []string   `json:"source"`                      // URLs
}

// CatalogModel is one kind of object.
type CatalogModel struct {
	Doc           string         `json:"doc"`
	Fields        []CatalogField `json:"fields"`
	Discriminator *Discriminator `json:"discriminator,omitzero"`
	ArrayOf       string         `json:"array_of,omitzero"` // the model is a list of these
	Open          bool           `json:"open,omitzero"`     // more members than the listed ones may come
	Values        *CatalogType   `json:"values,omitzero"`   // of the members that are not listed
}

// Discriminator says which member chooses the model of an object.
type Discriminator struct {
	Field    string            `json:"field"`
	Variants map[string]string `json:"variants"` // value to model
}

// CatalogType is the type of a value: string, integer, number, boolean, array,
// object, ref or any.
type CatalogType struct {
	Type   string       `json:"type"`
	Ref    string       `json:"ref,omitzero"`    // name of a model
	Items  *CatalogType `json:"items,omitzero"`  // of an array
	Values *CatalogType `json:"values,omitzero"` // of an object
	Format string       `json:"format,omitzero"`
}

// CatalogField is one member of a model.
type CatalogField struct {
	Name string `json:"name"`
	CatalogType
	AltTypes   json.RawMessage `json:"alt_types,omitzero"` // other types that occur
	Enum       []string        `json:"enum,omitzero"`      // known values; others may come
	Required   bool            `json:"required,omitzero"`  // in the provider's words; see the provider's identities for ours
	Nullable   bool            `json:"nullable,omitzero"`
	Doc        string          `json:"doc"`
	Confidence Confidence      `json:"confidence"`
	Basis      string          `json:"basis,omitzero"` // "rest-resource": documented for the REST resource of that name
	Source     []string        `json:"source"`         // URLs
}

// Confidence says how well something is known.
type Confidence string

// The degrees of confidence, the best first.
const (
	Documented Confidence = "documented" // by the provider
	Observed   Confidence = "observed"   // in deliveries or code of others
	Inferred   Confidence = "inferred"   // from what is documented
)

// ReadCatalog gives the catalogue of a provider.
func ReadCatalog(provider string) (*Catalog, error) {
	text, err := fs.ReadFile(testdata.FS, "catalog/"+provider+".json")
	if err != nil {
		return nil, err
	}
	var c Catalog
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("catalogue of %s: %w", provider, err)
	}
	return &c, nil
}
