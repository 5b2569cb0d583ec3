package mambo

import "github.com/loyaltyhooks/loyaltyhooks/envelope"

// CustomFieldValue is the value of a field that you defined in Mambo.
//
// REST shape, inferred for webhooks.
//
// Source: https://docs.mambo.io/administrators/advanced-settings/custom-fields
type CustomFieldValue struct {
	Name  string         `json:"name,omitzero"`  // name of the field
	Value envelope.Value `json:"value,omitzero"` // text, a number or an image, as the field is defined
}
