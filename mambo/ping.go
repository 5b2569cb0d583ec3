package mambo

// PingData is the body of a Ping: one member with a fixed text.
//
// Source: https://docs.mambo.io/developers/webhooks/events-payload
type PingData struct {
	Message PingMessage `json:"message,omitzero" validate:"required"` // always "ping"; its absence is refused
}

// PingMessage is the text of a Ping.
//
// Source: https://docs.mambo.io/developers/webhooks/events-payload
type PingMessage string

// PingMessagePing is the only text of a Ping.
const PingMessagePing PingMessage = "ping"

// Known reports whether m is the constant.
func (m PingMessage) Known() bool { return m == PingMessagePing }
