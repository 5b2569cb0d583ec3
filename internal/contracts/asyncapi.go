package contracts

import (
	"encoding/json"
	"strings"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

// security is how a provider proves a delivery, for tools that read contracts. The guides of
// the packages say more.
var security = map[string]object{
	"masivo":      {"type": "httpApiKey", "in": "query", "name": "secret", "description": "Inferred: Masivo documents no proof of origin. A secret in the URL that it is told, a header of its own, or Basic auth."},
	"ambassify":   {"type": "httpApiKey", "in": "query", "name": "secret", "description": "Inferred: Ambassify documents no proof of origin. A secret in the URL that it is told, or the token of its event bus."},
	"mambo":       {"type": "httpApiKey", "in": "header", "name": "X-Mambo-Signature", "description": "HMAC-SHA256 over timestamp and body. The syntax of the header is not published."},
	"openloyalty": {"type": "httpApiKey", "in": "header", "name": "X-Webhook-Signature", "description": "HMAC-SHA256 over method, host, path, digest of the body, timestamp and request id."},
}

// headers that deliveries of a provider carry.
var headers = map[string][][2]string{
	"mambo": {{"X-Mambo-Signature", "timestamp and signature"}},
	"openloyalty": {
		{"X-Webhook-Signature", "signature, in hex"}, {"X-Webhook-Signature-Algorithm", "hmac-sha256"},
		{"X-Webhook-Signature-Version", "how often the secret has been rotated, from 1 on"},
		{"X-Webhook-Timestamp", "when it was signed, in Unix seconds"}, {"X-Webhook-Request-Id", "id of this attempt"},
	},
}

// AsyncAPI writes a provider's webhooks as AsyncAPI 3.0: one channel, which the receiver
// serves, with a message for each event, and the golden deliveries in JSON as examples.
func AsyncAPI(c *envelopetest.Catalog) ([]byte, error) {
	w := &writer{catalog: c, refs: "#/components/schemas/"}
	schemas, messages, listed := w.models(), object{}, object{}
	for _, event := range c.Events {
		name := "delivery." + event.Name
		schemas[name] = w.delivery(event)
		message, err := w.message(event)
		if err != nil {
			return nil, err
		}
		messages[event.Name] = message
		listed[event.Name] = object{"$ref": "#/components/messages/" + event.Name}
	}
	proof := []any{object{"$ref": "#/components/securitySchemes/proof"}}
	return text(object{
		"asyncapi": "3.0.0",
		"info": object{
			"title": "Webhooks of " + titles[c.Provider], "version": "0.1.0", "description": about,
			"license": object{"name": "MIT"},
		},
		"defaultContentType": "application/json",
		"servers": object{"receiver": object{
			"host": "example.com", "protocol": "https", "description": "Your receiver, whose address the provider is told.", "security": proof,
		}},
		"channels": object{"webhook": object{
			"address": "/webhooks/" + c.Provider, "description": "Any path; this one is that of the guide.", "messages": listed,
		}},
		"operations": object{"receive": object{
			"action": "receive", "channel": object{"$ref": "#/channels/webhook"},
			"bindings": object{"http": object{"method": "POST", "bindingVersion": "0.3.0"}},
		}},
		"components": object{"schemas": schemas, "messages": messages, "securitySchemes": object{"proof": security[c.Provider]}},
	})
}

func (w *writer) message(event envelopetest.CatalogEvent) (object, error) {
	m := object{
		"name": event.Name, "title": event.Name, "summary": event.Trigger, "contentType": "application/json",
		"payload": w.ref("delivery." + event.Name), "x-confidence": event.Confidence, "x-source": event.Source,
	}
	if list := headers[w.catalog.Provider]; len(list) > 0 && !event.Legacy {
		properties := object{}
		for _, header := range list {
			properties[header[0]] = object{"type": "string", "description": header[1]}
		}
		m["headers"] = object{"type": "object", "properties": properties}
	}
	var examples []any
	for name, golden := range envelopetest.Goldens(w.catalog.Provider) {
		if name != event.Name || golden.Encoder != "" || strings.HasPrefix(golden.Situation, "drift-") {
			continue
		}
		var body json.RawMessage
		if err := json.Unmarshal(golden.Body, &body); err != nil {
			return nil, err
		}
		examples = append(examples, object{"name": golden.Situation, "payload": body})
	}
	m["examples"] = examples
	return m, nil
}
