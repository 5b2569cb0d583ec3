package browsertest

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A delivery is sent with the buttons of the page, and appears without a reload.
func TestSendAndSee(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	if got := eval[string](p, `document.getElementById('empty').innerText`); !strings.Contains(got, "POST /webhooks/masivo") {
		t.Errorf("before the first delivery: %q", got)
	}
	p.do(chromedp.Click("#open-send"))
	p.do(chromedp.SendKeys("#send-text", "tier_upgrade basic"))
	p.wait(`document.querySelectorAll('#goldens li:not([hidden])').length === 1`)
	p.do(chromedp.Click(`#goldens li:not([hidden]) .secondary`))
	p.wait(`document.getElementById('send-status').innerText.startsWith('Sent as delivery 1')`)
	p.wait(`document.querySelectorAll('#list li').length === 1`)
	p.do(chromedp.Click(`#goldens li:not([hidden]) .quiet-button`)) // Forge
	p.wait(`document.querySelectorAll('#list li').length === 2`)
	p.do(chromedp.Click("#send-status a")) // Look at it
	p.wait(`!document.getElementById('send').open && document.querySelector('.verdict')`)

	rows := p.rows()
	for i, want := range []string{
		`^401 no event \S+ masivo refused .* forged signature refused: does not match$`,
		`^200 TIER_UPGRADE \S+ masivo handled .* sample \S+ moved up from \S+ to \S+$`,
	} {
		if !regexp.MustCompile(want).MatchString(rows[i]) {
			t.Errorf("row %d is %q, want %s", i, rows[i], want)
		}
	}
	p.wait(`document.getElementById('total').innerText === '2'`)
	if got := eval[string](p, `document.getElementById('legend').innerText.replace(/\s+/g, ' ')`); got != "handled 1 refused 1" {
		t.Errorf("the legend says %q", got)
	}
	// The forged one is open: it is shown refused, and no typed payload.
	detail := eval[string](p, `document.getElementById('detail').innerText`)
	for _, want := range []string{"refused", "signature refused: does not match", "Refused before a function saw it.", "Replay as it came"} {
		if !strings.Contains(detail, want) {
			t.Errorf("the forged one does not say %q:\n%s", want, detail)
		}
	}
	p.wait(`document.getElementById('news').innerText.includes('The last: masivo')`)
}

func TestDetail(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	p.show(r.golden(t, "masivo", "TIER_UPGRADE", "basic"))
	text := func(selector string) string {
		return eval[string](p, fmt.Sprintf(`document.querySelector(%q).innerText`, selector))
	}
	if got := text(".listing:nth-child(1)"); !strings.Contains(got, `"from_tier_level": `) {
		t.Errorf("the body is shown as %s", got)
	}
	if got := text(".listing:nth-child(2)"); !regexp.MustCompile(`Payload\s*masivo\.TierChangeData[\s\S]*FromTierLevel\s*envelope\.Int\s*\d`).MatchString(got) {
		t.Errorf("the typed payload is shown as %s", got)
	}
	if got := text(".facts"); !strings.Contains(got, "POST /webhooks/masivo?secret=hidden") {
		t.Errorf("facts: %s", got)
	}
	if got := eval[string](p, `document.documentElement.textContent`); strings.Contains(got, secret) {
		t.Error("the secret is in the page")
	}

	// A line that is chosen on one side is shown on both, with its place.
	eval[any](p, `[...document.querySelectorAll('.listing:nth-child(1) .line')].find((l) => l.innerText.includes('to_tier_name')).click()`)
	if got := text(`.listing:nth-child(2) [aria-selected="true"]`); !strings.HasPrefix(got, "ToTierName") {
		t.Errorf("chosen on the other side: %q", got)
	}
	if got := text(".listing:nth-child(1) .place") + " " + text(".listing:nth-child(2) .place"); got != "/data/to_tier_name d.Payload.ToTierName" {
		t.Errorf("places %q", got)
	}

	// What the types do not know is marked where it is, on both sides.
	p.show(r.golden(t, "masivo", "CUSTOMER_ACCUMULATION", "drift-wrong-types"))
	findings := eval[[]string](p, `[...document.querySelectorAll('.findings button')].map((b) => b.innerText.replace(/\s+/g, ' '))`)
	marked := eval[[]string](p, `[...document.querySelectorAll('.listing:nth-child(1) .line.found')].map((l) => l.querySelector('.mark').innerText)`)
	if len(findings) == 0 || len(marked) == 0 || !slices.Contains(marked, "wrong type") {
		t.Errorf("findings %q, marked %q", findings, marked)
	}
	eval[any](p, `document.querySelector('.findings button').click()`)
	if got := text(`.listing:nth-child(1) [aria-selected="true"] .mark`); !strings.HasPrefix(findings[0], got) {
		t.Errorf("the first finding is %q and leads to a line marked %q", findings[0], got)
	}
}

func TestFilters(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	r.golden(t, "masivo", "TIER_UPGRADE", "basic")
	r.golden(t, "masivo", "CUSTOMER_REGISTRATION", "basic")
	r.golden(t, "openloyalty", "CustomerRegistered", "basic")
	r.golden(t, "mambo", "UserUpdated", "basic")
	r.deliver(t, []byte(`{"event":"TIER_UPGRADE","data":{"customer_id":"needle-in-the-body"}}`), secret) // 422
	r.deliver(t, []byte(`{"event":`), secret)                                                            // 400
	p.wait(`document.querySelectorAll('#list li').length === 6`)
	choose := func(id, value string) {
		eval[any](p, fmt.Sprintf(`(() => { const s = document.getElementById(%q); s.value = %q; s.dispatchEvent(new Event('change')); })()`, id, value))
	}
	for _, test := range []struct {
		provider, event, outcome, text string
		count                          int
	}{
		{"masivo", "", "", "", 4},
		{"masivo", "TIER_UPGRADE", "", "", 2},
		{"masivo", "TIER_UPGRADE", "refused", "", 1},
		{"", "", "refused", "", 2},
		{"mambo", "TIER_UPGRADE", "", "", 0},
		{"", "", "", "NEEDLE-in", 1}, // stands in the body only
		{"", "", "handled", "needle", 0},
		{"", "", "", "", 6},
	} {
		choose("filter-provider", test.provider)
		choose("filter-event", test.event)
		choose("filter-outcome", test.outcome)
		eval[any](p, fmt.Sprintf(`(() => { const i = document.getElementById('filter-text'); i.value = %q; i.dispatchEvent(new Event('input')); })()`, test.text))
		p.wait(fmt.Sprintf(`document.querySelectorAll('#list > li:not([hidden])').length === %d`, test.count))
	}

	// What comes later is filtered too, and all of it is back at once.
	choose("filter-outcome", "refused")
	p.wait(`document.getElementById('count').innerText === '2 of 6 deliveries'`)
	r.golden(t, "masivo", "TIER_DOWNGRADE", "basic")
	p.wait(`document.getElementById('count').innerText === '2 of 7 deliveries'`)
	p.do(chromedp.Click("#clear"))
	p.wait(`document.getElementById('count').innerText === '7 deliveries'`)

	// While the list is paused nothing moves.
	p.do(chromedp.Click("#pause"))
	r.golden(t, "masivo", "TIER_DOWNGRADE", "basic")
	p.wait(`document.getElementById('pause').innerText === 'Resume, 1 new'`)
	if n := len(p.rows()); n != 7 {
		t.Errorf("%d rows while paused, want 7", n)
	}
	p.do(chromedp.Click("#pause"))
	p.wait(`document.querySelectorAll('#list li').length === 8`)
}

func TestReplay(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	p.show(r.golden(t, "openloyalty", "CustomerRegistered", "basic"))
	p.do(chromedp.Click(`.actions button:nth-child(1)`))
	p.wait(`location.hash === '#2' && document.querySelector('.kicker')?.innerText === 'openloyalty · replay'`)
	p.wait(`document.querySelectorAll('#list li').length === 2`) // Rows come by another connection.
	if rows := p.rows(); !strings.HasPrefix(rows[0], "200 CustomerRegistered") {
		t.Errorf("rows %q", rows)
	}
	// Going back shows the one before.
	eval[any](p, `history.back()`)
	p.wait(`location.hash === '#1' && document.querySelector('.kicker')?.innerText === 'openloyalty · sample'`)
}

// The command that is copied does what it says, in a shell.
func TestCurl(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	body := `{"event":"TIER_UPGRADE","data":{"customer_id":"it's \"$(echo pwned)\" ` + "`x`" + `"}}`
	r.deliver(t, []byte(body), secret, "X-Note", "it's $HOME")
	p.wait(`document.querySelectorAll('#list li').length === 1`)
	p.show(1)
	if _, err := chromedp.CallBrowser(p.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "clipboard-write"}, Setting: browser.PermissionSettingGranted,
	}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Click(`.actions button:nth-child(2)`))
	p.wait(`['Copied', 'Selected below, copy it from there'].includes(document.querySelector('.action-note').innerText)`)
	command := eval[string](p, `document.querySelector('.curl code').textContent`)
	if strings.Contains(command, secret) {
		t.Errorf("the secret is in %s", command)
	}
	shell := exec.Command("sh", "-c", `curl() { printf '%s\0' "$@"; }`+"\n"+command)
	shell.Env = []string{"MASIVO_WEBHOOK_SECRET=" + secret, "PATH=/usr/bin:/bin"}
	text, err := shell.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	words := strings.Split(string(text), "\x00")
	for _, want := range []string{"X-Note: it's $HOME", body, r.url + "/webhooks/masivo?secret=" + secret} {
		if !slices.Contains(words, want) {
			t.Errorf("%q is not among the words of %s", want, command)
		}
	}
}

func TestKeyboard(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	for range 3 {
		r.golden(t, "masivo", "TIER_UPGRADE", "basic")
	}
	p.wait(`document.querySelectorAll('#list li').length === 3`)
	focused := func() string {
		return eval[string](p, `document.activeElement.dataset.id ?? document.activeElement.id ?? ''`)
	}
	// The list is one stop of the tabulator.
	eval[any](p, `document.getElementById('pause').focus()`)
	p.press(kb.Tab)
	if got := focused(); got != "3" {
		t.Errorf("behind the filters comes %q, want the newest delivery", got)
	}
	for _, step := range []struct{ key, focus string }{
		{kb.ArrowDown, "2"}, {kb.ArrowDown, "1"}, {kb.ArrowDown, "1"}, {kb.ArrowUp, "2"}, {kb.Home, "3"}, {kb.End, "1"},
	} {
		p.press(step.key)
		if got := focused(); got != step.focus {
			t.Errorf("focus on %q, want %q", got, step.focus)
		}
	}
	// A new delivery does not take the focus away.
	r.golden(t, "masivo", "TIER_UPGRADE", "basic")
	p.wait(`document.querySelectorAll('#list li').length === 4`)
	if got := focused(); got != "1" {
		t.Errorf("the focus went to %q", got)
	}
	p.press(kb.Enter)
	p.wait(`location.hash === '#1' && document.querySelector('.lines')`)
	if got := eval[string](p, `document.querySelector('[aria-current]').dataset.id`); got != "1" {
		t.Errorf("the current row is %q", got)
	}
	eval[any](p, `document.querySelector('.lines').focus()`)
	p.press(kb.ArrowDown)
	p.press(kb.ArrowDown)
	p.press(kb.ArrowDown)
	p.press(kb.ArrowDown)
	if got := eval[string](p, `document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).innerText`); !strings.Contains(got, `"customer_id"`) {
		t.Errorf("the fourth line is %q", got)
	}
	p.press(kb.Escape)
	p.wait(`location.hash === '' && document.querySelector('.hint')`)
	if got := focused(); got != "1" {
		t.Errorf("after closing, the focus is on %q", got)
	}

	eval[any](p, `document.getElementById('open-send').focus()`)
	p.press(kb.Enter)
	p.wait(`document.getElementById('send').open && document.activeElement.id === 'send-text'`)
	p.press(kb.Escape)
	p.wait(`!document.getElementById('send').open && document.activeElement.id === 'open-send'`)
}

func TestPhone(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	p.size(360, 740)
	id := r.golden(t, "openloyalty", "CustomerRegistered", "basic")
	r.golden(t, "masivo", "CUSTOMER_ACCUMULATION", "drift-wrong-types")
	p.wait(`document.querySelectorAll('#list li').length === 2`)
	fits := func(what string) {
		t.Helper()
		if wide := eval[int](p, `document.documentElement.scrollWidth`); wide > 360 {
			t.Errorf("%s is %d pixels wide on a screen of 360", what, wide)
		}
		small := eval[[]string](p, `[...document.querySelectorAll('button, select, input, a.secondary')]
			.filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML.slice(0, 80))`)
		if len(small) > 0 {
			t.Errorf("%s has controls that are too small to touch: %q", what, small)
		}
	}
	fits("the list")
	p.do(chromedp.Click(fmt.Sprintf(`[data-id="%d"]`, id)))
	p.wait(`document.querySelector('.lines') && !document.getElementById('list').checkVisibility()`)
	fits("a delivery")
	p.show(2)
	fits("a delivery with findings")
	p.do(chromedp.Click(".back"))
	p.wait(`document.getElementById('list').checkVisibility() && !document.getElementById('detail').checkVisibility()`)
	p.do(chromedp.Click("#open-send"))
	p.wait(`document.querySelectorAll('#goldens li').length > 100`)
	fits("the dialog")
}

// A receiver that was started again is followed, and what the one before had is gone.
func TestReconnect(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	p.log.expect("net::ERR") // A lost connection is no complaint.
	r.golden(t, "masivo", "TIER_UPGRADE", "basic")
	r.golden(t, "masivo", "TIER_UPGRADE", "basic")
	p.wait(`document.querySelectorAll('#list li').length === 2`)
	r.stop()
	p.wait(`document.getElementById('live').dataset.state === 'lost'`)
	again := start(t, strings.TrimPrefix(r.url, "http://"))
	p.wait(`document.getElementById('live').dataset.state === 'live' && document.querySelectorAll('#list li').length === 0`)
	again.golden(t, "mambo", "UserUpdated", "basic")
	p.wait(`document.querySelectorAll('#list li').length === 1`)
	if rows := p.rows(); !strings.HasPrefix(rows[0], "200 UserUpdated") {
		t.Errorf("rows %q", rows)
	}
}

// The page keeps as much as the receiver does, however much comes.
func TestBounded(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	for range 700 {
		r.deliver(t, []byte(`{}`), "wrong")
	}
	p.wait(`document.getElementById('total').innerText === '700'`)
	p.wait(`document.querySelector('#list li button')?.dataset.id === '700'`)
	if n := eval[int](p, `document.querySelectorAll('#list li').length`); n != 500 {
		t.Errorf("%d rows, want 500", n)
	}
	p.log.expect("404")
	p.do(chromedp.Navigate(r.url + "/#1"))
	p.do(chromedp.Reload())
	p.wait(`document.getElementById('detail').innerText.includes('does not have this delivery any more')`)
}
