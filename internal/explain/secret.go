package explain

import (
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/url"
	"slices"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/internal/sign"
)

// Spelling is another way to read a configured secret.
type Spelling struct {
	Text  string
	Cause Cause
	Rare  bool // it is not tried together with others
}

// maxSpelled bounds the secrets whose spellings are tried.
const maxSpelled = 8

func secretCause(code, how string) Cause {
	return Cause{Code: code, Text: how}
}

// Spellings are what a secret may have been, of which something else was configured. They
// are not the secret itself, nor the secret without blanks around it.
func Spellings(secret string) []Spelling {
	trimmed := strings.TrimSpace(secret)
	var list []Spelling
	isRare := false
	add := func(text string, cause Cause) {
		isKnown := slices.ContainsFunc(list, func(s Spelling) bool { return s.Text == text })
		if text != "" && text != secret && text != trimmed && !isKnown {
			list = append(list, Spelling{text, cause, isRare})
		}
	}
	quotes := secretCause("secret_quotes", "The secret is configured with quotes, or with what an environment file adds to it: remove them.")
	unquoted := strings.Trim(trimmed, "\"'`")
	add(unquoted, quotes)
	add(strings.TrimSpace(unquoted), quotes)
	add(strings.TrimSuffix(trimmed, `\n`), quotes)
	if name, value, found := strings.Cut(trimmed, "="); found && Quotable(name) && value != "" {
		add(strings.Trim(value, "\"'"), quotes)
	}
	prefix := secretCause("secret_prefix", "The secret's prefix is not part of the key, or it is and was left out: configure the secret the other way.")
	add(strings.TrimPrefix(trimmed, "whsec_"), prefix)
	add("whsec_"+trimmed, prefix)
	encoded := secretCause("secret_encoding", "The configured secret is an encoding of the key, or the key is used in an encoding: configure what the provider signs with.")
	for _, decoded := range decodings(strings.TrimPrefix(unquoted, "whsec_")) {
		add(decoded, encoded)
	}
	isRare = true
	add(hex.EncodeToString([]byte(trimmed)), encoded)
	add(base64.StdEncoding.EncodeToString([]byte(trimmed)), encoded)
	for _, end := range []string{"\n", "\r\n", " "} {
		add(trimmed+end, secretCause("secret_blanks", "The provider has the secret with white space at its end: enter it there without, or configure it with."))
	}
	escaped := secretCause("secret_escaped", "The configured secret is escaped as in a URL, or should be: configure it as the provider has it.")
	if text, err := url.PathUnescape(trimmed); err == nil {
		add(text, escaped)
	}
	add(url.QueryEscape(trimmed), escaped)
	spelled := secretCause("secret_case", "The secret is configured in other letters, small or capital, than the provider has it.")
	add(strings.ToLower(trimmed), spelled)
	add(strings.ToUpper(trimmed), spelled)
	return list
}

func decodings(text string) (list []string) {
	if decoded, err := hex.DecodeString(text); err == nil {
		list = append(list, string(decoded))
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if decoded, err := encoding.DecodeString(text); err == nil {
			list = append(list, string(decoded))
		}
	}
	return list
}

// Keys makes keys of spellings. Usual are the keys that the verifier has; own are spellings
// of the provider's own, which come before the others.
func Keys(newHash func() hash.Hash, secrets []string, usual []*sign.Key, own ...Spelling) []Choice[*sign.Key] {
	choices := Usual(usual...)
	for _, s := range own {
		choices = append(choices, Choice[*sign.Key]{Value: sign.NewKey(newHash, []byte(s.Text)), Cause: s.Cause})
	}
	for _, secret := range secrets[:min(len(secrets), maxSpelled)] {
		for _, s := range Spellings(secret) {
			choices = append(choices, Choice[*sign.Key]{sign.NewKey(newHash, []byte(s.Text)), s.Cause, s.Rare})
		}
	}
	return choices
}
