package envelope_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompiler runs the compiler on small programs: what does not belong together
// does not compile, and the message names the types.
func TestCompiler(t *testing.T) {
	programs := []struct {
		name, body string
		errors     []string // what the compiler's message says; none if it compiles
	}{
		{name: "right", body: `
			_, _ = masivo.NewHandler(masivo.Config{},
				masivo.TierUpgrade.Handle(func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error { return nil }),
				masivo.Fallback(func(context.Context, *masivo.Delivery[json.RawMessage]) error { return nil }),
			)
			for _, event := range openloyalty.Events() {
				_, _ = openloyalty.NewHandler(openloyalty.Config{}, event.Handle(func(context.Context, *openloyalty.Delivery[any]) error { return nil }))
			}`},
		{name: "otherpayload", body: `
			masivo.TierUpgrade.Handle(func(context.Context, *masivo.Delivery[masivo.CouponRedemptionData]) error { return nil })`,
			errors: []string{"cannot use func", "masivo.CouponRedemptionData", "masivo.TierChangeData"}},
		{name: "otherprovider", body: `
			_, _ = masivo.NewHandler(masivo.Config{}, openloyalty.CustomerRegistered.Handle(nil))`,
			errors: []string{"cannot use openloyalty.CustomerRegistered.Handle(nil)", "envelope.Route[openloyalty.Meta]", "masivo.Route"}},
		{name: "otherprovidersdelivery", body: `
			masivo.TierUpgrade.Handle(func(context.Context, *openloyalty.Delivery[masivo.TierChangeData]) error { return nil })`,
			errors: []string{"cannot use func", "openloyalty.Delivery[masivo.TierChangeData]", "envelope.Func[masivo.Meta, masivo.TierChangeData]"}},
		{name: "otherprovidersfallback", body: `
			_, _ = masivo.NewHandler(masivo.Config{}, openloyalty.Fallback(nil))`,
			errors: []string{"cannot use openloyalty.Fallback(nil)", "openloyalty.Route", "masivo.Route"}},
		{name: "noerror", body: `
			masivo.TierUpgrade.Handle(func(context.Context, *masivo.Delivery[masivo.TierChangeData]) {})`,
			errors: []string{"cannot use func", "envelope.Func[masivo.Meta, masivo.TierChangeData]"}},
		{name: "nocontext", body: `
			masivo.TierUpgrade.Handle(func(*masivo.Delivery[masivo.TierChangeData]) error { return nil })`,
			errors: []string{"cannot use func", "envelope.Func[masivo.Meta, masivo.TierChangeData]"}},
		{name: "nopointer", body: `
			masivo.TierUpgrade.Handle(func(context.Context, masivo.Delivery[masivo.TierChangeData]) error { return nil })`,
			errors: []string{"cannot use func", "envelope.Func[masivo.Meta, masivo.TierChangeData]"}},
		{name: "payloadalone", body: `
			masivo.TierUpgrade.Handle(func(context.Context, *masivo.TierChangeData) error { return nil })`,
			errors: []string{"cannot use func", "*masivo.TierChangeData"}},
		{name: "typedfallback", body: `
			masivo.Fallback(func(context.Context, *masivo.Delivery[masivo.TierChangeData]) error { return nil })`,
			errors: []string{"cannot use func", "masivo.TierChangeData", "RawMessage"}},
		{name: "eventforroute", body: `
			_, _ = masivo.NewHandler(masivo.Config{}, masivo.TierUpgrade)`,
			errors: []string{"cannot use masivo.TierUpgrade", "masivo.TierChangeData", "masivo.Route"}},
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	// Files that exist for the compiler only, in packages of this module.
	dir, overlay, packages := t.TempDir(), map[string]string{}, []string{}
	for _, program := range programs {
		source := fmt.Sprintf(`package %s

import (
	"context"
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

var (
	_ context.Context
	_ json.RawMessage
	_ masivo.Meta
	_ openloyalty.Meta
)

func use() {%s
}

var _ = use
`, program.name, program.body)
		file := filepath.Join(dir, program.name+".go")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(root, "envelope", "compiled", program.name, "program.go")] = file
		packages = append(packages, "./envelope/compiled/"+program.name)
	}
	replaced, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, replaced, 0o600); err != nil {
		t.Fatal(err)
	}
	build := func(packages ...string) (output string, err error) {
		c := exec.CommandContext(t.Context(), "go", append([]string{"build", "-overlay", list}, packages...)...)
		c.Dir = root
		text, err := c.CombinedOutput()
		return string(text), err
	}
	if output, err := build(packages[0]); err != nil {
		t.Errorf("the right program: %v\n%s", err, output)
	}
	output, err := build(packages...)
	if err == nil {
		t.Fatal("everything compiles")
	}
	messages := byPackage(output)
	for _, program := range programs {
		message, failed := messages[program.name]
		if failed != (program.errors != nil) {
			t.Errorf("%s: the compiler says %q", program.name, message)
		}
		for _, want := range program.errors {
			if !strings.Contains(message, want) {
				t.Errorf("%s: the compiler says nothing of %s:\n%s", program.name, want, message)
			}
		}
	}
}

// byPackage takes the output of the go command apart: "# import/path" stands above
// the messages of a package.
func byPackage(output string) map[string]string {
	messages := map[string]string{}
	for part := range strings.SplitSeq("\n"+output, "\n# ") {
		name, message, _ := strings.Cut(part, "\n")
		messages[filepath.Base(name)] = message
	}
	return messages
}
