// A body, or what was made of it, a line a value. Two listings of one delivery know
// each other: a line chosen in one is shown in both.

import { el, size } from './dom.js';

const kinds = {
  unknown_event: 'unknown event',
  unknown_member: 'unknown member',
  unknown_value: 'unknown value',
  wrong_type: 'wrong type',
};

export const findingText = ({ kind, rule }) => (kind === 'violation' ? `violates ${rule}` : kinds[kind] ?? kind);

let listings = 0;

export class Listing {
  element;
  #box;
  #place = el('code', { class: 'place' });
  #lines = []; // { line, element }
  #byPointer = new Map();
  #byFinding = new Map();
  #active = null;
  #other = null;
  #id = ++listings;

  constructor(title, { lines, more }, findings, note) {
    this.#box = el('div', {
      class: 'lines', role: 'listbox', tabindex: '0', 'aria-label': `${title}. Arrow keys move.`,
      on: {
        keydown: (event) => this.#move(event),
        click: (event) => this.#choose(event.target.closest('.line')),
      },
    });
    for (const line of lines) this.#add(line, findings);
    this.element = el('section', { class: 'listing', 'aria-label': title },
      el('header', {}, el('h3', {}, title), this.#place),
      lines.length > 0 ? this.#box : null,
      more ? el('p', { class: 'note' }, 'There is more. Save the body to see all of it.') : null,
      note ? el('p', { class: 'note' }, note) : null);
  }

  pair(other) {
    this.#other = other;
    other.#other = this;
  }

  // reveal shows the line that a finding is about.
  reveal(finding, focus = false) {
    const entry = this.#byFinding.get(finding);
    if (!entry) return;
    this.#activate(entry, true);
    if (focus) this.#box.focus({ preventScroll: true });
  }

  #add(line, findings) {
    const found = (line.findings ?? []).map((index) => findings[index]);
    const marks = found.map((finding) => el('span', { class: 'mark', data: { kind: finding.kind } }, findingText(finding)));
    const element = el('div', {
      class: found.length > 0 ? 'line found' : 'line', role: 'option', 'aria-selected': 'false',
      id: `line-${this.#id}-${this.#lines.length}`, data: { index: this.#lines.length },
    }, ...this.#text(line), ...marks);
    element.style.setProperty('--depth', line.depth);
    const entry = { line, element };
    this.#lines.push(entry);
    if (line.kind !== 'close' && !this.#byPointer.has(line.pointer)) this.#byPointer.set(line.pointer, entry);
    for (const index of line.findings ?? []) if (!this.#byFinding.has(index)) this.#byFinding.set(index, entry);
    this.#box.append(element);
  }

  #text({ name, type, kind, text, length, comma }) {
    return [
      name ? el('bdi', { class: 'name' }, name) : null,
      type ? el('span', { class: 'type' }, type) : null,
      name && !type ? el('span', { class: 'mute' }, kind === 'plain' ? ' = ' : ': ') : null,
      el('bdi', { class: `value ${kind}` }, text),
      length ? el('span', { class: 'mute' }, `… ${size(length)} in all`) : null,
      comma ? el('span', { class: 'mute' }, ',') : null,
    ];
  }

  #move(event) {
    const at = this.#active ? Number(this.#active.element.dataset.index) : -1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.#lines.length - 1 }[event.key];
    if (to === undefined || !this.#lines[to]) return;
    event.preventDefault();
    this.#choose(this.#lines[to].element);
  }

  #choose(element) {
    if (!element) return;
    const entry = this.#lines[Number(element.dataset.index)];
    this.#activate(entry, true);
    this.#other?.#follow(entry.line.pointer);
  }

  #follow(pointer) {
    this.#activate(this.#byPointer.get(pointer) ?? null, true);
  }

  #activate(entry, scroll) {
    this.#active?.element.setAttribute('aria-selected', 'false');
    this.#active = entry;
    this.#place.textContent = entry ? entry.line.path || entry.line.pointer : '';
    if (!entry) {
      this.#box.removeAttribute('aria-activedescendant');
      return;
    }
    entry.element.setAttribute('aria-selected', 'true');
    this.#box.setAttribute('aria-activedescendant', entry.element.id);
    if (scroll) this.#scrollTo(entry.element);
  }

  // scrollTo moves the listing and not the page.
  #scrollTo(element) {
    const top = element.offsetTop - this.#box.offsetTop;
    if (top < this.#box.scrollTop) this.#box.scrollTop = top;
    const bottom = top + element.offsetHeight - this.#box.clientHeight;
    if (bottom > this.#box.scrollTop) this.#box.scrollTop = bottom;
  }
}
