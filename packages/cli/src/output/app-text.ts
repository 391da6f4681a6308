// PURE. Registered apps as people read them.
import type { AppRecord } from '@longhaul/agent-protocol';
import { safeText } from './safe-text.ts';
import { formatTable } from './table.ts';

export const appText = (apps: readonly AppRecord[], width?: number): string[] =>
  formatTable(
    [{ title: 'ID' }, { title: 'NAME' }, { title: 'SINCE' }, { title: 'GRANT', isFlexible: true }],
    apps.map(app => [app.id, safeText(app.name), new Date(app.registeredAt).toISOString(), app.grantFile]),
    width,
  );
