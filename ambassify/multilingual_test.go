package ambassify_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
)

func TestMultilingualString(t *testing.T) {
	title := ambassify.MultilingualString{"pt-BR": "Olá", "no": "Hei", "en": "", "nl": "Hallo", "ca": "Hola"}
	tests := []struct {
		name      string
		languages []ambassify.Language
		want      string
	}{
		{"the first that has one", []ambassify.Language{"nl", "no"}, "Hallo"},
		{"an empty text does not count", []ambassify.Language{ambassify.English, ambassify.Norwegian}, "Hei"},
		{"a language of no constant", []ambassify.Language{"pt-BR"}, "Olá"},
		{"none of them", []ambassify.Language{"de", "fr"}, "Hallo"},
		{"no language", nil, "Hallo"},
	}
	for _, tt := range tests {
		if got := title.In(tt.languages...); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if diff := cmp.Diff([]ambassify.Language{"nl", "no", "ca", "pt-BR"}, title.Languages()); diff != "" {
		t.Error(diff)
	}
	var none ambassify.MultilingualString
	if none.In("en") != "" || none.Languages() != nil {
		t.Error("a text that was not sent has languages")
	}
}

func TestMultilingualURL(t *testing.T) {
	link := ambassify.MultilingualURL{"fr": "/offres", "en": "https://example.com/jobs"}
	if got := link.In(ambassify.Polish, ambassify.French, ambassify.English); got != "/offres" {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff([]ambassify.Language{"en", "fr"}, link.Languages()); diff != "" {
		t.Error(diff)
	}
}

func TestURLValid(t *testing.T) {
	for url, want := range map[ambassify.URL]bool{
		"https://example.com/a?b=c#d":  true,
		"HTTP://example.com":           true,
		"/relative":                    true,
		"relative/path?x":              true,
		"//example.com/x":              true,
		"?query":                       true,
		"":                             true,
		"https:///x":                   false,
		"https:example.com":            false,
		"ftp://example.com":            false,
		"javascript:alert(1)":          false,
		"mailto:ann@example.com":       false,
		"https://example.com/a b":      false,
		"https://example.com/%zz":      false,
		"https://example.com/\nx":      false,
		"https://example.com:port/":    false,
		"1abc:relative":                false,
		"https://bücher.example/größe": true,
	} {
		if got := url.Valid(); got != want {
			t.Errorf("%q: got %t", url, got)
		}
	}
}
