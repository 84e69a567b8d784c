/*
 * peer-pusher-js: receives with pusher-js on node, one bind a client, default options apart
 * from host, port and TLS. pusher-js parses envelope and data of every event, so both
 * depths of the contract are the same here.
 *
 * The package is looked for in NODE_PATH and in ../integration/node_modules.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const tls = require('tls');

function fail(why) {
  process.stderr.write(`receiver: ${why}\n`);
  process.exit(1);
}

function loadPusher() {
  const places = (process.env.NODE_PATH || '').split(path.delimiter).filter(Boolean);
  places.push(path.join(__dirname, '..', 'integration', 'node_modules'));
  try {
    const found = require.resolve('pusher-js', { paths: places });
    const loaded = require(found);
    return loaded.Pusher || loaded;
  } catch (error) {
    return fail(`cannot load pusher-js from ${places.join(', ')}: ${error.message}`);
  }
}

function readEnvironment() {
  const env = process.env;
  for (const name of ['BENCH_HOST', 'BENCH_PORT', 'BENCH_KEY', 'BENCH_CHANNEL', 'BENCH_EVENT'])
    if (!env[name]) fail(`${name} is not set`);
  return {
    host: env.BENCH_HOST,
    port: Number(env.BENCH_PORT),
    key: env.BENCH_KEY,
    channel: env.BENCH_CHANNEL,
    event: env.BENCH_EVENT,
    clients: Number(env.BENCH_CLIENTS || 1),
    window: Number(env.BENCH_WINDOW || 64),
    count: Number(env.BENCH_COUNT || 0),
    mode: env.BENCH_MODE || 'bulk',
    ca: env.BENCH_TLS === '1' ? env.BENCH_CA : null,
  };
}

/* pusher-js takes no certificate; its WebSocket client ends up in tls.connect. */
function trustOnly(file) {
  const ca = fs.readFileSync(file);
  process.noDeprecation = true; // it names a numeric address in SNI, and node tells of it
  const connect = tls.connect;
  tls.connect = function (...args) {
    const at = args.findIndex((arg) => arg !== null && typeof arg === 'object');
    if (at >= 0) args[at] = { ...args[at], ca };
    else args.splice(typeof args[1] === 'string' ? 2 : 1, 0, { ca });
    return connect.apply(this, args);
  };
}

const asked = readEnvironment();
const Pusher = loadPusher();
if (asked.ca) trustOnly(asked.ca);

let started = 0;
let subscribed = 0;
let received = 0;
let errors = 0;
let cpuAtReady;
let firstNs = 0n;
const lateUs = asked.mode === 'paced' ? new Float64Array(asked.count) : null;

function isDone() {
  return asked.mode !== 'idle' && received === asked.count;
}

function percentiles() {
  const marks = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999, max: 1 };
  const result = {};
  lateUs.sort();
  for (const [name, part] of Object.entries(marks))
    result[`${name}_us`] = Number(lateUs[Math.round(part * (asked.count - 1))].toFixed(1));
  return result;
}

function finish() {
  const used = process.cpuUsage(cpuAtReady);
  const lastNs = process.hrtime.bigint();
  const result = {
    received,
    cpu_s: (used.user + used.system) / 1e6,
    max_rss_kb: process.resourceUsage().maxRSS,
    wall_s: Number(lastNs - firstNs) / 1e9,
    ...(lateUs ? percentiles() : {}),
    errors,
    parsed: 'json',
  };
  process.stdout.write(JSON.stringify(result) + '\n', () => process.exit(0));
}

function onEvent(data) {
  if (isDone()) return;
  if (received === 0) firstNs = process.hrtime.bigint();
  if (lateUs) lateUs[received] = Number(process.hrtime.bigint() - BigInt(data.t)) / 1e3;
  if (!(data.seq > 0)) errors++;
  if (++received === asked.count) finish();
}

function onSubscribed() {
  subscribed++;
  if (subscribed === asked.clients) {
    process.stdout.write(`{"ready":${asked.clients}}\n`);
    cpuAtReady = process.cpuUsage();
  } else if (started < asked.clients) {
    startNext();
  }
}

function startNext() {
  const number = started++;
  const client = new Pusher(asked.key, {
    cluster: 'bench',
    wsHost: asked.host,
    wsPort: asked.port,
    wssPort: asked.port,
    forceTLS: asked.ca !== null,
    enabledTransports: ['ws'],
  });
  let wasConnected = false;
  client.connection.bind('state_change', ({ current }) => {
    if (wasConnected && !isDone()) fail(`client ${number} lost its connection`);
    wasConnected = current === 'connected';
  });
  client.connection.bind('unavailable', () => fail(`client ${number} cannot connect`));
  const channel = client.subscribe(asked.channel);
  channel.bind('pusher:subscription_succeeded', onSubscribed);
  if (asked.mode !== 'idle') channel.bind(asked.event, onEvent);
}

for (let i = 0; i < asked.window && i < asked.clients; i++) startNext();
