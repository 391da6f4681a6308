// `longhaul download URL…`: hands downloads over and returns once they are durable; with --wait once they have ended.
import { resolve } from 'node:path';
import { type CollisionOption, collisionOptions, LonghaulError } from '@longhaul/agent-protocol';
import { BackgroundDownloader, type HeaderPair, parseDownloadUrl } from '@longhaul/client';
import { type Command, Option } from 'commander';
import { parseChecksumArgument } from '../arguments/checksum.ts';
import { fileNameFromUrl } from '../arguments/file-name.ts';
import { isSecretHeader, parseHeader, parseHeaderLines } from '../arguments/headers.ts';
import { parseRate } from '../arguments/rate.ts';
import { type CommandContext, headersVariable, type Run } from '../context.ts';
import { forEach, recordsOf, showOutcome } from '../outcome.ts';
import { safeText } from '../output/safe-text.ts';
import { addWaitOptions, type WaitOptions, waitForTransfers } from '../wait-for-transfers.ts';
import { words } from '../words.ts';

interface DownloadOptions extends WaitOptions {
  readonly output?: string;
  readonly remoteName?: true;
  readonly directory?: string;
  readonly header: readonly string[];
  readonly headerFile: readonly string[];
  readonly collision: CollisionOption;
  readonly limitRate?: string;
  readonly checksum?: string;
}

const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

export function addDownload(program: Command, run: Run): void {
  const command = program
    .command('download')
    .description(words.download.about)
    .argument('<url...>', words.download.urls)
    .option('-o, --output <file>', words.download.output)
    .option('-O, --remote-name', words.download.remoteName)
    .option('-d, --directory <folder>', words.download.folder)
    .option('-H, --header <header>', words.download.header, collect, [])
    .option('--header-file <file>', words.download.headerFile, collect, [])
    .addOption(new Option('--collision <what>', words.download.collision).choices(collisionOptions).default('fail'));
  command
    .option('--limit-rate <rate>', words.download.limitRate)
    .option('--checksum <algorithm=digest>', words.download.checksum);
  addWaitOptions(command)
    .addHelpText('after', words.download.help)
    .action(
      run(async (context, urls: string[], options: DownloadOptions) => {
        assertTargets(urls, options);
        urls.forEach(parseDownloadUrl);
        const maxBytesPerSecond = options.limitRate === undefined ? null : parseRate(options.limitRate);
        const checksum = options.checksum === undefined ? {} : { checksum: parseChecksumArgument(options.checksum) };
        const headers = await readHeaders(context, options);
        await using agent = await context.connect();
        const downloader = new BackgroundDownloader(agent, {
          headers,
          collision: options.collision,
          maxBytesPerSecond,
        });
        const created = await forEach(context, urls, urls.length === 1, safeText, async url => {
          const file = targetOf(url, options, context.surroundings.currentFolder);
          return (await downloader.createDownload(url, file, { ...checksum, start: true })).record;
        });
        const ids = recordsOf(created).map(record => record.id);
        if (options.wait) {
          return showOutcome(context, await waitForTransfers(context, agent, created, options), records =>
            records.filter(({ status }) => status === 'completed').map(({ file }) => safeText(file)),
          );
        }
        if (ids.length > 0) context.output.notice(words.notices.handedOver(ids));
        return showOutcome(context, created, records => records.map(({ id, file }) => `${id}  ${safeText(file)}`));
      }),
    );
}

/** Told before anything is read or asked of the agent. */
function assertTargets(urls: readonly string[], { output, remoteName, checksum }: DownloadOptions): void {
  if (output !== undefined && urls.length > 1) {
    throw new LonghaulError('invalid-argument', '--output names one file; give one URL, or a folder with --directory');
  }
  if (output !== undefined && remoteName) throw new LonghaulError('invalid-argument', 'give --output or --remote-name');
  if (checksum !== undefined && urls.length > 1) {
    throw new LonghaulError('invalid-argument', '--checksum is of one file; give one URL');
  }
  if (output === '-') {
    throw new LonghaulError('invalid-argument', 'the agent writes files, it cannot write to stdout; name a file');
  }
}

function targetOf(url: string, { output, directory = '.' }: DownloadOptions, currentFolder: string): string {
  const folder = resolve(currentFolder, directory);
  if (output !== undefined) return output === '' || output.endsWith('/') ? output : resolve(folder, output);
  return resolve(folder, fileNameFromUrl(new URL(url)));
}

/** From the environment, then files, then arguments. */
async function readHeaders(context: CommandContext, options: DownloadOptions): Promise<HeaderPair[]> {
  const fromArguments = options.header.map(parseHeader);
  for (const [name] of fromArguments) {
    if (isSecretHeader(name)) context.output.warning(words.notices.secretInArguments(name));
  }
  const fromEnvironment = parseHeaderLines(context.surroundings.env[headersVariable] ?? '', headersVariable);
  const fromFiles: HeaderPair[] = [];
  for (const path of options.headerFile) fromFiles.push(...parseHeaderLines(await context.readText(path), path));
  return [...fromEnvironment, ...fromFiles, ...fromArguments];
}
