package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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
	NewValues  []string        `json:"new_values"`
	Unreadable []string        `json:"unreadable"`
	Duplicates []string        `json:"duplicates"`
	Violations []violation     `json:"violations"`
	Error      *failure        `json:"error"`
	Why        []cause         `json:"why"`

	hidden int // differences that the library counted and did not list
}

type violation struct {
	Path string `json:"path"`
	Rule string `json:"rule"`
}

type cause struct {
	Code    string `json:"code"`
	Text    string `json:"text"`
	Setting string `json:"setting"`
	Certain bool   `json:"certain"`
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
	in.handler, err = o.provider.NewHandler(o.settings, envelope.Options{
		Unverified: len(o.settings.Secrets) == 0,
		Refused:    in.explain,
		Drift:      in.noteDrift,
		Observer:   in.observe,
		Now:        in.now,
	}, in.take)
	return in, err
}

// inspect reports on one delivery.
func (in *inspector) inspect(d delivery) report {
	in.reset()
	r, body := in.request(d), d.body
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
		NewValues:  []string{},
		Unreadable: []string{},
		Duplicates: []string{},
		Violations: []violation{},
		Why:        []cause{},
	}
}

// request is the delivery as a server would have received it. What the command line says
// goes before what was captured.
func (in *inspector) request(d delivery) *http.Request {
	r := d.request
	if r == nil {
		u := *in.url
		r = &http.Request{Method: http.MethodPost, URL: &u, RequestURI: u.RequestURI(), Host: u.Host, Header: http.Header{}, ContentLength: int64(len(d.body))}
	} else if in.url.Host != "" {
		u := *in.url
		r.URL, r.RequestURI, r.Host = &u, u.RequestURI(), u.Host
	}
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	r.Body = io.NopCloser(bytes.NewReader(d.body))
	for name, values := range in.header {
		r.Header[name] = values
	}
	if r.Host == "" {
		r.Host = in.header.Get("Host")
	}
	if name := in.settings.PathValue(); name != "" {
		r.SetPathValue(name, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
	}
	switch guess := cli.ContentType(d.name); {
	case in.contentType != "":
		r.Header.Set("Content-Type", in.contentType)
	case guess != "" && r.Header.Get("Content-Type") == "":
		r.Header.Set("Content-Type", guess)
	}
	return r
}

// explain is the handler's Refused hook.
func (in *inspector) explain(_ context.Context, r *envelope.Refusal) {
	in.report.Why = []cause{}
	for _, c := range r.Explain() {
		in.report.Why = append(in.report.Why, cause(c))
	}
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

// noteDrift is the handler's Drift hook. That an event is unknown is told by Known.
func (in *inspector) noteDrift(_ context.Context, r envelope.DriftReport) {
	lists := map[envelope.DriftKind]*[]string{
		envelope.DriftUnknownMember:   &in.report.Unknown,
		envelope.DriftWrongType:       &in.report.Mistyped,
		envelope.DriftUnknownValue:    &in.report.NewValues,
		envelope.DriftInvalidText:     &in.report.Unreadable,
		envelope.DriftDuplicateMember: &in.report.Duplicates,
	}
	for _, drift := range r.Drift {
		if list := lists[drift.Kind]; list != nil {
			*list = append(*list, drift.Pointer)
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
	if len(in.settings.Secrets) > 0 {
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
