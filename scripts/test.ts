// `npm test`: everything. Installs what the tests need, checks, builds, runs all tests on this Node and the unit tests on
// Node 24, the oldest we support, and closes with one line `N passed, N failed[, N skipped]`.
// With arguments it runs just these test files: npm test -- 'packages/hubs/**/*.test.ts'
import { build } from './build.ts';
import { check } from './check.ts';
import { installDebianPackages } from './debian-packages.ts';
import { findOldestNode, oldestNode } from './oldest-node.ts';
import { type Counts, otherTests, runTests, runUnitTests } from './run-tests.ts';

const isCi = process.env.CI === 'true';
const chosen = process.argv.slice(2);

const problems: string[] = [];
const missing = installDebianPackages();
if (chosen.length === 0) {
  if (!check()) problems.push('check (formatting, layers, types)');
}
if (!build()) problems.push('build');

const counts: Counts = { passed: 0, failed: 0, skipped: [] };
const add = async (running: Promise<Counts>): Promise<void> => {
  try {
    const { passed, failed, skipped } = await running;
    counts.passed += passed;
    counts.failed += failed;
    counts.skipped.push(...skipped);
  } catch (error) {
    problems.push(String(error));
  }
};
if (chosen.length > 0) {
  await add(runTests(chosen));
} else {
  await add(runUnitTests(process.execPath));
  const oldest = findOldestNode();
  if (oldest === null) counts.skipped.push(`unit tests on Node ${oldestNode}: it could not be fetched`);
  else if (oldest !== process.execPath) {
    console.log(`\nUnit tests on Node ${oldestNode}`);
    await add(runUnitTests(oldest));
  }
  await add(runTests(otherTests));
}

for (const name of missing) counts.skipped.push(`Debian package ${name} is missing`);
if (counts.skipped.length > 0) {
  console.log(`\nSkipped (${counts.skipped.length}):`);
  for (const skip of counts.skipped) console.log(`  ${skip}`);
  if (isCi) problems.push('under CI=true nothing may be skipped');
}
for (const problem of problems) console.error(`FAILED: ${problem}`);
const failed = counts.failed + problems.length;
console.log(
  `\n${counts.passed} passed, ${failed} failed${counts.skipped.length > 0 ? `, ${counts.skipped.length} skipped` : ''}`,
);
process.exitCode = failed > 0 || counts.passed === 0 ? 1 : 0;
