package ambassify

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/internal/form"
	"github.com/loyaltyhooks/loyaltyhooks/internal/reason"
	"github.com/loyaltyhooks/loyaltyhooks/internal/wire"
)

const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"
)

// opener takes the body of a delivery apart.
type opener struct{ limits form.Limits }

func (o opener) open(d *envelope.Contents[Meta]) error {
	if err := o.openBody(d); err != nil {
		return err
	}
	event := d.Meta.Event
	if !event.Name.Known() || !event.Resource.Known() {
		if err := checkEvent(d); err != nil {
			return err
		}
	}
	d.Event = string(event.Resource) + "." + string(event.Name)
	d.Pointer = string(jsontext.Pointer("").AppendToken(string(event.Resource)))
	d.Value = payload(&d.Meta)
	return nil
}

// openBody goes by the media type, and by the first character where none was named, or
// where JSON comes under that of a form: curl sends it for any body.
func (o opener) openBody(d *envelope.Contents[Meta]) error {
	mediaType, charset := mediaTypeOf(d.Message)
	body := d.Message.Body
	looksLikeJSON := bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{"))
	switch {
	case mediaType == typeJSON:
		return openJSON(d)
	case mediaType == typeForm && looksLikeJSON && !jsontext.Value(body).IsValid(anyJSON...):
		return envelope.Malformed("under the media type of a form it begins like JSON, and is none")
	case looksLikeJSON:
		return openJSON(d)
	}
	return o.openForm(d, charset)
}

// anyJSON leaves it to the reader what is twice or not Unicode.
var anyJSON = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

func mediaTypeOf(m *envelope.Message) (mediaType string, charset form.Charset) {
	header := m.Header.Get("Content-Type")
	mediaType, parameters, err := mime.ParseMediaType(header)
	if err != nil {
		mediaType, _, _ = strings.Cut(header, ";")
	}
	return strings.ToLower(strings.TrimSpace(mediaType)), form.CharsetOf(parameters["charset"])
}

func openJSON(d *envelope.Contents[Meta]) error {
	body := d.Message.Body
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return envelope.Malformed("not an object")
	}
	return d.Decode(body, "", &d.Meta)
}

// forms fills Meta. The types that it names have no fixed members.
var forms = form.NewDecoder(
	envelope.Value{}, MultilingualString(nil), MultilingualURL(nil), PersonProfile{}, PersonOptIn{},
	InteractionMetadata{}, ConversionMetadata{}, ConversionResponse{},
)

// jsonCopies is how often the JSON of a form is in memory at most: whole, as open
// values, as what these keep of it, and once more where somebody listens to drift.
const jsonCopies = 4

func (o opener) openForm(d *envelope.Contents[Meta], charset form.Charset) error {
	tree, err := form.Parse(d.Message.Body, charset, o.limits)
	if err != nil {
		return malformed(err)
	}
	for _, pointer := range tree.Invalid {
		if isIdentity(pointer) {
			return envelope.Malformed("not Unicode at " + pointer)
		}
		d.InvalidText(pointer)
	}
	if err := d.Charge(jsonCopies * tree.Root().JSONLen()); err != nil {
		return err
	}
	err = forms.Decode(tree.Root(), &d.Meta, form.Options{Mistyped: d.Mistyped, Salvage: d.Decode})
	if err != nil {
		return malformed(err)
	}
	d.JSON = tree.Root().JSON()
	d.Body = reflect.TypeFor[Meta]()
	return nil
}

// isIdentity reports whether a pointer leads to the event, or to a member beside the
// resource.
func isIdentity(pointer string) bool {
	_, ok := wire.PlanOf(reflect.TypeFor[Meta]()).Member(strings.TrimPrefix(pointer, "/"))
	return ok || pointer == "/event/name" || pointer == "/event/resource"
}

// malformed keeps the kind of a form's error and the place.
func malformed(err error) error {
	var refused *form.Error
	if !errors.As(err, &refused) {
		return envelope.Malformed("a form that can't be decoded")
	}
	return &envelope.Error{
		Kind:   envelope.KindMalformed,
		Offset: int64(refused.Offset),
		Err:    reason.New(fmt.Errorf("%w: %w", envelope.ErrMalformed, refused.Kind), ""),
	}
}

// payload is the resource that the event is about, with nothing in it if it did
// not come; nil if this package does not know it.
func payload(m *Meta) any {
	switch m.Event.Resource {
	case ResourceCampaign:
		return orNew(m.Campaign)
	case ResourceInteraction:
		return orNew(m.Interaction)
	case ResourceConversion:
		return orNew(m.Conversion)
	case ResourcePerson:
		return orNew(m.Person)
	}
	return nil
}

func orNew[T any](p *T) *T {
	if p == nil {
		p = new(T)
	}
	return p
}

// checkEvent looks closer at an event that this package does not know: both words
// are identities, and must be text.
func checkEvent(d *envelope.Contents[Meta]) error {
	text := d.JSON
	if text == nil {
		text = d.Message.Body
	}
	event, _ := wire.Find(text, "/event")
	var found []envelope.Violation
	for _, name := range []string{"name", "resource"} {
		word, ok := wire.Find(event, "/"+name)
		switch {
		case !ok, word.Kind() == 'n', string(word) == `""`:
			found = append(found, envelope.Violation{Pointer: "/event/" + name, Rule: envelope.RuleRequired})
		case word.Kind() != '"':
			found = append(found, envelope.Violation{Pointer: "/event/" + name, Rule: envelope.RuleType})
		}
	}
	if found == nil {
		return nil
	}
	return &envelope.Error{
		Kind: envelope.KindValidation,
		Err:  &envelope.ValidationError{Violations: found},
	}
}
