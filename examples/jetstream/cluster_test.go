package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/loyaltyhooks/loyaltyhooks/ambassify"
	"github.com/loyaltyhooks/loyaltyhooks/envelope"
	"github.com/loyaltyhooks/loyaltyhooks/envelope/envelopetest"
	"github.com/loyaltyhooks/loyaltyhooks/mambo"
	"github.com/loyaltyhooks/loyaltyhooks/masivo"
	"github.com/loyaltyhooks/loyaltyhooks/openloyalty"
)

const (
	clusterDeliveries = 20_000
	clusterSenders    = 32
	clusterWorkers    = 3
	clusterDeaths     = 16 // of workers, spread over the four steps
)

var clusterQueue = queueConfig{replicas: 3, ackWait: clusterLimits.ackWait, dedupe: 10 * time.Minute, keep: time.Hour}

// TestCluster delivers to receivers before a cluster of three servers while
// senders' connections are cut, workers are killed at every step, and a server is
// killed and restarted. What was acknowledged must have its effect, once.
func TestCluster(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()

	servers := startClusterServers(t)
	var receivers []string
	for range 2 {
		receivers = append(receivers, startReceiver(ctx, t, servers.urls))
	}
	queue := openClusterQueue(ctx, t, servers.urls)
	db := newDatabase()
	database := httptest.NewServer(db)
	defer database.Close()
	workers := &workerPool{t: t, role: workerRole{NATS: servers.urls, Database: database.URL}, db: db}
	defer workers.stop()
	workers.start(clusterWorkers)

	s := &senders{receivers: receivers}
	var chaos sync.WaitGroup
	chaos.Go(func() { servers.killLeader(ctx, t, queue, s) })
	start := time.Now()
	s.send(ctx, t, clusterDeliveries)
	sent := time.Since(start)
	chaos.Wait()
	db.waitFor(ctx, clusterDeliveries)
	waitForQueue(ctx, t, queue)
	total := time.Since(start)

	runs, effects := db.count()
	t.Logf("sent in %v, done in %v", sent.Round(time.Millisecond), total.Round(time.Millisecond))
	t.Logf("%d attempts: %d cut, %d refused; %d workers killed, %d servers killed",
		s.attempts.Load(), s.cut.Load(), s.refused.Load(), db.deaths(), servers.killed)
	t.Logf("acknowledged %d, runs %d, effects %d", s.acknowledged.Load(), runs, effects)
	if got := int(s.acknowledged.Load()); got != clusterDeliveries {
		t.Errorf("%d deliveries acknowledged, want %d", got, clusterDeliveries)
	}
	if effects != int(s.acknowledged.Load()) || runs < effects {
		t.Errorf("acknowledged %d, runs %d, effects %d", s.acknowledged.Load(), runs, effects)
	}
	if wrong := db.mistakes(); len(wrong) > 0 {
		t.Errorf("%d mistakes, such as: %s", len(wrong), wrong[0])
	}
	if db.deaths() != clusterDeaths || servers.killed == 0 || s.cut.Load() == 0 {
		t.Error("nothing went wrong: the test proves nothing")
	}
	if dead := deadLetters(t, queue); dead != 0 {
		t.Errorf("%d dead letters", dead)
	}
}

// clusterServers are three NATS servers, each a process.
type clusterServers struct {
	options []*server.Options
	urls    string
	killed  int
	cmds    map[string]*exec.Cmd
}

func startClusterServers(t *testing.T) *clusterServers {
	t.Helper()
	options, err := clusterOptions(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &clusterServers{options: options, urls: clientURLs(options...), cmds: map[string]*exec.Cmd{}}
	t.Cleanup(func() {
		for _, o := range options {
			c.kill(o.ServerName)
		}
	})
	for _, o := range options {
		if err := c.start(t, o.ServerName); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *clusterServers) start(t *testing.T, name string) error {
	t.Helper()
	for _, o := range c.options {
		if o.ServerName != name {
			continue
		}
		cmd, err := startRole(t, "server", roleOf(o))
		if err != nil {
			return err
		}
		c.cmds[name] = cmd
	}
	return nil
}

func (c *clusterServers) kill(name string) {
	if cmd := c.cmds[name]; cmd != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// killLeader kills the server that leads the stream after a quarter of the
// deliveries, and starts it again once the other two have taken some more.
func (c *clusterServers) killLeader(ctx context.Context, t *testing.T, q *queue, s *senders) {
	t.Helper()
	if !s.waitFor(ctx, clusterDeliveries/4) {
		return
	}
	info, err := q.consumer.Info(ctx)
	if err != nil || info.Cluster == nil {
		t.Errorf("no leader: %v", err)
		return
	}
	c.kill(info.Cluster.Leader)
	c.killed++
	s.waitFor(ctx, clusterDeliveries/2)
	if err := c.start(t, info.Cluster.Leader); err != nil {
		t.Error(err)
	}
}

// startReceiver starts a receiver of the program, with a connection of its own.
func startReceiver(ctx context.Context, t *testing.T, urls string) string {
	t.Helper()
	rc := &receiver{
		queue:   openClusterQueue(ctx, t, urls),
		secrets: demoSecrets,
		keys: map[string]envelope.KeyFunc{
			ambassify.Name: bodyID(`conversion_id(?:": |=)([0-9]+)`),
			mambo.Name:     bodyID(`"id": "([0-9a-f]+)"`),
			masivo.Name:    masivo.NaturalKey,
		},
		log: slog.New(slog.DiscardHandler),
	}
	handlers, err := rc.handlers()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(mount(handlers))
	t.Cleanup(s.Close)
	return s.URL
}

// bodyID is a KeyFunc for deliveries that the test gives an id in the body.
func bodyID(pattern string) envelope.KeyFunc {
	id := regexp.MustCompile(pattern)
	return func(k envelope.Keyed) string {
		if found := id.FindSubmatch(k.Body); found != nil {
			return k.Event + "/" + string(found[1])
		}
		return ""
	}
}

func openClusterQueue(ctx context.Context, t *testing.T, urls string) *queue {
	t.Helper()
	nc, err := connect(urls, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	q, err := openQueue(ctx, nc, clusterQueue)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func waitForQueue(ctx context.Context, t *testing.T, q *queue) {
	t.Helper()
	for {
		info, err := q.consumer.Info(ctx)
		if err == nil && info.NumPending == 0 && info.NumAckPending == 0 {
			return
		}
		if pause(ctx, 100*time.Millisecond); ctx.Err() != nil {
			t.Errorf("the queue is not empty: %+v, %v", info, err)
			return
		}
	}
}

func deadLetters(t *testing.T, q *queue) uint64 {
	t.Helper()
	stream, err := q.js.Stream(t.Context(), deadStreamName)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Msgs
}

// workerPool keeps a number of workers running, whatever kills them.
type workerPool struct {
	t    *testing.T
	role workerRole
	db   *database

	running sync.WaitGroup
	mu      sync.Mutex
	cmds    map[int]*exec.Cmd
	stopped bool
}

func (p *workerPool) start(n int) {
	p.cmds = map[int]*exec.Cmd{}
	for i := range n {
		p.running.Go(func() {
			for generation := 0; p.runOne(i, generation); generation++ {
			}
		})
	}
}

// runOne runs a worker until it dies. It reports whether another shall follow.
func (p *workerPool) runOne(i, generation int) bool {
	role := p.role
	role.Name = fmt.Sprintf("worker-%d-%d", i, generation)
	p.mu.Lock()
	if p.stopped {
		p.mu.Unlock()
		return false
	}
	cmd, err := startRole(p.t, "worker", role)
	p.cmds[i] = cmd
	p.mu.Unlock()
	if err != nil {
		p.t.Error(err)
		return false
	}
	_ = cmd.Wait()
	return true
}

func (p *workerPool) stop() {
	p.mu.Lock()
	p.stopped = true
	for _, cmd := range p.cmds {
		_ = cmd.Process.Kill()
	}
	p.mu.Unlock()
	p.running.Wait()
}

// database is where effects go: a store outside the workers, keyed by the
// delivery's key. It also says which worker dies, and when.
type database struct {
	mu       sync.Mutex
	runs     int
	effects  map[string]bool   // by key
	finished map[string]bool   // by key: it is done, and the idempotency store has it
	keys     map[string]string // of the runs, by the delivery's id in the body
	dying    map[string]bool   // workers that were told to die
	wrong    []string
}

func newDatabase() *database {
	return &database{effects: map[string]bool{}, finished: map[string]bool{}, keys: map[string]string{}, dying: map[string]bool{}}
}

func (db *database) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	db.mu.Lock()
	defer db.mu.Unlock()
	db.note(q.Get("step"), q.Get("key"), q.Get("subject"))
	if db.ends(q.Get("worker"), q.Get("step")) {
		w.WriteHeader(http.StatusGone)
	}
}

func (db *database) note(step, key, subject string) {
	switch step {
	case stepRun:
		db.runs++
		if before, again := db.keys[subject]; again && before != key {
			db.wrong = append(db.wrong, fmt.Sprintf("%s ran as %s and as %s", subject, before, key))
		}
		db.keys[subject] = key
		if db.finished[key] {
			db.wrong = append(db.wrong, key+" ran again after it was finished")
		}
	case stepEffect:
		db.effects[key] = true
	case stepFinished:
		db.finished[key] = true
	}
}

// ends reports whether a worker dies now. The deaths go round the steps, and are
// spread over the whole time.
func (db *database) ends(worker, step string) bool {
	steps := []string{stepRun, stepEffect, stepFinish, stepFinished}
	n := len(db.dying)
	if n < clusterDeaths && step == steps[n%len(steps)] && db.runs > (n+1)*clusterDeliveries/(clusterDeaths+1) {
		db.dying[worker] = true
	}
	return db.dying[worker]
}

func (db *database) waitFor(ctx context.Context, effects int) {
	for ctx.Err() == nil {
		if _, n := db.count(); n >= effects {
			return
		}
		pause(ctx, 50*time.Millisecond)
	}
}

func (db *database) count() (runs, effects int) {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.runs, len(db.effects)
}

// mistakes are what the database has seen and must not see.
func (db *database) mistakes() []string {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.Clone(db.wrong)
}

func (db *database) deaths() int {
	db.mu.Lock()
	defer db.mu.Unlock()
	return len(db.dying)
}

// senders play the platforms: they retry on anything but 2xx, over connections
// that are cut now and then.
type senders struct {
	receivers []string

	acknowledged, attempts, refused, cut, dials atomic.Int64
}

func (s *senders) send(ctx context.Context, t *testing.T, n int) {
	t.Helper()
	templates := newTemplates(t)
	numbers := make(chan int)
	var running sync.WaitGroup
	for range clusterSenders {
		running.Go(func() {
			client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: s.dial}}
			defer client.CloseIdleConnections()
			for i := range numbers {
				s.deliver(ctx, t, client, templates[i%len(templates)].delivery(i), i)
			}
		})
	}
	for i := range n {
		select {
		case numbers <- i:
		case <-ctx.Done():
		}
	}
	close(numbers)
	running.Wait()
}

// deliver tries until the delivery is acknowledged.
func (s *senders) deliver(ctx context.Context, t *testing.T, client *http.Client, golden envelopetest.Golden, i int) {
	t.Helper()
	for attempt := 0; ctx.Err() == nil; attempt++ {
		s.attempts.Add(1)
		r, err := signedRequest(ctx, s.receivers[(i+attempt)%len(s.receivers)], golden, demoSecrets[golden.Provider])
		if err != nil {
			t.Error(err)
			return
		}
		w, err := client.Do(r)
		if err == nil {
			_ = w.Body.Close()
			if w.StatusCode/100 == 2 {
				s.acknowledged.Add(1)
				return
			}
			s.refused.Add(1)
		}
		pause(ctx, time.Duration(10+i%90)*time.Millisecond)
	}
}

// waitFor reports whether so many deliveries were acknowledged before ctx ended.
func (s *senders) waitFor(ctx context.Context, n int64) bool {
	for s.acknowledged.Load() < n && ctx.Err() == nil {
		pause(ctx, 10*time.Millisecond)
	}
	return ctx.Err() == nil
}

func (s *senders) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &cutConn{Conn: conn, cut: &s.cut}
	c.left.Store(s.dials.Add(1) * 7919 % 200_000) // At another place of each connection.
	return c, nil
}

// cutConn is cut after so many bytes: within a request, or after one whose answer
// the sender then does not learn.
type cutConn struct {
	net.Conn
	left atomic.Int64
	cut  *atomic.Int64
	once sync.Once
}

func (c *cutConn) Write(p []byte) (int, error) {
	left := c.left.Add(-int64(len(p)))
	if left >= 0 {
		return c.Conn.Write(p)
	}
	if left%2 == 0 { // All of it, so that the delivery arrives, and then no answer.
		n, err := c.Conn.Write(p)
		if err == nil {
			c.hangUp()
		}
		return n, err
	}
	_, _ = c.Conn.Write(p[:max(0, len(p)+int(left))])
	c.hangUp()
	return 0, net.ErrClosed
}

func (c *cutConn) hangUp() {
	c.once.Do(func() {
		c.cut.Add(1)
		_ = c.Close()
	})
}

// template is a golden delivery whose id is exchanged.
type template struct {
	golden envelopetest.Golden
	ids    []string // that stand in its body
	format string   // of a new id
}

// newTemplates are deliveries of all four providers, one of them in both encodings.
func newTemplates(t *testing.T) []template {
	t.Helper()
	const uuid = "%08x-0000-4000-8000-000000000000"
	templates := []template{
		{goldenOf(t, openloyalty.Name, "CustomerRegistered", ""),
			[]string{"f43143dc-4d13-4232-b558-8ebbf804c69b", "d1f38d62-505c-4162-bcbd-64f3541d86e8"}, uuid},
		{goldenOf(t, masivo.Name, "BEHAVIOR_EVENT_FULFILLED", ""), []string{"a032a32a-42a4-42ec-a7de-ccc79bd59a7a"}, uuid},
		{goldenOf(t, mambo.Name, "UserMemberJoined", ""), []string{"69ba4d70895b20ae4891cc08"}, "%024x"},
		{goldenOf(t, ambassify.Name, "conversion.created", ""), []string{"902118"}, "1%07d"},
		{goldenOf(t, ambassify.Name, "conversion.created", "qs"), []string{"902118"}, "1%07d"},
	}
	for _, tpl := range templates {
		for _, id := range tpl.ids {
			if !bytes.Contains(tpl.golden.Body, []byte(id)) {
				t.Fatalf("%s has no id %s", tpl.golden.Event, id)
			}
		}
	}
	return templates
}

func goldenOf(t *testing.T, provider, event, encoder string) envelopetest.Golden {
	t.Helper()
	golden, err := envelopetest.Find(provider, event, "", encoder)
	if err != nil {
		t.Fatal(err)
	}
	return golden
}

// delivery is the i-th delivery, with an id of its own in the body.
func (tpl template) delivery(i int) envelopetest.Golden {
	golden := tpl.golden
	for _, id := range tpl.ids {
		golden.Body = bytes.ReplaceAll(golden.Body, []byte(id), fmt.Appendf(nil, tpl.format, i))
	}
	return golden
}
