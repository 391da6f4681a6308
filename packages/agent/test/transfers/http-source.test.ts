// The source on node:http and node:https against every odd origin.
import { HttpSource } from '../../src/transfers/http-source.ts';
import { runOriginSuite } from './origin-suite.ts';
import { runTlsSuite } from './tls-suite.ts';

runOriginSuite('HttpSource', limits => new HttpSource(limits));
runTlsSuite('HttpSource', (limits, options) => new HttpSource(limits, options));
