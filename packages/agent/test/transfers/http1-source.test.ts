// The source on our own HTTP/1.1 client against every odd origin.

import { HttpSource } from '../../src/transfers/http-source.ts';
import { Http1Source } from '../../src/transfers/http1/http1-source.ts';
import { type MakeSource, runOriginSuite } from './origin-suite.ts';
import { runTlsSuite } from './tls-suite.ts';

const make: MakeSource = (limits, options) =>
  new Http1Source(limits, { ...options, fallback: new HttpSource(limits, options) });

runOriginSuite('Http1Source', make);
runTlsSuite('Http1Source', make);
