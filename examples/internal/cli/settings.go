package cli

import (
	"errors"
	"flag"
	"fmt"
	"go/token"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// Settings are what decides whether a delivery of a provider is accepted.
type Settings struct {
	Secrets         []string
	Tenant          string // name of the account; "" if there is one only
	SecretFrom      envelope.SecretSource
	place           string // SecretFrom as it was set, such as query:secret
	KeyEncoding     openloyalty.KeyEncoding
	PublicURL       string
	SignatureHeader string
	Separators      []string
	EventHeader     string
}

// setting is one of them, as a flag or an environment variable has it.
type setting struct {
	name, usage string
	providers   []string // that have it
	set         func(*Settings, string) error
}

var settings = []setting{
	{"secret-from", "`place` of a shared secret: query:NAME, header:NAME, path:NAME or basic:USER", []string{masivo.Name, ambassify.Name, openloyalty.Name}, (*Settings).setPlace},
	{"key-encoding", "`reading` of a secret of Open Loyalty: either, text or hex", []string{openloyalty.Name}, (*Settings).setEncoding},
	{"public-url", "`URL` that the subscription of Open Loyalty names", []string{openloyalty.Name}, func(s *Settings, text string) error { s.PublicURL = text; return nil }},
	{"signature-header", "`name` of the header of Mambo's signature", []string{mambo.Name}, func(s *Settings, text string) error { s.SignatureHeader = text; return nil }},
	{"separator", "`text` between the time and the body that Mambo signs, with the escapes of Go; may be repeated", []string{mambo.Name}, (*Settings).addSeparator},
	{"event-header", "`name` of the header that has the name of Mambo's event", []string{mambo.Name}, func(s *Settings, text string) error { s.EventHeader = text; return nil }},
}

// Flags adds the settings of a provider to a set of flags, with a prefix before their
// names. An empty provider stands for all.
func (s *Settings) Flags(flags *flag.FlagSet, prefix, provider string) {
	for _, one := range settings {
		if provider == "" || slices.Contains(one.providers, provider) {
			flags.Func(prefix+one.name, one.usage, func(text string) error { return one.set(s, text) })
		}
	}
}

// Check refuses flags of a set that the provider does not have.
func (s *Settings) Check(flags *flag.FlagSet, provider string) error {
	var err error
	flags.Visit(func(f *flag.Flag) {
		for _, one := range settings {
			if one.name == f.Name && !slices.Contains(one.providers, provider) {
				err = errors.Join(err, fmt.Errorf("-%s is not a setting of %s", f.Name, provider))
			}
		}
	})
	return err
}

// Environment reads the settings of a provider from variables such as
// OPENLOYALTY_PUBLIC_URL. MAMBO_SEPARATOR is one separator.
func (s *Settings) Environment(provider string, getenv func(string) string) error {
	for _, one := range settings {
		variable := strings.ToUpper(provider + "_" + strings.ReplaceAll(one.name, "-", "_"))
		text := getenv(variable)
		if text == "" || !slices.Contains(one.providers, provider) {
			continue
		}
		if err := one.set(s, text); err != nil {
			return fmt.Errorf("%s: %w", variable, err)
		}
	}
	return nil
}

func (s *Settings) setPlace(text string) error {
	kind, name, _ := strings.Cut(text, ":")
	makers := map[string]func(string) envelope.SecretSource{
		"query": envelope.FromQuery, "header": envelope.FromHeader, "path": envelope.FromPathValue, "basic": envelope.FromBasicAuth,
	}
	if makers[kind] == nil || name == "" {
		return errors.New("want query:NAME, header:NAME, path:NAME or basic:USER")
	}
	if kind == "path" && !token.IsIdentifier(name) {
		return errors.New("the name of a path value is that of a variable in Go")
	}
	s.SecretFrom, s.place = makers[kind](name), text
	return nil
}

// PathValue is the path value that carries the secret, or "".
func (s *Settings) PathValue() string { return s.placeOf("path:") }

// SecretHeader is the header of its own that carries the secret, or "".
func (s *Settings) SecretHeader() string { return s.placeOf("header:") }

// Proof says where a delivery carries what proves its origin, if that was set.
func (s *Settings) Proof() string {
	if s.place == "" && s.SignatureHeader != "" {
		return "signature in " + s.SignatureHeader
	}
	return s.place
}

func (s *Settings) placeOf(kind string) string {
	if name, ok := strings.CutPrefix(s.place, kind); ok {
		return name
	}
	return ""
}

func (s *Settings) setEncoding(text string) error {
	encodings := map[string]openloyalty.KeyEncoding{"either": openloyalty.KeyEither, "text": openloyalty.KeyText, "hex": openloyalty.KeyHex}
	encoding, ok := encodings[text]
	if !ok {
		return errors.New("want either, text or hex")
	}
	s.KeyEncoding = encoding
	return nil
}

func (s *Settings) addSeparator(text string) error {
	separator, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	s.Separators = append(s.Separators, separator)
	return err
}

// AddSecret adds a secret, for a flag that may be repeated.
func (s *Settings) AddSecret(secret string) error {
	s.Secrets = append(s.Secrets, secret)
	return nil
}

// options are the common ones. The secrets of a tenant come from its function.
func (s Settings) options(o envelope.Options) (secrets []string, _ envelope.Options) {
	if s.Tenant == "" || len(s.Secrets) == 0 {
		return s.Secrets, o
	}
	o.Tenant = func(*http.Request) (envelope.Tenant, error) {
		return envelope.Tenant{Name: s.Tenant, Secrets: s.Secrets}, nil
	}
	return nil, o
}

// Masivo makes the Config of that provider.
func (s Settings) Masivo(o envelope.Options) masivo.Config {
	secrets, o := s.options(o)
	return masivo.Config{Secrets: secrets, SecretFrom: s.SecretFrom, Options: o}
}

// Ambassify makes the Config of that provider.
func (s Settings) Ambassify(o envelope.Options) ambassify.Config {
	secrets, o := s.options(o)
	return ambassify.Config{Secrets: secrets, SecretFrom: s.SecretFrom, Options: o}
}

// OpenLoyalty makes the Config of that provider.
func (s Settings) OpenLoyalty(o envelope.Options) openloyalty.Config {
	secrets, o := s.options(o)
	return openloyalty.Config{Secrets: secrets, SecretFrom: s.SecretFrom, KeyEncoding: s.KeyEncoding, PublicURL: s.PublicURL, Options: o}
}

// Mambo makes the Config of that provider.
func (s Settings) Mambo(o envelope.Options) mambo.Config {
	secrets, o := s.options(o)
	return mambo.Config{Secrets: secrets, SignatureHeader: s.SignatureHeader, Separators: s.Separators, EventHeader: s.EventHeader, Options: o}
}
