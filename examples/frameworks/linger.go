package main

import (
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
)

// How much of a refused body is read, and for how long, before its connection is
// closed.
const (
	lingerBytes = 4 * envelope.DefaultMaxBody
	lingerTime  = 2 * time.Second
)

// lingerListener accepts connections that can be closed without a reset. A server
// that closes a connection with unread bytes resets it, and the sender, which still
// writes, may never see the answer. net/http takes care of that; fasthttp does not.
type lingerListener struct{ net.Listener }

func (l lingerListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingerConn{Conn: c}, nil
}

// lingerConn is a connection whose Close, after refuse, reads a bounded rest first.
type lingerConn struct {
	net.Conn
	refused atomic.Bool
}

// refuse says that the body of the request was not read.
func (c *lingerConn) refuse() { c.refused.Store(true) }

// Close closes the connection. After refuse it ends the answer, reads until the
// sender closes its side, at most lingerBytes and for lingerTime, and then closes.
func (c *lingerConn) Close() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.refused.Swap(false) {
		if half.CloseWrite() == nil && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
			_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
		}
	}
	return c.Conn.Close()
}
