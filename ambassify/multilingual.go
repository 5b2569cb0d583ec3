package ambassify

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// Language is a language code.
//
// Source: https://ambassify.github.io/webhook-docs/
type Language string

// The languages of the platform, in the order of its documentation. A campaign
// may come in others: their codes are kept as they are.
const (
	English   Language = "en"
	Dutch     Language = "nl"
	French    Language = "fr"
	German    Language = "de"
	Polish    Language = "pl"
	Spanish   Language = "es"
	Italian   Language = "it"
	Danish    Language = "da"
	Swedish   Language = "sv"
	Finnish   Language = "fi"
	Norwegian Language = "no"
)

var languages = []Language{English, Dutch, French, German, Polish, Spanish, Italian, Danish, Swedish, Finnish, Norwegian}

// Known reports whether l is one of the constants.
func (l Language) Known() bool { return slices.Contains(languages, l) }

// MultilingualString is a text by language. A language may be missing, or its
// text empty.
//
// Source: https://ambassify.github.io/webhook-docs/
type MultilingualString map[Language]string

// In is the text in the first of the languages that has one; if none of them has, in the
// first of Languages. It is "" if there is no text at all.
func (m MultilingualString) In(preferred ...Language) string { return in(m, preferred) }

// Languages are the languages that have a text: first those of the constants, in
// their order, then others by their code.
func (m MultilingualString) Languages() []Language { return languagesOf(m) }

// MultilingualURL is a URL by language. A language may be missing, or its URL
// empty.
//
// Source: https://ambassify.github.io/webhook-docs/
type MultilingualURL map[Language]URL

// In is the URL in the first of the languages that has one; if none of them has, in the
// first of Languages. It is "" if there is no URL at all.
func (m MultilingualURL) In(preferred ...Language) URL { return in(m, preferred) }

// Languages are the languages that have a URL, in the order of
// MultilingualString.Languages.
func (m MultilingualURL) Languages() []Language { return languagesOf(m) }

func in[T ~string](m map[Language]T, preferred []Language) T {
	for _, language := range preferred {
		if text := m[language]; text != "" {
			return text
		}
	}
	if others := languagesOf(m); len(others) > 0 {
		return m[others[0]]
	}
	return ""
}

func languagesOf[T ~string](m map[Language]T) []Language {
	var found []Language
	for language, text := range m {
		if text != "" {
			found = append(found, language)
		}
	}
	slices.SortFunc(found, func(a, b Language) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	return found
}

// rank is the place among the constants; other languages come after them.
func rank(l Language) int {
	if i := slices.Index(languages, l); i >= 0 {
		return i
	}
	return len(languages)
}

// URL is an absolute URL of the scheme http or https, or a relative one.
//
// Source: https://ambassify.github.io/webhook-docs/
type URL string

// Valid reports whether u has the documented format.
func (u URL) Valid() bool {
	if strings.ContainsAny(string(u), " \t\r\n") {
		return false
	}
	parsed, err := url.Parse(string(u))
	if err != nil {
		return false
	}
	switch parsed.Scheme { // In lower case, whatever was sent.
	case "":
		return true
	case "http", "https":
		return parsed.Host != ""
	}
	return false
}
