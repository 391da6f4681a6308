// An app that is asked to end: takes a deferral, does what takes a while, and completes. With `hang` it never completes.
import { setTimeout as delay } from 'node:timers/promises';
import { onSuspending } from '@longhaul/client';

onSuspending(
  async event => {
    const deferral = event.getDeferral();
    console.log(event.signal);
    await delay(50);
    console.log('handed over');
    if (process.argv[2] !== 'hang') deferral.complete();
  },
  { deadlineMs: process.argv[2] === 'hang' ? 200 : 20_000 },
);
setInterval(() => {}, 1_000);
console.log('ready');
