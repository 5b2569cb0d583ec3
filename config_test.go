package loyaltyhooks_test

import (
	"reflect"
	"testing"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// TestConfigFieldsAreUnique: no field of a Config hides one of the Options in it, so that
// a module at Go 1.27 may write them flat.
func TestConfigFieldsAreUnique(t *testing.T) {
	options := reflect.TypeFor[envelope.Options]()
	for _, config := range []reflect.Type{
		reflect.TypeFor[ambassify.Config](), reflect.TypeFor[mambo.Config](),
		reflect.TypeFor[masivo.Config](), reflect.TypeFor[openloyalty.Config](),
	} {
		for i := range config.NumField() {
			if _, ok := options.FieldByName(config.Field(i).Name); ok {
				t.Errorf("%s has %s, and so have its Options", config, config.Field(i).Name)
			}
		}
	}
}
