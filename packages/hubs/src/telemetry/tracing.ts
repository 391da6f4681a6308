// One span for each call of a hub (§14): `<hub>/<method>`, of kind server. Its parent is what the client says in the
// headers of the message (`traceparent`); the request that opened the connection, which lasts as long, is only linked.
import {
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';

export interface SpanFacts {
  readonly hub: string;
  readonly method: string;
  readonly serverAddress: string | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly links: Link[];
}

/** The tracer of whoever collects traces; `undefined` when nobody does. */
export function listeningTracer(scope: string): Tracer | undefined {
  const provider = trace.getTracerProvider();
  // Without an SDK the global provider is a proxy that has nobody to pass spans on to.
  const proxy = provider as { getDelegateTracer?: (name: string) => Tracer | undefined };
  return proxy.getDelegateTracer === undefined ? provider.getTracer(scope) : proxy.getDelegateTracer(scope);
}

/** The span that is active where the connection begins, to link its calls to. */
export function activeLinks(): Link[] {
  const active = trace.getSpanContext(context.active());
  return active === undefined ? [] : [{ context: active }];
}

export function startSpan(tracer: Tracer, facts: SpanFacts): { readonly span: Span; readonly context: Context } {
  const { hub, method, serverAddress, headers, links } = facts;
  const parent = headers === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, headers);
  const span = tracer.startSpan(
    `${hub}/${method}`,
    {
      kind: SpanKind.SERVER,
      links,
      attributes: {
        'rpc.system': 'signalr',
        'rpc.service': hub,
        'rpc.method': method,
        ...(serverAddress === undefined ? {} : { 'server.address': serverAddress }),
      },
    },
    parent,
  );
  return { span, context: trace.setSpan(parent, span) };
}

export function failSpan(span: Span, error: unknown): void {
  if (!(error instanceof Error)) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
    return;
  }
  span.setAttribute('error.type', error.name);
  span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}
