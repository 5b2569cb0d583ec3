// The dialog that sends bundled deliveries.

import { byId, el, getJSON, option, postJSON } from './dom.js';

export class Sender {
  #dialog = byId('send');
  #status = byId('send-status');
  #items = []; // { golden, element }

  constructor() {
    byId('open-send').addEventListener('click', () => this.#open());
    byId('close-send').addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('click', (event) => { if (event.target === this.#dialog) this.#dialog.close(); });
    this.#dialog.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
    byId('send-text').addEventListener('input', () => this.#filter());
    byId('send-provider').addEventListener('change', () => this.#filter());
    byId('send-all').addEventListener('click', () => this.#sendAll());
  }

  reset(providers) {
    byId('send-provider').replaceChildren(option('', 'All providers'), ...providers.map((p) => option(p.name)));
    this.#items = [];
  }

  async #open() {
    this.#status.textContent = '';
    this.#dialog.showModal();
    byId('send-text').focus();
    if (this.#items.length > 0) return;
    try {
      this.#items = (await getJSON('/api/goldens')).map((golden) => ({ golden, element: this.#item(golden) }));
      byId('goldens').replaceChildren(...this.#items.map(({ element }) => element));
      this.#filter();
    } catch (error) {
      this.#status.textContent = error.message;
    }
  }

  #item(golden) {
    const { provider, event, situation, encoder } = golden;
    const name = [provider, event, situation, encoder].filter(Boolean).join(' ');
    return el('li', { data: { name: name.toLowerCase(), provider } },
      el('div', { class: 'golden' },
        el('span', { class: 'event' }, event),
        el('span', { class: 'quiet' }, [provider, situation, encoder && `form by ${encoder}`].filter(Boolean).join(' · '))),
      el('button', { type: 'button', class: 'secondary', 'aria-label': `Send ${name}`, on: { click: () => this.#send(golden, false) } }, 'Send'),
      el('button', { type: 'button', class: 'quiet-button', 'aria-label': `Forge ${name}`, on: { click: () => this.#send(golden, true) } }, 'Forge'));
  }

  #shown() { return this.#items.filter(({ element }) => !element.hidden); }

  #filter() {
    const words = byId('send-text').value.toLowerCase().split(/\s+/).filter(Boolean);
    const provider = byId('send-provider').value;
    for (const { element } of this.#items) {
      element.hidden = (provider && element.dataset.provider !== provider) || !words.every((word) => element.dataset.name.includes(word));
    }
    const n = this.#shown().length;
    byId('send-all').textContent = `Send all ${n}`;
    byId('send-all').disabled = n === 0;
  }

  // send leaves the dialog open: who tries one tries another.
  async #send(golden, forged) {
    try {
      const { id } = await postJSON('/api/goldens', { ...golden, forged });
      this.#status.replaceChildren(`Sent as delivery ${id}. `,
        el('a', { href: `#${id}`, on: { click: () => this.#dialog.close() } }, 'Look at it'));
    } catch (error) {
      this.#status.textContent = error.message;
    }
  }

  async #sendAll() {
    const all = this.#shown();
    for (const [i, { golden }] of all.entries()) {
      if (!this.#dialog.open) return;
      await this.#send(golden, false);
      this.#status.textContent = `Sent ${i + 1} of ${all.length}.`;
    }
  }
}
