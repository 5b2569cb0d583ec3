// One delivery: what came, what was made of it, and what to do with it.

import { byId, duration, el, fullTime, getJSON, group, plural, postJSON, size } from './dom.js';
import { findingText, Listing } from './listing.js';

export class Detail {
  #pane = byId('detail');
  #replayed;
  #close;
  #shown = 0;

  constructor({ replayed, close }) {
    this.#replayed = replayed;
    this.#close = close;
    this.#pane.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.#close(); });
  }

  async show(id) {
    this.#shown = id;
    if (!id) {
      this.#pane.replaceChildren(el('p', { class: 'hint' }, 'Choose a delivery to see what came and what was made of it.'));
      return;
    }
    let content;
    try {
      content = this.#content(await getJSON(`/api/deliveries/${id}`));
    } catch (error) {
      content = [this.#back(), el('p', { class: 'hint' }, error.message)];
    }
    if (id !== this.#shown) return; // Another one was chosen meanwhile.
    this.#pane.replaceChildren(...content);
    this.#pane.scrollTop = 0;
    if (matchMedia('(max-width: 60rem)').matches) this.#pane.focus();
  }

  #back() {
    return el('button', { type: 'button', class: 'quiet-button back', on: { click: () => this.#close() } }, '‹ All deliveries');
  }

  #content(d) {
    const wire = new Listing('As it came', d.wire, d.findings, this.#bodyNote(d));
    const typed = new Listing('As Go sees it', d.typed, d.findings, d.typed.lines.length === 0 ? this.#untypedNote(d) : '');
    wire.pair(typed);
    return [
      this.#back(),
      this.#head(d),
      this.#facts(d),
      this.#why(d),
      this.#findings(d, wire, typed),
      el('div', { class: 'listings' }, wire.element, typed.element),
      el('div', { class: 'folds' }, this.#headers(d), this.#curl(d)),
    ].filter(Boolean);
  }

  #head(d) {
    return el('header', { class: 'detail-head' },
      el('div', {},
        el('p', { class: 'kicker' }, d.source ? `${d.provider} · ${d.source}` : d.provider),
        el('h2', {}, el('bdi', {}, d.event || (d.outcome === 'refused' ? 'Refused before it was read' : 'No event was told'))),
        el('p', { class: 'verdict', data: { group: group(d.outcome) } },
          el('span', { class: 'status' }, String(d.status)), el('strong', {}, d.outcome), el('bdi', {}, d.says))),
      this.#actions(d));
  }

  #facts(d) {
    const fact = (name, value) => el('div', {}, el('dt', {}, name), el('dd', {}, value));
    return el('dl', { class: 'facts' },
      fact('Received', fullTime(new Date(d.at))),
      fact('Took', duration(d.duration)),
      fact('Size', size(d.size)),
      fact('Request', el('code', {}, `${d.method} ${d.target}`)));
  }

  // Why it was refused: each cause with the setting that would have accepted it.
  #why(d) {
    if (d.why.length === 0) return null;
    const items = d.why.map((cause) => el('li', { data: { certain: String(cause.certain) } },
      el('p', {}, el('strong', {}, cause.certain ? 'Cause' : 'Perhaps'), ' ', el('code', {}, cause.code), ' ', el('bdi', {}, cause.text)),
      cause.setting ? this.#setting(cause.setting) : null));
    return el('section', { class: 'why', 'aria-label': 'Why it was refused' },
      el('h3', {}, 'Why it was refused'),
      el('ul', {}, ...items));
  }

  #setting(text) {
    const note = el('span', { role: 'status' });
    const code = el('code', {}, text);
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(text);
        note.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(code);
        note.textContent = 'Selected, copy it from there';
      }
    };
    return el('p', { class: 'setting' }, code, el('button', { type: 'button', class: 'secondary', on: { click: copy } }, 'Copy setting'), note);
  }

  #actions(d) {
    const note = el('p', { class: 'action-note', role: 'status' });
    const replay = el('button', { type: 'button', class: 'secondary', disabled: d.replay === '', on: { click: () => this.#replay(d, note) } },
      d.replay === 'as-was' ? 'Replay as it came' : 'Replay');
    const copy = el('button', { type: 'button', class: 'secondary', disabled: !d.curl, on: { click: () => this.#copy(d, note) } }, 'Copy as curl');
    const save = el('a', { class: 'secondary', href: `/api/deliveries/${d.id}/body`, download: '' }, 'Save body');
    replay.title = {
      signed: 'Sends the same body again, signed now with your secret.',
      'as-was': 'Its origin was not proven, so it is sent with what it came with, and not signed.',
      '': 'The body did not arrive in full.',
    }[d.replay];
    return el('div', { class: 'actions' }, replay, copy, save, note);
  }

  async #replay(d, note) {
    note.textContent = 'Sending';
    try {
      this.#replayed((await postJSON(`/api/deliveries/${d.id}/replay`)).id);
    } catch (error) {
      note.textContent = error.message;
    }
  }

  async #copy(d, note) {
    try {
      await navigator.clipboard.writeText(d.curl);
      note.textContent = 'Copied';
    } catch {
      // Not on this machine, or not allowed: the text can be copied by hand.
      const details = this.#pane.querySelector('.curl');
      details.open = true;
      getSelection().selectAllChildren(details.querySelector('code'));
      note.textContent = 'Selected below, copy it from there';
    }
  }

  #findings(d, wire, typed) {
    if (d.findings.length === 0) return null;
    const items = d.findings.map((finding, index) => el('li', {},
      el('button', { type: 'button', data: { kind: finding.kind }, on: { click: () => { typed.reveal(index); wire.reveal(index, true); } } },
        el('span', { class: 'mark' }, findingText(finding)),
        el('code', {}, el('bdi', {}, finding.pointer || 'the whole delivery')))));
    return el('section', { class: 'findings', 'aria-label': 'Findings' },
      el('h3', {}, plural(d.findings.length, 'finding')),
      el('ul', {}, ...items));
  }

  #bodyNote(d) {
    if (d.size === 0) return d.partial ? 'The body was not read.' : 'The body is empty.';
    return d.partial ? 'The body was not read in full.' : '';
  }

  #untypedNote(d) {
    if (d.outcome === 'refused') return 'Refused before a function saw it.';
    return 'No function for this event: register one, and its typed payload is here.';
  }

  #headers(d) {
    return el('details', { class: 'fold headers' },
      el('summary', {}, plural(d.header.length, 'header')),
      el('table', {}, el('tbody', {}, ...d.header.map(({ name, value, hidden }) => el('tr', {},
        el('th', { scope: 'row' }, name),
        el('td', {}, hidden ? el('em', {}, value) : el('bdi', {}, value)))))));
  }

  #curl(d) {
    if (!d.curl) return null;
    return el('details', { class: 'fold curl' },
      el('summary', {}, 'As a curl command'),
      el('pre', { tabindex: '0' }, el('code', {}, d.curl)),
      el('p', { class: 'quiet' }, 'A secret stands in it as its environment variable. A signature is the one that came, and grows old.'));
  }
}
