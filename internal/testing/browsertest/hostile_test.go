package browsertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// hostile texts run something if a page takes them for more than text.
var hostile = []string{
	`<script>window.pwned = 1</script>`,
	`</script><script>window.pwned = 1</script>`,
	`<img src=x onerror="window.pwned = 1">`,
	`"><svg onload="window.pwned = 1">`,
	`' onmouseover='window.pwned = 1`,
	`javascript:window.pwned = 1`,
	`data:text/html,<script>window.pwned = 1</script>`,
	`<iframe srcdoc="<script>parent.pwned = 1</script>">`,
	`<a href="javascript:window.pwned = 1">click</a>`,
	`<style>body { display: none }</style>`,
	`<base href="https://evil.example/">`,
	`<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
	`<form action="https://evil.example/"><input name="x"></form>`,
	"{{constructor.constructor('window.pwned = 1')()}}",
	"${window.pwned = 1}",
	"\u202egnippilf\u202c \u2066\u0000\u001b[31m",
	`__proto__`,
	`constructor`,
	"]]>--><!--",
	"\u2028window.pwned = 1\u2029",
}

// hostileDeliveries carry the texts wherever a sender can put one.
func hostileDeliveries(t *testing.T) (accepted, refused map[string][]byte) {
	t.Helper()
	marshal := func(value any) []byte {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			t.Fatal(err)
		}
		return text.Bytes()
	}
	long := strings.Repeat("<script>window.pwned = 1</script>", 31_000) // 1 MB
	registration := func(customer map[string]any) []byte {
		return marshal(map[string]any{"event": "CUSTOMER_REGISTRATION", "data": map[string]any{"customer_id": hostile[0], "customer": customer}})
	}
	values, members := map[string]any{}, map[string]any{}
	for i, text := range hostile {
		values[fmt.Sprintf("tag%d", i)] = text
		members[text] = text
	}
	accepted = map[string][]byte{
		"values":          registration(map[string]any{"name": hostile[0], "email": hostile[5], "status": hostile[2], "tags": values, "platforms": hostile}),
		"names":           registration(map[string]any{"name": hostile[1], "tags": members, "metrics": members}),
		"unknown members": marshal(map[string]any{"event": "CUSTOMER_REGISTRATION", "data": map[string]any{"customer_id": "1", hostile[0]: 1, hostile[3]: members}, hostile[2]: 1}),
		"wrong types":     marshal(map[string]any{"event": "CUSTOMER_REGISTRATION", "data": map[string]any{"customer_id": "1", "wallet": hostile[0], "customer": map[string]any{"is_anonymous": hostile[1]}}}),
		"event":           marshal(map[string]any{"event": hostile[0], "data": map[string]any{}}),
		"long event":      marshal(map[string]any{"event": long[:1<<16], "data": map[string]any{}}),
		"long value":      registration(map[string]any{"name": long}),
		"long name":       registration(map[string]any{"tags": map[string]any{long: 1}}),
		"many members":    registration(map[string]any{"platforms": strings.Split(strings.Repeat("<b>x</b>,", 90_000), ",")}),
	}
	refused = map[string][]byte{
		"not JSON":      []byte(hostile[1]),
		"long":          []byte(long),
		"deep":          []byte(strings.Repeat("[", 1<<20)),
		"invalid UTF-8": []byte("{\"event\":\"\xff\xfe<script>window.pwned = 1</script>"),
		"HTML":          []byte("<!doctype html><html><body onload='window.pwned = 1'>"),
	}
	return accepted, refused
}

// Whatever a delivery holds is text in the page, also in the head of the request, in
// a search, and in the file that its body is saved as.
func TestHostileDeliveries(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	allowed := eval[map[string]int](p, countElements)
	accepted, refused := hostileDeliveries(t)
	id := 0
	check := func(name string) {
		t.Helper()
		p.show(id)
		checkHarmless(t, p, name, allowed)
	}
	for name, body := range accepted {
		if status := r.deliver(t, body, secret, "X-Note", hostile[2], "User-Agent", hostile[0], "Content-Type", hostile[1]); status != 200 {
			t.Errorf("%s: status %d", name, status)
		}
		id++
		check(name)
	}
	for name, body := range refused {
		if status := r.deliver(t, body, secret); status != 400 {
			t.Errorf("%s: status %d", name, status)
		}
		id++
		check(name)
		r.deliver(t, body, hostile[0][1:7])
		id++
		check(name + " and forged")
	}
	// The texts are there, letter by letter.
	p.show(idOf(t, p, "tag0"))
	shown := eval[string](p, `document.querySelector('.listing:nth-child(2)').textContent`)
	for _, text := range hostile[:3] {
		if !strings.Contains(shown, strings.Trim(fmt.Sprintf("%q", text), `"`)) {
			t.Errorf("%s is not shown as it came", text)
		}
	}
	for _, text := range hostile {
		p.enter("filter-text", text)
		found := eval[[]int](p, `fetch('/api/search?text=' + encodeURIComponent(document.getElementById('filter-text').value.trim())).then((r) => r.json())`)
		p.says("#count", fmt.Sprintf("^%d of ", len(found)))
	}
	p.enter("filter-text", "")
	p.says("#count", "^[0-9]+ deliveries$")
	check("after searching")
}

// checkHarmless makes sure that nothing of a delivery became more than text.
func checkHarmless(t *testing.T, p *tab, name string, allowed map[string]int) {
	t.Helper()
	if eval[bool](p, `'pwned' in window`) {
		t.Fatalf("%s: script of a delivery ran", name)
	}
	for tag, n := range eval[map[string]int](p, countElements) {
		if n != allowed[tag] {
			t.Errorf("%s: %d elements <%s>, want %d", name, n, tag, allowed[tag])
		}
	}
	if bad := eval[[]string](p, badAttributes); len(bad) > 0 {
		t.Errorf("%s: attributes %q", name, bad)
	}
	if n := eval[int](p, `document.querySelectorAll('#detail *').length`); n > 40_000 {
		t.Errorf("%s: %d elements", name, n)
	}
	if wide := eval[int](p, `document.documentElement.scrollWidth`); wide > 1440 {
		t.Errorf("%s: the page is %d pixels wide", name, wide)
	}
}

// idOf searches for a text in the deliveries, and gives the newest that has it.
func idOf(t *testing.T, p *tab, text string) int {
	t.Helper()
	ids := eval[[]int](p, fmt.Sprintf(`fetch('/api/search?text=%s').then((r) => r.json())`, text))
	if len(ids) == 0 {
		t.Fatalf("no delivery has %q", text)
	}
	return ids[len(ids)-1]
}

const countElements = `(() => {
	const counts = {};
	for (const tag of ['script', 'style', 'link', 'img', 'iframe', 'object', 'embed', 'base', 'meta', 'form'])
		counts[tag] = document.querySelectorAll(tag).length;
	return counts;
})()`

const badAttributes = `[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes]
	.filter((a) => /^on/i.test(a.name) || (/^(href|src|action|formaction|srcdoc|xlink:href)$/i.test(a.name) && !/^(\/|#)[\w\/.#-]*$/.test(a.value)))
	.map((a) => a.name + '=' + a.value))`

// The policy of the page is in force: what would make markup of text is stopped by
// the browser.
func TestPolicy(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := openAny(t, r.url+"/")
	for name, script := range map[string]string{
		"markup from text": `document.createElement('div').innerHTML = '<b>x</b>'`,
		"a frame of text":  `document.createElement('iframe').srcdoc = '<b>x</b>'`,
		"script from text": `document.createElement('script').text = 'window.pwned = 1'`,
		"written markup":   `document.write('<b>x</b>')`,
	} {
		got := eval[string](p, fmt.Sprintf(`(() => { try { %s; return 'allowed'; } catch (error) { return error.name; } })()`, script))
		if got != "TypeError" {
			t.Errorf("%s: %s, want a TypeError", name, got)
		}
	}
	for name, script := range map[string]string{
		"an inline handler": `(() => { const b = document.createElement('button'); try { b.setAttribute('onclick', 'window.pwned = 1'); } catch { } document.body.append(b); b.click(); return 'pwned' in window ? 'ran' : 'stopped'; })()`,
		"another site":      `fetch('https://example.com/').then(() => 'ran', () => 'stopped')`,
		"a foreign image":   `new Promise((done) => { const i = new Image(); i.onload = () => done('ran'); i.onerror = () => done('stopped'); i.src = 'http://127.0.0.1:1/x.png'; })`,
	} {
		if got := eval[string](p, script); got != "stopped" {
			t.Errorf("%s %s", name, got)
		}
	}
}
