package cli

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

// Open Loyalty names each message, and each attempt to deliver it, in the body;
// the id of the attempt is signed.

func signOpenLoyalty(r *http.Request, body []byte, secret string) error {
	id := idsOf(body).RequestID
	if id == "" { // A legacy body has none.
		id = newUUID()
	}
	return openloyalty.Sign(openloyalty.Config{Secrets: []string{secret}}, r, body, id)
}

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
	return bytes.ReplaceAll(body, []byte(`"`+id+`"`), []byte(`"`+newUUID()+`"`))
}

// newUUID is a random UUID, version 4.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // It never fails: see crypto/rand.
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
