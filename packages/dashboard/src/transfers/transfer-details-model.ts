// What the opened details of a transfer show: every fact as a name and words. Pure.
import { isTerminal, type TransferRecord } from '@longhaul/agent-protocol';
import { code, type Fact, said } from '../rows/fact.ts';
import { spanInWords } from '../words/durations.ts';
import { momentInWords } from '../words/moments.ts';
import { addressInWords, fileInWords } from '../words/place-words.ts';

/** In the order of the page. */
export function factsOf(record: TransferRecord, now: number): readonly Fact[] {
  const facts = [code('From', addressInWords(record.url))];
  if (record.actualUrl !== null && record.actualUrl !== record.url) {
    facts.push(code('Led on to', addressInWords(record.actualUrl)));
  }
  facts.push(code('File', fileInWords(record.file).path, record.file));
  facts.push(said('Added', momentInWords(record.createdAt, now)));
  if (record.startedAt !== null) facts.push(said('Started', momentInWords(record.startedAt, now)));
  if (record.finishedAt !== null) facts.push(said('Ended', endOf(record, record.finishedAt, now)));
  if (record.statusCode !== null) facts.push(said('Answer', answerInWords(record.statusCode)));
  if (record.connections > 0) facts.push(said('Connections', connectionsInWords(record.connections)));
  facts.push(...factsOfChecksum(record));
  const continuing = continuingInWords(record);
  if (continuing !== null) facts.push(said('Can continue', continuing));
  facts.push(code('Id', record.id, record.id));
  return facts;
}

const connectionsInWords = (count: number): string => (count === 1 ? 'one' : `${count} at the same time`);

function factsOfChecksum({ checksum, status, error }: TransferRecord): Fact[] {
  if (checksum === null) return [];
  const { algorithm, expected, source, isVerified } = checksum;
  const given = source === 'request' ? 'as given when it was added' : 'as the server names it';
  let state = 'compared as soon as all is here';
  if (isVerified) state = 'the file is the right one';
  else if (error?.code === 'integrity-failure') state = 'the bytes that came are not those of the file';
  else if (isTerminal(status)) state = 'not compared';
  return [said('Checksum', `${state}; ${given}`), code(algorithm.toUpperCase(), expected, expected)];
}

function endOf(record: TransferRecord, finishedAt: number, now: number): string {
  const moment = momentInWords(finishedAt, now);
  if (record.startedAt === null) return moment;
  const took = finishedAt - record.startedAt;
  return `${moment}, after ${took < 1000 ? 'less than a second' : spanInWords(took)}`;
}

const answers: { readonly [status: number]: string } = {
  200: 'the whole file',
  206: 'the part that was asked for',
  304: 'not changed',
  401: 'a login is wanted',
  403: 'forbidden',
  404: 'not found',
  407: 'a proxy wants a login',
  410: 'gone',
  416: 'no such part',
  429: 'too many requests',
  500: 'an error inside the server',
  502: 'an error behind the server',
  503: 'not available now',
  504: 'too slow behind the server',
};

const answerInWords = (status: number): string =>
  answers[status] === undefined ? `HTTP ${status}` : `HTTP ${status}, ${answers[status]}`;

function continuingInWords(record: TransferRecord): string | null {
  if (record.isResumable === null || record.status === 'completed') return null;
  if (!record.isResumable) return 'no, after a break it starts from the beginning';
  return isTerminal(record.status) ? 'yes, the server gives parts' : 'yes, after a break it goes on where it was';
}
