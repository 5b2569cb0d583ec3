// Package inspector is the receiver's live page: every delivery as it arrives,
// what was sent beside what was made of it, and buttons that send some.
//
// Whatever is in a delivery is hostile. The page is static, its policy allows no
// inline script and no HTML made of text, and what is shown comes as JSON and ends
// in text nodes.
package inspector

import (
	"context"
	"embed"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
)

//go:embed page
var page embed.FS

// Config is what the page needs.
type Config struct {
	History   *History
	Providers []Provider
	URL       string // of the receiver, without a path

	// Send delivers a golden to the receiver, and Replay a delivery of the history:
	// with a new signature, or as it was. They give the id of what arrived.
	Send   func(ctx context.Context, golden envelopetest.Golden, forged bool) (id int64, err error)
	Replay func(ctx context.Context, d *Delivery, sign bool) (id int64, err error)

	// Anyone lets the page be seen from other machines. It shows personal data and
	// lets whoever sees it send deliveries.
	Anyone bool
}

// Provider is one provider that the receiver serves.
type Provider struct {
	Name     string
	Path     string
	Secret   string // is never shown
	Variable string // environment variable that holds the secret

	SecretInPath bool   // deliveries carry it behind Path
	SecretHeader string // the header that carries it, if there is one of its own
}

// Inspector serves the page.
type Inspector struct {
	config  Config
	run     string // tells this process from the one before
	handler http.Handler
	closed  chan struct{}
	once    sync.Once
}

// New makes the page. run is a text that no other run of the receiver has.
func New(config Config, run string) *Inspector {
	i := &Inspector{config: config, run: run, closed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", i.index)
	mux.Handle("GET /page/", http.FileServerFS(page))
	mux.HandleFunc("GET /api/stream", i.stream)
	mux.HandleFunc("GET /api/search", i.search)
	mux.HandleFunc("GET /api/goldens", i.goldens)
	mux.HandleFunc("POST /api/goldens", i.send)
	mux.HandleFunc("GET /api/deliveries/{id}", i.found(i.show))
	mux.HandleFunc("GET /api/deliveries/{id}/body", i.found(i.body))
	mux.HandleFunc("POST /api/deliveries/{id}/replay", i.found(i.again))
	// A page of another site must not send deliveries through the user's browser.
	i.handler = http.NewCrossOriginProtection().Handler(mux)
	return i
}

// Close ends all streams, so that the server can shut down.
func (i *Inspector) Close() { i.once.Do(func() { close(i.closed) }) }

// policy allows what the page consists of and nothing else: no inline script or
// style, no HTML made of text, no other site.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// ServeHTTP serves the page to browsers on this machine, unless Config.Anyone is set.
func (i *Inspector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	if !i.config.Anyone && !isLocal(r) {
		http.Error(w, "the inspector is for this machine only", http.StatusForbidden)
		return
	}
	i.handler.ServeHTTP(w, r)
}

// isLocal reports whether a request was made on this machine, to this machine. The
// address alone does not tell: a tunnel or a proxy comes from here too, and so does
// the user's browser when another site's name has been pointed here.
func isLocal(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback() && isLoopback(r.Host)
}

func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

func (i *Inspector) index(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, page, "page/index.html")
}

func (i *Inspector) search(w http.ResponseWriter, r *http.Request) {
	reply(w, i.config.History.search(r.URL.Query().Get("text")))
}

// found serves a delivery that the history still has.
func (i *Inspector) found(serve func(http.ResponseWriter, *http.Request, *Delivery)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
		d := i.config.History.Find(id)
		if d == nil {
			http.Error(w, "the history does not have this delivery any more", http.StatusNotFound)
			return
		}
		serve(w, r, d)
	}
}

func (i *Inspector) show(w http.ResponseWriter, _ *http.Request, d *Delivery) { reply(w, i.detail(d)) }

// body is the body byte for byte, as a file and never as a page.
func (i *Inspector) body(w http.ResponseWriter, _ *http.Request, d *Delivery) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="delivery-`+strconv.FormatInt(d.ID, 10)+`.txt"`)
	_, _ = w.Write(d.Raw)
}

func (i *Inspector) again(w http.ResponseWriter, r *http.Request, d *Delivery) {
	how := d.replay()
	if how == replayNot {
		http.Error(w, "the body did not arrive in full", http.StatusConflict)
		return
	}
	id, err := i.config.Replay(r.Context(), d, how == replaySigned)
	sent(w, id, err)
}

// golden names a bundled delivery.
type golden struct {
	Provider  string `json:"provider"`
	Event     string `json:"event"`
	Situation string `json:"situation"`
	Encoder   string `json:"encoder,omitzero"`
}

func (i *Inspector) goldens(w http.ResponseWriter, _ *http.Request) {
	list := []golden{}
	for _, p := range i.config.Providers {
		for _, g := range envelopetest.Goldens(p.Name) {
			list = append(list, golden{g.Provider, g.Event, g.Situation, g.Encoder})
		}
	}
	reply(w, list)
}

func (i *Inspector) send(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		golden
		Forged bool `json:"forged"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&wanted); err != nil {
		http.Error(w, "not a golden delivery", http.StatusBadRequest)
		return
	}
	g, err := envelopetest.Find(wanted.Provider, wanted.Event, wanted.Situation, wanted.Encoder)
	if err != nil || i.provider(wanted.Provider).Name == "" {
		http.Error(w, "there is no such delivery", http.StatusNotFound)
		return
	}
	id, err := i.config.Send(r.Context(), g, wanted.Forged)
	sent(w, id, err)
}

// sent tells the page the id of what it has sent.
func sent(w http.ResponseWriter, id int64, err error) {
	if err != nil {
		http.Error(w, "the delivery could not be sent: "+err.Error(), http.StatusBadGateway)
		return
	}
	reply(w, map[string]int64{"id": id})
}

func (i *Inspector) provider(name string) Provider {
	for _, p := range i.config.Providers {
		if p.Name == name {
			return p
		}
	}
	return Provider{}
}

func reply(w http.ResponseWriter, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "can not be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text)
}
