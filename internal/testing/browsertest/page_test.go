package browsertest

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
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
	p.says("#empty", "POST /webhooks/masivo")
	p.click("#open-send")
	p.focused("send-text")
	p.press("tier_upgrade basic")
	p.count(`#goldens li:not([hidden])`, 1)
	p.click(`#goldens li:not([hidden]) .secondary`)
	p.says("#send-status", "^Sent as delivery 1")
	p.count("#list li", 1)
	p.click(`#goldens li:not([hidden]) .quiet-button`) // Forge
	p.says("#send-status", "^Sent as delivery 2")      // May come after the row.
	p.count("#list li", 2)
	p.click("#send-status a") // Look at it
	p.wait(`!document.getElementById('send').open`)
	p.shown(2)

	p.says("#list li:nth-child(1)", `^401 no event \S+ masivo refused .* forged signature refused: does not match$`)
	p.says("#list li:nth-child(2)", `^200 TIER_UPGRADE \S+ masivo handled .* sample \S+ moved up from \S+ to \S+$`)
	p.says("#total", "^2$")
	p.says("#legend", "^handled 1 refused 1$")
	// The forged one is open: it is shown refused, and no typed payload.
	for _, want := range []string{"refused", "signature refused: does not match", `Refused before a function saw it\.`, "Replay as it came"} {
		p.says("#detail", want)
	}
	p.says("#news", "The last: masivo")
}

// A refused delivery says why, and its setting can be copied.
func TestWhyRefused(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	id := 0
	for _, size := range []int64{390, 820, 1440} {
		p.size(size, 900)
		for _, theme := range []string{"light", "dark"} {
			p.theme(theme)
			r.deliver(t, []byte(`{"event":"TIER_UPGRADE","data":{}}`), secret)
			id++
			p.count("#list li", id)
			p.show(id)
			p.says(".why", `Cause\s?identity_missing\s?/data/customer_id, .*missing, null or empty`)
			p.says(".why .setting code", `^Validation: envelope\.ValidateOff$`)
			p.click(".why .setting button")
			p.says(".why .setting [role=status]", "^(Copied|Selected, copy it from there)$")
			if wide := eval[bool](p, `document.querySelector('.why').scrollWidth > document.querySelector('.why').clientWidth`); wide {
				t.Errorf("%d px, %s: the causes are wider than their box", size, theme)
			}
		}
	}
	r.deliver(t, []byte(`{}`), "another")
	p.count("#list li", id+1)
	p.show(id + 1)
	p.says("#detail h2", "^Refused before it was read$")
	p.says(".why", `Perhaps\s?secret\s?No reading of the configured secrets fits`)
}

func TestDetail(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	p.show(r.golden(t, "masivo", "TIER_UPGRADE", "basic"))
	p.says(".listing:nth-child(1)", `"from_tier_level": `)
	p.says(".listing:nth-child(2)", `Payload\s?masivo\.TierChangeData.*FromTierLevel\s?envelope\.Int\s?\d`)
	p.says(".facts", `POST /webhooks/masivo\?secret=hidden`)
	if got := eval[string](p, `document.documentElement.textContent`); strings.Contains(got, secret) {
		t.Error("the secret is in the page")
	}

	// A line that is chosen on one side is shown on both, with its place.
	eval[any](p, `[...document.querySelectorAll('.listing:nth-child(1) .line')].find((l) => l.innerText.includes('to_tier_name')).click()`)
	p.says(`.listing:nth-child(2) [aria-selected="true"]`, "^ToTierName")
	p.says(".listing:nth-child(1) .place", "^/data/to_tier_name$")
	p.says(".listing:nth-child(2) .place", `^d\.Payload\.ToTierName$`)

	// What the types do not know is marked where it is, on both sides.
	p.show(r.golden(t, "masivo", "CUSTOMER_ACCUMULATION", "drift-wrong-types"))
	p.wait(`[...document.querySelectorAll('.listing:nth-child(1) .line.found .mark')].some((m) => m.innerText === 'wrong type')`)
	p.click(".findings button")
	p.wait(`document.querySelector('.findings button .mark').innerText === document.querySelector('.listing:nth-child(1) [aria-selected="true"] .mark').innerText`)
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
	p.count("#list li", 6)
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
		p.enter("filter-text", test.text)
		p.count("#list > li:not([hidden])", test.count)
	}

	// What comes later is filtered too, and all of it is back at once.
	choose("filter-outcome", "refused")
	p.says("#count", "^2 of 6 deliveries$")
	r.golden(t, "masivo", "TIER_DOWNGRADE", "basic")
	p.says("#count", "^2 of 7 deliveries$")
	p.click("#clear")
	p.says("#count", "^7 deliveries$")

	// While the list is paused nothing moves.
	p.click("#pause")
	r.golden(t, "masivo", "TIER_DOWNGRADE", "basic")
	p.says("#pause", "^Resume, 1 new$")
	p.count("#list li", 7)
	p.click("#pause")
	p.count("#list li", 8)
}

func TestReplay(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	p.show(r.golden(t, "openloyalty", "CustomerRegistered", "basic"))
	p.click(".actions button:nth-child(1)")
	p.shown(2)
	p.wait(`location.hash === '#2'`)
	p.says(".kicker", "^openloyalty · replay$")
	p.count("#list li", 2) // Rows come by another connection.
	p.says("#list li", "^200 CustomerRegistered")
	// Going back shows the one before.
	eval[any](p, `history.back()`)
	p.shown(1)
	p.wait(`location.hash === '#1'`)
	p.says(".kicker", "^openloyalty · sample$")
}

// The command that is copied does what it says, in a shell.
func TestCurl(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	body := `{"event":"TIER_UPGRADE","data":{"customer_id":"it's \"$(echo pwned)\" ` + "`x`" + `"}}`
	r.deliver(t, []byte(body), secret, "X-Note", "it's $HOME")
	p.show(1)
	if _, err := chromedp.CallBrowser(p.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "clipboard-write"}, Setting: browser.PermissionSettingGranted,
	}); err != nil {
		t.Fatal(err)
	}
	p.click(".actions button:nth-child(2)")
	p.says(".action-note", "^(Copied|Selected below, copy it from there)$")
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
	for n := range 3 { // Not all at a time.
		r.golden(t, "masivo", "TIER_UPGRADE", "basic")
		p.count("#list li", n+1)
	}
	// The list is one stop of the tabulator: the newest delivery.
	eval[any](p, `document.getElementById('pause').focus()`)
	p.press(kb.Tab)
	p.focused("3")
	for _, step := range []struct{ key, focus string }{
		{kb.ArrowDown, "2"}, {kb.ArrowDown, "1"}, {kb.ArrowDown, "1"}, {kb.ArrowUp, "2"}, {kb.Home, "3"}, {kb.End, "1"},
	} {
		p.press(step.key)
		p.focused(step.focus)
	}
	// A new delivery does not take the focus away.
	r.golden(t, "masivo", "TIER_UPGRADE", "basic")
	p.count("#list li", 4)
	p.focused("1")
	p.press(kb.Enter)
	p.shown(1)
	p.wait(`location.hash === '#1' && document.querySelector('[aria-current]').dataset.id === '1'`)
	eval[any](p, `document.querySelector('.lines').focus()`)
	p.press(kb.ArrowDown)
	p.press(kb.ArrowDown)
	p.press(kb.ArrowDown)
	p.press(kb.ArrowDown)
	p.wait(`document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).innerText.includes('"customer_id"')`)
	p.press(kb.Escape)
	p.wait(`location.hash === '' && document.querySelector('.hint')`)
	p.focused("1")

	eval[any](p, `document.getElementById('open-send').focus()`)
	p.press(kb.Enter)
	p.wait(`document.getElementById('send').open`)
	p.focused("send-text")
	p.press(kb.Escape)
	p.wait(`!document.getElementById('send').open`)
	p.focused("open-send")
}

// A delivery that is open before its row comes has the focus in the list when it is closed.
func TestRowComesLater(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	p.click("#pause")
	first := r.golden(t, "masivo", "TIER_UPGRADE", "basic")
	r.golden(t, "masivo", "TIER_UPGRADE", "basic")
	p.show(first)
	p.says("#pause", "^Resume, 2 new$")
	p.click("#pause")
	p.wait(fmt.Sprintf(`document.querySelector('#list [aria-current]').dataset.id === '%d'`, first))
	eval[any](p, `document.querySelector('.lines').focus()`)
	p.press(kb.Escape)
	p.focused(strconv.Itoa(first))
}

func TestPhone(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	p.size(360, 740)
	id := r.golden(t, "openloyalty", "CustomerRegistered", "basic")
	r.golden(t, "masivo", "CUSTOMER_ACCUMULATION", "drift-wrong-types")
	p.count("#list li", 2)
	fits := func(what string) {
		t.Helper()
		p.until(func() string {
			if wide := eval[int](p, `document.documentElement.scrollWidth`); wide > 360 {
				return fmt.Sprintf("%s is %d pixels wide on a screen of 360", what, wide)
			}
			small := eval[[]string](p, `[...document.querySelectorAll('button, select, input, a.secondary')]
				.filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML.slice(0, 80))`)
			if len(small) > 0 {
				return fmt.Sprintf("%s has controls that are too small to touch: %q", what, small)
			}
			return ""
		})
	}
	fits("the list")
	p.click(fmt.Sprintf(`[data-id="%d"]`, id))
	p.shown(id)
	p.wait(`!document.getElementById('list').checkVisibility()`)
	fits("a delivery")
	p.show(2)
	fits("a delivery with findings")
	p.click(".back")
	p.wait(`document.getElementById('list').checkVisibility() && !document.getElementById('detail').checkVisibility()`)
	p.click("#open-send")
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
	p.count("#list li", 2)
	r.stop()
	p.wait(`document.getElementById('live').dataset.state === 'lost'`)
	again := start(t, strings.TrimPrefix(r.url, "http://"))
	p.wait(live)
	p.count("#list li", 0)
	again.golden(t, "mambo", "UserUpdated", "basic")
	p.count("#list li", 1)
	p.says("#list li", "^200 UserUpdated")
}

// The page keeps as much as the receiver does, however much comes.
func TestBounded(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	for range 700 {
		r.deliver(t, []byte(`{}`), "wrong")
	}
	p.says("#total", "^700$")
	p.wait(`document.querySelector('#list button').dataset.id === '700'`)
	p.count("#list li", 500)
	p.log.expect("404")
	eval[any](p, `location.hash = '#1'`)
	p.reload()
	p.says("#detail", "does not have this delivery any more")
}
