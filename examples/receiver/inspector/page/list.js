// The list of deliveries and its filters.

import { byId, duration, el, fullTime, getJSON, group, option, plural, size, timeOfDay } from './dom.js';

const filters = ['provider', 'event', 'outcome'];

export class List {
  #rows = new Map(); // id to { delivery, item, button }, the oldest first
  #keeps = 500;
  #waiting = []; // came while the list was paused
  #found = null; // ids that a search has found, or null
  #marked = 0;
  #reached = null; // the row that was last focused or opened
  #search = 0;
  #open;
  #list = byId('list');
  #pause = byId('pause');
  #text = byId('filter-text');

  constructor({ open }) {
    this.#open = open;
    for (const name of filters) byId(`filter-${name}`).addEventListener('change', () => this.#filter());
    this.#text.addEventListener('input', () => this.#searchSoon());
    byId('filters').addEventListener('submit', (event) => event.preventDefault());
    byId('clear').addEventListener('click', () => this.#clear());
    this.#pause.addEventListener('click', () => this.#togglePause());
    this.#list.addEventListener('keydown', (event) => this.#move(event));
  }

  // reset is for a receiver that this page has not seen before.
  reset({ keeps, providers }) {
    this.#keeps = keeps;
    this.#rows.clear();
    this.#waiting = [];
    this.#reached = null;
    this.#list.replaceChildren();
    this.#choices('provider', 'All providers', providers.map((p) => p.name));
    this.#choices('event', 'All events', []);
    this.#choices('outcome', 'All outcomes', []);
    byId('endpoints').replaceChildren(...providers.map((p) => el('li', {}, el('code', {}, `POST ${p.path}`))));
    this.#filter();
  }

  add(deliveries) {
    if (this.#paused) {
      this.#waiting = [...this.#waiting, ...deliveries].slice(-this.#keeps);
      this.#showPause();
      return;
    }
    const focused = document.activeElement;
    const items = deliveries.slice(-this.#keeps).map((delivery) => this.#row(delivery));
    this.#list.prepend(...items.reverse());
    for (const [id, row] of this.#rows) {
      if (this.#rows.size <= this.#keeps) break;
      row.item.remove();
      this.#rows.delete(id);
    }
    for (const name of ['event', 'outcome']) this.#learn(name, deliveries);
    if (this.#text.value) this.#searchSoon();
    this.#filter();
    if (focused?.isConnected && this.#list.contains(focused)) focused.scrollIntoView({ block: 'nearest' });
  }

  // mark shows which delivery is open.
  mark(id) {
    this.#rows.get(this.#marked)?.button.removeAttribute('aria-current');
    this.#marked = id;
    const row = this.#rows.get(id);
    if (!row) return;
    row.button.setAttribute('aria-current', 'true');
    this.#reach(row.button);
    row.button.scrollIntoView({ block: 'nearest' });
  }

  focus() {
    if (this.#list.offsetParent) this.#list.querySelector('button[tabindex="0"]')?.focus({ preventScroll: true });
  }

  #row(delivery) {
    const { id, provider, event, outcome, status, drift, violations, source } = delivery;
    const at = new Date(delivery.at);
    const tags = [
      drift > 0 && el('span', { class: 'tag warn' }, `${drift} drift`),
      violations > 0 && el('span', { class: 'tag warn' }, plural(violations, 'violation')),
    ].filter(Boolean);
    const button = el('button', {
      type: 'button', class: 'row', tabindex: '-1', data: { group: group(outcome), id },
      on: { click: () => this.#open(id), focus: () => this.#reach(button) },
    },
    el('span', { class: 'status' }, String(status)),
    el('span', { class: 'row-main' },
      el('span', { class: 'row-title' },
        el('bdi', { class: 'event' }, event || 'no event'),
        el('time', { datetime: delivery.at, title: fullTime(at) }, timeOfDay(at))),
      el('span', { class: 'row-facts' },
        el('span', { class: 'provider' }, provider), el('span', {}, outcome),
        el('span', {}, duration(delivery.duration)), el('span', { class: 'size' }, size(delivery.size)),
        source ? el('span', {}, source) : null, ...tags),
      el('bdi', { class: 'says' }, delivery.says)));
    const item = el('li', {}, button);
    this.#rows.set(id, { delivery, item, button });
    if (id === this.#marked) { // It was open before its row came.
      button.setAttribute('aria-current', 'true');
      this.#reached = button;
    }
    return item;
  }

  #reach(button) {
    this.#reached = button;
    this.#stop();
  }

  // stop makes one row the list's stop for the tabulator; arrow keys reach the rest. It
  // is the newest row while none is reached, however many came at a time.
  #stop() {
    const buttons = this.#visible();
    const stop = buttons.includes(this.#reached) ? this.#reached : buttons[0];
    for (const other of this.#list.querySelectorAll('button[tabindex="0"]')) other.tabIndex = -1;
    if (stop) stop.tabIndex = 0;
  }

  #visible() {
    return [...this.#list.children].filter((item) => !item.hidden).map((item) => item.firstChild);
  }

  #move(event) {
    const buttons = this.#visible();
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || !buttons[to]) return;
    event.preventDefault();
    buttons[to].focus();
  }

  #choices(name, all, values) {
    byId(`filter-${name}`).replaceChildren(option('', all), ...values.map((value) => option(value)));
  }

  // learn adds values to a filter as they come, in order.
  #learn(name, deliveries) {
    const select = byId(`filter-${name}`);
    const known = new Set([...select.options].map((o) => o.value));
    for (const value of new Set(deliveries.map((d) => d[name]))) {
      if (!value || known.has(value)) continue;
      const next = [...select.options].find((o) => o.value > value);
      select.insertBefore(option(value), next ?? null);
    }
  }

  #searchSoon() {
    clearTimeout(this.#search);
    this.#search = setTimeout(() => this.#find(), 150);
  }

  async #find() {
    const text = this.#text.value.trim();
    let found = null;
    if (text) {
      try {
        found = new Set(await getJSON(`/api/search?text=${encodeURIComponent(text)}`));
      } catch {
        found = new Set();
      }
    }
    if (text !== this.#text.value.trim()) return; // There is a newer search.
    this.#found = found;
    this.#filter();
  }

  #filter() {
    const wanted = Object.fromEntries(filters.map((name) => [name, byId(`filter-${name}`).value]));
    let shown = 0;
    for (const { delivery, item } of this.#rows.values()) {
      const match = filters.every((name) => !wanted[name] || delivery[name] === wanted[name]) &&
        (!this.#found || this.#found.has(delivery.id));
      item.hidden = !match;
      if (match) shown++;
    }
    const filtered = this.#found !== null || Object.values(wanted).some(Boolean);
    const all = this.#rows.size;
    const kept = all === 1 ? '1 delivery' : `${all} deliveries`;
    const last = all === this.#keeps ? 'Last ' : '';
    byId('count').textContent = filtered ? `${shown} of ${kept}` : last + kept;
    byId('clear').hidden = !filtered;
    byId('empty').hidden = all > 0;
    this.#stop();
  }

  #clear() {
    for (const name of filters) byId(`filter-${name}`).value = '';
    this.#text.value = '';
    this.#found = null;
    this.#filter();
    this.#text.focus();
  }

  get #paused() { return this.#pause.getAttribute('aria-pressed') === 'true'; }

  #togglePause() {
    this.#pause.setAttribute('aria-pressed', String(!this.#paused));
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#showPause();
    if (!this.#paused && waiting.length > 0) this.add(waiting);
  }

  #showPause() {
    this.#pause.textContent = !this.#paused ? 'Pause' : this.#waiting.length > 0 ? `Resume, ${this.#waiting.length} new` : 'Resume';
  }
}
