// One MQTT.js client, driven by the tests: a JSON command per line on stdin, a JSON event per line on stdout.
// Argument: { "url": ..., "caFile": ..., "options": options of mqtt.connect }.
const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const mqtt = require('mqtt');

const say = (event, values) => console.log(JSON.stringify({ event, ...values }));

// Binary properties and payloads travel as text.
const text = (value) => (Buffer.isBuffer(value) ? value.toString() : value);
const readable = (properties) => properties && Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, text(value)]));

const { url, caFile, options } = JSON.parse(process.argv[2]);
if (caFile) options.ca = readFileSync(caFile);
const client = mqtt.connect(url, { connectTimeout: 20000, reconnectPeriod: 0, ...options });

client.on('connect', ({ sessionPresent, properties }) => say('connect', { sessionPresent, properties: readable(properties) }));
client.on('message', (topic, payload, { qos, retain, dup, properties }) =>
  say('message', { topic, payload: text(payload), qos, retain, dup, properties: readable(properties) }));
client.on('disconnect', ({ reasonCode }) => say('disconnect', { reasonCode }));
client.on('error', ({ message, code }) => say('error', { message, code }));
client.on('close', () => say('close'));

const done = (id) => (error, result) =>
  error ? say('failed', { id, message: error.message, code: error.code }) : say('done', { id, result: Array.isArray(result) ? result : undefined });

const commands = {
  subscribe: ({ id, topic, options }) => client.subscribe(topic, options, done(id)),
  unsubscribe: ({ id, topic }) => client.unsubscribe(topic, done(id)),
  publish: ({ id, topic, payload, options = {} }) => {
    const { correlationData } = options.properties ?? {};
    if (correlationData) options.properties.correlationData = Buffer.from(correlationData);
    client.publish(topic, payload, options, done(id));
  },
  end: ({ id }) => client.end(false, done(id)),
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const command = JSON.parse(line);
  commands[command.do](command);
});
lines.on('close', () => process.exit(0));
