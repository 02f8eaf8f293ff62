// Sums the counts of vitest's JSON reports in a folder: `node summary.mjs FOLDER BROKEN`. BROKEN steps are failures too,
// but for those whose failed tests are counted already. Plain JavaScript: it also runs where `npm ci` has failed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, broken] = process.argv.slice(2);
const reports = readdirSync(folder).map(file => JSON.parse(readFileSync(join(folder, file), 'utf8')));
const passed = reports.reduce((sum, report) => sum + report.numPassedTests, 0);
// A file that cannot be loaded has no tests to count: it is one failure.
const failures = reports.map(
  report =>
    report.numFailedTests +
    report.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0).length,
);
const failedSuites = failures.filter(count => count > 0).length;
const failed = failures.reduce((sum, count) => sum + count, 0) + Math.max(0, Number(broken) - failedSuites);

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
