/** A part of `npm run bench:faults`: a source of each kind, in the ways that are told differently. */
import { expect, it } from 'vitest';
import { runAwsCell } from './bench/faults/aws-cells.ts';
import { runSlackCell } from './bench/faults/slack-cells.ts';

const orders = 'lambda-permission-removed';

it.concurrent.each([
  ['cloudtrail:LookupEvents', 'access_denied', orders],
  ['logs:FilterLogEvents', '500', orders],
  ['iam:GetRole', 'malformed', 'rest-by-custom-domain'],
  // Something else stands in for these.
  ['apigatewayv2:GetApis', 'access_denied', orders],
  ['apigatewayv2:GetApiMappings', 'malformed', 'rest-by-custom-domain'],
  ['health:DescribeEvents', 'access_denied', orders],
  ['sts:GetCallerIdentity', 'access_denied', orders],
  ['cloudwatch:ListTagsForResource', 'access_denied', 'an alarm that is routed by its tags'],
] as const)('%s that fails with %s is named on the card', async (row, column, story) => {
  expect(await runAwsCell({ kind: 'aws', row, column, story })).toBeNull();
});

it.concurrent.each([
  ['chat.postMessage', 'ratelimited', 'start and ask'],
  ['chat.postMessage', 'answer lost', 'start and ask'],
  ['chat.postMessage', 'missing_scope', 'start and ask'],
  ['chat.update', 'is_archived', 'start and ask'],
  ['chat.update', 'invalid_blocks', 'start and ask'],
  ['users.info', 'internal_error', 'start and ask'],
  ['usergroups.users.list', 'missing_scope', 'ask as one of a user group'],
  ['views.open', 'expired_trigger_id', 'open the form'],
  ['*', 'token_revoked', 'ask for what is not there'],
  ['views.publish', 'ratelimited', 'open App Home'],
  ['conversations.members', 'missing_scope', 'open App Home, of a private channel'],
  ['files.completeUploadExternal', 'missing_scope', 'export'],
  ['chat.postMessage', 'not_in_channel', 'mention the bot'],
  ['chat.postMessage', 'HTTP 503', 'mention the bot'],
])('%s that fails with %s ends with what was asked for, or is told', async (row, column, act) => {
  expect(await runSlackCell({ kind: 'slack', row, column, act })).toBeNull();
});
