// Appends numbered values through ioredis' Sentinel client and writes down what it was told about each, as LoadClient does; ends with its input.
import { writeSync, openSync, closeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';

const KEYS = 4;
const text = { type: 'string' };
const { values: options } = parseArgs({ options: { out: text, prefix: text, sentinels: text, master: text } });
const password = process.env.REDIS_PASSWORD;

const redis = new Redis({
  sentinels: options.sentinels.split(',').map((address) => ({ host: address.split(':')[0], port: Number(address.split(':')[1]) })),
  name: options.master,
  password,
  sentinelPassword: password,
  // A write that the library repeats by itself could be there twice: what failed is followed by the next number.
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  // It listens for +switch-master instead of waiting until the old master hangs up.
  failoverDetector: true,
  reconnectOnError: (error) => error.message.includes('READONLY'),
  connectTimeout: 300,
  socketTimeout: 300,
  commandTimeout: 300,
  retryStrategy: () => 50,
  sentinelRetryStrategy: () => 50,
});
redis.on('error', () => {}); // each write says what became of it

let stopped = false;
process.stdin.on('end', () => { stopped = true; }).resume();

const file = openSync(options.out, 'w');
const record = (side, key, value, phase, error) => writeSync(file, JSON.stringify({
  t_ns: Number(process.hrtime.bigint()), client: 'd0-ioredis', side, op: 'append', key, value, phase, acks: -1, error,
}) + '\n');

/** The phase, the server that did it, and the error. */
async function append(key, value) {
  try {
    const [, , info] = await redis.multi().rpush(key, value).sadd(`${key}:set`, value).info('server').exec();
    if (info[0]) throw info[0];
    return ['ok', /^run_id:(\w+)/m.exec(info[1])[1], ''];
  } catch (error) {
    const words = [error, ...(error.previousErrors ?? [])].map((each) => each.message).join('; ');
    // What a server says is its own; all else leaves open what became of it.
    return [error.name === 'ReplyError' ? 'fail' : 'info', '', words];
  }
}

let acknowledged = 0;
for (let value = 1; !stopped; value++) {
  const key = `${options.prefix}:${value % KEYS}`;
  record('', key, value, 'invoke', '');
  const [phase, side, error] = await append(key, value);
  record(side, key, value, phase, error);
  if (phase === 'ok' && ++acknowledged === 3) console.log('flowing');
  await sleep(5);
}
closeSync(file);
process.exit(0);
