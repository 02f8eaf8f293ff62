/**
 * `npm run lint:templates`: checks the CloudFormation templates of deploy/ with cfn-lint
 * (https://github.com/aws-cloudformation/cfn-lint), for a Region of each partition. A warning is a failure too.
 *
 * Exit: 0, or cfn-lint's own; 69 where Python is missing; 75 where the package index cannot be reached.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installed, root, runWith } from './python.ts';

const version = '1.58.0';
const regions = ['us-east-1', 'eu-west-1', 'cn-north-1', 'us-gov-west-1'];

await runWith(() => {
  const bin = installed({
    script: 'lint:templates',
    name: 'cfn-lint',
    version,
    requirement: `cfn-lint==${version}`,
    module: 'cfnlint',
  });
  const templates = readdirSync(join(root, 'deploy')).filter(file => file.endsWith('.yaml'));
  const paths = templates.map(file => join('deploy', file));
  const { status } = spawnSync(join(bin, 'cfn-lint'), ['--regions', ...regions, '--', ...paths], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status === 0) console.log(`${paths.join(' and ')} hold in ${regions.join(', ')}.`);
  return status ?? 1;
});
