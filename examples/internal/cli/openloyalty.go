package cli

import (
	"bytes"
	"encoding/json"

	"github.com/loyaltyhooks/loyaltyhooks/internal/uuid"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// Open Loyalty names each message, and each attempt to deliver it, in the body;
// the id of the attempt is signed.

func attemptOpenLoyalty(body []byte, message Message) []byte {
	ids := idsOf(body)
	body = replaceID(body, ids.RequestID)
	if message == NewMessage {
		body = replaceID(body, ids.MessageID)
	}
	return body
}

// idsOf reads the ids of a body. One that is not JSON is sent all the same, to
// see it refused; it has none.
func idsOf(body []byte) (meta openloyalty.Meta) {
	if json.Unmarshal(body, &meta) != nil {
		return openloyalty.Meta{}
	}
	return meta
}

func replaceID(body []byte, id string) []byte {
	if id == "" {
		return body
	}
	return bytes.ReplaceAll(body, []byte(`"`+id+`"`), []byte(`"`+uuid.New()+`"`))
}
