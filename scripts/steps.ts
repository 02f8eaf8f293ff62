/** docs/steps.md: the playbook as the code has it. */
import { type OperationName, permissionOf, sourceOf } from '../src/aws/operations.ts';
import { diagnoses, extended, steps } from '../src/diagnosis/playbook.ts';
import type { Diagnosis, Step } from '../src/diagnosis/types.ts';
import type { GeneratedFile } from './generate.ts';

const introduction = `# The playbook

Made from \`src/diagnosis/playbook.ts\` by \`npm run generate\`. A check that needs a read which is denied or fails is
\`unknown\`, and says which one; the others go on. Every read that a check may make is declared with it, and nothing else can be
sent. API Gateway's IAM actions are HTTP methods: every read of it is \`apigateway:GET\`.

All checks of a run share what was read: the same question is asked of AWS once.
`;

const groups: { title: string; words: string; checks: readonly (Step | Diagnosis)[] }[] = [
  { title: 'Steps', words: 'Run at once, over the window. The playbook has no step 5.', checks: steps },
  { title: 'Diagnoses', words: 'Run when the steps are done; they are given what these found.', checks: diagnoses },
  { title: 'Extended', words: 'Run over 30 minutes, only when nothing explains the errors.', checks: extended },
];

export function stepFiles(): GeneratedFile[] {
  const sections = groups.flatMap(({ title, words, checks }) => [
    `## ${title}\n\n${words}\n`,
    overview(checks),
    ...checks.map(section),
  ]);
  return [{ path: 'docs/steps.md', content: `${introduction}\n${sections.join('\n')}` }];
}

function overview(checks: readonly (Step | Diagnosis)[]): string {
  const rows = checks.map(
    ({ number, id, title, question }) => `| ${number ?? ''} | \`${id}\` | ${title} | ${question} |`,
  );
  return ['| | id | title | question |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function section({ number, id, title, reads }: Step | Diagnosis): string {
  const heading = `### ${number === null ? '' : `${number}. `}${title} (\`${id}\`)`;
  const words = reads.length === 0 ? 'Reads nothing of its own: it judges what the steps found.' : table(reads);
  return `${heading}\n\n${words}\n`;
}

/** One row for each IAM action, with the operations that it allows. */
function table(reads: readonly OperationName[]): string {
  const byAction = new Map<string, Set<string>>();
  for (const operation of reads.toSorted()) {
    const action = permissionOf(operation);
    byAction.set(action, (byAction.get(action) ?? new Set()).add(sourceOf(operation).replace(/^\w+:/, '')));
  }
  const rows = [...byAction].map(
    ([action, names]) =>
      `| \`${action}\` | ${[...names]
        .toSorted()
        .map(one => `\`${one}\``)
        .join(', ')} |`,
  );
  return ['| IAM action | reads |', '|---|---|', ...rows].join('\n');
}
