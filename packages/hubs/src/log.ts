// Where the hub server writes what happened. Silent unless a logger is given; pino, console-like objects and most others
// fit as they are: an object of facts first, then the sentence.

export interface HubLogger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

const nothing = (): void => {};

export const silentLogger: HubLogger = Object.freeze({ debug: nothing, info: nothing, warn: nothing, error: nothing });
