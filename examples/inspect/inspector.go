package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/examples/internal/cli"
	"github.com/loyaltyhooks/loyaltyhooks/internal/testing/reencode"
)

// report is what inspect prints of one delivery.
type report struct {
	Provider   string          `json:"provider"`
	Event      string          `json:"event"`
	Known      bool            `json:"known"`
	Verified   *bool           `json:"verified"`
	Type       string          `json:"type"`
	Body       json.RawMessage `json:"body"`
	Unknown    []string        `json:"unknown"`
	Mistyped   []string        `json:"mistyped"`
	Violations []violation     `json:"violations"`
	Error      *failure        `json:"error"`

	newValues []string // pointers of values that an enumeration does not list; for people
	hidden    int      // differences that the library counted and did not list
}

type violation struct {
	Path string `json:"path"`
	Rule string `json:"rule"`
}

type failure struct {
	Kind      envelope.ErrorKind `json:"kind"`
	Status    int                `json:"status"`
	Retryable bool               `json:"retryable"`
	Message   string             `json:"message"`
}

// isEarly reports whether the delivery was refused before its origin was proven.
func (f *failure) isEarly() bool {
	if f == nil {
		return false
	}
	switch f.Kind {
	case envelope.KindMethod, envelope.KindMediaType, envelope.KindTooLarge, envelope.KindRead, envelope.KindSignature:
		return true
	}
	return false
}

// inspector gives deliveries to a handler of the library, whose hooks fill in the
// report.
type inspector struct {
	options
	handler *envelope.Handler
	report  report
}

func newInspector(o options) (*inspector, error) {
	in := &inspector{options: o}
	var err error
	in.handler, err = o.provider.NewHandler(o.secrets, envelope.Options{
		Unverified: len(o.secrets) == 0,
		Drift:      in.noteDrift,
		Observer:   in.observe,
		Now:        in.now,
	}, in.take)
	return in, err
}

// inspect reports on one delivery.
func (in *inspector) inspect(name string, body []byte) report {
	in.reset()
	r := in.request(name, body)
	in.handler.ServeHTTP(httptest.NewRecorder(), r)
	if in.event != "" && in.event != in.report.Event && !in.report.Error.isEarly() {
		// The name that -event gives goes before the one in the body, as with a
		// delivery that comes out of a queue.
		in.reset()
		_ = in.handler.Dispatch(context.Background(), envelope.Message{Body: body, Header: r.Header, Event: in.event})
	}
	return in.report
}

func (in *inspector) reset() {
	in.report = report{
		Provider:   in.provider.Name,
		Unknown:    []string{},
		Mistyped:   []string{},
		Violations: []violation{},
	}
}

// request is the delivery as a server would have received it.
func (in *inspector) request(name string, body []byte) *http.Request {
	u := *in.url
	r := &http.Request{
		Method:        http.MethodPost,
		URL:           &u,
		RequestURI:    u.RequestURI(),
		Host:          u.Host,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        in.header.Clone(),
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
	}
	if r.Host == "" {
		r.Host = in.header.Get("Host")
	}
	switch guess := cli.ContentType(name); {
	case in.contentType != "":
		r.Header.Set("Content-Type", in.contentType)
	case guess != "" && in.header.Get("Content-Type") == "":
		r.Header.Set("Content-Type", guess)
	}
	return r
}

func (in *inspector) now() time.Time {
	if in.at.IsZero() {
		return time.Now()
	}
	return in.at
}

// take is the function of every event.
func (in *inspector) take(d cli.Delivery) error {
	in.noteViolations(d.Violations)
	body, err := reencode.Delivery(in.provider.Name, d.Event, d.Meta, d.Payload)
	if err != nil {
		return errors.New("the typed values can not be encoded") // The cause may quote them.
	}
	in.report.Body = body
	return nil
}

func (in *inspector) noteViolations(list []envelope.Violation) {
	for _, v := range list {
		in.report.Violations = append(in.report.Violations, violation{v.Pointer, v.Rule})
	}
}

// noteDrift is the handler's Drift hook.
func (in *inspector) noteDrift(_ context.Context, r envelope.DriftReport) {
	for _, drift := range r.Drift {
		switch drift.Kind {
		case envelope.DriftUnknownMember:
			in.report.Unknown = append(in.report.Unknown, drift.Pointer)
		case envelope.DriftWrongType:
			in.report.Mistyped = append(in.report.Mistyped, drift.Pointer)
		case envelope.DriftUnknownValue:
			in.report.newValues = append(in.report.newValues, drift.Pointer)
		}
	}
	in.report.hidden = r.Total - len(r.Drift)
}

// observe is the handler's Observer: it has the outcome.
func (in *inspector) observe(_ context.Context, o envelope.Observation) {
	in.report.Event, in.report.Known = o.Event, o.Known
	if o.Event != "" || in.report.Body != nil {
		in.report.Type = in.typeOf(o.Event)
	}
	var err *envelope.Error
	if errors.As(o.Err, &err) {
		in.report.Error = &failure{err.Kind, err.Status(), err.Retryable(), err.Error()}
	}
	if len(in.secrets) > 0 {
		verified := !in.report.Error.isEarly()
		in.report.Verified = &verified
	}
	var invalid *envelope.ValidationError
	if errors.As(o.Err, &invalid) {
		in.noteViolations(invalid.Violations)
	}
}

// typeOf names the type that the event's payload is decoded into. That of an
// unknown event is kept as it came.
func (in *inspector) typeOf(event string) string {
	if name, ok := in.provider.Events[event]; ok {
		return name
	}
	return "json.RawMessage"
}
