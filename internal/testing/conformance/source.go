package conformance

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// source is what only the text of a package tells: comments and constants.
type source struct {
	eventDocs map[string]string   // event name to the comment of its variable
	fieldDocs map[string]string   // type and member, such as Tag.name, to the comment of its field
	constants map[string][]string // type name to the values of its constants
	files     []*ast.File
}

func parseSource(t *testing.T) *source {
	t.Helper()
	s := &source{eventDocs: map[string]string{}, fieldDocs: map[string]string{}, constants: map[string][]string{}}
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, file)
		for _, decl := range file.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok {
				s.declaration(gen)
			}
		}
	}
	return s
}

func (s *source) declaration(gen *ast.GenDecl) {
	for _, spec := range gen.Specs {
		if t, ok := spec.(*ast.TypeSpec); ok {
			s.fields(t)
		}
		value, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		doc := value.Doc
		if doc == nil {
			doc = gen.Doc
		}
		for _, expression := range value.Values {
			switch e := expression.(type) {
			case *ast.CallExpr:
				if name, ok := eventName(e); ok {
					s.eventDocs[name] = doc.Text()
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(e.Value); err == nil && gen.Tok == token.CONST {
					if ident, ok := value.Type.(*ast.Ident); ok {
						s.constants[ident.Name] = append(s.constants[ident.Name], text)
					}
				}
			}
		}
	}
}

// fields remembers the comments of a struct's members.
func (s *source) fields(t *ast.TypeSpec) {
	body, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range body.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			continue
		}
		name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		s.fieldDocs[t.Name.Name+"."+name] = field.Doc.Text() + field.Comment.Text()
	}
}

// eventName is the argument of newEvent[T]("NAME").
func eventName(call *ast.CallExpr) (string, bool) {
	index, ok := call.Fun.(*ast.IndexExpr)
	if !ok || len(call.Args) != 1 {
		return "", false
	}
	ident, ok := index.X.(*ast.Ident)
	if !ok || ident.Name != "newEvent" {
		return "", false
	}
	literal, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	name, err := strconv.Unquote(literal.Value)
	return name, err == nil
}

// undocumented lists exported types, fields and functions without a comment, and
// structs of models whose comment names no source.
func (s *source) undocumented() []string {
	var complaints []string
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.IsExported() && n.Doc == nil && n.Recv == nil {
					complaints = append(complaints, fmt.Sprintf("func %s has no comment", n.Name))
				}
			case *ast.GenDecl:
				if n.Tok == token.TYPE {
					for _, spec := range n.Specs {
						complaints = append(complaints, typeComplaints(n, spec.(*ast.TypeSpec))...)
					}
				}
			}
			return true
		})
	}
	return complaints
}

func typeComplaints(decl *ast.GenDecl, spec *ast.TypeSpec) []string {
	if !spec.Name.IsExported() {
		return nil
	}
	var complaints []string
	doc := spec.Doc
	if doc == nil {
		doc = decl.Doc
	}
	if doc == nil {
		complaints = append(complaints, fmt.Sprintf("type %s has no comment", spec.Name))
	}
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return complaints
	}
	isModel := false
	for _, field := range body.Fields.List {
		isModel = isModel || field.Tag != nil && strings.Contains(field.Tag.Value, "json:")
		for _, name := range field.Names {
			if name.IsExported() && field.Doc == nil && field.Comment == nil {
				complaints = append(complaints, fmt.Sprintf("field %s.%s has no comment", spec.Name, name))
			}
		}
	}
	if isModel && spec.Name.Name != "Meta" && !strings.Contains(doc.Text(), "Source: http") {
		complaints = append(complaints, fmt.Sprintf("the comment of type %s names no source", spec.Name))
	}
	return complaints
}
