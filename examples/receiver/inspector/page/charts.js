// Two small charts of the last ten minutes, drawn as SVG.

import { byId, duration, el, group, svg, timeOfDay } from './dom.js';

const height = 72;
const foot = 18;
const side = 46; // for the numbers of the axis

const order = ['handled', 'fallback', 'ignored', 'duplicate', 'dropped', 'deferred', 'refused', 'failed'];

export class Charts {
  #counters = { outcomes: {}, bars: [], width: 10000, count: 60 };
  #rate = byId('rate-chart');
  #duration = byId('duration-chart');

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.#rate);
    setInterval(() => this.#draw(), 5000); // Time goes by without deliveries, too.
  }

  update(counters) {
    this.#counters = counters;
    const outcomes = order.filter((name) => counters.outcomes[name] > 0);
    byId('total').textContent = sum(counters.outcomes).toLocaleString('en');
    byId('legend').replaceChildren(...outcomes.map((name) => el('li', {},
      el('span', { class: 'swatch', data: { group: group(name) } }),
      name, el('b', {}, counters.outcomes[name].toLocaleString('en')))));
    const last = counters.bars.at(-1);
    byId('duration').textContent = last ? duration(last.median) : '–';
    this.#draw();
  }

  #draw() {
    this.#drawRate();
    this.#drawDuration();
  }

  // frame gives the drawing area and where a moment is in it.
  #frame(figure) {
    const { width, count } = this.#counters;
    const whole = Math.max(200, figure.clientWidth);
    const step = (whole - side) / count;
    const end = (Math.floor(Date.now() / width) + 1) * width;
    const start = end - count * width;
    return { whole, step, start, end, x: (at) => side + ((at - start) / width) * step, bars: this.#counters.bars.filter((bar) => bar.at >= start) };
  }

  #drawRate() {
    const frame = this.#frame(this.#rate);
    const top = nice(Math.max(4, ...frame.bars.map((bar) => sum(bar.outcomes))));
    const shapes = [];
    for (const bar of frame.bars) {
      let y = height;
      const parts = [];
      for (const name of order) {
        const n = bar.outcomes[name];
        if (!n) continue;
        const h = (n / top) * height;
        y -= h;
        parts.push(svg('rect', { x: frame.x(bar.at) + 0.5, y, width: Math.max(1, frame.step - 1.5), height: h, rx: 1, class: 'column', 'data-group': group(name) }));
      }
      shapes.push(svg('g', {}, svg('title', {}, `${timeOfDay(bar.at)}: ${describe(bar.outcomes)}`), ...parts));
    }
    const text = frame.bars.length === 0 ? 'No deliveries in the last ten minutes.'
      : `Deliveries in the last ten minutes: ${describe(total(frame.bars))}.`;
    this.#put(this.#rate, frame, text, top, (n) => n.toLocaleString('en'), shapes,
      ['From', 'Deliveries'], (bar) => describe(bar.outcomes));
  }

  #drawDuration() {
    const frame = this.#frame(this.#duration);
    const top = nice(Math.max(0.01, ...frame.bars.map((bar) => bar.p95)));
    const at = (bar, name) => [frame.x(bar.at) + frame.step / 2, height - (bar[name] / top) * height];
    const shapes = [];
    for (const name of ['p95', 'median']) {
      const points = frame.bars.map((bar) => at(bar, name));
      if (points.length > 1) shapes.push(svg('polyline', { points: points.map((p) => p.join(',')).join(' '), class: `curve ${name}` }));
      for (const [i, [cx, cy]] of points.entries()) {
        shapes.push(svg('circle', { cx, cy, r: 1.8, class: `dot ${name}` },
          svg('title', {}, `${timeOfDay(frame.bars[i].at)}: ${name} ${duration(frame.bars[i][name])}`)));
      }
    }
    const last = frame.bars.at(-1);
    const text = last ? `At ${timeOfDay(last.at)}, half of the deliveries took at most ${duration(last.median)}, 95 percent at most ${duration(last.p95)}.`
      : 'No deliveries in the last ten minutes.';
    this.#put(this.#duration, frame, text, top, (n) => (n === 0 ? '0' : duration(n)), shapes,
      ['From', 'Median, 95th percentile'], (bar) => `${duration(bar.median)}, ${duration(bar.p95)}`);
  }

  #put(figure, frame, text, top, label, shapes, columns, cell) {
    const { width } = this.#counters;
    const grid = [0, top / 2, top].map((tick) => {
      const y = height - (tick / top) * height;
      return svg('g', { class: 'tick' },
        svg('line', { x1: side, x2: frame.whole, y1: y, y2: y }),
        svg('text', { x: side - 8, y: y + 3.5, 'text-anchor': 'end' }, label(tick)));
    });
    const axis = [['start', side, frame.whole < 400 ? '10 min ago' : `10 minutes ago, ${width / 1000} s a bar`], ['end', frame.whole, 'now']]
      .map(([anchor, x, when]) => svg('text', { x, y: height + foot - 3, 'text-anchor': anchor, class: 'moment' }, when));
    const open = figure.querySelector('details')?.open ?? false;
    figure.replaceChildren(
      svg('svg', { viewBox: `0 -6 ${frame.whole} ${height + foot + 6}`, width: frame.whole, height: height + foot + 6, role: 'img', 'aria-label': text }, ...grid, ...shapes, ...axis),
      el('details', { class: 'as-table', open },
        el('summary', {}, 'As a table'),
        el('table', {},
          el('thead', {}, el('tr', {}, ...columns.map((name) => el('th', { scope: 'col' }, name)))),
          el('tbody', {}, ...frame.bars.map((bar) => el('tr', {}, el('th', { scope: 'row' }, timeOfDay(bar.at)), el('td', {}, cell(bar))))))));
  }
}

const sum = (outcomes) => Object.values(outcomes).reduce((a, b) => a + b, 0);

const describe = (outcomes) => order.filter((name) => outcomes[name] > 0).map((name) => `${outcomes[name]} ${name}`).join(', ');

function total(bars) {
  const all = {};
  for (const { outcomes } of bars) for (const [name, n] of Object.entries(outcomes)) all[name] = (all[name] ?? 0) + n;
  return all;
}

// nice is the next round number, for the top of an axis.
function nice(n) {
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 4, 6, 8, 10].map((factor) => factor * power).find((round) => round >= n * 0.999);
}
