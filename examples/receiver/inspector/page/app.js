// The page: it listens to the receiver and hands what comes to its parts.

import { byId, duration } from './dom.js';
import { List } from './list.js';
import { Detail } from './detail.js';
import { Charts } from './charts.js';
import { Sender } from './send.js';
import { theme } from './theme.js';

theme(byId('theme'));

const list = new List({ open: (id) => { location.hash = id; } });
const detail = new Detail({ replayed: (id) => { location.hash = id; }, close: () => { location.hash = ''; } });
const charts = new Charts();
const sender = new Sender();

// The address names the delivery that is open, so that going back closes it.
async function follow() {
  const id = Number(location.hash.slice(1)) || 0;
  byId('split').dataset.open = id > 0;
  list.mark(id);
  await detail.show(id);
  if (!id) list.focus();
}
addEventListener('hashchange', follow);

let run = '';
const stream = new EventSource('/api/stream');

stream.addEventListener('welcome', ({ data }) => {
  const welcome = JSON.parse(data);
  live('live', 'Live');
  if (welcome.run === run) return;
  run = welcome.run;
  list.reset(welcome);
  sender.reset(welcome.providers);
  follow();
});

stream.addEventListener('deliveries', ({ data }) => {
  const came = JSON.parse(data);
  list.add(came);
  tell(came);
});

stream.addEventListener('counters', ({ data }) => charts.update(JSON.parse(data)));

stream.addEventListener('error', () => live('lost', 'Reconnecting'));

function live(state, text) {
  const element = byId('live');
  element.dataset.state = state;
  if (element.textContent !== text) element.textContent = text;
}

// tell lets a screen reader say what came, not more often than it can speak.
let untold = 0;
let timer = 0;
function tell(came) {
  untold += came.length;
  const last = came.at(-1);
  clearTimeout(timer);
  timer = setTimeout(() => {
    byId('news').textContent = `${untold === 1 ? 'A new delivery' : `${untold} new deliveries`}. ` +
      `The last: ${last.provider} ${last.event || 'without an event'}, ${last.outcome}, ${duration(last.duration)}.`;
    untold = 0;
  }, 1500);
}
