package browsertest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
)

var (
	update  = flag.Bool("update", false, "write the screenshots of the page anew")
	traffic = flag.Duration("traffic", 0, "how long to send deliveries before the screenshots, so that the charts have something to show")
)

// screenshots are for the documentation.
const screenshots = root + "/examples/receiver/screenshots"

// fill sends something to show, and returns the id of the last delivery.
func fill(t *testing.T, r *receiver) int {
	t.Helper()
	answer, err := http.Get(r.url + "/api/goldens")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var goldens []struct{ Provider, Event, Situation, Encoder string }
	if err := json.NewDecoder(answer.Body).Decode(&goldens); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	send := func() {
		switch g := goldens[random.IntN(len(goldens))]; {
		case random.IntN(12) == 0:
			r.deliver(t, []byte(`{"event":"TIER_UPGRADE","data":{}}`), "a-guess")
		case g.Encoder == "":
			r.golden(t, g.Provider, g.Event, g.Situation)
		}
	}
	for end := time.Now().Add(*traffic); time.Now().Before(end); {
		for range 1 + random.IntN(5) {
			send()
		}
		time.Sleep(time.Duration(random.IntN(900)) * time.Millisecond)
	}
	for range 40 {
		send()
	}
	for _, last := range [][3]string{
		{"mambo", "RewardCreated", "basic"},
		{"ambassify", "interaction.created", "basic"},
		{"openloyalty", "CustomerBoughtReward", "basic"},
		{"masivo", "CUSTOMER_ACCUMULATION", "basic"},
		{"openloyalty", "CustomerRegistered", "basic"},
	} {
		r.golden(t, last[0], last[1], last[2])
	}
	r.deliver(t, []byte(`{"event":"TIER_UPGRADE","data":{}}`), "a-guess")
	return r.golden(t, "masivo", "TIER_UPGRADE", "drift-unknown-cause")
}

// The page in light and dark, wide and on a phone. The pictures go to the artifact
// directory of the test, and with -update to the documentation.
func TestLook(t *testing.T) {
	r := start(t, "127.0.0.1:0")
	p := open(t, r)
	last := fill(t, r)
	p.wait(fmt.Sprintf(`document.querySelector('#list button').dataset.id === '%d'`, last))
	p.wait(fmt.Sprintf(`document.getElementById('total').innerText === (%d).toLocaleString('en')`, last))
	brightness := map[string]float64{}
	for _, theme := range []string{"light", "dark"} {
		p.theme(theme)
		p.size(1280, 800)
		p.click("#list li:first-child button")
		p.shown(last)
		p.click(".findings button") // Shows the lines.
		p.wait(`document.querySelector('.line.found[aria-selected="true"]')`)
		eval[any](p, `document.activeElement.blur()`)
		brightness[theme] = p.picture(theme+".png", 1280, 800)
		checkContrast(t, p, theme)
		checkNames(t, p)

		p.click("#open-send")
		p.wait(`document.querySelectorAll('#goldens li').length > 100`)
		p.picture(theme+"-send.png", 1280, 800)
		checkContrast(t, p, theme+", dialog")
		checkNames(t, p)
		p.click("#close-send")
		p.wait(`!document.getElementById('send').open`)

		p.size(390, 844)
		p.wait(`document.querySelector('.back').checkVisibility()`)
		p.picture(theme+"-phone-detail.png", 390, 844)
		checkContrast(t, p, theme+", on a phone")
		p.click(".back")
		p.wait(`document.getElementById('list').checkVisibility() && document.querySelector('.hint')`)
		p.picture(theme+"-phone.png", 390, 844)
	}
	if brightness["light"] < 0.7 || brightness["dark"] > 0.3 {
		t.Errorf("brightness %v: the themes are not what they are called", brightness)
	}

	// The button goes before the system, and is remembered.
	p.size(1280, 800)
	p.theme("light")
	p.click("#theme")
	p.says("#theme", "light$")
	p.click("#theme")
	p.says("#theme", "dark$")
	p.reload()
	p.says("#theme", "dark$")
	p.wait(`getComputedStyle(document.documentElement).colorScheme === 'dark'`)
	p.click("#theme")
	p.says("#theme", "auto$")
}

// picture takes a screenshot and gives its mean brightness, from 0 to 1.
func (p *tab) picture(name string, width, height int) float64 {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	files := []string{filepath.Join(p.t.ArtifactDir(), name)}
	if *update && slices.Contains([]string{"light.png", "dark.png"}, name) {
		files = append(files, filepath.Join(screenshots, name))
	}
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	shot, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	if size := shot.Bounds().Size(); size != image.Pt(width, height) {
		p.t.Errorf("%s is %v, want %dx%d", name, size, width, height)
	}
	var sum, count float64
	for y := 0; y < height; y += 4 {
		for x := 0; x < width; x += 4 {
			r, g, b, _ := shot.At(x, y).RGBA()
			sum += (0.2126*float64(r) + 0.7152*float64(g) + 0.0722*float64(b)) / 0xffff
			count++
		}
	}
	return sum / count
}

// The documentation's pictures are there, and of the size that it expects.
func TestScreenshotsExist(t *testing.T) {
	for _, name := range []string{"light.png", "dark.png"} {
		text, err := os.ReadFile(filepath.Join(screenshots, name))
		if err != nil {
			t.Error(err)
			continue
		}
		config, err := png.DecodeConfig(bytes.NewReader(text))
		if err != nil || config.Width != 1280 || config.Height != 800 || len(text) > 400_000 {
			t.Errorf("%s: %dx%d, %d bytes, %v", name, config.Width, config.Height, len(text), err)
		}
	}
}

// checkContrast makes sure that every text is well readable on what is behind it:
// 4.5 to 1, as WCAG 2.2 AA asks.
func checkContrast(t *testing.T, p *tab, where string) {
	t.Helper()
	p.until(func() string {
		if found := eval[[]string](p, lowContrast); len(found) > 0 {
			return fmt.Sprintf("%s: hard to read: %q", where, found)
		}
		return ""
	})
}

const lowContrast = `(() => {
	const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
	const rgba = (color) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = color;
		canvas.fillRect(0, 0, 1, 1);
		const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
		return [r, g, b, a / 255];
	};
	const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3])).concat(1);
	const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (element) => {
		const layers = [];
		for (let e = element; e; e = e.parentElement) {
			layers.push(rgba(getComputedStyle(e).backgroundColor));
			if (e.tagName === 'DIALOG') break;
		}
		return layers.reverse().reduce((under, top) => over(top, under), rgba(getComputedStyle(document.body).backgroundColor));
	};
	const dialog = document.querySelector('dialog[open]');
	const found = new Map();
	for (const element of (dialog ?? document.body).querySelectorAll('*')) {
		if (!element.checkVisibility() || element.disabled || element.closest('.unseen, .skip')) continue;
		if (![...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
		const style = getComputedStyle(element);
		const under = behind(element);
		const color = over(rgba(element.namespaceURI.endsWith('svg') ? style.fill : style.color), under);
		const [a, b] = [light(color), light(under)].sort((x, y) => y - x);
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < 4.5) found.set(element.className.baseVal ?? element.className, ratio.toFixed(2) + ' ' + element.tagName + '.' + (element.className.baseVal ?? element.className) + ' ' + element.textContent.slice(0, 30));
	}
	return [...found.values()];
})()`

// checkNames makes sure that everything to be used has a name for a screen reader.
func checkNames(t *testing.T, p *tab) {
	t.Helper()
	p.until(func() string {
		switch nameless, named := names(t, p); {
		case len(nameless) > 0:
			return fmt.Sprintf("without a name: %q", nameless)
		case named < 10:
			return fmt.Sprintf("%d named things", named)
		}
		return ""
	})
}

// names returns the roles of what has no name, and how many things there are.
func names(t *testing.T, p *tab) (nameless []string, named int) {
	t.Helper()
	tree, err := chromedp.Call(p.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.Fatal(err)
	}
	text := func(v *accessibility.Value) (s string) {
		if v != nil {
			_ = json.Unmarshal(v.Value, &s)
		}
		return s
	}
	for _, node := range tree.Nodes {
		role := text(node.Role)
		if node.Ignored || !slices.Contains([]string{"button", "link", "textbox", "searchbox", "combobox", "listbox", "option", "dialog", "image", "img", "heading", "list", "region", "search"}, role) {
			continue
		}
		if role == "list" || role == "option" { // Named by what is in them.
			continue
		}
		if text(node.Name) == "" {
			nameless = append(nameless, role)
		}
		named++
	}
	return nameless, named
}
