import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, findHierarchies } from './control-group.ts';

const unified = '35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';

test('version 2: the own group is a folder below the mount', () => {
  const text = '0::/user.slice/user-1000.slice/session-2.scope\n';
  assert.deepEqual(findHierarchies(text, unified), [
    { mountPoint: '/sys/fs/cgroup', folder: '/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope' },
  ]);
});

test('hybrid: both the version 2 mount and the one systemd tracks by are found, the others are not', () => {
  const text = '9:name=systemd:/app\n4:memory:/app\n0::/app\n';
  const mounts = [
    '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd',
    '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n');
  assert.deepEqual(findHierarchies(text, mounts), [
    { mountPoint: '/sys/fs/cgroup/systemd', folder: '/sys/fs/cgroup/systemd/app' },
    { mountPoint: '/sys/fs/cgroup/unified', folder: '/sys/fs/cgroup/unified/app' },
  ]);
});

test('a mount of only a part of the hierarchy (containers): the path counts from that part', () => {
  const mount = '35 24 0:30 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n';
  assert.equal(findHierarchies('0::/docker/abc/app\n', mount)[0]?.folder, '/sys/fs/cgroup/app');
  assert.equal(findHierarchies('0::/docker/abc\n', mount)[0]?.folder, '/sys/fs/cgroup');
});

test('a group outside of the own namespace is left alone', () => {
  assert.deepEqual(findHierarchies('0::/../other\n', unified), []);
});

test('mount points with spaces are read, lines that are no mounts are not', () => {
  const mount = 'nonsense\n35 24 0:30 / /mnt/a\\040b rw - cgroup2 cgroup rw\n';
  assert.equal(findHierarchies('0::/x\n', mount)[0]?.mountPoint, '/mnt/a b');
});

test('groups of our own are tried beside every ancestor, the outermost first', () => {
  const hierarchy = { mountPoint: '/sys/fs/cgroup', folder: '/sys/fs/cgroup/user.slice/user-1.slice/app.scope' };
  assert.deepEqual(candidates(hierarchy, 'longhaul'), [
    '/sys/fs/cgroup/longhaul',
    '/sys/fs/cgroup/user.slice/longhaul',
    '/sys/fs/cgroup/user.slice/user-1.slice/longhaul',
  ]);
});

test('in the root group there is nothing to leave', () => {
  assert.deepEqual(candidates({ mountPoint: '/sys/fs/cgroup', folder: '/sys/fs/cgroup' }, 'longhaul'), []);
});
