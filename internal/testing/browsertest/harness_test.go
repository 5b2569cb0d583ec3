package browsertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const (
	root   = "../../.."
	secret = "whsec_1d7a4c9e5d18c7e2f0934ab6c3a1f59d0e7b42868d14ba96f7305ce2491b8d6e" // which each provider takes
	// patience is how long anything may take that takes no time when all is well.
	patience = 30 * time.Second
	// live is true once the scripts of the page run and the receiver is heard.
	live = `document.getElementById('live').dataset.state === 'live'`
)

// receiver is the program under test, in a process of its own.
type receiver struct {
	url  string
	stop func()
}

// build builds the receiver once.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "receiver")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "receiver")
	command := exec.Command("go", "build", "-o", program, "./examples/receiver")
	command.Dir = root
	if text, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	return program, nil
})

// browserOf finds the browser and starts it once, when the first test needs it.
var browserOf = sync.OnceValues(func() (context.Context, error) {
	path, err := findBrowser()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...) // In a new profile.
	atEnd(stop)
	ctx, stop = chromedp.NewContext(ctx)
	atEnd(stop)
	return ctx, chromedp.Do(ctx)
})

func findBrowser() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}
	if name := os.Getenv("CHROMIUM"); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no browser found: looked for %s. Install Chromium (on Debian: apt-get install -y chromium), or set CHROMIUM to its path",
		strings.Join(names, ", "))
}

var ending []func()

func atEnd(f func()) { ending = append(ending, f) }

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(ending) - 1; i >= 0; i-- {
		ending[i]()
	}
	if program, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

// start starts a receiver that serves all providers, on a free port if none is given.
func start(t *testing.T, address string) *receiver {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-addr", address)
	command.Env = os.Environ()
	for _, provider := range []string{"MASIVO", "OPENLOYALTY", "MAMBO", "AMBASSIFY"} {
		command.Env = append(command.Env, provider+"_WEBHOOK_SECRET="+secret)
	}
	log, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	r := &receiver{}
	r.stop = sync.OnceFunc(func() {
		_ = command.Process.Signal(os.Interrupt)
		if err := command.Wait(); err != nil {
			t.Errorf("the receiver ended with %v", err)
		}
	})
	t.Cleanup(r.stop)
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if found := regexp.MustCompile(`live page at (http://\S+)/`).FindStringSubmatch(lines.Text()); found != nil {
			r.url = found[1]
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return r
		}
	}
	t.Fatal("the receiver did not start")
	return nil
}

// deliver sends a delivery of Masivo from outside, and gives the status.
func (r *receiver) deliver(t *testing.T, body []byte, secret string, header ...string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/webhooks/masivo?secret="+secret, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// golden sends a bundled delivery, as the page's buttons do, and gives its id.
func (r *receiver) golden(t *testing.T, provider, event, situation string) int {
	t.Helper()
	body := fmt.Sprintf(`{"provider":%q,"event":%q,"situation":%q}`, provider, event, situation)
	answer, err := http.Post(r.url+"/api/goldens", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var sent struct{ ID int }
	if answer.StatusCode != http.StatusOK || json.NewDecoder(answer.Body).Decode(&sent) != nil {
		t.Fatalf("%s: %s", body, answer.Status)
	}
	return sent.ID
}

// tab is a page in the browser.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // chromedp keeps the tab in it
	log *console
}

// console is what the page has complained about.
type console struct {
	mu       sync.Mutex
	text     []string
	expected []string
}

// expect has complaints with a text count for nothing, whenever they come.
func (c *console) expect(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expected = append(c.expected, text)
}

// complaints are those that nobody expected.
func (c *console) complaints() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.text), func(text string) bool {
		return slices.ContainsFunc(c.expected, func(part string) bool { return strings.Contains(text, part) })
	})
}

// open opens the live page of a receiver. The test fails if the page ever complains,
// as it does when its policy stops something.
func open(t *testing.T, r *receiver) *tab {
	t.Helper()
	p := openAny(t, r.url+"/")
	t.Cleanup(func() {
		for _, text := range p.log.complaints() {
			t.Errorf("the page complains: %s", text)
		}
	})
	p.wait(live)
	return p
}

func openAny(t *testing.T, url string) *tab {
	t.Helper()
	browser, err := browserOf()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx, log: &console{}}
	p.do(chromedp.Navigate("about:blank"))
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			p.log.mu.Lock()
			p.log.text = append(p.log.text, m.String())
			p.log.mu.Unlock()
		}
	}()
	// The page has the focus, whatever other tabs there are.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	p.size(1440, 900)
	p.do(chromedp.Navigate(url))
	return p
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx := p.ctx
	if chromedp.FromContext(ctx).Target != nil { // The first one must not be limited.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// reload loads the page again, and waits until that one is live.
func (p *tab) reload() {
	p.t.Helper()
	eval[any](p, `window.old = true`)
	p.do(chromedp.Reload())
	p.wait(`!('old' in window) && ` + live)
}

func (p *tab) size(width, height int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height))
	p.wait(fmt.Sprintf(`innerWidth === %d && innerHeight === %d`, width, height))
}

func (p *tab) theme(name string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.wait(fmt.Sprintf(`matchMedia('(prefers-color-scheme: %s) and (prefers-reduced-motion: reduce)').matches`, name))
}

// eval gives what an expression is worth in the page.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	value, err := try[T](p, expression)
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func try[T any](p *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until looks until nothing is wrong with what it sees.
func (p *tab) until(look func() (wrong string)) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for wrong := look(); wrong != ""; wrong = look() {
		if time.Now().After(deadline) {
			p.t.Fatal(wrong)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// wait waits until an expression, or what it promises, is true in the page. An
// expression that throws is not true yet.
func (p *tab) wait(expression string) {
	p.t.Helper()
	p.until(func() string {
		done, err := try[bool](p, "(async () => Boolean(await ("+expression+")))()")
		if done && err == nil {
			return ""
		}
		text, _ := try[string](p, `document.body.innerText.slice(0, 1500)`)
		return fmt.Sprintf("the page never got to %s (%v); it says:\n%s", expression, err, text)
	})
}

// says waits until the text of an element, with single spaces, matches a pattern.
func (p *tab) says(selector, pattern string) {
	p.t.Helper()
	want := regexp.MustCompile(pattern)
	p.until(func() string {
		text, err := try[string](p, fmt.Sprintf(`document.querySelector(%q).innerText.trim().replace(/\s+/g, ' ')`, selector))
		if err == nil && want.MatchString(text) {
			return ""
		}
		return fmt.Sprintf("%s never said %s (%v); it says:\n%s", selector, pattern, err, text)
	})
}

// count waits until a selector has a number of elements.
func (p *tab) count(selector string, n int) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.querySelectorAll(%q).length === %d`, selector, n))
}

// focused waits until the focus is on a row, by the id of its delivery, or on an element.
func (p *tab) focused(want string) {
	p.t.Helper()
	p.until(func() string {
		got, err := try[string](p, `document.activeElement.dataset.id ?? document.activeElement.id ?? ''`)
		if err == nil && got == want {
			return ""
		}
		return fmt.Sprintf("focus on %q, want %q (%v)", got, want, err)
	})
}

// show opens a delivery by its address, and waits until it is there.
func (p *tab) show(id int) {
	p.t.Helper()
	eval[any](p, fmt.Sprintf(`location.hash = '#%d'`, id))
	p.shown(id)
}

// shown waits until a delivery is open.
func (p *tab) shown(id int) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.querySelector('#detail a[download]')?.getAttribute('href') === '/api/deliveries/%d/body'`, id))
}

// click clicks an element once its middle is free to click on. It looks and clicks in one
// step, so that nothing moves in between.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`((e) => {
		if (!e || e.disabled || !e.checkVisibility()) return false;
		e.scrollIntoView({ block: 'nearest', behavior: 'instant' });
		const box = e.getBoundingClientRect();
		if (!e.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2))) return false;
		e.focus({ preventScroll: true });
		e.click();
		return true;
	})(document.querySelector(%q))`, selector))
}

// enter puts a text into a field, as typing it would.
func (p *tab) enter(id, text string) {
	p.t.Helper()
	value, err := json.Marshal(text)
	if err != nil {
		p.t.Fatal(err)
	}
	eval[any](p, fmt.Sprintf(`(() => { const i = document.getElementById(%q); i.value = %s; i.dispatchEvent(new Event('input')); })()`, id, value))
}

// press presses keys, one after the other.
func (p *tab) press(keys string) {
	p.t.Helper()
	p.wait(`document.hasFocus()`)
	p.do(chromedp.KeyEvent(keys))
}
