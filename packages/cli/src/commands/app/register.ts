// `longhaul app register MANIFEST`
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AppManifest, type AppRecord, LonghaulError } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import * as v from 'valibot';
import type { Run } from '../../context.ts';
import { appText } from '../../output/app-text.ts';
import { words } from '../../words.ts';

export function addRegister(app: Command, run: Run): void {
  app
    .command('register')
    .description(words.app.register)
    .argument('<manifest>')
    .action(
      run(async (context, path: string) => {
        const manifest = parseManifest(await context.readText(path), path);
        await using agent = await context.connect();
        const record = await agent.registerApp(
          path === '-' ? manifest : { folder: dirname(resolve(context.surroundings.currentFolder, path)), ...manifest },
        );
        // Whoever says it again has changed something, be it in code that no manifest names.
        await agent.tasks.renew(record.id);
        const missing = missingModules(record);
        if (missing.length > 0) context.output.warning(words.app.missingModules(missing));
        context.output.data(record, appText([record], context.output.width));
        return 0;
      }),
    );
}

/** Declared, and not there: it may still be built. */
function missingModules({ folder, tasks }: AppRecord): string[] {
  const modules = tasks.map(({ entryPoint }) =>
    resolve(folder ?? '/', entryPoint.slice(0, entryPoint.lastIndexOf('#'))),
  );
  return [...new Set(modules)].filter(module => statSync(module, { throwIfNoEntry: false })?.isFile() !== true);
}

function parseManifest(text: string, path: string): AppManifest {
  try {
    return v.parse(AppManifest, JSON.parse(text));
  } catch (cause) {
    const issue = cause instanceof v.ValiError ? `${v.getDotPath(cause.issues[0]) ?? 'it'}: ` : '';
    throw new LonghaulError('invalid-argument', `${path} is no app manifest: ${issue}${(cause as Error).message}`, {
      cause,
    });
  }
}
