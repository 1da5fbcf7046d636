// The page of the dashboard. It writes text by textContent alone, never as HTML: client identifiers and topics are chosen by strangers.
'use strict';

const api = 'api/v1/';
const history = 120; // seconds that charts show
const byId = id => document.getElementById(id);
const state = { token: sessionStorage.getItem('akka-mqtt-token') || '', admin: false, samples: [], client: '', next: null, stream: null };

// ---------------------------------------------------------------- elements

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === 'onclick') made.addEventListener('click', value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

const whole = number => Math.round(number).toLocaleString('en');

function bytes(number) {
  let unit = 0;
  for (; number >= 1024 && unit < 4; unit++) number /= 1024;
  return `${unit === 0 ? whole(number) : number.toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`;
}

function duration(seconds) {
  const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
  return days ? `${days} d ${hours} h` : hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

const time = text => text ? new Date(text).toLocaleString() : '';

function fillFacts(list, facts) {
  list.replaceChildren(...facts.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => element('div', null, element('dt', null, name), element('dd', null, String(value)))));
}

// columns: [heading, cell of a row, whether it is a number]
function fillTable(table, columns, rows, empty) {
  const head = element('thead', null, element('tr', null, ...columns.map(([name, , number]) => element('th', { scope: 'col', class: number && 'number' }, name))));
  const body = element('tbody', null, ...rows.map(row => element('tr', null, ...columns.map(([, cell, number]) => {
    const value = cell(row);
    return element('td', { class: number && 'number' }, value instanceof Node ? value : String(value ?? ''));
  }))));
  if (rows.length === 0) body.append(element('tr', null, element('td', { colspan: columns.length }, empty)));
  table.replaceChildren(head, body);
}

function notice(text, bad) {
  const place = byId('notice');
  place.textContent = text;
  place.className = bad ? 'bad' : '';
  place.hidden = !text;
}

// ---------------------------------------------------------------- requests

function headers(more) {
  const all = { 'X-Akka-Mqtt': 'dashboard', ...more };
  if (state.token) all.Authorization = `Bearer ${state.token}`;
  return all;
}

async function answerOf(response) {
  if (response.status === 401) {
    login();
    throw new Error('A token is needed.');
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `The server answered ${response.status}.`);
  return body;
}

const get = async (path, query) => answerOf(await fetch(`${api}${path}${query ? `?${new URLSearchParams(query)}` : ''}`, { headers: headers(), cache: 'no-store' }));

const post = async (path, body) => answerOf(await fetch(api + path, {
  method: 'POST', headers: headers({ 'Content-Type': 'application/json' }), body: JSON.stringify(body || {}),
}));

// Runs what a button does; what fails is shown.
function doing(action) {
  return async event => {
    if (event) event.preventDefault();
    try {
      await action(event);
    } catch (error) {
      notice(error.message, true);
    }
  };
}

function confirmed(text) {
  const dialog = byId('confirm');
  byId('confirm-text').textContent = text;
  return new Promise(resolve => {
    const end = yes => { dialog.close(); resolve(yes); };
    byId('confirm-yes').onclick = () => end(true);
    byId('confirm-no').onclick = () => end(false);
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
    byId('confirm-no').focus();
  });
}

// ---------------------------------------------------------------- live figures

const charts = [
  { title: 'Messages a second', series: [['received', s => s.messagesReceived], ['sent', s => s.messagesSent]], show: whole },
  { title: 'Bytes a second', series: [['received', s => s.bytesReceived], ['sent', s => s.bytesSent]], show: bytes },
  { title: 'Clients', series: [['connected', s => s.clients], ['connections', s => s.connections]], show: whole },
  { title: 'Problems a second', series: [['messages dropped', s => s.dropped], ['refusals', s => s.refused]], show: whole },
  { title: 'Memory', series: [['process', s => s.processMemory], ['waiting for clients', s => s.waitingBytes]], show: bytes },
  { title: 'Processor, percent of a core', series: [['process', s => s.processorPercent]], show: number => number.toFixed(0) },
];

const svg = (name, attributes) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

function makeCharts() {
  byId('charts').replaceChildren(...charts.map(chart => {
    chart.caption = element('figcaption', null);
    chart.picture = svg('svg', { viewBox: '0 0 100 100', preserveAspectRatio: 'none', role: 'img' });
    chart.picture.append(svg('line', { class: 'base', x1: 0, y1: 99, x2: 100, y2: 99 }));
    chart.lines = chart.series.map((_, at) => svg('polyline', { class: at ? 'second' : 'first' }));
    chart.picture.append(...chart.lines);
    return element('figure', null, chart.caption, chart.picture);
  }));
}

function drawCharts() {
  const samples = state.samples, last = samples[samples.length - 1];
  for (const chart of charts) {
    const most = Math.max(1, ...samples.flatMap(sample => chart.series.map(([, value]) => value(sample))));
    chart.series.forEach(([, value], at) => chart.lines[at].setAttribute('points', samples
      .map((sample, index) => `${(100 * (history - samples.length + index) / (history - 1)).toFixed(2)},${(99 - 96 * value(sample) / most).toFixed(2)}`).join(' ')));
    const parts = chart.series.flatMap(([name, value], at) => [element('span', { class: at ? 'key-second' : 'key-first' }, `${at ? ' ╌╌ ' : '━━ '}${name} `), element('b', null, chart.show(value(last)))]);
    chart.caption.replaceChildren(element('span', { class: 'title' }, `${chart.title}, up to ${chart.show(most)}`), ...parts);
    chart.picture.setAttribute('aria-label', `${chart.title} in the last ${samples.length} seconds: ${chart.series.map(([name, value]) => `${name} ${chart.show(value(last))}`).join(', ')}; most ${chart.show(most)}`);
  }
}

const levels = { Normal: 'normal', RefuseConnects: 'refuses connects', DropQoS0: 'drops QoS 0', Disconnect: 'disconnects clients' };

function showSample(sample) {
  state.samples.push(sample);
  if (state.samples.length > history) state.samples.shift();
  if (byId('view-overview').hidden) return;
  fillFacts(byId('tiles'), [
    ['Clients', whole(sample.clients)], ['Connections', whole(sample.connections)], ['Sessions', whole(sample.sessions)], ['Subscriptions', whole(sample.subscriptions)],
    ['Retained messages', whole(sample.retainedMessages)], ['Memory load', levels[sample.loadLevel] || sample.loadLevel],
  ]);
  drawCharts();
}

function status(text) {
  if (byId('connection').textContent !== text) byId('connection').textContent = text;
}

// EventSource cannot send a token, so the stream is read by hand.
async function watch() {
  const own = state.stream = new AbortController();
  let pause = 1000;
  while (state.stream === own) {
    try {
      const response = await fetch(`${api}live`, { headers: headers(), signal: own.signal, cache: 'no-store' });
      if (!response.ok) await answerOf(response);
      status('Live');
      pause = 1000;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ''; ;) {
        const { done, value } = await reader.read();
        if (done) break;
        const events = (rest + value).split('\n\n');
        rest = events.pop();
        for (const event of events) {
          if (event.startsWith('data: ')) showSample(JSON.parse(event.slice(6)));
        }
      }
    } catch (error) {
      if (state.stream !== own || error.name === 'AbortError') return;
    }
    status('Not connected to the server. Trying again.');
    await new Promise(resolve => setTimeout(resolve, pause));
    pause = Math.min(2 * pause, 15000);
  }
}

// ---------------------------------------------------------------- views

async function showOverview() {
  const [server, listeners] = await Promise.all([get('server'), get('listeners')]);
  byId('server-name').textContent = server.name;
  document.title = `${server.name} · MQTT server`;
  byId('overview-title').textContent = `Overview: ${server.name} ${server.version}, up for ${duration(server.uptimeSeconds)}`;
  fillTable(byId('memory'), [
    ['Kind', row => row.kind], ['Used', row => bytes(row.used), true], ['Limit', row => bytes(row.limit), true], ['Times without room', row => whole(row.refused), true],
  ], server.memory);
  fillTable(byId('listeners'), [
    ['Name', row => row.name], ['Transport', row => row.transport], ['Address', row => row.addresses.join(', ')], ['Mount point', row => row.mountPoint],
  ], listeners.listeners, 'There are none.');
}

// Again every two seconds while it is shown; the focus stays where it is.
async function showNodes() {
  const { nodes } = await get('nodes');
  const figure = value => row => row.figures ? value(row.figures) : '';
  const focused = document.activeElement && document.activeElement.dataset.drain;
  fillTable(byId('nodes'), [
    ['Node', row => element('span', { title: row.node }, `${row.node.split('@').pop()}${row.isSelf ? ' (this one)' : ''}`)],
    ['State', row => row.detail ? `${row.state}: ${row.detail}` : row.state],
    ['', row => state.admin && row.figures && row.state !== 'Draining' ? element('button', { type: 'button', 'data-drain': row.node, onclick: doing(() => drain(row)) }, 'Drain') : ''],
    ['Clients', figure(f => whole(f.clients)), true], ['Sessions', figure(f => whole(f.sessions)), true],
    ['Messages in/s', figure(f => whole(f.messagesReceivedPerSecond)), true], ['Messages out/s', figure(f => whole(f.messagesSentPerSecond)), true],
    ['Bytes in/s', figure(f => bytes(f.bytesReceivedPerSecond)), true], ['Bytes out/s', figure(f => bytes(f.bytesSentPerSecond)), true],
    ['Dropped/s', figure(f => whole(f.droppedPerSecond)), true], ['Waiting', figure(f => bytes(f.waitingBytes)), true],
    ['Memory', figure(f => bytes(f.processMemory)), true], ['Memory load', figure(f => levels[f.loadLevel] || f.loadLevel)],
    ['Processor', figure(f => `${f.processorPercent.toFixed(0)} %`), true], ['Up for', figure(f => duration(f.uptimeSeconds))],
    ['Version', figure(f => f.version)],
  ], nodes);
  if (focused) byId('nodes').querySelector(`[data-drain="${CSS.escape(focused)}"]`)?.focus();
  clearTimeout(state.again);
  state.again = setTimeout(() => { if (!byId('view-nodes').hidden) showNodes().catch(() => {}); }, 2000);
}

async function drain(row) {
  if (!await confirmed(`Drain ${row.node}? It disconnects its clients, gives its sessions to the other nodes, and takes no clients until its process is started again.`)) return;
  const answer = await post('nodes/drain', { node: row.node });
  notice(answer.begun ? `${row.node} drains.` : `${row.node} drains already, or was not reached.`, !answer.begun);
  await showNodes();
}

async function showClients(after) {
  const query = { limit: 50, search: byId('search-text').value, connected: byId('search-connected').checked };
  if (after) query.after = after;
  const page = await get('clients', query);
  state.next = page.next;
  byId('clients-count').textContent = page.total === 1 ? '1 session' : `${whole(page.total)} sessions`;
  byId('clients-missing').textContent = `Without the sessions of ${page.missing.join(', ')}: no answer.`;
  byId('clients-missing').hidden = page.missing.length === 0;
  byId('clients-next').disabled = !page.next;
  byId('clients-first').disabled = !after;
  fillTable(byId('clients'), [
    ['Client identifier', row => element('a', { href: `#/client/${encodeURIComponent(row.clientId)}` }, row.clientId)],
    ['Address', row => row.connection ? row.connection.address : 'offline'],
    ['User', row => row.connection && row.connection.userName],
    ['Protocol', row => row.connection && `${row.connection.version} ${row.connection.transport}`],
    ['Queued', row => whole(row.queuedMessages), true],
    ['Waiting bytes', row => bytes(row.waitingBytes), true],
    ...page.clients.some(row => row.node) ? [['Node', row => row.node]] : [],
  ], page.clients, 'None was found.');
}

async function showFilters(after) {
  const query = { limit: 50, search: byId('filter-text').value };
  if (after) query.after = after;
  const page = await get('subscriptions', query);
  state.nextFilter = page.next;
  byId('filters-count').textContent = page.total === 1 ? '1 filter' : `${whole(page.total)} filters`;
  byId('filters-next').disabled = !page.next;
  byId('filters-first').disabled = !after;
  fillTable(byId('filters'), [
    ['Filter', row => row.filter], ['Subscribers', row => whole(row.subscribers), true],
    ['Shared by groups', row => row.groups.map(group => `${group.name}: ${whole(group.members)}`).join(', ')],
  ], page.filters, 'None was found.');
}

async function showClient(id) {
  state.client = id;
  byId('client-title').textContent = `Client ${id}`;
  for (const each of ['client-facts', 'client-subscriptions', 'client-packets']) byId(each).replaceChildren(); // of another client
  const client = await get('client', { id });
  const connection = client.connection;
  fillFacts(byId('client-facts'), [
    ['State', connection ? (client.isSlow ? 'connected, slow' : client.isThrottled ? 'connected, throttled' : 'connected') : 'away'],
    ['Address', connection && connection.address], ['User', connection && connection.userName], ['Protocol', connection && `${connection.version} ${connection.transport}`],
    ['Keep alive', connection && `${connection.keepAlive} s`], ['Connected since', connection && time(connection.connectedAt)],
    ['Session expiry', client.sessionExpirySeconds === null ? 'never' : `${whole(client.sessionExpirySeconds)} s`], ['Will', client.hasWill ? 'yes' : 'no'],
    ['Unacknowledged', `${client.inflightMessages} of ${client.inflightQuota}, ${bytes(client.inflightBytes)}`], ['QoS 2 not released', client.unreleasedMessages],
    ['Queue', `${whole(client.queuedMessages)} messages, ${bytes(client.queuedBytes)}`], ['Of QoS 0', whole(client.queuedQoS0Messages)],
    ['Not written yet', bytes(client.outstandingBytes)], ['Mailbox', client.mailboxMessages === null ? null : `${whole(client.mailboxMessages)} messages`],
    ['Messages from it', whole(client.messagesReceived)], ['Messages to it', whole(client.messagesSent)], ['Bytes from it', bytes(client.bytesReceived)], ['Bytes to it', bytes(client.bytesSent)],
  ]);
  fillTable(byId('client-subscriptions'), [['Filter', row => row.filter], ['QoS', row => row.qos, true]], client.subscriptions, 'There are none.');
  fillTable(byId('client-packets'), [
    ['At', row => new Date(row.at).toLocaleTimeString()], ['Direction', row => row.received ? 'from the client' : 'to the client'], ['Packet', row => row.type],
    ['Topic', row => row.topic], ['QoS', row => row.topic === null ? '' : row.qos, true], ['Bytes', row => row.topic === null ? '' : whole(row.size), true],
  ], client.lastPackets, 'None is remembered: see last-packets in the settings.');
}

async function showLevels(list, topic, after) {
  const query = { limit: 100 };
  if (topic !== null) query.topic = topic;
  if (after) query.after = after;
  const page = await get('retained', query);
  for (const row of page.levels) list.append(levelOf(row));
  if (page.next) {
    const more = element('button', { type: 'button', onclick: doing(async () => { more.parentNode.remove(); await showLevels(list, topic, page.next); }) }, `More of ${whole(page.total)}`);
    list.append(element('li', null, more));
  }
  if (topic === null && list.childElementCount === 0) list.append(element('li', null, 'There are none.'));
}

function levelOf(row) {
  const item = element('li', null);
  const shown = row.level === '' ? '(empty level)' : row.level;
  if (row.hasMore) {
    const open = element('button', { type: 'button', 'aria-expanded': 'false' }, `▸ ${shown}`);
    open.addEventListener('click', doing(async () => {
      const below = item.querySelector(':scope > ul');
      if (below) {
        below.remove();
      } else {
        const list = element('ul', null);
        item.append(list);
        await showLevels(list, row.topic);
      }
      open.setAttribute('aria-expanded', String(!below));
      open.textContent = `${below ? '▸' : '▾'} ${shown}`;
    }));
    item.append(open);
  } else {
    item.append(element('span', null, `${shown} `));
  }
  if (row.hasMessage) {
    item.append(element('button', { type: 'button', 'aria-label': `Show the message of ${row.topic}`, onclick: doing(() => showMessage(row.topic)) }, 'message'),
      element('span', { class: 'quiet' }, ` ${bytes(row.size)}, ${time(row.receivedAt)}`));
  }
  return item;
}

async function showMessage(topic) {
  const message = await get('retained/message', { topic });
  byId('message').hidden = false;
  byId('message-title').textContent = topic;
  fillFacts(byId('message-facts'), [
    ['Size', bytes(message.size)], ['QoS', message.qos], ['Received', time(message.receivedAt)], ['Published by', message.publisher], ['Content type', message.contentType],
  ]);
  byId('message-payload').textContent = message.text ?? `Base64: ${message.base64}`;
  byId('message-clear').onclick = doing(async () => {
    if (!await confirmed(`Clear the retained message of ${topic}?`)) return;
    await post('retained/clear', { topic });
    await showRetained();
    notice(`The retained message of ${topic} is cleared.`);
  });
  byId('message-title').focus();
}

async function showRetained() {
  byId('message').hidden = true;
  byId('tree').replaceChildren();
  await showLevels(byId('tree'), null);
}

async function showRefusals() {
  const [server, refused] = await Promise.all([get('server'), get('refused')]);
  fillTable(byId('refused'), [
    ['At', row => time(row.at)], ['Client identifier', row => row.clientId], ['Address', row => row.address], ['Reason', row => row.reason], ['Detail', row => row.detail],
  ], refused.clients, 'None was refused.');
  fillTable(byId('refusals'), [
    ['What', row => row.what], ['Reason', row => `${row.reason} (0x${row.code.toString(16).padStart(2, '0')})`], ['Count', row => whole(row.count), true],
  ], server.refusals, 'Nothing was refused.');
  fillTable(byId('drops'), [['Reason', row => row.reason], ['Messages', row => whole(row.count), true]], server.drops);
}

// Says so when nodes were not reached.
function banned(text, answer) {
  notice(answer.missing.length === 0 ? text : `${text} Not on ${answer.missing.join(', ')}: no answer.`, answer.missing.length > 0);
}

async function showBans() {
  const { bans } = await get('bans');
  fillTable(byId('bans'), [
    ['What', row => row.clientId !== null ? `Client ${row.clientId}` : `Address ${row.address}`], ['Until', row => row.until ? time(row.until) : 'the server stops'],
    ['', row => element('button', {
      type: 'button',
      onclick: doing(async () => {
        await post('bans/remove', row.clientId !== null ? { clientId: row.clientId } : { address: row.address });
        await showBans();
      }),
    }, 'End')],
  ], bans, 'Nobody is banned.');
}

const views = {
  overview: showOverview,
  nodes: showNodes,
  clients: () => showClients(),
  client: id => showClient(id),
  subscriptions: () => showFilters(),
  retained: showRetained,
  refusals: showRefusals,
  actions: showBans,
};

async function route() {
  const [, name, rest] = /^#\/([a-z]+)(?:\/(.*))?$/.exec(location.hash) || [null, 'overview'];
  const view = views[name] ? name : 'overview';
  notice('');
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== `view-${view}`;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${view === 'client' ? 'clients' : view}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  byId(`${view}-title`).focus();
  await doing(() => views[view](rest === undefined ? undefined : decodeURIComponent(rest)))();
}

function login() {
  if (state.stream) state.stream.abort();
  state.stream = null;
  state.token = '';
  sessionStorage.removeItem('akka-mqtt-token');
  for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== 'view-login';
  status('A token is needed.');
  byId('token').focus();
}

async function enter() {
  let me;
  try {
    me = await get('me');
    byId('server-name').textContent = (await get('server')).name;
  } catch (error) {
    notice(error.message, true);
    if (byId('view-login').hidden) status('Not connected');
    return;
  }
  if (state.token) sessionStorage.setItem('akka-mqtt-token', state.token);
  state.admin = me.role === 'Admin';
  for (const each of document.querySelectorAll('[data-admin]')) each.hidden = !state.admin;
  watch();
  await route();
}

// ---------------------------------------------------------------- what buttons do

byId('login').addEventListener('submit', doing(async () => {
  state.token = byId('token').value.trim();
  byId('token').value = '';
  notice('');
  await enter();
}));
byId('search').addEventListener('submit', doing(() => showClients()));
byId('clients-first').addEventListener('click', doing(() => showClients()));
byId('clients-next').addEventListener('click', doing(() => showClients(state.next)));
byId('filter-search').addEventListener('submit', doing(() => showFilters()));
byId('filters-first').addEventListener('click', doing(() => showFilters()));
byId('filters-next').addEventListener('click', doing(() => showFilters(state.nextFilter)));
byId('client-refresh').addEventListener('click', doing(() => showClient(state.client)));
byId('client-disconnect').addEventListener('click', doing(async () => {
  if (!await confirmed(`Disconnect ${state.client}? It may connect again at once.`)) return;
  await post('client/disconnect', { clientId: state.client });
  notice(`${state.client} is disconnected.`);
}));
byId('client-end').addEventListener('click', doing(async () => {
  if (!await confirmed(`Disconnect ${state.client} and end its session, with its subscriptions and what waits for it?`)) return;
  await post('client/disconnect', { clientId: state.client, endSession: true });
  notice(`The session of ${state.client} is ended.`);
}));
byId('client-ban').addEventListener('click', doing(async () => {
  if (!await confirmed(`Ban ${state.client} for an hour and disconnect it?`)) return;
  const answer = await post('bans/add', { clientId: state.client, seconds: 3600 });
  banned(`${state.client} is banned for an hour.`, answer);
}));
byId('publish').addEventListener('submit', doing(async () => {
  const answer = await post('publish', {
    topic: byId('publish-topic').value, text: byId('publish-text').value, qos: Number(byId('publish-qos').value), retain: byId('publish-retain').checked,
  });
  notice(`Published: ${answer.reason}.`);
}));
byId('ban').addEventListener('submit', doing(async () => {
  const ban = { [byId('ban-kind').value]: byId('ban-value').value };
  if (byId('ban-seconds').value) ban.seconds = Number(byId('ban-seconds').value);
  const answer = await post('bans/add', ban);
  await showBans();
  banned(`${byId('ban-value').value} is banned.`, answer);
}));
byId('reload').addEventListener('click', doing(async () => {
  await post('security/reload');
  notice('Users, rules and revocation lists have been read again.');
}));

window.addEventListener('hashchange', route);
makeCharts();
enter();
