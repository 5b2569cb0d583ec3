// Generate writes the contracts of all providers.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/loyaltyhooks/loyaltyhooks/internal/contracts"
)

func main() {
	all, err := contracts.All()
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range all {
		path := filepath.Join("..", "..", "testdata", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // everybody may read it
			log.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // everybody may read it
			log.Fatal(err)
		}
	}
}
