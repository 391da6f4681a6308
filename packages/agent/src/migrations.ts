// The shape of the whole store: the steps of all features, which do not know each other.
import { appMigrations } from './apps/apps-table.ts';
import { settingMigrations } from './settings/settings-table.ts';
import { socketMigrations } from './sockets/schema.ts';
import type { Migration } from './store/store.ts';
import { taskMigrations } from './tasks/schema.ts';
import { transferMigrations } from './transfers/schema.ts';

export const migrations: readonly Migration[] = Object.freeze([
  ...transferMigrations,
  ...appMigrations,
  ...socketMigrations,
  ...settingMigrations,
  ...taskMigrations,
]);
