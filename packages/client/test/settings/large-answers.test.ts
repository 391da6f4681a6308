// An answer may be as long as what the agent may keep for an app: here settings of more than a mebibyte.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localSettings } from '@longhaul/client';
import { AgentHome } from '../agent-home.ts';

test('an answer of more than a mebibyte arrives', async () => {
  await using home = new AgentHome();
  await using agent = await home.connect({ app: 'com.example.many' });
  const settings = localSettings(agent);
  const value = 'x'.repeat(8_000);
  await Promise.all(Array.from({ length: 200 }, (_, index) => settings.set(`key ${index}`, value)));
  const entries = await settings.entries();
  assert.equal(entries.size, 200);
  assert.equal(entries.get('key 199'), value);
});
