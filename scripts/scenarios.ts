/** docs/scenario.schema.json and docs/scenarios.md, from the schema of src/sandbox/scenario.ts. */
import { z } from 'zod';
import { scenarioFileSchema } from '../src/sandbox/scenario.ts';
import type { GeneratedFile } from './generate.ts';

interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

export function scenarioFiles(): GeneratedFile[] {
  const schema = z.toJSONSchema(scenarioFileSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // zod's own formats say nothing that the pattern does not.
      if (jsonSchema.format?.endsWith('_with')) delete jsonSchema.format;
    },
  }) as JsonSchema;
  return [
    { path: 'docs/scenario.schema.json', content: `${JSON.stringify(schema, null, 1)}\n` },
    { path: 'docs/scenarios.md', content: `${guide}\n${reference(schema)}` },
  ];
}

/** One table for each object of a scenario, in the order in which they are met. */
function reference(root: JsonSchema): string {
  const tables: string[] = [];
  const table = (title: string, schema: JsonSchema) => {
    const { properties = {}, required = [] } = schema;
    const rows = Object.entries(properties).map(([name, field]) => {
      const must = required.includes(name) ? ', required' : '';
      return `| \`${name}\` | ${typeOf(field)}${must} | ${cell(meaning(field))} |`;
    });
    tables.push([`### ${title}`, '', '| field | type | meaning |', '|---|---|---|', ...rows].join('\n'));
    for (const [name, field] of Object.entries(properties))
      visit(`${title === 'A scenario' ? '' : `${title}.`}${name}`, field);
  };
  const seen = new Set<string>();
  const visit = (title: string, field: JsonSchema) => {
    if (field.$ref !== undefined) {
      if (seen.has(field.$ref)) return;
      seen.add(field.$ref);
      visit(title, root.$defs?.[field.$ref.split('/').at(-1) ?? ''] ?? {});
    } else if (title === 'world') {
      for (const one of field.anyOf ?? [])
        table(one.properties?.base === undefined ? 'world' : 'world, from another', one);
    } else if (field.properties !== undefined) table(title, field);
    else if (typeof field.additionalProperties === 'object') visit(`${title}.*`, field.additionalProperties);
    else if (typeof field.items === 'object') visit(`${title}[]`, field.items);
    else for (const one of field.anyOf ?? []) visit(title, one);
  };
  table('A scenario', root);
  return `${tables.join('\n\n')}\n`;
}

function typeOf(field: JsonSchema): string {
  if (field.$ref !== undefined) return field.$ref.split('/').at(-1) ?? '';
  if (field.const !== undefined) return `\`${String(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map(one => `\`${String(one)}\``).join(' ');
  if (field.anyOf !== undefined) return [...new Set(field.anyOf.map(typeOf))].join(' or ');
  if (field.type === 'array') return typeof field.items === 'object' ? `list of ${typeOf(field.items)}` : 'list';
  if (typeof field.additionalProperties === 'object') return `map of ${typeOf(field.additionalProperties)}`;
  if (field.pattern?.startsWith('^[+-]?(?:\\d+') === true) return 'time';
  if (field.pattern?.startsWith('^(?:\\d+') === true) return 'duration';
  return field.type ?? 'anything';
}

function meaning({ description = '', default: preset }: JsonSchema): string {
  const simple = typeof preset === 'string' || typeof preset === 'number' || preset === true;
  return simple ? `${description} Default: \`${String(preset)}\`.`.trim() : description;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const guide = `# Scenarios

<!-- Made by "npm run generate" from scripts/scenarios.ts and the schema in src/sandbox/scenario.ts. -->

A scenario is one story: what AWS would show of it, and what the diagnosis is expected to say. The sandbox, \`apigw-500 bench\`
and the tests read the same files: YAML or JSON, one scenario a file. The shipped ones are in
[src/sandbox/scenarios](../src/sandbox/scenarios): the incidents of the sandbox, and in \`catalogue\` one or more worlds for each
cause. \`bench\` runs both; \`bench --scenarios DIR\` reads the files of a folder of your own instead. Editors complete and check them with
\`# yaml-language-server: $schema=…/docs/scenario.schema.json\` on the first line.

\`\`\`yaml
id: users-function-deleted
title: The function was deleted
story: Sam deleted a function that he took for unused. The users API has answered 500 since.
args: [users-api, --stage, prod]

world:
  accountId: '123412341234'
  region: eu-west-1
  restApis:
    u5e7s0api1:
      name: users-api
      paths:
        /users:
          GET: { integration: { type: AWS_PROXY, function: users-handler } }
      deployments: { d1: { createdDate: -9d } }
      stages:
        prod: { deploymentId: d1, methodSettings: { '*/*': { loggingLevel: ERROR } } }
  trail:
    deleted:
      at: -13m
      eventName: DeleteFunction20150331
      eventSource: lambda.amazonaws.com
      who: sam
      requestParameters: { functionName: users-handler }
  traffic:
    before: { api: u5e7s0api1, route: GET /users, to: -12m, perMinute: 20 }
    since:
      api: u5e7s0api1
      route: GET /users
      from: -12m
      perMinute: 20
      status: 500
      execution: ['Execution failed due to configuration error: Invalid permissions on Lambda function']

expected:
  status: cause_found
  causes: [lambda-function-missing]
  change: { event: DeleteFunction, who: sam }
\`\`\`

## What a world holds

Only what AWS would answer, never a cause. Unknown fields are refused, and so is what cannot be: a stage whose deployment does not
exist, traffic to a route that is not deployed. The message names the file and the place.

- **Times** are relative to the world's time zero: \`-12m\`, \`-1h30m\`, \`-3d\`, \`0s\`, \`+30s\`. Time zero is the first call; after five
  minutes without a call it is set anew, so that an incident is always as old as its file says when somebody looks.
- **Things are kept by name or id**: \`functions: { orders-handler: … }\`. Labels of traffic, trail events and metrics are free.
- **\`<accountId>\` and \`<region>\`** in any text stand for the world's own. A role may be given by its bare name.
- **\`function: name\` or \`name:alias\`** in an integration or authorizer stands for its URI.
- A **REST API's** \`paths\`, \`authorizers\`, \`gatewayResponses\`, \`policy\` and \`binaryMediaTypes\` are its draft. A deployment froze the
  same, unless its \`snapshot\` (a merge patch over the draft) says how it differed. Stages run deployments.
- **Log groups** exist where something writes to them: a stage that logs, a function that runs. \`logGroups\` adds raw events, or says
  that a group is \`absent\`.
- **\`trail\`** events are found by LookupEvents only after \`deliveredAfter\` (5 minutes), IAM's in us-east-1.
- **\`faults\`** come between: \`denied: ['iam:GetRole']\`, \`throttled: { 'cloudtrail:LookupEvents': 2 }\`, \`failing\`, \`hanging\`, \`malformed\`, \`missing\`,
  \`expiredCredentials\`, \`latencyMs\`. \`pageSize\` makes small worlds page.

## Traffic

One flow is one kind of request, repeated \`every: 20s\` or so many times \`perMinute\`, \`from\` a time \`to\` another (without them: always).
Flows overlay: healthy beside failing. From them the world makes, as AWS would,

- metrics of the API, the functions and WAF;
- the execution log, at the level that the stage has, where the account has a role for it. At INFO it is the whole trace, bodies and
  headers only with \`dataTraceEnabled\`; at ERROR the failure lines and the status. \`execution\` holds the lines that come after the
  request was sent, instead of an answer; without it the integration answered, and the trace of that is made. \`sent: false\`: nothing was sent;
- the access log, in the stage's own format, from the flow and from \`access\` (\`$context\` names without \`$context.\`; absent ones are \`-\`);
- the function's log: START, \`function.lines\`, the error, END and REPORT. A Lambda integration that answered has run its function
  without being told; one that failed has not, unless \`function\` says so.

\`{requestId}\`, \`{extendedRequestId}\`, \`{lambdaRequestId}\`, \`{time}\`, \`{integrationLatencyMs}\` and \`{functionArn}\` in lines and access values
are each request's own. Ids and latencies are the same in every run.

## From another scenario

\`world: { base: <id>, patch: … }\` starts from another scenario's world, looked for beside the file and then among the shipped ones. The
patch is a JSON merge patch ([RFC 7386](https://www.rfc-editor.org/rfc/rfc7386)): objects merge, null removes, lists are
replaced, and so is a deployment's \`snapshot\`, which is a merge patch itself. Every
incident has a twin with one fact mended that is written so; give it an \`accountId\` of its own.

\`\`\`yaml
world:
  base: lambda-permission-removed
  patch:
    accountId: '111122223388'
    faults: { denied: ['lambda:GetPolicy'] }
\`\`\`

## Reference

A map is kept by names of your own (\`*\` below); a time is relative to time zero, a duration has no sign.
`;
