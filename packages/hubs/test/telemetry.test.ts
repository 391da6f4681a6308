// Spans, metrics and facts of a hub server, as the OpenTelemetry SDK and diagnostics_channel see them.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after, before, beforeEach, describe, test } from 'node:test';
import { defineHub, HubError } from '@longhaul/hubs';
import { createTestHub, type TestClient } from '@longhaul/hubs/testing';
import { leakCheck, waitFor } from '@longhaul/testing';
import { context, metrics, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { host } from './host.ts';
import { connected } from './official-client.ts';

const chat = defineHub()({
  name: 'Chat',
  methods: {
    add: (_call, a: number, b: number) => a + b,
    async inner() {
      await null;
      trace.getTracer('app').startSpan('work of the method').end();
    },
    fail() {
      throw new HubError('nothing there', { code: 'none' });
    },
    async *count(_call, to: number) {
      for (let n = 0; n < to; n += 1) yield n;
    },
  },
  onConnected() {},
});

describe('without an SDK', () => {
  test('calls run and connections end as ever', async () => {
    await using tested = createTestHub(chat);
    const client = await tested.connect();
    assert.equal(await client.invoke('add', 1, 2), 3);
  });
});

describe('OpenTelemetry', () => {
  const spans = new InMemorySpanExporter();
  const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ readers: [reader] });
  const contexts = new AsyncLocalStorageContextManager().enable();

  before(() => {
    context.setGlobalContextManager(contexts);
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
    );
    metrics.setGlobalMeterProvider(meters);
  });
  beforeEach(() => spans.reset());
  after(async () => {
    await meters.shutdown();
    for (const api of [context, propagation, trace, metrics]) api.disable();
  });
  after(leakCheck());

  const finished = async (name: string) => {
    const found = () => spans.getFinishedSpans().find(span => span.name === name);
    await waitFor(`a span ${name}`, () => found() !== undefined);
    return found()!;
  };

  test('§14 a span for each call, with the names of the conventions', async () => {
    await using tested = createTestHub(chat);
    const client = await tested.connect({ headers: { host: 'hubs.example:8080' } });
    await client.invoke('ADD', 1, 2);
    const span = await finished('Chat/add');
    assert.equal(span.kind, SpanKind.SERVER);
    assert.deepEqual(span.attributes, {
      'rpc.system': 'signalr',
      'rpc.service': 'Chat',
      'rpc.method': 'add',
      'server.address': 'hubs.example',
    });
    assert.equal(span.parentSpanContext, undefined);
    assert.equal((await finished('Chat/onConnected')).status.code, SpanStatusCode.UNSET);
  });

  test('a failed call says so; a refused one too', async () => {
    await using tested = createTestHub(chat);
    const client = await tested.connect();
    await assert.rejects(client.invoke('fail'));
    const failed = await finished('Chat/fail');
    assert.deepEqual(failed.status, { code: SpanStatusCode.ERROR, message: 'nothing there' });
    assert.equal(failed.attributes['error.type'], 'HubError');
    assert.equal(failed.events[0]?.name, 'exception');
    await assert.rejects(client.invoke('count', 1));
    assert.match((await finished('Chat/count')).status.message ?? '', /^The client attempted to invoke the streaming/);
  });

  test('the span of a stream lasts until its last item', async () => {
    await using tested = createTestHub(chat);
    const client = await tested.connect();
    const stream = client.stream('count', 3)[Symbol.asyncIterator]();
    await stream.next();
    while ((await stream.next()).done !== true);
    assert.equal((await finished('Chat/count')).status.code, SpanStatusCode.UNSET);
  });

  test("the client's traceparent is the parent; what the method does is inside", async () => {
    await using tested = createTestHub(chat);
    const client = await tested.connect();
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    client.write({
      type: 'invocation',
      target: 'inner',
      arguments: [],
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    const span = await finished('Chat/inner');
    assert.equal(span.spanContext().traceId, traceId);
    assert.equal(span.parentSpanContext?.spanId, '00f067aa0ba902b7');
    const work = await finished('work of the method');
    assert.equal(work.parentSpanContext?.spanId, span.spanContext().spanId);
  });

  test('the span that is active when the connection begins is linked, not the parent', async () => {
    await using tested = createTestHub(chat);
    const request = trace.getTracer('http').startSpan('GET /chat');
    const client = await context.with(trace.setSpan(context.active(), request), () => tested.connect());
    await client.invoke('add', 1, 2);
    const span = await finished('Chat/add');
    assert.equal(span.parentSpanContext, undefined);
    assert.equal(span.links[0]?.context.spanId, request.spanContext().spanId);
    request.end();
  });

  test('§14 signalr.server.active_connections and signalr.server.connection.duration', async t => {
    const measured = async () => {
      exported.reset();
      await reader.forceFlush();
      const scopes = exported.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
      const ours = scopes.find(({ scope }) => scope.name === '@longhaul/hubs')?.metrics ?? [];
      const of = (name: string) => ours.find(({ descriptor }) => descriptor.name === name);
      return { active: of('signalr.server.active_connections'), duration: of('signalr.server.connection.duration') };
    };
    const sumOf = (metric: Awaited<ReturnType<typeof measured>>['active']): unknown => metric?.dataPoints[0]?.value;
    const idle = Number(sumOf((await measured()).active));
    const server = await host(t, chat);
    const client = await connected(t, `${server.url}/hub`);
    const { active } = await measured();
    assert.equal(Number(sumOf(active)) - idle, 1);
    assert.equal(active?.descriptor.unit, '{connection}');
    assert.deepEqual(active?.dataPoints[0]?.attributes, { 'signalr.transport': 'web_sockets' });
    await client.stop();
    await waitFor('the connection to end', () => server.hubs.connectionCount === 0);
    const { active: after, duration } = await measured();
    assert.equal(Number(sumOf(after)), idle);
    assert.equal(duration?.descriptor.unit, 's');
    const ended = duration?.dataPoints.map(({ attributes }) => attributes['signalr.connection.status']) ?? [];
    assert.ok(ended.includes('normal_closure'), ended.join());
    assert.ok(ended.includes('app_shutdown'), 'the test hubs above were closed by their side');
  });
});

describe('diagnostics_channel', () => {
  after(leakCheck());

  async function factsOf(name: string, act: (client: TestClient) => Promise<unknown>): Promise<object[]> {
    const facts: object[] = [];
    const listener = (fact: unknown): void => void facts.push(fact as object);
    subscribe(name, listener);
    try {
      await using tested = createTestHub(chat);
      await act(await tested.connect({ user: { id: 'ann' } }));
    } finally {
      unsubscribe(name, listener);
    }
    return facts;
  }

  test('connections: opened, closed with their end', async () => {
    const opened = await factsOf('longhaul.hubs.connection.opened', async () => {});
    assert.deepEqual(opened, [{ hub: 'Chat', connectionId: 'test-1', userIdentifier: 'ann', transport: 'WebSockets' }]);
    const closed = (await factsOf('longhaul.hubs.connection.closed', client => client.close())) as { end: string }[];
    assert.deepEqual(
      closed.map(({ end }) => end),
      ['client-closed'],
    );
  });

  test('calls: started, ended with what they threw', async () => {
    const started = await factsOf('longhaul.hubs.call.started', client => client.invoke('add', 1, 2));
    assert.deepEqual(started, [
      { hub: 'Chat', method: 'onConnected', connectionId: 'test-1', invocationId: undefined, isStream: false },
      { hub: 'Chat', method: 'add', connectionId: 'test-1', invocationId: '0', isStream: false },
    ]);
    const ended = (await factsOf('longhaul.hubs.call.ended', async client => {
      await client.invoke('fail').catch(() => {});
      await client.invoke('add', 1, 2);
    })) as { method: string; error: unknown; durationMs: number }[];
    assert.deepEqual(
      ended.map(({ method, error }) => [method, error instanceof HubError ? error.code : error]),
      [
        ['onConnected', undefined],
        ['fail', 'none'],
        ['add', undefined],
      ],
    );
    assert.ok(ended.every(({ durationMs }) => durationMs >= 0));
  });
});
