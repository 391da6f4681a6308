// The items of one MessagePack hub message (§6.1), each read as what it must be.
import { HubServerError } from '../errors.ts';
import type { MessageHeaders } from './messages.ts';

/** Throws `invalid-message`. */
export class Fields {
  readonly #items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.#items = items;
  }

  any(index: number, name: string): unknown {
    if (index >= this.#items.length) throw invalid(`The item '${name}' is missing.`);
    return this.#items[index];
  }

  integer(index: number, name: string): number {
    const value = this.any(index, name);
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    throw wrongType(name, 'an Integer');
  }

  boolean(index: number, name: string): boolean {
    const value = this.any(index, name);
    if (typeof value === 'boolean') return value;
    throw wrongType(name, 'a Boolean');
  }

  string(index: number, name: string): string {
    const value = this.any(index, name);
    if (typeof value === 'string') return value;
    throw wrongType(name, 'a String');
  }

  optionalString(index: number, name: string): string | undefined {
    return this.any(index, name) === null ? undefined : this.string(index, name);
  }

  array(index: number, name: string): readonly unknown[] {
    const value = this.any(index, name);
    if (Array.isArray(value)) return value;
    throw wrongType(name, 'an Array');
  }

  /** `undefined` for none. */
  strings(index: number, name: string): readonly string[] | undefined {
    const value = this.any(index, name);
    if (value === null) return undefined;
    if (!Array.isArray(value) || !value.every(item => typeof item === 'string'))
      throw wrongType(name, 'an Array of Strings');
    return value.length === 0 ? undefined : value;
  }

  headers(): MessageHeaders | undefined {
    const value = this.any(1, 'headers');
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
      throw wrongType('headers', 'a Map');
    }
    const entries = Object.entries(value);
    if (entries.some(([key, item]) => key === '' || typeof item !== 'string'))
      throw wrongType('headers', 'a Map of Strings');
    return entries.length === 0 ? undefined : (value as MessageHeaders);
  }
}

export const invalid = (message: string): HubServerError => new HubServerError('invalid-message', message);

const wrongType = (name: string, wanted: string): HubServerError => invalid(`The item '${name}' is not ${wanted}.`);
