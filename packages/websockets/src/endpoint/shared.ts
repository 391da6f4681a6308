// What the connections of one server have together: its timers, and the writing at the end of a tick. A client has its own.
import { Alarms } from './alarm.ts';
import { Departures } from './departures.ts';

export class Shared {
  readonly alarms = new Alarms();
  readonly departures = new Departures();
}
