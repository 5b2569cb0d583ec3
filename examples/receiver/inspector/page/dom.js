// Elements and texts. What a delivery holds becomes a text node or an attribute
// that is no link and no script; nothing here makes markup out of text.

export const byId = (id) => document.getElementById(id);

// el makes an element. Properties are attributes, but for on (listeners) and data.
export function el(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

export function svg(name, properties = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), properties, children);
}

function fill(element, { on = {}, data = {}, ...attributes }, children) {
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  for (const [name, value] of Object.entries(data)) element.dataset[name] = value;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

export function option(value, label = value) {
  return el('option', { value }, label);
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const moment = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3,
});

export const timeOfDay = (date) => clock.format(date);
export const fullTime = (date) => moment.format(date);
export const plural = (n, what) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

export function duration(ms) {
  if (ms < 1) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 1000) return `${ms.toLocaleString('en', { maximumSignificantDigits: 3 })} ms`;
  return `${(ms / 1000).toLocaleString('en', { maximumSignificantDigits: 3 })} s`;
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toLocaleString('en', { maximumSignificantDigits: 3 })} kB`;
  return `${(bytes / 1e6).toLocaleString('en', { maximumSignificantDigits: 3 })} MB`;
}

// group is the colour of an outcome: told with it, never instead of it.
export function group(outcome) {
  switch (outcome) {
    case 'handled': return 'good';
    case 'refused': return 'refused';
    case 'failed': return 'failed';
    case 'deferred': return 'deferred';
    default: return 'idle';
  }
}

// getJSON and postJSON throw an Error whose message is for the reader.
export async function getJSON(url) {
  return answer(await fetch(url));
}

export async function postJSON(url, value = {}) {
  return answer(await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
  }));
}

async function answer(response) {
  if (!response.ok) throw new Error((await response.text()).trim());
  return response.json();
}
