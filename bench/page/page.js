/* global Plot */
// Draws the result that the page carries. Runs in browsers, without network.
const found = JSON.parse(document.getElementById('result').textContent);
const main = document.querySelector('main');

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const figure = value => {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  if (value > 0 && value < 0.1) return String(Number(value.toPrecision(2)));
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
};
const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const words = { faster: 'faster', slower: 'slower', even: 'no winner inside the noise' };

/** Draws into a figure, and again when its width changes or the theme does. */
function drawn(plot) {
  const made = element('figure');
  let width = 0;
  const draw = () => {
    if (width > 0) made.replaceChildren(plot(width));
  };
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now === width) return;
    width = now;
    draw();
  }).observe(made);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  return made;
}

function table(head, rows) {
  const cell = (tag, value) => {
    const isObject = value !== null && typeof value === 'object';
    const made = element(tag, { textContent: isObject ? value.text : value });
    if (isObject) made.className = value.className;
    return made;
  };
  return element(
    'div',
    { className: 'scroll' },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head.map(title => cell('th', title)))),
      element('tbody', {}, ...rows.map(row => element('tr', {}, ...row.map(value => cell('td', value))))),
    ),
  );
}

const number = text => ({ text, className: 'number' });

/** 1, 2, 5, 10, 20 and so on, up to a little beyond both ends; only powers of ten where those are too many. */
function logTicks(values, most) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const decades = Array.from({ length: 24 }, (_, i) => i - 6);
  const within = value => value >= low * 0.8 && value <= high * 1.25;
  const withDigits = digits =>
    decades.flatMap(power => digits.map(digit => Number(`${digit}e${power}`))).filter(within);
  const all = withDigits([1, 2, 5]);
  if (all.length < 3) return withDigits([1, 1.5, 2, 3, 4, 5, 6, 8]);
  return all.length <= most ? all : all.filter(value => /^[0.]*10*$/.test(String(value)));
}

/** On a phone, names stand above their lines; else beside them. */
function rowsPlot({ rows, unit, operation, ours }) {
  const convert = ns => (unit === 'ns' ? ns : 1e3 / ns);
  const data = rows
    .filter(row => row.ns)
    .map(row => ({
      label: row.label,
      median: convert(row.ns.median),
      q1: convert(row.ns.q1),
      q3: convert(row.ns.q3),
      mine: ours.includes(row.key),
    }));
  const title =
    unit === 'ns' ? `ns a ${operation} (left is better)` : `million ${operation}s a second (right is better)`;
  return width => {
    const narrow = width < 600;
    const longest = Math.max(...data.map(({ label }) => label.length));
    const ticks = logTicks(
      data.flatMap(({ q1, q3 }) => [q1, q3]),
      narrow ? 6 : 12,
    );
    const stroke = row => (row.mine ? color('--ours') : color('--others'));
    return Plot.plot({
      width,
      height: data.length * (narrow ? 38 : 24) + 70,
      marginLeft: narrow ? 8 : Math.min(width / 2, longest * 6.4 + 16),
      marginRight: 72,
      marginTop: narrow ? 30 : 24,
      marginBottom: 40,
      style: { background: 'transparent', color: color('--ink'), fontSize: '12px' },
      x: {
        type: 'log',
        axis: null,
      },
      y: { domain: data.map(({ label }) => label), label: null, axis: narrow ? null : 'left', tickSize: 0 },
      marks: [
        Plot.gridX(ticks),
        // The text by hand: a logarithmic scale leaves out labels as it likes.
        Plot.axisX(ticks, { anchor: 'bottom', label: title, text: value => value.toLocaleString('en') }),
        Plot.ruleY(data, { y: 'label', x1: 'q1', x2: 'q3', stroke, strokeWidth: 5, strokeOpacity: 0.4 }),
        Plot.dot(data, { x: 'median', y: 'label', fill: stroke, r: 4.5 }),
        Plot.text(data, {
          x: row => Math.max(row.median, row.q1, row.q3),
          y: 'label',
          text: row => figure(row.median),
          dx: 9,
          textAnchor: 'start',
        }),
        narrow
          ? Plot.text(data, { y: 'label', text: 'label', frameAnchor: 'left', textAnchor: 'start', dy: -14 })
          : null,
      ],
    });
  };
}

/** One of ours beside another of ours tells what something costs, not who wins. */
function againstOthers({ comparisons, ours }) {
  return comparisons.filter(({ peer }) => !ours.includes(peer));
}

function sectionOf(section) {
  const label = key => section.rows.find(row => row.key === key)?.label ?? key;
  const parts = [element('h2', { textContent: `${section.suite}: ${section.name}` })];
  if (section.rows.some(row => row.ns)) parts.push(drawn(rowsPlot(section)));
  for (const row of section.rows) {
    if (row.needs)
      parts.push(element('p', { className: 'faint', textContent: `${row.label}: not measured, needs ${row.needs}` }));
    if (row.wrong)
      parts.push(element('p', { className: 'slower', textContent: `${row.label} answers wrongly: ${row.wrong}` }));
  }
  if (section.comparisons.length > 0) {
    const head = ['ours', 'against', number('of its time'), number('99%'), ''];
    const rows = section.comparisons.map(({ ours, peer, ratio, low, high, call }) => [
      label(ours),
      label(peer),
      number(figure(ratio)),
      number(`${figure(low)} .. ${high >= 1e300 ? '?' : figure(high)}`),
      { text: words[call], className: call },
    ]);
    const others = againstOthers(section);
    const lost = others.filter(({ call }) => call === 'slower').length;
    const beside = section.comparisons.length - others.length;
    const title = [
      ...(others.length > 0 ? [`${others.length} comparisons with others, ${lost} of them lost`] : []),
      ...(beside > 0 ? [`${beside} beside our own`] : []),
    ].join(', ');
    parts.push(element('details', {}, element('summary', { textContent: title }), table(head, rows)));
  }
  return parts;
}

function profilesPlot(profiles) {
  const points = profiles.flatMap(({ label, percentiles }) =>
    Object.entries(percentiles).map(([name, ns]) => ({ label, name, us: ns / 1000 })),
  );
  return width =>
    Plot.plot({
      width,
      height: 300,
      marginLeft: 56,
      style: { background: 'transparent', color: color('--ink'), fontSize: '12px' },
      x: { type: 'point', domain: Object.keys(profiles[0].percentiles), label: null },
      y: {
        type: 'log',
        grid: true,
        label: 'us',
        ticks: logTicks(
          points.map(({ us }) => us),
          1,
        ),
        tickFormat: value => value.toLocaleString('en'),
      },
      color: {
        legend: true,
        domain: profiles.map(({ label }) => label),
        range: [color('--others'), color('--ours'), color('--won')],
      },
      marks: [
        Plot.line(points, { x: 'name', y: 'us', stroke: 'label', strokeWidth: 2 }),
        Plot.dot(points, { x: 'name', y: 'us', fill: 'label', r: 3.5 }),
      ],
    });
}

function memoryPlot(profiles) {
  const points = profiles.flatMap(({ label, residentMiB }) =>
    residentMiB.map((mib, i) => ({ label, part: (100 * i) / (residentMiB.length - 1), mib })),
  );
  return width =>
    Plot.plot({
      width,
      height: 220,
      marginLeft: 56,
      style: { background: 'transparent', color: color('--ink'), fontSize: '12px' },
      x: { label: '% of the run' },
      y: { grid: true, zero: true, label: 'resident MiB' },
      color: {
        domain: profiles.map(({ label }) => label),
        range: [color('--others'), color('--ours'), color('--won')],
      },
      marks: [Plot.line(points, { x: 'part', y: 'mib', stroke: 'label', strokeWidth: 2 })],
    });
}

function profilesOf(work) {
  const profiles = found.profiles.filter(profile => profile.work === work);
  const head = ['', number('collections'), number('pauses, ms'), number('p99.99, us')];
  const rows = profiles.map(({ label, collections, pauseMs, percentiles }) => [
    label,
    number(String(collections)),
    number(figure(pauseMs)),
    number(figure(percentiles['p99.99'] / 1000)),
  ]);
  const title = `${work}: how long the slow ones take`;
  return [
    element('h2', { textContent: title }),
    drawn(profilesPlot(profiles)),
    drawn(memoryPlot(profiles)),
    table(head, rows),
  ];
}

const calls = found.sections.flatMap(section => againstOthers(section).map(({ call }) => call));
const counted = call => calls.filter(one => one === call).length;
const { cpu, cores, node, system } = found.machine;
main.append(
  element('h1', { textContent: 'Ringwell: the figures' }),
  element('p', {
    className: 'faint',
    textContent: `${cpu}, ${cores} cores, ${system}, Node ${node}, ${found.began.slice(0, 16).replace('T', ' ')} UTC, ${found.command}, ${found.seconds} s.`,
  }),
  ...(found.complete
    ? []
    : [element('p', { className: 'slower', textContent: 'The run was interrupted: this is a part of it.' })]),
  element('p', {
    textContent: `${calls.length} comparisons with others: ${counted('faster')} won, ${counted('slower')} lost, ${counted('even')} inside the noise.`,
  }),
  element(
    'p',
    { className: 'key' },
    element('b', { textContent: 'Ours' }),
    ' and ',
    element('b', { textContent: 'others' }),
    ': medians, with quartiles behind them. Contenders take turns, each in a process of its own. A winner is called when the whole 99% interval lies beyond the noise.',
  ),
  ...found.sections.flatMap(sectionOf),
  ...[...new Set(found.profiles.map(({ work }) => work))].flatMap(profilesOf),
);
