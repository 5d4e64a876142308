// Walks at random through the networks of the site's stepper, in headless Chromium, and through the same
// networks of the model (`blockexc check --explore`): after every step the page shows what the model says.
//
//   blockexc spec --html FOLDER
//   node tests/browser/stepper.mjs FOLDER/stepper.html PROGRAM [WALKS] [SEED]
//
// Node before version 22 needs --experimental-websocket. CHROMIUM names the browser [chromium]. Fails at the
// first difference, when the page has an error, and when it asks for anything beside itself.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [page, program, walks = '10', seed = '1'] = process.argv.slice(2);
const STEPS = 25;
// The page's pair requests once more.
const PAIR = '--nodes 2 --blocks 1 --disconnects 1 --cancels 1 --stores 1 --deletions 1'.split(' ');
// What is walked in turn: the network of the page, the deviation that is switched on, and the model's network.
const PLACES = [
  [0, null, ['--only', 'essentials']],
  [1, null, PAIR],
  [0, 'presence-unbounded', ['--only', 'essentials']],
  [0, 'stuck-on-left', ['--only', 'essentials']],
];

const children = [];
const profile = mkdtempSync(join(tmpdir(), 'stepper-'));
const pause = () => new Promise(done => setTimeout(done, 100));
async function until(what, attempt) {
  for (let tries = 0; tries < 600; tries++) {
    try { return await attempt(); } catch { await pause(); }
  }
  throw new Error(`${what} does not answer`);
}
const freePort = () => new Promise(done => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

/// The browser, ready to evaluate what it is asked.
async function browser() {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
    '--disable-background-networking', '--disable-component-update', '--remote-debugging-port=0',
    `--user-data-dir=${profile}`, 'about:blank'];
  children.push(spawn(process.env.CHROMIUM ?? 'chromium', flags, { stdio: 'ignore' }));
  const port = await until('the browser', () => readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')[0]);
  const targets = await until('the browser', async () => (await fetch(`http://127.0.0.1:${port}/json/list`)).json());
  const socket = new WebSocket(targets.find(target => target.type === 'page').webSocketDebuggerUrl);
  await new Promise(done => socket.addEventListener('open', done));
  const waiting = new Map(), wrong = [];
  let number = 0, loaded;
  socket.addEventListener('message', ({ data }) => {
    const { id, result, method, params } = JSON.parse(data);
    if (id) waiting.get(id)(result);
    if (method === 'Page.loadEventFired') loaded();
    if (method === 'Runtime.exceptionThrown') wrong.push(params.exceptionDetails.text);
    if (method === 'Log.entryAdded') wrong.push(params.entry.text);
    if (method === 'Network.requestWillBeSent' && !/^(file|data):/.test(params.request.url)) wrong.push(params.request.url);
  });
  const ask = (method, params = {}) => new Promise(done => {
    waiting.set(++number, done);
    socket.send(JSON.stringify({ id: number, method, params }));
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await ask(`${domain}.enable`);
  const load = new Promise(done => { loaded = done; });
  await ask('Page.navigate', { url: pathToFileURL(page).href });
  await load;
  return async expression => {
    const { result, exceptionDetails } = await ask('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails || wrong.length) throw new Error(exceptionDetails?.exception?.description ?? wrong.join('\n'));
    return result.value;
  };
}

/// The model's own answers: what may follow on this way.
async function model(place) {
  const [, deviation, network] = place, port = await freePort();
  const more = deviation ? ['--deviation', deviation] : [];
  children.push(spawn(program, ['check', ...network, ...more, '--explore', `127.0.0.1:${port}`], { stdio: 'ignore' }));
  return way => until('the model', async () => (await fetch(`http://127.0.0.1:${port}/.states/${way.join('/')}`)).json());
}

/// Of what a step comes to, the lines that say what all keep afterwards.
function kept(outcome) {
  const lines = outcome.split('\n').filter(line => !line.startsWith('may still happen'));
  return lines.slice(/ does$/.test(lines[0]) ? lines.indexOf('') + 1 : 0);
}

let random = Number(seed);
const below = count => {
  random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
  return Math.floor(random / 2 ** 32 * count);
};
const rows = id => `[...document.querySelectorAll('#${id} > *')].map(row => row.textContent)`;

try {
  const evaluate = await browser();
  const models = await Promise.all(PLACES.map(model));
  let steps = 0;
  for (let walk = 0; walk < Number(walks); walk++) {
    const [network, deviation] = PLACES[walk % PLACES.length], follow = models[walk % PLACES.length];
    const choose = (id, value) => `{ const field = document.getElementById('${id}'); field.value = ${value};
      field.dispatchEvent(new Event('change')); }`;
    await evaluate(choose('network', network));
    const switched = await evaluate(`[...document.querySelectorAll('#deviation option')].findIndex(option =>
      option.textContent === ${JSON.stringify(deviation ?? 'none')})`);
    await evaluate(choose('deviation', switched));
    // A state is named by the places of the actions that lead to it, after that of the first state.
    const way = [0];
    for (let step = 0; step < STEPS; step++) {
      const next = (await follow(way)).filter(one => one.state !== undefined && !one.action.includes(", choosing holder "));
      const events = await evaluate(rows('events'));
      if (!next.length) break;
      const chosen = next[below(next.length)];
      if (!events.includes(chosen.action)) throw new Error(`the page does not offer: ${chosen.action}\n${events.join('\n')}`);
      await evaluate(`document.querySelectorAll('#events > *')[${events.indexOf(chosen.action)}].click()`);
      const shown = await evaluate(rows(deviation ? 'sidestate' : 'state')), expected = kept(chosen.outcome);
      if (shown.join('\n') !== expected.join('\n')) {
        throw new Error(`walk ${walk + 1}, step ${step + 1}: ${chosen.action}\nthe page:\n${shown.join('\n')}\nthe model:\n${expected.join('\n')}`);
      }
      way.push(chosen.actionIndex);
      steps++;
    }
  }
  console.log(`${walks} walks, ${steps} steps: the page shows what the model says`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  const ended = children.map(child => new Promise(done => child.exitCode === null ? child.once('exit', done) : done()));
  children.forEach(child => child.kill());
  await Promise.all(ended);
  await until('the folder of the browser', () => rmSync(profile, { recursive: true, force: true }));
}
