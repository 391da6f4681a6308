// What `/metrics` says, in the Prometheus text format by OpenTelemetry (wishes §4.5: base units, no URL, user or id as a label).
// Everything is looked up when somebody asks, so that it costs nothing otherwise.
import { type TransferRecord, transferStatuses } from '@longhaul/agent-protocol';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

export interface MetricFacts {
  readonly transfers: () => readonly TransferRecord[];
  readonly hubConnections: () => number;
  /** Seconds since this agent began to serve. */
  readonly uptimeSeconds: () => number;
}

export class AgentMetrics {
  readonly #reader = new PrometheusExporter({ preventServerStart: true });
  readonly #serializer = new PrometheusSerializer('', false, undefined, true, true);

  constructor(facts: MetricFacts) {
    const meter = new MeterProvider({ readers: [this.#reader] }).getMeter('longhaul');
    const gauge = (name: string, description: string) =>
      meter.createObservableGauge(`longhaul.${name}`, { description });
    const transfers = gauge('transfers', 'Transfers in the list, by status');
    const received = gauge('transfers.received.bytes', 'Body bytes received by the transfers in the list');
    const rate = gauge('transfers.rate.bytes_per_second', 'Body bytes a second of the running transfers');
    const connections = gauge('hub.connections', 'Open connections to the hub of the agent');
    const memory = gauge('process.memory.bytes', 'Resident memory of the agent process');
    const uptime = gauge('uptime.seconds', 'Time since the agent began to serve');
    const cpu = meter.createObservableCounter('longhaul.process.cpu.seconds', {
      description: 'CPU time of the agent process',
    });
    meter.addBatchObservableCallback(
      result => {
        const records = facts.transfers();
        const sum = (value: (record: TransferRecord) => number) => records.reduce((all, each) => all + value(each), 0);
        for (const status of transferStatuses)
          result.observe(
            transfers,
            sum(record => Number(record.status === status)),
            { status },
          );
        result.observe(
          received,
          sum(record => record.bytesReceived),
        );
        result.observe(
          rate,
          sum(record => record.bytesPerSecond),
        );
        result.observe(connections, facts.hubConnections());
        result.observe(memory, process.memoryUsage.rss());
        result.observe(uptime, facts.uptimeSeconds());
        const { user, system } = process.cpuUsage();
        result.observe(cpu, (user + system) / 1e6);
      },
      [transfers, received, rate, connections, memory, uptime, cpu],
    );
  }

  /** Prometheus text format 0.0.4. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.#reader.collect();
    return this.#serializer.serialize(resourceMetrics);
  }
}
