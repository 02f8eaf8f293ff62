/** The generated IAM policy: deploy/policy.json, and between the marks in the CloudFormation templates. */
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { type IamPolicy, type IamStatement, readOnlyPolicy } from '../src/aws/policy-statements.ts';
import type { GeneratedFile } from './generate.ts';

/** Both have the parameter Regions, the condition HasRegions and the mapping Partition. */
const templates = ['deploy/apigw-500.yaml', 'deploy/account-role.yaml'];

export function policyFiles(): GeneratedFile[] {
  const everywhere = { partition: 'aws', accountId: '*', regions: [], logGroups: [], roleArns: [] };
  const own = { ...everywhere, partition: '${AWS::Partition}', accountId: '${AWS::AccountId}' };
  return [
    { path: 'deploy/policy.json', content: `${JSON.stringify(readOnlyPolicy(everywhere), null, 2)}\n` },
    ...templates.map(path => ({ path, content: withPolicy(path, readOnlyPolicy(own)) })),
  ];
}

const marked = /^( *)# generated\b.*\n(?:.*\n)*? *# \/generated$/m;

function withPolicy(path: string, policy: IamPolicy): string {
  const template = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  if (!marked.test(template)) throw new Error(`${path} must have the lines "# generated" and "# /generated".`);
  return template.replace(marked, (_all, indent: string) => {
    const lines = policy.Statement.flatMap(statementLines).map(line => `${indent}${line}`);
    const from = `${indent}# generated from src/aws/operations.ts by "npm run generate"`;
    return [from, ...lines, `${indent}# /generated`].join('\n');
  });
}

function statementLines({ Sid, Effect, Action, Resource }: IamStatement): string[] {
  const inner = stringify({ Sid, Effect, Action }, { lineWidth: 0 }).trimEnd().split('\n');
  const resources = Resource.map(arn => `  - ${arn.includes('${') ? `!Sub '${arn}'` : `'${arn}'`}`);
  return [...inner, 'Resource:', ...resources, ...requestedRegion].map(
    (line, index) => `${index === 0 ? '- ' : '  '}${line}`,
  );
}

/** The Regions that the stack was told, or its own; and the homes of global services. */
const requestedRegion = [
  'Condition:',
  '  StringEquals:',
  '    aws:RequestedRegion: !Split',
  "      - ','",
  '      - !Sub',
  "        - '${own},${global}'",
  "        - own: !If [HasRegions, !Join [',', !Ref Regions], !Ref AWS::Region]",
  '          global: !FindInMap [Partition, !Ref AWS::Partition, GlobalRegions]',
];
