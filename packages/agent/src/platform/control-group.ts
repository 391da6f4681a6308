// Leaving the caller's control group, so that "kill the whole group" of an app does not reach the keeper it started.
// Where a service manager started the keeper this is not needed; where cgroupfs is not ours to write, it is not possible.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface ControlGroupHierarchy {
  /** Where the hierarchy is mounted. */
  readonly mountPoint: string;
  /** The process's own group as a folder. */
  readonly folder: string;
}

export type Departure =
  | { readonly kind: 'left'; readonly folder: string; readonly from: string }
  /** Already in the outermost group of the hierarchy, which cannot be killed as a whole. */
  | { readonly kind: 'at-root' }
  | { readonly kind: 'not-permitted'; readonly folder: string };

/**
 * The hierarchies that group killers act on: version 2 (`cgroup.kill`, systemd) and, on old systems, systemd's own of version 1.
 * Pure: texts of `/proc/self/cgroup` and `/proc/self/mountinfo` in.
 */
export function findHierarchies(cgroupText: string, mountInfoText: string): ControlGroupHierarchy[] {
  const mounts = mountInfoText.split('\n').flatMap(parseMount);
  const found: ControlGroupHierarchy[] = [];
  for (const line of cgroupText.split('\n')) {
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, id, controllers, path] = match as unknown as [string, string, string, string];
    const isVersion2 = id === '0' && controllers === '';
    if (!isVersion2 && controllers !== 'name=systemd') continue;
    const mount = mounts.find(m =>
      isVersion2 ? m.type === 'cgroup2' : m.type === 'cgroup' && m.options.includes('name=systemd'),
    );
    if (mount === undefined) continue;
    const inside = mount.root === '/' ? path : path.startsWith(`${mount.root}/`) ? path.slice(mount.root.length) : '/';
    if (inside.split('/').includes('..')) continue;
    found.push({ mountPoint: mount.mountPoint, folder: trimmed(join(mount.mountPoint, inside)) });
  }
  return found;
}

/** Folders to try for a group of our own, outermost first: beside every ancestor of the present group. Pure. */
export function candidates(hierarchy: ControlGroupHierarchy, name: string): string[] {
  const folders: string[] = [];
  let { folder } = hierarchy;
  const top = trimmed(hierarchy.mountPoint);
  while (folder !== top && folder.startsWith(`${top}/`)) {
    folder = dirname(folder);
    folders.unshift(join(folder, name));
  }
  return folders;
}

/** Moves this process (not its later children's siblings) into a group of its own, as near to the root as permitted. */
export function leaveControlGroup(name: string): Departure[] {
  let hierarchies: ControlGroupHierarchy[];
  try {
    hierarchies = findHierarchies(
      readFileSync('/proc/self/cgroup', 'utf8'),
      readFileSync('/proc/self/mountinfo', 'utf8'),
    );
  } catch {
    return []; // no /proc, no control groups
  }
  return hierarchies.map(hierarchy => leave(hierarchy, name));
}

function leave(hierarchy: ControlGroupHierarchy, name: string): Departure {
  const folders = candidates(hierarchy, name);
  if (folders.length === 0) return { kind: 'at-root' };
  for (const folder of folders) {
    if (folder === hierarchy.folder) return { kind: 'left', folder, from: hierarchy.folder };
    let isNew = false;
    try {
      isNew = mkdirSync(folder, { recursive: true }) !== undefined;
      writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
      return { kind: 'left', folder, from: hierarchy.folder };
    } catch {
      if (isNew) removeControlGroup(folder);
    }
  }
  return { kind: 'not-permitted', folder: hierarchy.folder };
}

/** Goes up into the parent group and removes the own one; stays where that is not permitted (an empty group is harmless). */
export function abandonControlGroup(departure: Departure): void {
  if (departure.kind !== 'left') return;
  try {
    writeFileSync(join(dirname(departure.folder), 'cgroup.procs'), String(process.pid));
  } catch {
    return;
  }
  removeControlGroup(departure.folder);
}

function removeControlGroup(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // busy or not ours: the next keeper of this store uses it again
  }
}

interface Mount {
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** proc(5): `36 35 98:0 /root /mount options … - type source super-options` with octal escapes. */
function parseMount(line: string): Mount[] {
  const [left, right] = line.split(' - ', 2);
  const before = left?.split(' ') ?? [];
  const after = right?.split(' ') ?? [];
  const [root, mountPoint] = [before[3], before[4]];
  const [type, , options] = after;
  if (root === undefined || mountPoint === undefined || type === undefined) return [];
  return [{ root: unescaped(root), mountPoint: unescaped(mountPoint), type, options: options?.split(',') ?? [] }];
}

const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)));
const trimmed = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
