package cli_test

import (
	"context"
	"fmt"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// scratchMod is all that a module needs to use the library from a checkout.
const scratchMod = `module example.com/shop

go 1.26

require github.com/loyaltyhooks/loyaltyhooks v0.0.0

replace github.com/loyaltyhooks/loyaltyhooks => %q
`

// scratchTest is a test as importers write them, of one event.
const scratchTest = `package main

import (
	"context"
	"net/http"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/PROVIDER"
	"github.com/loyaltyhooks/loyaltyhooks/PROVIDER/PROVIDERtest"
)

func TestHandler(t *testing.T) {
	var got string
	h, err := PROVIDER.NewHandler(
		PROVIDER.Config{Secrets: []string{PROVIDERtest.Secret}CONFIG},
		PROVIDER.EVENT.Handle(func(_ context.Context, d *PROVIDER.Delivery[PROVIDER.PAYLOAD]) error {
			got = string(d.Payload.FIELD)
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	r := PROVIDERtest.NewRequest(t, PROVIDER.EVENT, func(p *PROVIDER.PAYLOAD) { p.FIELD = "changed" })
	if result := envelopetest.Deliver(t, h, r); result.Status != http.StatusOK || got != "changed" {
		t.Error(got, result.Err)
	}
	if result := envelopetest.Deliver(t, h, PROVIDERtest.Forged(t, PROVIDER.EVENT)); result.Status != http.StatusUnauthorized {
		t.Error(result.Status)
	}
}
`

// A module outside the repository runs the program that a provider's guide shows,
// and tests with the provider's kit, with nothing but an import.
func TestScratchModule(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "go.mod"), fmt.Sprintf(scratchMod, root))
	write(t, filepath.Join(folder, "go.sum"), string(sums)) // What "go mod tidy" would write with a network.
	for _, p := range []struct{ provider, config, event, payload, field string }{
		{"ambassify", "", "CampaignCreated", "Campaign", "Name"},
		{"mambo", ", EventHeader: mambotest.EventHeader", "PointCreated", "Point", "Name"},
		{"masivo", "", "TierUpgrade", "TierChangeData", "ToTierName"},
		{"openloyalty", "", "CustomerUpdated", "CustomerOnlyData", "Customer.Email"},
	} {
		test := strings.NewReplacer("PROVIDER", p.provider, "CONFIG", p.config, "EVENT", p.event, "PAYLOAD", p.payload, "FIELD", p.field)
		write(t, filepath.Join(folder, p.provider, "main.go"), guideProgram(t, filepath.Join(root, p.provider)))
		write(t, filepath.Join(folder, p.provider, "main_test.go"), test.Replace(scratchTest))
	}
	goCommand(t, folder, "vet", "./...")
	goCommand(t, folder, "test", "-count=1", "./...")
}

// guideProgram is the program in the comment of a package.
func guideProgram(t *testing.T, folder string) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, "doc.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range new(comment.Parser).Parse(file.Doc.Text()).Content {
		if code, ok := block.(*comment.Code); ok && strings.HasPrefix(code.Text, "package main\n") {
			return code.Text
		}
	}
	t.Fatalf("the guide in %s shows no program", folder)
	return ""
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func goCommand(t *testing.T, folder string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, output)
	}
}
