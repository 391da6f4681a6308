// `longhaul app register MANIFEST`
import { dirname, resolve } from 'node:path';
import { AppManifest, LonghaulError } from '@longhaul/agent-protocol';
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
        context.output.data(record, appText([record], context.output.width));
        return 0;
      }),
    );
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
