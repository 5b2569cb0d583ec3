// The theme: as the system, light or dark. The choice is kept in the browser.

import { el } from './dom.js';

const names = ['auto', 'light', 'dark'];
const spoken = { auto: 'as the system', light: 'light', dark: 'dark' };

export function theme(button) {
  let chosen = read();
  apply();
  button.addEventListener('click', () => {
    chosen = names[(names.indexOf(chosen) + 1) % names.length];
    try { localStorage.setItem('theme', chosen); } catch { /* The choice lasts as long as the page. */ }
    apply();
  });

  function apply() {
    if (chosen === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    button.replaceChildren(el('span', { class: 'wide-only' }, 'Theme:\u00a0'), chosen);
    button.setAttribute('aria-label', `Theme: ${spoken[chosen]}`);
  }
}

function read() {
  try {
    const chosen = localStorage.getItem('theme');
    return names.includes(chosen) ? chosen : 'auto';
  } catch {
    return 'auto';
  }
}
