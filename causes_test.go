package loyaltyhooks_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCausesDocumented: the package documentation of envelope lists each code of a cause,
// and no other.
func TestCausesDocumented(t *testing.T) {
	made := map[string]bool{}
	for _, folder := range []string{"internal/explain", "envelope", "mambo", "masivo", "ambassify", "openloyalty"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				findCodes(t, file, made)
			}
		}
	}
	text, err := os.ReadFile("envelope/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "# Why a delivery was refused")
	section, _, _ := strings.Cut(rest, "\n// # ")
	listed := map[string]bool{}
	for item := range strings.SplitSeq(section, "//   - ") {
		item = strings.Join(strings.Fields(strings.ReplaceAll(item, "//", " ")), " ")
		for sentence := range strings.SplitSeq(item, ". ") {
			head, _, found := strings.Cut(sentence, ":")
			for code := range strings.SplitSeq(strings.ReplaceAll(strings.ToLower(head), " and ", ", "), ", ") {
				if found && isCode.MatchString(code) {
					listed[code] = true
				}
			}
		}
	}
	if len(made) < 50 {
		t.Fatalf("%d codes", len(made))
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(listed))); diff != "" {
		t.Errorf("(-made +documented)\n%s", diff)
	}
}

var isCode = regexp.MustCompile(`^[a-z]+[a-z0-9_]*$`)

// findCodes finds the values of fields called Code or code, and the second fields of rows
// that have no names of fields.
func findCodes(t *testing.T, file string, into map[string]bool) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	note := func(e ast.Expr) {
		if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if code, err := strconv.Unquote(literal.Value); err == nil && isCode.MatchString(code) {
				into[code] = true
			}
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Code" {
				note(n.Value)
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "secretCause" {
				note(n.Args[0])
			}
		case *ast.ValueSpec:
			if slices.Contains([]string{"limits", "rulesBroken", "formsRefused"}, n.Names[0].Name) {
				for _, row := range n.Values[0].(*ast.CompositeLit).Elts {
					note(row.(*ast.CompositeLit).Elts[1])
				}
			}
		}
		return true
	})
}
