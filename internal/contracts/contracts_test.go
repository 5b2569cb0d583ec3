package contracts_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/internal/contracts"
)

// TestUpToDate: the contracts are what go generate writes, byte for byte.
func TestUpToDate(t *testing.T) {
	all := read(t)
	for name, want := range all {
		got, err := os.ReadFile(filepath.Join("..", "..", "testdata", filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("testdata/%s is not up to date (%v): run go generate ./internal/contracts", name, err)
		}
	}
	if len(all) != 8 {
		t.Errorf("%d contracts", len(all))
	}
}

func read(t *testing.T) map[string][]byte {
	t.Helper()
	all, err := contracts.All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestMarks: every member and every event says how well it is known, and from where.
func TestMarks(t *testing.T) {
	for name, text := range read(t) {
		var document struct {
			Defs       map[string]schema `json:"$defs"`
			Components struct {
				Schemas map[string]schema `json:"schemas"`
			} `json:"components"`
		}
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		members, deliveries := 0, 0
		for _, all := range []map[string]schema{document.Defs, document.Components.Schemas} {
			for model, s := range all {
				if strings.HasPrefix(model, "delivery.") {
					deliveries++
					if s.Confidence == "" || len(s.Source) == 0 {
						t.Errorf("%s: %s has no marks", name, model)
					}
					continue
				}
				for member, p := range s.Properties {
					members++
					if p.Confidence == "" || len(p.Source) == 0 || p.Description == "" {
						t.Errorf("%s: %s.%s has no marks", name, model, member)
					}
				}
			}
		}
		if members < 100 || deliveries < 11 {
			t.Errorf("%s: %d members, %d deliveries", name, members, deliveries)
		}
	}
}

type schema struct {
	Description string            `json:"description"`
	Confidence  string            `json:"x-confidence"`
	Source      []string          `json:"x-source"`
	Properties  map[string]schema `json:"properties"`
}
