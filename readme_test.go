package loyaltyhooks_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

var update = flag.Bool("update", false, "write the generated parts of README.md")

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// declared is how a package declares an event: its Go name, its payload and its name.
var declared = regexp.MustCompile(`(?m)^\t(\w+) = newEvent\[([^(]+)\]\("([^"]+)"\)$`)

// TestReadmeEvents: the table of events is what the packages know.
func TestReadmeEvents(t *testing.T) {
	var table strings.Builder
	table.WriteString("| provider | event, `Go name` and payload |\n| --- | --- |\n")
	row := func(title, folder string, names []string) {
		found := map[string]string{}
		for _, event := range declared.FindAllStringSubmatch(read(t, folder+"/events.go"), -1) {
			name := event[3] + " "
			if event[1] == event[3] {
				name = "" // Once is enough.
			}
			found[event[3]] = name + "`" + event[1] + "` " + event[2]
		}
		list := make([]string, len(names))
		for i, name := range names {
			if list[i] = found[name]; list[i] == "" {
				t.Errorf("%s does not declare %s", folder, name)
			}
		}
		fmt.Fprintf(&table, "| %s (%d) | %s |\n", title, len(names), strings.Join(list, "<br>"))
	}
	row("Mambo", "mambo", namesOf(mambo.Events()))
	row("Ambassify", "ambassify", namesOf(ambassify.Events()))
	row("Masivo", "masivo", namesOf(masivo.Events()))
	var current, legacy []string
	for _, name := range namesOf(openloyalty.Events()) {
		if strings.ToLower(name) == name {
			legacy = append(legacy, name)
		} else {
			current = append(current, name)
		}
	}
	row("Open Loyalty", "openloyalty", current)
	row("Open Loyalty, legacy", "openloyalty", legacy)

	readme := read(t, "README.md")
	begin, end := "<!-- events:begin -->\n", "<!-- events:end -->"
	before, rest, ok := strings.Cut(readme, begin)
	_, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatal("README.md has no place for the events")
	}
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if readme != want {
		t.Errorf("the table of events is not up to date: run go test -run TestReadmeEvents -update .")
	}
}

func namesOf[M any](events []envelope.AnyEvent[M]) []string {
	names := make([]string, len(events))
	for i, event := range events {
		names[i] = event.Name()
	}
	return names
}

// TestReadmeCommands: the commands that the README promises are there, letter by
// letter.
func TestReadmeCommands(t *testing.T) {
	readme := read(t, "README.md")
	for _, command := range []string{"go run ./examples/receiver -demo", "go test ./..."} {
		if !strings.Contains(readme, command) {
			t.Errorf("README.md lacks %s", command)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(anyBlock.ReplaceAllString(readme, ""), -1) {
		if _, err := os.Stat(link[1]); err != nil {
			t.Errorf("README.md links to %s, which is not there", link[1])
		}
	}
}

var (
	anyBlock  = regexp.MustCompile("(?s)```.*?```")
	codeBlock = regexp.MustCompile("(?s)```go\n(.*?)```") // What is "``` go" compiles in a module of its own.
)

// preamble is what a fragment of the documents may use besides its own text.
const preamble = `package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/sqlonce"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo/masivotest"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

var (
	_ = cmp.Compare[int]
	_ context.Context
	_ = errors.New
	_ *sql.DB
	_ json.RawMessage
	_ = log.Printf
	_ = slog.Default
	_ http.Handler
	_ testing.TB
	_ time.Duration
	_ ambassify.Meta
	_ envelope.Options
	_ envelopetest.Result
	_ sqlonce.Dialect
	_ masivo.Meta
	_ = masivotest.Secret
	_ openloyalty.Meta
)

func main() {}
`

// programs are every block of Go in the documents, and every complete program in a
// package comment.
func programs(t *testing.T) map[string]string {
	t.Helper()
	programs := map[string]string{}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md"} {
		for i, block := range codeBlock.FindAllStringSubmatch(read(t, name), -1) {
			programs[fmt.Sprintf("%s %d", name, i+1)] = complete(block[1])
		}
	}
	for _, name := range []string{"doc.go", "masivo/doc.go", "openloyalty/doc.go", "mambo/doc.go", "ambassify/doc.go"} {
		program := programOf(read(t, name))
		if program == "" {
			t.Errorf("%s has no complete program", name)
			continue
		}
		programs[name] = program
	}
	return programs
}

// TestDocumentsLimitTheHeader: a server without a limit for its header waits for ever,
// before a handler could limit anything.
func TestDocumentsLimitTheHeader(t *testing.T) {
	servers := 0
	for name, text := range programs(t) {
		if !strings.Contains(text, "ListenAndServe") {
			continue
		}
		servers++
		if strings.Contains(text, "http.ListenAndServe") || !strings.Contains(text, "ReadHeaderTimeout:") {
			t.Errorf("%s serves without a limit for the header", name)
		}
	}
	if servers < 6 {
		t.Errorf("%d servers, want the one of each guide and of README.md", servers)
	}
}

// TestDocumentsCompile builds every one of them.
func TestDocumentsCompile(t *testing.T) {
	overlay := map[string]map[string]string{"Replace": {}}
	dir := t.TempDir()
	var packages []string
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range programs(t) {
		if formatted, err := format.Source([]byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		} else if !bytes.Equal(formatted, []byte(text)) {
			t.Errorf("%s is not formatted:\n%s", name, formatted)
		}
		folder := "document" + regexp.MustCompile(`\W+`).ReplaceAllString(name, "_")
		file := filepath.Join(dir, folder+".go")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay["Replace"][filepath.Join(root, "internal", folder, "main.go")] = file
		packages = append(packages, "./internal/"+folder)
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	listFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(listFile, list, 0o600); err != nil {
		t.Fatal(err)
	}
	compile := exec.CommandContext(t.Context(), "go", append([]string{"list", "-export", "-f", "{{.Name}}", "-overlay", listFile}, packages...)...)
	if output, err := compile.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// complete makes a program of a block: as it is, as declarations, or as an
// expression.
func complete(block string) string {
	switch {
	case strings.HasPrefix(block, "package "):
		return block
	case strings.HasPrefix(block, "func "), strings.HasPrefix(block, "type "), strings.HasPrefix(block, "var "):
		program := preamble + "\n" + block
		if strings.Contains(block, "newHandler(") {
			program += "\nfunc newHandler(secret string) http.Handler { return nil }\n"
		}
		return program
	}
	return preamble + "\nvar _ = " + block
}

// programOf gives the first complete program in a package comment.
func programOf(source string) string {
	_, rest, ok := strings.Cut(source, "//\tpackage main\n")
	if !ok {
		return ""
	}
	program := "package main\n"
	for line := range strings.Lines(rest) {
		text, inside := strings.CutPrefix(line, "//\t")
		if !inside {
			if strings.TrimSpace(line) != "//" {
				break
			}
			text = "\n"
		}
		program += text
	}
	return strings.TrimRight(program, "\n") + "\n"
}
